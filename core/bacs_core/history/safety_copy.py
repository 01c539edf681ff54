"""The memories that safety hangs on, a second time, in a small file beside the database.

A tripped breaker must stay tripped though the database is damaged, emptied or cannot be opened. The
file is replaced as a whole: written under another name, flushed, renamed, and the directory
flushed. Its first line is the SHA-256 of the rest, so that a spoilt one is known as such.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from bacs_core.history.batches import Memory
from bacs_core.history.database import naming_errors, owned_as
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Json, to_moment

FILE_NAME: Final = "safety.json"
FORMAT: Final = 1


class _KeptMemory(BaseModel):
    model_config = ConfigDict(strict=True)

    value: JsonValue
    at_ms: int


class _Kept(BaseModel):
    model_config = ConfigDict(strict=True)

    format: Annotated[int, Field(ge=1, le=FORMAT)]
    revision: Annotated[int, Field(ge=0)]
    memories: dict[str, _KeptMemory]


@dataclass(frozen=True, slots=True)
class SafetyCopy:
    """Memories by key; `revision` grows with every change of any of them."""

    revision: int = 0
    memories: Mapping[str, Memory] = field(default_factory=dict)

    def value(self, key: str) -> Json:
        """Return what was kept under `key`, `None` if nothing was."""
        return self.memories[key].value if key in self.memories else None


def copy_path(state_dir: Path) -> Path:
    """Name the file inside the state directory."""
    return state_dir / FILE_NAME


def write_copy(state_dir: Path, copy: SafetyCopy) -> None:
    """Replace the file; it is on the disk when this returns.

    Raises `HistoryError`: then the file is as it was before.
    """
    path = copy_path(state_dir)
    kept = _Kept.model_validate(
        {
            "format": FORMAT,
            "revision": copy.revision,
            "memories": {
                key: {"value": memory.value, "at_ms": memory.at_ms}
                for key, memory in copy.memories.items()
            },
        }
    )
    body = kept.model_dump_json().encode()
    fresh = path.with_suffix(".new")
    with naming_errors(f"cannot write {path}"):
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            owned_as(descriptor, state_dir)
            file.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
            file.flush()
            os.fsync(descriptor)
        fresh.replace(path)
        flush_directory(state_dir)


def read_copy(state_dir: Path) -> SafetyCopy | None:
    """Return what the file holds, `None` if there is none.

    Raises `HistoryError` where it cannot be read, is damaged, or a newer program wrote it.
    """
    path = copy_path(state_dir)
    with naming_errors(f"cannot read {path}"):
        try:
            written = path.read_bytes()
        except FileNotFoundError:
            return None
    checksum, _, body = written.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != checksum:
        msg = f"{path} is damaged"
        raise HistoryError(msg)
    try:
        kept = _Kept.model_validate_json(body)
    except ValidationError as error:
        msg = f"{path} cannot be understood: {error.errors()[0]['msg']}"
        raise HistoryError(msg) from error
    memories = {
        key: Memory(memory.value, to_moment(memory.at_ms)) for key, memory in kept.memories.items()
    }
    return SafetyCopy(kept.revision, memories)


def flush_directory(folder: Path) -> None:
    """Bring the names in `folder` to the disk. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
