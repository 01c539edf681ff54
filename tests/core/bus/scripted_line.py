"""A real pseudo-terminal at a fixed path whose far end answers as a script says."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
import tty
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fastcrc.crc16 import modbus as crc_of

READ_REQUEST_BYTES = 8
WRITE_HEAD_BYTES = 7


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the far end got it, and when."""

    frame: bytes
    at: float

    @property
    def unit(self) -> int:
        return self.frame[0]

    @property
    def function(self) -> int:
        return self.frame[1]

    @property
    def address(self) -> int:
        return int.from_bytes(self.frame[2:4], "big")

    @property
    def count(self) -> int:
        return int.from_bytes(self.frame[4:6], "big")

    def answer(self, *words: int) -> bytes:
        """Return the right answer: registers that hold their own addresses, or `words`."""
        if self.function == 16:
            return sealed(self.frame[:6])
        values = words or range(self.address, self.address + self.count)
        data = b"".join(word.to_bytes(2, "big") for word in values)
        return sealed(bytes([self.unit, self.function, len(data)]) + data)


def sealed(body: bytes) -> bytes:
    """Append the CRC to a frame's body."""
    return body + crc_of(body).to_bytes(2, "little")


def answer_always(asked: Asked) -> bytes:
    """Answer as a device without fault; nobody answers a broadcast."""
    return asked.answer() if asked.unit else b""


Script = Callable[[Asked], bytes]


class ScriptedLine:
    """The far end. `script` returns the bytes to send at once; `send` sends any at any time."""

    def __init__(self, path: Path, script: Script) -> None:
        self.path = path
        self.script = script
        self.asked: list[Asked] = []
        self.answered_at: list[float] = []
        """When each answer began to be sent, which is before its end can be heard."""
        self._received = b""
        self._near = self._far = -1

    def appear(self) -> None:
        """Plug the adapter in."""
        self._near, self._far = os.openpty()
        tty.setraw(self._far)
        self.path.symlink_to(os.ttyname(self._far))
        asyncio.get_running_loop().add_reader(self._near, self._listen)

    def vanish(self) -> None:
        """Pull the adapter."""
        if self._near < 0:
            return
        asyncio.get_running_loop().remove_reader(self._near)
        os.close(self._near)
        os.close(self._far)
        self.path.unlink()
        self._near = self._far = -1

    def send(self, data: bytes) -> None:
        """Put bytes on the line; nobody hears them while the adapter is pulled."""
        if self._near < 0:
            return
        self.answered_at.append(time.monotonic())
        os.write(self._near, data)

    @property
    def units(self) -> list[int]:
        """The units that were asked, in order."""
        return [asked.unit for asked in self.asked]

    @property
    def far_descriptor(self) -> int:
        """The terminal itself, which shows how it was set up."""
        return self._far

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            self._received += os.read(self._near, 4096)
        while (size := self._size()) and len(self._received) >= size:
            asked = Asked(self._received[:size], time.monotonic())
            self._received = self._received[size:]
            self.asked.append(asked)
            if reply := self.script(asked):
                self.send(reply)

    def _size(self) -> int:
        if len(self._received) < WRITE_HEAD_BYTES:
            return 0
        is_write = self._received[1] == 16
        return WRITE_HEAD_BYTES + self._received[6] + 2 if is_write else READ_REQUEST_BYTES


@contextlib.contextmanager
def scripted_line(folder: Path, script: Script = answer_always) -> Iterator[ScriptedLine]:
    """Plug in a line whose far end does what `script` says."""
    there = ScriptedLine(folder / "port", script)
    there.appear()
    try:
        yield there
    finally:
        there.vanish()
