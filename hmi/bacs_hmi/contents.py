"""Which values of the mirror of the engine a view shows, and how they are rounded.

Values are rounded to what the screen can show, so that noise below the last digit is no change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Final

from bacs_core.api.live import LiveString
from bacs_core.api.messages import StringScalars
from bacs_core.model import Quantity, String
from bacs_hmi.format import SHOWN

#: A string below this voltage has room for a second decimal of its sum.
LOW_STRING_V: Final = 100.0
#: A string that stores less than this is charged and discharged with fractions of a kilowatt.
SMALL_STRING_WH: Final = 30e3


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value above the table: its text, where it comes from, how it is shown."""

    text: str
    unit: str
    factor: float
    read: Callable[[StringScalars], float | None]
    decimals: Callable[[String], int]


def sum_decimals(string: String) -> int:
    """Choose the decimals of a sum voltage."""
    return 2 if string.cell_count * string.cell_voltage_v < LOW_STRING_V else 1


def target_decimals(string: String) -> int:
    """Choose the decimals of a target voltage: as the voltages it is compared with."""
    return SHOWN[Quantity.VOLTAGE].decimals(string.cell_voltage_v)


def power_decimals(string: String) -> int:
    """Choose the decimals of the power, in kW."""
    nominal_wh = string.cell_count * string.cell_voltage_v * string.capacity_ah
    return 2 if nominal_wh < SMALL_STRING_WH else 1


#: In the order in which the string page shows them.
SCALARS: Final = (
    Scalar("sum_voltage", "V", 1.0, lambda values: values.sum_voltage_v, sum_decimals),
    Scalar("target_voltage", "V", 1.0, lambda values: values.target_voltage_v, target_decimals),
    Scalar("mean_charge", "%", 1.0, lambda values: values.mean_charge_percent, lambda _: 0),
    Scalar("current", "A", 1.0, lambda values: values.current_a, lambda _: 1),
    Scalar("power", "kW", 1e-3, lambda values: values.power_w, power_decimals),
    Scalar("ac_current", "A", 1.0, lambda values: values.ac_current_a, lambda _: 1),
    Scalar("room_temperature", "°C", 1.0, lambda values: values.room_temperature_c, lambda _: 1),
)


def deviation_v(mirror: LiveString, cell_index: int) -> float | None:
    """Tell how far a cell is above the target of its string."""
    target_v = mirror.scalars.target_voltage_v
    voltage_v = _at(mirror.columns.get(Quantity.VOLTAGE), cell_index)
    return None if voltage_v is None or target_v is None else voltage_v - target_v


def value_of(mirror: LiveString, quantity: Quantity, cell_index: int) -> float | None:
    """Read one value of one cell; `None` if the device does not give it."""
    return _at(mirror.columns.get(quantity), cell_index)


def rounded(value: float | None, factor: float, decimals: int) -> float | None:
    """Scale and round; what a screen shows of it is then the same everywhere."""
    return None if value is None or not isfinite(value) else round(value * factor, decimals)


def _at(column: list[float | None] | None, index: int) -> float | None:
    return None if column is None else column[index]
