"""One value over time, out of the tier that suits the range and the number of points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.history.measured import Series, Tier
from bacs_core.history.measurements.buckets import (
    SHORTEST_MS,
    Buckets,
    Grid,
    coarsest,
    grid_of_samples,
    grid_of_steps,
)
from bacs_core.history.measurements.opened import OpenSamples
from bacs_core.history.measurements.shelf import Moments, Shelf
from bacs_core.history.measurements.steps import STEP_MS
from bacs_core.history.measurements.windows import StoredString

#: Samples closer than this are ticks.
_TICKS_MS: Final = 2_000
#: Where a tier has its means, and where its extremes.
_MEANS: Final = {Tier.QUARTER: Tier.MINUTE, Tier.HOUR: Tier.HOUR}
#: The steps a grid is laid on.
_GRID_STEP: Final = {Tier.QUARTER: STEP_MS[Tier.MINUTE], Tier.HOUR: STEP_MS[Tier.HOUR]}

Piece = tuple[Moments, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which value: of a cell (from 1), or of the string where `cell` is `None`."""

    key: str
    cell: int | None
    name: str
    start: int
    end: int
    points: int


def series(shelf: Shelf, opened: OpenSamples, wanted: Wanted) -> Series:
    """Return one value in at most `points` buckets over a range of unix milliseconds."""
    strings = [
        each
        for each in shelf.strings(wanted.key)
        if each.place(wanted.cell, wanted.name) is not None
    ]
    tier = _tier(shelf, strings, wanted)
    # The last bucket may end after the range: it is filled as the others are.
    grid = _grid(tier, wanted, ticks=False)
    start, end = grid.first, max(wanted.end, math.ceil(grid.end))
    newest = opened.value(wanted.key, wanted.name, wanted.cell, start, end)
    pieces = _sealed_pieces(shelf, strings, wanted, tier, (start, end))
    pieces.append((newest.at, newest.numbers))
    if tier is Tier.FULL and grid.width_ms <= SHORTEST_MS and _are_ticks(pieces):
        grid = _grid(tier, wanted, ticks=True)
    steps_per_unit = newest.steps_per_unit
    for stored in strings:
        place = stored.place(wanted.cell, wanted.name)
        steps_per_unit = steps_per_unit or (place[3] if place else 0)
    buckets = Buckets(grid)
    buckets.add_samples(
        np.concatenate([at for at, _ in pieces]), np.concatenate([each for _, each in pieces])
    )
    if tier is not Tier.FULL:
        _add_steps(buckets, shelf, strings, wanted, tier, (start, end))
    return buckets.series(steps_per_unit or 1, tier)


def _tier(shelf: Shelf, strings: Sequence[StoredString], wanted: Wanted) -> Tier:
    """Return the coarsest tier that fits a bucket, or a coarser one where nothing finer is left."""
    found = coarsest((wanted.end - wanted.start) / wanted.points)
    if found is Tier.FULL and _is_thinned(shelf, strings, wanted, (Tier.FULL,)):
        found = Tier.QUARTER
    if found is Tier.QUARTER and _is_thinned(shelf, strings, wanted, (Tier.MINUTE, Tier.QUARTER)):
        found = Tier.HOUR
    if found is not Tier.FULL and shelf.first_of(found, strings) is None:
        return Tier.FULL
    return found


def _is_thinned(
    shelf: Shelf, strings: Sequence[StoredString], wanted: Wanted, finer: Sequence[Tier]
) -> bool:
    """Tell whether there are hours in the range of which these tiers do not hold all any more."""
    hour = STEP_MS[Tier.HOUR]
    first = wanted.start // hour * hour
    steps = max(1, -((first - wanted.end) // hour))
    for stored in strings:
        hours = shelf.count(Tier.HOUR, stored, first, steps, hour)
        known = np.flatnonzero(hours)
        if len(known) == 0:
            continue
        # What is deleted is always the oldest: only the first hour can be there in part.
        oldest, begin = int(known[0]), first + int(known[0]) * hour
        for tier in finer:
            if not shelf.holds(tier, stored, first, steps, hour)[known].all():
                return True
            if shelf.count(tier, stored, begin, 1, hour)[0] < hours[oldest]:
                return True
    return False


def _grid(tier: Tier, wanted: Wanted, *, ticks: bool) -> Grid:
    start, end, points = wanted.start, wanted.end, wanted.points
    if tier is Tier.FULL:
        return grid_of_samples(start, end, points, ticks=ticks)
    fits = (end - start) / points >= STEP_MS[tier]
    return grid_of_steps(start, end, points, STEP_MS[tier] if fits else _GRID_STEP[tier])


def _are_ticks(pieces: Sequence[Piece]) -> bool:
    at = np.sort(np.concatenate([np.empty(0, np.int64), *(at for at, _ in pieces)]))
    return len(at) > 1 and bool(np.median(np.diff(at)) < _TICKS_MS)


def _sealed_pieces(
    shelf: Shelf,
    strings: Sequence[StoredString],
    wanted: Wanted,
    tier: Tier,
    span: tuple[int, int],
) -> list[Piece]:
    """Read the samples of full windows, beside a tier only of those it does not hold yet."""
    start, end = span
    also = "" if tier is Tier.FULL else "AND derived = 0"
    pieces: list[Piece] = []
    for stored in strings:
        place = stored.place(wanted.cell, wanted.name)
        if place is None:
            continue
        windows = shelf.windows(Tier.FULL, stored, start, end, also)
        for window, at, numbers in shelf.cells(stored, windows, place):
            if start <= window.first and window.last < end:
                pieces.append((at, numbers))
            else:
                inside = (at >= start) & (at < end)
                pieces.append((at[inside], numbers[inside]))
    return pieces


def _add_steps(
    buckets: Buckets,
    shelf: Shelf,
    strings: Sequence[StoredString],
    wanted: Wanted,
    tier: Tier,
    span: tuple[int, int],
) -> None:
    """Bring in the means and the extremes that the tier has."""
    for source, names in ((_MEANS[tier], ("mean", "count")), (tier, ("minimum", "maximum"))):
        for stored in strings:
            place = stored.place(wanted.cell, wanted.name)
            for window in shelf.windows(source, stored, span[0] - STEP_MS[tier], span[1]):
                moments = shelf.moments(stored, window)
                if moments is None or place is None:
                    continue
                at, counts = moments
                first, second = (shelf.cell(stored, window, place, name, counts) for name in names)
                if first is None or second is None:
                    continue
                if names[0] == "mean":
                    buckets.add_means(at, first, second)
                else:
                    buckets.add_extremes(at, first, second, STEP_MS[source])
