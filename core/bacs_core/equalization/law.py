"""The law of the bypass duty, for all cells of all strings at once.

    d(duty)/dt = (e + damping de/dt) / (integral authority)          e = voltage - target, filtered

The first part is a slow integral of the error outside the dead band. The second is the damping: a
cell whose voltage falls under bypass gets less. Together they lead the error down like
`exp(-t / damping)`, whatever the polarisation capacitance of the cells is. A plain integral would
swing, because a cell takes 4 to 20 hours to answer, and draw charge from the cells it drives too
far. Nothing jumps: the damping acts on changes alone, and what was kept over an inhibit goes on
where it was.

The dead band is left when the error is outside of it and entered when it reaches zero. A band in
which duty rests at once would leave many cells at its upper edge, and the lowest cell of the string
far below the target, because the errors of all cells add up to zero.

A cell whose duty is 0 starts only 5 mV above the target. That alone cannot lift a single low cell:
of 24 cells with one at -50 mV the others are 2 mV too high, none starts, and after 36 h the one is
still 47 mV low. So while a trusted cell is more than the goal below the target, cells above the
dead band may start. Even then it took 48 h, and of 60 cells none starts, because each of the others
is less than 1 mV too high. So the others also aim a little lower, by half of what the lowest lies
deeper than the highest is high, 5 mV at most: their lift. With it the one cell is within 10 mV
after 4 h, and after 5 h of 120 cells. In a string that is spread to both sides alike nobody is
lifted: its high cells need what they have more than the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bacs_core.equalization.tuning import Loops, Tuning
from bacs_core.rows import Rows
from bacs_core.snapshot import Flags, Floats


@dataclass(frozen=True, slots=True)
class LawMemory:
    """Per cell: the duty it works with when nothing inhibits it, and from which error it came.

    `error_v` is NaN where the filter starts anew. `settling` marks the cells that have left the
    dead band and not yet reached the target.
    """

    duty_percent: Floats
    error_v: Floats
    settling: Flags

    @classmethod
    def initial(cls, cell_count: int) -> LawMemory:
        """Begin with no bypass anywhere."""
        return cls(
            duty_percent=np.zeros(cell_count),
            error_v=np.full(cell_count, np.nan),
            settling=np.zeros(cell_count, np.bool_),
        )


@dataclass(frozen=True, slots=True)
class Cells:
    """What the law is given of all cells.

    `error_v` is unfiltered, NaN where it is not known or its string does not run: there it is
    forgotten, as it was another plant's. Cells that do not run keep their duty.
    """

    error_v: Floats
    running: Flags
    limit_percent: Floats


def follow(
    memory: LawMemory, rows: Rows, cells: Cells, dt_s: float, loops: Loops, tuning: Tuning
) -> LawMemory:
    """Return the memory `dt_s` later."""
    before_v = memory.error_v
    duty, limit = memory.duty_percent, cells.limit_percent
    step_v = cells.error_v - before_v
    step_v *= 1 - math.exp(-dt_s / tuning.filter_s)
    filtered_v = before_v + step_v
    # NaN compares as false throughout: a cell without an error neither moves nor settles.
    known_v = filtered_v
    others = np.flatnonzero(np.isnan(step_v))
    if len(others):
        step_v[others] = 0.0
        filtered_v[others] = cells.error_v[others]
        known_v = filtered_v.copy()
        known_v[others] = np.nan_to_num(filtered_v[others])
    deepest_v = -np.minimum.reduceat(known_v, rows.first_cell)
    highest_v = np.maximum.reduceat(known_v, rows.first_cell)
    lift_v = tuning.lift_share * (deepest_v - np.maximum(highest_v, tuning.lift_below_v))
    lift_v = np.minimum(np.maximum(lift_v, 0.0), tuning.lift_most_v)
    lagging = deepest_v > tuning.goal_v
    start_v = np.where(lagging, tuning.dead_band_v, tuning.start_above_v) - lift_v
    cell_lift_v = rows.spread(lift_v)
    wanted_v = filtered_v + cell_lift_v
    settling = memory.settling & (wanted_v * (before_v + cell_lift_v) > 0)
    settling |= np.abs(wanted_v) > tuning.dead_band_v
    moving = cells.running & ((duty > 0) | (filtered_v >= rows.spread(start_v)))
    np.putmask(wanted_v, ~settling, 0.0)
    change = wanted_v * loops.cell_percent_per_v_s
    change *= dt_s
    change += loops.cell_percent_per_v * step_v
    # At the limit nothing is added; what a limit that fell cuts off wears off in the integral time.
    raised = np.minimum(duty + change, np.maximum(duty, limit))
    raised -= np.maximum(raised - limit, 0.0) * min(dt_s / tuning.integral_s, 1.0)
    raised = np.minimum(np.maximum(raised, 0.0), 100.0)
    return LawMemory(np.where(moving, raised, duty), filtered_v, settling)
