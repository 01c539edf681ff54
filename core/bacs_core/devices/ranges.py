"""What a battery can show at most; a number beyond it is no reading.

Where nothing was measured, many devices say a number that no battery can have, such as all bits
set or the lowest number of its kind. Few say which. So of devices that are not of our own map
nothing is taken that lies outside these ranges; they are far wider than any limit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from bacs_core.devices.places import StringValue
from bacs_core.model import Quantity, String


class Range(NamedTuple):
    """Lowest and highest value that counts, in the unit of the quantity."""

    lowest: float
    highest: float

    def taken(self, value: float | None) -> float | None:
        """Return the value where it can be one."""
        return value if value is not None and self.lowest <= value <= self.highest else None


#: No sensor on a battery is made for more.
_TEMPERATURE_C: Final = Range(-40.0, 125.0)
#: A cell that broke off inside shows some ohms; none is without resistance.
_RESISTANCE_OHM: Final = Range(1e-6, 10.0)
#: Some batteries count a little beyond full.
_CHARGE_PERCENT: Final = Range(0.0, 110.0)
_DUTY_PERCENT: Final = Range(0.0, 100.0)
#: Times the nominal voltage; a cell whose string is discharged on may be reversed.
_REVERSED: Final = -1.0
_HIGHEST: Final = 2.0
#: Times its capacity in ampere: no string gives or takes more.
_MOST_CAPACITIES: Final = 20.0


def _cell_v(string: String) -> Range:
    return Range(_REVERSED * string.cell_voltage_v, _HIGHEST * string.cell_voltage_v)


def _sum_v(string: String) -> Range:
    lowest_v, highest_v = _cell_v(string)
    return Range(lowest_v * string.cell_count, highest_v * string.cell_count)


def _current_a(string: String) -> Range:
    most_a = _MOST_CAPACITIES * string.capacity_ah
    return Range(-most_a, most_a)


def _ac_current_a(string: String) -> Range:
    return Range(0.0, _current_a(string).highest)


_OF_STRINGS: Final[Mapping[Quantity | StringValue, Callable[[String], Range]]] = {
    Quantity.VOLTAGE: _cell_v,
    StringValue.MEAN_VOLTAGE: _cell_v,
    StringValue.SUM_VOLTAGE: _sum_v,
    StringValue.CURRENT: _current_a,
    StringValue.AC_CURRENT: _ac_current_a,
}
_OF_ALL: Final[Mapping[Quantity | StringValue, Range]] = {
    Quantity.TEMPERATURE: _TEMPERATURE_C,
    StringValue.ROOM_TEMPERATURE: _TEMPERATURE_C,
    Quantity.RESISTANCE: _RESISTANCE_OHM,
    Quantity.CHARGE: _CHARGE_PERCENT,
    StringValue.CHARGE: _CHARGE_PERCENT,
    Quantity.DUTY: _DUTY_PERCENT,
}


def range_of(target: Quantity | StringValue, string: String) -> Range:
    """Return what counts of a measured value of a string or of its cells."""
    of_string = _OF_STRINGS.get(target)
    return _OF_ALL[target] if of_string is None else of_string(string)
