"""What lies in a copy on a stick, and what earlier copies on it have already.

Each copy has a manifest with the size and the checksum of every file. A later copy to the same
stick leaves out the days of a string that an earlier one has complete, as long as every file of
that one is still there.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from bacs_core.history.export.scope import StringDay

MANIFEST_NAME: Final = "manifest.json"
#: Ends the name of a copy that is not complete.
UNFINISHED: Final = ".part"
#: A manifest of 4096 cells and three years stays below this; what lies on a stick may be anything.
MAX_MANIFEST_BYTES: Final = 64 * 1024 * 1024


class CopiedFile(BaseModel):
    """One file, by its name below the folder of the copy; the checksum is SHA-256 in hex."""

    model_config = ConfigDict(frozen=True)

    name: str
    size_bytes: int
    sha256: str


class Manifest(BaseModel):
    """One complete copy: when it was made, its files, and the days of strings it has complete.

    `zone` are the names of the time zone in which days were counted. With a `step_s` only the first
    sample of each step is there.
    """

    model_config = ConfigDict(frozen=True)

    site_id: str
    site_name: str
    version: str
    made_at: AwareDatetime
    zone: tuple[str, ...]
    complete: tuple[tuple[str, date], ...]
    files: tuple[CopiedFile, ...]
    step_s: int = 0


def quietly() -> None:
    """Tell nobody that it goes on."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A complete copy that lies in `folder`."""

    folder: Path
    manifest: Manifest


def copies(target: Path, site_id: str, alive: Callable[[], None] = quietly) -> Iterator[Copy]:
    """Yield the copies of a site whose files are all there, with the sizes they were written in.

    `alive` is called for every file: a slow stick with many of them takes minutes.
    """
    for folder in sorted(target.iterdir()):
        # An unfinished one may have its manifest and yet not be what was meant.
        manifest = None if folder.name.endswith(UNFINISHED) else read_manifest(folder)
        if (
            manifest is not None
            and manifest.site_id == site_id
            and all(_is_there(folder, file, alive) for file in manifest.files)
        ):
            yield Copy(folder, manifest)


def written_days(
    found: Iterable[Copy], zone: tuple[str, ...], now: datetime, step_s: int
) -> frozenset[StringDay]:
    """Return the days of strings that copies have complete, in steps of `step_s` or finer.

    A copy from the future was made under a clock that was wrong, and one from another time zone
    counted other days: neither proves anything.
    """
    manifests = (copy.manifest for copy in found)
    return frozenset(
        day
        for manifest in manifests
        if manifest.made_at <= now and manifest.zone == zone and manifest.step_s <= step_s
        for day in manifest.complete
    )


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a copy, `None` where there is none that can be understood."""
    path = folder / MANIFEST_NAME
    try:
        told = path.lstat()
        if not stat.S_ISREG(told.st_mode) or told.st_size > MAX_MANIFEST_BYTES:
            return None
        return Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _is_there(folder: Path, file: CopiedFile, alive: Callable[[], None]) -> bool:
    alive()
    name = PurePosixPath(file.name)
    if name.is_absolute() or ".." in name.parts:
        return False
    try:
        told = folder.joinpath(name).lstat()
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(told.st_mode) and told.st_size == file.size_bytes
