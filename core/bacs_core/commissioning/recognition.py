"""Finds out over a borrowed line who answers at a unit address, by reading alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bacs_core.bus.frames import Request
from bacs_core.bus.owner import Borrower
from bacs_core.commissioning import own_map
from bacs_core.commissioning.found import Found
from bacs_core.commissioning.probes import PROBES, Probe, Values
from bacs_core.commissioning.scan import Speed
from bacs_core.commissioning.words import say
from bacs_core.devices import guard, panel_manager
from bacs_core.devices.panel_map import IDENTITY
from bacs_core.errors import BusError, BusTimeoutError, DeviceError, PortGoneError
from bacs_core.model import MAX_STRINGS_PER_MANAGER

SEVERAL: Final = say("several")
UNKNOWN: Final = say("unknown")
#: How often a unit is asked whose answers arrive garbled.
TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a request: register bytes, a refusal, something garbled, or nothing at all."""

    payload: bytes | None = None
    refused: bool = False
    garbled: bool = False

    @property
    def is_silence(self) -> bool:
        """Whether nobody is there."""
        return self.payload is None and not self.refused and not self.garbled


@dataclass(frozen=True, slots=True)
class Ear:
    """Asks over a borrowed line and sorts the answers."""

    borrower: Borrower
    max_turnaround_s: float

    async def ask(self, request: Request) -> Heard:
        """Ask once more where the answer is garbled; raises `PortGoneError`."""
        for _ in range(TRIES):
            try:
                return Heard(await self.borrower.ask(request, self.max_turnaround_s))
            except PortGoneError:
                raise
            except DeviceError:
                return Heard(refused=True)
            except BusTimeoutError as error:
                if not error.raw:
                    return Heard()
            except BusError:
                # Something came, and it was no answer to this.
                continue
        return Heard(garbled=True)

    async def look(self, unit: int, speed: Speed) -> Found | None:
        """Tell who answers at `unit`, or `None` where nobody does; raises `PortGoneError`."""
        found = await self.look_for_own(unit, speed)
        if found is None and await self._knock(unit, speed):
            # It may also be one of ours that has just come.
            found = await self.look_for_own(unit, speed) or await self._foreign(unit, speed)
        return found

    async def look_for_own(self, unit: int, speed: Speed) -> Found | None:
        """As `look`, but whoever keeps silent to a question of our own map is not there."""
        heard = await self.ask(own_map.read(IDENTITY, unit))
        if heard.is_silence:
            return None
        if heard.garbled:
            return Found(unit, speed, SEVERAL)
        if heard.payload is not None and (own := own_map.own_of(heard.payload, unit)):
            return own.found(unit, speed, await self._strings(unit, own.string_count))
        return await self._foreign(unit, speed)

    async def _strings(self, unit: int, count: int) -> tuple[int | None, ...]:
        """Ask a manager of our own map how many cells each of its strings has."""
        cells: list[int | None] = []
        for number in range(1, min(count, MAX_STRINGS_PER_MANAGER) + 1):
            block = panel_manager.string_block(number)
            counter = number % guard.COUNTERS
            heard = await self.ask(own_map.read(block, unit, counter))
            values = heard.payload and own_map.values_of(block, heard.payload, unit, counter)
            cells.append(int(values["cell_count"] or 0) or None if values else None)
        return tuple(cells)

    async def _foreign(self, unit: int, speed: Speed) -> Found:
        for probe in PROBES:
            values = await self._fit(probe, unit)
            if values is not None:
                return Found(
                    unit,
                    speed,
                    probe.device.title,
                    probe.device.name,
                    probe.device.role,
                    string_cells=tuple(_cells(probe, values)),
                    remark=probe.remark,
                )
        return Found(unit, speed, UNKNOWN)

    async def _knock(self, unit: int, speed: Speed) -> bool:
        """Ask the kinds that may keep silent to a question they do not know."""
        for probe in PROBES:
            if probe.knocks_at == speed.baud:
                heard = await self.ask(probe.asks[0].request(unit))
                if not heard.is_silence:
                    return True
        return False

    async def _fit(self, probe: Probe, unit: int) -> Values | None:
        """Return what the device said if it is of this kind."""
        told: dict[str, float | None] = {}
        for ask in probe.asks:
            heard = await self.ask(ask.request(unit))
            values = None if heard.payload is None else ask.values(heard.payload, unit)
            if values is None:
                return None
            told |= values
        return told


def _cells(probe: Probe, values: Mapping[str, float | None]) -> Iterator[int | None]:
    """Say how many cells each string has, where the device tells it."""
    strings = int((values[probe.strings] if probe.strings else 1) or 1)
    cells = values[probe.cells] if probe.cells else None
    for _ in range(strings):
        yield int(cells) if cells is not None and strings == 1 else None
