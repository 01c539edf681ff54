"""What kind of failure keeps the history from being written: the first thing a person asks."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from enum import StrEnum
from typing import Final


class Failure(StrEnum):
    """Why something could not be written or read."""

    FULL = "the disk is full"
    READ_ONLY = "the disk cannot be written to"
    DAMAGED = "the file is damaged"
    IN_USE = "another program holds the file"
    MISSING = "the directory is gone"
    DISK_ERROR = "the disk reports an error"
    OTHER = "the history failed"


_BY_CODE: Final = {
    sqlite3.SQLITE_FULL: Failure.FULL,
    sqlite3.SQLITE_READONLY: Failure.READ_ONLY,
    sqlite3.SQLITE_PERM: Failure.READ_ONLY,
    sqlite3.SQLITE_AUTH: Failure.READ_ONLY,
    sqlite3.SQLITE_CORRUPT: Failure.DAMAGED,
    sqlite3.SQLITE_NOTADB: Failure.DAMAGED,
    sqlite3.SQLITE_BUSY: Failure.IN_USE,
    sqlite3.SQLITE_LOCKED: Failure.IN_USE,
    sqlite3.SQLITE_IOERR: Failure.DISK_ERROR,
    sqlite3.SQLITE_CANTOPEN: Failure.READ_ONLY,
}
_BY_NUMBER: Final = {
    errno.ENOSPC: Failure.FULL,
    errno.EDQUOT: Failure.FULL,
    errno.EFBIG: Failure.FULL,
    errno.EROFS: Failure.READ_ONLY,
    errno.EACCES: Failure.READ_ONLY,
    errno.EPERM: Failure.READ_ONLY,
    errno.ENOENT: Failure.MISSING,
    errno.ENOTDIR: Failure.MISSING,
    errno.ESTALE: Failure.MISSING,
    errno.EIO: Failure.DISK_ERROR,
    errno.ENXIO: Failure.DISK_ERROR,
    errno.ENODEV: Failure.DISK_ERROR,
}


def failure_of(error: BaseException) -> Failure:
    """Tell what kind of failure `error`, or what caused it, is."""
    for cause in _causes(error):
        code = getattr(cause, "sqlite_errorcode", None)
        # The low byte is the kind of error, the rest its detail.
        if code is not None and code & 0xFF in _BY_CODE:
            return _BY_CODE[code & 0xFF]
        if isinstance(cause, OSError) and cause.errno in _BY_NUMBER:
            return _BY_NUMBER[cause.errno]
    return Failure.OTHER


def told(error: BaseException) -> str:
    """Say why something failed: the kind first, then the words of the system."""
    return f"{failure_of(error)} ({error})"


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__
