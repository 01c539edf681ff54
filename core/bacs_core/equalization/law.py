"""The law of the bypass duty, for all cells of a string at once.

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
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from bacs_core.equalization.tuning import Loop, Tuning
from bacs_core.snapshot import Flags, Floats


@dataclass(frozen=True, slots=True)
class LawMemory:
    """Per cell: the duty it works with when nothing inhibits it, and from which error it came.

    `error_v` is NaN where the filter starts anew. `limited_s` counts how long a cell has been at
    its limit since its error was `limited_error_v`.
    """

    duty_percent: Floats
    error_v: Floats
    settling: Flags
    limited_s: Floats
    limited_error_v: Floats
    exhausted: Flags

    @classmethod
    def initial(cls, cell_count: int) -> LawMemory:
        """Begin with no bypass anywhere."""
        return cls(
            duty_percent=np.zeros(cell_count),
            error_v=np.full(cell_count, np.nan),
            settling=np.zeros(cell_count, np.bool_),
            limited_s=np.zeros(cell_count),
            limited_error_v=np.full(cell_count, np.nan),
            exhausted=np.zeros(cell_count, np.bool_),
        )


def follow(
    memory: LawMemory,
    error_v: Floats,
    running: Flags,
    limit_percent: float,
    dt_s: float,
    loop: Loop,
    tuning: Tuning,
) -> LawMemory:
    """Return the memory `dt_s` later; `error_v` is the unfiltered error.

    Cells that do not run keep their duty; their error is forgotten, as it was another plant's.
    """
    before_v = memory.error_v
    share = 1 - math.exp(-dt_s / tuning.filter_s)
    known = np.isfinite(before_v)
    filtered_v = np.where(known, before_v + share * (error_v - before_v), error_v)
    filtered_v = np.where(running, filtered_v, np.nan)
    # NaN compares as false throughout: a cell without an error neither moves nor settles.
    same_side = filtered_v * before_v > 0
    settling = (np.abs(filtered_v) > tuning.dead_band_v) | (memory.settling & same_side)
    change = np.where(settling, filtered_v, 0.0) * (loop.percent_per_v_s * dt_s)
    change += loop.percent_per_v * np.where(known, filtered_v - before_v, 0.0)
    duty = memory.duty_percent
    moving = running & ((duty > 0) | (filtered_v >= tuning.start_above_v))
    change = np.where(moving, change, 0.0)
    # At the limit nothing is added; what a limit that fell cuts off wears off in the integral time.
    raised = np.minimum(duty + change, np.maximum(duty, limit_percent))
    wearing = np.where(moving, np.maximum(raised - limit_percent, 0.0), 0.0)
    duty = np.clip(raised - wearing * min(dt_s / tuning.integral_s, 1.0), 0.0, 100.0)
    return _judge_authority(
        LawMemory(
            duty,
            filtered_v,
            settling,
            memory.limited_s,
            memory.limited_error_v,
            memory.exhausted,
        ),
        running,
        limit_percent,
        dt_s,
        tuning,
    )


#: A duty is as good as at its limit this close to it: noise pushes it down, the limit not up.
_NEAR_PERCENT: Final = 5.0


def _judge_authority(
    memory: LawMemory, running: Flags, limit_percent: float, dt_s: float, tuning: Tuning
) -> LawMemory:
    """Find the cells that their limit in force does not bring down, however long it is given."""
    error_v = memory.error_v
    limited = running & (memory.duty_percent >= limit_percent - _NEAR_PERCENT)
    limited &= error_v > tuning.goal_v
    falls = error_v < (1 - tuning.exhausted_progress) * memory.limited_error_v
    begins = limited & (falls | np.isnan(memory.limited_error_v))
    freed = running & ~limited
    limited_error_v = np.where(begins, error_v, np.where(freed, np.nan, memory.limited_error_v))
    limited_s = np.where(begins | freed, 0.0, memory.limited_s + np.where(limited, dt_s, 0.0))
    exhausted = (memory.exhausted & ~freed) | (limited_s >= tuning.exhausted_after_s)
    return LawMemory(
        memory.duty_percent,
        error_v,
        memory.settling,
        limited_s,
        limited_error_v,
        exhausted,
    )
