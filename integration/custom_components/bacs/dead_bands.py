"""How far a value of a cell has moved from what is shown, in dead bands of the engine.

The engine tells a value that moved by its dead band. Noise leaves the band now and then and is back
soon after; how far a value is away tells one from the other.
"""

from dataclasses import dataclass
from math import inf
from typing import Final

from bacs_core.model import Quantity, String

from .readings import Shown


@dataclass(frozen=True, slots=True)
class DeadBand:
    """The band in the unit of the value, and as a fraction of the value: the wider one counts."""

    width: float = 0.0
    fraction: float = 0.0


#: Where every change counts.
NONE: Final = DeadBand()

#: V, for cells of 2 V and of 12 V; others are on the line through both.
VOLTAGE_OF_2V: Final = 0.005
VOLTAGE_OF_12V: Final = 0.020

#: As `DeadBands` of the engine has them: K, a fraction, % of charge, % of duty.
_OF_CELLS: Final = {
    Quantity.TEMPERATURE: DeadBand(width=0.3),
    Quantity.RESISTANCE: DeadBand(fraction=0.02),
    Quantity.CHARGE: DeadBand(width=0.5),
    Quantity.DUTY: DeadBand(width=2.0),
}


def dead_band(quantity: Quantity, string: String) -> DeadBand:
    """Tell the dead band of a quantity of the cells of a string."""
    if quantity is not Quantity.VOLTAGE:
        return _OF_CELLS[quantity]
    slope = (VOLTAGE_OF_12V - VOLTAGE_OF_2V) / 10.0
    return DeadBand(width=max(0.0, VOLTAGE_OF_2V + slope * (string.cell_voltage_v - 2.0)))


def distance_bands(before: Shown | None, after: Shown, band: DeadBand) -> float:
    """Count the dead bands between what is shown and what would be shown now.

    It is infinite where anything else than a number is different, or where there is no band.
    """
    if before == after:
        return 0.0
    if before is None or not (before.available and after.available):
        return inf
    was, is_ = before.value, after.value
    if not isinstance(was, int | float) or not isinstance(is_, int | float):
        return inf
    width = max(band.width, band.fraction * abs(was))
    return abs(is_ - was) / width if width > 0 and before.attributes == after.attributes else inf
