"""A small file that is there whole or not at all, and that shows when it was spoilt.

It is replaced as a whole: written under another name, flushed, renamed, and the directory flushed.
Its first line is the SHA-256 of the rest. Only its owner may read it.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from bacs_core.history.database import naming_errors, owned_as
from bacs_core.history.errors import HistoryError


def write_checked(path: Path, body: bytes) -> None:
    """Replace the file; it is on the disk when this returns.

    Raises `HistoryError`: then the file is as it was before.
    """
    # Several programs may do this at once: each has a name of its own.
    fresh = path.with_name(f"{path.stem}.{os.getpid()}.new")
    with naming_errors(f"cannot write {path}"):
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                owned_as(descriptor, path.parent)
                file.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
                file.flush()
                os.fsync(descriptor)
            fresh.replace(path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
        flush_directory(path.parent)


def read_checked(path: Path) -> bytes | None:
    """Return what was written, `None` if there is no file.

    Raises `HistoryError` where it cannot be read or is damaged.
    """
    with naming_errors(f"cannot read {path}"):
        try:
            written = path.read_bytes()
        except FileNotFoundError:
            return None
    checksum, _, body = written.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != checksum:
        msg = f"{path} is damaged"
        raise HistoryError(msg)
    return body


def flush_directory(folder: Path) -> None:
    """Bring the names in `folder` to the disk. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
