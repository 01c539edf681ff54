"""Ports that no line owns: what a technician writes becomes a line for as long as it is scanned."""

from __future__ import annotations

import os.path
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from bacs_core.commissioning.proposal import Wire
from bacs_core.errors import RefusedError
from bacs_core.settings import Line, Link
from bacs_core.sitefile import plan
from bacs_core.sitefile.tables import LineTable

#: The name of the line that has none yet, also in what is proposed.
BARE_LINE: Final = "line-1"
#: A bare `ttyUSB0` is looked for here.
DEVICES: Final = Path("/dev")


def bare_line(port: str, lines: Iterable[Line]) -> Line:
    """Return a line for `port`; raises `RefusedError` (`bad_port`, `port_owned`, `not_offered`)."""
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
    return line


def require_scannable(line: Line) -> None:
    """Refuse a line that has no unit addresses."""
    if line.link is Link.SNMP:
        raise RefusedError("an SNMP agent has no units to look for", code="not_offered")


def wire_of(line: Line, *, with_site: bool) -> Wire:
    """Say how the site file writes a line."""
    port = line.port if line.link is Link.SERIAL else f"{line.link}://{line.port}"
    return Wire(line.id, port, line.link, with_site=with_site)


def _same_port(one: Line, other: Line) -> bool:
    if one.link is not Link.SERIAL or other.link is not Link.SERIAL:
        return one.port == other.port
    return os.path.realpath(one.port) == os.path.realpath(other.port)
