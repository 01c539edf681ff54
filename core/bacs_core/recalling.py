"""Finds again at the start what was kept: from the database, or from the safety copy beside it.

The copy carries a checksum, the rows of the database do not. So the copy counts where both are of
the same writing, where it is the newer one, and where the database has nothing that can be
understood. Whatever had to be taken from it is told.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bacs_core.history.batches import KeptRow, Mark, Memory, read_mark, read_rows
from bacs_core.history.database import database_path, naming_errors, open_for_reading
from bacs_core.history.errors import HistoryError, SchemaTooNewError
from bacs_core.history.events import Json
from bacs_core.history.moments import to_moment
from bacs_core.history.safety_copy import SafetyCopy, read_copy
from bacs_core.history.store import History
from bacs_core.history.write_ahead_log import log_path

_log = logging.getLogger(__name__)
#: A file system in memory, where Linux has one.
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it


@dataclass(frozen=True, slots=True)
class Recalled:
    """What was kept before the last stop.

    `values` are by key; the text of an error stands where a value cannot be understood. `memories`
    are those kept twice that hold; those in `rescued` have to be written into the database anew.
    `problem` says why the database cannot be read, `remarks` what people have to know.
    """

    mark: Mark | None = None
    copy: SafetyCopy = field(default_factory=SafetyCopy)
    values: Mapping[str, object] = field(default_factory=dict)
    memories: Mapping[str, Memory] = field(default_factory=dict)
    rescued: tuple[str, ...] = ()
    problem: str | None = None
    remarks: tuple[str, ...] = ()


def recall(
    history: History, folder: Path, keys: Collection[str], twice: Collection[str]
) -> Recalled:
    """Return what was kept under `keys`; those in `twice` have a copy in `folder`.

    Raises `SchemaTooNewError`: an older program must not write into a newer history.
    """
    remarks: list[str] = []
    copy = _copy(folder, remarks)
    problem, mark, rows = None, None, dict[str, KeptRow]()
    try:
        mark, rows = history.kept(keys)
    except SchemaTooNewError:
        raise
    except HistoryError as error:
        problem = str(error)
        with contextlib.suppress(HistoryError):
            mark, rows = _read_in_memory(folder, keys)
    values: dict[str, object] = {key: _understood(key, row)[0] for key, row in rows.items()}
    memories = {
        key: Memory(value, to_moment(rows[key].at_ms))
        for key in rows.keys() & set(twice)
        for value, intact in [_understood(key, rows[key])]
        if intact
    }
    better = {
        key: memory
        for key, memory in copy.memories.items()
        if key in twice and _copy_counts(memory, rows.get(key), copy, mark)
    }
    rescued = tuple(
        key
        for key, memory in better.items()
        if key not in memories or memories[key].value != memory.value
    )
    memories |= better
    values |= {key: memory.value for key, memory in better.items()}
    if rescued:
        named = ", ".join(sorted(rescued)).replace("_", " ")
        remarks.append(f"not found in the history and taken from the safety copy: {named}")
    elif problem is not None and not values:
        remarks.append(
            "neither the history nor its safety copy can be read: which breakers had tripped, what "
            "was paused and which limits were changed is not known"
        )
    return Recalled(mark, copy, values, memories, rescued, problem, tuple(remarks))


def _read_in_memory(folder: Path, keys: Collection[str]) -> tuple[Mark | None, dict[str, KeptRow]]:
    """Read a copy in memory: SQLite writes beside a file and its log, even to read them.

    On a disk that is full or takes no writing it cannot. Raises `HistoryError`. No connection to
    the file may be open in this process, see `OpenedFile`.
    """
    path = database_path(folder)
    with (
        naming_errors(f"cannot copy {path}"),
        tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as work,
    ):
        shutil.copyfile(path, database_path(Path(work)))
        if log_path(path).exists():
            shutil.copyfile(log_path(path), log_path(database_path(Path(work))))
        with contextlib.closing(open_for_reading(Path(work))) as database:
            return read_mark(database), read_rows(database, keys)


def _copy(folder: Path, remarks: list[str]) -> SafetyCopy:
    try:
        return read_copy(folder) or SafetyCopy()
    except HistoryError as error:
        _log.error("%s", error)
        remarks.append(f"the safety copy does not count: {error}")
        return SafetyCopy()


def _copy_counts(memory: Memory, row: KeptRow | None, copy: SafetyCopy, mark: Mark | None) -> bool:
    if row is None or not _understood("", row)[1] or mark is None:
        return True
    if copy.revision == mark.revision:
        # A newer row was written by somebody who does not know of the copy.
        return row.at_ms == memory.at_ms
    return copy.revision > mark.revision


def _understood(key: str, row: KeptRow) -> tuple[Json, bool]:
    """Return the value of a row and whether it can be understood, else why not."""
    try:
        return row.value(), True
    except ValueError as error:
        return f"what is kept under {key} cannot be understood: {error}", False
