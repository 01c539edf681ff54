"""Events: everything that happened and everything somebody did, one row each, never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

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
    LOGIN = "login"
    LOGIN_REFUSED = "login_refused"
    OTHER = "other"
    """Read from a history that another version of this program wrote."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. The place is as exact as it is known; `cell` counts from 1.

    `by` names the person, token or program that did it; `None` where nobody did. `data` is for
    machines and must be plain JSON.
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


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event with the number under which it stands in the history."""

    id: int
    event: Event


def insert_event(database: Database, event: Event) -> int:
    """Write `event` in the running transaction and return its number."""
    cursor = database.conn.execute(
        "INSERT INTO events (at, kind, text, who, manager_id, string_key, cell, line_id, data)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
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
            json.dumps(event.data),
        ),
    )
    # Read to the end: an unfinished statement would keep the transaction from ending.
    ((number,),) = cursor.fetchall()
    return int(number)


def select_events(
    database: Database,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 100,
    before_id: int | None = None,
) -> tuple[StoredEvent, ...]:
    """Return at most `limit` events from `since` to before `until`, the newest first.

    `before_id` continues a listing: only events written before that one.
    """
    conditions = {
        "at >= :since": since and to_milliseconds(since),
        "at < :until": until and to_milliseconds(until),
        "id < :before_id": before_id,
    }
    used = [condition for condition, value in conditions.items() if value is not None]
    rows = database["events"].rows_where(
        " AND ".join(used) or None,
        {
            condition.partition(":")[2]: value
            for condition, value in conditions.items()
            if value is not None
        },
        order_by="id DESC",
        limit=limit,
    )
    return tuple(_stored(row) for row in rows)


def to_milliseconds(moment: datetime) -> int:
    """Turn an aware moment into unix milliseconds, as stored."""
    return round(moment.timestamp() * 1000)


def to_moment(milliseconds: int) -> datetime:
    """Turn stored unix milliseconds into an aware moment in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _kind(name: str) -> EventKind:
    return EventKind(name) if name in set(EventKind) else EventKind.OTHER


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
        ),
    )
