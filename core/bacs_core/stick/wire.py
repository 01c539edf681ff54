"""What the helper that mounts sticks and the engine say to each other: a line of JSON each.

The helper runs as root and connects to the engine's socket in its state directory, which nobody
else may enter. The engine decides when a stick is mounted and unmounted.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bacs_core.stick.states import StickProblem

SOCKET_NAME: Final = "stick.sock"
#: Longer than any line of either side.
MAX_LINE_BYTES: Final = 65_536
_CREDENTIALS: Final = struct.Struct("3i")


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Found(_Line):
    """A stick is there, not mounted. `disk` is the same for all partitions of one stick."""

    tell: Literal["found"] = "found"
    device: str
    disk: str
    label: str = ""


class Mounted(_Line):
    """The stick is mounted; the engine may write into `folder`."""

    tell: Literal["mounted"] = "mounted"
    folder: Path


class NotMounted(_Line):
    """The stick could not be mounted."""

    tell: Literal["not_mounted"] = "not_mounted"
    problem: StickProblem
    detail: str = ""


class Unmounted(_Line):
    """The stick is unmounted: everything is on it, and it may be removed."""

    tell: Literal["unmounted"] = "unmounted"


class StillMounted(_Line):
    """The stick could not be unmounted."""

    tell: Literal["still_mounted"] = "still_mounted"
    detail: str = ""


class Gone(_Line):
    """The stick was pulled out."""

    tell: Literal["gone"] = "gone"


Told = Annotated[
    Found | Mounted | NotMounted | Unmounted | StillMounted | Gone, Field(discriminator="tell")
]
TOLD: Final[TypeAdapter[Told]] = TypeAdapter(Told)


class Order(StrEnum):
    """What the engine wants of the helper."""

    MOUNT = "mount"
    UNMOUNT = "unmount"


def line_of(told: BaseModel) -> bytes:
    """Write a message as a line."""
    return told.model_dump_json().encode() + b"\n"


@contextmanager
def socket_path(state_dir: Path) -> Iterator[str]:
    """Yield a path to the socket that is short enough for the kernel, however deep it lies."""
    descriptor = os.open(state_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET_NAME}"
    finally:
        os.close(descriptor)


def peer_of(connection: socket.socket) -> tuple[int, int]:
    """Return user and group of the process at the other end."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, user, group = _CREDENTIALS.unpack(raw)
    return user, group
