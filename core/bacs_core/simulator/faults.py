"""Faults of a line and its devices, switched on while everything runs.

Each kind is one row: whom it hits, and what it makes of a sound answer. An answer is changed twice:
first its body (unit address and PDU), which is then framed with a good CRC, then its bytes and
times on the wire. All chance comes from the line's own seeded generator.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import numpy as np

from bacs_core.simulator.modbus import exception_answer

#: A device that answers twice keeps the silence between two frames.
DUPLICATE_SILENCE_CHARACTERS: Final = 3.5
#: How far two devices at one address start apart, at most.
TWIN_SHIFT_CHARACTERS: Final = 3.0


class FaultKind(StrEnum):
    """What can go wrong between a device and its master."""

    SILENT = "silent"
    """No answer."""
    DEAF = "deaf"
    """Broadcasts are not heard; reads are answered."""
    ASLEEP = "asleep"
    """Neither an answer, nor are broadcasts heard."""
    LATE = "late"
    """The answer comes `delay_s` later than it should."""
    TRUNCATED = "truncated"
    """Only the first `size` bytes of the answer come."""
    GARBLED = "garbled"
    """`size` bits of the answer are flipped, anywhere."""
    BURST = "burst"
    """A burst of `size` bits hits the answer: the first and the last are flipped, others may be."""
    DUPLICATED = "duplicated"
    """The answer comes a second time, `delay_s` and a silence after the first."""
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
    TWIN = "twin"
    """A second device at the same address answers something else at nearly the same time."""
    CHATTER = "chatter"
    """The line itself says `size` random bytes, on average every `every_s`."""
    PORT_LOSS = "port_loss"
    """The port vanishes for `delay_s`, on average every `every_s`."""


class Scope(StrEnum):
    """Whom a kind of fault hits."""

    ANSWER = "answer"
    BROADCAST = "broadcast"
    BOTH = "both"
    LINE = "line"
    """Nobody: it happens to the line by itself."""


@dataclass(slots=True)
class Fault:
    """One fault that is switched on; `unit` is `None` for every unit of the line.

    It hits a request with `probability`; of the three numbers, each that has an upper end is drawn
    anew for each hit. It ends by itself after `count` hits and at `until_s` of the monotonic clock,
    whichever is first; `None` means never. A fault of the line itself comes on average every
    `every_s`.
    """

    kind: FaultKind
    unit: int | None = None
    count: int | None = None
    until_s: float | None = None
    delay_s: float = 0.0
    size: int = 1
    value: int = 1
    probability: float = 1.0
    delay_to_s: float | None = None
    size_to: int | None = None
    value_to: int | None = None
    every_s: float = 1.0
    next_s: float = field(default=-math.inf, repr=False)
    """When a fault of the line itself comes next; drawn as soon as the line has seen it."""

    def over(self, now: float) -> bool:
        """Tell whether the fault has ended."""
        return self.count == 0 or (self.until_s is not None and now >= self.until_s)

    @property
    def scope(self) -> Scope:
        """Whom it hits."""
        return _ROWS[self.kind].scope


@dataclass(frozen=True, slots=True)
class Hit:
    """One fault that happens once, with the numbers drawn for it."""

    kind: FaultKind
    delay_s: float
    size: int
    value: int


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

    def take(
        self, units: Collection[int], now: float, random: np.random.Generator, *, broadcast: bool
    ) -> list[Hit]:
        """Return the faults that hit a request to the device at `units`, and count them down."""
        if not self.faults:
            return []
        self._forget(now)
        scopes = (Scope.BROADCAST, Scope.BOTH) if broadcast else (Scope.ANSWER, Scope.BOTH)
        return [
            _hit(fault, random)
            for fault in self.faults
            if (fault.unit is None or fault.unit in units)
            and fault.scope in scopes
            and _happens(fault, random)
        ]

    @property
    def next_s(self) -> float:
        """When `take_own` has something to do next."""
        return min(
            (fault.next_s for fault in self.faults if fault.scope is Scope.LINE), default=math.inf
        )

    def take_own(self, now: float, random: np.random.Generator) -> list[Hit]:
        """Return what happens to the line by itself up to `now`, and count it down."""
        self._forget(now)
        hits = []
        for fault in self.faults:
            if fault.scope is Scope.LINE and fault.next_s <= now:
                if fault.next_s > -math.inf:
                    hits.append(_hit(fault, random))
                pause_s = float(random.exponential(fault.every_s))
                fault.next_s = math.inf if fault.over(now) else now + pause_s
        return hits

    def _forget(self, now: float) -> None:
        if any(fault.over(now) for fault in self.faults):
            self.faults = [fault for fault in self.faults if not fault.over(now)]


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes that go out `after_s` after the moment at which the sound answer would start.

    `spoilt` says that they are not, bit by bit, what a device sent.
    """

    after_s: float
    data: bytes
    spoilt: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a fault may look at: the request as it came, the framing, the wire, chance."""

    request: bytes
    frame: Callable[[bytes], bytes]
    character_s: float
    random: np.random.Generator
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Spoilt:
    """What the faults left of an answer; `whole` is the frame before the wire did anything."""

    parts: list[Part]
    whole: bytes


def spoil(hits: list[Hit], body: bytes, exchange: Exchange) -> Spoilt:
    """Turn the body of a sound answer into what the faults leave of it."""
    for hit in hits:
        if (change := _ROWS[hit.kind].body) is not None:
            body = change(hit, body)
    whole = exchange.frame(body)
    exchange = replace(exchange, body=body)
    parts = [Part(0.0, whole)]
    for hit in hits:
        if (disturb := _ROWS[hit.kind].wire) is not None:
            parts = disturb(hit, parts, exchange)
    return Spoilt(parts, whole)


def _happens(fault: Fault, random: np.random.Generator) -> bool:
    return fault.probability >= 1 or random.random() < fault.probability


def _hit(fault: Fault, random: np.random.Generator) -> Hit:
    if fault.count is not None:
        fault.count -= 1
    return Hit(
        kind=fault.kind,
        delay_s=fault.delay_s
        if fault.delay_to_s is None
        else float(random.uniform(fault.delay_s, fault.delay_to_s)),
        size=_drawn(fault.size, fault.size_to, random),
        value=_drawn(fault.value, fault.value_to, random),
    )


def _drawn(least: int, most: int | None, random: np.random.Generator) -> int:
    return least if most is None else int(random.integers(least, most + 1))


_ChangeBody = Callable[[Hit, bytes], bytes]
_Disturb = Callable[[Hit, list[Part], Exchange], list[Part]]


@dataclass(frozen=True, slots=True)
class _Row:
    scope: Scope
    body: _ChangeBody | None = None
    wire: _Disturb | None = None


def _each(change: Callable[[Hit, bytes, Exchange], bytes]) -> _Disturb:
    """Change the bytes of every part."""

    def disturb(hit: Hit, parts: list[Part], exchange: Exchange) -> list[Part]:
        return [Part(part.after_s, change(hit, part.data, exchange), spoilt=True) for part in parts]

    return disturb


def _nothing(_hit: Hit, _parts: list[Part], _exchange: Exchange) -> list[Part]:
    return []


def _later(hit: Hit, parts: list[Part], _exchange: Exchange) -> list[Part]:
    return [_put_off(part, hit.delay_s) for part in parts]


def _put_off(part: Part, delay_s: float) -> Part:
    return replace(part, after_s=part.after_s + delay_s)


def _garbled(hit: Hit, data: bytes, exchange: Exchange) -> bytes:
    bits = 8 * len(data)
    return _flipped(data, exchange.random.choice(bits, min(hit.size, bits), replace=False))


def _burst(hit: Hit, data: bytes, exchange: Exchange) -> bytes:
    length = min(hit.size, 8 * len(data))
    first = int(exchange.random.integers(8 * len(data) - length + 1))
    inner = exchange.random.random(length) < 0.5  # noqa: PLR2004
    inner[0] = inner[-1] = True
    return _flipped(data, first + np.flatnonzero(inner))


def _flipped(data: bytes, bits: np.typing.NDArray[np.int64]) -> bytes:
    """Flip bits, counted in the order in which a UART sends them: lowest of each byte first."""
    wrong = bytearray(data)
    for bit in bits.tolist():
        wrong[bit // 8] ^= 1 << bit % 8
    return bytes(wrong)


def _again(hit: Hit, parts: list[Part], exchange: Exchange) -> list[Part]:
    silence_s = DUPLICATE_SILENCE_CHARACTERS * exchange.character_s + hit.delay_s
    return [
        copy
        for part in parts
        for copy in (part, _put_off(part, len(part.data) * exchange.character_s + silence_s))
    ]


def _echo(_hit: Hit, parts: list[Part], exchange: Exchange) -> list[Part]:
    length_s = len(exchange.request) * exchange.character_s
    return [Part(0.0, exchange.request), *(_put_off(part, length_s) for part in parts)]


def _twin(_hit: Hit, parts: list[Part], exchange: Exchange) -> list[Part]:
    shift_s = float(exchange.random.uniform(0, TWIN_SHIFT_CHARACTERS)) * exchange.character_s
    body = exchange.body[:3] + exchange.random.bytes(max(len(exchange.body) - 3, 0))
    return [*parts, Part(shift_s, exchange.frame(body))]


def _fewer_registers(hit: Hit, body: bytes) -> bytes:
    kept = max(body[2] - 2 * hit.size, 0)
    return body[:2] + bytes([kept]) + body[3 : 3 + kept]


def _wrong_byte_count(hit: Hit, body: bytes) -> bytes:
    return body[:2] + bytes([(body[2] + hit.value) % 256]) + body[3:]


_ROWS: Final[dict[FaultKind, _Row]] = {
    FaultKind.SILENT: _Row(Scope.ANSWER, wire=_nothing),
    FaultKind.DEAF: _Row(Scope.BROADCAST),
    FaultKind.ASLEEP: _Row(Scope.BOTH, wire=_nothing),
    FaultKind.LATE: _Row(Scope.ANSWER, wire=_later),
    FaultKind.TRUNCATED: _Row(Scope.ANSWER, wire=_each(lambda hit, data, _: data[: hit.size])),
    FaultKind.GARBLED: _Row(Scope.ANSWER, wire=_each(_garbled)),
    FaultKind.BURST: _Row(Scope.ANSWER, wire=_each(_burst)),
    FaultKind.DUPLICATED: _Row(Scope.ANSWER, wire=_again),
    FaultKind.ECHO: _Row(Scope.ANSWER, wire=_echo),
    FaultKind.FOREIGN_UNIT: _Row(
        Scope.ANSWER, body=lambda hit, body: bytes([hit.value]) + body[1:]
    ),
    FaultKind.WRONG_BYTE_COUNT: _Row(Scope.ANSWER, body=_wrong_byte_count),
    FaultKind.FEWER_REGISTERS: _Row(Scope.ANSWER, body=_fewer_registers),
    FaultKind.NOISE_BEFORE: _Row(
        Scope.ANSWER,
        wire=_each(lambda hit, data, exchange: exchange.random.bytes(hit.size) + data),
    ),
    FaultKind.NOISE_AFTER: _Row(
        Scope.ANSWER,
        wire=_each(lambda hit, data, exchange: data + exchange.random.bytes(hit.size)),
    ),
    FaultKind.EXCEPTION: _Row(
        Scope.ANSWER,
        body=lambda hit, body: exception_answer(body[0], body[1] & 0x7F, hit.value),
    ),
    FaultKind.TWIN: _Row(Scope.ANSWER, wire=_twin),
    FaultKind.CHATTER: _Row(Scope.LINE),
    FaultKind.PORT_LOSS: _Row(Scope.LINE),
}
