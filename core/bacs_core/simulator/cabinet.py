"""The simulated cabinet: plant, devices and virtual lines built from a site file's settings."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import numpy as np

from bacs_core.errors import SettingsError
from bacs_core.settings import Line, Link, Settings
from bacs_core.simulator.building import Oddity, PlantOptions
from bacs_core.simulator.gateway import Gateway
from bacs_core.simulator.line import VirtualLine
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.populating import populate
from bacs_core.simulator.port import VirtualPort
from bacs_core.simulator.room import Room
from bacs_core.simulator.serial_server import SerialServer
from bacs_core.simulator.served import Unit
from bacs_core.simulator.tcp_front import TcpFront, listening_port

_log = logging.getLogger(__name__)

#: How often plant time moves on where nothing else happens, in real seconds.
TICK_S: Final = 0.1
DEFAULT_TURNAROUND_S: Final = 0.001
SLOWEST_SPEED: Final = 1.0
FASTEST_SPEED: Final = 600.0

#: What makes the demonstration interesting: a tired cell in the second string, and a warm one in a
#: warm corner. That one stands out, and is no emergency: it stays below every limit and every sign
#: of thermal runaway. Cells float apart as they usually do, so that bypasses are at work.
ODD_STRING: Final = 1
WEAK_CELL: Final = 16
WEAK_RESISTANCE_FACTOR: Final = 1.8
WARM_CELL: Final = 30
WARMER_K: Final = 3.5


@dataclass(frozen=True, slots=True)
class CabinetOptions:
    """How the cabinet is simulated; `speed` is plant seconds per real second."""

    plant: PlantOptions = field(default_factory=PlantOptions)
    speed: float = 1.0
    turnaround_s: float = DEFAULT_TURNAROUND_S

    def __post_init__(self) -> None:
        """Refuse a speed at which the plant would blur."""
        if not SLOWEST_SPEED <= self.speed <= FASTEST_SPEED:
            msg = f"speed {self.speed:g} is not between {SLOWEST_SPEED:g} and {FASTEST_SPEED:g}"
            raise SettingsError(msg)


def with_oddities(options: CabinetOptions, settings: Settings) -> CabinetOptions:
    """Add the odd cells of the demonstration where the site has a second string."""
    strings = settings.site.strings
    if len(strings) <= ODD_STRING:
        return options
    key = strings[ODD_STRING].key
    oddities = (
        Oddity(key, WEAK_CELL, resistance_factor=WEAK_RESISTANCE_FACTOR),
        Oddity(key, WARM_CELL, warmer_k=WARMER_K),
    )
    return replace(options, plant=replace(options.plant, oddities=oddities))


class Front(Protocol):
    """Where a line of the cabinet can be reached, and the thread that serves it."""

    @property
    def line(self) -> VirtualLine | Gateway:
        """The line behind it, with its faults and counters."""

    @property
    def place(self) -> str:
        """Its path, or its address on the network."""

    @property
    def present(self) -> bool:
        """Whether it can be reached."""

    def start(self) -> None:
        """Serve."""

    def stop(self) -> None:
        """End serving, for good."""

    def vanish(self, duration_s: float) -> None:
        """Go away for a while."""


class SimulatedCabinet:
    """Runs between `start` and `stop`, or inside `with` or `async with`, in threads of its own."""

    def __init__(
        self, settings: Settings, ports_dir: Path, options: CabinetOptions | None = None
    ) -> None:
        """Build everything; nothing runs and no port exists yet.

        Raises `SettingsError` where the site has a device that cannot be simulated.
        """
        options = options or CabinetOptions()
        now = time.monotonic()
        self.settings = settings
        self.lock = threading.RLock()
        self.plant = Plant(settings.site.strings, options.plant)
        self.room = Room(self.plant, options.speed, now)
        self.devices = populate(settings, self.plant, self.room, now)
        for units in self.devices.on_line.values():
            self.room.install(units)
        self.ports = {
            line.id: self._front(line, ports_dir, options)
            for line in settings.lines.values()
            if line.link in _FRONTS
        }
        self._stopping = threading.Event()
        self._clock = threading.Thread(target=self._run, name="plant clock", daemon=True)

    @property
    def cell_count(self) -> int:
        """Cells of the whole site."""
        return sum(string.cell_count for string in self.settings.site.strings)

    def start(self) -> None:
        """Open all ports and let time run; when this returns all paths exist.

        Raises `SettingsError` where a TCP port is taken; then nothing runs.
        """
        for line in self.settings.lines.values():
            if line.id not in self.ports:
                _log.info("line %s: %s is not simulated", line.id, line.link)
        try:
            for port in self.ports.values():
                port.start()
        except SettingsError:
            self._stop_ports()
            raise
        self._clock.start()

    def stop(self) -> None:
        """Stop all threads, close all ports and remove their paths."""
        self._stopping.set()
        self._clock.join()
        self._stop_ports()

    def _stop_ports(self) -> None:
        for port in self.ports.values():
            port.stop()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    async def __aenter__(self) -> Self:
        """Start without blocking the event loop."""
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop without blocking the event loop."""
        await asyncio.to_thread(self.stop)

    def _run(self) -> None:
        wait_s = TICK_S
        while not self._stopping.wait(wait_s):
            with self.lock:
                now = time.monotonic()
                self.room.advance_to(now)
                wait_s = min(TICK_S, max(self.room.next_event_s - now, 0.0))

    def _front(self, line: Line, ports_dir: Path, options: CabinetOptions) -> Front:
        random = np.random.default_rng([options.plant.seed, *line.id.encode()])
        return _FRONTS[line.link](
            line, self.devices.on_line[line.id], options.turnaround_s, random, ports_dir, self.lock
        )


def _serial(
    line: Line,
    units: Sequence[Unit],
    turnaround_s: float,
    random: np.random.Generator,
    ports_dir: Path,
    lock: threading.RLock,
) -> Front:
    virtual = VirtualLine(line, units, turnaround_s=turnaround_s, random=random)
    return VirtualPort(virtual, ports_dir / line.id, lock)


def _rtu_over_tcp(
    line: Line,
    units: Sequence[Unit],
    turnaround_s: float,
    random: np.random.Generator,
    _ports_dir: Path,
    lock: threading.RLock,
) -> Front:
    virtual = VirtualLine(line, units, turnaround_s=turnaround_s, random=random)
    return TcpFront(SerialServer(virtual), listening_port(line), lock)


def _modbus_tcp(
    line: Line,
    units: Sequence[Unit],
    turnaround_s: float,
    random: np.random.Generator,
    _ports_dir: Path,
    lock: threading.RLock,
) -> Front:
    gateway = Gateway(line, units, turnaround_s=turnaround_s, random=random)
    return TcpFront(gateway, listening_port(line), lock)


#: What stands at the end of a line; an SNMP agent is a program of its own.
_FRONTS: Final = {
    Link.SERIAL: _serial,
    Link.RTU_OVER_TCP: _rtu_over_tcp,
    Link.MODBUS_TCP: _modbus_tcp,
}
