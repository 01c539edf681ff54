"""Thermal runaway in stages, for all cells of all strings at once.

    PRE_ALERT  8 K over the room, or 5 K over the string, or twice the float current, or 3 K more
               than two hours ago                                             for 10 minutes
    ALARM      10 K over the room, or 50 °C, or 8 K over the string, or 5 K and three times the
               float current, or still heating 1.5 h after constant voltage   for 10 minutes
    TRIP       an alarm that gets worse for 30 minutes (or is about to reach 60 °C sooner), or 60 °C

A large excess shortens the 10 minutes: each `hasty_k` (1 K) above a limit to a half, a third, a
quarter, down to a tenth at `most_hasty` (10).

In a discharge only 50 and 60 °C count; a recharge is allowed the heat that it makes. Signs count up
while they are there and down while they are not; what cannot be read leaves a stage where it is.

Readings and limits are judged at every tick. Heat and surroundings, whose fastest filter takes ten
minutes, are looked at every five seconds, and at every tick from 60 °C on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bacs_core.estimation.estimates import Estimates
from bacs_core.frame import Frame, kept
from bacs_core.model import ChargePhase, RunawayStage, TripCause
from bacs_core.protection.causes import LimitsPassed, hold_against_limits
from bacs_core.protection.currents import weigh
from bacs_core.protection.heat import Heat, heat_of
from bacs_core.protection.layout import layout_of
from bacs_core.protection.learning import common_k, learn
from bacs_core.protection.memory import CellMemory, Looked, Memory, StringMemory, read_anew
from bacs_core.protection.sensing import Sensed, sense
from bacs_core.protection.stages import (
    Seen,
    is_quiet,
    is_urgent,
    nothing_seen,
    staged,
    truly_discharges,
)
from bacs_core.protection.surroundings import Surroundings, surround
from bacs_core.protection.tuning import DEFAULT, Tuning
from bacs_core.rows import Rows
from bacs_core.snapshot import Flags, Floats

#: Comparing an array with a number is quicker than with a member of an enumeration.
_DISCHARGE: Final = int(ChargePhase.DISCHARGE)
_BULK: Final = int(ChargePhase.BULK)
_FLOAT: Final = int(ChargePhase.FLOAT)
_ALARM: Final = int(RunawayStage.ALARM)
_THERMAL_RUNAWAY: Final = TripCause.THERMAL_RUNAWAY
_OVER_TEMPERATURE: Final = TripCause.OVER_TEMPERATURE
_OVER_VOLTAGE: Final = TripCause.OVER_VOLTAGE
_UNDER_VOLTAGE: Final = TripCause.UNDER_VOLTAGE


@dataclass(frozen=True, slots=True)
class Verdict:
    """What protection concludes at one tick; arrays in rows, or one place per string.

    `stage` has a `model.RunawayStage` per cell, `string_stage` the worst of each string. `cause`
    marks the cells that want their breaker open now, all delays and conditions passed.
    `temperature_suspect` is a sensor fault, `temperature_missing` a reading that is expected and
    absent. `current_missing` and `room_missing` tell that less is watched than could be, `overdue`
    that a string still heats, or takes ever more current, where its recharge should fade.

    What was judged, NaN unknown: `rise_k` over the room (without one: over the string's own past),
    `spread_k` over the string, both without the module's own error; `current_ratio` to the
    string's own float current. `hottest_c` is the warmest believed reading of each string, unknown
    too where a cell in alarm has none: its neighbours do not tell how hot that one is.
    """

    stage: NDArray[np.uint8]
    string_stage: NDArray[np.uint8]
    cause: Mapping[TripCause, Flags]
    temperature_suspect: Flags
    temperature_missing: Flags
    current_missing: Flags
    room_missing: Flags
    overdue: Flags
    rise_k: Floats
    spread_k: Floats
    current_ratio: Floats
    hottest_c: Floats
    memory: Memory


def judge(
    frame: Frame,
    estimates: Estimates,
    memory: Memory,
    tuning: Tuning = DEFAULT,
    second_c: Floats | None = None,
) -> Verdict:
    """Judge one tick.

    `second_c` is the temperature by a second sensor of the same cell, in rows and °C, NaN where
    there is none. A tick that is not later than the last one changes nothing.
    """
    layout = layout_of(frame.rows)
    # What was kept by a clock that was ahead is gone on with at once.
    first = bool(np.isnan(memory.at)) or memory.at - frame.now > tuning.longest_step_s
    passed_s = 0.0 if first else max(frame.now - memory.at, 0.0)
    dt_s = passed_s if passed_s <= tuning.longest_step_s else 0.0
    sensed = sense(frame, memory.cells, layout, second_c, dt_s, tuning, memory.agreed)
    limits = hold_against_limits(frame, sensed.read_c, memory.cells, layout, dt_s, tuning)
    after, looked = memory, memory.looked
    unlooked_s = memory.unlooked_s + passed_s
    if looked is None or first or _looks(looked, sensed, unlooked_s, tuning):
        counts_s = dt_s if passed_s > tuning.longest_step_s else unlooked_s
        after, looked = _look(
            frame, estimates, memory, sensed, Step(counts_s, unlooked_s, dt_s), tuning
        )
        unlooked_s = 0.0
    cells = read_anew(
        after.cells,
        (
            sensed.raw_c,
            sensed.raw_at,
            sensed.agreed_s,
            sensed.believed_c,
            sensed.believed_at,
            sensed.suspect,
            sensed.missing_s,
        ),
        (limits.over_temperature_s, limits.over_voltage_s, limits.under_voltage_s),
    )
    after = Memory(
        cells,
        after.strings,
        frame.now,
        after.waiting_s,
        after.unstaged_s,
        after.quiet,
        unlooked_s,
        after.looked,
        sensed.agreed,
    )
    if passed_s == 0 and not first:
        after = memory
    return _verdict(frame, estimates, after, looked, sensed, limits, tuning)


def _looks(looked: Looked, sensed: Sensed, unlooked_s: float, tuning: Tuning) -> bool:
    """Tell that heat and surroundings are to be looked at now: every few seconds is enough.

    Where a cell is so hot that seconds count, they are looked at in every tick.
    """
    if looked.hot or unlooked_s >= tuning.look_s:
        return True
    return bool(np.count_nonzero(sensed.read_c >= looked.hot_from_c))


class Step(NamedTuple):
    """In seconds: what counts and what passed since the last look, what counts of this tick."""

    counts_s: float
    passed_s: float
    tick_s: float


def _look(
    frame: Frame,
    estimates: Estimates,
    memory: Memory,
    sensed: Sensed,
    step: Step,
    tuning: Tuning,
) -> tuple[Memory, Looked]:
    """Return the memory after a look at heat and surroundings, and with the stages moved."""
    rows, dt_s, since_look = frame.rows, step.counts_s, (step.counts_s, step.passed_s)
    cells, strings = memory.cells, memory.strings
    raised = np.zeros(rows.string_count, np.bool_)
    if not memory.quiet:
        raised = rows.any(cells.pre | cells.alarm)
    around = surround(frame, estimates, strings, raised, since_look, tuning)
    waiting_s = memory.waiting_s + dt_s
    works = waiting_s >= tuning.slow_work_s
    heat = heat_of(
        rows, sensed.read_c, (cells, strings), around, since_look, sort=works, tuning=tuning
    )
    ratio = cells.ratio
    strings_after = _strings_after(frame, strings, around, heat, dt_s, tuning)
    if works:
        worked_s = dt_s if np.isinf(waiting_s) else waiting_s
        waiting_s = 0.0
        both = (cells, strings_after)
        ratio, offset_k, strings_after = _work_slowly(
            frame, estimates, both, sensed, around, worked_s, tuning
        )
        cells = replace(cells, ratio=ratio, offset_k=offset_k)
    seen = Seen(frame, estimates, strings, around, heat, ratio)
    quiet = memory.quiet and nothing_seen(seen, tuning)
    unstaged_s = 0.0 if quiet else memory.unstaged_s + dt_s
    urgent = is_urgent(heat, around, cells, tuning)
    if urgent and not (memory.looked is not None and memory.looked.hot):
        # Who is hot since this tick was not so all the time since the last look.
        unstaged_s = min(unstaged_s, step.tick_s)
    if not quiet and (urgent or unstaged_s >= tuning.look_s):
        cells = staged(seen, cells, unstaged_s, tuning)
        unstaged_s = 0.0
        quiet = not around.cooling.any() and is_quiet(cells)
    cells = replace(cells, fast_c=heat.fast_c, slow_c=heat.slow_c)
    looked = _looked(rows, cells, strings_after, around, heat, quiet=quiet, tuning=tuning)
    after = Memory(cells, strings_after, frame.now, waiting_s, unstaged_s, quiet, looked=looked)
    return after, looked


def _looked(
    rows: Rows,
    cells: CellMemory,
    strings: StringMemory,
    around: Surroundings,
    heat: Heat,
    *,
    quiet: bool,
    tuning: Tuning,
) -> Looked:
    stage = np.zeros(rows.cell_count, np.uint8)
    string_stage = np.zeros(rows.string_count, np.uint8)
    overdue = strings.current_overdue
    if not quiet:
        stage[cells.pre] = RunawayStage.PRE_ALERT
        stage[cells.alarm] = RunawayStage.ALARM
        stage[cells.trip] = RunawayStage.TRIP
        string_stage = np.maximum.reduceat(stage, rows.first_cell)
        overdue = rows.any(cells.overdue) | overdue
    too_much_k = np.minimum(cells.offset_k + rows.spread(common_k(strings, tuning)), 0.0)
    hot = (heat.read_c >= tuning.trip_c) | (heat.corrected_c >= tuning.trip_c)
    return Looked(
        stage=stage,
        string_stage=string_stage,
        room_missing=around.missing,
        overdue=overdue,
        rise_k=heat.rise_k,
        spread_k=heat.spread_k,
        hot_from_c=tuning.trip_c + too_much_k,
        hot=bool(np.count_nonzero(hot) or np.count_nonzero(cells.hot_s)),
        alarmed=np.flatnonzero(stage >= _ALARM),
    )


def _work_slowly(
    frame: Frame,
    estimates: Estimates,
    memory: tuple[CellMemory, StringMemory],
    sensed: Sensed,
    around: Surroundings,
    dt_s: float,
    tuning: Tuning,
) -> tuple[Floats, Floats, StringMemory]:
    """Judge the currents and learn, from the time since that was done last.

    Return the ratio of the currents and the offset of each cell, and the strings after it.
    """
    cells, strings = memory
    signs = frame.rows.any(cells.pre | cells.alarm | sensed.suspect)
    quiet = ~signs & (around.allowance_k < tuning.calm_allowance_k)
    phase = estimates.phase
    settled = frame.now - estimates.phase_since >= tuning.settled_s
    calm = quiet & settled & (phase == _FLOAT) & np.isnan(estimates.recharging_since)
    quiet &= (phase != _DISCHARGE) & (phase != _BULK)
    layout = layout_of(frame.rows)
    currents = weigh(frame, estimates, strings, around, layout, calm, dt_s, tuning)
    learned = learn(frame.rows, memory, sensed.read_c, around, (calm, quiet), dt_s, tuning)
    after = replace(
        strings,
        usual_c=learned.usual_c,
        usual_s=learned.usual_s,
        usual_excess_k=learned.usual_excess_k,
        learned_s=learned.learned_s,
        base_log=currents.base_log,
        base_s=currents.base_s,
        fast_log=currents.fast_log,
        slow_log=currents.slow_log,
        charging_a=currents.charging_a,
        lowest_a=currents.lowest_a,
        lowest_v=currents.lowest_v,
        current_overdue_s=currents.overdue_s,
        current_overdue=currents.overdue,
    )
    return currents.ratio, learned.offset_k, after


def _strings_after(
    frame: Frame,
    strings: StringMemory,
    around: Surroundings,
    heat: Heat,
    dt_s: float,
    tuning: Tuning,
) -> StringMemory:
    missing_s = np.minimum(strings.current_missing_s + dt_s, tuning.missing_after_s)
    return replace(
        strings,
        room_c=around.room_c,
        room_missing_s=around.room_missing_s,
        room_lag_c=around.room_lag_c,
        room_slow_c=around.room_slow_c,
        middle_c=heat.middle_c,
        level_c=heat.level_c,
        allowance_k=around.allowance_k,
        current_missing_s=np.where(np.isfinite(frame.current_a), 0.0, missing_s),
    )


def _verdict(
    frame: Frame,
    estimates: Estimates,
    memory: Memory,
    looked: Looked,
    sensed: Sensed,
    limits: LimitsPassed,
    tuning: Tuning,
) -> Verdict:
    rows, cells, strings = frame.rows, memory.cells, memory.strings
    runs_away = cells.trip
    hottest_c = rows.most_known(sensed.read_c)
    if len(looked.alarmed):
        unread = looked.alarmed[np.isnan(sensed.read_c[looked.alarmed])]
        hottest_c[rows.string_of_cell[unread]] = np.nan
    if np.count_nonzero(runs_away):
        discharges = rows.spread(truly_discharges(frame, estimates))
        runs_away = runs_away & (~discharges | (cells.hot_s >= tuning.trip_c_delay_s))
    return Verdict(
        stage=looked.stage,
        string_stage=looked.string_stage,
        cause={
            _THERMAL_RUNAWAY: runs_away,
            _OVER_TEMPERATURE: limits.over_temperature,
            _OVER_VOLTAGE: limits.over_voltage,
            _UNDER_VOLTAGE: limits.under_voltage,
        },
        temperature_suspect=sensed.suspect,
        temperature_missing=sensed.missing,
        current_missing=kept(strings.current_missing_s >= tuning.missing_after_s),
        room_missing=looked.room_missing,
        overdue=looked.overdue,
        rise_k=looked.rise_k,
        spread_k=looked.spread_k,
        current_ratio=cells.ratio,
        hottest_c=hottest_c,
        memory=memory,
    )
