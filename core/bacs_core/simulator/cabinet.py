"""The simulated cabinet: plant, devices and virtual lines built from a site file's settings."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np

from bacs_core.devices import panel_manager
from bacs_core.errors import SettingsError
from bacs_core.model import Manager as ManagerModel
from bacs_core.settings import Address, Settings
from bacs_core.simulator.building import Oddity, PlantOptions
from bacs_core.simulator.current_sensors import CurrentSensor
from bacs_core.simulator.identity import serial_number
from bacs_core.simulator.line import VirtualLine
from bacs_core.simulator.managers import Manager
from bacs_core.simulator.modules import Module
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.port import VirtualPort
from bacs_core.simulator.room import Room
from bacs_core.simulator.served import Unit

#: How often plant time moves on where nothing else happens, in real seconds.
TICK_S: Final = 0.1
DEFAULT_TURNAROUND_S: Final = 0.001
SLOWEST_SPEED: Final = 1.0
FASTEST_SPEED: Final = 600.0

#: What makes the demonstration interesting: a tired and a warm cell in the second string.
ODD_STRING: Final = 1
WEAK_CELL: Final = 16
WEAK_RESISTANCE_FACTOR: Final = 1.8
WARM_CELL: Final = 30
WARMER_K: Final = 20.0


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
        units: dict[str, dict[int, Unit]] = {line_id: {} for line_id in settings.lines}
        for address, unit in self._devices(now):
            units[address.line_id][address.unit] = unit
        for on_line in units.values():
            self.room.install(on_line.values())
        self.ports = {
            line_id: VirtualPort(
                VirtualLine(
                    line,
                    units[line_id],
                    turnaround_s=options.turnaround_s,
                    random=np.random.default_rng([options.plant.seed, *line_id.encode()]),
                ),
                ports_dir / line_id,
                self.lock,
            )
            for line_id, line in settings.lines.items()
        }
        self._stopping = threading.Event()
        self._clock = threading.Thread(target=self._run, name="plant clock", daemon=True)

    @property
    def cell_count(self) -> int:
        """Cells of the whole site."""
        return sum(string.cell_count for string in self.settings.site.strings)

    def start(self) -> None:
        """Open all ports and let time run; when this returns all paths exist."""
        for port in self.ports.values():
            port.start()
        self._clock.start()

    def stop(self) -> None:
        """Stop all threads, close all ports and remove their paths."""
        self._stopping.set()
        self._clock.join()
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

    def _devices(self, now: float) -> Iterator[tuple[Address, Unit]]:
        settings = self.settings
        for manager in settings.site.managers:
            if manager.id in settings.managers:
                address = settings.managers[manager.id]
                yield address, self._manager(manager, address, now)
        for key, addresses in settings.modules.items():
            for cell, address in enumerate(addresses):
                number = serial_number(address.line_id, address.unit)
                simulated = self.plant.strings[key]
                yield address, Module(address.unit, simulated, cell, number, self.room)
        for key, address in settings.current_sensors.items():
            number = serial_number(address.line_id, address.unit)
            yield address, CurrentSensor(address.unit, self.plant.strings[key], number, self.room)

    def _manager(self, manager: ManagerModel, address: Address, now: float) -> Manager:
        if manager.device != panel_manager.NAME:
            msg = f"manager {manager.id}: a {manager.device} cannot be simulated"
            raise SettingsError(msg)
        strings = [self.plant.strings[string.key] for string in manager.strings]
        number = serial_number(address.line_id, address.unit)
        return Manager(address.unit, strings, number, self.room, now)
