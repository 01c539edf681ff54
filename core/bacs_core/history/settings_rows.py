"""Choices made while running (network switch, pauses): one row each, every change an event."""

from __future__ import annotations

import json
from datetime import datetime

from sqlite_utils import Database

from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Event, EventKind, Json, insert_event, to_milliseconds


def read_setting(database: Database, key: str) -> Json:
    """Return the value kept under `key`, or `None`."""
    row = database.conn.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
    try:
        value: Json = None if row is None else json.loads(row[0])
    except ValueError as error:
        msg = f"what is kept under {key} cannot be understood: {error}"
        raise HistoryError(msg) from error
    return value


def write_setting(database: Database, key: str, value: Json, by: str, at: datetime) -> None:
    """Keep `value` and record who changed it, in the running transaction."""
    before = read_setting(database, key)
    write_memory(database, key, value, by, at)
    text = f"{key}: {_plain(before)} → {_plain(value)}"
    data = {"key": key, "before": before, "value": value}
    insert_event(database, Event(at, EventKind.SETTING_CHANGED, text, by=by, data=data))


def write_memory(database: Database, key: str, value: Json, by: str, at: datetime) -> None:
    """Keep `value` without an event: what a program remembers is nobody's choice."""
    database.table("settings").upsert(
        {
            "key": key,
            "value": json.dumps(value, ensure_ascii=False),
            "who": by,
            "at": to_milliseconds(at),
        },
        pk="key",
    )


def _plain(value: Json) -> str:
    return "not set" if value is None else json.dumps(value, ensure_ascii=False)
