"""How the value and the limit of an alarm are written in its text."""

from __future__ import annotations

from typing import Final

from bacs_core.devices.registers import Unit

#: From here on two decimals of a volt are enough.
BLOCK_V: Final = 4.0
MILLI: Final = 1000.0


def number(value: float, unit: Unit, *, exact: bool = False) -> str:
    """Write a value with its unit as a screen shows it; `exact` drops needless decimals."""
    decimals = {Unit.CELSIUS: 1, Unit.PERCENT: 1, Unit.OHM: 2, Unit.NONE: 0}.get(unit, 3)
    if unit is Unit.VOLT and abs(value) >= BLOCK_V:
        decimals = 2
    if unit is Unit.OHM:
        return f"{value * MILLI:.{decimals}f} mΩ"
    text = f"{value:.{decimals}f}"
    if exact and unit is not Unit.VOLT and "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text} {unit}".rstrip()
