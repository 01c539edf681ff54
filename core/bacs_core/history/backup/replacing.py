"""Puts new files in the place of the state so that a kill leaves the old state or the new one.

Everything new is made ready below the state directory. Then one file, the order, says what takes
whose place; from that moment on the new state is in force, and renaming is all that is left to do.
Who finds an order that was not carried out to its end goes on with it: the engine at its start,
and the next restore.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from bacs_core.history.errors import BackupError
from bacs_core.history.export.targets import flush_folder

FOLDER: Final = ".restore"
READY: Final = "ready"
ORDER: Final = "order.json"


class Replacement(BaseModel):
    """One file or folder of the state; `companions` have no meaning without it.

    With `renewed` a new one stands ready; otherwise the old one only goes away.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    companions: tuple[str, ...] = ()
    renewed: bool


class Order(BaseModel):
    """What takes the place of what; `aside` is the folder that the old state goes to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    aside: str
    replacements: tuple[Replacement, ...]


def begin(state_dir: Path) -> Path:
    """Return an empty folder for what is to become the state. Raises `OSError`."""
    shutil.rmtree(state_dir / FOLDER, ignore_errors=True)
    ready = state_dir / FOLDER / READY
    ready.mkdir(parents=True, mode=0o700)
    return ready


def give_up(state_dir: Path) -> None:
    """Remove what was made ready; the old state stays."""
    shutil.rmtree(state_dir / FOLDER, ignore_errors=True)


def commit(state_dir: Path, order: Order) -> None:
    """Put the new state in force; `finish` then brings it into its place. Raises `OSError`."""
    folder = state_dir / FOLDER
    _flush_tree(folder / READY)
    unfinished = folder / f"{ORDER}.part"
    with unfinished.open("w", encoding="utf-8") as file:
        file.write(order.model_dump_json())
        file.flush()
        os.fsync(file.fileno())
    flush_folder(state_dir)
    unfinished.replace(folder / ORDER)
    flush_folder(folder)


def finish(state_dir: Path) -> bool:
    """Carry out an order that is in force; return whether there was one.

    May be cut off at any moment and called again. Raises `OSError`, `BackupError`.
    """
    folder = state_dir / FOLDER
    try:
        order = Order.model_validate_json((folder / ORDER).read_bytes())
    except FileNotFoundError:
        give_up(state_dir)
        return False
    except ValidationError as error:
        msg = f"{folder / ORDER} cannot be understood, the state is left as it is"
        raise BackupError(msg) from error
    aside = state_dir / order.aside
    aside.mkdir(mode=0o700, exist_ok=True)
    _own_as(state_dir, aside)
    for replacement in order.replacements:
        _replace(state_dir, aside, replacement)
    flush_folder(aside)
    flush_folder(state_dir)
    with contextlib.suppress(OSError):
        # Only if there was nothing that could be put aside.
        aside.rmdir()
    shutil.rmtree(folder)
    flush_folder(state_dir)
    return True


def _replace(state_dir: Path, aside: Path, replacement: Replacement) -> None:
    ready = state_dir / FOLDER / READY / replacement.name
    if replacement.renewed and not ready.exists():
        # Done before the cut; what stands in its place is the new one.
        return
    for name in (*replacement.companions, replacement.name):
        old = state_dir / name
        if old.exists():
            old.rename(_free(aside / name))
    if replacement.renewed:
        ready.rename(state_dir / replacement.name)


def _free(path: Path) -> Path:
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}.{number}")
    return free


def _flush_tree(folder: Path) -> None:
    for path, _, names in os.walk(folder):
        for name in names:
            descriptor = os.open(Path(path) / name, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        flush_folder(Path(path))


def _own_as(state_dir: Path, path: Path) -> None:
    if os.geteuid() == 0:
        owner = state_dir.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def own_all(state_dir: Path) -> None:
    """Give everything that is ready to the owner of the state, where root unpacked it."""
    for path, _, names in os.walk(state_dir / FOLDER):
        _own_as(state_dir, Path(path))
        for name in names:
            _own_as(state_dir, Path(path) / name)
