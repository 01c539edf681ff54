"""Events that a stand-in engine has in its history."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bacs_core.history.database import open_database, transaction
from bacs_core.history.events import Event, EventKind, Json, command_event, insert_event
from bacs_core.model import AlarmSeverity


def write_events(folder: Path, events: Iterable[Event]) -> None:
    """Write events into the history of the engine whose state lies in `folder`."""
    with closing(open_database(folder)) as database, transaction(database):
        for event in events:
            insert_event(database, event)


def alarm_event(
    change: str, at: datetime, key: str, cell: int | None = None, by: str | None = None
) -> Event:
    """Tell that a cell was too warm, and what became of that."""
    kinds = {
        "raised": EventKind.ALARM_RAISED,
        "acknowledged": EventKind.ALARM_ACKNOWLEDGED,
        "cleared": EventKind.ALARM_CLEARED,
    }
    return Event(
        at,
        kinds[change],
        f"{change}: {key}: temperature high, 41.2 °C, limit 35 °C",
        by=by,
        manager_id=key.partition("/")[0],
        string_key=key,
        cell=cell,
        data={"change": change, "state": "unacknowledged", "value": 41.2, "limit": 35.0},
        severity=AlarmSeverity.WARNING,
        rule="cell_temperature_high",
    )


def a_day(now: datetime) -> list[Event]:
    """Tell a day with a bit of everything, the oldest first."""

    def ago(minutes: float) -> datetime:
        return now - timedelta(minutes=minutes)

    paused: dict[str, Json] = {
        "string": True,
        "string_until": now.timestamp() + 3600,
        "cells_until": {"3": None},
    }
    return [
        Event(ago(900), EventKind.ENGINE_STARTED, "engine started (running)"),
        Event(ago(860), EventKind.LOGIN, "tina logged in at the cabinet", by="tina"),
        Event(
            ago(850),
            EventKind.SETTING_CHANGED,
            "hydrogen_high at room: off",
            by="tina",
            rule="hydrogen_high",
            data={"key": "alarm_limit", "before": "default", "value": 0.8},
        ),
        alarm_event("raised", ago(300), "ups-a/2", 7),
        alarm_event("acknowledged", ago(290), "ups-a/2", 7, by="olga"),
        alarm_event("cleared", ago(200), "ups-a/2", 7),
        command_event(
            "switch_relay",
            {"device_id": "box", "relay": 1, "closed": True},
            by="olga",
            at=ago(120),
        ),
        Event(ago(100), EventKind.LINE_LOST, "line modules: no port", line_id="modules"),
        Event(ago(98), EventKind.LINE_RETURNED, "line modules works", line_id="modules"),
        command_event("pause_equalization", {"string_key": "telecom/1"}, by="tina", at=ago(30)),
        Event(
            ago(30),
            EventKind.EQUALIZATION,
            "Telecom string: equalization paused",
            by="tina",
            manager_id="telecom",
            string_key="telecom/1",
            data={
                "key": "equalization_pause",
                "before": {"string": False, "string_until": None, "cells_until": {}},
                "value": paused,
            },
        ),
    ]


def today() -> list[Event]:
    """Tell that day up to now."""
    return a_day(datetime.now(UTC))
