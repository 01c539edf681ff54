"""One value over time in buckets of equal width: pure.

What is brought together is either samples or whole steps of a tier. With steps of a tier the
buckets begin and end at whole steps, so that none is cut and nothing is counted twice; where only
quarters of an hour know the extremes, a bucket of minutes has those of the quarters it touches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.history.measured import Series, Tier
from bacs_core.history.measurements.numbers import ABSENT
from bacs_core.history.measurements.steps import STEP_MS

#: A little more than the time between two samples: a shorter bucket would be empty by chance.
SHORTEST_MS: Final = 15_000
#: The same where every tick was kept.
SHORTEST_OF_TICKS_MS: Final = 1_500

Moments = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Grid:
    """Buckets from `first` on, unix milliseconds, of `width_ms` each."""

    first: int
    width_ms: float
    count: int

    @property
    def end(self) -> float:
        """Where the last bucket ends."""
        return self.first + self.width_ms * self.count

    def place(self, at: Moments) -> NDArray[np.int64]:
        """Return the bucket of each moment; outside it is below 0 or beyond the last."""
        return np.floor((at - self.first) / self.width_ms).astype(np.int64)


def coarsest(width_ms: float) -> Tier:
    """Return the coarsest tier whose steps fit into a bucket."""
    if width_ms >= STEP_MS[Tier.HOUR]:
        return Tier.HOUR
    return Tier.QUARTER if width_ms >= STEP_MS[Tier.QUARTER] else Tier.FULL


def grid_of_samples(start: int, end: int, points: int, *, ticks: bool) -> Grid:
    """Divide a range; buckets are never so short that sampling would look like gaps."""
    shortest = SHORTEST_OF_TICKS_MS if ticks else SHORTEST_MS
    width = max((end - start) / points, shortest)
    return Grid(start, width, max(1, min(points, math.ceil((end - start) / width))))


def grid_of_steps(start: int, end: int, points: int, step_ms: int) -> Grid:
    """Divide a range, widened to whole steps, into buckets of whole steps."""
    first = start // step_ms * step_ms
    steps = max(1, math.ceil((end - first) / step_ms))
    width = max(1, math.ceil(steps / points)) * step_ms
    return Grid(first, width, max(1, math.ceil((end - first) / width)))


class Buckets:
    """Gathers samples and steps of one value."""

    def __init__(self, grid: Grid) -> None:
        """Begin with empty buckets."""
        self._grid = grid
        self._count = np.zeros(grid.count, dtype=np.int64)
        self._total = np.zeros(grid.count)
        self._minimum = np.full(grid.count, np.inf)
        self._maximum = np.full(grid.count, -np.inf)

    def add_samples(self, at: Moments, numbers: NDArray[Any]) -> None:
        """Bring in samples."""
        if float(self._grid.width_ms).is_integer() and bool((at[1:] >= at[:-1]).all()):
            self._add_sorted(at, numbers)
            return
        place, numbers = self._inside(at, numbers)
        if place.size == 0:
            return
        self._count += np.bincount(place, minlength=self._grid.count)
        self._total += np.bincount(place, weights=numbers, minlength=self._grid.count)
        if (np.diff(place) < 0).any():
            order = np.argsort(place, kind="stable")
            place, numbers = place[order], numbers[order]
        # Ten times as fast as `minimum.at`.
        starts = np.flatnonzero(np.diff(place, prepend=-1))
        met = place[starts]
        self._minimum[met] = np.minimum(self._minimum[met], np.minimum.reduceat(numbers, starts))
        self._maximum[met] = np.maximum(self._maximum[met], np.maximum.reduceat(numbers, starts))

    def _add_sorted(self, at: Moments, numbers: NDArray[Any]) -> None:
        """Bring in samples sorted by time: then the edges are looked up instead of each sample."""
        there = numbers != ABSENT
        if not there.all():
            at, numbers = at[there], numbers[there]
        grid = self._grid
        edges = grid.first + np.arange(grid.count + 1) * int(grid.width_ms)
        bounds = np.searchsorted(at, edges)
        counts = np.diff(bounds)
        met = np.flatnonzero(counts)
        if met.size == 0:
            return
        numbers, starts = numbers[: bounds[-1]], bounds[met]
        self._count += counts
        self._total[met] += np.add.reduceat(numbers, starts, dtype=np.int64)
        self._minimum[met] = np.minimum(self._minimum[met], np.minimum.reduceat(numbers, starts))
        self._maximum[met] = np.maximum(self._maximum[met], np.maximum.reduceat(numbers, starts))

    def add_means(self, at: Moments, numbers: NDArray[Any], counts: NDArray[Any]) -> None:
        """Bring in means of steps, with the samples behind each."""
        at, counts = at[numbers != ABSENT], counts[numbers != ABSENT]
        place, numbers = self._inside(at, numbers[numbers != ABSENT])
        inside = (self._grid.place(at) >= 0) & (self._grid.place(at) < self._grid.count)
        counts = counts[inside]
        self._count += np.bincount(place, weights=counts, minlength=self._grid.count).astype(
            np.int64
        )
        self._total += np.bincount(place, weights=numbers * counts, minlength=self._grid.count)

    def add_extremes(
        self, at: Moments, minimum: NDArray[Any], maximum: NDArray[Any], step_ms: int
    ) -> None:
        """Bring in extremes of steps, into every bucket that a step touches."""
        there = minimum != ABSENT
        at, minimum, maximum = at[there], minimum[there], maximum[there]
        first = self._grid.place(at)
        last = self._grid.place(at + step_ms - 1)
        for further in range(int((last - first).max(initial=-1)) + 1):
            place = first + further
            use = (place <= last) & (place >= 0) & (place < self._grid.count)
            np.minimum.at(self._minimum, place[use], minimum[use])
            np.maximum.at(self._maximum, place[use], maximum[use])

    def series(self, steps_per_unit: int, tier: Tier) -> Series:
        """Return what was gathered, in the units of the model."""
        some = self._count > 0
        grid = self._grid
        at = np.rint(grid.first + np.arange(grid.count) * grid.width_ms).astype(np.int64)
        mean = self._total / np.maximum(self._count, 1)
        minimum, maximum, mean = (
            np.where(some & np.isfinite(each), each, np.nan) / steps_per_unit
            for each in (self._minimum, self._maximum, mean)
        )
        return Series(at, grid.width_ms / 1000, minimum, mean, maximum, self._count, tier)

    def _inside(self, at: Moments, numbers: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
        there = numbers != ABSENT
        if not there.all():
            at, numbers = at[there], numbers[there]
        place = self._grid.place(at)
        inside = (place >= 0) & (place < self._grid.count)
        return (place, numbers) if inside.all() else (place[inside], numbers[inside])
