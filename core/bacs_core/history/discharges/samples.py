"""What of a block of measurements a discharge is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bacs_core.api.discharge_messages import Battery
from bacs_core.history.measured import Block, Moments
from bacs_core.model import Quantity
from bacs_core.snapshot import Flags, Floats


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Consecutive samples of one string: (samples,) and (samples, cells), NaN where unknown.

    `sum_v` is the voltage of the whole string, `current_a` is positive into it.
    """

    at: Moments
    voltage_v: Floats
    temperature_c: Floats
    sum_v: Floats
    current_a: Floats

    def where(self, chosen: Flags) -> Samples:
        """Return some of the samples."""
        return Samples(
            self.at[chosen],
            self.voltage_v[chosen],
            self.temperature_c[chosen],
            self.sum_v[chosen],
            self.current_a[chosen],
        )


def samples_of(block: Block, battery: Battery) -> Samples:
    """Take what is needed of a block; the voltage of a string with gaps is that of its mean cell.

    A block with another number of cells is of a string that was built otherwise: it gives none.
    """
    voltage_v = block.columns[Quantity.VOLTAGE]
    if voltage_v.shape[1:] != (battery.cell_count,):
        return none(battery)
    unknown = np.full(len(block.at), np.nan)
    mean_v = block.scalars.get("target_voltage_v", unknown)
    sum_v = block.scalars.get("sum_voltage_v", unknown)
    return Samples(
        at=block.at,
        voltage_v=voltage_v,
        temperature_c=block.columns.get(Quantity.TEMPERATURE, np.full_like(voltage_v, np.nan)),
        sum_v=np.where(np.isfinite(sum_v), sum_v, mean_v * battery.cell_count),
        current_a=block.scalars.get("current_a", unknown),
    )


def none(battery: Battery) -> Samples:
    """Return no samples."""
    cells, no = np.zeros((0, battery.cell_count)), np.zeros(0)
    return Samples(np.zeros(0, np.int64), cells, cells, no, no)


def joined(parts: Sequence[Samples], battery: Battery) -> Samples:
    """Put parts, oldest first, into one."""
    if not parts:
        return none(battery)
    return Samples(
        np.concatenate([part.at for part in parts]),
        np.concatenate([part.voltage_v for part in parts]),
        np.concatenate([part.temperature_c for part in parts]),
        np.concatenate([part.sum_v for part in parts]),
        np.concatenate([part.current_a for part in parts]),
    )


def medians(values: Floats) -> Floats:
    """Return the median of what is known in each row, NaN where nothing is."""
    if not values.size:
        return np.full(len(values), np.nan)
    # NaN sorts to the end.
    ordered = np.sort(values, axis=1)
    count = np.isfinite(values).sum(axis=1)
    places = np.arange(len(values))
    upper = ordered[places, np.minimum(count // 2, values.shape[1] - 1)]
    lower = ordered[places, np.maximum(count - 1, 0) // 2]
    middle: Floats = np.where(count > 0, (upper + lower) / 2, np.nan)
    return middle
