"""Opening the state database: write-ahead log, durable commits, migrations, damage.

The engine holds it open for good; the command line and the access gate open it for one piece of
work at a time. All of them may do so at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlite_utils import Database, Migrations

from bacs_core.history.errors import HistoryError, OverwrittenError, SchemaTooNewError
from bacs_core.history.schema import MIGRATIONS

DEFAULT_STATE_DIR: Final = Path("/var/lib/bacs")
FILE_NAME: Final = "bacs.db"
BUSY_TIMEOUT_S: Final = 5.0
#: How every file of SQLite begins.
_MAGIC: Final = b"SQLite format 3\x00"
#: A log of this size is written back; the file keeps the size and is used again.
CHECKPOINT_PAGES: Final = 1000


def database_path(state_dir: Path) -> Path:
    """Name the state database inside the state directory."""
    return state_dir / FILE_NAME


def open_database(
    state_dir: Path,
    *,
    migrations: Migrations = MIGRATIONS,
    busy_timeout_s: float = BUSY_TIMEOUT_S,
) -> Database:
    """Open the state database for reading and writing; make it or bring it up to date if needed.

    Raises `SchemaTooNewError` where a newer program wrote it, `HistoryError` where it cannot be
    opened. A commit has reached the disk when it returns (`synchronous=FULL`). On a disk that takes
    no writing it is opened all the same, and every write raises.
    """
    path = database_path(state_dir)
    with naming_errors(f"cannot open {path}"):
        try:
            return _opened_for_writing(path, migrations, busy_timeout_s)
        except sqlite3.OperationalError:
            if not can_only_be_read(path):
                raise
            return _opened_as_it_lies(path, migrations)


def _opened_for_writing(path: Path, migrations: Migrations, busy_timeout_s: float) -> Database:
    _touch(path)
    with contextlib.ExitStack() as on_failure:
        connection = sqlite3.connect(
            path,
            timeout=busy_timeout_s,
            # Every transaction is begun and ended by name, see `transaction`.
            isolation_level=None,
            check_same_thread=False,
        )
        on_failure.callback(connection.close)
        database = Database(connection, execute_plugins=False)
        _migrate(database, path, migrations)
        connection.execute("PRAGMA synchronous = FULL")
        # Overwriting deleted pages with zeros would write each measurement twice.
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        on_failure.pop_all()
    return database


def can_only_be_read(path: Path) -> bool:
    """Tell whether the disk takes no writing and the file is complete without its log."""
    log = path.with_name(f"{path.name}-wal")
    is_complete = not log.exists() or log.stat().st_size == 0
    return is_complete and bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def _opened_as_it_lies(path: Path, migrations: Migrations) -> Database:
    """Open the file of a disk that takes no writing: people can log in, every write fails.

    A log could not even be read there, as reading one writes beside it.
    """
    with contextlib.ExitStack() as on_failure:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?immutable=1",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
        )
        on_failure.callback(connection.close)
        database = Database(connection, execute_plugins=False)
        _refuse_newer(database, path, migrations)
        if migrations.pending(database):
            msg = f"{path} is of an older version, and the disk cannot be written to"
            raise HistoryError(msg)
        on_failure.pop_all()
    return database


def open_for_reading(state_dir: Path) -> Database:
    """Open the state database so that nothing can be changed, also while the engine writes."""
    path = database_path(state_dir)
    if not path.is_file():
        msg = f"there is no history in {state_dir}; is the engine's state elsewhere? --state DIR"
        raise HistoryError(msg)
    with naming_errors(f"cannot read {path}"), contextlib.ExitStack() as on_failure:
        if can_only_be_read(path):
            return _opened_as_it_lies(path, MIGRATIONS)
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S
        )
        on_failure.callback(connection.close)
        database = Database(connection, execute_plugins=False)
        _refuse_newer(database, path, MIGRATIONS)
        if MIGRATIONS.pending(database):
            msg = f"{path} is of an older version; start the engine once to bring it up to date"
            raise HistoryError(msg)
        on_failure.pop_all()
    return database


@contextlib.contextmanager
def transaction(database: Database) -> Iterator[None]:
    """Take the write lock, then commit, or take everything back if an error passes."""
    database.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.conn.execute("COMMIT")
    except BaseException:
        # SQLite takes a transaction back by itself after a full disk.
        if database.conn.in_transaction:
            database.conn.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def unflushed(database: Database) -> Iterator[None]:
    """Let commits inside return before they have reached the disk; the file stays whole."""
    database.conn.execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        database.conn.execute("PRAGMA synchronous = FULL")


class OpenedFile:
    """The file that the state database was opened from, to notice when it is another one.

    SQLite would go on writing into a file that nobody finds again, or that was written over. The
    one descriptor stays open as long as any connection may be: closing **any** descriptor of a
    file takes all locks of the process on it away, SQLite's included, and then another program
    takes the log for its own and deletes it ("How To Corrupt An SQLite Database File", §2.2).
    """

    def __init__(self, state_dir: Path) -> None:
        """Nothing is opened yet."""
        self._path = database_path(state_dir)
        self._descriptor: int | None = None

    def take(self) -> None:
        """Remember the file that stands under the name now. Raises `OSError`."""
        if self._descriptor is None or not self._is_at_its_place(self._descriptor):
            self.close()
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)

    def require_same(self) -> None:
        """Raise `HistoryError` where the file is gone, another one or written over."""
        if self._descriptor is None:
            return
        with naming_errors(f"{self._path} is not there any more"):
            at_its_place = self._is_at_its_place(self._descriptor)
            head = os.pread(self._descriptor, len(_MAGIC), 0)
        if not at_its_place:
            msg = f"{self._path} was replaced while it was open"
            raise HistoryError(msg)
        if head != _MAGIC:
            msg = f"{self._path} was written over while it was open"
            raise OverwrittenError(msg)

    def close(self) -> None:
        """Forget the file; no connection to it may be open in this process any more."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _is_at_its_place(self, descriptor: int) -> bool:
        return os.path.samestat(os.fstat(descriptor), self._path.stat())


def owned_as(descriptor: int, folder: Path) -> None:
    """Give an open file to the owner of `folder`, where root made it. Raises `OSError`."""
    if os.geteuid() == 0:
        told = folder.stat()
        os.fchown(descriptor, told.st_uid, told.st_gid)


@contextlib.contextmanager
def naming_errors(what: str) -> Iterator[None]:
    """Turn errors of SQLite and of the file system into `HistoryError`."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        msg = f"{what}: {error}"
        raise HistoryError(msg) from error


def _migrate(database: Database, path: Path, migrations: Migrations) -> None:
    _refuse_newer(database, path, migrations)
    if not migrations.pending(database):
        return
    # Two programs that start at once must not both make the tables.
    with _locked(path.with_name(f"{path.name}.lock")):
        database.conn.execute("PRAGMA journal_mode = WAL")
        migrations.apply(database)


def _refuse_newer(database: Database, path: Path, migrations: Migrations) -> None:
    known = _names(migrations)
    newer = [
        migration.name for migration in migrations.applied(database) if migration.name not in known
    ]
    if newer:
        msg = (
            f"{path} was written by a newer version of this program ({newer[-1]}); it is left alone"
        )
        raise SchemaTooNewError(msg)


@functools.cache
def _names(migrations: Migrations) -> frozenset[str]:
    # To an empty database all migrations are pending.
    with contextlib.closing(Database(memory=True, execute_plugins=False)) as empty:
        return frozenset(migration.name for migration in migrations.pending(empty))


def _touch(path: Path) -> None:
    """Make `path` readable by its owner only (it holds password hashes), if it does not exist.

    It belongs to the owner of the directory: an administrator's command line must not make a file
    that the engine cannot write.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    try:
        owned_as(descriptor, path.parent)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    _touch(path)
    descriptor = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
