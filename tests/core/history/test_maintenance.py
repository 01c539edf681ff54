"""Maintenance: an entry and its event stand together or not at all, with what was measured."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlite_utils import Database

from bacs_core.errors import RefusedError
from bacs_core.history.database import open_database, transaction
from bacs_core.history.events import Event, EventKind, insert_event, select_events
from bacs_core.history.maintenance import (
    Baseline,
    Maintenance,
    Measured,
    StoredMaintenance,
    baseline_of,
    require_plausible,
    select_maintenance,
)
from bacs_core.model import MaintenanceWork, Quantity
from bacs_core.snapshot import Column
from tests.core.history.plant import START, steady, string, string_snapshot

NEW_CELL = Maintenance(
    MaintenanceWork.CELL_REPLACED,
    "leaked",
    Baseline({"voltage_v": Measured(2.251, START.timestamp())}, {"capacity_ah": 498.0}),
)
TIGHTENED = Maintenance(MaintenanceWork.TIGHTENED, "12 Nm")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(open_database(tmp_path)) as opened:
        yield opened


def done(entry: Maintenance, minutes: int = 0, key: str = "ups-a/1", cell: int | None = 3) -> Event:
    at = START + timedelta(minutes=minutes)
    kind = EventKind.MAINTENANCE
    return Event(at, kind, "worked", by="miller", string_key=key, cell=cell, maintenance=entry)


def write(database: Database, *events: Event) -> list[int]:
    with transaction(database):
        return [insert_event(database, event) for event in events]


def test_an_entry_is_found_with_who_when_and_what_was_measured(database: Database) -> None:
    (number,) = write(database, done(NEW_CELL))
    assert select_maintenance(database) == (
        StoredMaintenance(number, START, "ups-a/1", 3, "miller", NEW_CELL),
    )


def test_its_event_tells_the_same(database: Database) -> None:
    (number,) = write(database, done(NEW_CELL))
    (stored,) = select_events(database)
    assert stored.id == number
    assert stored.event.data["work"] == "cell_replaced"
    assert stored.event.data["note"] == "leaked"
    assert stored.event.data["baseline"] == {
        "measured": {"voltage_v": {"value": 2.251, "read_at": START.timestamp()}},
        "given": {"capacity_ah": 498.0},
    }


def test_neither_is_there_when_one_of_them_cannot_be_written(database: Database) -> None:
    database.conn.execute(
        "CREATE TRIGGER full BEFORE INSERT ON maintenance BEGIN SELECT RAISE(FAIL, 'full'); END"
    )
    with pytest.raises(sqlite3.IntegrityError, match="full"):
        write(database, done(NEW_CELL))
    assert select_events(database) == ()


def test_a_cell_shows_its_own_entries_and_those_of_its_whole_string(database: Database) -> None:
    own, whole, other, elsewhere = write(
        database,
        done(NEW_CELL),
        done(TIGHTENED, 1, cell=None),
        done(TIGHTENED, 2, cell=4),
        done(TIGHTENED, 3, key="ups-a/2"),
    )
    found = select_maintenance(database, string_key="ups-a/1", cell=3)
    assert [entry.id for entry in found] == [whole, own]
    found = select_maintenance(database, string_key="ups-a/1")
    assert [entry.id for entry in found] == [other, whole, own]
    assert select_maintenance(database)[0].id == elsewhere


def test_entries_are_found_by_time_without_their_end(database: Database) -> None:
    write(database, *(done(TIGHTENED, minute) for minute in range(5)))
    found = select_maintenance(
        database, since=START + timedelta(minutes=1), until=START + timedelta(minutes=3)
    )
    assert [entry.at - START for entry in found] == [timedelta(minutes=2), timedelta(minutes=1)]


def test_the_baseline_is_what_the_module_tells_with_the_time_of_its_reading() -> None:
    snapshot = string_snapshot(string(), steady(4), START)
    now = START.timestamp() + 5
    baseline = baseline_of(snapshot, 2, {"capacity_ah": 510.0}, now)
    assert baseline.measured == {
        "voltage_v": Measured(2.251, START.timestamp()),
        "resistance_ohm": Measured(0.000513, START.timestamp()),
        "temperature_c": Measured(24.9, START.timestamp()),
    }
    assert baseline.given == {"capacity_ah": 510.0}


def test_a_reading_that_is_too_old_is_no_baseline() -> None:
    snapshot = string_snapshot(string(), steady(4), START)
    old = Column(np.full(4, 0.0005), np.full(4, START.timestamp() - 3600))
    columns = {**snapshot.readings.columns, Quantity.RESISTANCE: old}
    snapshot = replace(snapshot, readings=replace(snapshot.readings, columns=columns))
    baseline = baseline_of(snapshot, 1, {}, START.timestamp())
    assert set(baseline.measured) == {"voltage_v", "temperature_c"}


@pytest.mark.parametrize(("given", "fits"), [(0.36, False), (0.00036, True), (0.000001, False)])
def test_a_value_of_another_size_than_the_module_measures_is_refused(
    given: float, fits: bool
) -> None:
    measured = {str(Quantity.RESISTANCE): Measured(0.000406, START.timestamp())}
    baseline = Baseline(measured, {"resistance_ohm": given, "capacity_ah": 498.0})
    if fits:
        require_plausible(baseline)
    else:
        with pytest.raises(RefusedError, match=f"{given:g} Ω, the module measures 0.000406 Ω"):
            require_plausible(baseline)
