"""The memories that safety hangs on, a second time, in a small file beside the database.

A tripped breaker must stay tripped though the database is damaged, emptied or cannot be opened.
A second file holds space free for it: where the disk is full, that is given up for the copy.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from bacs_core.history.batches import Memory
from bacs_core.history.checked_file import flush_directory, read_checked, write_checked
from bacs_core.history.database import naming_errors
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Json, to_moment
from bacs_core.history.failures import Failure, failure_of

FILE_NAME: Final = "safety.json"
FORMAT: Final = 1
RESERVE_NAME: Final = "safety.reserve"
#: Room for many copies: each needs some kilobytes.
RESERVE_BYTES: Final = 256 * 1024
#: What is taken at once, so that of a disk that is nearly full the rest is taken too.
_PIECE_BYTES: Final = 16 * 1024


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
    """Replace the file; it is on the disk when this returns. On a full disk the reserve is used.

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
    body, reserve = kept.model_dump_json().encode(), state_dir / RESERVE_NAME
    try:
        write_checked(path, body)
    except HistoryError as error:
        if failure_of(error) is not Failure.FULL or not reserve.exists():
            raise
        with naming_errors(f"cannot give up {reserve}"):
            reserve.unlink(missing_ok=True)
            flush_directory(state_dir)
        write_checked(path, body)
        # What is left of it must not go to anything else.
        keep_reserve(state_dir)


def keep_reserve(state_dir: Path) -> None:
    """Hold space free for the copy, as much as there is."""
    reserve = state_dir / RESERVE_NAME
    with contextlib.suppress(OSError):
        if reserve.exists() and reserve.stat().st_size >= RESERVE_BYTES:
            return
        with reserve.open("ab", buffering=0) as file:
            while file.tell() < RESERVE_BYTES:
                # Nothing that a file system could leave out.
                file.write(os.urandom(_PIECE_BYTES))


def read_copy(state_dir: Path) -> SafetyCopy | None:
    """Return what the file holds, `None` if there is none.

    Raises `HistoryError` where it cannot be read, is damaged, or a newer program wrote it.
    """
    path = copy_path(state_dir)
    body = read_checked(path)
    if body is None:
        return None
    try:
        kept = _Kept.model_validate_json(body)
    except ValidationError as error:
        msg = f"{path} cannot be understood: {error.errors()[0]['msg']}"
        raise HistoryError(msg) from error
    memories = {
        key: Memory(memory.value, to_moment(memory.at_ms)) for key, memory in kept.memories.items()
    }
    return SafetyCopy(kept.revision, memories)
