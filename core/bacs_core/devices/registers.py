"""How a register map is declared: frozen rows of data, no lambdas.

Scale, sign, unit, absent value and source are fields, so that a map can be decoded, encoded,
printed and tested from the one declaration. A map that contradicts itself fails at import. A block
of the wrong length is refused: nothing is padded, nothing is read past the end.

Addresses are those on the wire (counted from 0). 32-bit values have the high word first.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bacs_core.errors import DeclarationError, FrameError

#: Modbus application protocol V1.1b3, 6.3: a read returns at most 125 registers.
MAX_READ_REGISTERS: Final = 125
#: The same, 6.12: a multiple write carries at most 123 registers.
MAX_WRITE_REGISTERS: Final = 123


class Unit(StrEnum):
    """Units inside the core; prefixes live only in a register's scale."""

    VOLT = "V"
    AMPERE = "A"
    OHM = "Ω"
    CELSIUS = "°C"
    PERCENT = "%"
    SECOND = "s"
    NONE = ""


class Kind(StrEnum):
    """How the bits of a register stand for a number; the value is the `struct` format."""

    U16 = "H"
    S16 = "h"
    U32 = "I"
    S32 = "i"

    @property
    def words(self) -> int:
        """How many registers one value takes."""
        return 2 if self in (Kind.U32, Kind.S32) else 1

    @property
    def bounds(self) -> tuple[int, int]:
        """Smallest and largest raw number."""
        bits = 16 * self.words
        if self in (Kind.S16, Kind.S32):
            return -(1 << (bits - 1)), (1 << (bits - 1)) - 1
        return 0, (1 << bits) - 1


class Access(StrEnum):
    """What a master may do with a register."""

    READ = "r"
    WRITE = "w"
    READ_WRITE = "rw"
    BROADCAST = "b"
    """Written to all units of a line at once (unit address 0); never read."""


@dataclass(frozen=True, slots=True)
class Register:
    """One named value: `value = raw * scale`, absent where `raw == absent`.

    `offset` counts registers from the start of its block.
    """

    name: str
    offset: int
    label: str
    unit: Unit = Unit.NONE
    scale: float = 1.0
    kind: Kind = Kind.U16
    absent: int | None = None
    access: Access = Access.READ
    symbols: Mapping[int, str] | None = None

    def __post_init__(self) -> None:
        """Refuse rows that cannot be true."""
        low, high = self.kind.bounds
        if self.absent is not None and not low <= self.absent <= high:
            msg = f"{self.name}: absent value {self.absent} does not fit {self.kind.name}"
            raise DeclarationError(msg)
        if self.scale <= 0 or self.offset < 0:
            msg = f"{self.name}: scale must be positive and offset not negative"
            raise DeclarationError(msg)

    def value(self, raw: int) -> float | None:
        """Turn a raw number into the value it stands for, or `None` where the device has none."""
        if raw == self.absent:
            return None
        # Dividing by the inverse keeps 2250 * 0.001 at exactly 2.25.
        inverse = round(1 / self.scale)
        return raw / inverse if abs(inverse * self.scale - 1) < 1e-9 else raw * self.scale  # noqa: PLR2004

    def raw(self, value: float | None) -> int:
        """Turn a value into the raw number, clamped so that it never reads as absent."""
        if value is None:
            if self.absent is None:
                msg = f"{self.name} has no way to say 'absent'"
                raise DeclarationError(msg)
            return self.absent
        low, high = self.kind.bounds
        low += self.absent == low
        high -= self.absent == high
        return min(max(round(value / self.scale), low), high)


@dataclass(frozen=True, slots=True)
class Block:
    """Registers that are read or written together in one transaction."""

    name: str
    address: int
    count: int
    registers: tuple[Register, ...]
    source: str

    def __post_init__(self) -> None:
        """Refuse overlapping or outlying registers and double names."""
        taken: dict[int, str] = {}
        for register in self.registers:
            for word in range(register.offset, register.offset + register.kind.words):
                if word >= self.count:
                    msg = f"{self.name}.{register.name} lies outside its block"
                    raise DeclarationError(msg)
                if word in taken:
                    msg = f"{self.name}.{register.name} overlaps {taken[word]}"
                    raise DeclarationError(msg)
                taken[word] = register.name
        if len({register.name for register in self.registers}) != len(self.registers):
            msg = f"{self.name} uses a register name twice"
            raise DeclarationError(msg)
        if not 0 < self.count <= MAX_READ_REGISTERS:
            msg = f"{self.name} has {self.count} registers; one read takes at most 125"
            raise DeclarationError(msg)

    def at(self, address: int) -> Block:
        """Return the same block at another address (one of a row of equal blocks)."""
        return Block(self.name, address, self.count, self.registers, self.source)

    def decode(self, payload: bytes) -> dict[str, float | None]:
        """Read every value out of `payload`, the register bytes of one answer.

        Raises `FrameError` where the payload does not have exactly this block's length.
        """
        self._check_length(payload)
        return {
            register.name: register.value(
                struct.unpack_from(f">{register.kind.value}", payload, 2 * register.offset)[0]
            )
            for register in self.registers
        }

    def encode(self, values: Mapping[str, float | None]) -> bytes:
        """Write `values` as register bytes; a register without a value must have an absent one."""
        payload = bytearray(2 * self.count)
        for register in self.registers:
            raw = register.raw(values.get(register.name))
            struct.pack_into(f">{register.kind.value}", payload, 2 * register.offset, raw)
        return bytes(payload)

    def _check_length(self, payload: bytes) -> None:
        if len(payload) != 2 * self.count:
            msg = f"{self.name}: {len(payload)} bytes instead of {2 * self.count}"
            raise FrameError(msg, payload)


@dataclass(frozen=True, slots=True)
class Column:
    """One quantity of up to 512 cells, in pages that one transaction can read.

    A page starts with two words: its own address (an echo that ties an answer to its request) and
    the age of its oldest value in tenths of a second; the cells' values follow.
    """

    register: Register
    address: int
    source: str

    @property
    def name(self) -> str:
        """Name of the quantity in the column."""
        return self.register.name

    def page(self, cell: int) -> int:
        """Address of the page that holds cell `cell` (counted from 0)."""
        return self.address + PAGE_STRIDE * (cell // CELLS_PER_PAGE)

    def pages(self, cell_count: int) -> tuple[tuple[int, int, int], ...]:
        """(address, register count, first cell) of each page that `cell_count` cells need."""
        return tuple(
            (self.page(first), PAGE_HEADER + min(CELLS_PER_PAGE, cell_count - first), first)
            for first in range(0, cell_count, CELLS_PER_PAGE)
        )

    def decode(self, payload: bytes, address: int) -> tuple[float, list[float | None]]:
        """Return (age in seconds, values) of the page at `address`.

        Raises `FrameError` where the echo shows that this is another page.
        """
        if len(payload) <= 2 * PAGE_HEADER or len(payload) % 2:
            msg = f"{self.name}: a page of {len(payload)} bytes"
            raise FrameError(msg, payload)
        echo, age = struct.unpack_from(">HH", payload)
        if echo != address:
            msg = f"{self.name}: page {echo:#06x} came for page {address:#06x}"
            raise FrameError(msg, payload)
        count = len(payload) // 2 - PAGE_HEADER
        raws = struct.unpack_from(f">{count}{self.register.kind.value}", payload, 2 * PAGE_HEADER)
        return age / 10, [self.register.value(raw) for raw in raws]


PAGE_HEADER: Final = 2
CELLS_PER_PAGE: Final = 120
PAGE_STRIDE: Final = 128
