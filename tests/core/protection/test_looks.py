"""Heat is looked at every few seconds, readings at every tick: nothing that matters comes late."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from bacs_core import protection
from bacs_core.model import RunawayStage, TripCause
from bacs_core.protection import Tuning
from bacs_core.protection.layout import layout_of
from bacs_core.protection.sensing import sense
from bacs_core.rows import rows_of
from tests.core.protection import build
from tests.core.protection.build import START, Watch

CALM_C = 26.0


def quiet() -> Watch:
    """A calm string whose readings are believed, ticked once a second since a minute."""
    watch = Watch()
    for _ in range(30):
        watch.tick(CALM_C, step_s=60.0)
    for _ in range(60):
        watch.tick(CALM_C, step_s=1.0)
    return watch


def trips(watch: Watch) -> bool:
    assert watch.verdict is not None
    return bool(watch.verdict.cause[TripCause.THERMAL_RUNAWAY].any())


@pytest.mark.parametrize("offset_s", range(5))
def test_sixty_degrees_trip_after_their_delay_whenever_they_begin_and_never_sooner(
    offset_s: int,
) -> None:
    watch = quiet()
    for _ in range(offset_s):
        watch.tick(CALM_C, step_s=1.0)
    for step in range(1, 12):
        watch.tick([CALM_C + 3 * step, CALM_C, CALM_C, CALM_C], step_s=1.0)
    assert not trips(watch)
    hot_s = 0
    while not trips(watch):
        watch.tick([61.0, CALM_C, CALM_C, CALM_C], step_s=1.0)
        hot_s += 1
    assert hot_s == Tuning().trip_c_delay_s


@pytest.mark.parametrize("offset_s", range(5))
def test_sixty_degrees_for_less_than_their_delay_trip_nothing(offset_s: int) -> None:
    watch = quiet()
    for _ in range(offset_s):
        watch.tick(CALM_C, step_s=1.0)
    for step in range(1, 12):
        watch.tick([CALM_C + 3 * step, CALM_C, CALM_C, CALM_C], step_s=1.0)
    for _ in range(9):
        watch.tick([61.0, CALM_C, CALM_C, CALM_C], step_s=1.0)
        assert not trips(watch)
    for _ in range(30):
        watch.tick([58.0, CALM_C, CALM_C, CALM_C], step_s=1.0)
        assert not trips(watch)


def test_a_sign_counts_as_long_with_ticks_of_a_second_as_with_ticks_of_a_minute() -> None:
    raised_s = []
    for step_s in (1.0, 60.0):
        watch, passed_s = quiet(), 0.0
        verdict = watch.tick([CALM_C + 5.5, CALM_C, CALM_C, CALM_C], step_s=step_s)
        while verdict.stage[0] < RunawayStage.PRE_ALERT:
            passed_s += step_s
            verdict = watch.tick([CALM_C + 5.5, CALM_C, CALM_C, CALM_C], step_s=step_s)
        raised_s.append(passed_s)
    assert abs(raised_s[0] - raised_s[1]) <= 60 + Tuning().look_s


def test_short_ticks_before_a_long_one_make_no_gap_of_it() -> None:
    averages_c = []
    for steps_s in ((1.0, 1.0, 1.0, 20.0), (11.5, 11.5)):
        watch = Watch(tuning=Tuning())
        for _ in range(20):
            watch.tick(CALM_C, step_s=20.0)
        for _ in range(40):
            for step_s in steps_s:
                watch.tick(CALM_C + 2, step_s=step_s)
        averages_c.append(float(watch.memory.cells.slow_c[0]))
    assert averages_c[0] == pytest.approx(averages_c[1], abs=0.01)
    assert CALM_C + 0.1 < averages_c[0] < CALM_C + 0.4


def test_a_reading_that_is_lost_is_missed_in_the_next_tick() -> None:
    watch = quiet()
    for _ in range(3):
        verdict = watch.tick([np.nan, CALM_C + 1, CALM_C, CALM_C], step_s=1.0)
        assert verdict.hottest_c[0] == CALM_C + 1


cells = st.lists(
    st.sampled_from([CALM_C, 26.2, 27.5, 45.0, 52.0, 130.0, -60.0, np.nan]),
    min_size=40,
    max_size=40,
)
changes = st.lists(
    st.tuples(st.integers(0, 39), st.sampled_from([CALM_C, 26.5, 31.0, 55.0, 130.0, np.nan])),
    max_size=4,
)


@settings(deadline=None, max_examples=15)
@given(cells, st.lists(st.tuples(changes, st.sampled_from([1.0, 10.0, 60.0])), max_size=25))
def test_the_cells_that_go_on_are_sorted_as_all_the_others_are(
    begun_c: list[float], told: list[tuple[list[tuple[int, float]], float]]
) -> None:
    rows = rows_of([build.string(1, 40)])
    layout, tuning = layout_of(rows), Tuning(longest_step_s=60.0)
    memory = protection.initial(rows)
    now, read_c = START, np.array(begun_c)
    calm: list[tuple[list[tuple[int, float]], float]] = [([], 60.0)] * 12
    for changed, step_s in [*calm, *told]:
        now += step_s
        read_c = read_c.copy()
        for cell, value_c in changed:
            read_c[cell] = value_c
        frame = build.frame(rows, now, read_c)
        sensed = sense(frame, memory.cells, layout, None, step_s, tuning, memory.agreed)
        # A second sensor that is nowhere has every cell sorted one by one.
        nowhere_c = np.full(rows.cell_count, np.nan)
        one_by_one = sense(frame, memory.cells, layout, nowhere_c, step_s, tuning)
        for name in ("read_c", "suspect", "missing", "missing_s", "believed_c", "believed_at"):
            np.testing.assert_array_equal(getattr(sensed, name), getattr(one_by_one, name))
        for name in ("raw_c", "raw_at", "agreed_s"):
            np.testing.assert_array_equal(getattr(sensed, name), getattr(one_by_one, name))
        verdict = protection.judge(frame, build.estimates(rows), memory, tuning)
        memory = verdict.memory
