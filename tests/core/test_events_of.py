"""What changed between two ticks is told with its place, its cause, and what it was before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bacs_core import events_of
from bacs_core.alarms import orders as alarm_orders
from bacs_core.history.events import EventKind
from bacs_core.model import AlarmSeverity, TripCause, TripState
from bacs_core.protection import Trip
from tests.core.plant import CELLS, FLOAT_V, KEY, HandDriven, hand_driven

NOW = 1_800_000_000.0


@pytest.fixture
async def warm(tmp_path: Path) -> HandDriven:
    """A plant with alarms raised."""
    plant = hand_driven(tmp_path)
    plant.run(90, [FLOAT_V] * CELLS, temperature_c=52.0)
    return plant


def test_a_trip_tells_its_cause_and_the_state_before(tmp_path: Path) -> None:
    site = hand_driven(tmp_path).engine.site
    armed = Trip(TripState.ARMED)
    tripping = Trip(TripState.TRIPPING, (TripCause.OVER_TEMPERATURE,), cell=3)
    (event,) = events_of.trip_changes({KEY: armed}, {KEY: tripping}, site, NOW)
    assert (event.kind, event.manager_id, event.string_key, event.cell) == (
        EventKind.PROTECTION,
        "telecom",
        KEY,
        3,
    )
    assert (event.data["key"], event.data["before"], event.data["value"]) == (
        "protection",
        "armed",
        "tripping",
    )
    assert event.data["causes"] == ["over_temperature"]
    assert event.at == datetime.fromtimestamp(NOW, UTC)


def test_protection_that_is_switched_off_tells_by_whom_why_and_until_when(tmp_path: Path) -> None:
    site = hand_driven(tmp_path).engine.site
    off = Trip(TripState.OFF, by="miller", reason="new sensors", until=NOW + 7200)
    (event,) = events_of.trip_changes({KEY: Trip(TripState.ARMED)}, {KEY: off}, site, NOW)
    assert (event.by, event.data["reason"], event.data["until"]) == (
        "miller",
        "new sensors",
        NOW + 7200,
    )
    same = replace(off, contact_open=False)
    assert list(events_of.trip_changes({KEY: off}, {KEY: same}, site, NOW)) == []


async def test_an_alarm_tells_severity_rule_value_and_limit(warm: HandDriven) -> None:
    engine = warm.engine
    told = {(event.rule, event.cell): event for event in engine.acknowledge(None, "otto")}
    event = told["cell_temperature_critical", 1]
    assert (event.kind, event.severity) == (EventKind.ALARM_ACKNOWLEDGED, AlarmSeverity.ALARM)
    assert (event.manager_id, event.string_key) == ("telecom", KEY)
    assert event.data["value"] == 52.0
    assert isinstance(event.data["limit"], float)
    assert (event.data["change"], event.by) == ("acknowledged", "otto")


async def test_a_shelved_alarm_tells_until_when_and_by_whom(warm: HandDriven) -> None:
    engine = warm.engine
    before = engine.alarms
    chosen = next(alarm for alarm in before.raised if alarm.rule.name == "string_warm")
    after = alarm_orders.shelve(before, chosen.id, "otto", warm.now, warm.now + 600)
    (event,) = events_of.alarm_changes(before, after, engine.site)
    assert (event.kind, event.by, event.rule) == (
        EventKind.ALARM_PUT_ASIDE,
        "otto",
        "string_warm",
    )
    until = datetime.fromtimestamp(warm.now + 600, UTC)
    assert event.data["shelved_until"] == until.isoformat()
    assert event.severity is AlarmSeverity.WARNING
