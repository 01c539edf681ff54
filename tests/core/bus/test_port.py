"""Opening, losing and sharing serial ports, as far as pseudo-terminals can show it."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import subprocess
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from serial.tools import list_ports

from bacs_core.bus import serial_finding
from bacs_core.bus.port import SerialPort
from bacs_core.errors import PortGoneError
from bacs_core.settings import Parity
from tests.core.bus.owning import PATIENCE_S, line

#: Linux, asm-generic/ioctls.h.
TIOCGRS485 = 0x542E
TIOCSRS485 = 0x542F


@dataclass(slots=True)
class Terminal:
    """A pseudo-terminal: the path of the port, and what is at its other end."""

    path: str
    near: int
    far: int

    def close(self) -> None:
        for descriptor in (self.near, self.far):
            if descriptor >= 0:
                os.close(descriptor)
        self.near = self.far = -1


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    near, far = pty.openpty()
    tty.setraw(far)
    there = Terminal(os.ttyname(far), near, far)
    yield there
    there.close()


@dataclass(frozen=True, slots=True)
class FakeAdapter:
    """Stands in for what the system tells of a USB adapter, which no test can plug in."""

    device: str
    serial_number: str | None
    description: str = "FT232R USB UART"


async def test_bytes_go_out_and_come_back(terminal: Terminal) -> None:
    port = await SerialPort.open(line(terminal.path))
    assert await port.read(0.0) == b""
    assert await port.read(0.01) == b""
    port.write(b"\x00\x03\x11\x13\xff")
    assert os.read(terminal.near, 100) == b"\x00\x03\x11\x13\xff"
    os.write(terminal.near, b"\x00\x0d\x0a\xff")
    assert await port.read(PATIENCE_S) == b"\x00\x0d\x0a\xff"
    os.write(terminal.near, b"old")
    assert port.discard() == 3
    assert port.discard() == 0
    port.close()


async def test_the_speed_of_the_line_is_set(terminal: Terminal) -> None:
    port = await SerialPort.open(line(terminal.path, baud=19200, stop_bits=2))
    attributes = termios.tcgetattr(terminal.far)
    assert attributes[4] == attributes[5] == termios.B19200
    assert attributes[2] & termios.CSTOPB
    port.close()


async def test_parity_is_no_obstacle_on_a_pseudo_terminal(terminal: Terminal) -> None:
    for _ in range(2):
        (await SerialPort.open(line(terminal.path, parity=Parity.EVEN))).close()


async def test_what_the_driver_does_not_take_at_once_follows(terminal: Terminal) -> None:
    port = await SerialPort.open(line(terminal.path))
    sent = os.urandom(50_000)
    port.write(sent)
    os.set_blocking(terminal.near, False)
    received = b""
    async with asyncio.timeout(PATIENCE_S):
        while len(received) < len(sent):
            try:
                received += os.read(terminal.near, 4096)
            except BlockingIOError:
                await asyncio.sleep(0.001)
    assert received == sent
    port.write(b"next")
    port.close()


async def test_a_driver_that_takes_nothing_any_more_is_a_port_that_is_gone(
    terminal: Terminal,
) -> None:
    port = await SerialPort.open(line(terminal.path))
    port.write(bytes(50_000))
    with pytest.raises(PortGoneError, match="does not take"):
        port.write(b"next")
    port.close()


async def test_a_port_that_vanishes_wakes_whoever_waits(terminal: Terminal) -> None:
    port = await SerialPort.open(line(terminal.path))
    reading = asyncio.create_task(port.read(PATIENCE_S))
    await asyncio.sleep(0.01)
    terminal.close()
    with pytest.raises(PortGoneError, match="is gone"):
        await reading
    for use in (lambda: port.write(b"a"), port.discard):
        with pytest.raises(PortGoneError):
            use()
    port.close()


async def test_another_program_that_holds_the_port_is_named(terminal: Terminal) -> None:
    held = f"import serial, sys; port = serial.Serial({terminal.path!r}, exclusive=True)"
    holder = subprocess.Popen(
        [sys.executable, "-c", held + "; print(1, flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(PortGoneError, match=rf"\(process {holder.pid}\) has it open"):
            await SerialPort.open(line(terminal.path))
    finally:
        holder.communicate()


async def test_two_lines_cannot_have_one_port(terminal: Terminal) -> None:
    port = await SerialPort.open(line(terminal.path))
    with pytest.raises(PortGoneError, match="another line of this engine"):
        await SerialPort.open(line(terminal.path))
    port.close()
    (await SerialPort.open(line(terminal.path))).close()


async def test_a_driver_that_cannot_switch_the_direction_is_refused_in_words(
    terminal: Terminal,
) -> None:
    with pytest.raises(PortGoneError, match="cannot switch the direction"):
        await SerialPort.open(line(terminal.path, rs485=True))
    # The port was given back.
    (await SerialPort.open(line(terminal.path))).close()


async def test_the_direction_is_switched_where_the_driver_can(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A fake of the driver's side: no pseudo-terminal knows RS485.
    flags: list[int] = []
    real: Callable[..., Any] = fcntl.ioctl

    def ioctl(descriptor: int, request: int, *rest: Any) -> Any:
        if request == TIOCSRS485:
            flags.append(rest[0][0])
        return 0 if request in (TIOCGRS485, TIOCSRS485) else real(descriptor, request, *rest)

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    (await SerialPort.open(line(terminal.path, rs485=True))).close()
    # Enabled, RTS on while sending and off after it.
    assert [each & 0b111 for each in flags] == [0b011]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/dev/does-not-exist", "not there"),
        ("/dev/null", "no serial port"),
        (__file__, "no serial port"),
        ("/tmp", "it is a folder, no serial port"),
    ],
)
async def test_why_a_port_cannot_be_opened_is_told_in_words(path: str, told: str) -> None:
    with pytest.raises(PortGoneError, match=told):
        await SerialPort.open(line(path))


async def test_an_adapter_that_vanishes_while_it_is_looked_at_is_a_port_that_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for failure in (TypeError("int() of None"), OSError("vanished"), ValueError("not a number")):
        monkeypatch.setattr(list_ports, "comports", Mock(side_effect=failure))
        with pytest.raises(PortGoneError, match=re.escape(str(failure))):
            serial_finding.find_port("usb:A10LWZ3C")


async def test_a_port_opens_while_all_other_threads_wait(terminal: Terminal) -> None:
    loop, free = asyncio.get_running_loop(), threading.Event()
    with ThreadPoolExecutor(1) as shared:
        loop.set_default_executor(shared)
        waiting = shared.submit(free.wait, PATIENCE_S)
        (await asyncio.wait_for(SerialPort.open(line(terminal.path)), PATIENCE_S / 2)).close()
        assert not waiting.done()
        free.set()


async def test_an_adapter_is_found_again_under_another_path(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugged = [FakeAdapter("/dev/ttyUSB0", "OTHER"), FakeAdapter("/dev/ttyUSB7", "A10LWZ3C")]
    monkeypatch.setattr(list_ports, "comports", lambda: plugged)
    with pytest.raises(PortGoneError, match=r"/dev/ttyUSB7 \(usb:A10LWZ3C\).*not there"):
        await SerialPort.open(line("usb:A10LWZ3C"))
    plugged[1] = FakeAdapter(terminal.path, "A10LWZ3C")
    (await SerialPort.open(line("usb:A10LWZ3C"))).close()


def test_a_missing_adapter_is_told_with_those_that_are_there() -> None:
    plugged = [FakeAdapter("/dev/ttyUSB0", "OTHER"), FakeAdapter("/dev/ttyS0", None, "n/a")]
    with pytest.raises(PortGoneError, match="A10LWZ3C") as failure:
        serial_finding.path_of("A10LWZ3C", plugged)
    assert "OTHER (FT232R USB UART, /dev/ttyUSB0)" in str(failure.value)
    assert "ttyS0" not in str(failure.value)
    with pytest.raises(PortGoneError, match="none with a serial number"):
        serial_finding.path_of("A10LWZ3C", [])


def test_a_serial_number_of_several_ports_is_refused() -> None:
    plugged = [FakeAdapter(f"/dev/ttyUSB{number}", "FT4232") for number in range(2)]
    with pytest.raises(PortGoneError, match=r"/dev/ttyUSB0, /dev/ttyUSB1.*by its path"):
        serial_finding.path_of("FT4232", plugged)


def test_a_path_is_taken_as_it_is() -> None:
    assert serial_finding.find_port("/dev/serial/by-path/x") == "/dev/serial/by-path/x"


def test_programs_that_hold_a_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    assert serial_finding.holders_of(str(path)) == []
    with path.open():
        (holder,) = serial_finding.holders_of(str(path))
    assert str(os.getpid()) in holder
