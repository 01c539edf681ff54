"""A register map served from a table: rows of addresses, each with what fills it.

The rows come from the declarations in `devices`, so that the simulator serves what is published and
nothing else. Reads of anything that is not listed are refused.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from bacs_core.devices.registers import Block
from bacs_core.snapshot import Floats

NEVER: Final = math.inf

ILLEGAL_FUNCTION: Final = 1
ILLEGAL_ADDRESS: Final = 2
ILLEGAL_VALUE: Final = 3


class RequestRefusedError(Exception):
    """A device answers a request with a Modbus exception."""

    def __init__(self, code: int) -> None:
        """Carry the exception code."""
        super().__init__(code)
        self.code = code


class Environment(Protocol):
    """Who lets time pass: a device asks for it before it shows or changes anything.

    Times are those of a monotonic clock, in seconds; plant time may run faster.
    """

    @property
    def plant_time_s(self) -> float:
        """How much plant time has passed."""

    def settle(self, now: float) -> None:
        """Carry out all events of all devices that are due at `now`."""

    def disturb(self, now: float) -> None:
        """Let plant time pass up to `now`, since a device is about to change something."""


class Unit(Protocol):
    """One simulated device on a line."""

    @property
    def next_event_s(self) -> float:
        """When the device will next do something by itself."""

    def act(self, now: float) -> None:
        """Do what is due at `now`."""

    def read(self, address: int, count: int, now: float) -> bytes:
        """Return the register bytes, or raise `RequestRefusedError`."""

    def hear(self, address: int, payload: bytes, now: float) -> None:
        """Obey a broadcast write, or ignore it."""


@dataclass(frozen=True, slots=True)
class Served:
    """Registers from `address` on that `fill` delivers as bytes, for the present time."""

    address: int
    count: int
    fill: Callable[[float], bytes]


class RegisterTable:
    """All readable registers of one device."""

    def __init__(self, rows: Iterable[Served]) -> None:
        """Sort the rows; they must not overlap."""
        self._rows = sorted(rows, key=lambda row: row.address)
        self._addresses = [row.address for row in self._rows]

    def read(self, address: int, count: int, now: float) -> bytes:
        """Return `count` registers from `address` on.

        Raises `RequestRefusedError` where one of them is not listed. A read may span rows that
        follow each other without a gap.
        """
        payload = b""
        while len(payload) < 2 * count:
            place = bisect_right(self._addresses, address) - 1
            row = self._rows[place] if place >= 0 else None
            if row is None or address >= row.address + row.count:
                raise RequestRefusedError(ILLEGAL_ADDRESS)
            part = row.fill(now)[2 * (address - row.address) :]
            payload += part
            address += len(part) // 2
        return payload[: 2 * count]


def block_row(block: Block, values: Callable[[float], Mapping[str, float | None]]) -> Served:
    """Serve a declared block; `values` gives its registers by name."""
    return Served(block.address, block.count, lambda now: block.encode(values(now)))


def number_or_none(value: Floats | float) -> float | None:
    """Turn one measured value into what a declaration encodes; NaN means absent."""
    number = float(value)
    return None if math.isnan(number) else number
