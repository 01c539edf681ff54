"""What a line asks, in which order, and how little a dead unit costs."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial

import pytest

from bacs_core.bus.frames import read_registers
from bacs_core.bus.schedule import (
    DEAD_AFTER_FAILURES,
    LONGEST_PROBE_S,
    URGENT_S,
    Job,
    Schedule,
)

ROUND_S = 1.0
TIME_OUT_S = 0.1
ANSWER_S = 0.01


def job(
    name: str,
    unit: int,
    interval_s: float | None = None,
    wanted: Callable[[], bool] = lambda: True,
    urgent: Callable[[], bool] = lambda: False,
) -> Job:
    return Job(
        name,
        unit,
        lambda: read_registers(unit, 0, 1),
        lambda _data, _at: None,
        interval_s,
        wanted,
        urgent,
    )


def timeline(
    schedule: Schedule, until: float, silent: Callable[[Job, float], bool], since: float = 0.0
) -> list[tuple[float, str]]:
    """Run the schedule in simulated time; return when each job was begun."""
    now, done = since, []
    while now < until:
        due = schedule.next(now)
        if due is None:
            now += 0.005
            continue
        done.append((now, due.name))
        if silent(due, now):
            now += TIME_OUT_S
            schedule.failed(due, now, TIME_OUT_S)
        else:
            now += ANSWER_S
            schedule.succeeded(due, now)
    return done


def pauses(done: list[tuple[float, str]], name: str) -> list[float]:
    """Return the time between the beginnings of a job."""
    times = [at for at, done_name in done if done_name == name]
    return [after - before for before, after in itertools.pairwise(times)]


def walk(schedule: Schedule, until: float, dead: set[int], cost_s: float = 0.1) -> list[str]:
    """Run the schedule in simulated time; every answer takes 10 ms, every silence `cost_s`."""
    now, names = 0.0, []
    while now < until:
        due = schedule.next(now)
        if due is None:
            now += 0.005
            continue
        names.append(due.name)
        if due.unit in dead:
            now += cost_s
            schedule.failed(due, now, cost_s)
        else:
            now += 0.01
            schedule.succeeded(due, now)
    return names


def test_a_round_asks_every_fast_job_once() -> None:
    schedule = Schedule([job("a", 1), job("b", 2)], round_s=1.0)
    assert walk(schedule, 0.9, set()) == ["a", "b"]
    assert schedule.last_round_s is not None


def test_slow_jobs_keep_their_interval() -> None:
    schedule = Schedule([job("fast", 1), job("slow", 1, interval_s=5.0)], round_s=1.0)
    names = walk(schedule, 20.0, set())
    assert names.count("fast") == 20
    assert names.count("slow") == 4


def test_slow_jobs_get_a_turn_on_a_line_without_idle_time() -> None:
    fast = [job(f"fast {unit}", unit) for unit in range(1, 200)]
    schedule = Schedule([*fast, job("slow", 1, interval_s=5.0)], round_s=1.0)
    assert walk(schedule, 20.0, set()).count("slow") >= 3


def test_a_dead_unit_leaves_the_round_and_is_probed_ever_more_rarely() -> None:
    schedule = Schedule([job("alive", 1), job("dead", 2)], round_s=1.0)
    names = walk(schedule, 60.0, {2})
    assert names.count("alive") == 60
    assert names.count("dead") <= DEAD_AFTER_FAILURES + 60 / LONGEST_PROBE_S + 3


def test_many_dead_units_cost_at_most_a_fifth_of_the_line() -> None:
    alive = [job(f"alive {unit}", unit) for unit in range(1, 9)]
    dead = [job(f"dead {unit}", unit) for unit in range(9, 100)]
    schedule = Schedule([*alive, *dead], round_s=1.0)
    walk(schedule, 100.0, set(range(9, 100)))
    later = walk(schedule, 200.0, set(range(9, 100)))
    assert sum(name.startswith("dead") for name in later) * 0.1 <= 0.21 * 200


def test_a_unit_that_returns_is_back_in_the_round() -> None:
    schedule = Schedule([job("a", 1)], round_s=1.0)
    walk(schedule, 30.0, {1})
    assert schedule.has_answered(1) is False
    now = 40.0
    probe = schedule.next(now)
    assert probe is not None
    schedule.succeeded(probe, now)
    assert schedule.has_answered(1) is True


def test_nothing_is_known_of_a_unit_before_its_first_answer() -> None:
    assert Schedule([job("a", 1)], round_s=1.0).has_answered(1) is None


def test_a_dead_unit_costs_one_time_out_however_many_jobs_it_has() -> None:
    dead = [job(f"dead {number}", 2) for number in range(21)]
    schedule = Schedule([*dead, job("alive", 1)], ROUND_S)
    done = timeline(schedule, ROUND_S, lambda due, _now: due.unit == 2)
    assert [name for _, name in done] == ["dead 0", "alive"]
    timeline(schedule, 3 * ROUND_S, lambda due, _now: due.unit == 2, since=ROUND_S)
    assert schedule.has_answered(2) is False


def test_a_line_on_which_nobody_answers_is_known_to_be_dead_without_a_rest() -> None:
    cells = [job(f"cell {unit}", unit) for unit in range(1, 101)]
    schedule = Schedule([job("hold", 0), *cells], ROUND_S)
    timeline(schedule, 2.5 * len(cells) * TIME_OUT_S, lambda due, _now: due.unit != 0)
    assert len(schedule.silent_units()) == len(cells)


def test_a_unit_that_falls_silent_costs_the_others_one_time_out_and_then_a_fifth_at_most() -> None:
    cells = [job(f"cell {unit}", unit) for unit in range(1, 9)]
    schedule = Schedule(cells, round_s=0.0)
    done = timeline(schedule, 60.0, lambda due, now: due.unit == 4 and now > 10.0)
    assert max(pauses(done, "cell 1")) < 8 * ANSWER_S + TIME_OUT_S + 0.001
    later = [at for at, name in done if name == "cell 4" and at > 30.0]
    assert len(later) * TIME_OUT_S <= 30.0 / 5


def test_a_unit_that_misses_one_request_is_asked_again_soon_and_was_never_dead() -> None:
    schedule = Schedule([job("a", 1), job("b", 2)], ROUND_S)
    missed: list[float] = []

    def silent(due: Job, now: float) -> bool:
        if due.unit == 2 and now > 5.0 and not missed:
            missed.append(now)
            return True
        assert schedule.has_answered(2) is not False
        return False

    done = timeline(schedule, 10.0, silent)
    assert max(pauses(done, "b")) < 2.5 * ROUND_S
    assert missed


def test_the_pauses_between_probes_grow_and_end_when_the_unit_is_back() -> None:
    schedule = Schedule([job("a", 1), job("b", 2)], ROUND_S)
    done = timeline(schedule, 40.0, lambda due, now: due.unit == 2 and now > 5.5)
    gone = [at for at, name in done if name == "b" and at > 5.5]
    grown = [after - before for before, after in itertools.pairwise(gone)]
    assert grown[0] < grown[1] < grown[2]
    assert grown[-1] == pytest.approx(LONGEST_PROBE_S, abs=1.5)
    assert schedule.silent_units() == (2,)
    done = timeline(schedule, 60.0, lambda _due, _now: False, since=40.0)
    assert max(pauses([row for row in done if row[0] > 40 + LONGEST_PROBE_S + 1], "b")) < 1.1
    assert schedule.silent_units() == ()


def test_a_probe_tries_another_job_each_time() -> None:
    # A unit that is back must not be missed because one of its blocks is never answered.
    schedule = Schedule([job("never", 1), job("block", 1)], ROUND_S)
    timeline(schedule, 10.0, lambda _due, _now: True)
    timeline(schedule, 30.0, lambda due, _now: due.name == "never", since=10.0)
    assert schedule.has_answered(1) is True


def test_a_block_that_a_device_never_answers_neither_kills_it_nor_slows_its_others() -> None:
    jobs = [job("a", 1), job("missing", 1), job("b", 1)]
    schedule = Schedule(jobs, ROUND_S)

    def silent(due: Job, now: float) -> bool:
        if now > 5.0:
            assert schedule.has_answered(1) is True
        return due.name == "missing"

    done = timeline(schedule, 60.0, silent)
    assert max(pauses(done, "a")) < 2.5 * ROUND_S
    assert len([name for at, name in done if name == "b" and at > 10.0]) > 45
    assert len([name for _, name in done if name == "missing"]) < 20


def test_a_slow_value_that_fails_does_not_kill_its_unit() -> None:
    schedule = Schedule([job("fast", 1), job("slow", 1, 30.0), job("other", 1, 30.0)], ROUND_S)

    def silent(due: Job, now: float) -> bool:
        assert schedule.has_answered(1) is not False
        return due.name == "slow" and now > 1.0

    done = timeline(schedule, 200.0, silent)
    assert len([name for _, name in done if name == "fast"]) > 150
    assert len([name for _, name in done if name == "other"]) >= 6


def test_corrupt_answers_leave_a_unit_in_the_round_until_a_second_round_is_bad_too() -> None:
    jobs = [job(f"block {number}", 1) for number in range(5)]
    schedule = Schedule(jobs, ROUND_S)
    for due in iter(lambda: schedule.next(0.0), None):
        schedule.succeeded(due, 0.0)
    for now in (1.0, 2.0):
        for bad in iter(partial(schedule.next, now), None):
            assert schedule.has_answered(1) is True
            schedule.failed(bad, now, 0.05, silent=False)
    assert schedule.has_answered(1) is False


def test_a_unit_whose_answer_may_still_come_is_asked_after_the_others_of_the_round() -> None:
    schedule = Schedule([job("a", 1), job("b", 1), job("c", 2)], ROUND_S)
    first = schedule.next(0.0)
    assert first is not None
    schedule.failed(first, 0.1, 0.1, silent=False, ask_again_at=0.5)
    second = schedule.next(0.1)
    assert second is not None
    assert second.name == "c"
    schedule.succeeded(second, 0.2)
    assert schedule.next(0.2) is None
    assert schedule.next_due_at(0.2) == 0.5
    third = schedule.next(0.5)
    assert third is not None
    assert third.name == "b"


def test_no_job_is_handed_out_twice_while_it_is_out() -> None:
    schedule = Schedule([job("a", 1), job("b", 2), job("slow", 1, 0.0)], round_s=0.0)
    out = [schedule.next(now) for now in (0.0, 0.1, 5.0, 9.0)]
    assert [due.name for due in out if due is not None] == ["a", "b", "slow"]
    assert schedule.last_round_s is None
    for due in out[:2]:
        assert due is not None
        schedule.succeeded(due, 9.0)
    again = schedule.next(9.5)
    assert again is not None
    assert again.name == "a"
    assert schedule.last_round_s == 9.5


def test_only_one_probe_is_out_at_a_time() -> None:
    schedule = Schedule([job("a", 1), job("b", 2)], ROUND_S)
    timeline(schedule, 2.0, lambda _due, _now: True)
    assert schedule.next(100.0) is not None
    assert schedule.next(100.0) is None


def test_slow_values_get_a_tenth_of_a_full_line_and_the_longest_waiting_goes_first() -> None:
    fast = [job(f"fast {unit}", unit) for unit in range(1, 101)]
    slow = [job(f"slow {unit}", unit, 5.0) for unit in range(1, 101)]
    schedule = Schedule([*fast, *slow], round_s=0.0)
    done = timeline(schedule, 60.0, lambda _due, _now: False)
    share = sum(name.startswith("slow") for _, name in done) / len(done)
    assert 0.08 < share < 0.1
    asked = [sum(name == each.name for _, name in done) for each in slow]
    assert min(asked) >= max(asked) - 1 > 0


def test_an_urgent_slow_job_comes_again_soon_and_an_unwanted_one_not_at_all() -> None:
    schedule = Schedule(
        [
            job("urgent", 1, 60.0, urgent=lambda: True),
            job("calm", 2, 60.0),
            job("unwanted", 3, wanted=lambda: False),
            job("slow unwanted", 3, 1.0, wanted=lambda: False),
        ],
        ROUND_S,
    )
    names = [name for _, name in timeline(schedule, 30.0, lambda _due, _now: False)]
    assert names.count("urgent") == pytest.approx(30 / URGENT_S, abs=1)
    assert names.count("calm") == 1
    assert not any("unwanted" in name for name in names)


def test_the_time_on_the_wire_is_summed_from_the_beginning_of_a_round_to_its_end() -> None:
    schedule = Schedule([job("a", 1), job("b", 2)], ROUND_S)
    for now in (0.0, 0.3):
        due = schedule.next(now)
        assert due is not None
        schedule.spent(0.25)
        schedule.succeeded(due, now + 0.3)
    assert schedule.next(0.6) is None
    assert schedule.last_wire_s == 0.5
    assert schedule.last_round_s == pytest.approx(0.6)
    schedule.spent(7.0)
    due = schedule.next(1.0)
    assert due is not None
    schedule.spent(0.125)
    schedule.succeeded(due, 1.1)
    due = schedule.next(1.1)
    assert due is not None
    schedule.succeeded(due, 1.2)
    assert schedule.next(1.2) is None
    assert schedule.last_wire_s == 0.125


def test_after_the_port_was_away_nothing_is_known_and_everything_is_due() -> None:
    schedule = Schedule([job("a", 1), job("slow", 1, 60.0)], ROUND_S)
    timeline(schedule, 10.0, lambda _due, now: now > 5.0)
    assert schedule.silent_units() == (1,)
    schedule.forget()
    assert schedule.has_answered(1) is None
    assert schedule.last_round_s is None
    assert {name for _, name in timeline(schedule, 10.5, lambda _due, _now: False, since=10.0)} == {
        "a",
        "slow",
    }
