"""Opening the measurement database beside the state database; put aside where it is damaged."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from bacs_core.history.damage import COMPANION_SUFFIXES, is_damage
from bacs_core.history.database import BUSY_TIMEOUT_S, naming_errors, owned_as
from bacs_core.history.errors import HistoryError, SchemaTooNewError
from bacs_core.history.measurements.schema import MIGRATIONS

FILE_NAME: Final = "measurements.db"
#: A chunk is read in few pieces; smaller pages would save 1.4 %, see docs/adr/0015.
PAGE_BYTES: Final = 4096
#: A log of this size is written back; the file keeps the size and is used again.
CHECKPOINT_PAGES: Final = 1000
#: What a reader keeps in memory: about a week of one cell.
CACHE_KIB: Final = 4096


def measurements_path(state_dir: Path) -> Path:
    """Name the measurement database inside the state directory."""
    return state_dir / FILE_NAME


def open_measurements(state_dir: Path) -> Database:
    """Open for writing; make it or bring it up to date if needed. There is one writer.

    Raises `SchemaTooNewError`, `HistoryError`. A commit has reached the disk when it returns.
    """
    path = measurements_path(state_dir)
    with naming_errors(f"cannot open {path}"), contextlib.ExitStack() as on_failure:
        _touch(path)
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        on_failure.callback(connection.close)
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        database = Database(connection, execute_plugins=False)
        _refuse_newer(database, path)
        if MIGRATIONS.pending(database):
            connection.execute("PRAGMA journal_mode = WAL")
            MIGRATIONS.apply(database)
        connection.execute("PRAGMA synchronous = FULL")
        # Overwriting deleted pages with zeros would write each measurement twice.
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        on_failure.pop_all()
    return database


def read_measurements(state_dir: Path) -> Database | None:
    """Open so that nothing can be changed; `None` where nothing was ever measured."""
    path = measurements_path(state_dir)
    if not path.is_file() or path.stat().st_size == 0:
        return None
    with naming_errors(f"cannot read {path}"), contextlib.ExitStack() as on_failure:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
        )
        on_failure.callback(connection.close)
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        database = Database(connection, execute_plugins=False)
        _refuse_newer(database, path)
        if MIGRATIONS.pending(database):
            msg = f"{path} is of an older version; start the engine once to bring it up to date"
            raise HistoryError(msg)
        on_failure.pop_all()
    return database


def find_damage(state_dir: Path) -> str | None:
    """Say what is wrong with the tables that everything is found by; chunks check themselves."""
    path = measurements_path(state_dir)
    if not path.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)) as connection:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (table,) in tables.fetchall():
                if table == "chunks":
                    connection.execute("SELECT max(id) FROM chunks").fetchall()
                    continue
                (finding,) = connection.execute(f"PRAGMA quick_check([{table}])").fetchone()
                if finding != "ok":
                    return f"{table}: {finding}"
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return str(error)
        raise
    return None


def put_aside(state_dir: Path, now: datetime) -> Path:
    """Rename the damaged file and its log, so that a new one can be begun. Raises `OSError`."""
    path = measurements_path(state_dir)
    aside = path.with_name(f"{path.name}.damaged-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    for suffix in (*COMPANION_SUFFIXES, ""):
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(f"{aside}{suffix}")
    return aside


def _refuse_newer(database: Database, path: Path) -> None:
    with contextlib.closing(Database(memory=True, execute_plugins=False)) as empty:
        known = {migration.name for migration in MIGRATIONS.pending(empty)}
    newer = [each.name for each in MIGRATIONS.applied(database) if each.name not in known]
    if newer:
        msg = (
            f"{path} was written by a newer version of this program ({newer[-1]}); it is left alone"
        )
        raise SchemaTooNewError(msg)


def _touch(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    try:
        owned_as(descriptor, path.parent)
    finally:
        os.close(descriptor)
