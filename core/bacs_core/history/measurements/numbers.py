"""Measured values as whole steps of their register, and back."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.snapshot import Floats

Numbers = NDArray[np.int32]

#: Stands for "no value"; no number near it is ever stored.
ABSENT: Final = -(1 << 31)
LARGEST: Final = (1 << 31) - 1024
#: Stands for "no value" where numbers are kept in 16 bits.
ABSENT_SHORT: Final = -(1 << 15)
LARGEST_SHORT: Final = (1 << 15) - 1


def to_numbers(values: Floats, steps_per_unit: int | NDArray[np.int64]) -> Numbers:
    """Round values to whole steps; what is not a number, or absurdly large, is absent."""
    steps = np.rint(values * steps_per_unit)
    usable = np.abs(steps) <= LARGEST
    return np.where(usable, steps, ABSENT).astype(np.int32)


def to_values(numbers: NDArray[np.int32] | NDArray[np.int64], steps_per_unit: int) -> Floats:
    """Turn whole steps back into values; absent ones are NaN."""
    return np.where(numbers == ABSENT, np.nan, numbers / steps_per_unit)
