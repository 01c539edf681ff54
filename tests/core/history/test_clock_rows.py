"""From the recorded steps of the clock it is known by how much the time of an event was wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from bacs_core.history.clock_rows import (
    ClockRow,
    Corrections,
    clock_rows,
    corrected_rows,
    insert_clock_row,
)
from bacs_core.history.database import open_database, transaction
from bacs_core.history.events import Event, EventKind, insert_event

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class Panel:
    """A machine with a clock, and what its engine writes about both."""

    def __init__(self, database: Database, system: datetime) -> None:
        self.database, self.system = database, system
        self.boot, self.uptime_s = "first", 20.0

    def start_machine(self, system: datetime) -> None:
        self.boot, self.uptime_s, self.system = "another", 20.0, system

    def run(self, seconds: float) -> None:
        self.uptime_s += seconds
        self.system += timedelta(seconds=seconds)

    def set(self, system: datetime) -> float:
        step_s = (system - self.system).total_seconds()
        self.system = system
        return step_s

    def note(self, step_s: float = 0.0) -> None:
        row = ClockRow(self.system, self.boot, self.uptime_s, synchronised=False, step_s=step_s)
        with transaction(self.database):
            insert_clock_row(self.database, row)

    def event(self) -> int:
        with transaction(self.database):
            return insert_event(self.database, Event(self.system, EventKind.LINE_LOST, "x"))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(open_database(tmp_path)) as opened:
        yield opened


def test_an_event_of_a_clock_that_started_in_1970_is_put_right_by_the_later_step(
    database: Database,
) -> None:
    panel = Panel(database, EPOCH)
    panel.note()
    early = panel.event()
    panel.run(3600)
    panel.note(panel.set(NOW))
    late = panel.event()
    corrections = Corrections(clock_rows(database))
    assert EPOCH + timedelta(seconds=corrections.correction_s(early)) == NOW - timedelta(hours=1)
    assert corrections.correction_s(late) == 0


def test_several_steps_add_up_and_another_start_of_the_machine_is_no_step(
    database: Database,
) -> None:
    panel = Panel(database, NOW)
    panel.note()
    first = panel.event()
    panel.note(panel.set(NOW + timedelta(hours=5)))
    second = panel.event()
    panel.note(panel.set(NOW + timedelta(hours=1)))
    panel.start_machine(NOW + timedelta(days=3))
    panel.note()
    panel.note(panel.set(NOW))
    corrections = Corrections(clock_rows(database))
    assert corrections.correction_s(first) == 3600
    assert corrections.correction_s(second) == -4 * 3600


def test_a_step_while_no_engine_ran_is_found_at_the_next_start(database: Database) -> None:
    panel = Panel(database, EPOCH)
    panel.note()
    early = panel.event()
    panel.run(60)
    panel.set(NOW)
    panel.run(5)
    panel.note()
    rows = clock_rows(database)
    assert rows[-1].row.step_s == pytest.approx((NOW - EPOCH).total_seconds() - 60)
    corrections = Corrections(rows)
    assert EPOCH + timedelta(seconds=corrections.correction_s(early)) == NOW - timedelta(seconds=60)


def test_a_clock_that_ntp_moves_slowly_made_no_step(database: Database) -> None:
    panel = Panel(database, NOW)
    panel.note()
    panel.run(86_400)
    panel.set(panel.system + timedelta(seconds=30))
    panel.note()
    assert [stored.row.step_s for stored in clock_rows(database)] == [0, 0]


def test_an_event_from_before_the_first_row_is_not_corrected(database: Database) -> None:
    panel = Panel(database, NOW)
    old = panel.event()
    panel.note()
    panel.note(panel.set(NOW + timedelta(hours=5)))
    assert Corrections(clock_rows(database)).correction_s(old) == 0


def test_rows_that_count_events_of_a_lost_table_correct_nothing(database: Database) -> None:
    panel = Panel(database, EPOCH)
    panel.note()
    for _ in range(5):
        panel.event()
    panel.note(panel.set(NOW))
    with transaction(database):
        database.conn.execute("DELETE FROM events")
    panel.start_machine(NOW)
    panel.note()
    fresh = panel.event()
    panel.note(panel.set(NOW + timedelta(hours=1)))
    corrections = Corrections(clock_rows(database))
    assert fresh == 1
    assert corrections.correction_s(fresh) == 3600


def test_each_row_stands_at_its_time_as_it_is_known_after_the_later_steps(
    database: Database,
) -> None:
    panel = Panel(database, EPOCH)
    panel.note()
    panel.run(60)
    panel.note(panel.set(NOW))
    panel.start_machine(NOW + timedelta(days=1))
    panel.note()
    times = [row.at for row in corrected_rows(clock_rows(database))]
    assert times == [NOW - timedelta(seconds=60), NOW, NOW + timedelta(days=1)]
