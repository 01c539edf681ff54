"""A damaged state database: found at the start, put aside, replaced by a new one, never silently.

What is sound is carried over, so that a broken disk block neither locks everybody out nor gives the
site another identity; of a damaged table of records what can still be read. What no table holds any
more, a second copy may (`safety_copy`, `people_copy`).
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from bacs_core.history.checked_file import flush_directory
from bacs_core.history.database import (
    BUSY_TIMEOUT_S,
    can_only_be_read,
    database_path,
    naming_errors,
    open_database,
    transaction,
)
from bacs_core.history.errors import OverwrittenError
from bacs_core.history.events import Event, EventKind, Json, insert_event
from bacs_core.history.people_copy import read_people
from bacs_core.history.write_ahead_log import lost_commits

LOG_SUFFIX: Final = "-wal"
COMPANION_SUFFIXES: Final = (LOG_SUFFIX, "-shm")
#: Carried over only if the whole table is sound: half of the people, or a wrong right, is worse
#: than a table that is known to be lost.
WHOLE_TABLES: Final = ("settings", "users", "tokens", "lockouts")
#: Rows that stand for themselves: each one that can be read is carried over.
RECORD_TABLES: Final = ("events", "discharges", "maintenance", "clock_states")
#: Left in the file put aside; large, and checked only after damage was met.
MEASUREMENT_TABLES: Final = ("samples", "keyframes", "layouts")
#: How many damaged files stay, for whoever wants to look into them.
MOST_KEPT_ASIDE: Final = 3
_BUILDING: Final = "replacing"


def replace_if_damaged(state_dir: Path, now: datetime, *, thorough: bool) -> None:
    """Put a damaged database aside and begin a new one. Raises `HistoryError` if that fails.

    Without `thorough` only the newest measurement is tried: a check of some gigabytes would keep
    the history waiting at every start. On a disk that takes no writing nothing can be replaced.
    """
    path = database_path(state_dir)
    with naming_errors(f"cannot check {path}"):
        if path.exists() and can_only_be_read(path):
            return
        if _is_empty(path):
            _take_people_up(state_dir, now)
            return
        lost = _lost_commits(path)
        finding = find_damage(path, thorough=thorough)
        if finding is not None:
            _replace(state_dir, path, finding, now)
        shutil.rmtree(state_dir / _BUILDING, ignore_errors=True)
        if lost:
            _tell_lost_log(state_dir, now, lost)


def find_damage(path: Path, *, thorough: bool) -> str | None:
    """Say what is wrong with the file, or `None` if it is sound or not there."""
    if not path.exists():
        return None
    try:
        with contextlib.closing(_connected(path)) as connection:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (table,) in rows.fetchall():
                if table in MEASUREMENT_TABLES and not thorough:
                    connection.execute(
                        f"SELECT * FROM [{table}] ORDER BY rowid DESC LIMIT 1"  # noqa: S608
                    ).fetchall()
                elif finding := _finding(connection, table):
                    return finding
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return str(error)
        raise
    return None


def is_damage(error: BaseException | None) -> bool:
    """Tell whether `error` means that the file itself is damaged."""
    if isinstance(error, OverwrittenError):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    # The low byte is the kind of error, the rest its detail.
    return code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)


def _finding(connection: sqlite3.Connection, table: str) -> str | None:
    try:
        (finding,) = connection.execute(f"PRAGMA quick_check([{table}])").fetchone()
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return f"{table}: {error}"
        raise
    return None if finding == "ok" else f"{table}: {finding}"


def _is_empty(path: Path) -> bool:
    """Tell whether the file is not there, or was left without anything in it."""
    files = (path, Path(f"{path}{LOG_SUFFIX}"))
    return not any(file.exists() and file.stat().st_size for file in files)


def _take_people_up(state_dir: Path, now: datetime) -> None:
    """Begin a database with the people of one that is gone, if their second copy is still there."""
    people = read_people(state_dir)
    if not any(people.values()):
        return
    text = "the history file is gone; a new one is begun with people and tokens of their copy"
    with contextlib.closing(open_database(state_dir)) as database, transaction(database):
        for table, rows in people.items():
            _carried(database, table, rows)
        event = Event(now, EventKind.HISTORY_REPLACED, text, data={"copied": list(people)})
        insert_event(database, event)


def _lost_commits(path: Path) -> int:
    """Count them; of a file that is no database at all only its replacement tells."""
    try:
        return lost_commits(path)
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return 0
        raise


def _tell_lost_log(state_dir: Path, now: datetime, commits: int) -> None:
    text = (
        "the end of the log of the history cannot be read any more; what was recorded in the "
        f"last {commits} steps before the stop may be lost"
    )
    event = Event(now, EventKind.HISTORY_REPLACED, text, data={"steps": commits})
    with contextlib.closing(open_database(state_dir)) as database, transaction(database):
        insert_event(database, event)


def _replace(state_dir: Path, path: Path, finding: str, now: datetime) -> None:
    """Build the new database beside the old one; one rename makes it the state database.

    Killed at any moment, this leaves either the damaged file, and is done anew at the next start,
    or the complete new one.
    """
    aside = path.with_name(f"{path.name}.damaged-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    for suffix in ("", LOG_SUFFIX):
        if Path(f"{path}{suffix}").exists():
            _put_beside(Path(f"{path}{suffix}"), Path(f"{aside}{suffix}"))
    building = state_dir / _BUILDING
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(mode=0o700)
    with contextlib.closing(open_database(building)) as database, transaction(database):
        _fill(aside, database, finding, now)
    _swap(database_path(building), path)
    flush_directory(state_dir)
    _forget_old_ones(path)


def _forget_old_ones(path: Path) -> None:
    """Keep the newest files put aside: a disk that goes on spoiling them must not get full."""
    kept_aside = sorted(path.parent.glob(f"{path.name}.damaged-*[!a-z]"))
    for old in kept_aside[:-MOST_KEPT_ASIDE]:
        for suffix in ("", *COMPANION_SUFFIXES):
            Path(f"{old}{suffix}").unlink(missing_ok=True)


def _swap(fresh: Path, path: Path) -> None:
    """Put the new database in place; the log of the old one must not be taken for its own."""
    for suffix in COMPANION_SUFFIXES:
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    fresh.replace(path)


def _put_beside(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it where the file system knows no second names."""
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)


def _fill(aside: Path, database: Database, finding: str, now: datetime) -> None:
    """Carry over what is sound, and say what is not."""
    kept: list[str] = []
    copied: list[str] = []
    partly: list[str] = []
    lost: list[str] = []
    people = read_people(aside.parent)
    for table in (*WHOLE_TABLES, *RECORD_TABLES):
        rows, whole = _rows(aside, table)
        if whole or (rows and table in RECORD_TABLES):
            _carried(database, table, rows)
            (kept if whole else partly).append(table)
        elif table in people:
            _carried(database, table, people[table])
            copied.append(table)
        else:
            lost.append(table)
    text = (
        f"the history file was damaged ({finding}); it is kept as {aside.name} and a new "
        f"one is begun; carried over: {', '.join(kept) or 'nothing'}; "
        f"from their second copy: {', '.join(copied) or 'nothing'}; "
        f"only partly: {', '.join(partly) or 'nothing'}; "
        f"lost: {', '.join(lost) or 'nothing of these'}"
    )
    data: dict[str, Json] = {
        "finding": finding,
        "aside": aside.name,
        "kept": kept,
        "copied": copied,
        "partly": partly,
        "lost": lost,
    }
    insert_event(database, Event(now, EventKind.HISTORY_REPLACED, text, data=data))


def _carried(database: Database, table: str, rows: Iterable[Mapping[str, object]]) -> None:
    """Carry rows over; one that could be read and yet breaks a rule of the table is left out."""
    known = set(database.table(table).columns_dict)
    found = ({name: row[name] for name in row if name in known} for row in rows)
    database.table(table).insert_all(found, ignore=True)


def _rows(aside: Path, table: str) -> tuple[list[dict[str, object]], bool]:
    """Return the rows of a table that can be read, and whether the table is sound."""
    found: dict[int, dict[str, object]] = {}
    try:
        with contextlib.closing(_connected(aside)) as connection:
            connection.row_factory = sqlite3.Row
            if _finding(connection, table) is None:
                query = f"SELECT rowid AS _row, * FROM [{table}]"  # noqa: S608
                return [_without_number(row) for row in connection.execute(query)], True
            # From both ends up to the damage.
            for order in ("ASC", "DESC"):
                found |= dict(_readable(connection, table, order))
    except sqlite3.DatabaseError:
        pass
    return [found[number] for number in sorted(found)], False


def _readable(
    connection: sqlite3.Connection, table: str, order: str
) -> Iterator[tuple[int, dict[str, object]]]:
    rows = connection.execute(
        f"SELECT rowid AS _row, * FROM [{table}] NOT INDEXED ORDER BY rowid {order}"  # noqa: S608
    )
    with contextlib.suppress(sqlite3.DatabaseError):
        for row in rows:
            yield row["_row"], _without_number(row)


def _without_number(row: sqlite3.Row) -> dict[str, object]:
    return {name: row[name] for name in row.keys() if name != "_row"}  # noqa: SIM118
