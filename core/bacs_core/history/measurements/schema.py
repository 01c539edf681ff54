"""The tables of the measurement database, as a list of migrations; a released one is never changed.

`strings`: layouts, one row per string and way it looked. `windows`: a stretch of time of one string
in one tier; `first` and `last` are unix milliseconds, `sequence` to `last_sequence` the samples in
the order they were taken, whatever the clock said. `chunks`: the numbers, one row per group of
cells; those of a window follow each other from `chunk_id` on, scalars first. `damage`: chunks that
were found spoilt and told. `progress`: what a conversion has done so far. `unset_epochs`: epochs
measured by a clock that nobody had set, see `epochs`. `identity`: the one name that this database
and its journal share.
"""

from __future__ import annotations

import uuid
from typing import Final

from sqlite_utils import Database, Migrations

MIGRATIONS: Final = Migrations("bacs_measurements")


@MIGRATIONS()
def v1_windows_and_chunks(database: Database) -> None:
    """Make the first tables."""
    strings = database.table("strings")
    strings.create(
        {"id": int, "key": str, "layout": str, "group_cells": int},
        pk="id",
        not_null={"key", "layout", "group_cells"},
    )
    strings.create_index(["layout", "group_cells"], unique=True)
    windows = database.table("windows")
    windows.create(
        {
            "id": int,
            "string_id": int,
            "tier": str,
            "epoch": int,
            "first": int,
            "last": int,
            "sequence": int,
            "last_sequence": int,
            "derived": int,
            "chunk_id": int,
            "bytes": int,
            "axis": bytes,
        },
        pk="id",
        not_null={
            *("string_id", "tier", "epoch", "first", "last", "sequence", "last_sequence"),
            *("derived", "chunk_id", "bytes", "axis"),
        },
    )
    windows.create_index(["tier", "string_id", "first"])
    windows.create_index(["tier", "first", "last", "bytes"])
    windows.create_index(["tier", "string_id", "last_sequence"])
    # Small: only what waits is in it.
    database.conn.execute(
        "CREATE INDEX windows_to_derive ON windows (first) WHERE tier = 'full' AND derived = 0"
    )
    database.table("chunks").create({"id": int, "body": bytes}, pk="id", not_null={"body"})
    database.table("damage").create(
        {"chunk_id": int, "text": str}, pk="chunk_id", not_null={"text"}
    )
    database.table("progress").create({"what": str, "value": int}, pk="what", not_null={"value"})


@MIGRATIONS()
def v2_epochs_and_identity(database: Database) -> None:
    """Keep what puts an unset clock right later, and what tells a database of another place."""
    database.table("unset_epochs").create(
        {"epoch": int, "boot": str, "started_at": int},
        pk="epoch",
        not_null={"boot", "started_at"},
    )
    identity = database.table("identity")
    identity.create({"name": str}, pk="name")
    identity.insert({"name": uuid.uuid4().hex})
