"""How a register map is declared: frozen rows of data, no lambdas.

Scale, sign, unit, absent value and source are fields, so that a map can be decoded, encoded,
printed and tested from the one declaration. A map that contradicts itself fails at import. A block
of the wrong length is refused: nothing is padded, nothing is read past the end.

Addresses are those on the wire (counted from 0). 32-bit values have the high word first, unless
their kind says otherwise.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from typing import Final

from bacs_core.devices import guard
from bacs_core.devices.guard import Guard
from bacs_core.errors import DeclarationError, FrameError

#: Modbus application protocol V1.1b3, 6.3: a read returns at most 125 registers.
MAX_READ_REGISTERS: Final = 125
#: The same, 6.12: a multiple write carries at most 123 registers.
MAX_WRITE_REGISTERS: Final = 123
#: The same, 6.1: a read returns at most 2000 bits.
MAX_READ_BITS: Final = 2000
READ_COILS: Final = 1
READ_DISCRETE_INPUTS: Final = 2
READ_HOLDING_REGISTERS: Final = 3
READ_INPUT_REGISTERS: Final = 4
BIT_FUNCTIONS: Final = (READ_COILS, READ_DISCRETE_INPUTS)
WORD_BITS: Final = 16
#: No measured value needs more; a device that says more has not said anything.
MAX_POWER: Final = 10


class Unit(StrEnum):
    """Units inside the core; prefixes live only in a register's scale."""

    VOLT = "V"
    AMPERE = "A"
    OHM = "Ω"
    CELSIUS = "°C"
    PERCENT = "%"
    SECOND = "s"
    NONE = ""


class Sign(StrEnum):
    """How a negative number is written."""

    NONE = "unsigned"
    TWOS_COMPLEMENT = "two's complement"
    MAGNITUDE = "the highest bit is the sign, the others the magnitude"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the bits of a number stand: `bits` of them from bit `lowest_bit` of `words` words."""

    words: int = 1
    bits: int = WORD_BITS
    lowest_bit: int = 0
    sign: Sign = Sign.NONE
    low_word_first: bool = False


class Kind(Enum):
    """How the bits of a register stand for a number; a new kind is one more row."""

    U16 = Layout()
    S16 = Layout(sign=Sign.TWOS_COMPLEMENT)
    SIGN_MAGNITUDE_16 = Layout(sign=Sign.MAGNITUDE)
    HIGH_BYTE = Layout(bits=8, lowest_bit=8)
    LOW_BYTE = Layout(bits=8)
    U32 = Layout(words=2, bits=32)
    S32 = Layout(words=2, bits=32, sign=Sign.TWOS_COMPLEMENT)
    U32_LOW_FIRST = Layout(words=2, bits=32, low_word_first=True)
    S32_LOW_FIRST = Layout(words=2, bits=32, sign=Sign.TWOS_COMPLEMENT, low_word_first=True)
    BIT = Layout(bits=1)
    """One place of a block that is read with function 1 or 2."""

    def __init__(self, layout: Layout) -> None:
        """Work out once what every decoding needs."""
        self._layout = layout
        self._mask = (1 << layout.bits) - 1 << layout.lowest_bit
        self._sign_bit = 0 if layout.sign is Sign.NONE else 1 << layout.bits - 1

    @property
    def words(self) -> int:
        """How many registers one value takes, or shares."""
        return self._layout.words

    @property
    def mask(self) -> int:
        """Which bits of its words the number takes."""
        return self._mask

    @property
    def bounds(self) -> tuple[int, int]:
        """Smallest and largest raw number."""
        if not self._sign_bit:
            return 0, (1 << self._layout.bits) - 1
        least = self._sign_bit if self._layout.sign is Sign.TWOS_COMPLEMENT else self._sign_bit - 1
        return -least, self._sign_bit - 1

    def raw(self, words: Sequence[int]) -> int:
        """Read the raw number out of its words."""
        number = words[0]
        if len(words) > 1:
            number = 0
            for word in reversed(words) if self._layout.low_word_first else words:
                number = number << WORD_BITS | word
        number = (number & self._mask) >> self._layout.lowest_bit
        sign_bit = self._sign_bit
        if not number & sign_bit:
            return number
        if self._layout.sign is Sign.MAGNITUDE:
            return sign_bit - number
        return number - 2 * sign_bit

    def to_words(self, raw: int) -> list[int]:
        """Write a raw number into words; the bits that others share stay 0."""
        layout = self._layout
        if raw < 0 and layout.sign is Sign.MAGNITUDE:
            raw = self._sign_bit - raw
        number = raw << layout.lowest_bit & self.mask
        words = [number >> WORD_BITS * place & 0xFFFF for place in reversed(range(layout.words))]
        return words[::-1] if layout.low_word_first else words


class Access(StrEnum):
    """What a master may do with a register."""

    READ = "r"
    WRITE = "w"
    READ_WRITE = "rw"
    BROADCAST = "b"
    """Written to all units of a line at once (unit address 0); never read."""


@dataclass(frozen=True, slots=True)
class Register:
    """One named value: `value = raw * scale + shift`, absent where `raw == absent`.

    `offset` counts registers from the start of its block (bits with function 1 or 2). Where
    `power` names another register, the value is also multiplied by ten to the power of that one; a
    power beyond `MAX_POWER` gives no value.
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
    shift: float = 0.0
    power: str | None = None
    _divisor: int = field(init=False, repr=False, compare=False)
    """One over the scale, where that is a whole number; else 0."""

    def __post_init__(self) -> None:
        """Refuse rows that cannot be true."""
        object.__setattr__(self, "_divisor", _divisor(self.scale))
        low, high = self.kind.bounds
        if self.absent is not None and not low <= self.absent <= high:
            msg = f"{self.name}: absent value {self.absent} does not fit {self.kind.name}"
            raise DeclarationError(msg)
        if self.scale <= 0 or self.offset < 0:
            msg = f"{self.name}: scale must be positive and offset not negative"
            raise DeclarationError(msg)

    def value(self, raw: int, power: int = 0) -> float | None:
        """Turn a raw number into the value it stands for, or `None` where the device has none."""
        if power:
            return self.values((raw,), power)[0]
        if raw == self.absent:
            return None
        # Dividing by the inverse keeps 2250 * 0.001 at exactly 2.25.
        number = raw / self._divisor if self._divisor else raw * self.scale
        return number + self.shift

    def values(self, raws: Iterable[int], power: int = 0) -> list[float | None]:
        """Turn many raw numbers into values."""
        scale, shift, absent, divisor = self.scale, self.shift, self.absent, self._divisor
        if abs(power) > MAX_POWER:
            return [None for _ in raws]
        if power:
            scale *= 10.0**power
            divisor = _divisor(scale)
        if divisor:
            return [None if raw == absent else raw / divisor + shift for raw in raws]
        return [None if raw == absent else raw * scale + shift for raw in raws]

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
        return min(max(round((value - self.shift) / self.scale), low), high)


def _divisor(scale: float) -> int:
    inverse = round(1 / scale) if scale > 0 else 0
    return inverse if abs(inverse * scale - 1) < 1e-9 else 0  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class Text:
    """Some registers that hold characters, two in each, padded with NUL or blanks."""

    name: str
    offset: int
    words: int
    label: str


@dataclass(frozen=True, slots=True)
class Block:
    """Registers that are read or written together in one transaction.

    A guarded block (see `guard`) counts its guard words in `count`; no register may lie on them.
    With function 1 or 2 the block is one of bits: `count` and offsets count bits.
    """

    name: str
    address: int
    count: int
    registers: tuple[Register, ...]
    source: str
    function: int = READ_HOLDING_REGISTERS
    guard: Guard = Guard.NONE
    texts: tuple[Text, ...] = ()

    def __post_init__(self) -> None:
        """Refuse overlapping or outlying registers and double names."""
        first = 1 if self.guard is Guard.ANSWER else 0
        end = self.count if self.guard is Guard.NONE else self.count - 1
        taken: dict[tuple[int, int], str] = {}
        rows: tuple[Register | Text, ...] = (*self.registers, *self.texts)
        for row in rows:
            for bit in _bits_taken(row):
                if not first <= bit[0] < end:
                    msg = f"{self.name}.{row.name} lies outside its block"
                    raise DeclarationError(msg)
                if bit in taken:
                    msg = f"{self.name}.{row.name} overlaps {taken[bit]}"
                    raise DeclarationError(msg)
                taken[bit] = row.name
        if len(set(taken.values())) != len(rows):
            msg = f"{self.name} uses a register name twice"
            raise DeclarationError(msg)
        most = MAX_READ_BITS if self.is_of_bits else MAX_READ_REGISTERS
        if self.guard is Guard.ORDER:
            most = MAX_WRITE_REGISTERS
        if not 0 < self.count <= most:
            msg = f"{self.name} has {self.count} places; one transaction takes at most {most}"
            raise DeclarationError(msg)
        if self.is_of_bits != any(register.kind is Kind.BIT for register in self.registers):
            msg = f"{self.name} mixes bits and registers"
            raise DeclarationError(msg)

    @property
    def is_of_bits(self) -> bool:
        """Whether it is read with function 1 or 2."""
        return self.function in BIT_FUNCTIONS

    @property
    def payload_bytes(self) -> int:
        """How many bytes carry the block."""
        return (self.count + 7) // 8 if self.is_of_bits else 2 * self.count

    def at(self, address: int) -> Block:
        """Return the same block at another address (one of a row of equal blocks)."""
        return replace(self, address=address)

    def written(self, name: str) -> Block:
        """Return the order that writes what this guarded block shows: without echo, with check."""
        registers = tuple(replace(row, offset=row.offset - 1) for row in self.registers)
        return Block(
            name, self.address + 1, self.count - 1, registers, self.source, guard=Guard.ORDER
        )

    def decode(
        self,
        payload: bytes,
        *,
        unit: int | None = None,
        asked: int | None = None,
        powers: Mapping[str, float | None] | None = None,
    ) -> dict[str, float | None]:
        """Read every value out of `payload`, the register bytes of one answer.

        A guarded block must be told which `unit` was asked, and for which address (its own, if none
        is given). `powers` has the powers of ten that stand in another block; where a power is not
        known, there is no value. Raises `FrameError` where the payload does not have exactly this
        block's length or, guarded, does not belong to this request.
        """
        self._verify(payload, unit, asked)
        places = self._places(payload)
        found: dict[str, float | None] = {}
        scaled: list[tuple[Register, int]] = []
        for register in self.registers:
            offset, kind = register.offset, register.kind
            raw = kind.raw(places[offset : offset + kind.words])
            # A power may stand behind what it scales; the order of the rows is kept all the same.
            found[register.name] = None if register.power else register.value(raw)
            if register.power:
                scaled.append((register, raw))
        for register, raw in scaled:
            power = {**(powers or {}), **found}.get(register.power or "")
            if power is not None:
                found[register.name] = register.value(raw, int(power))
        return found

    def decode_texts(self, payload: bytes) -> dict[str, str]:
        """Read the texts out of `payload`; what is no character of ASCII is left out."""
        return {
            text.name: payload[2 * text.offset : 2 * (text.offset + text.words)]
            .decode("ascii", errors="ignore")
            .strip("\0 ")
            for text in self.texts
        }

    def encode(
        self,
        values: Mapping[str, float | None],
        *,
        unit: int | None = None,
        asked: int | None = None,
    ) -> bytes:
        """Write `values` as register bytes; a register without a value must have an absent one.

        A guarded block gets its guard words, for which it must be told `unit` and address.
        """
        places = [0] * self.count
        for register in self.registers:
            raw = register.raw(values.get(register.name))
            for word, bits in enumerate(register.kind.to_words(raw), start=register.offset):
                places[word] |= bits
        if self.is_of_bits:
            number = sum(bit << place for place, bit in enumerate(places))
            return number.to_bytes(self.payload_bytes, "little")
        payload = struct.pack(f">{self.count}H", *places)
        if self.guard is Guard.NONE:
            return payload
        asked = self.address if asked is None else asked
        if self.guard is Guard.ORDER:
            return guard.sealed_order(self._known(unit), asked, payload[:-2])
        return guard.sealed_answer(self._known(unit), self.function, asked, payload[2:-2])

    def _places(self, payload: bytes) -> Sequence[int]:
        if not self.is_of_bits:
            return struct.unpack(f">{self.count}H", payload)
        number = int.from_bytes(payload, "little")
        return [number >> place & 1 for place in range(self.count)]

    def _verify(self, payload: bytes, unit: int | None, asked: int | None) -> None:
        if len(payload) != self.payload_bytes:
            msg = f"{self.name}: {len(payload)} bytes instead of {self.payload_bytes}"
            raise FrameError(msg, payload)
        asked = self.address if asked is None else asked
        if self.guard is Guard.ANSWER:
            guard.verify_answer(payload, self._known(unit), self.function, asked)
        elif self.guard is Guard.ORDER:
            guard.verify_order(payload, self._known(unit), asked)

    def _known(self, unit: int | None) -> int:
        if unit is None:
            msg = f"{self.name} is guarded: whoever reads or writes it must name the unit"
            raise DeclarationError(msg)
        return unit


def _bits_taken(row: Register | Text) -> Iterator[tuple[int, int]]:
    """Yield (word, bit) of everything that a row takes."""
    words, mask = (row.words, 0xFFFF) if isinstance(row, Text) else (row.kind.words, row.kind.mask)
    for word in range(words):
        yield from (
            (row.offset + word, bit) for bit in range(WORD_BITS) if words > 1 or mask >> bit & 1
        )


@dataclass(frozen=True, slots=True)
class Column:
    """One quantity of up to 512 cells, in pages that one transaction can read.

    A page starts with the echo and the age of its oldest value in tenths of a second; the cells'
    values follow, then the check (see `guard`).
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
            (self.page(first), PAGE_EXTRA_WORDS + min(CELLS_PER_PAGE, cell_count - first), first)
            for first in range(0, cell_count, CELLS_PER_PAGE)
        )

    def decode(self, payload: bytes, *, unit: int, asked: int) -> tuple[float, list[float | None]]:
        """Return (age in seconds, values) of the page that `unit` was asked for at `asked`.

        Raises `FrameError` where the guard words show that this answers another request.
        """
        count = len(payload) // 2 - PAGE_EXTRA_WORDS
        if count < 1 or len(payload) % 2:
            msg = f"{self.name}: a page of {len(payload)} bytes"
            raise FrameError(msg, payload)
        guard.verify_answer(payload, unit, READ_HOLDING_REGISTERS, asked)
        _echo, age, *words, _check = struct.unpack(f">{len(payload) // 2}H", payload)
        kind = self.register.kind
        raws = words if kind is Kind.U16 else [kind.raw((word,)) for word in words]
        return age / 10, self.register.values(raws)

    def encode(self, values: Iterable[float | None], age_s: float) -> bytes:
        """Write age and values as register bytes, without the guard words."""
        words = [min(max(round(10 * age_s), 0), 0xFFFF)]
        for value in values:
            words += self.register.kind.to_words(self.register.raw(value))
        return struct.pack(f">{len(words)}H", *words)


#: Echo and age before the cells, check after them.
PAGE_EXTRA_WORDS: Final = 3
CELLS_PER_PAGE: Final = 120
PAGE_STRIDE: Final = 128
