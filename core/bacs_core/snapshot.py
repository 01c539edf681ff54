"""The process image: what the whole plant looked like at one tick, column-wise per string.

A snapshot is never changed after it was made. Every value carries the time it was read; a value
that was never read, or that the device does not have, is NaN with the time NaN. Columns are
read-only numpy arrays with one place per cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bacs_core.model import EqualizationState, Inhibit, Quantity, String

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Column:
    """One quantity of all cells of a string: values, and unix times of reading in seconds."""

    values: Floats
    read_at: Floats

    @classmethod
    def absent(cls, cell_count: int) -> Column:
        """Make a column in which nothing was read yet."""
        return cls(frozen(np.full(cell_count, np.nan)), frozen(np.full(cell_count, np.nan)))

    def fresh(self, now: float, stale_after_s: float) -> Flags:
        """Tell which cells have a value that is not older than `stale_after_s`."""
        # A time far in the future can only come from a stepped clock and proves nothing.
        age = now - self.read_at
        return np.isfinite(self.values) & (age <= stale_after_s) & (age >= -stale_after_s)


@dataclass(frozen=True, slots=True)
class Reading:
    """One value with the unix time of its reading."""

    value: float
    read_at: float


@dataclass(frozen=True, slots=True)
class StringReadings:
    """What the line delivered for one string, before anything was concluded from it.

    `module_status` holds the status bits of each module (0 where it has none). The error is the
    stated one of the current sensor, in ampere. `reported_*` come from a manager that works for
    itself; they are `None` where the engine works.
    """

    columns: Mapping[Quantity, Column]
    module_status: NDArray[np.uint16]
    current_a: Reading | None = None
    current_error_a: float | None = None
    ac_current_a: Reading | None = None
    room_temperature_c: Reading | None = None
    reported_equalization: EqualizationState | None = None
    reported_target_voltage_v: float | None = None


@dataclass(frozen=True, slots=True)
class StringSummary:
    """What is shown below the table of a string; `None` where too little is known."""

    sum_voltage_v: float | None
    target_voltage_v: float | None
    mean_charge_percent: float | None
    current_a: float | None
    ac_current_a: float | None
    power_w: float | None


@dataclass(frozen=True, slots=True)
class EqualizationSummary:
    """What equalization of a string does, and what keeps it from working."""

    state: EqualizationState
    inhibited_by: tuple[Inhibit, ...] = ()


@dataclass(frozen=True, slots=True)
class StringSnapshot:
    """One string at the tick. `status` holds a `CellStatus` per cell."""

    string: String
    readings: StringReadings
    summary: StringSummary
    equalization: EqualizationSummary
    status: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ManagerSnapshot:
    """One manager at the tick; `online` is `None` until it was asked for the first time."""

    id: str
    online: bool | None
    serial_number: int | None
    firmware_version: str | None


@dataclass(frozen=True, slots=True)
class LineSnapshot:
    """One line at the tick: is its port open, how long does a round take, how many errors."""

    id: str
    port_open: bool
    message: str
    round_s: float | None
    requests: int
    timeouts: int
    frame_errors: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole site at one tick. Keys of `strings` are string keys, in site order."""

    sequence: int
    at: datetime
    strings: Mapping[str, StringSnapshot]
    managers: Mapping[str, ManagerSnapshot]
    lines: Mapping[str, LineSnapshot]


def frozen(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """Make `array` read-only and return it."""
    array.flags.writeable = False
    return array
