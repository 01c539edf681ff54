from hypothesis import given, strategies as st

from bacs_core.access.lockout import (
    FORGET_AFTER_S,
    OVERALL_DELAYS_S,
    USER_DELAYS_S,
    Failures,
    one_more,
    settled,
    wait_s,
)


def test_a_timeline_of_wrong_secrets_locks_longer_and_longer() -> None:
    now, failures, waits = 1000.0, Failures(), []
    for _ in range(12):
        now += wait_s(failures, USER_DELAYS_S, now)
        failures = one_more(failures, now)
        waits.append(wait_s(failures, USER_DELAYS_S, now))
    assert waits == [0, 0, 5, 15, 30, 60, 300, 900, 3600, 3600, 3600, 3600]


def test_the_lock_ends_exactly_after_its_time() -> None:
    failures = Failures(3, 1000.0)
    assert wait_s(failures, USER_DELAYS_S, 1004.0) == 1.0
    assert wait_s(failures, USER_DELAYS_S, 1005.0) == 0.0


def test_failures_a_day_old_no_longer_count() -> None:
    old = Failures(9, 1000.0)
    assert one_more(old, 1000.0 + FORGET_AFTER_S) == Failures(1, 1000.0 + FORGET_AFTER_S)
    assert one_more(old, 1000.0 + FORGET_AFTER_S - 1).count == 10


def test_a_clock_set_back_by_years_does_not_lock_for_years() -> None:
    failures = settled(Failures(4, 2_000_000_000.0), 1000.0)
    assert wait_s(failures, USER_DELAYS_S, 1000.0) == 15


@given(st.integers(0, 1000))
def test_a_wait_never_gets_shorter_with_more_failures(count: int) -> None:
    for delays in (USER_DELAYS_S, OVERALL_DELAYS_S):
        fewer = wait_s(Failures(count, 0.0), delays, 0.0)
        assert wait_s(Failures(count + 1, 0.0), delays, 0.0) >= fewer
