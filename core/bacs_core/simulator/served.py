"""A register map served from a table: rows of addresses, each with what fills it.

The rows come from the declarations in `devices`, so that the simulator serves what is published and
nothing else. Reads of anything that is not listed are refused.
"""

from __future__ import annotations

import math
import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from bacs_core.devices import guard
from bacs_core.devices.guard import Guard
from bacs_core.devices.registers import READ_HOLDING_REGISTERS, Block
from bacs_core.errors import FrameError
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
    """One simulated device on a line.

    For every frame, whoever it is for, the line first tells `sense` to all its devices, and only
    then looks at their `addresses`. A device answers as every one of its `addresses` (none while it
    sleeps or waits for its turn of addressing); two devices with the same one both answer.
    """

    @property
    def addresses(self) -> frozenset[int]:
        """The unit addresses at which the device answers now."""

    @property
    def next_event_s(self) -> float:
        """When the device will next do something by itself."""

    def act(self, now: float) -> None:
        """Do what is due at `now`."""

    def sense(self, now: float) -> None:
        """Notice that something was on the line."""

    def read(self, function: int, address: int, count: int, now: float) -> bytes:
        """Return register bytes (functions 3, 4) or packed bits (1, 2).

        Raises `RequestRefusedError`.
        """

    def write(self, address: int, payload: bytes, now: float) -> None:
        """Obey a write of registers (function 16); raises `RequestRefusedError`."""

    def hear(self, address: int, payload: bytes, now: float) -> None:
        """Obey a broadcast write, or ignore it; every device of a line is told of all."""


@dataclass(frozen=True, slots=True)
class Served:
    """Registers from `address` on that `fill` delivers as bytes, for the present time.

    Of a guarded row `fill` delivers only what is between its guard words.
    """

    address: int
    count: int
    fill: Callable[[float], bytes]
    guarded: bool = False


class RegisterTable:
    """All readable registers of one device of our own map."""

    def __init__(self, rows: Iterable[Served]) -> None:
        """Sort the rows; they must not overlap."""
        self._rows = sorted(rows, key=lambda row: row.address)
        self._addresses = [row.address for row in self._rows]

    def read(self, unit: int, function: int, asked: int, count: int, now: float) -> bytes:
        """Return `count` registers from `asked` on, whose high bits are the request counter.

        Raises `RequestRefusedError` where one of them is not listed. A read may begin inside a row
        and span rows that follow each other without a gap.
        """
        if function != READ_HOLDING_REGISTERS:
            raise RequestRefusedError(ILLEGAL_FUNCTION)
        payload = b""
        while len(payload) < 2 * count:
            position = asked + len(payload) // 2
            address = guard.register_address(position)
            place = bisect_right(self._addresses, address) - 1
            row = self._rows[place] if place >= 0 else None
            if row is None or address >= row.address + row.count:
                raise RequestRefusedError(ILLEGAL_ADDRESS)
            content = row.fill(now)
            if not row.guarded:
                payload += content[2 * (address - row.address) :]
                continue
            echo = struct.pack(">H", position - (address - row.address) & 0xFFFF)
            payload += (echo + content)[2 * (address - row.address) :]
            payload += guard.check(unit, function, asked, payload)
        return payload[: 2 * count]


def block_row(block: Block, values: Callable[[float], Mapping[str, float | None]]) -> Served:
    """Serve a declared block; `values` gives its registers by name."""
    if block.guard is Guard.NONE:
        return Served(block.address, block.count, lambda now: block.encode(values(now)))

    def fill(now: float) -> bytes:
        return block.encode(values(now), unit=0)[2:-2]

    return Served(block.address, block.count, fill, guarded=True)


def order(block: Block, unit: int, asked: int, payload: bytes) -> dict[str, float | None]:
    """Read an order that was written to `asked` of `unit`.

    Raises `RequestRefusedError` where its length or its check word is wrong.
    """
    try:
        return block.decode(payload, unit=unit, asked=asked)
    except FrameError as error:
        raise RequestRefusedError(ILLEGAL_VALUE) from error


def number_or_none(value: Floats | float) -> float | None:
    """Turn one measured value into what a declaration encodes; NaN means absent."""
    number = float(value)
    return None if math.isnan(number) else number
