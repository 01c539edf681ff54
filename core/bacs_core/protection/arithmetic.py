"""Filters and counters over whole columns, with unknown values as NaN."""

from __future__ import annotations

import math

import numpy as np

from bacs_core.snapshot import Flags, Floats


def share(dt_s: float, over_s: float) -> float:
    """Return how far a filter of the time constant `over_s` moves in `dt_s`, 0 to 1."""
    return 1 - math.exp(-dt_s / over_s)


def followed(old: Floats, new: Floats, part: float) -> Floats:
    """Move `old` towards `new` by `part`; what is unknown in one takes the other."""
    moved = old + part * (new - old)
    unknown = np.isnan(moved)
    if unknown.any():
        return np.where(unknown, np.where(np.isnan(new), old, new), moved)
    return moved


def counted(
    seconds: Floats, sign: Flags, dt_s: float | Floats, full_s: float, weight: Floats | float = 1.0
) -> Floats:
    """Count up while the sign is there and down while it is not, between 0 and `full_s`.

    Up it counts `weight` times as fast.
    """
    step = np.where(sign, dt_s * weight, -np.asarray(dt_s))
    counts: Floats = np.minimum(np.maximum(seconds + step, 0.0), full_s)
    return counts


def switched(flag: Flags, seconds: Floats, full_s: float) -> Flags:
    """Raise a flag whose count is full, lower it where the count is empty."""
    return (flag & (seconds > 0)) | (seconds >= full_s)
