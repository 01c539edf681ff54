"""Samples brought together in steps of time, as the tiers keep them: pure.

A step is a whole minute, quarter or hour of UTC. Everything is in whole register steps; a mean is
rounded to the nearest one, extremes are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.history.measured import Tier
from bacs_core.history.measurements.numbers import ABSENT
from bacs_core.history.measurements.section import Parts

STEP_MS: Final[dict[Tier, int]] = {
    Tier.MINUTE: 60_000,
    Tier.QUARTER: 900_000,
    Tier.HOUR: 3_600_000,
}
_HIGH: Final = np.iinfo(np.int32).max
_LOW: Final = ABSENT

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """One column of some cells in steps: arrays are (cells, steps), `at` starts of the steps.

    Where `count` is 0, minimum and maximum mean nothing.
    """

    at: NDArray[np.int64]
    count: Counts
    total: Counts
    minimum: NDArray[np.int32]
    maximum: NDArray[np.int32]

    def part(self, name: str) -> NDArray[np.int32]:
        """Return what a tier keeps under this name, as (cells, steps) with `ABSENT`."""
        if name == "count":
            return self.count.astype(np.int32)
        if name == "mean":
            numbers = np.rint(self.total / np.maximum(self.count, 1))
        else:
            numbers = self.minimum if name == "minimum" else self.maximum
        return np.where(self.count > 0, numbers, ABSENT).astype(np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """Moments in steps: where each begins, its start in time, how many moments fall into it.

    `each` is that number where it is the same for all, else 0.
    """

    starts: NDArray[np.intp]
    at: NDArray[np.int64]
    samples: NDArray[np.int64]
    each: int


def grouped(at: NDArray[np.int64], width_ms: int) -> Grouping:
    """Divide moments, sorted by time, into steps of `width_ms`."""
    step = at // width_ms
    starts = np.concatenate([[0], np.flatnonzero(np.diff(step)) + 1]).astype(np.intp)
    samples = np.diff(np.append(starts, len(at)))
    each = int(samples[0]) if (samples == samples[0]).all() else 0
    return Grouping(starts, step[starts] * width_ms, samples, each)


def steps_of(steps: Grouping, parts: Parts) -> Steps:
    """Bring the samples of some cells together in steps."""
    cells, count = len(parts.still), len(steps.starts)
    if not parts.still.any():
        return Steps(steps.at, *_moving_steps(steps, parts.moving))
    counts = np.empty((cells, count), dtype=np.int64)
    total = np.empty((cells, count), dtype=np.int64)
    minimum = np.empty((cells, count), dtype=np.int32)
    maximum = np.empty((cells, count), dtype=np.int32)
    number = parts.number[:, np.newaxis]
    there = number != ABSENT
    counts[parts.still] = np.where(there, steps.samples, 0)
    total[parts.still] = np.where(there, number * steps.samples, 0)
    minimum[parts.still] = maximum[parts.still] = number
    if parts.moving.size:
        moves = ~parts.still
        counts[moves], total[moves], minimum[moves], maximum[moves] = _moving_steps(
            steps, parts.moving
        )
    return Steps(steps.at, counts, total, minimum, maximum)


def _moving_steps(
    steps: Grouping, moving: NDArray[Any]
) -> tuple[Counts, Counts, NDArray[np.int32], NDArray[np.int32]]:
    """Return count, total, minimum and maximum of (cells, moments)."""
    apart = _Apart(moving, steps)
    minimum = apart.together(np.minimum, moving.dtype)
    if minimum.min() == ABSENT:
        missing = moving == ABSENT
        starts = steps.starts
        return (
            np.add.reduceat(~missing, starts, axis=1, dtype=np.int64),
            np.add.reduceat(np.where(missing, 0, moving), starts, axis=1, dtype=np.int64),
            np.minimum.reduceat(np.where(missing, _HIGH, moving), starts, axis=1).astype(np.int32),
            apart.together(np.maximum, moving.dtype).astype(np.int32),
        )
    maximum = apart.together(np.maximum, moving.dtype)
    largest = max(-int(minimum.min()), int(maximum.max())) * max(steps.each, 1)
    sums = np.dtype(np.int32 if steps.each and largest <= _HIGH else np.int64)
    return (
        np.broadcast_to(steps.samples, minimum.shape),
        apart.together(np.add, sums).astype(np.int64),
        minimum.astype(np.int32, copy=False),
        maximum.astype(np.int32, copy=False),
    )


def merged(pieces: Sequence[Steps], width_ms: int) -> Steps:
    """Bring steps together, in any order, into steps of `width_ms`."""
    at = np.concatenate([piece.at for piece in pieces])
    order = None if (np.diff(at) > 0).all() else np.argsort(at, kind="stable")
    steps = grouped(at if order is None else at[order], width_ms)
    count, total, minimum, maximum = (
        _together(pieces, name, order) for name in ("count", "total", "minimum", "maximum")
    )
    if steps.each == 1:
        return Steps(steps.at, count, total, minimum, maximum)
    if not count.all():
        minimum = np.where(count > 0, minimum, _HIGH)
        maximum = np.where(count > 0, maximum, _LOW)
    return Steps(
        steps.at,
        _Apart(count, steps).together(np.add, count.dtype),
        _Apart(total, steps).together(np.add, total.dtype),
        _Apart(minimum, steps).together(np.minimum, minimum.dtype),
        _Apart(maximum, steps).together(np.maximum, maximum.dtype),
    )


class _Apart:
    """Numbers, (cells, moments), to be reduced within each step.

    Steps of one length are turned so that their first moments lie beside each other, then their
    second ones and so on: a reduction then runs over long rows, in a third of the time.
    """

    def __init__(self, numbers: NDArray[Any], steps: Grouping) -> None:
        """Turn them, if that can be done."""
        self._numbers, self._starts = numbers, steps.starts
        self._turned: NDArray[Any] | None = None
        if steps.each:
            shape = len(numbers), len(steps.starts), steps.each
            self._turned = np.ascontiguousarray(numbers.reshape(shape).transpose(2, 0, 1))

    def together(self, operation: np.ufunc, result: np.dtype[Any]) -> NDArray[Any]:
        """Reduce each step, (cells, steps)."""
        if self._turned is None:
            return np.asarray(operation.reduceat(self._numbers, self._starts, axis=1, dtype=result))
        return np.asarray(operation.reduce(self._turned, axis=0, dtype=result))


def _together(pieces: Sequence[Steps], name: str, order: NDArray[np.intp] | None) -> NDArray[Any]:
    if len(pieces) == 1:
        whole: NDArray[Any] = getattr(pieces[0], name)
        return whole
    whole = np.concatenate([getattr(piece, name) for piece in pieces], axis=1)
    return whole if order is None else whole[:, order]
