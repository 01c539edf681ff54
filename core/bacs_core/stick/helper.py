"""The helper: speaks for one stick to the engine, mounts and unmounts it as the engine orders.

It stays as long as the stick is plugged in. When the engine is gone it unmounts, and waits for the
engine to come back.
"""

from __future__ import annotations

import logging
import os
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from pydantic import BaseModel

from bacs_core.stick import wire
from bacs_core.stick.mounting import MountError

_log = logging.getLogger(__name__)

#: How often to look whether the stick is still there.
LOOK_EVERY_S: Final = 0.5
RETRY_S: Final = 2.0


class Medium(Protocol):
    """A stick: `mounting.BlockDevice`, or what stands in for one."""

    name: str

    def is_present(self) -> bool:
        """Tell whether the stick is still plugged in."""

    def disk(self) -> str:
        """Return the name of the whole stick."""

    def label(self) -> str:
        """Return the name that somebody gave to the stick. May raise `MountError`."""

    def mount(self, user: int, group: int) -> Path:
        """Mount it and return the folder to write into. Raises `MountError`."""

    def unmount(self) -> None:
        """Unmount it. Raises `MountError`."""

    def release(self) -> None:
        """Let go of a stick that is no longer there."""


def serve(
    stick: Medium,
    state_dir: Path,
    *,
    retry_s: float = RETRY_S,
    look_every_s: float = LOOK_EVERY_S,
) -> None:
    """Serve one stick until it is pulled out."""
    told = False
    while stick.is_present():
        try:
            with _connected(state_dir) as engine:
                told = False
                _Visit(stick, engine, look_every_s).pay()
        except OSError as error:
            if not told:
                _log.warning(
                    "waiting for an engine with the state in %s (%s); is --state right?",
                    state_dir,
                    error,
                )
                told = True
        finally:
            _put_down(stick)
        if stick.is_present():
            time.sleep(retry_s)


class _Visit:
    """One connection to the engine."""

    def __init__(self, stick: Medium, engine: socket.socket, look_every_s: float) -> None:
        self._stick = stick
        self._look_every_s = look_every_s
        self._engine = engine
        self._heard = b""

    def pay(self) -> None:
        """Carry out orders until the stick or the engine is gone."""
        self._introduce()
        while self._stick.is_present():
            ready, _, _ = select.select([self._engine], [], [], self._look_every_s)
            if not ready:
                continue
            heard = self._engine.recv(wire.MAX_LINE_BYTES)
            if not heard:
                return
            *lines, self._heard = (self._heard + heard).split(b"\n")
            for line in lines:
                self._obey(line.decode(errors="replace"))
        self._stick.release()
        self._say(wire.Gone())

    def _introduce(self) -> None:
        try:
            label = self._stick.label()
        except MountError:
            # Whatever is wrong with it is told when it is to be mounted.
            label = ""
        self._say(wire.Found(device=self._stick.name, disk=self._stick.disk(), label=label))

    def _obey(self, order: str) -> None:
        """Carry out one order. A stick that is gone is told as such, not as an error."""
        answer: BaseModel
        try:
            answer = self._carried_out(order)
        except MountError as error:
            if order == wire.Order.MOUNT:
                answer = wire.NotMounted(problem=error.problem, detail=error.detail)
            else:
                answer = wire.StillMounted(detail=error.detail)
        if self._stick.is_present():
            self._say(answer)

    def _carried_out(self, order: str) -> BaseModel:
        if order == wire.Order.MOUNT:
            user, group = wire.peer_of(self._engine)
            return wire.Mounted(folder=self._stick.mount(user, group))
        self._stick.unmount()
        return wire.Unmounted()

    def _say(self, told: BaseModel) -> None:
        self._engine.sendall(wire.line_of(told))


def _put_down(stick: Medium) -> None:
    """Unmount, or let go of what can no longer be unmounted."""
    try:
        stick.unmount()
    except MountError as error:
        _log.warning("%s", error)
        stick.release()


@contextmanager
def _connected(state_dir: Path) -> Iterator[socket.socket]:
    with (
        wire.socket_path(state_dir) as path,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as engine,
    ):
        engine.connect(path)
        yield engine


def ending_at(_number: int, _frame: object) -> None:
    """End at a signal, after the stick was put down."""
    raise SystemExit(os.EX_OK)
