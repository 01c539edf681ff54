"""One discharge on its way into the history: its samples, its fold, and what is told of it.

A `Recorded` belongs to the event loop; `worked` runs in a thread, on values that nobody changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bacs_core.api.discharge_messages import (
    CollapseSign,
    Discharge,
    DischargeAnalysis,
    DischargeFigures,
    DischargeKind,
    EndCause,
)
from bacs_core.control import Conclusions
from bacs_core.discharge_samples import Sample, joined
from bacs_core.history.discharges import analysing, causes, faults, folding
from bacs_core.history.discharges.analysing import Seen
from bacs_core.history.discharges.capacities import Capacities, Start
from bacs_core.history.discharges.causes import Aftermath
from bacs_core.history.discharges.describing import battery_of
from bacs_core.history.discharges.folding import Fold
from bacs_core.history.discharges.ledger import MS_PER_S
from bacs_core.history.discharges.recording import KEPT_FRAMES, Frames, chosen_frames
from bacs_core.history.discharges.rows import Entry
from bacs_core.history.discharges.samples import Samples
from bacs_core.history.events import Event, EventKind
from bacs_core.history.moments import to_milliseconds, to_moment
from bacs_core.model import Basis, ChargePhase, String, cell_label

#: While it runs the analysis is worth writing now and then only: it is ten times the figures.
ANALYSED_EVERY_S: Final = 300.0
_CAUSES: Final = {
    EndCause.MAINS_BACK: "the mains are back",
    EndCause.LOAD_GONE: "the load is gone",
    EndCause.END_VOLTAGE: "at the end voltage",
    EndCause.BREAKER: "the breaker is open",
    EndCause.INTERRUPTED: "the string is interrupted",
    EndCause.UNKNOWN: "nobody looked on",
}
_KINDS: Final = {
    DischargeKind.DISCHARGE: "discharge",
    DischargeKind.BATTERY_TEST: "discharge of a battery test",
    DischargeKind.DIP: "short discharge",
}


@dataclass(frozen=True, slots=True, eq=False)
class End:
    """How it ended, at `at`: what was seen just after, and what estimation learnt from it."""

    at: int
    phase: ChargePhase
    breaker_open: bool | None
    after: Samples
    learned: Capacities
    seen: bool


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What a thread works on; while it runs, an analysis so far is made only where it is due."""

    told: Discharge
    fold: Fold
    samples: Samples
    start: Start
    tested: bool
    start_seen: bool
    end: End | None
    analysis_is_due: bool


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What it comes back with; frames only once it has ended."""

    told: Discharge
    fold: Fold
    analysis: DischargeAnalysis | None = None
    frames: Frames | None = None


@dataclass(slots=True, eq=False)
class Recorded:
    """A discharge that runs, is recharged, or waits to be written.

    `anew` tells that its fold has to be made out of the history first. `step_ms` is how far the
    clock was set since it began to be recorded.
    """

    string: String
    start: Start
    told: Discharge
    fold: Fold | None = None
    anew: bool = False
    samples: list[Sample] = field(default_factory=list)
    tested: bool = False
    start_seen: bool = True
    end: End | None = None
    analysis: DischargeAnalysis | None = None
    frames: Frames | None = None
    recharge_to_count: bool = False
    is_dirty: bool = False
    step_ms: int = 0
    analysed_at: int = 0

    @classmethod
    def begun(cls, string: String, began: int, start: Start, *, start_seen: bool) -> Recorded:
        """Begin one at `began`, unix milliseconds; `start` is what is known of the string then."""
        moment, battery = to_moment(began), battery_of(string)
        discharge = Discharge(
            id=0,
            battery=battery,
            kind=DischargeKind.DISCHARGE,
            started_at=moment,
            figures=DischargeFigures(
                until=moment, start_unseen=not start_seen, lower_bound=not start_seen
            ),
        )
        return cls(
            string,
            start,
            discharge,
            fold=folding.begun(battery, began),
            start_seen=start_seen,
            is_dirty=True,
        )

    def shift(self, step_s: float) -> None:
        """Move its times with the clock; what has ended keeps those it ended with."""
        if self.end is not None or self.told.ended_at is not None:
            return
        step_ms = round(step_s * MS_PER_S)
        self.step_ms += step_ms
        for sample in self.samples:
            sample.at += step_ms
        if self.fold is not None:
            self.fold = folding.shifted(self.fold, step_ms)
        started = to_milliseconds(self.told.started_at) + step_ms
        self.told = self.told.model_copy(update={"started_at": to_moment(started)})

    def task(self) -> Task | None:
        """Return what there is to work on now, `None` where nothing is new."""
        samples, self.samples = self.samples, []
        if self.fold is None or (not samples and self.end is None):
            return None
        last_at = samples[-1].at if samples else 0
        return Task(
            self.told,
            self.fold,
            joined(samples, self.told.battery),
            self.start,
            self.tested,
            self.start_seen,
            self.end,
            analysis_is_due=last_at - self.analysed_at >= ANALYSED_EVERY_S * MS_PER_S,
        )

    def take(self, result: Result, step_ms: int) -> None:
        """Take the result of a task over that began when `step_ms` was as given."""
        moved_ms = self.step_ms - step_ms
        self.fold = folding.shifted(result.fold, moved_ms) if moved_ms else result.fold
        kept = {"id": self.told.id, "started_at": self.told.started_at}
        self.told = result.told.model_copy(update=kept)
        if result.analysis is not None:
            self.analysis, self.frames = result.analysis, result.frames
            self.analysed_at = result.fold.ledger.last_at
        if self.told.ended_at is not None:
            self.fold = None
        self.is_dirty = True

    def give_up(self) -> None:
        """Go on without a fold, with the figures so far: it could not be worked on."""
        self.fold = None
        if self.end is not None:
            self.close(self.end.at)

    def close(self, at: int) -> None:
        """End it at `at`, unix milliseconds, without having seen the end."""
        figures = self.told.figures.model_copy(update={"end_unseen": True, "lower_bound": True})
        self.told = self.told.model_copy(
            update={"ended_at": to_moment(at), "cause": EndCause.UNKNOWN, "figures": figures}
        )
        self.is_dirty = True

    def recharged(self, at: float) -> None:
        """Note that the recharge after it is over, at unix time `at`."""
        moment = to_moment(round(at * MS_PER_S))
        self.told = self.told.model_copy(update={"recharged_at": moment})
        self.recharge_to_count = self.is_dirty = True

    def entry(self) -> Entry:
        """Return it as it is to be written now."""
        ends = self.told.ended_at is not None
        return Entry(
            self.told,
            self.start,
            analysis=self.analysis,
            frames=self.frames,
            began=_began(self.told),
            ended=_ended(self.told, self.analysis) if ends else None,
        )

    def is_written(self, number: int, entry: Entry) -> None:
        """Note that the history has it, under `number`."""
        self.told = self.told.model_copy(update={"id": number})
        if entry.analysis is self.analysis:
            self.analysis = self.frames = None


def worked(task: Task) -> Result:
    """Fold the samples of a task, and conclude where it has ended."""
    whole = folding.added(task.fold, task.samples)
    fold, end = whole.under_load, task.end
    # The phase may have outlived the load: then the end is when that was seen to go.
    until = fold.ledger.last_at
    if end is not None and whole.carried is None:
        until = max(until, end.at)
    seen = Seen(start=task.start_seen, end=end is None or end.seen)
    figures = analysing.figures(fold, task.start, until, seen)
    told = task.told.model_copy(
        update={
            "figures": figures,
            "kind": causes.kind_of(
                (until - fold.started) / MS_PER_S, tested=task.tested, ended=end is not None
            ),
        }
    )
    if end is None:
        if not task.analysis_is_due or fold.is_empty:
            return Result(told, whole)
        return Result(told, whole, analysing.analysed(told, fold, task.start, final=False))
    told = told.model_copy(
        update={"ended_at": to_moment(until), "cause": causes.cause_of(_aftermath(fold, end))}
    )
    analysis = analysing.analysed(
        told, fold, task.start, learned=end.learned, after=end.after, final=True
    )
    frames = chosen_frames(fold.recording.frames, KEPT_FRAMES, fold.marks)
    return Result(told, whole, analysis, frames)


def start_of(key: str, place: int, told: Conclusions) -> Start:
    """Return what is known of the string at `place` when its discharge begins."""
    cells = told.frame.rows.slices[key]
    charge, capacity = told.estimates.charge, told.estimates.capacity
    measured = capacity.basis[cells] == Basis.DISCHARGE
    return Start(
        charge.value[cells],
        charge.uncertainty[cells],
        np.where(measured, capacity.value[cells], np.nan),
        float(told.frame.current_error_a[place]),
    )


def learned_since(string: String, told: Conclusions, since_s: float) -> Capacities:
    """Return the capacities that estimation has measured since unix time `since_s`."""
    cells = told.frame.rows.slices[string.key]
    capacity = told.estimates.capacity
    is_new = (capacity.basis[cells] == Basis.DISCHARGE) & (capacity.at[cells] >= since_s)
    return Capacities(
        np.where(is_new, capacity.value[cells], np.nan),
        np.where(is_new, capacity.uncertainty[cells], np.nan),
        np.where(is_new, Basis.DISCHARGE, Basis.NONE).astype(np.uint8),
    )


def _aftermath(fold: Fold, end: End) -> Aftermath:
    battery, end_v = fold.battery, fold.ledger.end_v
    return Aftermath(
        phase=end.phase,
        breaker_open=end.breaker_open,
        cell_open=bool(faults.open_cells(fold, end.after).any()),
        end_v=None if np.isnan(end_v) else end_v / battery.cell_count,
        end_voltage_v=battery.end_voltage_v,
        watched=end.seen,
    )


def _began(told: Discharge) -> Event:
    battery = told.battery
    return Event(
        told.started_at,
        EventKind.DISCHARGE_BEGAN,
        f"{battery.name}: discharge began",
        manager_id=battery.manager_id,
        string_key=battery.string_key,
        data={"started_at": told.started_at.isoformat()},
    )


def _ended(told: Discharge, analysis: DischargeAnalysis | None) -> Event:
    battery, figures = told.battery, told.figures
    cause = told.cause or EndCause.UNKNOWN
    parts = [f"{battery.name}: {_KINDS[told.kind]} ended, {_CAUSES[cause]}"]
    parts.append(_lasted(figures.hours))
    if figures.given_ah is not None and figures.depth_percent is not None:
        least = "at least " if figures.lower_bound else ""
        parts.append(f"{least}{figures.given_ah:.1f} Ah ({figures.depth_percent:.0f} % of rated)")
    lowest = _lowest(analysis)
    if lowest is not None:
        parts.append(f"lowest cell {cell_label(lowest[0], battery.cell_count)} {lowest[1]:.3f} V")
    empty = [
        cell_label(collapse.cell, battery.cell_count)
        for collapse in (analysis.collapses if analysis else [])
        if collapse.sign is CollapseSign.END_VOLTAGE
    ]
    if empty:
        named = ", ".join(empty[:3])
        parts.append(f"{len(empty)} at the end voltage, first {named}")
    return Event(
        told.ended_at or told.started_at,
        EventKind.DISCHARGE_ENDED,
        "; ".join(parts),
        manager_id=battery.manager_id,
        string_key=battery.string_key,
        cell=None,
        data={
            "kind": told.kind,
            "cause": cause,
            "hours": figures.hours,
            "given_ah": figures.given_ah,
            "given_wh": figures.given_wh,
            "depth_percent": figures.depth_percent,
            "lower_bound": figures.lower_bound,
            "lowest_cell": None if lowest is None else lowest[0],
            "lowest_v": None if lowest is None else lowest[1],
            "faults": [found.text for found in analysis.faults] if analysis else [],
        },
    )


def _lasted(hours: float) -> str:
    seconds = round(hours * 3600)
    minutes = seconds // 60
    if minutes < 1:
        return f"{seconds} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"  # noqa: PLR2004 - an hour


def _lowest(analysis: DischargeAnalysis | None) -> tuple[int, float] | None:
    if analysis is None:
        return None
    known = [
        (value, cell)
        for cell, value in enumerate(analysis.cells.lowest_v, start=1)
        if value is not None
    ]
    if not known:
        return None
    value, cell = min(known)
    return cell, value
