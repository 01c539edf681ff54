"""Where answers are gathered between two ticks, and frozen into readings at the tick.

This is the only mutable store of measured values, and only the polling room writes to it. Freezing
copies: a reader can never see a mixture of two moments of writing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bacs_core.model import EqualizationState, Quantity, String
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
    module_status: NDArray[np.uint16] = field(init=False)
    _values: dict[Quantity, Floats] = field(init=False)
    _read_at: dict[Quantity, Floats] = field(init=False)

    def __post_init__(self) -> None:
        """Start with nothing known."""
        count = self.string.cell_count
        self._values = {quantity: np.full(count, np.nan) for quantity in Quantity}
        self._read_at = {quantity: np.full(count, np.nan) for quantity in Quantity}
        self.module_status = np.zeros(count, dtype=np.uint16)

    def put(
        self, quantity: Quantity, first: int, values: Sequence[float | None], read_at: float
    ) -> None:
        """Store values of consecutive cells, `first` counted from 0; `None` is absent."""
        place = slice(first, first + len(values))
        self._values[quantity][place] = np.array(values, dtype=np.float64)
        self._read_at[quantity][place] = read_at

    def freeze(self) -> StringReadings:
        """Copy everything into immutable readings."""
        return StringReadings(
            columns={
                quantity: Column(
                    frozen(self._values[quantity].copy()), frozen(self._read_at[quantity].copy())
                )
                for quantity in Quantity
            },
            module_status=frozen(self.module_status.copy()),
            current_a=self.current_a,
            current_error_a=self.current_error_a,
            ac_current_a=self.ac_current_a,
            room_temperature_c=self.room_temperature_c,
            reported_equalization=self.reported_equalization,
            reported_target_voltage_v=self.reported_target_voltage_v,
        )


def reading(value: float | None, read_at: float) -> Reading | None:
    """Tie a value to its time; no value, no reading."""
    return None if value is None else Reading(value, read_at)
