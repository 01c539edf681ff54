"""What is read out of the measurements: one value over time, or everything of one string.

Times are unix milliseconds, values in the units of the model; NaN where nothing was measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from bacs_core.snapshot import Floats

Moments = NDArray[np.int64]


class Tier(StrEnum):
    """How finely something was kept."""

    FULL = "full"
    """Every sample as it was measured."""
    MINUTE = "minute"
    """Means of one minute."""
    QUARTER = "quarter"
    """Minimum and maximum of fifteen minutes, beside the means of the minutes."""
    HOUR = "hour"
    """Minimum, mean and maximum of an hour."""


@dataclass(frozen=True, slots=True)
class TierExtent:
    """What is kept of one tier: unix milliseconds of the first and last moment, and bytes."""

    tier: Tier
    first: int
    last: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Series:
    """One value in buckets of equal width: all arrays have one place per bucket.

    `at` is the start of each bucket. `count` is the number of samples behind it, 0 where nothing
    was measured (then the others are NaN). `tier` is the coarsest that was read: minimum and
    maximum are true extremes, of the bucket widened to whole steps of that tier.
    """

    at: Moments
    width_s: float
    minimum: Floats
    mean: Floats
    maximum: Floats
    count: NDArray[np.int64]
    tier: Tier


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive samples of one string as they were measured, oldest first.

    `columns` holds (samples, cells) by quantity, and `status`; `scalars` holds (samples,) by the
    names of `layout.SCALARS`, states as numbers into their symbols.
    """

    string_key: str
    at: Moments
    columns: Mapping[str, Floats]
    scalars: Mapping[str, Floats]
