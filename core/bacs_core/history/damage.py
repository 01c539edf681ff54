"""A damaged database file: found at the start, put aside, replaced by a new one, never silently.

People, tokens and settings are carried over as far as their tables are sound, so that a broken
disk block does not lock everybody out or give the site another identity.
"""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from bacs_core.history.database import (
    BUSY_TIMEOUT_S,
    database_path,
    naming_errors,
    open_database,
    transaction,
)
from bacs_core.history.events import Event, EventKind, insert_event

COMPANION_SUFFIXES: Final = ("-wal", "-shm")
#: Tables worth carrying over; measurements and events stay in the file put aside.
CARRIED_OVER: Final = ("settings", "users", "tokens", "lockouts")


def replace_if_damaged(state_dir: Path, now: datetime, *, thorough: bool) -> None:
    """Put a damaged database aside and begin a new one. Raises `HistoryError` if that fails.

    Without `thorough` only the newest measurement is tried: a check of some gigabytes would keep
    the history waiting at every start.
    """
    path = database_path(state_dir)
    with naming_errors(f"cannot check {path}"):
        finding = find_damage(path, thorough=thorough)
        if finding is None:
            return
        aside = _move_aside(path, f"damaged-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
        with contextlib.closing(open_database(state_dir)) as database, transaction(database):
            kept = _carry_over(aside, database)
            lost = [table for table in CARRIED_OVER if table not in kept]
            text = (
                f"the history file was damaged ({finding}); it is kept as {aside.name} and a new "
                f"one is begun; carried over: {', '.join(kept) or 'nothing'}; "
                f"lost: {', '.join(lost) or 'nothing of these'}"
            )
            data = {"finding": finding, "aside": aside.name, "kept": kept, "lost": lost}
            insert_event(database, Event(now, EventKind.HISTORY_REPLACED, text, data=data))


def find_damage(path: Path, *, thorough: bool) -> str | None:
    """Say what is wrong with the file, or `None` if it is sound or not there."""
    if not path.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)) as connection:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (table,) in rows.fetchall():
                if table == "samples" and not thorough:
                    connection.execute("SELECT * FROM samples ORDER BY id DESC LIMIT 1").fetchall()
                elif finding := _finding(connection, table):
                    return finding
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return str(error)
        raise
    return None


def is_damage(error: BaseException | None) -> bool:
    """Tell whether `error` means that the file itself is damaged."""
    code = getattr(error, "sqlite_errorcode", None)
    # The low byte is the kind of error, the rest its detail.
    return code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _finding(connection: sqlite3.Connection, table: str) -> str | None:
    (finding,) = connection.execute(f"PRAGMA quick_check([{table}])").fetchone()
    return None if finding == "ok" else f"{table}: {finding}"


def _move_aside(path: Path, suffix: str) -> Path:
    aside = path.with_name(f"{path.name}.{suffix}")
    for companion in COMPANION_SUFFIXES:
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{companion}").rename(f"{aside}{companion}")
    return path.rename(aside)


def _carry_over(aside: Path, database: Database) -> list[str]:
    kept = []
    for table in CARRIED_OVER:
        rows = _sound_rows(aside, table)
        if rows is not None:
            database.table(table).insert_all(rows)
            kept.append(table)
    return kept


def _sound_rows(aside: Path, table: str) -> list[dict[str, object]] | None:
    try:
        with contextlib.closing(sqlite3.connect(aside, timeout=BUSY_TIMEOUT_S)) as connection:
            if _finding(connection, table):
                return None
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(f"SELECT * FROM [{table}]")]  # noqa: S608
    except sqlite3.DatabaseError:
        return None
