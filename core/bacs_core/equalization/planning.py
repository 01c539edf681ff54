"""One tick of equalization: frame, estimates and memory in, duty and the new memory out.

Inhibits of the whole string: mode off, a phase of charging in which its mode does not bypass,
discharge, too few trusted readings, a person's stop, and whatever the caller adds. Of single cells:
no trusted reading, hot module or cell, resistance measurement, forming period. In all cases duty 0
is sent and the duty worked out so far is kept.

Inhibits and limits act at every tick. The law itself, whose filter takes a minute and whose
integral a quarter of an hour, is worked every five seconds on the mean of the readings since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from bacs_core.devices.panel_module import STATUS_BYPASS_ON
from bacs_core.equalization import findings, law, limits, partial
from bacs_core.equalization.findings import Seen
from bacs_core.equalization.inhibits import hot, told_status
from bacs_core.equalization.memory import CellMemory, Memory, States
from bacs_core.equalization.orders import OFF, PARTIAL, Orders
from bacs_core.equalization.partial import Surplus
from bacs_core.equalization.stops import Stops, Told, stops_of
from bacs_core.equalization.tuning import Loops, Tuning, loops_of
from bacs_core.estimation import Estimates
from bacs_core.frame import Frame, kept
from bacs_core.model import ChargePhase, EqualizationState, Inhibit, Quantity
from bacs_core.rows import Rows
from bacs_core.snapshot import EqualizationSummary, Flags, Floats, frozen

DEFAULT_TUNING: Final = Tuning()

#: A state is worked out as its place in here.
_STATES: Final = (
    EqualizationState.NOT_OFFERED,
    EqualizationState.INHIBITED,
    EqualizationState.IDLE,
    EqualizationState.ACTIVE,
)
_NOT_OFFERED, _INHIBITED, _IDLE, _ACTIVE = np.arange(len(_STATES), dtype=np.uint8)
#: Combinations of states that are remembered.
_KEPT: Final = 16


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send now, what to show, and what to remember; columns are read-only, in rows.

    Per cell: the duty, whether the cell itself is inhibited, and the findings. `exhausted` marks
    those that are still too high after hours at the duty limit in force, `stuck_on` and `stuck_off`
    those whose bypass verifiably does not do what is ordered. Per string: the state, the duty limit
    in force, and of each inhibit the strings in which it stops a cell or all of them. `bled_ah` is
    the charge that the bypass of each cell has taken since the unix time `bled_since`.
    """

    duty_percent: Floats
    inhibited: Mapping[Inhibit, Flags]
    cell_inhibited: Flags
    state: tuple[EqualizationState, ...]
    limit_percent: Floats
    exhausted: Flags
    stuck_on: Flags
    stuck_off: Flags
    bled_ah: Floats
    bled_since: Floats
    memory: Memory

    def summary(self, rows: Rows, string: int) -> EqualizationSummary:
        """Return what is shown of one string, by its index; `IndexError` where there is none."""
        place = range(rows.string_count)[string]
        reasons = (reason for reason, flags in self.inhibited.items() if flags[place])
        return EqualizationSummary(self.state[place], tuple(reasons))


def plan(
    frame: Frame,
    estimates: Estimates,
    memory: Memory,
    orders: Orders,
    tuning: Tuning = DEFAULT_TUNING,
) -> Plan:
    """Plan the bypass of all strings at the time of `frame`.

    Ticks may come irregularly; after a gap longer than a lease nothing is integrated. Strings that
    the engine does not equalize get no duty.
    """
    rows, before = frame.rows, memory.cells
    loops = loops_of(rows, tuning)
    gap_s = 0.0 if memory.at is None else frame.now - memory.at
    dt_s = gap_s if 0 < gap_s <= tuning.longest_step_s else 0.0
    taken = _taken_percent(frame)
    surplus = _surplus(frame, estimates, before, orders, loops, tuning)
    status = told_status(frame)
    heat = _heat(frame, memory, status, loops)
    hot_lately = None
    if heat.last_at > frame.now - tuning.hot_hold_s:
        hot_lately = kept(heat.hot_at > frame.now - tuning.hot_hold_s)
    told = Told(status, hot_lately)
    stops = stops_of(frame, estimates, orders, surplus, told, loops, tuning, memory.stops)
    allowed, running = stops.allowed_percent, stops.running
    blind = memory.blind_percent
    if blind is None or memory.unworked_s + dt_s >= tuning.law_every_s:
        conducts = np.minimum(before.sent_percent, taken)
        blind = limits.worked_out_percent(frame, conducts, loops, tuning)
    limit = limits.duty_limit_percent(frame, estimates, orders, allowed, blind, loops, tuning)
    cell_limit = rows.spread(limit)
    if findings.found(memory.findings, memory.found, tuning).eases:
        cell_limit = np.minimum(cell_limit, memory.findings.eased_percent)
    reference_v = frame.target_v
    if np.count_nonzero(stops.by_voltage) < rows.string_count:
        reference_v = np.where(stops.by_voltage, reference_v, np.nan)
    error_v = frame.columns[Quantity.VOLTAGE].values - rows.spread(reference_v)
    np.putmask(error_v, stops.untrusted, np.nan)
    worked = _worked(memory, rows, law.Cells(error_v, running, cell_limit), gap_s, loops, tuning)
    law_now = worked.law
    sent = np.where(running, np.minimum(law_now.duty_percent, cell_limit), 0.0)
    bleeding = before.bleeding
    if surplus is not None:
        bleeding = surplus.bleeding
        bled_now = bleeding & ~stops.cell_inhibited & rows.spread(stops.runs)
        sent = np.where(bled_now, np.minimum(surplus.duty_percent, cell_limit), sent)
    unjudged_s = memory.unjudged_s + dt_s
    findings_now = memory.findings
    if unjudged_s >= tuning.judge_every_s:
        seen = Seen(
            error_v=law_now.error_v,
            running=running,
            floats=running & rows.spread(estimates.phase == ChargePhase.FLOAT),
            off=rows.spread(orders.mode == OFF),
            duty_percent=law_now.duty_percent,
            limit_percent=np.where(rows.spread(allowed) >= limits.ALL, cell_limit, np.inf),
            sent_percent=before.sent_percent,
            reported_percent=frame.known(Quantity.DUTY),
            conducts=frame.module_status & STATUS_BYPASS_ON != 0,
        )
        findings_now = findings.judge(memory.findings, rows, seen, unjudged_s, loops, tuning)
        unjudged_s = 0.0
    found = findings.found(findings_now, memory.found, tuning)
    # What the modules report is what conducts; where none does, nothing is known to.
    bled_ah = before.bled_ah + taken * (loops.cell_ah_per_percent_s * dt_s)
    bled_since = before.bled_since
    if memory.at is None:
        bled_since = np.where(np.isnan(bled_since), frame.now, bled_since)
    remembered = CellMemory(
        bleeding, frozen(sent), heat.hot_at, frozen(bled_ah), frozen(bled_since)
    )
    states = _states(memory.states, rows, stops, sent, loops)
    return Plan(
        duty_percent=sent,
        inhibited=stops.inhibited,
        cell_inhibited=stops.cell_inhibited,
        state=states.told,
        limit_percent=frozen(limit),
        exhausted=found.exhausted,
        stuck_on=found.stuck_on,
        stuck_off=found.stuck_off,
        bled_ah=bled_ah,
        bled_since=bled_since,
        memory=Memory(
            law=law_now,
            findings=findings_now,
            cells=remembered,
            gathered_v=worked.gathered_v,
            unworked_s=worked.unworked_s,
            readings=worked.readings,
            blind_percent=blind,
            unjudged_s=unjudged_s,
            at=frame.now,
            found=found,
            last_hot_at=heat.last_at,
            stops=stops,
            states=states,
        ),
    )


class _Heat(NamedTuple):
    """When each cell was hot last, and after which time none was."""

    hot_at: Floats
    last_at: float


def _heat(frame: Frame, memory: Memory, status: int, loops: Loops) -> _Heat:
    hot_at, last_at = memory.cells.hot_at, memory.last_hot_at
    hot_now = hot(frame, status, loops)
    if np.count_nonzero(hot_now):
        return _Heat(np.where(hot_now, frame.now, hot_at), np.inf)
    if last_at is None or last_at == np.inf:
        last_at = float(np.fmax.reduce(hot_at, initial=-np.inf))
    return _Heat(hot_at, last_at)


class _Worked(NamedTuple):
    """What `Memory` has of these names."""

    law: law.LawMemory
    gathered_v: Floats
    unworked_s: float
    readings: int


def _worked(
    memory: Memory, rows: Rows, cells: law.Cells, gap_s: float, loops: Loops, tuning: Tuning
) -> _Worked:
    """Gather the errors, and work the law when its time has come; after a gap begin to gather."""
    if gap_s == 0:
        return _Worked(memory.law, memory.gathered_v, memory.unworked_s, memory.readings)
    if not 0 < gap_s <= tuning.longest_step_s:
        unknown = np.full(rows.cell_count, np.nan)
        forgotten = replace(memory.law, error_v=unknown)
        nothing = np.zeros(rows.cell_count)
        return _Worked(forgotten, nothing, 0.0, 0)
    unworked_s, readings = memory.unworked_s + gap_s, memory.readings + 1
    gathered_v = memory.gathered_v + cells.error_v
    if unworked_s < tuning.law_every_s:
        return _Worked(memory.law, gathered_v, unworked_s, readings)
    gathered_v /= readings
    cells = replace(cells, error_v=gathered_v)
    followed = law.follow(memory.law, rows, cells, unworked_s, loops, tuning)
    return _Worked(followed, np.zeros(rows.cell_count), 0.0, 0)


def _taken_percent(frame: Frame) -> Floats:
    """Return the duty that each module says it has, 0 where nothing fresh says so."""
    fresh = frame.fresh[Quantity.DUTY]
    taken: Floats = np.fmax(frame.columns[Quantity.DUTY].values, 0.0)
    if np.count_nonzero(fresh) < len(fresh):
        np.putmask(taken, ~fresh, 0.0)
    return taken


def _surplus(
    frame: Frame,
    estimates: Estimates,
    before: CellMemory,
    orders: Orders,
    loops: Loops,
    tuning: Tuning,
) -> Surplus | None:
    """Work out what to bleed where a string is balanced by ampere-hours."""
    strings = orders.mode == PARTIAL
    if not np.count_nonzero(strings):
        return None
    return partial.bleed(
        frame,
        strings,
        estimates.charge.value,
        estimates.capacity.value,
        before.bleeding,
        loops,
        tuning,
    )


def _states(before: States | None, rows: Rows, stops: Stops, sent: Floats, loops: Loops) -> States:
    bypasses = sent > 0
    told = bypasses.tobytes()
    if before is not None and before.stops is stops and before.bypasses == told:
        return before
    code = np.where(stops.still, _INHIBITED, np.where(rows.any(bypasses), _ACTIVE, _IDLE))
    return States(stops, told, _named(np.where(loops.engine, code, _NOT_OFFERED).tobytes()))


@lru_cache(maxsize=_KEPT)
def _named(codes: bytes) -> tuple[EqualizationState, ...]:
    """Name the states of all strings, which mostly are those of the tick before."""
    return tuple(_STATES[code] for code in codes)
