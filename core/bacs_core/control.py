"""The battery brain at work: what it remembers of the plant, and one thought per tick.

    readings > frame > estimate > equalize > protect > trip

Each step is a pure function of the frame, of what the steps before concluded and of its own memory;
this is the only place that holds those memories, moves them with the clock and carries them over a
restart. Nothing here waits for a line, a disk or a person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from bacs_core import equalization, estimation, findings, protection
from bacs_core.equalization import Orders, Plan
from bacs_core.equalization.orders import MODES
from bacs_core.estimation import Estimates
from bacs_core.findings import Finding
from bacs_core.frame import Frame, gather
from bacs_core.model import EqualizationMode, Inhibit, Site
from bacs_core.protection import Demand, Trip, Verdict, trips
from bacs_core.rows import Rows, rows_of
from bacs_core.snapshot import Flags, StringReadings
from bacs_core.wishes import Wishes

#: Cells grow weak over weeks: to rank them anew now and then is enough.
RANK_EVERY_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Conclusions:
    """What one tick concluded; columns are in the rows of the frame, trips by string key."""

    frame: Frame
    estimates: Estimates
    plan: Plan
    verdict: Verdict
    trips: Mapping[str, Trip]
    demands: Mapping[str, Demand]
    findings: tuple[Finding, ...]
    orders: Orders
    testing: Flags
    testing_until: Mapping[str, float]


class _Ordered(NamedTuple):
    """What equalization is ordered to do, and of whose wishes that was made."""

    wishes: Wishes
    mixed: frozenset[str]
    orders: Orders


class Control:
    """Thinks about one site. `wishes` are what people want of it until they take it back."""

    def __init__(self, site: Site, breakers: Collection[str], now: float) -> None:
        """Begin with nothing learned; `breakers` are the keys of the strings that have one."""
        self.rows: Rows = rows_of(site.strings)
        self.wishes = Wishes()
        self.trips = {key: trips.armed(now) for key in self.rows.slices if key in breakers}
        self._orders = equalization.orders_of(self.rows)
        self._ordered_last: _Ordered | None = None
        self._estimation = estimation.initial(self.rows)
        self._equalization = equalization.initial(self.rows)
        self._protection = protection.initial(self.rows)
        self._trends = findings.initial(self.rows)
        self._findings: tuple[Finding, ...] = ()
        self._ranked_at: float | None = None

    def think(
        self,
        readings: Mapping[str, StringReadings],
        contacts: Mapping[str, bool | None],
        mixed: frozenset[str],
        now: float,
    ) -> Conclusions:
        """Conclude everything at unix time `now`.

        `contacts` tells by string key whether its breaker is open, `mixed` names the strings whose
        modules are of several generations.
        """
        self.wishes = self.wishes.at(now)
        frame = gather(self.rows, readings, now)
        estimates, self._estimation = estimation.estimate(frame, self._estimation)
        orders = self._ordered(mixed)
        plan = equalization.plan(frame, estimates, self._equalization, orders)
        self._equalization = plan.memory
        verdict = protection.judge(frame, estimates, self._protection)
        self._protection = verdict.memory
        demands = trips.demands_of(self.rows, verdict, self.trips)
        self.trips = {
            key: trips.follow(trip, demands[key], contacts.get(key), now)
            for key, trip in self.trips.items()
        }
        self._rank(frame, estimates, plan)
        return Conclusions(
            frame,
            estimates,
            plan,
            verdict,
            self.trips,
            demands,
            self._findings,
            orders,
            self._marked(self.wishes.testing),
            self.wishes.testing,
        )

    def shift(self, step_s: float) -> None:
        """Move every kept time by a step of the clock, so that delays and ages go on."""
        self._estimation = estimation.shifted(self._estimation, step_s)
        self._equalization = equalization.shifted(self._equalization, step_s)
        self._protection = protection.shifted(self._protection, step_s)
        self._trends = findings.shifted(self._trends, step_s)
        self.wishes = self.wishes.shifted(step_s)
        self.trips = {key: trips.shifted_trip(trip, step_s) for key, trip in self.trips.items()}
        if self._ranked_at is not None:
            self._ranked_at += step_s

    def replace_cell(self, row: int, now: float) -> None:
        """Forget what was learned of the cell in a row: another one stands in its place."""
        self._estimation = estimation.replaced(self._estimation, row, now)
        self._equalization = equalization.replaced(self._equalization, row, now)
        self._protection = protection.replaced(self._protection, row, now)
        self._trends = findings.replaced(self._trends, row)
        self._ranked_at = None

    def learned(self) -> dict[str, object]:
        """Return what was learned of the plant, as plain JSON."""
        return {
            "estimation": estimation.keep(self._estimation, self.rows),
            "equalization": equalization.keep(self._equalization, self.rows),
            "protection": protection.keep(self._protection, self.rows),
            "trends": findings.keep(self._trends, self.rows),
        }

    def restore_learned(self, kept: object) -> None:
        """Take up what `learned` gave before the last stop; what does not fit begins anew."""
        if not isinstance(kept, Mapping):
            return
        self._estimation = estimation.restore(kept.get("estimation"), self.rows)
        self._equalization = equalization.restore(kept.get("equalization"), self.rows)
        self._protection = protection.restore(kept.get("protection"), self.rows)
        self._trends = findings.restore(kept.get("trends"), self.rows)

    def mode(self, key: str) -> EqualizationMode:
        """Tell when a string is equalized: as somebody chose, else as the site file says."""
        site_file = next(string for string in self.rows.strings if string.key == key)
        return self.wishes.modes.get(key, site_file.equalization)

    def _ordered(self, mixed: frozenset[str]) -> Orders:
        """Return what is ordered: the same object while nobody wants anything else."""
        last = self._ordered_last
        if last is None or last.mixed != mixed or last.wishes != self.wishes:
            last = self._ordered_last = _Ordered(self.wishes, mixed, self._orders_with(mixed))
        return last.orders

    def _orders_with(self, mixed: frozenset[str]) -> Orders:
        wishes = self.wishes
        paused_cells = np.zeros(self.rows.cell_count, np.bool_)
        for key, cells in wishes.cell_pauses.items():
            place = self.rows.slices.get(key)
            if place is not None:
                paused_cells[place][[cell - 1 for cell in cells]] = True
        mode = self._orders.mode
        if wishes.modes:
            chosen = [MODES.index(self.mode(string.key)) for string in self.rows.strings]
            mode = np.array(chosen, np.uint8)
        return Orders(
            paused=self._marked(wishes.pauses),
            paused_cells=paused_cells,
            mode=mode,
            inhibits={Inhibit.MIXED_GENERATIONS: self._marked(mixed)},
        )

    def _rank(self, frame: Frame, estimates: Estimates, plan: Plan) -> None:
        if self._ranked_at is not None and 0 <= frame.now - self._ranked_at < RANK_EVERY_S:
            return
        self._ranked_at = frame.now
        apart = findings.differences(frame, estimates, plan)
        self._findings = findings.rank(frame, estimates, apart, self._trends)
        self._trends = findings.follow(self._trends, apart, frame.now)

    def _marked(self, keys: Mapping[str, object] | frozenset[str]) -> Flags:
        return np.array([string.key in keys for string in self.rows.strings], np.bool_)
