"""Copies the rows of a database into a new file, as they were at one moment.

A copy of its pages would hold deleted rows in the gaps between the others, and for a while all that
is to be left out.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Collection
from pathlib import Path
from typing import Final

from bacs_core.history.database import BUSY_TIMEOUT_S, can_only_be_read

#: SQLite makes its own tables itself.
_OBJECTS: Final = (
    "SELECT type, name, sql FROM source.sqlite_master WHERE sql IS NOT NULL"
    r" AND name NOT LIKE 'sqlite\_%' ESCAPE '\'"
)


def copy_rows(source: Path, copy: Path, without: Collection[str]) -> None:
    """Copy every table of `source` into the new file `copy`; those in `without` stay empty there.

    A writer of `source` is not kept waiting. Raises `sqlite3.Error`.
    """
    how = "immutable=1" if can_only_be_read(source) else "mode=ro"
    with contextlib.closing(
        sqlite3.connect(
            copy.absolute().as_uri(), uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None
        )
    ) as connection:
        # A copy that is cut off is of no use.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("ATTACH ? AS source", (f"{source.absolute().as_uri()}?{how}",))
        connection.execute("BEGIN")
        objects = connection.execute(_OBJECTS).fetchall()
        for kind, name, sql in objects:
            if kind == "table":
                connection.execute(sql)
                if name not in without:
                    connection.execute(f"INSERT INTO main.[{name}] SELECT * FROM source.[{name}]")  # noqa: S608 - a name of ours
        # Indexes are made faster of rows that are there.
        for kind, _, sql in objects:
            if kind != "table":
                connection.execute(sql)
        connection.execute("COMMIT")
        # As the engine keeps it: the file remembers that.
        connection.execute("PRAGMA main.journal_mode = WAL")
