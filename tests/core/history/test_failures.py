"""What keeps the history from being written is named after the real errors of SQLite and Linux."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bacs_core.history.database import naming_errors
from bacs_core.history.errors import HistoryError
from bacs_core.history.failures import Failure, failure_of, told


def full(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "x.db")) as connection:
        connection.execute("CREATE TABLE t (a)")
        connection.execute("PRAGMA max_page_count = 2")
        connection.execute("INSERT INTO t VALUES (zeroblob(100000))")


def read_only(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "x.db")) as connection:
        connection.execute("CREATE TABLE t (a)")
        connection.execute("PRAGMA query_only = ON")
        connection.execute("INSERT INTO t VALUES (1)")


def damaged(folder: Path) -> None:
    (folder / "x.db").write_bytes(b"no database at all" * 1000)
    with closing(sqlite3.connect(folder / "x.db")) as connection:
        connection.execute("SELECT * FROM sqlite_master")


def in_use(folder: Path) -> None:
    with (
        closing(sqlite3.connect(folder / "x.db", isolation_level=None)) as one,
        closing(sqlite3.connect(folder / "x.db", timeout=0, isolation_level=None)) as other,
    ):
        one.execute("BEGIN EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")


def missing(folder: Path) -> None:
    (folder / "gone" / "x.db").read_bytes()


def no_space(_folder: Path) -> None:
    with Path("/dev/full").open("wb", buffering=0) as device:
        device.write(b"x")


def other(folder: Path) -> None:
    folder.read_bytes()


@pytest.mark.parametrize(
    ("fail", "kind"),
    [
        (full, Failure.FULL),
        (no_space, Failure.FULL),
        (read_only, Failure.READ_ONLY),
        (damaged, Failure.DAMAGED),
        (in_use, Failure.IN_USE),
        (missing, Failure.MISSING),
        (other, Failure.OTHER),
    ],
)
def test_each_real_failure_has_its_name(
    tmp_path: Path, fail: Callable[[Path], None], kind: Failure
) -> None:
    with pytest.raises(HistoryError) as error, naming_errors("cannot store"):
        fail(tmp_path)
    assert failure_of(error.value) is kind
    assert told(error.value).startswith(f"{kind} (cannot store: ")
