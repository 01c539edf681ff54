"""One tick of equalization: frame, estimates and memory in, duty and the new memory out.

Inhibits of the whole string: mode off, a phase of charging in which its mode does not bypass,
discharge, too few trusted readings, a person's stop, and whatever the caller adds. Of single cells:
no trusted reading, hot module or cell, resistance measurement, forming period. In all cases duty 0
is sent and the duty worked out so far is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bacs_core.devices.panel_module import STATUS_BYPASS_ON
from bacs_core.equalization import findings, law, limits, partial
from bacs_core.equalization.findings import Seen
from bacs_core.equalization.inhibits import hot, inhibits_of, named
from bacs_core.equalization.memory import CellMemory, Memory
from bacs_core.equalization.orders import OFF, PARTIAL, Orders
from bacs_core.equalization.partial import Surplus
from bacs_core.equalization.tuning import Loops, Tuning, loops_of
from bacs_core.estimation import Estimates
from bacs_core.frame import Frame
from bacs_core.model import ChargePhase, EqualizationState, Inhibit, Quantity
from bacs_core.rows import Rows
from bacs_core.snapshot import EqualizationSummary, Flags, Floats, frozen

DEFAULT_TUNING: Final = Tuning()

#: In the order of the codes that `_states` works out.
_STATES: Final = np.array(
    [
        EqualizationState.NOT_OFFERED,
        EqualizationState.INHIBITED,
        EqualizationState.IDLE,
        EqualizationState.ACTIVE,
    ],
    np.object_,
)


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
    reported = frame.known(Quantity.DUTY)
    taken = np.where(reported > 0, reported, 0.0)
    allowed = limits.phase_limit_percent(orders.mode, estimates.phase, tuning)
    surplus = _surplus(frame, estimates, before, orders, loops, tuning)
    uncounted = np.zeros(rows.string_count, np.bool_) if surplus is None else surplus.uncounted
    hot_at = np.where(hot(frame, loops), frame.now, before.hot_at)
    inhibits = inhibits_of(frame, estimates, orders, allowed, uncounted, hot_at, loops, tuning)
    stopped = inhibits.any_string()
    cell_inhibited = inhibits.any_cell()
    limit = limits.duty_limit_percent(
        frame, estimates, orders, allowed, np.minimum(before.sent_percent, taken), loops, tuning
    )
    cell_limit = np.minimum(rows.spread(limit), memory.findings.eased_percent)
    runs = loops.engine & ~stopped
    reference_v = rows.spread(np.where(runs & (orders.mode != PARTIAL), frame.target_v, np.nan))
    running = ~cell_inhibited & np.isfinite(reference_v)
    error_v = np.where(frame.trusted, frame.columns[Quantity.VOLTAGE].values - reference_v, np.nan)
    law_now = memory.law
    if dt_s > 0:
        cells = law.Cells(error_v, running, cell_limit)
        law_now = law.follow(law_now, rows, cells, dt_s, loops, tuning)
    elif gap_s != 0:
        law_now = replace(law_now, error_v=np.full(rows.cell_count, np.nan))
    sent = np.where(running, np.minimum(law_now.duty_percent, cell_limit), 0.0)
    bleeding = before.bleeding
    if surplus is not None:
        bleeding = surplus.bleeding
        bled_now = bleeding & ~cell_inhibited & rows.spread(runs)
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
            reported_percent=reported,
            conducts=frame.module_status & STATUS_BYPASS_ON != 0,
        )
        findings_now = findings.judge(memory.findings, rows, seen, unjudged_s, loops, tuning)
        unjudged_s = 0.0
    # What the modules report is what conducts; where none does, nothing is known to.
    bled_ah = before.bled_ah + taken * (loops.cell_ah_per_percent_s * dt_s)
    bled_since = before.bled_since
    if memory.at is None:
        bled_since = np.where(np.isnan(bled_since), frame.now, bled_since)
    remembered = CellMemory(bleeding, frozen(sent), hot_at, frozen(bled_ah), frozen(bled_since))
    return Plan(
        duty_percent=sent,
        inhibited=named(inhibits, frame, loops),
        cell_inhibited=frozen(cell_inhibited),
        state=_states(rows, stopped, cell_inhibited, sent, loops),
        limit_percent=frozen(limit),
        exhausted=frozen(findings_now.exhausted & ~findings_now.unmoved_off),
        stuck_on=frozen(findings.stuck_on(findings_now, tuning)),
        stuck_off=frozen(findings.stuck_off(findings_now, tuning)),
        bled_ah=bled_ah,
        bled_since=bled_since,
        memory=Memory(law_now, findings_now, remembered, unjudged_s, frame.now),
    )


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
    if not strings.any():
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


def _states(
    rows: Rows, stopped: Flags, cell_inhibited: Flags, sent: Floats, loops: Loops
) -> tuple[EqualizationState, ...]:
    still = stopped | rows.all(cell_inhibited)
    code = np.where(still, 1, 2 + rows.any(sent > 0))
    return tuple(_STATES[np.where(loops.engine, code, 0)].tolist())
