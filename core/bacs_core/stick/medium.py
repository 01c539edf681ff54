"""Bringing files to a medium for certain, and reading back what it kept."""

from __future__ import annotations

import ctypes
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bacs_core.history.export.targets import flush_folder

_CHUNK_BYTES: Final = 1 << 20
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


def checksum(path: Path, count: Callable[[int], None]) -> str:
    """Return the SHA-256 of what a file holds, in hex; `count` takes how much was just read."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            count(len(chunk))
    return digest.hexdigest()


def flush_file(path: Path) -> None:
    """Bring a file to the medium, and forget it in memory: who reads it again reads the medium."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def flush_folders(top: Path) -> None:
    """Bring the entries of a folder, and of every folder below it, to the medium."""
    for path, _, _ in os.walk(top, topdown=False):
        flush_folder(Path(path))


def flush_file_system(folder: Path) -> None:
    """Bring everything of the file system of `folder` to the medium (syncfs(2))."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if _LIBC.syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(descriptor)


def free_bytes(folder: Path) -> int:
    """Return what an unprivileged process can still write there."""
    told = os.statvfs(folder)
    return told.f_bavail * told.f_frsize
