"""What was measured by a clock that nobody had set finds its place, whole and once."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bacs_core.history.clock_rows import ClockRow
from bacs_core.history.measurements.reading import MeasurementReader
from bacs_core.history.measurements.string_rows import load_strings
from bacs_core.history.measurements.taken import Taken
from bacs_core.history.measurements.windows import delete_windows, select_windows
from bacs_core.history.measurements.writer import MeasurementWriter
from bacs_core.history.moments import to_moment
from bacs_core.settings import Keeping
from tests.core.history.measurements.plant import DAY, HOUR, START, hasty, layouts, moments

STRINGS = layouts(3)
MINUTE = 60_000
TRUE = START // DAY * DAY
"""The true start of the machine; its clock began at 1970."""


def row(at: int, uptime: int, *, boot: str = "boot", step: int = 0) -> ClockRow:
    return ClockRow(to_moment(at), boot, uptime / 1000, synchronised=None, step_s=step / 1000)


def run(history: MeasurementWriter, taken: Iterable[Taken], *, by: int = 0) -> None:
    for each in taken:
        history.record(replace(each, at=each.at + by), flush=False)
        history.maintain()
    while history.maintain():
        pass


def counted(state: Path, start: int, days: int) -> list[int]:
    with closing(MeasurementReader(state)) as reader:
        series = reader.series("m/1", 1, "voltage_v", start, start + days * DAY, days)
    return [int(count) for count in series.count]


def test_every_run_since_the_start_of_the_machine_is_put_right(tmp_path: Path) -> None:
    with closing(hasty(tmp_path, Keeping(full_days=1))) as history:
        history.follow_clock(row(0, 0))
        run(history, moments(STRINGS, 20 * 6, first=0, step=10 * MINUTE))
    with closing(hasty(tmp_path, Keeping(full_days=1))) as history:
        history.follow_clock(row(DAY, DAY))
        run(history, moments(STRINGS, 20, first=DAY, step=10 * MINUTE))
        # First set by hand, to a day that is wrong too.
        wrong = 30 * DAY
        history.follow_clock(row(2 * DAY + wrong, 2 * DAY, step=wrong))
        run(history, moments(STRINGS, 20, first=2 * DAY, step=10 * MINUTE), by=wrong)
        step = TRUE - wrong
        history.follow_clock(row(TRUE + 3 * DAY, 3 * DAY, step=step))
        run(history, moments(STRINGS, 20, first=TRUE + 3 * DAY, step=10 * MINUTE))
    assert counted(tmp_path, TRUE, 4) == [120, 20, 20, 20]
    assert not any(counted(tmp_path, 0, 60))


def test_a_clock_that_was_set_while_no_program_ran_is_noticed_at_its_start(tmp_path: Path) -> None:
    for number, at, boot in ((0, 0, "boot"), (1, TRUE + DAY, "boot"), (2, TRUE + 2 * DAY, "next")):
        with closing(hasty(tmp_path)) as history:
            history.follow_clock(row(at, number * DAY, boot=boot))
            run(history, moments(STRINGS, 20, first=at))
    assert counted(tmp_path, TRUE, 3) == [20, 20, 20]


def test_an_earlier_start_of_the_machine_stays_where_its_clock_had_it(tmp_path: Path) -> None:
    with closing(hasty(tmp_path, Keeping(full_days=1, minute_days=1, hour_days=2))) as history:
        history.follow_clock(row(0, 0, boot="before"))
        run(history, moments(STRINGS, 20, first=0))
        history.follow_clock(row(0, 0))
        history.follow_clock(row(TRUE, HOUR, step=TRUE - HOUR))
        run(history, moments(STRINGS, 20 * 6, first=TRUE, step=10 * MINUTE))
    assert counted(tmp_path, 0, 1) == [20]
    assert counted(tmp_path, TRUE - DAY, 2) == [0, 120]


def test_weeks_in_1970_are_moved_whole_also_those_that_are_too_old(tmp_path: Path) -> None:
    # Pauses of half a day count as minutes: half of it is older than 72 minutes of recording.
    with closing(hasty(tmp_path, Keeping(full_days=0.05))) as history:
        history.follow_clock(row(0, 0))
        run(history, moments(STRINGS, 70 * 2, first=0, step=12 * HOUR))
        history.follow_clock(row(TRUE + 71 * DAY, 71 * DAY, step=TRUE))
        run(history, moments(STRINGS, 3, first=TRUE + 71 * DAY))
    assert counted(tmp_path, TRUE, 70) == [2] * 70
    assert not any(counted(tmp_path, 0, 70))


def test_days_of_which_only_tiers_are_left_are_neither_lost_nor_doubled(tmp_path: Path) -> None:
    with closing(hasty(tmp_path)) as history:
        epoch = history.begin_epoch()
        run(history, moments(STRINGS, 4 * 12, first=0, step=2 * HOUR))
        database = history.database
        # The first one and a half days, as a budget takes them.
        gone = select_windows(database, "tier = 'full' AND first < ?", (36 * HOUR,))
        delete_windows(database, gone, {each.id: each for each in load_strings(database)})
        history.begin_epoch()
        history.shift(epoch, TRUE)
        run(history, moments(STRINGS, 1, first=TRUE + 5 * DAY))
    assert counted(tmp_path, 0, 4) == [12, 12, 0, 0]
    assert counted(tmp_path, TRUE, 4) == [0, 0, 12, 12]


def test_what_was_measured_after_the_setting_is_not_moved_with_what_was_before(
    tmp_path: Path,
) -> None:
    with closing(hasty(tmp_path)) as history:
        history.follow_clock(row(0, 0))
        run(history, moments(STRINGS, 10, first=0))
        # The disk was full when the clock was set, and it is told of only now.
        run(history, moments(STRINGS, 10, first=TRUE + HOUR))
        at = to_moment(TRUE + 2 * HOUR) + timedelta(seconds=5)
        history.follow_clock(ClockRow(at, "boot", 7205.0, synchronised=True, step_s=5.0))
    assert counted(tmp_path, TRUE, 1) == [20]
