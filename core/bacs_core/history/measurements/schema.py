"""The tables of the measurement database, as a list of migrations; a released one is never changed.

`strings`: layouts, one row per string and way it looked, see `string_rows`. `windows`: a stretch of
time of one string in one tier; `first` and `last` are unix milliseconds, `sequence` to
`last_sequence` the samples in the order they were taken, and `recorded_ms` the time that was
recorded in all up to the last of them, whatever the clock said. `chunks`: the numbers, one row per
group of cells; those of a window follow each other from `chunk_id` on, scalars first. `damage`:
chunks that were found spoilt and told. `progress`: what a conversion has done so far.
`unset_epochs`: epochs measured by a clock that nobody had set, see `epochs`. `identity`: the one
name that this database and its journal share.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final

from sqlite_utils import Database, Migrations

from bacs_core.history.measurements.string_rows import layout_checksum

MIGRATIONS: Final = Migrations("bacs_measurements")
#: Further back is no window beside another one, or of a coarser tier: the clock was set back.
_SET_BACK_MS: Final = 7_200_000
#: From the last sample of a window to the first of the next.
_BETWEEN_MS: Final = 60_000


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


@MIGRATIONS()
def v3_recorded_time(database: Database) -> None:
    """Give each window its place in recorded time, see `recorded_time`."""
    database.table("windows").add_column("recorded_ms", int, not_null_default=0)
    rows = database.conn.execute(
        "SELECT last_sequence, id, first, last FROM windows ORDER BY last_sequence, last - first"
    ).fetchall()
    database.conn.executemany(
        "UPDATE windows SET recorded_ms = ? WHERE id = ?", _recorded_until(rows)
    )


@MIGRATIONS()
def v4_checked_layouts(database: Database) -> None:
    """Give each layout its checksum."""
    database.table("strings").add_column("checksum", int, not_null_default=0)
    rows = database.conn.execute(
        "SELECT id, CAST(layout AS BLOB), group_cells FROM strings"
    ).fetchall()
    database.conn.executemany(
        "UPDATE strings SET checksum = ? WHERE id = ?",
        [(layout_checksum(layout, cells), number) for number, layout, cells in rows],
    )


def _recorded_until(rows: Iterable[tuple[int, int, int, int]]) -> Iterator[tuple[int, int]]:
    """Yield recorded milliseconds and id of windows (last sample, id, first, last), sorted.

    A window adds what its clock passed since the one before, but never more than it lasted: so
    windows of several strings and tiers over the same time count once, and clock steps not at all.
    Those that end with the same sample are of one age.
    """
    total_ms = 0
    newest: int | None = None
    for _, of_sample in groupby(rows, key=itemgetter(0)):
        numbers = []
        for _, number, first, last in of_sample:
            if newest is None or last < newest - _SET_BACK_MS:
                newest = first
            passed, lasted = last - newest, last - first
            total_ms += max(0, min(passed, lasted + _BETWEEN_MS))
            newest = max(newest, last)
            numbers.append(number)
        yield from ((total_ms, number) for number in numbers)
