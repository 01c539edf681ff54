"""How old the readings of a quantity are, and which of them are too old to be shown as live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bacs_core.api.live import LiveSite


@dataclass(frozen=True, slots=True)
class Ages:
    """How old the readings of a quantity are, and which are too old; without one, all are so.

    Most strings are read as a whole: then `each` is empty, and nothing is told cell by cell.
    """

    newest_s: float | None
    stale: bool | tuple[bool, ...]
    each: tuple[float | None, ...] = ()

    def is_stale(self, index: int) -> bool:
        """Tell it of one cell, counted from 0."""
        return self.stale if isinstance(self.stale, bool) else self.stale[index]


def ages_of(live: LiveSite, times: Sequence[float | None] | None, limit_s: float | None) -> Ages:
    """Judge the readings of all cells; readings of the same moment are judged once."""
    if times is None:
        return Ages(None, stale=True)
    if times and times.count(times[0]) == len(times):
        # Nearly always so, and asked of every string of the plant.
        age_s = live.age_of(times[0])
        if age_s is not None and (limit_s is None or age_s <= limit_s):
            return Ages(age_s, stale=False)
    ages = {read_at: live.age_of(read_at) for read_at in set(times)}
    stale = {
        read_at: age_s is None or (limit_s is not None and age_s > limit_s)
        for read_at, age_s in ages.items()
    }
    newest_s = min((age_s for age_s in ages.values() if age_s is not None), default=None)
    if not any(stale.values()):
        return Ages(newest_s, stale=False)
    return Ages(
        newest_s,
        tuple(stale[read_at] for read_at in times),
        tuple(ages[read_at] for read_at in times),
    )
