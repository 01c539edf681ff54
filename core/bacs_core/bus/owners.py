"""Chooses who owns a line, by what carries its requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bacs_core.bus.line import LineOwner
from bacs_core.bus.modbus_tcp import ModbusTcpOwner
from bacs_core.bus.owner import Owner
from bacs_core.bus.schedule import Job
from bacs_core.bus.tcp_port import TcpPort
from bacs_core.settings import Line, Link


def owner_for(line: Line, jobs: Sequence[Job], wall_clock: Callable[[], float]) -> Owner:
    """Return the owner of a line that speaks Modbus; nothing is opened yet."""
    if line.link is Link.MODBUS_TCP:
        return ModbusTcpOwner(line, jobs, wall_clock)
    if line.link is Link.RTU_OVER_TCP:
        return LineOwner(line, jobs, wall_clock, open_port=TcpPort.open)
    return LineOwner(line, jobs, wall_clock)
