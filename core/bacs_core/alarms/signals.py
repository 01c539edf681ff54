"""From the conclusions of one tick to the numbers that alarm rules watch.

Every signal is told in the rows of its scope, with what is known of it: where nothing is known an
alarm keeps the state it has. In a quiet plant nearly all of this is one look at an array.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from bacs_core.alarms.inputs import Inputs, Strangers
from bacs_core.alarms.layout import Layout, Told
from bacs_core.alarms.rules import Scope, Signal
from bacs_core.alarms.trip_signals import found
from bacs_core.devices.panel_module import STATUS_LEASE_EXPIRED
from bacs_core.model import ChargePhase, Inhibit, Quantity, RunawayStage, TripCause
from bacs_core.snapshot import Flags, Floats

__all__ = ["Inputs", "Seen", "Strangers", "Told", "look", "signals"]

#: Below this share of the float voltage a string is not in float: 2.20 V for lead.
FLOAT_FROM: Final = 0.97
#: A string is warm as a whole when more than this share of its cells is above the limit.
WARM_SHARE: Final = 0.75
_UNKNOWN: Final = np.uint8(ChargePhase.UNKNOWN)
_DISCHARGE: Final = np.uint8(ChargePhase.DISCHARGE)
_BULK: Final = np.uint8(ChargePhase.BULK)
_ABSORPTION: Final = np.uint8(ChargePhase.ABSORPTION)
_FLOAT: Final = np.uint8(ChargePhase.FLOAT)
#: Members of an enumeration are slow to look up.
_DISCHARGING: Final = Inhibit.DISCHARGE
_CAUSES: Final = tuple(TripCause)
_PRE_ALERT: Final = int(RunawayStage.PRE_ALERT)
_ALARM: Final = int(RunawayStage.ALARM)
_TRIP: Final = int(RunawayStage.TRIP)
_STAGES: Final = {
    Signal.RUNAWAY_PRE_ALERT: _PRE_ALERT,
    Signal.RUNAWAY_ALARM: _ALARM,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What several signals ask for."""

    layout: Layout
    inputs: Inputs
    silent: Flags
    """Cells without a fresh voltage although their devices give one."""
    strange: Flags
    """Cells on which another module answers than the one that was remembered."""
    answers: Flags
    """Managers that answer."""
    heard: Flags
    """Cells that are not silent."""
    any_silent: bool


def look(layout: Layout, inputs: Inputs, answers: Flags) -> Seen:
    """Work out what several signals ask for; `answers` are the managers that do."""
    heard = inputs.frame.fresh[Quantity.VOLTAGE]
    if layout.unmeasured is not None:
        heard = heard | layout.unmeasured
    silent = ~heard
    strange = layout.nobody[Scope.CELL]
    if inputs.strangers.cells:
        strange = strange.copy()
        for key, cells in inputs.strangers.cells.items():
            strange[layout.rows.slices[key]][list(cells)] = True
    return Seen(layout, inputs, silent, strange, answers, heard, bool(np.count_nonzero(silent)))


def signals(seen: Seen) -> dict[Signal, Told]:
    """Work out every signal but the slow and the still ones (`slow_signals`, `still_signals`)."""
    return {
        **_of_devices(seen),
        **_of_breakers(seen),
        **_of_strings(seen),
        **_of_protection(seen),
        **_of_cells(seen),
    }


def _of_devices(seen: Seen) -> dict[Signal, Told]:
    """Tell of modules and current sensors whether they answer, and whether as themselves."""
    layout, inputs, rows = seen.layout, seen.inputs, seen.layout.rows
    no_string = layout.nobody[Scope.STRING]
    heard = layout.engine_managed | seen.answers[layout.inside_of[Scope.MANAGER, Scope.STRING]]
    exchanged: Floats | Flags = no_string
    if inputs.strangers.cells or inputs.strangers.sensors:
        exchanged = rows.total(seen.strange)
        keys = tuple(rows.slices)
        exchanged[[keys.index(key) for key in inputs.strangers.sensors]] += 1
    all_silent, module_silent = no_string, Told(layout.nobody[Scope.CELL])
    if seen.any_silent:
        # Who answers in place of another is not silent, although nothing it says counts.
        missing = seen.silent & ~seen.strange if inputs.strangers.cells else seen.silent
        all_silent = rows.all(missing)
        # Behind a manager a module is missed only where the others of its string are there.
        asked = layout.engine_managed | ~all_silent
        if inputs.strangers.cells:
            asked &= ~(rows.any(seen.strange) & rows.all(seen.silent))
        module_silent = Told(missing, rows.spread(asked))
    return {
        Signal.DEVICES_EXCHANGED: Told(exchanged),
        # A manager that was never asked says nothing about its strings either.
        Signal.STRING_SILENT: Told(all_silent, heard),
        Signal.MODULE_SILENT: module_silent,
        Signal.CURRENT_SENSOR_SILENT: _sensors_silent(seen),
        Signal.LEASES_EXPIRED: _leases_expired(seen),
    }


def _sensors_silent(seen: Seen) -> Told:
    sensors, strange = seen.inputs.sensors, seen.inputs.strangers.sensors
    told = sensors.values()
    if not strange and False not in told and None not in told:
        return Told(seen.layout.nobody[Scope.STRING])
    silent = [
        np.nan if key in strange else _missed(sensors.get(key)) for key in seen.layout.rows.slices
    ]
    return Told(np.array(silent, np.float64))


def _leases_expired(seen: Seen) -> Told:
    inputs, rows = seen.inputs, seen.layout.rows
    expired = inputs.frame.module_status & STATUS_LEASE_EXPIRED != 0
    if not np.count_nonzero(expired):
        return Told(seen.layout.nobody[Scope.STRING])
    return Told(rows.total(expired & (inputs.plan.duty_percent > 0) & seen.heard))


def _of_breakers(seen: Seen) -> dict[Signal, Told]:
    """Tell where protection of each string stands; a string without a breaker is well."""
    told = {signal: Told(flags) for signal, flags in found(seen.layout, seen.inputs.trips).items()}
    open_ones = told[Signal.BREAKER_CONTRADICTED].values
    if open_ones is not seen.layout.nobody[Scope.STRING]:
        flows = np.logical_and(open_ones, seen.inputs.estimates.current_clear)
        told[Signal.BREAKER_CONTRADICTED] = Told(flows)
    return told


def _of_strings(seen: Seen) -> dict[Signal, Told]:
    layout, frame, estimates = seen.layout, seen.inputs.frame, seen.inputs.estimates
    phase = estimates.phase
    lifted = (phase == _BULK) & layout.float_limited
    known = np.isfinite(frame.target_v)
    return {
        Signal.ON_BATTERY: Told(phase == _DISCHARGE, phase != _UNKNOWN),
        Signal.STRING_MEAN_VOLTAGE: Told(frame.target_v),
        Signal.STRING_HELD_VOLTAGE: Told(frame.target_v, known & ~lifted),
        Signal.STRING_WARM: _warm(seen),
    }


def _warm(seen: Seen) -> Told:
    rows, known = seen.layout.rows, seen.inputs.frame.fresh[Quantity.TEMPERATURE]
    limit_c = seen.layout.limits["cell_temperature_high"].limit
    values_c = seen.inputs.frame.columns[Quantity.TEMPERATURE].values
    warm = (values_c > limit_c) & known
    if not np.count_nonzero(warm):
        # Where nobody knows a temperature, that is told by rules of its own.
        return Told(seen.layout.nobody[Scope.STRING])
    count, of = rows.total(warm), rows.total(known)
    count[count <= WARM_SHARE * of] = 0.0
    return Told(count, of > 0)


def _of_protection(seen: Seen) -> dict[Signal, Told]:
    layout, inputs, rows = seen.layout, seen.inputs, seen.layout.rows
    verdict, frame = inputs.verdict, inputs.frame
    nobody, no_string = layout.nobody[Scope.CELL], layout.nobody[Scope.STRING]
    watched = frame.fresh[Quantity.TEMPERATURE]
    if np.count_nonzero(watched) < len(watched):
        watched = watched | rows.spread(np.isfinite(frame.current_a))
    worst = int(verdict.string_stage.max(initial=0))
    missing = _or_nobody(verdict.temperature_missing, nobody)
    all_missing = no_string
    if missing is not nobody:
        if inputs.strangers.cells:
            all_missing = rows.all(missing | seen.strange) & rows.any(missing)
            missing = missing & ~seen.strange
        else:
            all_missing = rows.total(missing) == rows.counts
    no_current = _or_nobody(verdict.current_missing, no_string)
    if no_current is not no_string:
        no_current = no_current & np.isfinite(frame.current_error_a)
    no_room = _or_nobody(verdict.room_missing, no_string)
    if no_room is not no_string:
        # A string in whose room nothing has ever measured has lost nothing.
        no_room = no_room & np.isfinite(verdict.memory.strings.room_c)
    wanted = dict.fromkeys(_CAUSES, nobody)
    for cause, flags in verdict.cause.items():
        wanted[cause] = _or_nobody(flags, nobody)
    suspect = _or_nobody(verdict.temperature_suspect, nobody)
    return {
        signal: Told(verdict.stage >= stage if worst >= stage else nobody, watched)
        for signal, stage in _STAGES.items()
    } | {
        Signal.RUNAWAY_TRIP: Told(
            wanted[TripCause.THERMAL_RUNAWAY] | (verdict.stage >= _TRIP)
            if worst >= _TRIP
            else wanted[TripCause.THERMAL_RUNAWAY],
            watched,
        ),
        Signal.TRIP_TEMPERATURE: Told(wanted[TripCause.OVER_TEMPERATURE], watched),
        Signal.TRIP_VOLTAGE_HIGH: Told(wanted[TripCause.OVER_VOLTAGE], seen.heard),
        Signal.TRIP_VOLTAGE_LOW: Told(wanted[TripCause.UNDER_VOLTAGE], seen.heard),
        Signal.TEMPERATURE_MISSING: Told(missing),
        Signal.TEMPERATURES_MISSING: Told(_or_nobody(all_missing, no_string)),
        Signal.TEMPERATURE_SUSPECT: Told(suspect),
        Signal.CURRENT_MISSING: Told(no_current),
        Signal.ROOM_MISSING: Told(no_room),
        Signal.RECHARGE_OVERDUE: Told(_or_nobody(verdict.overdue, no_string)),
    }


def _of_cells(seen: Seen) -> dict[Signal, Told]:
    layout, inputs, rows = seen.layout, seen.inputs, seen.layout.rows
    frame, estimates, plan = inputs.frame, inputs.estimates, inputs.plan
    values, fresh = {name: column.values for name, column in frame.columns.items()}, frame.fresh
    voltage_v, voltage_known = values[Quantity.VOLTAGE], fresh[Quantity.VOLTAGE]
    phase = estimates.phase
    recovering = plan.inhibited.get(_DISCHARGING, layout.nobody[Scope.STRING])
    unheld = (phase == _DISCHARGE) | (phase == _BULK) | recovering
    meaningless = unheld & layout.float_limited
    held = voltage_known
    if np.count_nonzero(meaningless):
        held = held & ~rows.spread(meaningless)
    floating = ((phase == _FLOAT) | (phase == _UNKNOWN)) & ~recovering
    floating &= frame.target_v >= FLOAT_FROM * layout.float_voltage_v
    percent_per_v = np.where(floating, 100 / frame.target_v, np.nan)
    deviation_percent = voltage_v * rows.spread(percent_per_v)
    deviation_percent -= 100
    np.abs(deviation_percent, out=deviation_percent)
    temperature_c, temperature_known = values[Quantity.TEMPERATURE], fresh[Quantity.TEMPERATURE]
    nobody = layout.nobody[Scope.CELL]
    exhausted = _or_nobody(plan.exhausted, nobody)
    return {
        Signal.CELL_VOLTAGE: Told(voltage_v, voltage_known),
        Signal.CELL_HELD_VOLTAGE: Told(voltage_v, held),
        Signal.CELL_DEVIATION: Told(
            deviation_percent, voltage_known & rows.spread(np.isfinite(percent_per_v))
        ),
        Signal.CELL_TEMPERATURE: Told(temperature_c, temperature_known),
        Signal.CHARGED_TEMPERATURE: _charged(seen, temperature_c, temperature_known),
        Signal.CELL_RESISTANCE: Told(values[Quantity.RESISTANCE], fresh[Quantity.RESISTANCE]),
        Signal.BYPASS_STUCK_ON: Told(_or_nobody(plan.stuck_on, nobody), seen.heard),
        Signal.BYPASS_STUCK_OFF: Told(_or_nobody(plan.stuck_off, nobody), seen.heard),
        # A plan that was never told a voltage does not know of the bypass before a restart.
        Signal.AUTHORITY_EXHAUSTED: Told(
            exhausted, seen.heard if exhausted is nobody else exhausted | seen.heard
        ),
    }


def _or_nobody(flags: Flags, nobody: Flags) -> Flags:
    """Return `nobody` itself where no flag is up: a rule over it needs no look."""
    return flags if np.count_nonzero(flags) else nobody


def _charged(seen: Seen, temperature_c: Floats, known: Flags) -> Told:
    """Return the temperature of the cells that are charged just now; the others are well."""
    estimates, frame, layout = seen.inputs.estimates, seen.inputs.frame, seen.layout
    if Signal.CHARGED_TEMPERATURE in layout.unlimited:
        return layout.nothing
    phase = estimates.phase
    charged = (phase == _BULK) | (phase == _ABSORPTION)
    charged |= estimates.current_clear & (frame.current_a > 0)
    if not np.count_nonzero(charged):
        return layout.nothing
    charged_cells = layout.rows.spread(charged)
    return Told(np.where(charged_cells, temperature_c, np.nan), known | ~charged_cells)


def _missed(online: bool | None) -> float:  # noqa: FBT001 - as it was told
    return np.nan if online is None else float(not online)
