"""The tables of the state database, as a list of migrations; a released one is never changed.

Moments are unix milliseconds. Each migration runs in one transaction together with the record of
it in `_sqlite_migrations`, so a database is always at one known version.
"""

from __future__ import annotations

from typing import Final

from sqlite_utils import Database, Migrations

MIGRATIONS: Final = Migrations("bacs")


@MIGRATIONS()
def v1_history_and_access(database: Database) -> None:
    """Make the first tables: events, settings, samples, users, tokens and lock-outs."""
    events = database.table("events")
    events.create(
        {
            "id": int,
            "at": int,
            "kind": str,
            "text": str,
            "who": str,
            "manager_id": str,
            "string_key": str,
            "cell": int,
            "line_id": str,
            "data": str,
        },
        pk="id",
        not_null={"at", "kind", "text", "data"},
    )
    events.create_index(["at"])
    database.table("settings").create(
        {"key": str, "value": str, "who": str, "at": int},
        pk="key",
        not_null={"value", "at"},
    )
    layouts = database.table("layouts")
    layouts.create({"id": int, "description": str}, pk="id", not_null={"description"})
    layouts.create_index(["description"], unique=True)
    database.table("samples").create(
        {"id": int, "at": int, "body": bytes}, pk="id", not_null={"at", "body"}
    )
    keyframes = database.table("keyframes")
    keyframes.create(
        {"sample_id": int, "at": int, "layout_id": int},
        pk="sample_id",
        not_null={"at", "layout_id"},
    )
    keyframes.create_index(["at"])
    users = database.table("users")
    users.create(
        {
            "id": int,
            "name": str,
            "role": str,
            "password_hash": str,
            "pin_hash": str,
            "must_change": int,
            "generation": int,
            "created_at": int,
        },
        pk="id",
        not_null={"name", "role", "password_hash", "must_change", "generation", "created_at"},
    )
    users.create_index(["name"], unique=True)
    tokens = database.table("tokens")
    tokens.create(
        {
            "id": int,
            "name": str,
            "role": str,
            "sha256": str,
            "created_by": str,
            "created_at": int,
            "last_used_at": int,
            "revoked_at": int,
            "revoked_by": str,
        },
        pk="id",
        not_null={"name", "role", "sha256", "created_by", "created_at"},
    )
    tokens.create_index(["sha256"], unique=True)
    database.table("lockouts").create(
        {"scope": str, "failures": int, "failed_at": int},
        pk="scope",
        not_null={"failures", "failed_at"},
    )


@MIGRATIONS()
def v2_events_by_place_and_severity(database: Database) -> None:
    """Let events be found by what they are about, without reading all of them.

    The newest are asked for first, and every index ends with the number of the event: one over the
    asked column alone gives a page without sorting. Managers and lines are few, and a site has few
    events without one: they are read through.
    """
    events = database.table("events")
    events.add_column("severity", int)
    events.add_column("rule", str)
    # What earlier versions wrote about alarms stands in the data of the event.
    database.conn.execute(
        "UPDATE events SET rule = json_extract(data, '$.rule'),"
        " severity = CASE json_extract(data, '$.severity')"
        " WHEN 'alarm' THEN 2 WHEN 'warning' THEN 1 ELSE 0 END"
        " WHERE json_valid(data)"
    )
    events.create_index(["string_key", "cell"])
    for column in ("string_key", "kind", "severity", "rule"):
        events.create_index([column])


@MIGRATIONS()
def v3_discharges(database: Database) -> None:
    """Make the table of recorded discharges, one row per string and discharge.

    `summary` is what is told of it, and changes while it runs; `start` is what was known when it
    began. `analysis` and `recording` come at its end and stay when the measurements are thinned.
    """
    discharges = database.table("discharges")
    discharges.create(
        {
            "id": int,
            "string_key": str,
            "manager_id": str,
            "kind": str,
            "started_at": int,
            "ended_at": int,
            "recharged_at": int,
            "summary": str,
            "start": bytes,
            "analysis": bytes,
            "recording": bytes,
        },
        pk="id",
        not_null={"string_key", "manager_id", "kind", "started_at", "summary", "start"},
    )
    discharges.create_index(["string_key", "started_at"], unique=True)
    discharges.create_index(["started_at"])


@MIGRATIONS()
def v4_maintenance(database: Database) -> None:
    """Make the table of what was done to cells, with what they measured when it was done.

    An entry has the number of the event that tells of it.
    """
    maintenance = database.table("maintenance")
    maintenance.create(
        {
            "id": int,
            "at": int,
            "string_key": str,
            "cell": int,
            "work": str,
            "note": str,
            "who": str,
            "baseline": str,
        },
        pk="id",
        not_null={"at", "string_key", "work", "note", "baseline"},
    )
    maintenance.create_index(["string_key", "cell"])


@MIGRATIONS()
def v5_clock_states(database: Database) -> None:
    """Make the table of how far the clock could be trusted, and of its steps.

    `uptime_ms` since the start `boot` of the machine never steps; `after_event` is the newest event
    that had been written by then, so that a step is known to be before or after each event.
    """
    clock = database.table("clock_states")
    clock.create(
        {
            "id": int,
            "at": int,
            "boot": str,
            "uptime_ms": int,
            "synchronised": int,
            "step_ms": int,
            "after_event": int,
        },
        pk="id",
        not_null={"at", "boot", "uptime_ms", "step_ms", "after_event"},
    )
    clock.create_index(["after_event"])
