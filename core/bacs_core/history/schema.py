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
