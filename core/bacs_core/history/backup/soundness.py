"""Refuses databases of a backup that would do more than hold rows.

A trigger or a view of somebody else would change or hide what the engine writes later. The advice
of "Defense Against The Dark Arts" (sqlite.org/security.html) is followed as far as a file of our
own needs it.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database

from bacs_core.history.backup.contents import MEASUREMENTS, STATE_DATABASE
from bacs_core.history.errors import HistoryError
from bacs_core.history.measurements.version1 import AFTERWARDS
from bacs_core.history.schema import MIGRATIONS

#: What SQLite keeps for itself, and may or may not have made.
_OWN: Final = ("sqlite_autoindex_", "sqlite_sequence", "sqlite_stat")
_ROWS: Final = frozenset({"table", "index"})

_Shape = dict[str, Any]


def require_no_program(folder: Path) -> None:
    """Refuse triggers and views. Raises `HistoryError`, `sqlite3.Error`.

    It looks before anybody opens the databases for writing: a migration would set triggers off.
    """
    for name in (STATE_DATABASE, MEASUREMENTS):
        path = folder / name
        if not path.is_file():
            continue
        # `immutable` leaves no log beside the file.
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)
        ) as connection:
            for kind, called in connection.execute("SELECT type, name FROM sqlite_master"):
                if kind not in _ROWS:
                    msg = f"{name} holds a {kind} {called!r}"
                    raise HistoryError(msg)


def require_known_schema(database: Database) -> None:
    """Refuse tables, columns and indexes that differ from those of a new state database.

    The migrations must have been applied. Raises `HistoryError`, `sqlite3.Error`.
    """
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        new = Database(connection, execute_plugins=False)
        MIGRATIONS.apply(new)
        if not AFTERWARDS.pending(database):
            AFTERWARDS.apply(new)
        known = _shape(connection)
    found = _shape(database.conn)
    for name in sorted(known.keys() | found.keys()):
        if known.get(name) != found.get(name):
            msg = f"{name!r} in it is not as this program makes it"
            raise HistoryError(msg)


def _shape(connection: sqlite3.Connection) -> _Shape:
    """Return by name what each table and index is; how its SQL is spelled does not matter."""
    shape: _Shape = {}
    objects = connection.execute("SELECT type, name, tbl_name FROM sqlite_master").fetchall()
    for kind, name, table in objects:
        if not name.startswith(_OWN) or kind not in _ROWS:
            about = "table_xinfo" if kind == "table" else "index_xinfo"
            # Pragmas as functions take the name as a value.
            parts = connection.execute(f"SELECT * FROM pragma_{about}(?)", (name,)).fetchall()  # noqa: S608
            shape[name] = (kind, table, parts)
    for _, name, kind, _, without_rowid, _ in connection.execute("PRAGMA main.table_list"):
        if name in shape:
            shape[name] = (*shape[name], kind, without_rowid)
    for name in [name for name, about in shape.items() if about[0] == "table"]:
        shape[name] = (*shape[name], sorted(_indexes(connection, name)))
    return shape


def _indexes(connection: sqlite3.Connection, table: str) -> list[tuple[Any, ...]]:
    query = 'SELECT name, "unique", origin, partial FROM pragma_index_list(?)'
    return connection.execute(query, (table,)).fetchall()
