"""Asks for guarded blocks of our own map: consecutive requests to a unit never look alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bacs_core.bus.frames import Request, read_registers, write_registers
from bacs_core.devices.guard import COUNTERS, asked_address
from bacs_core.devices.registers import Block


@dataclass(slots=True)
class RequestCounter:
    """The request counter of one unit; everything that asks the unit shares it."""

    value: int = 0

    def next(self) -> int:
        """Count one request."""
        self.value = (self.value + 1) % COUNTERS
        return self.value


@dataclass(slots=True)
class Question:
    """One read that is made again and again; `asked` is what its last request named."""

    unit: int
    counter: RequestCounter
    address: int
    count: int
    asked: int = 0

    def request(self) -> Request:
        """Ask under the next counter."""
        self.asked = asked_address(self.address, self.counter.next())
        return read_registers(self.unit, self.asked, self.count)


def question(unit: int, counter: RequestCounter, block: Block) -> Question:
    """Prepare to read a whole block."""
    return Question(unit, counter, block.address, block.count)


def order(
    unit: int, counter: RequestCounter, block: Block, values: Mapping[str, float | None]
) -> Request:
    """Build the request that writes `values` to one unit."""
    asked = asked_address(block.address, counter.next())
    return write_registers(unit, asked, block.encode(values, unit=unit, asked=asked))
