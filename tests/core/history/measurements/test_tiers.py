"""Tiers, held against every sample that was recorded, brought together one by one."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from bacs_core.history.measured import Series, Tier
from bacs_core.history.measurements.numbers import ABSENT
from bacs_core.history.measurements.pruning import used_bytes
from bacs_core.history.measurements.reading import MeasurementReader
from bacs_core.history.measurements.taken import Taken
from bacs_core.history.measurements.writer import MeasurementWriter
from bacs_core.settings import Keeping
from tests.core.history.measurements.plant import DAY, HOUR, START, hasty, layouts, moments

MIDNIGHT = START // DAY * DAY
MINUTE = 60_000
#: A mean of a tier is rounded to whole steps of 1 mV.
HALF_STEP_V = 0.000501
STRINGS = layouts(66, 3)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Taken]]:
    """Two days and two hours, one sample a minute, with all the work done that waits."""
    state = tmp_path_factory.mktemp("state")
    every = list(moments(STRINGS, 50 * 60, first=MIDNIGHT, step=MINUTE, holes=0.1))
    with closing(hasty(state)) as history:
        for taken in every:
            history.record(taken, flush=False)
        maintained(history)
    return state, every


@pytest.fixture
def every(recording: tuple[Path, list[Taken]], tmp_path: Path) -> list[Taken]:
    """Every sample that is recorded in `tmp_path`."""
    shutil.copytree(recording[0], tmp_path, dirs_exist_ok=True)
    return recording[1]


def maintained(history: MeasurementWriter) -> None:
    while history.maintain():
        pass


def expected(every: list[Taken], cell: int, first: float, end: float) -> tuple[float, ...]:
    """Minimum, mean, maximum and count of the voltage of a cell (from 0), from the samples."""
    numbers = [int(taken.columns[0, cell]) for taken in every if first <= taken.at < end]
    numbers = [number for number in numbers if number != ABSENT]
    if not numbers:
        return np.nan, np.nan, np.nan, 0
    return min(numbers) / 1000, float(np.mean(numbers)) / 1000, max(numbers) / 1000, len(numbers)


def assert_true(series: Series, every: list[Taken], cell: int, mean_off_v: float) -> None:
    for place, at in enumerate(series.at.tolist()):
        minimum, mean, maximum, count = expected(every, cell, at, at + series.width_s * 1000)
        assert series.count[place] == count
        if count:
            assert series.minimum[place] == pytest.approx(minimum)
            assert series.maximum[place] == pytest.approx(maximum)
            assert series.mean[place] == pytest.approx(mean, abs=mean_off_v)
        else:
            assert np.isnan([series.minimum[place], series.mean[place]]).all()


@pytest.mark.parametrize(
    ("points", "tier"), [(1000, Tier.FULL), (60, Tier.QUARTER), (20, Tier.HOUR), (1, Tier.HOUR)]
)
def test_every_bucket_has_the_true_extremes_whatever_it_is_read_from(
    tmp_path: Path, every: list[Taken], points: int, tier: Tier
) -> None:
    with closing(MeasurementReader(tmp_path)) as reader:
        for cell in (1, 66):
            series = reader.series("m/1", cell, "voltage_v", MIDNIGHT, MIDNIGHT + 50 * HOUR, points)
            assert series.tier is tier
            assert len(series.at) <= points
            assert_true(series, every, cell - 1, 0 if tier is Tier.FULL else HALF_STEP_V)
            assert series.count.sum() == sum(
                int(taken.columns[0, cell - 1] != ABSENT) for taken in every
            )


def test_a_range_that_begins_anywhere_is_widened_to_whole_steps_and_says_so(
    tmp_path: Path, every: list[Taken]
) -> None:
    with closing(MeasurementReader(tmp_path)) as reader:
        start, end = MIDNIGHT + 5 * HOUR + 1234, MIDNIGHT + 40 * HOUR + 777
        series = reader.series("m/1", 9, "voltage_v", start, end, 30)
    assert series.tier is Tier.HOUR
    assert series.at[0] == MIDNIGHT + 5 * HOUR
    assert_true(series, every, 8, HALF_STEP_V)


def test_a_value_of_the_string_has_tiers_too(tmp_path: Path, every: list[Taken]) -> None:
    with closing(MeasurementReader(tmp_path)) as reader:
        series = reader.series("m/2", None, "current_a", MIDNIGHT, MIDNIGHT + DAY, 24)
    first = [int(taken.scalars[1, 3]) for taken in every if taken.at < MIDNIGHT + HOUR]
    assert series.minimum[0] == pytest.approx(min(first) / 1000)
    assert series.maximum[0] == pytest.approx(max(first) / 1000)
    assert series.count[0] == len(first)


def test_where_only_minutes_are_left_the_extremes_are_those_of_the_quarter(
    tmp_path: Path, every: list[Taken]
) -> None:
    with closing(hasty(tmp_path)) as history:
        history.database.conn.execute("DELETE FROM windows WHERE tier = 'full' AND derived = 1")
    with closing(MeasurementReader(tmp_path)) as reader:
        series = reader.series("m/1", 1, "voltage_v", MIDNIGHT, MIDNIGHT + 2 * HOUR, 1000)
    assert series.tier is Tier.QUARTER
    assert series.width_s == MINUTE / 1000
    for place, at in enumerate(series.at.tolist()):
        _, mean, _, count = expected(every, 0, at, at + MINUTE)
        quarter = at // (15 * MINUTE) * 15 * MINUTE
        minimum, _, maximum, _ = expected(every, 0, quarter, quarter + 15 * MINUTE)
        assert series.count[place] == count
        if count:
            assert series.minimum[place] == pytest.approx(minimum)
            assert series.maximum[place] == pytest.approx(maximum)
            assert series.mean[place] == pytest.approx(mean, abs=HALF_STEP_V)


def test_hours_are_put_together_after_a_month_and_nothing_changes(tmp_path: Path) -> None:
    every = list(moments(layouts(4), 40 * 2, first=MIDNIGHT, step=12 * HOUR, holes=0.2))
    with closing(hasty(tmp_path)) as history:
        for taken in every:
            history.record(taken, flush=False)
        maintained(history)
        windows = history.database.conn.execute(
            "SELECT count(*), max(last - first) FROM windows WHERE tier = 'hour'"
        ).fetchone()
    assert windows[0] < 40
    assert windows[1] > 8 * DAY
    with closing(MeasurementReader(tmp_path)) as reader:
        series = reader.series("m/1", 2, "voltage_v", MIDNIGHT, MIDNIGHT + 40 * DAY, 40)
    assert series.tier is Tier.HOUR
    assert_true(series, every, 1, HALF_STEP_V)


@pytest.mark.usefixtures("every")
def test_a_full_window_is_derived_once_however_often_the_work_is_begun(tmp_path: Path) -> None:
    for _ in range(3):
        with closing(hasty(tmp_path)) as history:
            maintained(history)
            count = history.database.conn.execute(
                "SELECT count(*) FROM windows WHERE tier = 'minute'"
            ).fetchone()[0]
            # Two strings, two days that are over.
            assert count == 4


@pytest.mark.usefixtures("every")
def test_the_oldest_of_the_finest_goes_first_when_the_budget_is_used_up(tmp_path: Path) -> None:
    with closing(hasty(tmp_path)) as history:
        size = used_bytes(history.database)
    budget = int(size * 0.6)
    with closing(hasty(tmp_path, Keeping(budget_bytes=budget))) as history:
        maintained(history)
        assert used_bytes(history.database) + history._journal.used_bytes <= budget
        kept = history.database.conn.execute(
            "SELECT tier, min(first), count(*) FROM windows GROUP BY tier"
        ).fetchall()
    firsts = {tier: first for tier, first, _ in kept}
    assert firsts["full"] > MIDNIGHT
    assert firsts["hour"] == firsts["minute"] == firsts["quarter"] == MIDNIGHT


@pytest.mark.usefixtures("every")
def test_a_budget_of_nothing_leaves_the_newest_hour(tmp_path: Path) -> None:
    with closing(hasty(tmp_path, Keeping(budget_bytes=0))) as history:
        maintained(history)
        rows = history.database.conn.execute("SELECT tier, count(*) FROM windows GROUP BY tier")
        assert rows.fetchall() == [("full", 2)]
    with closing(MeasurementReader(tmp_path)) as reader:
        series = reader.series("m/1", 1, "voltage_v", MIDNIGHT, MIDNIGHT + 50 * HOUR, 1000)
    assert 0 < series.count.sum() <= 120


@pytest.mark.usefixtures("every")
def test_what_is_too_old_goes_and_the_coarser_tiers_stay(tmp_path: Path) -> None:
    keeping = Keeping(full_days=0.5, minute_days=1.5, hour_days=30)
    with closing(hasty(tmp_path, keeping)) as history:
        maintained(history)
        rows = history.database.conn.execute("SELECT tier, min(first) FROM windows GROUP BY tier")
        firsts = dict(rows.fetchall())
    assert MIDNIGHT + 30 * HOUR <= firsts["full"] < MIDNIGHT + 38 * HOUR
    assert firsts["minute"] == firsts["quarter"] == MIDNIGHT
    assert firsts["hour"] == MIDNIGHT


def test_days_with_a_clock_years_ahead_cost_nothing(tmp_path: Path, every: list[Taken]) -> None:
    with closing(hasty(tmp_path)) as history:
        for taken in moments(STRINGS, 1000, first=MIDNIGHT + 5000 * DAY, step=3 * MINUTE):
            history.record(taken, flush=False)
        maintained(history)
        for taken in moments(STRINGS, 200, first=MIDNIGHT + 60 * HOUR, step=MINUTE):
            history.record(taken, flush=False)
        maintained(history)
    with closing(MeasurementReader(tmp_path)) as reader:
        series = reader.series("m/1", 3, "voltage_v", MIDNIGHT, MIDNIGHT + 50 * HOUR, 50)
    assert_true(series, every, 2, HALF_STEP_V)


@pytest.mark.parametrize(("restarts", "step"), [(1, 1000), (8, 10_000)])
def test_a_clock_far_ahead_for_minutes_costs_nothing_in_however_many_windows(
    tmp_path: Path, every: list[Taken], restarts: int, step: int
) -> None:
    for number in range(restarts):
        with closing(hasty(tmp_path)) as history:
            history.begin_epoch()
            ahead = MIDNIGHT + 1500 * DAY + number * HOUR
            for taken in moments(STRINGS, 2600 if restarts == 1 else 3, first=ahead, step=step):
                history.record(taken, flush=False)
            history.seal_all()
            maintained(history)
    with closing(hasty(tmp_path)) as history:
        history.begin_epoch()
        for taken in moments(STRINGS, 3, first=MIDNIGHT + 60 * HOUR):
            history.record(taken, flush=False)
        history.begin_epoch()
        maintained(history)
    with closing(MeasurementReader(tmp_path)) as reader:
        series = reader.series("m/1", 3, "voltage_v", MIDNIGHT, MIDNIGHT + 50 * HOUR, 50)
    assert_true(series, every, 2, HALF_STEP_V)
