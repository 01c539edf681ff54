"""What the electronics of a plant report of the truth: noise, tolerance, resolution, faults.

Defaults follow the product's data sheet: 1 mV resolution, temperature within 1 K, resistance within
3 %. Modules of one string match each other far better than their absolute accuracy of 0.5 %, so the
gain spread is small. The state of charge is an estimate that is a little low.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from bacs_core.rows import Indices, Rows
from bacs_core.snapshot import Flags, Floats

VOLTAGE_RESOLUTION_V: Final = 0.001
TEMPERATURE_RESOLUTION_C: Final = 0.1
RESISTANCE_RESOLUTION_OHM: Final = 1e-6
CHARGE_RESOLUTION_PERCENT: Final = 0.1
CURRENT_RESOLUTION_A: Final = 0.001
SECONDS_PER_DAY: Final = 86400.0

#: Rows of a plant, or places of its strings: one, some, or all.
Where = int | slice | Indices | Flags
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


class CurrentSensing(StrEnum):
    """What measures the current of a string."""

    ABSENT = "absent"
    COARSE = "coarse"
    """A clamp for the discharge current, ±5 A."""
    FLOAT_PROBE = "float_probe"
    """Made for the float current: 5 A full scale, resolution 5 mA (Multitel FCCP)."""


_SENSED_ERROR_A: Final = {CurrentSensing.COARSE: 5.0, CurrentSensing.FLOAT_PROBE: 0.005}
#: The true offset of a current sensor stays inside half of its stated error.
LARGEST_SHARE: Final = 0.5
#: Noise of a current sensor as a share of its stated error.
_CURRENT_NOISE_SHARE: Final = 0.1


@dataclass(slots=True, eq=False)
class Sensor:
    """One kind of sensor on every place of a plant; all of it may be changed while time passes.

    What it tells is `gain` x truth + `offset` + `drift_per_s` x time, or `stuck` where that is not
    NaN, or nothing where `absent`.
    """

    gain: Floats
    offset: Floats
    drift_per_s: Floats
    stuck: Floats
    absent: Flags

    @classmethod
    def of(cls, gain: Floats, offset: Floats) -> Sensor:
        """Return sensors without a fault."""
        count = len(gain)
        return cls(gain, offset, np.zeros(count), np.full(count, np.nan), np.zeros(count, np.bool_))

    def stick(self, where: Where, value: float) -> None:
        """Let sensors tell one value for ever."""
        self.stuck[where] = value

    def lose(self, where: Where) -> None:
        """Let sensors tell nothing."""
        self.absent[where] = True

    def drift(self, where: Where, per_day: float, time_s: float = 0.0) -> None:
        """Let the error of sensors grow, from `time_s` of plant time on."""
        per_s = per_day / SECONDS_PER_DAY
        self.offset[where] += (self.drift_per_s[where] - per_s) * time_s
        self.drift_per_s[where] = per_s

    def repair(self, where: Where) -> None:
        """End what is stuck, lost or drifting; gain and offset stay."""
        self.stuck[where] = np.nan
        self.absent[where] = False
        self.drift_per_s[where] = 0.0

    def tell(
        self, true: Floats, noise: Floats, where: Where, time_s: float, resolution: float
    ) -> Floats:
        """Return what is told of `true`, NaN where nothing is."""
        told = true * self.gain[where] + self.offset[where] + self.drift_per_s[where] * time_s
        told = rounded(told + noise, resolution)
        stuck = self.stuck[where]
        told = np.where(np.isnan(stuck), told, stuck)
        return np.where(self.absent[where], np.nan, told)


@dataclass(slots=True, eq=False)
class Sensors:
    """All sensors of a plant: in rows, and those of the strings one place per string.

    The stated error of a current sensor is NaN where there is none.
    """

    tolerances: Tolerances
    voltage: Sensor
    temperature: Sensor
    resistance: Sensor
    charge_error_percent: Floats
    current: Sensor
    current_share: Floats
    """Offset of each current sensor as a share of its stated error."""
    current_error_a: Floats
    current_noise_a: Floats
    room: Sensor

    @classmethod
    def draw(
        cls, rows: Rows, tolerances: Tolerances, streams: Sequence[np.random.Generator]
    ) -> Sensors:
        """Build the sensors of all strings, each from its own stream."""
        drawn = [
            (
                random.normal(0, tolerances.voltage_gain, string.cell_count),
                random.normal(0, tolerances.temperature_offset_k, string.cell_count),
                random.normal(0, tolerances.resistance_gain, string.cell_count),
                random.uniform(0, tolerances.charge_error_percent, string.cell_count),
                random.uniform(-LARGEST_SHARE, LARGEST_SHARE, 1),
            )
            for string, random in zip(rows.strings, streams, strict=True)
        ]
        voltage, temperature, resistance, charge, share = (
            np.concatenate([np.zeros(0), *column]) for column in zip(*drawn, strict=True)
        )
        cells, strings = np.zeros(rows.cell_count), np.zeros(rows.string_count)
        return cls(
            tolerances=tolerances,
            voltage=Sensor.of(1 + voltage, cells.copy()),
            temperature=Sensor.of(1 + cells, temperature),
            resistance=Sensor.of(1 + resistance, cells.copy()),
            charge_error_percent=charge,
            current=Sensor.of(1 + strings, share * tolerances.current_error_a),
            current_share=share,
            current_error_a=strings + tolerances.current_error_a,
            current_noise_a=strings + tolerances.current_noise_a,
            room=Sensor.of(1 + strings, strings.copy()),
        )

    def sense_current(self, where: Where, sensing: CurrentSensing) -> None:
        """Put another current sensor on strings; its offset is the same share of its error."""
        self.current.absent[where] = sensing is CurrentSensing.ABSENT
        if sensing is CurrentSensing.ABSENT:
            self.current_error_a[where] = np.nan
            return
        error_a = _SENSED_ERROR_A[sensing]
        self.current.offset[where] = self.current_share[where] * error_a
        self.current_error_a[where] = error_a
        self.current_noise_a[where] = _CURRENT_NOISE_SHARE * error_a


def rounded(values: Floats | float, resolution: float) -> Floats:
    """Round to whole steps of `resolution`."""
    # Dividing by the inverse keeps 2250 steps of 0.001 at exactly 2.25.
    steps_per_unit = round(1 / resolution)
    return np.asarray(np.rint(np.asarray(values) * steps_per_unit) / steps_per_unit)
