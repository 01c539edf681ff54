"""Numbers, ages and times as text, for the parts of the panel that are not drawn in the browser.

`canvas/shared/bacs_numbers.js` holds the same rules for what is drawn there; a browser test
compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Final

from bacs_core.model import Quantity

ABSENT: Final = "—"
MINUS: Final = "−"
#: A unit never stands at the start of a line, away from its number.
NO_BREAK: Final = "\u00a0"
MINUTE_S: Final = 60.0
HOUR_S: Final = 3600.0
DAY_S: Final = 86400.0
#: Below this cell voltage a millivolt is shown: 2 V to 4 V cells are held within 10 mV.
FINE_BELOW_V: Final = 5.0
#: From here on a sum has no room for decimals and needs none.
COARSE_FROM: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Numbers:
    """How one language writes numbers."""

    decimal_mark: str

    def text(self, value: float | None, decimals: int) -> str:
        """Write `value` with fixed decimals; the dash stands for a value that is not there."""
        if value is None or not isfinite(value):
            return ABSENT
        plain = f"{value:.{decimals}f}"
        if float(plain) == 0:
            plain = plain.removeprefix("-")
        return plain.replace("-", MINUS).replace(".", self.decimal_mark)

    def with_unit(self, value: float | None, decimals: int, unit: str) -> str:
        """Write `value` and its unit; an absent value has no unit."""
        text = self.text(value, decimals)
        return text if text == ABSENT else f"{text}{NO_BREAK}{unit}"


@dataclass(frozen=True, slots=True)
class Shown:
    """How a quantity stands on the screen: factor from SI, unit, decimals for fine and coarse."""

    factor: float
    unit: str
    decimals_fine: int
    decimals_coarse: int

    def decimals(self, cell_voltage_v: float) -> int:
        """Choose the decimals by the kind of cell: small cells are shown finer."""
        return self.decimals_fine if cell_voltage_v < FINE_BELOW_V else self.decimals_coarse

    def text(self, numbers: Numbers, value: float | None, cell_voltage_v: float) -> str:
        """Write a value given in SI (or degrees Celsius, or percent) as people read it."""
        scaled = None if value is None else value * self.factor
        return numbers.with_unit(scaled, self.decimals(cell_voltage_v), self.unit)


SHOWN: Final[dict[Quantity, Shown]] = {
    Quantity.VOLTAGE: Shown(1.0, "V", 3, 2),
    Quantity.TEMPERATURE: Shown(1.0, "°C", 1, 1),
    Quantity.RESISTANCE: Shown(1e3, "mΩ", 3, 2),
    Quantity.CHARGE: Shown(1.0, "%", 0, 0),
    Quantity.DUTY: Shown(1.0, "%", 0, 0),
}


def age(numbers: Numbers, age_s: float | None) -> str:
    """Write how old something is in the largest unit that says it: s, min, h, d."""
    if age_s is None or not isfinite(age_s):
        return ABSENT
    seconds = max(0.0, age_s)
    if seconds < MINUTE_S:
        return f"{int(seconds)}{NO_BREAK}s"
    if seconds < HOUR_S:
        return f"{int(seconds // MINUTE_S)}{NO_BREAK}min"
    if seconds < DAY_S:
        return numbers.with_unit(int(seconds / HOUR_S * 10) / 10, 1, "h")
    return f"{int(seconds // DAY_S)}{NO_BREAK}d"


def clock(at: datetime) -> str:
    """Write the local time of day."""
    return f"{at.astimezone():%H:%M:%S}"


def minute_of(at: datetime, today: datetime, day_format: str) -> str:
    """Write the local hour and minute, and the day in front of it where it was not today."""
    local = at.astimezone()
    same_day = local.date() == today.astimezone().date()
    return f"{local:%H:%M}" if same_day else f"{local:{day_format} %H:%M}"


def day_and_clock(at: datetime, day_format: str) -> str:
    """Write local day and time; `day_format` is the language's strftime pattern for a day."""
    return f"{at.astimezone():{day_format} %H:%M:%S}"
