"""Registers and coils of a simulated foreign device, filled from declared questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bacs_core.devices.places import Place, Question
from bacs_core.devices.registers import BIT_FUNCTIONS
from bacs_core.simulator.served import ILLEGAL_ADDRESS, RequestRefusedError

Measure = Callable[[Place], float | None]


@dataclass(frozen=True, slots=True)
class Row:
    """Registers, or coils, from `address` on that `fill` delivers as bytes."""

    functions: tuple[int, ...]
    address: int
    count: int
    fill: Callable[[], bytes]


class Table:
    """Everything that can be read of one device; all else is refused.

    Rows of one function may overlap where each leaves the places of the others 0.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        """Serve these rows."""
        self._rows = tuple(rows)

    def read(self, function: int, address: int, count: int) -> bytes:
        """Return `count` registers (or packed coils) from `address` on.

        Raises `RequestRefusedError` where one of them is in no row.
        """
        coils = function in BIT_FUNCTIONS
        places: dict[int, int] = {}
        for row in self._rows:
            first = max(address, row.address)
            end = min(address + count, row.address + row.count)
            if function not in row.functions or first >= end:
                continue
            content = _places(row.fill(), row.count, coils=coils)
            for place in range(first, end):
                places[place] = places.get(place, 0) | content[place - row.address]
        if len(places) < count:
            raise RequestRefusedError(ILLEGAL_ADDRESS)
        return _packed([places[address + place] for place in range(count)], coils=coils)


def encoded(
    question: Question, measure: Measure, fixed: Mapping[str, float | None] | None = None
) -> bytes:
    """Write the answer to a question: what `measure` tells of each place, and what checks expect.

    `fixed` has registers that never change, such as the powers of ten of a model.
    """
    values: dict[str, float | None] = {
        register.name: None if register.absent is not None else 0.0
        for register in question.block.registers
    }
    powers = {**question.powers, **(fixed or {})}
    values |= {name: value for name, value in powers.items() if name in values}
    by_name = {register.name: register for register in question.block.registers}
    for place in question.places:
        told = measure(place)
        power = by_name[place.register].power
        if told is not None and power is not None:
            told /= 10.0 ** (powers.get(power) or 0.0)
        values[place.register] = _merged(values[place.register], place, told, question.factors)
    for check in question.checks:
        ones = check.expected if check.expected is not None else 1
        found = values[check.register] if check.expected is None else 0
        values[check.register] = int(found or 0) | int(ones)
    return question.block.encode(values)


def _merged(
    before: float | None, place: Place, told: float | None, factors: Mapping[str, float]
) -> float | None:
    if place.mask is not None:
        return int(before or 0) | (place.mask if told else 0)
    if place.codes is not None:
        return place.codes[0] if told else before
    if told is None:
        return None
    return told if place.factor is None else told / factors[place.factor]


def _places(payload: bytes, count: int, *, coils: bool) -> list[int]:
    if coils:
        number = int.from_bytes(payload, "little")
        return [number >> place & 1 for place in range(count)]
    return [int.from_bytes(payload[2 * place : 2 * place + 2], "big") for place in range(count)]


def _packed(places: Sequence[int], *, coils: bool) -> bytes:
    if coils:
        number = sum(bit << place for place, bit in enumerate(places))
        return number.to_bytes((len(places) + 7) // 8, "little")
    return b"".join(word.to_bytes(2, "big") for word in places)
