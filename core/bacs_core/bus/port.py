"""A serial port as an asyncio byte stream: open, write, read with a time-out, notice its loss."""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
from pathlib import Path
from typing import Final

import serial

from bacs_core.errors import PortGoneError
from bacs_core.settings import Line, Parity

_PARITY: Final = {
    Parity.NONE: serial.PARITY_NONE,
    Parity.EVEN: serial.PARITY_EVEN,
    Parity.ODD: serial.PARITY_ODD,
}
_READ_BYTES: Final = 4096
#: Linux documentation, admin-guide/devices.txt: Unix98 pseudo-terminal slaves.
_PSEUDO_TERMINAL_MAJORS: Final = range(136, 144)


class SerialPort:
    """One open port. Every method raises `PortGoneError` once the port has vanished."""

    def __init__(self, line: Line) -> None:
        """Open the port of `line` for this process alone."""
        try:
            self._serial = serial.Serial(
                line.port,
                baudrate=line.baud,
                parity=_PARITY[_settable_parity(line)],
                stopbits=line.stop_bits,
                timeout=0,
                exclusive=True,
            )
        except (serial.SerialException, OSError, ValueError, termios.error) as error:
            msg = f"port {line.port} cannot be opened: {_reason(error)}"
            raise PortGoneError(msg) from error
        # Only some drivers know it (FTDI: 1 ms instead of 16 ms); the others lose nothing.
        with contextlib.suppress(OSError, ValueError, NotImplementedError):
            self._serial.set_low_latency_mode(True)
        self._path = line.port
        self._descriptor = self._serial.fileno()
        _report_emptiness(self._descriptor)
        self._received = bytearray()
        self._gone: str | None = None
        self._wake: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._descriptor, self._on_readable)

    def write(self, data: bytes) -> None:
        """Hand `data` to the driver, which sends it at the line's speed."""
        self._check()
        try:
            sent = os.write(self._descriptor, data)
        except OSError as error:
            self._lose(_reason(error))
            sent = 0
        self._check()
        if sent != len(data):
            self._lose(f"took only {sent} of {len(data)} bytes")
            self._check()

    async def read(self, timeout_s: float) -> bytes:
        """Return what has arrived; wait up to `timeout_s` for it; empty when nothing did."""
        self._check()
        if not self._received and timeout_s > 0:
            self._wake = self._loop.create_future()
            timer = self._loop.call_later(timeout_s, self._wake_up)
            try:
                await self._wake
            finally:
                timer.cancel()
                self._wake = None
            self._check()
        data = bytes(self._received)
        self._received.clear()
        return data

    def discard(self) -> int:
        """Throw away what has arrived and return how many bytes that were."""
        self._on_readable()
        count = len(self._received)
        self._received.clear()
        return count

    def close(self) -> None:
        """Give the port back."""
        self._loop.remove_reader(self._descriptor)
        with contextlib.suppress(OSError, serial.SerialException):
            self._serial.close()

    def _on_readable(self) -> None:
        if self._gone is not None:
            return
        try:
            data = os.read(self._descriptor, _READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(_reason(error))
            return
        if data:
            self._received += data
        else:
            self._lose("end of file")
        self._wake_up()

    def _lose(self, reason: str) -> None:
        self._gone = reason
        self._loop.remove_reader(self._descriptor)
        self._wake_up()

    def _check(self) -> None:
        if self._gone is not None:
            msg = f"port {self._path} is gone: {self._gone}"
            raise PortGoneError(msg)

    def _wake_up(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)


def _settable_parity(line: Line) -> Parity:
    """Return the parity that the port can be told: a pseudo-terminal has no parity bits."""
    major = os.major(Path(line.port).stat().st_rdev) if Path(line.port).exists() else 0
    return Parity.NONE if major in _PSEUDO_TERMINAL_MAJORS else line.parity


def _report_emptiness(descriptor: int) -> None:
    """Let a read of nothing raise `BlockingIOError`, so that an empty read means the end."""
    attributes = termios.tcgetattr(descriptor)
    attributes[6][termios.VMIN] = 1
    termios.tcsetattr(descriptor, termios.TCSANOW, attributes)


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    if "Could not exclusively lock" in str(error):
        return "another program has it open"
    return str(text)
