"""Batches are written once, whole, and leave a mark by which a database is known again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlite_utils import Database

from bacs_core.history.batches import (
    Batch,
    Entry,
    Mark,
    Memory,
    Written,
    read_mark,
    read_rows,
    write_batch,
)
from bacs_core.history.clock_rows import ClockRow
from bacs_core.history.database import open_database, transaction
from bacs_core.history.events import Event, EventKind

AT = datetime(2026, 11, 21, 9, 5, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(open_database(tmp_path)) as opened:
        yield opened


def batch(number: int, *entries: Entry, run: str = "a") -> Batch:
    return Batch(run, number, 5, entries, {"trips": Memory({"number": number}, AT)})


def event(text: str, kind: EventKind = EventKind.LINE_LOST) -> Event:
    return Event(AT, kind, text)


def write(database: Database, wanted: Batch) -> Written:
    with transaction(database):
        return write_batch(database, wanted)


def texts(database: Database) -> list[str]:
    return [row["text"] for row in database.table("events").rows_where(order_by="id")]


def test_a_batch_given_again_is_not_written_twice(database: Database) -> None:
    wanted = batch(1, event("one"), ClockRow(AT, "b", 1.0, synchronised=True), event("two"))
    assert write(database, wanted).before is None
    assert write(database, wanted).before == Mark(run="a", batch=1, revision=5)
    assert texts(database) == ["one", "two"]
    assert database.table("clock_states").count == 1


def test_the_same_number_of_another_run_is_another_batch(database: Database) -> None:
    write(database, batch(1, event("one")))
    assert write(database, batch(1, event("two"), run="b")).before == Mark(
        run="a", batch=1, revision=5
    )
    assert texts(database) == ["one", "two"]


def test_a_batch_that_fails_in_the_middle_leaves_nothing(database: Database) -> None:
    bad = ClockRow(AT, None, 1.0, synchronised=True)  # type: ignore[arg-type]
    with pytest.raises(sqlite3.IntegrityError):
        write(database, batch(1, event("one"), bad))
    assert texts(database) == []
    assert read_mark(database) is None
    assert read_rows(database, ["trips"]) == {}


def test_memories_come_back_with_the_time_they_were_given(database: Database) -> None:
    write(database, batch(7, event("one")))
    row = read_rows(database, ["trips", "wishes"])
    assert row.keys() == {"trips"}
    assert row["trips"].value() == {"number": 7}
    assert row["trips"].at_ms == 1000 * AT.timestamp()


def test_a_spoilt_mark_is_none(database: Database) -> None:
    write(database, batch(1, event("one")))
    with transaction(database):
        database.conn.execute("UPDATE settings SET value = '{\"run\": 1' WHERE key LIKE '%mark'")
    assert read_mark(database) is None


def test_a_damage_is_told_once(database: Database) -> None:
    write(database, batch(1, event("the file was damaged", EventKind.HISTORY_REPLACED)))
    assert write(database, batch(2)).damage == "the file was damaged"
    assert write(database, batch(3)).damage is None
