"""One tick of equalization: readings and memory in, duty and the new memory out.

Inhibits of the whole string: discharge, too few trusted readings, a person's stop, and whatever
the caller adds. Of single cells: no trusted reading, hot module or cell, resistance measurement. In
both cases duty 0 is sent and the duty worked out so far is kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bacs_core.devices.panel_module import STATUS_HOT, STATUS_MEASURING_RESISTANCE
from bacs_core.equalization.discharge import DischargeMemory, watch
from bacs_core.equalization.law import LawMemory, follow
from bacs_core.equalization.tuning import REFERENCE_C, Loop, Tuning, loop_for
from bacs_core.model import EqualizationState, EqualizedBy, Inhibit, Quantity, String
from bacs_core.snapshot import EqualizationSummary, Flags, Floats, StringReadings
from bacs_core.summary import fresh_current_a, mean, target_voltage_v, trusted

DEFAULT_TUNING: Final = Tuning()


@dataclass(frozen=True, slots=True)
class Memory:
    """What equalization of one string remembers from tick to tick; `at` is the unix time of one."""

    law: LawMemory
    discharge: DischargeMemory
    sent_percent: Floats
    hot_at: Floats
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send now, what to show, and what to remember.

    `exhausted` marks the cells that are still too high after hours at the duty limit in force.
    """

    duty_percent: Floats
    summary: EqualizationSummary
    memory: Memory
    exhausted: Flags


def initial(string: String) -> Memory:
    """Begin with no bypass anywhere."""
    count = string.cell_count
    return Memory(
        law=LawMemory.initial(count),
        discharge=DischargeMemory(active=False, voltage_v=np.full(count, np.nan)),
        sent_percent=np.zeros(count),
        hot_at=np.full(count, np.nan),
    )


def shifted(memory: Memory, step_s: float) -> Memory:
    """Return the memory with its times moved by a step of the clock."""
    since = memory.discharge.well_since
    return replace(
        memory,
        at=None if memory.at is None else memory.at + step_s,
        hot_at=memory.hot_at + step_s,
        discharge=replace(memory.discharge, well_since=None if since is None else since + step_s),
    )


def plan(
    string: String,
    readings: StringReadings,
    memory: Memory,
    now: float,
    *,
    paused: bool,
    tuning: Tuning = DEFAULT_TUNING,
    inhibits: tuple[Inhibit, ...] = (),
) -> Plan:
    """Plan the bypass of one string at unix time `now`.

    Ticks may come irregularly; after a gap longer than a lease nothing is integrated. `inhibits`
    are reasons that do not show in the readings, e.g. mixed generations.
    """
    if string.equalized_by is not EqualizedBy.ENGINE:
        return _nothing_planned(string, readings, memory)
    gap_s = 0.0 if memory.at is None else now - memory.at
    dt_s = gap_s if 0 < gap_s <= tuning.longest_step_s else 0.0
    voltage = readings.columns[Quantity.VOLTAGE]
    cells = trusted(string, readings, now)
    target_v = target_voltage_v(voltage, cells)
    current_a = fresh_current_a(string, readings, now)
    error_a = readings.current_error_a
    clear_a = current_a if _beyond_error(current_a, error_a) else None
    discharge = watch(memory.discharge, string, voltage.values, cells, clear_a, now, dt_s, tuning)
    loop = loop_for(string, tuning)
    string_inhibits = [*inhibits]
    if paused:
        string_inhibits.append(Inhibit.MANUAL_STOP)
    if target_v is None:
        string_inhibits.append(Inhibit.STALE_READING)
    if discharge.active:
        string_inhibits.append(Inhibit.DISCHARGE)
    hot_at = np.where(_hot(string, readings, now), now, memory.hot_at)
    measuring = readings.module_status & STATUS_MEASURING_RESISTANCE != 0
    cell_inhibits = {
        Inhibit.STALE_READING: ~cells,
        Inhibit.HOT_MODULE: (hot_at <= now) & (hot_at > now - tuning.hot_hold_s),
        Inhibit.RESISTANCE_MEASUREMENT: measuring,
    }
    too_early = (
        loop.figures.final_phase_only
        and target_v is not None
        and target_v < (1 - tuning.final_phase_below) * string.float_voltage_v
    )
    if string_inhibits or too_early or target_v is None:
        running = np.zeros(string.cell_count, np.bool_)
        error_v = np.full(string.cell_count, np.nan)
    else:
        running = ~np.logical_or.reduce(list(cell_inhibits.values()))
        error_v = voltage.values - target_v
    limit_percent = _limit_percent(string, readings, memory, now, loop, tuning)
    law = memory.law
    if dt_s > 0:
        law = follow(law, error_v, running, limit_percent, dt_s, loop, tuning)
    else:
        law = replace(law, error_v=np.full(string.cell_count, np.nan))
    sent = np.where(running, np.minimum(law.duty_percent, limit_percent), 0.0)
    sent.flags.writeable = False
    return Plan(
        duty_percent=sent,
        summary=_summary(sent, running, string_inhibits, cell_inhibits, too_early=too_early),
        memory=Memory(law, discharge, sent, hot_at, now),
        exhausted=law.exhausted,
    )


def _nothing_planned(string: String, readings: StringReadings, memory: Memory) -> Plan:
    state = EqualizationState.NOT_OFFERED
    if string.equalized_by is EqualizedBy.MANAGER:
        state = readings.reported_equalization or EqualizationState.UNKNOWN
    return Plan(
        duty_percent=np.zeros(string.cell_count),
        summary=EqualizationSummary(state),
        memory=memory,
        exhausted=np.zeros(string.cell_count, np.bool_),
    )


def _beyond_error(current_a: float | None, error_a: float | None) -> bool:
    return current_a is not None and error_a is not None and abs(current_a) > error_a


def _hot(string: String, readings: StringReadings, now: float) -> Flags:
    hot: Flags = readings.module_status & STATUS_HOT != 0
    critical_c = string.limits.temperature_critical_c
    if critical_c is not None:
        column = readings.columns[Quantity.TEMPERATURE]
        fresh = column.fresh(now, string.stale_after_s[Quantity.TEMPERATURE])
        hot |= fresh & (column.values >= critical_c)
    return hot


def _limit_percent(
    string: String,
    readings: StringReadings,
    memory: Memory,
    now: float,
    loop: Loop,
    tuning: Tuning,
) -> float:
    """Return the highest duty that takes no charge from a cell.

    Where the float current can be measured, bypass leaves a tenth of the nominal one to the cell at
    the least current the reading allows. Elsewhere the string current is worked out: a charger that
    holds the sum of the voltages gives the float current of the cells and the mean of what their
    bypass takes. That estimate never lifts the blind limit, nor what the sensor rules out.
    """
    current_a = fresh_current_a(string, readings, now)
    error_a = readings.current_error_a
    if (
        current_a is not None
        and error_a is not None
        and error_a < tuning.usable_error_share * current_a
    ):
        least_a = current_a - error_a - tuning.reserve * loop.float_a
        return float(np.clip(100 * least_a / loop.bypass_a, 0.0, 100.0))
    column = readings.columns[Quantity.TEMPERATURE]
    fresh = column.fresh(now, string.stale_after_s[Quantity.TEMPERATURE])
    mean_c = mean(column.values[fresh]) if fresh.any() else REFERENCE_C
    # Warmth is no reason for more: a hot string is one to be careful with.
    warmer_k = min(mean_c - REFERENCE_C, 0.0)
    float_a = loop.float_a * 2 ** (warmer_k / loop.figures.doubling_k)
    estimate_percent = 100 * float_a / loop.bypass_a + mean(memory.sent_percent)
    most_percent = math.inf
    if current_a is not None and error_a is not None:
        most_percent = max(100 * (current_a + error_a) / loop.bypass_a, 0.0)
    return min(tuning.blind_limit_percent, estimate_percent, most_percent)


def _summary(
    sent: Floats,
    running: Flags,
    string_inhibits: list[Inhibit],
    cell_inhibits: dict[Inhibit, Flags],
    *,
    too_early: bool,
) -> EqualizationSummary:
    named = set(string_inhibits) | {
        inhibit for inhibit, cells in cell_inhibits.items() if cells.any()
    }
    inhibited_by = tuple(inhibit for inhibit in Inhibit if inhibit in named)
    if string_inhibits or (not running.any() and not too_early):
        return EqualizationSummary(EqualizationState.INHIBITED, inhibited_by)
    state = EqualizationState.ACTIVE if sent.any() else EqualizationState.IDLE
    return EqualizationSummary(state, inhibited_by)
