"""Ports that no line owns: what a technician writes becomes a line for as long as it is scanned."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterable
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from bacs_core.bus.serial_finding import USB_SCHEME
from bacs_core.commissioning.proposal import Wire
from bacs_core.errors import RefusedError
from bacs_core.settings import Line, Link
from bacs_core.sitefile import plan
from bacs_core.sitefile.tables import LineTable

#: The name of the line that has none yet, also in what is proposed.
BARE_LINE: Final = "line-1"
#: A bare `ttyUSB0` is looked for here.
DEVICES: Final = Path("/dev")
#: Linux documentation, admin-guide/devices.txt: Unix98 pseudo-terminal slaves.
_PSEUDO_TERMINAL_MAJORS: Final = range(136, 144)
#: The same: the terminals of whoever asks, and the virtual consoles (with minors below 64).
_OWN_TERMINAL_MAJOR: Final = 5
_CONSOLE_MAJOR: Final = 4
_SERIAL_FROM_MINOR: Final = 64
_CHARACTER_DEVICES: Final = Path("/sys/dev/char")


def bare_line(port: str, lines: Iterable[Line], api_port: int) -> Line:
    """Return a line for `port`; raises `RefusedError` (`bad_port`, `port_owned`, `not_offered`).

    Nothing is opened for it. `api_port` is where the engine itself listens on this machine.
    """
    try:
        line = plan.line_of(LineTable.model_validate({"id": BARE_LINE, "port": port}), DEVICES)
    except ValidationError as error:
        raise RefusedError(
            f"{port!r} is no port: {error.errors()[0]['msg']}", code="bad_port"
        ) from None
    require_scannable(line)
    for owned in lines:
        if _same_port(owned, line):
            reason = f"port {port} belongs to line {owned.id}: name the line instead"
            raise RefusedError(reason, code="port_owned")
    if line.link is Link.SERIAL:
        if not line.port.startswith(USB_SCHEME) and not is_serial_port(line.port):
            raise RefusedError(f"{line.port} is no serial port", code="bad_port")
    elif is_on_this_machine(line.port, api_port):
        raise RefusedError(f"at {line.port} the engine itself listens", code="bad_port")
    return line


def is_serial_port(path: str) -> bool:
    """Tell without opening it whether `path` leads to a serial port or a pseudo-terminal."""
    try:
        real = Path(path).resolve(strict=True)
        found = real.stat()
    except (OSError, RuntimeError, ValueError):
        return False
    if not real.is_relative_to(DEVICES) or not stat.S_ISCHR(found.st_mode):
        return False
    major, minor = os.major(found.st_rdev), os.minor(found.st_rdev)
    if major in _PSEUDO_TERMINAL_MAJORS:
        return True
    if major == _OWN_TERMINAL_MAJOR or (major == _CONSOLE_MAJOR and minor < _SERIAL_FROM_MINOR):
        return False
    subsystem = _CHARACTER_DEVICES / f"{major}:{minor}" / "subsystem"
    return os.path.realpath(subsystem) == "/sys/class/tty"


def is_on_this_machine(place: str, port: int) -> bool:
    """Tell whether `host:port` is that port of this machine, whatever way it is written."""
    host, _, number = place.rpartition(":")
    if int(number) != port:
        return False
    host = host.strip("[]").lower().rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address: IPv4Address | IPv6Address
    try:
        # It also reads "127.1" and "0x7f000001", as a connection does.
        address = IPv4Address(socket.inet_aton(host))
    except OSError:
        try:
            address = IPv6Address(host)
        except AddressValueError:
            return False
        address = address.ipv4_mapped or address
    return address.is_loopback or address.is_unspecified


def require_scannable(line: Line) -> None:
    """Refuse a line that has no unit addresses."""
    if line.link is Link.SNMP:
        raise RefusedError("an SNMP agent has no units to look for", code="not_offered")


def wire_of(line: Line, *, with_site: bool) -> Wire:
    """Say how the site file writes a line."""
    if line.link is not Link.SERIAL:
        port = f"{line.link}://{line.port}"
    elif line.port.startswith(USB_SCHEME):
        port = line.port
    else:
        # A relative path of the site file is kept as seen from where the engine was started.
        port = str(Path(line.port).absolute())
    return Wire(line.id, port, line.link, with_site=with_site)


def _same_port(one: Line, other: Line) -> bool:
    if one.link is not Link.SERIAL or other.link is not Link.SERIAL:
        return one.port == other.port
    return os.path.realpath(one.port) == os.path.realpath(other.port)
