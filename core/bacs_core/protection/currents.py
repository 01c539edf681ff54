"""What the float current says: how far it is above the string's own, and whether it still rises.

The judged current is the one through the cell, the string current less its bypass. Equalization
raises the string current: what it takes from the high cells must flow through the low ones. Yet the
geometric mean over the cells of a string stays what it was, because the voltages of a string that a
charger holds add up to the same and the current is exponential in the voltage. So a cell is judged
by its own current or by that mean, whichever is less.

The current is compared at the temperature of the surroundings, not of the cell: what a cell draws
because it is hot is the very sign looked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bacs_core.estimation.estimates import Estimates
from bacs_core.frame import Frame
from bacs_core.model import ChargePhase
from bacs_core.protection.arithmetic import counted, followed, share, switched
from bacs_core.protection.layout import Layout
from bacs_core.protection.memory import StringMemory
from bacs_core.protection.surroundings import Surroundings
from bacs_core.protection.tuning import Tuning
from bacs_core.snapshot import Flags, Floats


@dataclass(frozen=True, slots=True)
class Currents:
    """`ratio` per cell, NaN unknown; the rest per string.

    `overdue` tells that the current of a recharge rises although the charger holds its voltage.
    """

    ratio: Floats
    fast_log: Floats
    slow_log: Floats
    base_log: Floats
    base_s: Floats
    charging_a: Floats
    lowest_a: Floats
    lowest_v: Floats
    overdue_s: Floats
    overdue: Flags


def weigh(
    frame: Frame,
    estimates: Estimates,
    strings: StringMemory,
    around: Surroundings,
    layout: Layout,
    calm: Flags,
    dt_s: float,
    tuning: Tuning,
) -> Currents:
    """Judge the currents after `dt_s` and learn the base of strings that are `calm`."""
    ratio, level = _levels(frame, estimates, around, layout, tuning)
    fast_log = followed(strings.fast_log, level, share(dt_s, tuning.current_fast_s))
    slow_log = followed(strings.slow_log, level, share(dt_s, tuning.current_slow_s))
    discharges = estimates.phase == ChargePhase.DISCHARGE
    fast_log = np.where(discharges, np.nan, fast_log)
    slow_log = np.where(discharges, np.nan, slow_log)
    design_log = np.log(tuning.design_float_a_per_ah * layout.capacity_ah)
    learned = strings.base_s >= tuning.settled_s
    base_log = np.where(learned, strings.base_log, design_log)
    floats = (estimates.phase == ChargePhase.FLOAT) | (estimates.phase == ChargePhase.ABSORPTION)
    near = np.abs(frame.target_v - layout.float_v) <= tuning.float_tolerance * layout.float_v
    judged = floats & near & layout.floats & (around.allowance_k < tuning.calm_allowance_k)
    judged &= ~(fast_log - slow_log < -tuning.falling)
    string_log = np.where(judged, level - base_log, np.nan)
    spread = frame.rows.spread
    with np.errstate(over="ignore"):
        ratio = np.exp(np.minimum(ratio - spread(base_log), spread(string_log)))
    learns = calm & np.isfinite(string_log) & (np.abs(fast_log - slow_log) < tuning.rising)
    learns &= ~learned | (string_log < tuning.base_freeze)
    base_s = strings.base_s + np.where(learns, dt_s, 0.0)
    moved = _learned(strings.base_log, level, base_s, dt_s, tuning)
    charging_a, lowest_a, lowest_v, sign = _overdue(
        frame, strings, around.cooling, layout, dt_s, tuning
    )
    overdue_s = counted(strings.current_overdue_s, sign, dt_s, tuning.sign_delay_s)
    return Currents(
        ratio=ratio,
        fast_log=fast_log,
        slow_log=slow_log,
        base_log=np.where(learns, np.minimum(moved, design_log), strings.base_log),
        base_s=base_s,
        charging_a=charging_a,
        lowest_a=lowest_a,
        lowest_v=lowest_v,
        overdue_s=overdue_s,
        overdue=switched(strings.current_overdue, overdue_s, tuning.sign_delay_s),
    )


def _levels(
    frame: Frame, estimates: Estimates, around: Surroundings, layout: Layout, tuning: Tuning
) -> tuple[Floats, Floats]:
    """Return logarithms of the currents at 25 °C: of each cell, and the mean of each string."""
    rows = frame.rows
    if not estimates.float_current_usable.any():
        return np.full(rows.cell_count, np.nan), np.full(rows.string_count, np.nan)
    around_c = np.where(np.isnan(around.reference_c), tuning.reference_c, around.reference_c)
    warmer_log = (around_c - tuning.reference_c) * (math.log(2) / tuning.doubling_k)
    # A cell under bypass may get nothing or lose a little; a hundredth of the float keeps the mean.
    least_a = rows.spread(0.01 * tuning.design_float_a_per_ah * layout.capacity_ah)
    usable = estimates.float_current_usable & (frame.current_a > 0)
    cell_log = np.log(np.maximum(estimates.cell_current_a, least_a)) - rows.spread(warmer_log)
    cell_log = np.where(rows.spread(usable), cell_log, np.nan)
    return cell_log, rows.mean(cell_log, np.isfinite(cell_log))


def _learned(base: Floats, level: Floats, base_s: Floats, dt_s: float, tuning: Tuning) -> Floats:
    """Take the mean of the first day, then follow slowly."""
    first = base_s <= tuning.first_learning_s
    part = np.where(first, dt_s / np.maximum(base_s, max(dt_s, 1e-9)), 1.0)
    limit = np.where(first, np.inf, tuning.base_per_s * dt_s)
    step = np.clip(part * (level - base), -limit, limit)
    return np.where(np.isnan(base), level, base + step)


def _overdue(
    frame: Frame,
    strings: StringMemory,
    cooling: Flags,
    layout: Layout,
    dt_s: float,
    tuning: Tuning,
) -> tuple[Floats, Floats, Floats, Flags]:
    """Tell where the current of a recharge rises again at the same voltage."""
    charging_a = followed(
        strings.charging_a, frame.current_a, share(dt_s, tuning.overdue_current_filter_s)
    )
    charging_a = np.where(frame.current_a < 0, np.nan, charging_a)
    higher = frame.target_v > strings.lowest_v * (1 + tuning.higher_voltage)
    lower = ~(charging_a >= strings.lowest_a)
    begins = cooling & (higher | lower)
    lowest_a = np.where(begins, charging_a, np.where(cooling, strings.lowest_a, np.nan))
    lowest_v = np.where(begins, frame.target_v, np.where(cooling, strings.lowest_v, np.nan))
    limit_a = tuning.overdue_current_factor * lowest_a
    # Half the stated error is far more than the noise of a sensor; its offset is in both currents.
    error_a = frame.current_error_a
    limit_a += tuning.overdue_current_a_per_ah * layout.capacity_ah + error_a / 2
    known = np.isfinite(frame.current_a) & (charging_a > error_a)
    return charging_a, lowest_a, lowest_v, cooling & known & (charging_a > limit_a)
