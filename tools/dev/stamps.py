"""Remember what an environment was made from, so that an unchanged one is not made again."""

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

from tools.dev.paths import ROOT

_NAME = ".made-from"


def fingerprint(files: Iterable[Path], *facts: str) -> str:
    """Return one hash of the contents of files and of further facts."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    for fact in facts:
        digest.update(fact.encode() + b"\0")
    return digest.hexdigest()


def is_current(folder: Path, made_from: str) -> bool:
    """Tell whether the folder was completed, at this very place, from these inputs."""
    stamp = folder / _NAME
    return stamp.is_file() and stamp.read_text() == _stamp(folder, made_from)


def begin(folder: Path) -> None:
    """Take the stamp away while the folder changes; drop a folder that was moved or copied here.

    Environments hold their own absolute path and cannot be moved.
    """
    stamp = folder / _NAME
    if stamp.is_file() and stamp.read_text().splitlines()[0] != str(folder):
        shutil.rmtree(folder)
    stamp.unlink(missing_ok=True)


def finish(folder: Path, made_from: str) -> None:
    """Mark the folder as complete."""
    (folder / _NAME).write_text(_stamp(folder, made_from))


def _stamp(folder: Path, made_from: str) -> str:
    return f"{folder}\n{made_from}\n"
