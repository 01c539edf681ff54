"""Reads a backup into an empty folder and believes nothing of it that was not checked.

Only plain files that the manifest names are taken, under plain names; links, devices, other names
and anything that leads out of the folder are refused before a byte of it is written.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from bacs_core.history.backup.contents import KNOWN_FILES, STATE_DATABASE
from bacs_core.history.backup.manifest import (
    MANIFEST_NAME,
    MAX_MANIFEST_BYTES,
    READ_AT_ONCE,
    Manifest,
    PackedFile,
)
from bacs_core.history.backup.members import Member, members
from bacs_core.history.errors import BackupError
from bacs_core.history.site_copy import FOLDER as SITE_FOLDER

#: What lies beside a site file is text and keys.
MAX_SITE_FILE_BYTES: Final = 4 << 20
#: Left free on the disk, for the engine that goes on there.
RESERVE_BYTES: Final = 64 << 20


def unpack(archive: Path, folder: Path) -> Manifest:
    """Unpack `archive` into `folder` and return its manifest, every checksum compared.

    Raises `BackupError` with what is wrong; what was unpacked until then is of no use.
    """
    with _naming(archive), gzip.open(archive, "rb") as stream:
        packed = members(stream)
        manifest = _manifest(next(packed, None))
        _require_known(manifest)
        _require_room(folder, manifest)
        waiting = {file.name: file for file in manifest.files}
        for member in packed:
            file = waiting.pop(member.name, None)
            if file is None:
                msg = f"{member.name!r} does not belong into a backup"
                raise BackupError(msg)
            _take(member, file, folder)
        if waiting:
            msg = f"it is cut off: {', '.join(sorted(waiting))} is missing"
            raise BackupError(msg)
    return manifest


@contextlib.contextmanager
def _naming(archive: Path) -> Iterator[None]:
    try:
        yield
    except BackupError as error:
        msg = f"{archive} is refused: {error}"
        raise BackupError(msg) from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        msg = f"{archive} is damaged or no backup: {error}"
        raise BackupError(msg) from error
    except FileNotFoundError as error:
        msg = f"there is no file {archive}"
        raise BackupError(msg) from error
    except OSError as error:
        msg = f"cannot unpack {archive}: {error}"
        raise BackupError(msg) from error


def _manifest(member: Member | None) -> Manifest:
    if member is None or member.name != MANIFEST_NAME:
        msg = f"it does not begin with {MANIFEST_NAME}"
        raise BackupError(msg)
    if member.size > MAX_MANIFEST_BYTES:
        msg = f"its {MANIFEST_NAME} is too long"
        raise BackupError(msg)
    try:
        return Manifest.model_validate_json(member.read(member.size))
    except ValidationError as error:
        flaw = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, flaw["loc"]))
        if place == "format":
            msg = "a newer version of this program made it"
        else:
            msg = f"its {MANIFEST_NAME} cannot be understood: {place}: {flaw['msg']}"
        raise BackupError(msg) from error


def _require_known(manifest: Manifest) -> None:
    """Refuse names that no backup has: a file beside the database could change its meaning."""
    strange = [
        name
        for name in sorted(manifest.names)
        if name not in KNOWN_FILES and not name.startswith(f"{SITE_FOLDER}/")
    ]
    if strange:
        msg = f"{strange[0]!r} does not belong into a backup"
        raise BackupError(msg)
    large = [
        file
        for file in manifest.files
        if file.name.startswith(f"{SITE_FOLDER}/") and file.size > MAX_SITE_FILE_BYTES
    ]
    if large:
        msg = f"{large[0].name} is too large: {large[0].size} bytes"
        raise BackupError(msg)
    if STATE_DATABASE not in manifest.names:
        msg = f"it holds no {STATE_DATABASE}"
        raise BackupError(msg)


def _require_room(folder: Path, manifest: Manifest) -> None:
    free = shutil.disk_usage(folder).free - RESERVE_BYTES
    if manifest.total_bytes > free:
        msg = (
            f"it needs {manifest.total_bytes} bytes, {folder} has {max(0, free)} left "
            f"beside a reserve of {RESERVE_BYTES}"
        )
        raise BackupError(msg)


def _take(member: Member, file: PackedFile, folder: Path) -> None:
    if member.size != file.size:
        msg = f"{member.name!r} has {member.size} bytes instead of {file.size}"
        raise BackupError(msg)
    path = folder / file.name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    checksum = hashlib.sha256()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as unpacked:
        while chunk := member.read(READ_AT_ONCE):
            checksum.update(chunk)
            unpacked.write(chunk)
        unpacked.flush()
        os.fsync(descriptor)
    if checksum.hexdigest() != file.sha256:
        msg = f"{member.name!r} is damaged: its checksum differs"
        raise BackupError(msg)
