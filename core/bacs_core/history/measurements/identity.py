"""The name that a database of measurements shares with its journal.

Both have it, so one that comes from another place is noticed: the numbers of its samples say
nothing about the other's.
"""

from __future__ import annotations

from sqlite_utils import Database

from bacs_core.history.database import transaction


def identity_of(database: Database) -> str:
    """Return the name."""
    row = database.conn.execute("SELECT name FROM identity").fetchone()
    return "" if row is None else str(row[0])


def adopt(database: Database, name: str) -> None:
    """Give a new database the name that its journal has."""
    with transaction(database):
        database.conn.execute("DELETE FROM identity")
        database.conn.execute("INSERT INTO identity (name) VALUES (?)", (name,))


def is_empty(database: Database) -> bool:
    """Tell whether nothing was ever sealed in it."""
    return database.conn.execute("SELECT 1 FROM windows LIMIT 1").fetchone() is None
