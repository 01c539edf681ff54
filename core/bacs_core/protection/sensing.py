"""Which temperature readings are believed.

A reading is a sensor fault only where it is physically impossible, by its range or by how fast it
came, or contradicted by a second sensor of the same cell. What other cells read has no say: the one
hot cell of a healthy string is what protection is for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bacs_core.frame import Frame
from bacs_core.model import Quantity
from bacs_core.protection.layout import Layout
from bacs_core.protection.memory import CellMemory
from bacs_core.protection.tuning import Tuning
from bacs_core.snapshot import Flags, Floats


@dataclass(frozen=True, slots=True)
class Sensed:
    """Per cell: the temperature where it is believed, else NaN, and what is wrong elsewhere."""

    read_c: Floats
    suspect: Flags
    missing: Flags
    missing_s: Floats
    believed_c: Floats
    believed_at: Floats


def sense(
    frame: Frame,
    cells: CellMemory,
    layout: Layout,
    second_c: Floats | None,
    dt_s: float,
    tuning: Tuning,
) -> Sensed:
    """Sort the temperature readings; `second_c` is a second sensor of each cell, NaN for none."""
    column = frame.columns[Quantity.TEMPERATURE]
    fresh = frame.fresh[Quantity.TEMPERATURE]
    value_c, read_at = column.values, column.read_at
    possible = fresh & _possible(value_c, read_at, cells, tuning)
    if second_c is not None:
        possible &= ~(np.abs(value_c - second_c) > tuning.second_sensor_k)
    missing_s = np.where(fresh, 0.0, np.minimum(cells.missing_s + dt_s, tuning.missing_after_s))
    return Sensed(
        read_c=np.where(possible, value_c, np.nan),
        suspect=np.where(fresh, ~possible, cells.suspect),
        missing=layout.temperature_expected & (missing_s >= tuning.missing_after_s),
        missing_s=missing_s,
        believed_c=np.where(possible, value_c, cells.believed_c),
        believed_at=np.where(possible, read_at, cells.believed_at),
    )


def _possible(value_c: Floats, read_at: Floats, cells: CellMemory, tuning: Tuning) -> Flags:
    """Tell which values can be, by their range and by how far they are from the last believed."""
    possible: Flags = value_c >= tuning.lowest_possible_c
    possible &= value_c <= tuning.highest_possible_c
    # Where nothing was believed before, the comparison with NaN is false: the first reading counts.
    moved_k = np.abs(value_c - cells.believed_c)
    far = moved_k > tuning.possible_jump_k
    if far.any():
        passed_s = np.maximum(read_at - cells.believed_at, 0.0)
        reach_k = tuning.possible_jump_k + tuning.possible_k_per_s * passed_s
        possible &= ~(moved_k > np.where(cells.suspect, tuning.return_k, reach_k))
    return possible
