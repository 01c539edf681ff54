"""What a technician has chosen on the pages of commissioning, and the orders made of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bacs_core.api.messages import (
    AddressingMode,
    LineInfo,
    ReaddressModule,
    StartAddressing,
    StartScan,
)
from bacs_core.settings import Parity

FIRST_UNIT: Final = 1
LAST_UNIT: Final = 247
LAST_MODULE: Final = 240
MOST_SERIAL: Final = 0xFFFFFFFF
BAUDS: Final = (9600, 19200, 38400, 57600, 115200)


class Giving(StrEnum):
    """How addresses are given."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"
    ONE = "one"
    """One module gets another address."""


@dataclass(slots=True)
class Chosen:
    """The form of all steps; what is `None` was left empty or is not possible.

    `place` is the id of a line or a port. No named `bauds` and `parities` mean the usual ones.
    """

    place: str = ""
    all_units: bool = True
    first_unit: int | None = FIRST_UNIT
    last_unit: int | None = LAST_UNIT
    bauds: frozenset[str] = frozenset()
    parities: frozenset[str] = frozenset()
    giving: Giving = Giving.AUTOMATIC
    first_module: int | None = 1
    count: int | None = None
    baud: int | None = None
    unit: int | None = None
    serial_number: int | None = None
    new_unit: int | None = None

    def scan(self, lines: Iterable[LineInfo]) -> StartScan | str:
        """Make the order to search, or return the text that says what is missing."""
        first, last = (
            (FIRST_UNIT, LAST_UNIT) if self.all_units else (self.first_unit, self.last_unit)
        )
        if not self.place:
            return "choose_place"
        if first is None or last is None or last < first:
            return "choose_units"
        line_id, port = self._wire(lines)
        return StartScan(
            line_id=line_id,
            port=port,
            first_unit=first,
            last_unit=last,
            bauds=sorted(int(baud) for baud in self.bauds),
            parities=[parity for parity in Parity if parity in self.parities],
        )

    def addressing(self, lines: Iterable[LineInfo]) -> StartAddressing | ReaddressModule | str:
        """Make the order to give addresses, or return the text that says what is missing."""
        if not self.place:
            return "choose_place"
        return self._one(lines) if self.giving is Giving.ONE else self._many(lines)

    def _many(self, lines: Iterable[LineInfo]) -> StartAddressing | str:
        first, count = self.first_module, self.count
        if first is None or count is None:
            return "choose_first_and_count"
        if first + count - 1 > LAST_MODULE:
            return "choose_fewer"
        line_id, port = self._wire(lines)
        return StartAddressing(
            line_id=line_id,
            port=port,
            mode=AddressingMode(self.giving.value),
            first_unit=first,
            count=count,
            baud=self.baud,
        )

    def _one(self, lines: Iterable[LineInfo]) -> ReaddressModule | str:
        serial_number = self.serial_number
        if self.unit is None or serial_number is None or self.new_unit is None:
            return "choose_module"
        if serial_number > MOST_SERIAL:
            return "choose_module"
        line_id, port = self._wire(lines)
        return ReaddressModule(
            line_id=line_id,
            port=port,
            unit=self.unit,
            serial_number=serial_number,
            new_unit=self.new_unit,
            baud=self.baud,
        )

    def line_id(self, lines: Iterable[LineInfo]) -> str | None:
        """Return the chosen line; nothing where a port is chosen."""
        return self._wire(lines)[0]

    def _wire(self, lines: Iterable[LineInfo]) -> tuple[str | None, str | None]:
        is_line = any(line.id == self.place for line in lines)
        return (self.place, None) if is_line else (None, self.place)
