"""One copy to a stick: space, write, flush, read back, name. Blocks; runs in its own process.

The copy is written into a folder that says by its name and by a note in it that it is not finished,
and gets its real name once everything was read back. Nothing else on the stick is touched but
unfinished copies of the same site. Raises `OSError` for what the stick does not do.
"""

from __future__ import annotations

import os
import time
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import bacs_core
from bacs_core.errors import BacsError
from bacs_core.history.export.scope import Scope, StringDay
from bacs_core.history.export.targets import Target, flush_folder
from bacs_core.stick import medium
from bacs_core.stick.manifest import (
    MANIFEST_NAME,
    UNFINISHED,
    Manifest,
    copies,
    read_manifest,
    written_days,
)
from bacs_core.stick.reports import Job
from bacs_core.stick.states import Failed, Progressed, StickPhase, StickProblem, Written
from bacs_core.stick.summed import SumTarget

NOTE_NAME: Final = "unfinished.txt"
#: Longer than the name of any site in its first line; what lies on a stick may be of any size.
NOTE_HEAD_BYTES: Final = 200
#: Space that is needed beside what was computed: folders, manifest, rounding to clusters.
SPARE_SHARE: Final = 0.05
#: How far apart samples may be to make a copy fit, in seconds; 0 takes every sample.
STEPS_S: Final = (0, 60, 900)
SPARE_BYTES: Final = 1024 * 1024
LONGEST_NAME: Final = 40
_LETTERS: Final = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}

Tell = Callable[[Progressed], None]


class StickError(BacsError):
    """The copy cannot be completed, for a reason that was found out without an error of the OS."""

    def __init__(self, failed: Failed) -> None:
        """Carry what is told."""
        super().__init__(failed.detail or failed.problem.value)
        self.failed = failed


class Writer(Protocol):
    """What a copy consists of."""

    def size_bytes(self, scope: Scope) -> int:
        """Estimate how much will be written, rather too much than too little."""

    def write(self, target: Target, scope: Scope) -> frozenset[StringDay]:
        """Write everything but the `written` days; return the days that are complete now."""


@dataclass(frozen=True, slots=True)
class _Place:
    """The folder of a copy before and after it is complete."""

    unfinished: Path
    finished: Path


def copy(job: Job, writer: Writer, now: datetime, tell: Tell) -> Written:
    """Make one copy; raises `OSError`, `StickError` and what `writer` raises."""

    def alive() -> None:
        tell(Progressed(StickPhase.CHECKING))

    alive()
    _remove_unfinished(job, alive)
    zone = time.tzname
    found = tuple(copies(job.target, job.site_id, alive))
    scopes = (
        Scope(None, now, step_s=step_s, written=written_days(found, zone, now, step_s))
        for step_s in STEPS_S
    )
    scope, needed = _finest_that_fits(job.target, writer, scopes)
    place = _begin(job, now)
    target = SumTarget(place.unfinished, _progress(tell, StickPhase.WRITING, needed))
    complete = writer.write(target, scope)
    tell(Progressed(StickPhase.FLUSHING))
    manifest = Manifest(
        site_id=job.site_id,
        site_name=job.site_name,
        version=bacs_core.__version__,
        made_at=now,
        zone=zone,
        # Each copy speaks for itself alone: another one may be deleted.
        complete=tuple(sorted(complete - scope.written)),
        files=tuple(target.files),
        step_s=scope.step_s,
    )
    (place.unfinished / MANIFEST_NAME).write_text(manifest.model_dump_json(indent=1))
    medium.flush_file(place.unfinished / MANIFEST_NAME)
    medium.flush_folders(place.unfinished)
    medium.flush_file_system(job.target)
    _read_back(place.unfinished, manifest, tell)
    place.unfinished.rename(place.finished)
    (place.finished / NOTE_NAME).unlink()
    flush_folder(place.finished)
    flush_folder(job.target)
    medium.flush_file_system(job.target)
    size_bytes = sum(file.size_bytes for file in manifest.files)
    return Written(place.finished.name, len(manifest.files), size_bytes, scope.step_s)


def folder_name(site_name: str, now: datetime) -> str:
    """Return the name of a copy: the site in letters that every file system takes, and the time."""
    spelled = "".join(_LETTERS.get(letter, letter) for letter in site_name)
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    words = "".join(letter if letter.isalnum() else " " for letter in plain).split()
    name = "-".join(words)[:LONGEST_NAME].strip("-") or "site"
    return f"{name}_{now.astimezone():%Y%m%dT%H%M%S}"


def _finest_that_fits(target: Path, writer: Writer, scopes: Iterable[Scope]) -> tuple[Scope, int]:
    """Return the first of `scopes` for which there is space, and its estimated size.

    A large site gets something on a small stick, too.
    """
    free, needed = medium.free_bytes(target), 0
    for scope in scopes:
        size_bytes = writer.size_bytes(scope)
        needed = int(size_bytes * (1 + SPARE_SHARE)) + SPARE_BYTES
        if needed <= free:
            return scope, size_bytes
    raise StickError(Failed(StickProblem.NOT_ENOUGH_SPACE, needed_bytes=needed, free_bytes=free))


def _begin(job: Job, now: datetime) -> _Place:
    """Make a new folder that is marked as unfinished."""
    name, number = folder_name(job.site_name, now), 1
    finished = job.target / name
    while finished.exists() or finished.with_name(finished.name + UNFINISHED).exists():
        number += 1
        finished = job.target / f"{name}-{number}"
    unfinished = finished.with_name(finished.name + UNFINISHED)
    unfinished.mkdir()
    note = unfinished / NOTE_NAME
    note.write_text(f"{job.site_id}\nThis copy was not finished and may be deleted.\n")
    medium.flush_file(note)
    flush_folder(unfinished)
    flush_folder(job.target)
    return _Place(unfinished, finished)


def _progress(tell: Tell, phase: StickPhase, expected_bytes: int) -> Callable[[int], None]:
    """Return what takes each number of bytes that was written or read, and tells the percent."""
    done = 0

    def count(more_bytes: int) -> None:
        nonlocal done
        done += more_bytes
        # What is left of an estimate is never told as done.
        tell(Progressed(phase, min(99, done * 100 // max(1, expected_bytes))))

    tell(Progressed(phase))
    return count


def _remove_unfinished(job: Job, alive: Callable[[], None]) -> None:
    """Remove what was left when a stick was pulled out while this site wrote to it."""
    for folder in sorted(job.target.glob(f"*{UNFINISHED}")):
        note = folder / NOTE_NAME
        if folder.is_symlink() or note.is_symlink() or not note.is_file():
            continue
        with note.open("rb") as file:
            begin = file.read(NOTE_HEAD_BYTES)
        if begin.partition(b"\n")[0] == job.site_id.encode():
            _empty(folder, alive)
            # The note goes last, so that what cannot be removed now is known again.
            note.unlink()
            folder.rmdir()


def _empty(folder: Path, alive: Callable[[], None]) -> None:
    """Remove what lies below a folder but its note; links are removed, not followed."""
    for path, folders, names in os.walk(folder, topdown=False):
        for inner in (Path(path, name) for name in (*names, *folders)):
            alive()
            if inner.is_dir() and not inner.is_symlink():
                inner.rmdir()
            elif inner != folder / NOTE_NAME:
                inner.unlink()


def _read_back(folder: Path, manifest: Manifest, tell: Tell) -> None:
    count = _progress(tell, StickPhase.FLUSHING, sum(file.size_bytes for file in manifest.files))
    for file in manifest.files:
        path = folder / file.name
        if path.stat().st_size != file.size_bytes or medium.checksum(path, count) != file.sha256:
            raise StickError(Failed(StickProblem.DIFFERS, detail=file.name))
    if read_manifest(folder) != manifest:
        raise StickError(Failed(StickProblem.DIFFERS, detail=MANIFEST_NAME))
