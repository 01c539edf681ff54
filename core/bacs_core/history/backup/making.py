"""Makes a backup, also while the engine writes: copies of its files, and a manifest in front."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import bacs_core
from bacs_core.history import site_copy
from bacs_core.history.backup import measured
from bacs_core.history.backup.contents import (
    CERTIFICATE,
    CREDENTIAL_TABLES,
    PACKED_PLANT,
    PACKED_SITE_FILE,
    SITE_ID,
    STATE_DATABASE,
)
from bacs_core.history.backup.copied_rows import copy_rows
from bacs_core.history.backup.manifest import (
    MANIFEST_NAME,
    Manifest,
    PackedFile,
    is_plain,
    packed_file,
)
from bacs_core.history.database import database_path, naming_errors, open_for_reading
from bacs_core.history.export.targets import (
    ArchiveTarget,
    Sink,
    StreamInto,
    Target,
    new_file,
)
from bacs_core.history.settings_rows import read_setting

#: What a killed backup may have left in the state directory.
WORK_PREFIX: Final = ".backup-"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a backup is to hold beside settings and state."""

    credentials: bool = False
    """People, tokens, the key of the certificate, and what managers want to be told."""
    measurements: bool = False


def backup_name(at: datetime, wish: Wish) -> str:
    """Name a backup after the local time and what it holds beside the state.

    E.g. `backup-20261121T1435.tar.gz`, `backup-20261121T1435-with-credentials.tar.gz`.
    """
    held = "-with-credentials" * wish.credentials + "-with-measurements" * wish.measurements
    return f"backup-{at:%Y%m%dT%H%M}{held}.tar.gz"


def write_backup(
    state_dir: Path, target: Target, now: datetime, wish: Wish
) -> tuple[str, Manifest]:
    """Write a backup into `target` and return its name and manifest; it is named by `now`.

    Raises `HistoryError` where the state cannot be read, `TargetError` where writing fails.
    """
    name = backup_name(now, wish)
    with new_file(target, name) as file:
        manifest = pack(state_dir, StreamInto(file), now, wish)
    return name, manifest


def pack(state_dir: Path, stream: Sink, now: datetime, wish: Wish) -> Manifest:
    """Write a backup into a stream. Raises as `write_backup`."""
    with _work_folder(state_dir, wish) as work:
        name_of_site = _copy_state(state_dir, work, wish)
        files = [packed_file(name, work / name) for name in _names(work)]
        plant = site_copy.kept(state_dir)
        manifest = Manifest(
            version=bacs_core.__version__,
            site_id=name_of_site,
            site_name="" if plant is None else plant.name,
            made_at=now,
            with_credentials=wish.credentials,
            with_measurements=wish.measurements,
            files=tuple(files),
        )
        _write(stream, work, manifest, now)
    return manifest


@contextlib.contextmanager
def _work_folder(state_dir: Path, wish: Wish) -> Iterator[Path]:
    # Only the disk of the measurements is sure to be large enough for a copy of them. What lets
    # somebody in stays where it is: there the engine removes what a killed backup left.
    place = state_dir if wish.measurements or wish.credentials else None
    with (
        naming_errors("cannot copy the state"),
        tempfile.TemporaryDirectory(prefix=WORK_PREFIX, dir=place) as work,
    ):
        yield Path(work)


def _copy_state(state_dir: Path, work: Path, wish: Wish) -> str:
    """Copy what belongs into the backup; return the identity of the site."""
    with contextlib.closing(open_for_reading(state_dir)) as database:
        site_id = read_setting(database, SITE_ID)
    without = () if wish.credentials else CREDENTIAL_TABLES
    copy_rows(database_path(state_dir), work / STATE_DATABASE, without)
    if wish.measurements:
        measured.copy(state_dir, work)
    _copy_if_there(state_dir / PACKED_SITE_FILE, work / PACKED_SITE_FILE)
    _copy_if_there(state_dir / PACKED_PLANT, work / PACKED_PLANT)
    if wish.credentials:
        _copy_if_there(state_dir / CERTIFICATE, work / CERTIFICATE)
        _copy_secrets(state_dir, work)
    return site_id if isinstance(site_id, str) else ""


def _copy_secrets(state_dir: Path, work: Path) -> None:
    """Copy the files beside the site file that hold secrets, under their place relative to it."""
    plant = site_copy.kept(state_dir)
    if plant is None:
        return
    folder = Path(plant.path).parent
    for secret in map(Path, plant.secrets):
        inside = secret.relative_to(folder) if secret.is_relative_to(folder) else Path(secret.name)
        name = f"{site_copy.FOLDER}/{inside.as_posix()}"
        if is_plain(name):
            _copy_if_there(secret, work / name)


def _copy_if_there(source: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        shutil.copyfile(source, copy)


def _names(work: Path) -> list[str]:
    return sorted(path.relative_to(work).as_posix() for path in work.rglob("*") if path.is_file())


def _write(stream: Sink, work: Path, manifest: Manifest, now: datetime) -> None:
    with ArchiveTarget(stream, now) as archive:
        with new_file(archive, MANIFEST_NAME) as head:
            head.write(manifest.model_dump_json(indent=1).encode())
        for file in manifest.files:
            _add(archive, work, file)


def _add(archive: ArchiveTarget, work: Path, file: PackedFile) -> None:
    with (work / file.name).open("rb") as content:
        archive.add(file.name, file.size, content)
