"""The measurements in a backup, which are in it only where somebody asked for them."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path
from typing import Final

from bacs_core.history.backup.contents import JOURNAL, MEASUREMENTS
from bacs_core.history.backup.manifest import Manifest
from bacs_core.history.backup.replacing import Replacement
from bacs_core.history.measurements.database import read_measurements

COMPANIONS: Final = tuple(f"{MEASUREMENTS}{end}" for end in ("-wal", "-shm"))


def copy(state_dir: Path, work: Path) -> None:
    """Copy the measurements as they are at one moment. Raises `HistoryError`, `OSError`.

    The journal goes first: what is sealed in between then stands in both, and is known by its
    number; the other way round it would stand in neither.
    """
    with contextlib.suppress(FileNotFoundError):
        shutil.copyfile(state_dir / JOURNAL, work / JOURNAL)
    source = read_measurements(state_dir)
    if source is None:
        return
    with (
        contextlib.closing(source.conn) as connection,
        contextlib.closing(sqlite3.connect(work / MEASUREMENTS)) as copied,
    ):
        connection.backup(copied)


def replacements(manifest: Manifest) -> list[Replacement]:
    """Return what takes the place of the measurements, or that they go away."""
    return [
        Replacement(
            name=MEASUREMENTS, companions=COMPANIONS, renewed=MEASUREMENTS in manifest.names
        ),
        Replacement(name=JOURNAL, renewed=JOURNAL in manifest.names),
    ]
