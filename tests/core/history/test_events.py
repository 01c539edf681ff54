"""Events: every one is found by what it is about, and a listing in pages misses none."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlite_utils import Database

from bacs_core.history.database import open_database, transaction
from bacs_core.history.events import (
    Event,
    EventKind,
    StoredEvent,
    Wanted,
    command_event,
    insert_event,
    select_events,
)
from bacs_core.model import AlarmSeverity

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
LEVELS = [None, AlarmSeverity.WARNING, AlarmSeverity.ALARM]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(open_database(tmp_path)) as opened:
        yield opened


def places() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "manager_id": st.sampled_from([None, "ups-a", "ups-b"]),
            "string_key": st.sampled_from([None, "ups-a/1", "ups-b/2"]),
            "cell": st.sampled_from([None, 1, 2]),
            "line_id": st.sampled_from([None, "bus"]),
            "rule": st.sampled_from([None, "voltage_high", "module_silent"]),
            "severity": st.sampled_from(LEVELS),
        }
    )


@st.composite
def events(draw: st.DrawFn) -> Event:
    return Event(
        # Also before the event written before it: a clock may be set back.
        at=START + timedelta(minutes=draw(st.integers(-3, 3))),
        kind=draw(st.sampled_from([EventKind.COMMAND, EventKind.ALARM_RAISED, EventKind.LOGIN])),
        text="something",
        **draw(places()),
    )


@st.composite
def wishes(draw: st.DrawFn) -> Wanted:
    kinds = draw(st.lists(st.sampled_from([EventKind.COMMAND, EventKind.LOGIN]), max_size=2))
    return Wanted(kinds=tuple(kinds), **draw(places()))


def fits(event: Event, wanted: Wanted) -> bool:
    names = ("manager_id", "string_key", "cell", "line_id", "rule")
    return (
        all(getattr(wanted, name) in {None, getattr(event, name)} for name in names)
        and (not wanted.kinds or event.kind in wanted.kinds)
        and LEVELS.index(event.severity) >= LEVELS.index(wanted.severity)
    )


def pages(
    database: Database, wanted: Wanted, since: datetime | None, limit: int
) -> Iterator[Sequence[StoredEvent]]:
    before_id = None
    while page := select_events(
        database, since=since, limit=limit, before_id=before_id, wanted=wanted
    ):
        yield page
        before_id = page[-1].id


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    written=st.lists(events(), max_size=30),
    wanted=wishes(),
    since=st.sampled_from([None, START, START + timedelta(minutes=2)]),
    limit=st.integers(1, 7),
)
def test_the_pages_together_are_just_what_fits_and_no_event_comes_twice(
    database: Database, written: list[Event], wanted: Wanted, since: datetime | None, limit: int
) -> None:
    with transaction(database):
        database.conn.execute("DELETE FROM events")
        stored = [StoredEvent(insert_event(database, event), event) for event in written]
    expected = [
        each
        for each in reversed(stored)
        if fits(each.event, wanted) and (since is None or each.event.at >= since)
    ]
    read = list(pages(database, wanted, since, limit))
    assert [each for page in read for each in page] == expected
    assert all(len(page) == limit for page in read[:-1])


def test_a_page_of_a_time_costs_what_it_holds_not_what_is_left_of_the_listing(
    database: Database,
) -> None:
    with transaction(database):
        rows = ((1000 * number, "command", "", "{}") for number in range(5000))
        database.conn.executemany(
            "INSERT INTO events (at, kind, text, data) VALUES (?, ?, ?, ?)", rows
        )
    thousands = 0

    def count() -> None:
        nonlocal thousands
        thousands += 1

    database.conn.set_progress_handler(count, 1000)
    begin = datetime(1970, 1, 1, tzinfo=UTC)
    page = select_events(
        database, since=begin, until=begin + timedelta(days=1), limit=10, before_id=4900
    )
    database.conn.set_progress_handler(None, 0)
    assert [each.id for each in page] == list(range(4899, 4889, -1))
    assert thousands < 5


def test_a_page_written_while_another_reads_is_not_mixed_into_the_listing(
    database: Database,
) -> None:
    def write(text: str) -> None:
        with transaction(database):
            insert_event(database, Event(START, EventKind.OTHER, text))

    for text in ("one", "two", "three"):
        write(text)
    first = select_events(database, limit=2)
    write("four")
    second = select_events(database, limit=2, before_id=first[-1].id)
    assert [each.event.text for each in (*first, *second)] == ["three", "two", "one"]


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(string_key="ups-a/1"),
        Wanted(string_key="ups-a/1", cell=7),
        Wanted(kinds=(EventKind.COMMAND,)),
        Wanted(rule="voltage_high"),
        Wanted(severity=AlarmSeverity.ALARM),
        Wanted(),
    ],
)
def test_a_page_is_read_without_looking_at_all_events(database: Database, wanted: Wanted) -> None:
    asked: list[str] = []
    database.conn.set_trace_callback(asked.append)
    select_events(database, wanted=wanted)
    database.conn.set_trace_callback(None)
    (query,) = [text for text in asked if "from [events]" in text.lower()] or asked[-1:]
    plan = " ".join(row[3] for row in database.conn.execute(f"EXPLAIN QUERY PLAN {query}"))
    assert "TEMP B-TREE" not in plan
    assert wanted == Wanted() or "USING INDEX" in plan


def test_what_was_given_to_an_event_comes_back(database: Database) -> None:
    event = Event(
        START,
        EventKind.ALARM_RAISED,
        "Battery 1, cell 07: voltage 2.451 V above 2.400 V",
        manager_id="ups-a",
        string_key="ups-a/1",
        cell=7,
        data={"value": 2.451},
        severity=AlarmSeverity.WARNING,
        rule="voltage_high",
    )
    with transaction(database):
        number = insert_event(database, event)
    assert select_events(database) == (StoredEvent(number, event),)


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"string_key": "ups-a/1"}, ("ups-a", "ups-a/1", None, None)),
        ({"string_key": "ups-a/1", "cell": 3}, ("ups-a", "ups-a/1", 3, None)),
        ({"string_key": "ups-a/1", "cells": [4]}, ("ups-a", "ups-a/1", 4, None)),
        ({"string_key": "ups-a/1", "cells": [4, 5]}, ("ups-a", "ups-a/1", None, None)),
        ({"line_id": "bus", "unit": 7}, (None, None, None, "bus")),
        ({"place": {"manager_id": "ups-a", "cell": None}}, ("ups-a", None, None, None)),
        ({"place": {"string_key": "ups-a/1", "cell": 2}}, ("ups-a", "ups-a/1", 2, None)),
        ({"enabled": True}, (None, None, None, None)),
    ],
)
def test_a_command_stands_at_the_place_that_it_names(
    arguments: dict[str, Any], place: tuple[object, ...]
) -> None:
    event = command_event("some_order", arguments, "miller", START)
    assert (event.manager_id, event.string_key, event.cell, event.line_id) == place
    assert event.data == {**arguments, "command": "some_order"}


def test_a_command_about_a_rule_is_found_by_it() -> None:
    event = command_event("put_back", {"rule": "voltage_high"}, "miller", START)
    assert (event.rule, event.severity) == ("voltage_high", None)


def test_what_an_earlier_version_wrote_about_alarms_is_found_too(tmp_path: Path) -> None:
    released = Path(__file__).parent / "schemas" / "v1.sql"
    with closing(sqlite3.connect(tmp_path / "bacs.db")) as connection:
        connection.executescript(released.read_text(encoding="utf-8"))
        connection.execute("DELETE FROM events")
        connection.executemany(
            "INSERT INTO events (at, kind, text, data) VALUES (?, ?, ?, ?)",
            [
                (1, "alarm_raised", "high", '{"rule": "voltage_high", "severity": "alarm"}'),
                (2, "alarm_raised", "low", '{"rule": "voltage_low", "severity": "warning"}'),
                (3, "command", "acknowledge", "{}"),
                (4, "other", "not quite JSON", '{"value": NaN}'),
            ],
        )
        connection.commit()
    with closing(open_database(tmp_path)) as database:
        stored = [each.event for each in reversed(select_events(database))]
        assert [(event.rule, event.severity) for event in stored] == [
            ("voltage_high", AlarmSeverity.ALARM),
            ("voltage_low", AlarmSeverity.WARNING),
            (None, None),
            (None, None),
        ]
        (bad,) = select_events(database, wanted=Wanted(severity=AlarmSeverity.ALARM))
        assert bad.event.text == "high"


def test_a_kind_that_only_a_newer_program_knows_is_still_read(database: Database) -> None:
    with transaction(database):
        number = insert_event(database, Event(START, EventKind.OTHER, "from the future"))
        database.conn.execute("UPDATE events SET kind = 'teleported' WHERE id = ?", [number])
    (stored,) = select_events(database)
    assert (stored.event.kind, stored.event.text) == (EventKind.OTHER, "from the future")
