"""Which temperature readings are believed.

A reading is a sensor fault only where it is physically impossible, by its range or by how fast it
came, or contradicted by a second sensor of the same cell. What other cells read has no say: the one
hot cell of a healthy string is what protection is for. A first reading counts once the next agrees
with it, and no sensor fault outlasts a minute of readings that agree with each other.
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
    raw_c: Floats
    raw_at: Floats
    agreed_s: Floats


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
    in_range = (value_c >= tuning.lowest_possible_c) & (value_c <= tuning.highest_possible_c)
    unheard = np.isnan(cells.believed_c)
    other = fresh & (read_at != cells.raw_at)
    agreed_s = np.where(other, _agreed_s(value_c, read_at, in_range, cells, tuning), cells.agreed_s)
    may_be = fresh & in_range
    if second_c is not None:
        may_be &= ~(np.abs(value_c - second_c) > tuning.second_sensor_k)
    possible = may_be & np.where(
        unheard,
        agreed_s > 0,
        _near(value_c, read_at, cells, tuning) | (agreed_s >= _needed_s(value_c, tuning)),
    )
    # The first reading of all is no fault as long as no second one contradicts it.
    waits = may_be & unheard & ~cells.suspect & (~other | np.isnan(cells.raw_c))
    missing_s = np.where(fresh, 0.0, np.minimum(cells.missing_s + dt_s, tuning.missing_after_s))
    return Sensed(
        read_c=np.where(possible, value_c, np.nan),
        suspect=np.where(fresh, ~(possible | waits), cells.suspect),
        missing=layout.temperature_expected & (missing_s >= tuning.missing_after_s),
        missing_s=missing_s,
        believed_c=np.where(possible, value_c, cells.believed_c),
        believed_at=np.where(possible, read_at, cells.believed_at),
        raw_c=np.where(other, value_c, cells.raw_c),
        raw_at=np.where(other, read_at, cells.raw_at),
        agreed_s=agreed_s,
    )


def _agreed_s(
    value_c: Floats, read_at: Floats, in_range: Flags, cells: CellMemory, tuning: Tuning
) -> Floats:
    """Return for how long each reading was within reach of the one before it.

    What happened in a gap is unknown, so that a longer one counts as `longest_step_s`.
    """
    passed_s = np.clip(read_at - cells.raw_at, 0.0, tuning.longest_step_s)
    reach_k = tuning.possible_jump_k + tuning.possible_k_per_s * passed_s
    agrees = in_range & (np.abs(value_c - cells.raw_c) <= reach_k)
    agreed_s: Floats = np.where(
        agrees, np.minimum(cells.agreed_s + passed_s, tuning.agreed_hot_after_s), 0.0
    )
    return agreed_s


def _needed_s(value_c: Floats, tuning: Tuning) -> Floats:
    """Return for how long readings must agree before they count again after a fault.

    A value that has jumped into the heat is most often a broken sensor, and believing it opens a
    breaker: it takes longer, under a standing alarm. Heat that comes by and by agrees long before.
    """
    return np.where(value_c >= tuning.alarm_c, tuning.agreed_hot_after_s, tuning.agreed_after_s)


def _near(value_c: Floats, read_at: Floats, cells: CellMemory, tuning: Tuning) -> Flags:
    """Tell which values the cell can have by now, after the last one that was believed."""
    moved_k = np.abs(value_c - cells.believed_c)
    near: Flags = moved_k <= tuning.possible_jump_k
    if not near.all():
        passed_s = np.maximum(read_at - cells.believed_at, 0.0)
        reach_k = tuning.possible_jump_k + tuning.possible_k_per_s * passed_s
        near = moved_k <= np.where(cells.suspect, tuning.return_k, reach_k)
    return near
