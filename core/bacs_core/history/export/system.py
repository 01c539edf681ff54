"""Rows of `System.csv`: what was exported, by which version, from which plant and settings."""

from __future__ import annotations

import contextlib
import json
import platform
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlite_utils import Database

import bacs_core
from bacs_core.history import site_copy
from bacs_core.history.database import naming_errors, open_for_reading
from bacs_core.history.events import to_moment
from bacs_core.history.export.contents import STATUS_LEGEND
from bacs_core.history.export.scope import Plan, Scope
from bacs_core.history.export.times import in_both
from bacs_core.history.site_copy import Row

#: Memories of the engine that tell what people want; the others only mean something to itself.
TOLD_MEMORIES: Final = ("site_id", "alarm_limits", "wishes", "trips")
PINS: Final = "device_serial_numbers"
ENGINE: Final = "engine"


def rows(
    state_dir: Path, scope: Scope, planned: Plan, now: datetime, remarks: Sequence[str]
) -> Iterator[Row]:
    """Yield them in the order of the file; `remarks` tell of damage. Raises `HistoryError`."""
    with (
        contextlib.closing(open_for_reading(state_dir)) as database,
        naming_errors(f"cannot read {state_dir}"),
    ):
        yield from _export_rows(scope, planned, now)
        for remark in remarks:
            yield "export", "", "left out", remark, ""
        yield from _version_rows(database)
        plant = site_copy.kept(state_dir)
        if plant is not None:
            yield from plant.rows
        known = {row[1] for row in plant.rows} if plant is not None else set()
        for key, cells in planned.strings.items():
            if key not in known:
                yield "former plant", key, "cells", str(cells), ""
        yield from _serial_number_rows(database)
        yield from _setting_rows(database, scope)


def _export_rows(scope: Scope, planned: Plan, now: datetime) -> Iterator[Row]:
    for name, moment in (("made at", now), ("from", scope.since), ("to", scope.until)):
        if moment is None:
            continue
        in_utc, local = in_both(moment, scope.zone)
        yield "export", "", f"{name} (UTC)", in_utc, ""
        yield "export", "", f"{name} (local time)", local, ""
    zone = now.astimezone(scope.zone)
    yield "export", "", "local time is", f"{zone:%Z, UTC%z}", ""
    yield "export", "", "strings", " ".join(planned.strings), ""
    yield "export", "", "one row for each", str(scope.step_s or "sample"), "s" * bool(scope.step_s)
    if planned.thinned_until is not None:
        until = in_both(planned.thinned_until, scope.zone)[0]
        yield "export", "", "means of minutes or hours before (UTC)", until, ""
    yield "export", "", "status of cells", STATUS_LEGEND, ""


def _version_rows(database: Database) -> Iterator[Row]:
    yield "versions", "engine", "version", bacs_core.__version__, ""
    yield "versions", "Python", "version", platform.python_version(), ""
    yield "versions", "SQLite", "version", sqlite3.sqlite_version, ""
    yield "versions", "system", "version", platform.platform(terse=True), ""
    applied = database["_sqlite_migrations"].rows_where(order_by="rowid")
    yield "versions", "history", "schema", ", ".join(row["name"] for row in applied), ""


def _serial_number_rows(database: Database) -> Iterator[Row]:
    row = database.conn.execute("SELECT value FROM settings WHERE key = ?", (PINS,)).fetchone()
    pins = None if row is None else json.loads(row[0])
    for place, number in pins.items() if isinstance(pins, dict) else ():
        yield "serial numbers", place, "serial number", str(number), ""


def _setting_rows(database: Database, scope: Scope) -> Iterator[Row]:
    for row in database["settings"].rows_where(order_by="key"):
        key, who = row["key"], row["who"]
        if key in TOLD_MEMORIES or (who != ENGINE and key != PINS):
            yield "settings", key, "value", row["value"], ""
            yield "settings", key, "by", who or "", ""
            yield "settings", key, "since (UTC)", in_both(to_moment(row["at"]), scope.zone)[0], ""
