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


def steps_of(at: NDArray[np.int64], parts: Parts, width_ms: int) -> Steps:
    """Bring samples, sorted by time, together in steps of `width_ms`."""
    starts, step_at, samples = _boundaries(at, width_ms)
    cells, count = len(parts.still), len(starts)
    counts = np.empty((cells, count), dtype=np.int64)
    total = np.empty((cells, count), dtype=np.int64)
    minimum = np.empty((cells, count), dtype=np.int32)
    maximum = np.empty((cells, count), dtype=np.int32)
    number = parts.number[:, np.newaxis]
    there = number != ABSENT
    counts[parts.still] = np.where(there, samples, 0)
    total[parts.still] = np.where(there, number * samples, 0)
    minimum[parts.still] = maximum[parts.still] = number
    moves = ~parts.still
    moving: NDArray[Any] = parts.moving
    if moving.size:
        missing = moving == ABSENT
        if missing.any():
            counts[moves] = np.add.reduceat(~missing, starts, axis=1, dtype=np.int64)
            total[moves] = np.add.reduceat(np.where(missing, 0, moving), starts, axis=1)
            minimum[moves] = np.minimum.reduceat(np.where(missing, _HIGH, moving), starts, axis=1)
            maximum[moves] = np.maximum.reduceat(moving, starts, axis=1)
        else:
            counts[moves] = samples
            total[moves] = _together_by(np.add, moving, starts, np.dtype(np.int64))
            minimum[moves] = _together_by(np.minimum, moving, starts, moving.dtype)
            maximum[moves] = _together_by(np.maximum, moving, starts, moving.dtype)
    return Steps(step_at, counts, total, minimum, maximum)


def merged(pieces: Sequence[Steps], width_ms: int) -> Steps:
    """Bring steps together, in any order, into steps of `width_ms`."""
    at = np.concatenate([piece.at for piece in pieces])
    order = None if (np.diff(at) > 0).all() else np.argsort(at, kind="stable")
    starts, step_at, samples = _boundaries(at if order is None else at[order], width_ms)
    count, total, minimum, maximum = (
        _together(pieces, name, order) for name in ("count", "total", "minimum", "maximum")
    )
    if (samples == 1).all():
        return Steps(step_at, count, total, minimum, maximum)
    if not count.all():
        minimum = np.where(count > 0, minimum, _HIGH)
        maximum = np.where(count > 0, maximum, _LOW)
    return Steps(
        step_at,
        _together_by(np.add, count, starts, count.dtype),
        _together_by(np.add, total, starts, total.dtype),
        _together_by(np.minimum, minimum, starts, minimum.dtype),
        _together_by(np.maximum, maximum, starts, maximum.dtype),
    )


def _together_by(
    operation: np.ufunc, numbers: NDArray[Any], starts: NDArray[np.intp], result: np.dtype[Any]
) -> NDArray[Any]:
    """Reduce each stretch that begins at `starts`; stretches of one length all at once."""
    count, each = len(starts), numbers.shape[1] // len(starts)
    if each * count != numbers.shape[1] or (np.diff(starts) != each).any():
        return np.asarray(operation.reduceat(numbers, starts, axis=1, dtype=result))
    together = numbers[:, 0::each].astype(result)
    for place in range(1, each):
        operation(together, numbers[:, place::each], out=together)
    return together


def _together(pieces: Sequence[Steps], name: str, order: NDArray[np.intp] | None) -> NDArray[Any]:
    if len(pieces) == 1:
        whole: NDArray[Any] = getattr(pieces[0], name)
        return whole
    whole = np.concatenate([getattr(piece, name) for piece in pieces], axis=1)
    return whole if order is None else whole[:, order]


def _boundaries(
    at: NDArray[np.int64], width_ms: int
) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.int64]]:
    """Return where each step begins, its start in time, and how many moments fall into it."""
    step = at // width_ms
    starts = np.concatenate([[0], np.flatnonzero(np.diff(step)) + 1]).astype(np.intp)
    return starts, step[starts] * width_ms, np.diff(np.append(starts, len(at)))
