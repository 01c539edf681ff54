"""Columns of numbers as they travel to a chart: whole steps, 32 bits each, as base64."""

from __future__ import annotations

import sys
from array import array
from base64 import b64encode
from collections.abc import Iterable
from math import isfinite
from typing import Final

#: Stands for a value that is not there.
NONE: Final = -(2**31)
_HIGHEST: Final = 2**31 - 1


def packed(values: Iterable[float | None], steps_per_unit: float) -> str:
    """Pack values in steps; what is not there, or not finite, is none. Little-endian."""
    steps = array("i", (_step(value, steps_per_unit) for value in values))
    if sys.byteorder == "big":
        steps.byteswap()
    return b64encode(steps.tobytes()).decode("ascii")


def _step(value: float | None, steps_per_unit: float) -> int:
    if value is None or not isfinite(value):
        return NONE
    return max(NONE + 1, min(_HIGHEST, round(value * steps_per_unit)))
