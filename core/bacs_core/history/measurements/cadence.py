"""Which ticks of which strings are stored, as a pure function of the snapshots so far.

Every string once in ten seconds; every tick of a string from one minute before a discharge to the
end of its recharge. That minute is not known beforehand, so the last one is always kept at hand.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from bacs_core.history.measurements.taken import Taken, taken_of
from bacs_core.model import ChargePhase
from bacs_core.snapshot import Flags, Snapshot, StringSnapshot

EVERY_MS: Final = 10_000
LEAD_MS: Final = 60_000
#: A bound on the memory, should ticks come faster than once a second.
LEAD_TICKS: Final = 64
#: From a discharge on, these belong to it until the string floats again.
_RECHARGE: Final = frozenset({ChargePhase.BULK, ChargePhase.ABSORPTION, ChargePhase.REST})


@dataclass(frozen=True, slots=True)
class Due:
    """A moment to be stored, and whether it has to be on the medium before the next one."""

    taken: Taken
    flush: bool


class Cadence:
    """Decides tick by tick; keeps the last minute in whole numbers.

    Memory: at most `LEAD_TICKS` times 4 bytes per cell and column, 6.3 MB for 4096 cells.
    """

    def __init__(self) -> None:
        """Begin without a past."""
        self._lead: deque[Taken] = deque(maxlen=LEAD_TICKS)
        self._discharged: frozenset[str] = frozenset()
        self._period: int | None = None
        self._flush_period: int | None = None

    def take(self, snapshot: Snapshot) -> tuple[Due, ...]:
        """Return what has to be stored now, the oldest first. Nothing before the first reading."""
        taken = taken_of(snapshot)
        if self._period is None and not _has_reading(taken):
            return ()
        began, running = self._judged(snapshot)
        self._forget(taken)
        past = tuple(Due(each, flush=False) for each in self._catch_up(taken, began))
        regular = taken.at // EVERY_MS != self._period
        self._period = taken.at // EVERY_MS
        kept = np.ones(len(taken.strings), dtype=np.bool_) if regular else running
        self._lead.append(taken.only(kept))
        if not kept.any():
            return past
        return (*past, Due(taken.only(kept), flush=regular))

    def _judged(self, snapshot: Snapshot) -> tuple[Flags, Flags]:
        """Tell of each string whether a discharge began, and whether one or its recharge runs."""
        before, now = self._discharged, set()
        for key, string in snapshot.strings.items():
            phase = _phase(string)
            if phase is ChargePhase.DISCHARGE or (key in before and phase in _RECHARGE):
                now.add(key)
        self._discharged = frozenset(now)
        keys = list(snapshot.strings)
        running = np.array([key in now for key in keys], dtype=np.bool_)
        return np.array([key in now - before for key in keys], dtype=np.bool_), running

    def _forget(self, taken: Taken) -> None:
        """Drop what is older than the lead, and all of it after a step of the clock."""
        while self._lead and not 0 <= taken.at - self._lead[0].at <= LEAD_MS:
            self._lead.popleft()
        if self._lead and self._lead[-1].strings != taken.strings:
            self._lead.clear()

    def _catch_up(self, taken: Taken, began: Flags) -> Iterator[Taken]:
        """Yield the ticks of the last minute that were not stored yet."""
        if not began.any() or not self._lead:
            return
        for place, past in enumerate(self._lead):
            late = began & ~past.kept
            if late.any() and past.at < taken.at:
                yield past.only(late)
                self._lead[place] = past.only(past.kept | late)


def _phase(string: StringSnapshot) -> ChargePhase:
    return ChargePhase.UNKNOWN if string.brain is None else string.brain.phase


def _has_reading(taken: Taken) -> bool:
    return bool((taken.columns[0] > 0).any())
