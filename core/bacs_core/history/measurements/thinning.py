"""Where samples were deleted, so that only means are left of them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.history.measured import Tier
from bacs_core.history.measurements.shelf import Shelf
from bacs_core.history.measurements.steps import STEP_MS
from bacs_core.history.measurements.windows import StoredString

MINUTE_MS: Final = STEP_MS[Tier.MINUTE]
_HOUR_MS: Final = STEP_MS[Tier.HOUR]
_MINUTES: Final = _HOUR_MS // MINUTE_MS

#: In the order of fineness.
SAMPLES, MEAN_OF_MINUTE, MEAN_OF_HOUR = range(3)


def best_left(shelf: Shelf, key: str, start: int, end: int) -> NDArray[np.int8]:
    """Return the finest that tells all of each minute, from the full hour before `start` to `end`.

    Where an hour is not told by its minutes, its mean stands for those of which nothing is left.
    """
    first = start // _HOUR_MS * _HOUR_MS
    hours = max(1, -((first - end) // _HOUR_MS))
    found = np.full(hours * _MINUTES, SAMPLES, dtype=np.int8)
    for stored in shelf.strings(key):
        full, minutes = (
            shelf.count(tier, stored, first, hours * _MINUTES, MINUTE_MS)
            for tier in (Tier.FULL, Tier.MINUTE)
        )
        finer = np.maximum(full, minutes)
        untold = finer.reshape(hours, _MINUTES).sum(axis=1) < shelf.count(
            Tier.HOUR, stored, first, hours, _HOUR_MS
        )
        by_hour = np.repeat(untold, _MINUTES) & (finer == 0)
        by_hour[::_MINUTES] |= untold
        found[minutes > full] = np.maximum(found[minutes > full], MEAN_OF_MINUTE)
        found[by_hour] = MEAN_OF_HOUR
    return found


def thinned_until(shelf: Shelf) -> int | None:
    """Return where the last minute ends of which a string has only means, unix milliseconds."""
    ends = [
        hour + MINUTE_MS * (1 + int(np.flatnonzero(left)[-1]))
        for stored in shelf.strings()
        if (hour := _last_thinned(shelf, stored)) is not None
        and (left := best_left(shelf, stored.layout.key, hour, hour + _HOUR_MS)).any()
    ]
    return max(ends, default=None)


def _last_thinned(shelf: Shelf, stored: StoredString) -> int | None:
    """Return the last hour of which samples were deleted.

    The samples of an hour are counted only where those of the hour before are gone: what is
    deleted is always the oldest.
    """
    spans = shelf.spans(Tier.HOUR, stored)
    if len(spans) == 0:
        return None
    first = int(spans.min()) // _HOUR_MS * _HOUR_MS
    steps = (int(spans.max()) - first) // _HOUR_MS + 1
    known = shelf.count(Tier.HOUR, stored, first, steps, _HOUR_MS) > 0
    kept = np.zeros(steps, dtype=np.bool_)
    hours = (shelf.spans(Tier.FULL, stored) - first) // _HOUR_MS
    for begin, last in np.unique(hours, axis=0).tolist():
        kept[max(0, begin) : max(0, last + 1)] = True
    begins = np.flatnonzero(known & kept & ~np.concatenate([[False], kept[:-1]]))
    thinned = known & ~kept
    for place in begins.tolist():
        counted = (
            shelf.count(tier, stored, first + place * _HOUR_MS, 1, _HOUR_MS)
            for tier in (Tier.FULL, Tier.HOUR)
        )
        full, hour = (int(each[0]) for each in counted)
        thinned[place] = full < hour
    places = np.flatnonzero(thinned)
    return None if len(places) == 0 else first + int(places[-1]) * _HOUR_MS
