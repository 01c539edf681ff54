"""Reads the head of each frame of SQLite's write-ahead log, to know what should be in it.

SQLite ends a log silently at the first frame that it cannot believe. After a torn end that is
right; after damage in the middle, whole transactions vanish without a word. The format is that of
"The Write-Ahead Log", sqlite.org/walformat.html: a header of 32 bytes, then frames of a 24 byte
header and a page; a commit is a frame that tells the size of the database; the salts of the frames
of this log are those of its header.
"""

from __future__ import annotations

import contextlib
import sqlite3
import struct
from pathlib import Path
from typing import Final

from bacs_core.history.database import BUSY_TIMEOUT_S

_HEADER: Final = struct.Struct(">8I")
_FRAME: Final = struct.Struct(">6I")
_MAGIC: Final = (0x377F0682, 0x377F0683)


def log_path(database: Path) -> Path:
    """Name the log of a database."""
    return Path(f"{database}-wal")


def lost_commits(database: Path) -> int:
    """Count the commits that stand in the log and that SQLite does not read any more.

    It must be the first to open the database: whoever closes it last writes the log back. Raises
    `OSError`, `sqlite3.Error`.
    """
    commits = _commits(database)
    if not commits:
        return 0
    with contextlib.closing(sqlite3.connect(database, timeout=BUSY_TIMEOUT_S)) as connection:
        # Tells how many frames it takes as valid, and writes back what nobody uses.
        (_, frames, _) = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return sum(frame > frames for frame in commits)


def _commits(database: Path) -> list[int]:
    """Return the numbers of the frames, from 1, that end a transaction of this log."""
    try:
        file = log_path(database).open("rb")
    except FileNotFoundError:
        return []
    with file:
        head = file.read(_HEADER.size)
        if len(head) < _HEADER.size:
            return []
        magic, _, page_size, _, *salts, _, _ = _HEADER.unpack(head)
        if magic not in _MAGIC:
            return []
        found, number = [], 0
        while len(frame := file.read(_FRAME.size)) == _FRAME.size:
            number += 1
            _, database_pages, *rest = _FRAME.unpack(frame)
            if database_pages and rest[:2] == salts:
                found.append(number)
            file.seek(page_size, 1)
    return found
