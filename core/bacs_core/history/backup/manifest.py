"""What a backup says about itself: the first file in it, with the checksums of all others."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

MANIFEST_NAME: Final = "manifest.json"
#: A site of the largest kind needs a hundredth of that.
MAX_MANIFEST_BYTES: Final = 1 << 20
FORMAT: Final = 1
READ_AT_ONCE: Final = 1 << 20

#: Plain names, in one folder at most: nothing that could lead out of the place of the state.
_NAME: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*/){0,4}[A-Za-z0-9][A-Za-z0-9._-]*")


def _printable(text: str) -> str:
    """Refuse what would steer the terminal that shows it."""
    if not text.isprintable():
        msg = "it holds letters that cannot be shown"
        raise ValueError(msg)
    return text


#: No name or version that this program writes is longer.
Shown = Annotated[str, Field(max_length=1000), AfterValidator(_printable)]


class PackedFile(BaseModel):
    """One file of a backup; `sha256` in hexadecimal digits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=f"^{_NAME.pattern}$", max_length=255)]
    size: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Manifest(BaseModel):
    """What is in a backup, what it was made of, and what was left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = FORMAT
    version: Shown
    site_id: Shown
    site_name: Shown
    made_at: datetime
    with_credentials: bool
    with_measurements: bool
    files: tuple[PackedFile, ...]

    @model_validator(mode="after")
    def _no_name_twice(self) -> Manifest:
        names = [file.name.casefold() for file in self.files]
        if len(set(names)) != len(names):
            msg = "a name stands in it twice"
            raise ValueError(msg)
        return self

    @property
    def names(self) -> frozenset[str]:
        """The names of all files."""
        return frozenset(file.name for file in self.files)

    @property
    def total_bytes(self) -> int:
        """How much room the files need when they are unpacked."""
        return sum(file.size for file in self.files)


def is_plain(name: str) -> bool:
    """Tell whether a file of this name may stand in a backup."""
    return _NAME.fullmatch(name) is not None


def packed_file(name: str, path: Path) -> PackedFile:
    """Describe the file at `path`. Raises `OSError`."""
    checksum, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(READ_AT_ONCE):
            checksum.update(chunk)
            size += len(chunk)
    return PackedFile(name=name, size=size, sha256=checksum.hexdigest())
