"""Events: everything that happened and everything somebody did, one row each, never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlite_utils import Database

from bacs_core.history.maintenance import (
    Maintenance,
    StoredMaintenance,
    insert_maintenance,
    plain,
)
from bacs_core.history.moments import to_milliseconds, to_moment
from bacs_core.model import AlarmSeverity

__all__ = [
    "EVERYTHING",
    "Event",
    "EventKind",
    "Json",
    "StoredEvent",
    "Wanted",
    "command_event",
    "insert_event",
    "select_events",
    "to_milliseconds",
    "to_moment",
]

Json = str | int | float | bool | Sequence["Json"] | Mapping[str, "Json"] | None


class EventKind(StrEnum):
    """What an event is about."""

    ALARM_RAISED = "alarm_raised"
    ALARM_RETURNED = "alarm_returned"
    ALARM_CLEARED = "alarm_cleared"
    ALARM_ACKNOWLEDGED = "alarm_acknowledged"
    ALARM_PUT_ASIDE = "alarm_put_aside"
    """Shelved, suppressed or taken out of service, and taken up again."""
    BUZZER_MUTED = "buzzer_muted"
    EQUALIZATION = "equalization"
    PROTECTION = "protection"
    MAINTENANCE = "maintenance"
    COMMAND = "command"
    COMMISSIONING = "commissioning"
    SETTING_CHANGED = "setting_changed"
    ENGINE_STARTED = "engine_started"
    ENGINE_STOPPED = "engine_stopped"
    CLOCK_STEPPED = "clock_stepped"
    LINE_LOST = "line_lost"
    LINE_RETURNED = "line_returned"
    MANAGER_LOST = "manager_lost"
    MANAGER_RETURNED = "manager_returned"
    HISTORY_GAP = "history_gap"
    HISTORY_REPLACED = "history_replaced"
    USER_CHANGED = "user_changed"
    TOKEN_CHANGED = "token_changed"  # noqa: S105 - a kind of event, no secret
    STICK = "stick"
    """A stick was plugged in, written, or not written."""
    DISCHARGE_BEGAN = "discharge_began"
    DISCHARGE_ENDED = "discharge_ended"
    LOGIN = "login"
    LOGIN_REFUSED = "login_refused"
    OTHER = "other"
    """Read from a history that another version of this program wrote."""


#: Severities as stored, so that "at least so bad" can be asked; 0 has none.
LEVELS: Final[Mapping[str | None, int]] = {
    None: 0,
    AlarmSeverity.WARNING: 1,
    AlarmSeverity.ALARM: 2,
}
SEVERITY_OF: Final = {
    level: AlarmSeverity(name) for name, level in LEVELS.items() if name is not None
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. The place is as exact as it is known; `cell` counts from 1.

    `by` names the person, token or program that did it; `None` where nobody did. `data` is for
    machines and must be plain JSON. `severity` and `rule` are those of the alarm that the event
    tells of; a rule alone means that somebody changed it. With `maintenance` the event is also an
    entry among the maintenance of its string.
    """

    at: datetime
    kind: EventKind
    text: str
    by: str | None = None
    manager_id: str | None = None
    string_key: str | None = None
    cell: int | None = None
    line_id: str | None = None
    data: Mapping[str, Json] = field(default_factory=dict)
    severity: AlarmSeverity | None = None
    rule: str | None = None
    maintenance: Maintenance | None = None


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event with the number under which it stands in the history."""

    id: int
    event: Event


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the events that are looked for are about; what is left open fits every event.

    A string stands for its cells too, `cell` counts from 1. `severity` is the least one: events
    that are not about an alarm have none.
    """

    manager_id: str | None = None
    string_key: str | None = None
    cell: int | None = None
    line_id: str | None = None
    kinds: tuple[EventKind, ...] = ()
    rule: str | None = None
    severity: AlarmSeverity | None = None


EVERYTHING: Final = Wanted()


def command_event(command: str, arguments: Mapping[str, Json], by: str, at: datetime) -> Event:
    """Tell that somebody gave a command, at the place that its arguments name."""
    named = arguments.get("place")
    place = {**arguments, **named} if isinstance(named, Mapping) else arguments
    string_key = _text(place.get("string_key"))
    cell, cells = place.get("cell"), place.get("cells")
    if isinstance(cells, Sequence) and len(cells) == 1:
        cell = cells[0]
    return Event(
        at,
        EventKind.COMMAND,
        command,
        by=by,
        # A string key begins with the name of its manager, see `model.string_key`.
        manager_id=_text(place.get("manager_id"))
        or (string_key and string_key.rpartition("/")[0])
        or None,
        string_key=string_key,
        cell=cell if isinstance(cell, int) else None,
        line_id=_text(place.get("line_id")),
        data={**arguments, "command": command},
        rule=_text(arguments.get("rule")),
    )


def insert_event(database: Database, event: Event) -> int:
    """Write `event` in the running transaction and return its number."""
    data = event.data if event.maintenance is None else {**event.data, **plain(event.maintenance)}
    cursor = database.conn.execute(
        "INSERT INTO events (at, kind, text, who, manager_id, string_key, cell, line_id, data,"
        " severity, rule) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            to_milliseconds(event.at),
            event.kind,
            # A lone surrogate, as in a badly encoded file name, has no UTF-8.
            event.text.encode(errors="replace").decode(),
            event.by,
            event.manager_id,
            event.string_key,
            event.cell,
            event.line_id,
            json.dumps(data),
            LEVELS[event.severity],
            event.rule,
        ),
    )
    # Read to the end: an unfinished statement would keep the transaction from ending.
    ((number,),) = cursor.fetchall()
    if event.maintenance is not None and event.string_key is not None:
        insert_maintenance(
            database,
            StoredMaintenance(
                int(number), event.at, event.string_key, event.cell, event.by, event.maintenance
            ),
        )
    return int(number)


def select_events(
    database: Database,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 100,
    before_id: int | None = None,
    wanted: Wanted = EVERYTHING,
) -> tuple[StoredEvent, ...]:
    """Return at most `limit` of the wanted events from `since` to before `until`, newest first.

    `before_id` continues a listing: only events written before that one. The order is that of
    writing, also where the clock was set back in between.
    """
    # A plus keeps SQLite from the index of times, with which it would sort all that is left of the
    # listing for each page; read by their numbers from `before_id` on, a page is soon full.
    at = "at" if before_id is None else "+at"
    conditions: dict[str, str | int | None] = {
        f"{at} >= ?": None if since is None else to_milliseconds(since),
        f"{at} < ?": None if until is None else to_milliseconds(until),
        "id < ?": before_id,
        "manager_id = ?": wanted.manager_id,
        "string_key = ?": wanted.string_key,
        "cell = ?": wanted.cell,
        "line_id = ?": wanted.line_id,
        "rule = ?": wanted.rule,
    }
    used = [condition for condition, value in conditions.items() if value is not None]
    values = [value for value in conditions.values() if value is not None]
    if wanted.kinds:
        used.append(f"kind IN ({', '.join('?' * len(wanted.kinds))})")
        values.extend(wanted.kinds)
    if wanted.severity is not None:
        levels = [level for level in LEVELS.values() if level >= LEVELS[wanted.severity]]
        used.append(f"severity IN ({', '.join('?' * len(levels))})")
        values.extend(levels)
    rows = database["events"].rows_where(
        " AND ".join(used) or None, values, order_by="id DESC", limit=limit
    )
    return tuple(_stored(row) for row in rows)


def _kind(name: str) -> EventKind:
    return EventKind(name) if name in set(EventKind) else EventKind.OTHER


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _stored(row: Mapping[str, Any]) -> StoredEvent:
    return StoredEvent(
        row["id"],
        Event(
            at=to_moment(row["at"]),
            kind=_kind(row["kind"]),
            text=row["text"],
            by=row["who"],
            manager_id=row["manager_id"],
            string_key=row["string_key"],
            cell=row["cell"],
            line_id=row["line_id"],
            data=json.loads(row["data"]),
            severity=SEVERITY_OF.get(row["severity"] or 0),
            rule=row["rule"],
        ),
    )
