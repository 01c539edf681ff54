"""Where the values of a foreign device go, declared as data beside its registers.

A foreign device has no identity block and no echo. Its file declares questions: which block is
read with which function, which of its registers means which value of which cell or string, and
which of them must agree with the site file before anything is believed. No other register is asked
for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bacs_core.devices.registers import Block
from bacs_core.model import Quantity, String
from bacs_core.reasons import reason
from bacs_core.settings import ManagerOptions


class StringValue(StrEnum):
    """What a foreign device tells beside the quantities of cells."""

    CURRENT = "current_a"
    AC_CURRENT = "ac_current_a"
    ROOM_TEMPERATURE = "room_temperature_c"
    SUM_VOLTAGE = "sum_voltage_v"
    MEAN_VOLTAGE = "mean_voltage_v"
    CHARGE = "charge_percent"
    EQUALIZING = "equalizing"
    """Not zero while at least one cell is being equalized."""
    CELL_BYPASS = "cell_bypass"
    """Not zero while current is led past this cell."""
    CHARGING = "charging"
    FLOAT_CHARGING = "float_charging"
    DISCHARGING = "discharging"


@dataclass(frozen=True, slots=True)
class Place:
    """What one register means: `target` of cell `cell` of string `string`, both counted from 1.

    `mask` picks bits of the register: any of them set is 1, none is 0. `codes` are the numbers that
    mean 1, all others 0. `factor` names a scale that is not in the register's row, because only the
    installer knows it; without it the value is absent.
    """

    register: str
    target: Quantity | StringValue
    string: int = 1
    cell: int = 1
    mask: int | None = None
    codes: tuple[int, ...] | None = None
    factor: str | None = None

    def value(
        self, values: Mapping[str, float | None], factors: Mapping[str, float]
    ) -> float | None:
        """Return what the decoded registers `values` mean, or `None`."""
        raw = values[self.register]
        if raw is None:
            return None
        if self.mask is not None:
            return float(int(raw) & self.mask != 0)
        if self.codes is not None:
            return float(int(raw) in self.codes)
        factor = 1.0 if self.factor is None else factors.get(self.factor)
        return None if factor is None else round(raw * factor, DECIMALS)


#: Of 2267 x 0.001 nothing but 2.267 must remain.
DECIMALS: Final = 9


@dataclass(frozen=True, slots=True)
class Check:
    """A register that must have a known value; `None` means only that it is not 0."""

    register: str
    expected: float | None
    label: str

    def disagreement(self, values: Mapping[str, float | None]) -> str | None:
        """Say what is wrong, or `None`."""
        found = values[self.register]
        if self.expected is None:
            return None if found else reason("told", what=self.label)
        if found == self.expected:
            return None
        shown = "absent" if found is None else found
        return reason("instead_of", what=self.label, found=shown, expected=self.expected)


@dataclass(frozen=True, slots=True)
class Question:
    """A block that is read, and what its answer means.

    It is asked every round where `interval_s` is `None`. Where a check disagrees, nothing that the
    device says is believed. `factors` are the scales that its places name, `powers` the powers of
    ten that its registers name and that stand in another block.
    """

    block: Block
    places: tuple[Place, ...] = ()
    checks: tuple[Check, ...] = ()
    interval_s: float | None = None
    factors: Mapping[str, float] = field(default_factory=dict)
    powers: Mapping[str, float | None] = field(default_factory=dict)

    def decode(self, payload: bytes) -> dict[str, float | None]:
        """Read the registers out of an answer; raises `FrameError`."""
        return self.block.decode(payload, powers=self.powers)

    def disagreement(self, values: Mapping[str, float | None]) -> str | None:
        """Say what the first check that fails finds wrong, or `None`."""
        found = (check.disagreement(values) for check in self.checks)
        return next((text for text in found if text is not None), None)

    def unscaled(self) -> tuple[str, ...]:
        """Say which values are absent because nobody has declared their scale."""
        return tuple(
            reason("not_scaled", string=place.string, what=place.target.value, scale=place.factor)
            for place in self.places
            if place.factor is not None and place.factor not in self.factors
        )


#: What a device file makes of the strings that the site file declares for one manager.
ManagerQuestions = Callable[[Sequence[String], ManagerOptions], tuple[Question, ...]]
#: What a device file makes of one module: its unit address and the string that it belongs to.
ModuleQuestions = Callable[[int, String], tuple[Question, ...]]
#: Says why a device cannot be what the site file declares, or `None`.
Refusal = Callable[[Sequence[String]], str | None]


def names_of(bits: Mapping[int, str], word: int) -> tuple[str, ...]:
    """Return the names of the bits that are set in `word`; a bit without a name is numbered."""
    return tuple(
        bits.get(1 << place, f"bit {1 << place:#06x}")
        for place in range(word.bit_length())
        if word >> place & 1
    )
