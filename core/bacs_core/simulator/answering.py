"""Who of the units behind one line answers a request, and with what.

Units are asked for their present addresses, since they may sleep, change their address, or share
one with another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from bacs_core.simulator import modbus
from bacs_core.simulator.faults import FaultBook, FaultKind, Hit
from bacs_core.simulator.modbus import Request
from bacs_core.simulator.served import (
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    NEVER,
    RequestRefusedError,
    Unit,
)

#: Units need not know of every frame to notice that their line is in use, and rarely change their
#: address by themselves; 240 of them are too many to be asked each time.
LOOK_EVERY_S: Final = 0.1
DEVICE_FAILURE: Final = 4
_UNDONE: Final = (FaultKind.ASLEEP, FaultKind.EXCEPTION)
_UNHEARD: Final = (FaultKind.DEAF, FaultKind.ASLEEP)


class Roster:
    """The units of one line, and where they answer."""

    def __init__(self, units: Sequence[Unit]) -> None:
        """Know the units, whose addresses are looked up at the first frame."""
        self.units = units
        self._by_address: dict[int, list[Unit]] = {}
        self._look_at_s = -NEVER

    def sense(self, now: float) -> None:
        """Let the units notice a frame, and look up who is where."""
        if now < self._look_at_s:
            return
        self._look_at_s = now + LOOK_EVERY_S
        for unit in self.units:
            unit.sense(now)
        self._by_address = {}
        for unit in self.units:
            for address in unit.addresses:
                self._by_address.setdefault(address, []).append(unit)

    def at(self, address: int) -> Sequence[Unit]:
        """Return the units that answer at `address`."""
        return self._by_address.get(address, ())

    def look_again(self) -> None:
        """Something may have changed an address: look everybody up at the next frame."""
        self._look_at_s = -NEVER


def answer_of(unit: Unit, request: Request, hits: Sequence[Hit], now: float) -> bytes:
    """Return the body that `unit` answers before the faults that hit it change it.

    A device that sleeps or refuses does not carry out what it is told.
    """
    if any(hit.kind in _UNDONE for hit in hits):
        return modbus.exception_answer(request.unit, request.function, DEVICE_FAILURE)
    return _sound_answer(unit, request, now)


def _sound_answer(unit: Unit, request: Request, now: float) -> bytes:
    if not request.served:
        return modbus.exception_answer(request.unit, request.function, ILLEGAL_FUNCTION)
    if not request.consistent:
        return modbus.exception_answer(request.unit, request.function, ILLEGAL_VALUE)
    try:
        if request.is_write:
            unit.write(request.address, request.registers, now)
            return modbus.write_answer(request)
        payload = unit.read(request.function, request.address, request.count, now)
        return modbus.read_answer(request, payload)
    except RequestRefusedError as refused:
        return modbus.exception_answer(request.unit, request.function, refused.code)


def hear_all(
    units: Sequence[Unit],
    request: Request,
    faults: FaultBook,
    now: float,
    random: np.random.Generator,
) -> list[Hit]:
    """Let all units hear a broadcast; return the faults that kept it from some of them."""
    if not (request.is_write and request.consistent):
        return []
    all_hits = []
    for unit in units:
        hits = faults.take(unit.addresses, now, random, broadcast=True)
        all_hits += hits
        if not any(hit.kind in _UNHEARD for hit in hits):
            unit.hear(request.address, request.registers, now)
    return all_hits
