"""Curves of many kinds of cells, looked up for all rows at once.

Every curve is laid on the same equal steps, so that a look-up is an index and one straight line
instead of a search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from bacs_core.rows import Indices
from bacs_core.snapshot import Floats


@dataclass(frozen=True, slots=True)
class Curves:
    """One curve per row, each straight between equal steps of what it is looked up by."""

    first_place: Indices
    """Where the curve of each row begins in `heights` and `rises`."""
    heights: Floats
    rises: Floats
    lowest: float
    per_unit: float
    last_step: float

    @classmethod
    def of(
        cls,
        kinds: Sequence[tuple[Sequence[float], Sequence[float]]],
        kind_of_row: NDArray[np.intp],
        *,
        lowest: float,
        highest: float,
        steps: int,
    ) -> Self:
        """Lay the points of each kind, x rising, on `steps` equal steps; rows take their kind's."""
        grid = np.linspace(lowest, highest, steps + 1)
        laid = [np.interp(grid, places, heights) for places, heights in kinds]
        # The last height has no rise behind it; it is only reached from its left.
        rises = [np.append(np.diff(heights), 0.0) for heights in laid]
        return cls(
            first_place=kind_of_row * (steps + 1),
            heights=np.concatenate(laid),
            rises=np.concatenate(rises),
            lowest=lowest,
            per_unit=steps / (highest - lowest),
            last_step=steps - 1e-9,
        )

    def at(self, places: Floats) -> tuple[Floats, Floats]:
        """Return height and slope of each row's curve; beyond its ends a curve is level."""
        position = (places - self.lowest) * self.per_unit
        inside = np.minimum(np.maximum(position, 0.0), self.last_step)
        step = inside.astype(np.intp)
        place = self.first_place + step
        rise = self.rises[place]
        height: Floats = self.heights[place] + (inside - step) * rise
        return height, rise * self.per_unit
