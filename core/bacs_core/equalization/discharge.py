"""Tells whether the charger holds a string, or whether it gives current or has just done so.

A current sensor answers where the current is beyond its stated error; a float current mostly is
not. Then the mean cell voltage answers: it is far below float, or falls although a charger would
hold it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from bacs_core.equalization.tuning import Tuning
from bacs_core.model import String
from bacs_core.snapshot import Flags, Floats
from bacs_core.summary import mean


@dataclass(frozen=True, slots=True)
class DischargeMemory:
    """What was seen of the mean voltage.

    `level_v` follows the mean by its changes alone, so that a cell that is lost or found moves
    nothing; `held_v` is its average over the last hour.
    """

    active: bool
    voltage_v: Floats
    level_v: float = math.nan
    held_v: float = math.nan
    well_since: float | None = None


def watch(
    memory: DischargeMemory,
    string: String,
    voltage_v: Floats,
    trusted_cells: Flags,
    current_a: float | None,
    now: float,
    dt_s: float,
    tuning: Tuning,
) -> DischargeMemory:
    """Return the memory after this tick.

    `current_a` is the string current where it is beyond its stated error, else `None`. Without
    trusted cells nothing new is known. `dt_s` is 0 after a gap.
    """
    if not trusted_cells.any():
        return replace(memory, voltage_v=np.full_like(voltage_v, np.nan))
    mean_v = mean(voltage_v[trusted_cells])
    memory = _follow(memory, voltage_v, trusted_cells, mean_v, dt_s, tuning)
    float_v = string.float_voltage_v
    if current_a is not None:
        gives, steady = current_a < 0, True
    else:
        fallen_v = memory.held_v - memory.level_v
        gives = fallen_v > tuning.fall_share * float_v
        steady = fallen_v <= tuning.steady_share * float_v
    if gives or mean_v < (1 - tuning.discharge_below) * float_v:
        return replace(memory, active=True, well_since=None)
    if not memory.active:
        return memory
    if not steady or mean_v < (1 - tuning.recovered_below) * float_v:
        return replace(memory, well_since=None)
    since = now if memory.well_since is None else memory.well_since
    return replace(memory, well_since=since, active=0 <= now - since < tuning.recovery_s)


def _follow(
    memory: DischargeMemory,
    voltage_v: Floats,
    trusted_cells: Flags,
    mean_v: float,
    dt_s: float,
    tuning: Tuning,
) -> DischargeMemory:
    change_v = (voltage_v - memory.voltage_v)[trusted_cells]
    change_v = change_v[np.isfinite(change_v)]
    seen_v = np.where(trusted_cells, voltage_v, np.nan)
    if dt_s == 0 or len(change_v) == 0 or math.isnan(memory.level_v):
        return replace(memory, voltage_v=seen_v, level_v=mean_v, held_v=mean_v)
    level_v = memory.level_v + mean(change_v)
    held_v = memory.held_v + (1 - math.exp(-dt_s / tuning.fall_s)) * (level_v - memory.held_v)
    return replace(memory, voltage_v=seen_v, level_v=level_v, held_v=held_v)
