"""Faults of a line and its devices, switched on while everything runs.

Each kind is one row: what it makes of a sound answer. The result is a list of parts, each with the
delay in seconds after which it goes out and its bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np

from bacs_core.simulator.modbus import exception_answer, with_crc

Parts = list[tuple[float, bytes]]


class FaultKind(StrEnum):
    """What can go wrong between a device and its master."""

    SILENT = "silent"
    """No answer."""
    DEAF = "deaf"
    """Broadcasts are not heard; reads are answered."""
    LATE = "late"
    """The answer comes `delay_s` later than it should."""
    TRUNCATED = "truncated"
    """Only the first `size` bytes of the answer come."""
    GARBLED = "garbled"
    """`size` bits of the answer are flipped."""
    ECHO = "echo"
    """The line returns the request before the answer, like a two-wire adapter without echo off."""
    FOREIGN_UNIT = "foreign_unit"
    """The answer names unit `value`, with a good CRC."""
    WRONG_BYTE_COUNT = "wrong_byte_count"
    """The byte count says `value` too much, with a good CRC."""
    FEWER_REGISTERS = "fewer_registers"
    """A sound answer that lacks the last `size` registers."""
    NOISE_BEFORE = "noise_before"
    """`size` random bytes come before the answer."""
    NOISE_AFTER = "noise_after"
    """`size` random bytes come after the answer."""
    EXCEPTION = "exception"
    """The device answers with Modbus exception `value`."""


@dataclass(slots=True)
class Fault:
    """One fault that is switched on; `unit` is `None` for every unit of the line.

    It ends by itself after `count` answers and at `until_s` of the monotonic clock, whichever is
    first; `None` means never.
    """

    kind: FaultKind
    unit: int | None = None
    count: int | None = None
    until_s: float | None = None
    delay_s: float = 0.0
    size: int = 1
    value: int = 1

    def over(self, now: float) -> bool:
        """Tell whether the fault has ended."""
        return self.count == 0 or (self.until_s is not None and now >= self.until_s)


@dataclass(slots=True)
class FaultBook:
    """The faults of one line."""

    faults: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Switch a fault on."""
        self.faults.append(fault)

    def clear(self, unit: int | None = None) -> None:
        """Switch off all faults, or those of one unit."""
        self.faults = [] if unit is None else [f for f in self.faults if f.unit != unit]

    def take(self, unit: int, now: float, *, broadcast: bool) -> list[Fault]:
        """Return the faults that hit this request of `unit`, and count them down."""
        self.faults = [fault for fault in self.faults if not fault.over(now)]
        hit = [
            fault
            for fault in self.faults
            if fault.unit in (None, unit) and (fault.kind is FaultKind.DEAF) == broadcast
        ]
        for fault in hit:
            if fault.count is not None:
                fault.count -= 1
        return hit


def spoil(faults: list[Fault], request: bytes, answer: bytes, random: np.random.Generator) -> Parts:
    """Turn a sound answer into what the faults leave of it."""
    parts: Parts = [(0.0, answer)]
    for fault in faults:
        parts = _SPOILERS[fault.kind](fault, request, parts, random)
    return parts


def _each(change: Callable[[Fault, bytes], bytes]) -> _Spoiler:
    """Make a spoiler out of a change of the answer's bytes."""

    def spoiler(fault: Fault, _request: bytes, parts: Parts, _random: np.random.Generator) -> Parts:
        return [(delay_s, change(fault, part)) for delay_s, part in parts]

    return spoiler


def _garbled(fault: Fault, _request: bytes, parts: Parts, random: np.random.Generator) -> Parts:
    spoiled = []
    for delay_s, part in parts:
        wrong = bytearray(part)
        for bit in random.choice(8 * len(part), min(fault.size, 8 * len(part)), replace=False):
            wrong[bit // 8] ^= 1 << (bit % 8)
        spoiled.append((delay_s, bytes(wrong)))
    return spoiled


def _without_last_registers(fault: Fault, answer: bytes) -> bytes:
    kept = max(answer[2] - 2 * fault.size, 0)
    return with_crc(answer[:2] + bytes([kept]) + answer[3 : 3 + kept])


_Spoiler = Callable[[Fault, bytes, Parts, np.random.Generator], Parts]

_SPOILERS: Final[dict[FaultKind, _Spoiler]] = {
    FaultKind.SILENT: lambda _fault, _request, _parts, _random: [],
    FaultKind.DEAF: lambda _fault, _request, parts, _random: parts,
    FaultKind.LATE: lambda fault, _request, parts, _random: [
        (delay_s + fault.delay_s, part) for delay_s, part in parts
    ],
    FaultKind.TRUNCATED: _each(lambda fault, answer: answer[: fault.size]),
    FaultKind.GARBLED: _garbled,
    FaultKind.ECHO: lambda _fault, request, parts, _random: [(0.0, request), *parts],
    FaultKind.FOREIGN_UNIT: _each(
        lambda fault, answer: with_crc(bytes([fault.value]) + answer[1:-2])
    ),
    FaultKind.WRONG_BYTE_COUNT: _each(
        lambda fault, answer: with_crc(
            answer[:2] + bytes([(answer[2] + fault.value) % 256]) + answer[3:-2]
        )
    ),
    FaultKind.FEWER_REGISTERS: _each(_without_last_registers),
    FaultKind.NOISE_BEFORE: lambda fault, _request, parts, random: [
        (delay_s, random.bytes(fault.size) + part) for delay_s, part in parts
    ],
    FaultKind.NOISE_AFTER: lambda fault, _request, parts, random: [
        (delay_s, part + random.bytes(fault.size)) for delay_s, part in parts
    ],
    FaultKind.EXCEPTION: _each(
        lambda fault, answer: exception_answer(answer[0], answer[1] & 0x7F, fault.value)
    ),
}
