"""A serial port as an asyncio byte stream: open, write, read with a time-out, notice its loss."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import termios
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Protocol

import serial
from serial.rs485 import RS485Settings

from bacs_core.bus.serial_finding import find_port, holders_of
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
#: The same document: UARTs, and converters on USB. Behind others (ttyACM) may be no wire at all.
_UART_MAJORS: Final = (4, 188, 204)
_HELD_BY_ANOTHER: Final = (errno.EBUSY, errno.EAGAIN)
#: Threads of its own: whatever else waits for a thread, a port can be opened.
_OPENER: Final = ThreadPoolExecutor(max_workers=8, thread_name_prefix="opening a port")


class Port(Protocol):
    """A byte stream to a line. Every method raises `PortGoneError` once it has vanished."""

    @property
    def reopens_after_timeout(self) -> bool:
        """Whether a late answer may wait in it, so that a time-out calls for a new one."""

    @property
    def keeps_pace(self) -> bool:
        """Whether bytes surely take their time on a wire, so that none can come sooner."""

    @property
    def heard_at(self) -> float:
        """When the newest bytes had arrived: whoever waits for them is woken a little later."""

    def write(self, data: bytes) -> None:
        """Send `data` at the line's speed."""

    async def read(self, timeout_s: float) -> bytes:
        """Return what has arrived; wait up to `timeout_s` for it; empty when nothing did."""

    def discard(self) -> int:
        """Throw away what has arrived and return how many bytes that were."""

    def close(self) -> None:
        """Give it back."""


class SerialPort:
    """One open port. Every method raises `PortGoneError` once the port has vanished."""

    reopens_after_timeout: Final = False

    def __init__(self, path: str, opened: serial.Serial) -> None:
        self._serial = opened
        self._path = path
        self._descriptor = opened.fileno()
        self.keeps_pace = os.major(os.fstat(self._descriptor).st_rdev) in _UART_MAJORS
        self._unsent = b""
        self._gone: str | None = None
        self._received = b""
        self.heard_at = time.monotonic()
        self._is_watched = False
        self._wake: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def open(cls, line: Line) -> SerialPort:
        """Open the port of `line` for this process alone; raises `PortGoneError`.

        Adapters are looked for and opened in a thread: a driver may take its time.
        """
        loop = asyncio.get_running_loop()
        path, opened = await loop.run_in_executor(_OPENER, _open, line)
        return cls(path, opened)

    def write(self, data: bytes) -> None:
        """Hand `data` to the driver, which sends it at the line's speed.

        What the driver does not take at once follows as soon as it can.
        """
        self._check()
        if self._unsent:
            self._lose(f"its driver does not take {len(self._unsent)} bytes")
        else:
            self._unsent = data
            self._flush()
            if self._unsent:
                self._loop.add_writer(self._descriptor, self._flush_rest)
        self._check()

    async def read(self, timeout_s: float) -> bytes:
        """Return what has arrived; wait up to `timeout_s` for it; empty when nothing did."""
        if timeout_s <= 0 or self._received:
            return self._take()
        self._check()
        self._wake = wake = self._loop.create_future()
        timer = self._loop.call_later(timeout_s, self._wake_up)
        if not self._is_watched:
            self._loop.add_reader(self._descriptor, self._hear)
            self._is_watched = True
        try:
            await wake
        finally:
            timer.cancel()
            self._wake = None
        self._check()
        data, self._received = self._received, b""
        return data

    def discard(self) -> int:
        """Throw away what has arrived and return how many bytes that were."""
        return len(self._take())

    def close(self) -> None:
        """Give the port back."""
        self._loop.remove_reader(self._descriptor)
        self._loop.remove_writer(self._descriptor)
        with contextlib.suppress(OSError, termios.error, serial.SerialException):
            if not _is_pseudo_terminal(self._descriptor):
                fcntl.ioctl(self._descriptor, termios.TIOCNXCL)
        with contextlib.suppress(OSError, serial.SerialException):
            self._serial.close()

    def _hear(self) -> None:
        if self._wake is None:
            # Nobody waits: what comes may lie, and nobody is woken for each piece of it.
            self._loop.remove_reader(self._descriptor)
            self._is_watched = False
            return
        with contextlib.suppress(PortGoneError):
            self._received += self._fetch()
        self._wake_up()

    def _take(self) -> bytes:
        self._check()
        data, self._received = self._received, b""
        return data + self._fetch()

    def _fetch(self) -> bytes:
        try:
            data = os.read(self._descriptor, _READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            self._lose(_reason(error))
            data = b""
        self.heard_at = time.monotonic()
        if not data:
            self._lose("end of file")
            self._check()
        return data

    def _flush(self) -> None:
        try:
            sent = os.write(self._descriptor, self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._lose(_reason(error))
            sent = 0
        self._unsent = self._unsent[sent:]

    def _flush_rest(self) -> None:
        self._flush()
        if not self._unsent or self._gone is not None:
            self._loop.remove_writer(self._descriptor)

    def _lose(self, reason: str) -> None:
        self._gone = self._gone or reason
        self._wake_up()

    def _check(self) -> None:
        if self._gone is not None:
            msg = f"port {self._path} is gone: {self._gone}"
            raise PortGoneError(msg)

    def _wake_up(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)


def _open(line: Line) -> tuple[str, serial.Serial]:
    path = find_port(line.port)
    try:
        opened = serial.Serial(
            path,
            baudrate=line.baud,
            parity=_PARITY[_settable_parity(line, path)],
            stopbits=line.stop_bits,
            timeout=0,
            exclusive=True,
        )
    except (serial.SerialException, OSError, ValueError, termios.error) as error:
        raise PortGoneError(_refusal(line, path, error)) from error
    with contextlib.ExitStack() as half_open:
        half_open.callback(opened.close)
        _set_up(line, path, opened)
        half_open.pop_all()
    return path, opened


def _set_up(line: Line, path: str, opened: serial.Serial) -> None:
    # Only some drivers know it (FTDI: 1 ms instead of 16 ms); the others lose nothing.
    with contextlib.suppress(OSError, ValueError, NotImplementedError):
        opened.set_low_latency_mode(True)
    try:
        if line.rs485:
            opened.rs485_mode = RS485Settings()
        if not _is_pseudo_terminal(opened.fileno()):
            # Also against programs that do not look for locks.
            fcntl.ioctl(opened.fileno(), termios.TIOCEXCL)
        _report_emptiness(opened.fileno())
    except (NotImplementedError, ValueError) as error:
        raise PortGoneError(
            f"the driver of {path} cannot switch the direction of an RS485 line: use an adapter"
            f" that does it by itself and take rs485 out of line {line.id} ({error})"
        ) from error
    except (OSError, termios.error) as error:
        raise PortGoneError(_refusal(line, path, error)) from error


def _settable_parity(line: Line, path: str) -> Parity:
    """Return the parity that the port can be told: a pseudo-terminal has no parity bits."""
    try:
        is_pseudo = os.major(Path(path).stat().st_rdev) in _PSEUDO_TERMINAL_MAJORS
    except OSError:
        is_pseudo = False
    return Parity.NONE if is_pseudo else line.parity


def _is_pseudo_terminal(descriptor: int) -> bool:
    return os.major(os.fstat(descriptor).st_rdev) in _PSEUDO_TERMINAL_MAJORS


def _report_emptiness(descriptor: int) -> None:
    """Let a read of nothing raise `BlockingIOError`, so that an empty read means the end."""
    attributes = termios.tcgetattr(descriptor)
    attributes[6][termios.VMIN] = 1
    termios.tcsetattr(descriptor, termios.TCSANOW, attributes)


def _refusal(line: Line, path: str, error: Exception) -> str:
    """Say why a port cannot be opened, and what to do about it."""
    number = getattr(error, "errno", None)
    refused = error.__context__
    reason = _reason(error)
    if number in _HELD_BY_ANOTHER or "exclusively lock" in str(error):
        held = ", ".join(holders_of(path)) or "another program"
        reason = f"{held} has it open"
    elif isinstance(refused, termios.error) and refused.args[0] == errno.ENOTTY:
        reason = "it is no serial port"
    elif number == errno.EISDIR:
        reason = "it is a folder, no serial port"
    elif number == errno.EACCES:
        reason = "this user may not (is it in the group of the serial ports, often dialout?)"
    elif number == errno.ENOENT:
        reason = "it is not there (unplugged, or now under another path)"
    name = path if path == line.port else f"{path} ({line.port})"
    return f"port {name} cannot be opened: {reason}"


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
