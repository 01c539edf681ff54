"""Where answers are gathered between two ticks, and frozen into readings at the tick.

This is the only mutable store of measured values, and only the polling room writes to it. Freezing
copies: a reader can never see a mixture of two moments of writing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bacs_core.model import EqualizationState, Quantity, String
from bacs_core.polling.thresholds import StringThresholds
from bacs_core.snapshot import Column, Floats, Reading, StringReadings, frozen


@dataclass(slots=True)
class StringImage:
    """The newest answers about one string."""

    string: String
    current_a: Reading | None = None
    current_error_a: float | None = None
    ac_current_a: Reading | None = None
    room_temperature_c: Reading | None = None
    reported_equalization: EqualizationState | None = None
    reported_target_voltage_v: float | None = None
    reported_at: float = math.nan
    reported_sum_voltage_v: Reading | None = None
    reported_mean_voltage_v: Reading | None = None
    reported_charge_percent: Reading | None = None
    module_status: NDArray[np.uint16] = field(init=False)
    thresholds: StringThresholds = field(init=False)
    _values: dict[Quantity, Floats] = field(init=False)
    _read_at: dict[Quantity, Floats] = field(init=False)

    def __post_init__(self) -> None:
        """Start with nothing known."""
        count = self.string.cell_count
        self._values = {quantity: np.full(count, np.nan) for quantity in Quantity}
        self._read_at = {quantity: np.full(count, np.nan) for quantity in Quantity}
        self.module_status = np.zeros(count, dtype=np.uint16)
        self.thresholds = StringThresholds(self.string)

    def put(
        self, quantity: Quantity, first: int, values: Sequence[float | None], read_at: float
    ) -> None:
        """Store values of consecutive cells, `first` counted from 0; `None` is absent."""
        place = slice(first, first + len(values))
        self._values[quantity][place] = np.array(values, dtype=np.float64)
        self._read_at[quantity][place] = read_at

    def shift(self, step_s: float) -> None:
        """Move all times of reading by a step of the clock."""
        self._read_at = {quantity: times + step_s for quantity, times in self._read_at.items()}
        self.reported_at += step_s
        self.current_a = moved(self.current_a, step_s)
        self.ac_current_a = moved(self.ac_current_a, step_s)
        self.room_temperature_c = moved(self.room_temperature_c, step_s)
        self.reported_sum_voltage_v = moved(self.reported_sum_voltage_v, step_s)
        self.reported_mean_voltage_v = moved(self.reported_mean_voltage_v, step_s)
        self.reported_charge_percent = moved(self.reported_charge_percent, step_s)

    def freeze(self, now: float) -> StringReadings:
        """Copy everything into immutable readings; what is told of the string as a whole ends."""
        stale_after_s = self.string.stale_after_s[Quantity.VOLTAGE]
        reported = abs(now - self.reported_at) <= stale_after_s
        return StringReadings(
            columns={
                quantity: Column(
                    frozen(self._values[quantity].copy()), frozen(self._read_at[quantity].copy())
                )
                for quantity in Quantity
            },
            module_status=frozen(self.module_status.copy()),
            current_a=fresh(self.current_a, now, stale_after_s),
            current_error_a=self.current_error_a,
            ac_current_a=fresh(self.ac_current_a, now, stale_after_s),
            room_temperature_c=fresh(self.room_temperature_c, now, stale_after_s),
            reported_equalization=self.reported_equalization if reported else None,
            reported_target_voltage_v=self.reported_target_voltage_v if reported else None,
            reported_sum_voltage_v=fresh(self.reported_sum_voltage_v, now, stale_after_s),
            reported_mean_voltage_v=fresh(self.reported_mean_voltage_v, now, stale_after_s),
            reported_charge_percent=fresh(self.reported_charge_percent, now, stale_after_s),
        )


def fresh(reading: Reading | None, now: float, stale_after_s: float) -> Reading | None:
    """Return a reading of the whole string as long as it counts; it has no place to grow old in."""
    return reading if reading and abs(now - reading.read_at) <= stale_after_s else None


def moved(reading: Reading | None, step_s: float) -> Reading | None:
    """Return a reading with its time moved by a step of the clock."""
    return None if reading is None else Reading(reading.value, reading.read_at + step_s)


def reading(value: float | None, read_at: float) -> Reading | None:
    """Tie a value to its time; no value, no reading."""
    return None if value is None else Reading(value, read_at)
