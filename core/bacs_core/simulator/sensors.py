"""What the electronics of a string report of the truth: noise, tolerance, resolution, lost sensors.

Defaults follow the product's data sheet: 1 mV resolution, temperature within 1 K, resistance within
3 %. Modules of one string match each other far better than their absolute accuracy of 0.5 %, so the
gain spread is small. The state of charge is an estimate that is a little low.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bacs_core.snapshot import Flags, Floats

VOLTAGE_RESOLUTION_V: Final = 0.001
TEMPERATURE_RESOLUTION_C: Final = 0.1
RESISTANCE_RESOLUTION_OHM: Final = 1e-6
CHARGE_RESOLUTION_PERCENT: Final = 0.1
CURRENT_RESOLUTION_A: Final = 0.001

#: One element of a string's column, or all of it.
Cells = int | slice
ALL: Final = slice(None)


@dataclass(frozen=True, slots=True)
class Tolerances:
    """Standard deviations from which the sensors of a string are drawn.

    `current_error_a` is the stated error of the string current; the true offset stays inside half
    of it. `lead_resistance_ohm` is that of the measuring lead, which also carries the bypass
    current: 0.5 m there and back of a lead with 26 mΩ/m.
    """

    voltage_gain: float = 0.0002
    voltage_noise_v: float = 0.0005
    temperature_offset_k: float = 0.3
    temperature_noise_k: float = 0.03
    resistance_gain: float = 0.01
    resistance_noise: float = 0.005
    charge_error_percent: float = 3.0
    current_error_a: float = 0.5
    current_noise_a: float = 0.02
    lead_resistance_ohm: float = 0.026


IDEAL: Final = Tolerances(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Sensors:
    """The sensors of one string as built; arrays have one place per cell."""

    tolerances: Tolerances
    voltage_gain: Floats
    temperature_offset_k: Floats
    resistance_gain: Floats
    charge_error_percent: Floats
    temperature_absent: Flags
    voltage_absent: Flags
    current_offset_a: float

    @classmethod
    def draw(cls, count: int, tolerances: Tolerances, random: np.random.Generator) -> Sensors:
        """Build the sensors of a string of `count` cells."""
        half_error_a = tolerances.current_error_a / 2
        return cls(
            tolerances=tolerances,
            voltage_gain=1 + random.normal(0, tolerances.voltage_gain, count),
            temperature_offset_k=random.normal(0, tolerances.temperature_offset_k, count),
            resistance_gain=1 + random.normal(0, tolerances.resistance_gain, count),
            charge_error_percent=random.uniform(0, tolerances.charge_error_percent, count),
            temperature_absent=np.zeros(count, np.bool_),
            voltage_absent=np.zeros(count, np.bool_),
            current_offset_a=float(random.uniform(-half_error_a, half_error_a)),
        )

    def with_temperature_offset(self, cell: int, offset_k: float) -> Sensors:
        """Return these sensors with another temperature error of one cell."""
        return replace(
            self, temperature_offset_k=changed(self.temperature_offset_k, cell, offset_k)
        )

    def with_absent(
        self, cell: int, *, temperature: bool | None = None, voltage: bool | None = None
    ) -> Sensors:
        """Return these sensors with a sensor of one cell lost or found again."""
        lost = self
        if temperature is not None:
            flags = self.temperature_absent.copy()
            flags[cell] = temperature
            lost = replace(lost, temperature_absent=flags)
        if voltage is not None:
            flags = self.voltage_absent.copy()
            flags[cell] = voltage
            lost = replace(lost, voltage_absent=flags)
        return lost

    def voltage_v(
        self, true_v: Floats, bypass_a: Floats, cells: Cells, random: np.random.Generator
    ) -> Floats:
        """Measure; a bypass current that flows meanwhile falsifies by the drop along the lead."""
        true = true_v[cells] - self.tolerances.lead_resistance_ohm * bypass_a[cells]
        noise = random.normal(0, self.tolerances.voltage_noise_v, np.shape(true))
        measured = rounded(true * self.voltage_gain[cells] + noise, VOLTAGE_RESOLUTION_V)
        return np.where(self.voltage_absent[cells], np.nan, measured)

    def temperature_c(self, true_c: Floats, cells: Cells, random: np.random.Generator) -> Floats:
        """Measure at the negative pole."""
        true = true_c[cells] + self.temperature_offset_k[cells]
        noise = random.normal(0, self.tolerances.temperature_noise_k, np.shape(true))
        measured = rounded(true + noise, TEMPERATURE_RESOLUTION_C)
        return np.where(self.temperature_absent[cells], np.nan, measured)

    def resistance_ohm(self, true_ohm: Floats, cells: Cells, random: np.random.Generator) -> Floats:
        """Measure the internal resistance."""
        true = true_ohm[cells] * self.resistance_gain[cells]
        noise = random.normal(1, self.tolerances.resistance_noise, np.shape(true))
        return rounded(true * noise, RESISTANCE_RESOLUTION_OHM)

    def charge_percent(self, true_charge: Floats, cells: Cells) -> Floats:
        """Estimate the state of charge from its true value of 0 to 1."""
        estimate = 100 * true_charge[cells] - self.charge_error_percent[cells]
        return rounded(np.clip(estimate, 0, 100), CHARGE_RESOLUTION_PERCENT)

    def current_a(self, true_a: float, random: np.random.Generator) -> float:
        """Measure the string current."""
        noise_a = random.normal(0, self.tolerances.current_noise_a)
        return float(rounded(true_a + self.current_offset_a + noise_a, CURRENT_RESOLUTION_A))


def rounded(values: Floats | float, resolution: float) -> Floats:
    """Round to whole steps of `resolution`."""
    # Dividing by the inverse keeps 2250 steps of 0.001 at exactly 2.25.
    steps_per_unit = round(1 / resolution)
    return np.round(np.asarray(values) * steps_per_unit) / steps_per_unit


def changed(column: Floats, cell: int, value: float) -> Floats:
    """Return a copy of `column` with another value in one place."""
    copy = column.copy()
    copy[cell] = value
    return copy
