"""Measurements of an earlier program: they get ages at the first start, wherever that is killed."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from bacs_core.history.clock_rows import ClockRow
from bacs_core.history.errors import HistoryError
from bacs_core.history.measured import Tier
from bacs_core.history.measurements.database import (
    measurements_path,
    open_measurements,
    read_measurements,
)
from bacs_core.history.measurements.reading import MeasurementReader
from bacs_core.history.moments import to_moment
from bacs_core.settings import Keeping
from tests.core.history.measurements.plant import DAY, START, hasty, layouts, moments

#: An hour by an unset clock, two hours a day over two days, in the second day one by a clock ten
#: years ahead and one after it, then two hours of a third day. In each hour six samples in fifty
#: minutes, of two strings.
VERSION_2: Final = Path(__file__).parent.parent / "schemas" / "measurements-v2.sql"
MINUTE: Final = 60_000
WINDOWS: Final = 42
#: Statements by how they begin, and which of them; the last one comes after the commit.
PHASES: Final = (
    ("BEGIN", 1),
    ("ALTER", 1),
    ("UPDATE", 1),
    ("UPDATE", WINDOWS),
    ("INSERT", 1),
    ("COMMIT", 1),
    ("PRAGMA synchronous", 1),
)
_CONTEXT = multiprocessing.get_context("forkserver")
Row = tuple[Any, ...]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(measurements_path(tmp_path))) as connection:
        connection.executescript(VERSION_2.read_text(encoding="utf-8"))
        connection.execute("PRAGMA journal_mode = WAL")
    return tmp_path


def rows(state: Path, what: str = "*") -> list[Row]:
    with closing(sqlite3.connect(measurements_path(state))) as connection:
        found = connection.execute(f"SELECT {what} FROM windows ORDER BY last_sequence, id")  # noqa: S608
        return found.fetchall()


def assert_aged(state: Path) -> None:
    """Every window was given its place in recorded time, or gets it now."""
    open_measurements(state).close()
    found = rows(state, "last_sequence, recorded_ms")
    # A pause counts as a minute, a clock that is set back as nothing.
    ends = [50, 101, 152, 203, 254, 305, 355, 406, 457]
    assert set(found) == {(6 * number, end * MINUTE) for number, end in enumerate(ends, start=1)}
    assert len(found) == WINDOWS


def test_windows_of_version_2_are_as_old_as_what_was_recorded_after_them(state: Path) -> None:
    assert_aged(state)


def test_of_version_2_what_a_wrong_clock_timed_goes_in_its_turn(state: Path) -> None:
    keeping = Keeping(full_days=0.15, minute_days=0.15, hour_days=0.15)
    with closing(hasty(state, keeping)) as history:
        history.follow_clock(ClockRow(to_moment(START + 2 * DAY), "boot", 60.0, synchronised=True))
        for taken in moments(layouts(1, 1), 5, first=START + 2 * DAY):
            history.record(taken)
        while history.maintain():
            pass
    kept = {row[1] for row in rows(state, "tier, last_sequence") if row[0] == Tier.FULL}
    # 0.15 days of 457 minutes: what ends after minute 241, the hour ten years ahead too.
    assert kept == {6 * number for number in range(5, 10)}


def migrate(state: Path, phase: str, times: int) -> None:
    """Bring the database up to date, but die before a statement that begins so comes again."""
    connect, left = sqlite3.connect, times

    def count(statement: str) -> None:
        nonlocal left
        left -= statement.startswith(phase)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_trace_callback(count)
        return connection

    sqlite3.connect = traced  # type: ignore[assignment]
    open_measurements(state).close()


def kill_in_each_phase(copies: list[Path]) -> None:
    """Fork here, where there is one thread; exit as an error where a process was not killed."""
    for copy, (phase, times) in zip(copies, PHASES, strict=True):
        process = os.fork()
        if process == 0:
            migrate(copy, phase, times)
            os._exit(0)
        _, status = os.waitpid(process, 0)
        if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
            sys.exit(f"nothing began with {phase}")


def test_killed_in_any_phase_the_old_database_is_whole_and_the_next_start_goes_on(
    state: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = rows(state)
    folder = tmp_path_factory.mktemp("killed")
    copies = [Path(shutil.copytree(state, folder / str(place))) for place in range(len(PHASES))]
    process = _CONTEXT.Process(target=kill_in_each_phase, args=(copies,))
    process.start()
    process.join()
    assert process.exitcode == 0
    *unchanged, done = copies
    for copy in unchanged:
        assert rows(copy) == before
        with pytest.raises(HistoryError, match="start the engine once"):
            read_measurements(copy)
        assert_aged(copy)
    assert [row[:-1] for row in rows(done)] == before
    with closing(MeasurementReader(done)) as reader:
        series = reader.series("m/1", 1, "voltage_v", START - DAY, START + 4 * DAY, 5)
        assert series.count.sum() == 7 * 6
