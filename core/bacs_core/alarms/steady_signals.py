"""Signals of what mostly stays as it is: made anew where something they are made of is another.

Each function here is called through `Once`: what it is given are the very objects of the tick
before as long as nothing about them has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bacs_core.alarms.inputs import Strangers
from bacs_core.alarms.layout import Layout, Told
from bacs_core.alarms.rules import Scope, Signal
from bacs_core.model import ChargePhase, RunawayStage, TripCause
from bacs_core.snapshot import Flags, Floats

#: A string is warm as a whole when more than this share of its cells is above the limit.
WARM_SHARE: Final = 0.75
_UNKNOWN: Final = np.uint8(ChargePhase.UNKNOWN)
_DISCHARGE: Final = np.uint8(ChargePhase.DISCHARGE)
_BULK: Final = np.uint8(ChargePhase.BULK)
_FLOAT: Final = np.uint8(ChargePhase.FLOAT)
_PRE_ALERT: Final = int(RunawayStage.PRE_ALERT)
_ALARM: Final = int(RunawayStage.ALARM)
_TRIP: Final = int(RunawayStage.TRIP)

Online = tuple[bool | None, ...]
"""Per manager whether it answers, `None` where nobody has asked it."""


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """Per cell: whether it is heard, or silent although its devices give a voltage.

    `strange` marks those on which another module answers than the one that was remembered.
    """

    cells: Flags
    silent: Flags
    any_silent: bool
    strange: Flags


def hear(layout: Layout, fresh: Flags, strangers: Strangers) -> Heard:
    """Tell who is heard, by the freshness of the voltages."""
    heard = fresh
    if layout.unmeasured is not None:
        heard = heard | layout.unmeasured
    silent = ~heard
    strange = layout.nobody[Scope.CELL]
    if strangers.cells:
        strange = strange.copy()
        for key, cells in strangers.cells.items():
            strange[layout.rows.slices[key]][list(cells)] = True
    return Heard(heard, silent, bool(np.count_nonzero(silent)), strange)


def of_devices(
    layout: Layout, heard: Heard, strangers: Strangers, online: Online
) -> dict[Signal, Told]:
    """Tell of modules whether they answer, and whether as themselves."""
    rows, no_string = layout.rows, layout.nobody[Scope.STRING]
    answers = np.array([each is True for each in online], np.bool_)
    asked = layout.engine_managed | answers[layout.inside_of[Scope.MANAGER, Scope.STRING]]
    exchanged: Floats | Flags = no_string
    if strangers.cells or strangers.sensors:
        exchanged = rows.total(heard.strange)
        keys = tuple(rows.slices)
        exchanged[[keys.index(key) for key in strangers.sensors]] += 1
    all_silent, module_silent = no_string, Told(layout.nobody[Scope.CELL])
    if heard.any_silent:
        # Who answers in place of another is not silent, although nothing it says counts.
        missing = heard.silent & ~heard.strange if strangers.cells else heard.silent
        all_silent = rows.all(missing)
        # Behind a manager a module is missed only where the others of its string are there.
        missed = layout.engine_managed | ~all_silent
        if strangers.cells:
            missed &= ~(rows.any(heard.strange) & rows.all(heard.silent))
        module_silent = Told(missing, rows.spread(missed))
    return {
        Signal.DEVICES_EXCHANGED: Told(exchanged),
        # A manager that was never asked says nothing about its strings either.
        Signal.STRING_SILENT: Told(all_silent, asked),
        Signal.MODULE_SILENT: module_silent,
    }


def of_sensors(
    layout: Layout, strangers: Strangers, sensors: Mapping[str, bool | None]
) -> dict[Signal, Told]:
    """Tell of current sensors whether they answer, and whether as themselves."""
    strange, told = strangers.sensors, sensors.values()
    silent = Told(layout.nobody[Scope.STRING])
    if strange or False in told or None in told:
        missed = [
            np.nan if key in strange else _missed(sensors.get(key)) for key in layout.rows.slices
        ]
        silent = Told(np.array(missed, np.float64))
    return {Signal.CURRENT_SENSOR_SILENT: silent}


class Charging(NamedTuple):
    """What the phases make of voltages.

    Per string: whether the mean means something below its limit, and whether deviations may. Per
    cell: whether a voltage is known that its limits of float are for.
    """

    on_battery: Told
    unlifted: Flags
    floating: Flags
    held: Flags


def of_phases(
    layout: Layout, phase: NDArray[np.uint8], recovering: Flags, voltage_known: Flags
) -> Charging:
    """Tell by the phase of charging, and by which strings recover, which limits mean something."""
    discharges, bulk = phase == _DISCHARGE, phase == _BULK
    meaningless = (discharges | bulk | recovering) & layout.float_limited
    held = voltage_known
    if np.count_nonzero(meaningless):
        held = held & ~layout.rows.spread(meaningless)
    return Charging(
        on_battery=Told(discharges, phase != _UNKNOWN),
        unlifted=~(bulk & layout.float_limited),
        floating=((phase == _FLOAT) | (phase == _UNKNOWN)) & ~recovering,
        held=held,
    )


def deviates(layout: Layout, floats: Flags, voltage_known: Flags) -> Flags:
    """Mark the cells whose deviation is known; `floats` marks strings."""
    return voltage_known & layout.rows.spread(floats)


def is_warm(layout: Layout, warm: Flags, known: Flags) -> Told:
    """Count the warm cells of the strings that are warm as a whole."""
    rows = layout.rows
    if not np.count_nonzero(warm):
        # Where nobody knows a temperature, that is told by rules of its own.
        return Told(layout.nobody[Scope.STRING])
    count, of = rows.total(warm), rows.total(known)
    count[count <= WARM_SHARE * of] = 0.0
    return Told(count, of > 0)


def watches(layout: Layout, temperature_known: Flags, current_known: Flags) -> Flags:
    """Mark the cells that are watched for thermal runaway; `current_known` is per string."""
    if np.count_nonzero(temperature_known) == len(temperature_known):
        return temperature_known
    return temperature_known | layout.rows.spread(current_known)


def of_stages(
    layout: Layout,
    heard: Heard,
    watched: Flags,
    stage: NDArray[np.uint8],
    string_stage: NDArray[np.uint8],
    *causes: Flags,
) -> dict[Signal, Told]:
    """Tell the stages of runaway, and the causes of a trip: cells by `TripCause`, in its order."""
    nobody = layout.nobody[Scope.CELL]
    worst = int(string_stage.max(initial=0))
    wanted = dict(zip(TripCause, (_or_nobody(flags, nobody) for flags in causes), strict=True))
    runs_away = wanted[TripCause.THERMAL_RUNAWAY]
    if worst >= _TRIP:
        runs_away = runs_away | (stage >= _TRIP)
    return {
        Signal.RUNAWAY_PRE_ALERT: Told(
            stage >= _PRE_ALERT if worst >= _PRE_ALERT else nobody, watched
        ),
        Signal.RUNAWAY_ALARM: Told(stage >= _ALARM if worst >= _ALARM else nobody, watched),
        Signal.RUNAWAY_TRIP: Told(runs_away, watched),
        Signal.TRIP_TEMPERATURE: Told(wanted[TripCause.OVER_TEMPERATURE], watched),
        Signal.TRIP_VOLTAGE_HIGH: Told(wanted[TripCause.OVER_VOLTAGE], heard.cells),
        Signal.TRIP_VOLTAGE_LOW: Told(wanted[TripCause.UNDER_VOLTAGE], heard.cells),
    }


def of_temperatures(
    layout: Layout, strangers: Strangers, heard: Heard, missing: Flags, suspect: Flags
) -> dict[Signal, Told]:
    """Tell which temperatures are missing, or not believed."""
    rows, nobody = layout.rows, layout.nobody[Scope.CELL]
    missing = _or_nobody(missing, nobody)
    all_missing = no_string = layout.nobody[Scope.STRING]
    if missing is not nobody:
        if strangers.cells:
            all_missing = rows.all(missing | heard.strange) & rows.any(missing)
            missing = missing & ~heard.strange
        else:
            all_missing = rows.total(missing) == rows.counts
    return {
        Signal.TEMPERATURE_MISSING: Told(missing),
        Signal.TEMPERATURES_MISSING: Told(_or_nobody(all_missing, no_string)),
        Signal.TEMPERATURE_SUSPECT: Told(_or_nobody(suspect, nobody)),
    }


def of_strings(
    layout: Layout,
    current_missing: Flags,
    error_known: Flags,
    room_missing: Flags,
    room_c: Floats,
    overdue: Flags,
) -> dict[Signal, Told]:
    """Tell what is missed of strings, and whose recharge is overdue.

    `error_known` tells whether the current sensor has a stated error, `room_c` is what was known
    last of the room.
    """
    no_string = layout.nobody[Scope.STRING]
    no_current = _or_nobody(current_missing, no_string)
    if no_current is not no_string:
        no_current = no_current & error_known
    no_room = _or_nobody(room_missing, no_string)
    if no_room is not no_string:
        # A string in whose room nothing has ever measured has lost nothing.
        no_room = no_room & np.isfinite(room_c)
    return {
        Signal.CURRENT_MISSING: Told(no_current),
        Signal.ROOM_MISSING: Told(no_room),
        Signal.RECHARGE_OVERDUE: Told(_or_nobody(overdue, no_string)),
    }


def of_bypasses(
    layout: Layout, heard: Heard, exhausted: Flags, stuck_on: Flags, stuck_off: Flags
) -> dict[Signal, Told]:
    """Tell what hours of bypass have shown."""
    nobody = layout.nobody[Scope.CELL]
    exhausted = _or_nobody(exhausted, nobody)
    return {
        Signal.BYPASS_STUCK_ON: Told(_or_nobody(stuck_on, nobody), heard.cells),
        Signal.BYPASS_STUCK_OFF: Told(_or_nobody(stuck_off, nobody), heard.cells),
        # A plan that was never told a voltage does not know of the bypass before a restart.
        Signal.AUTHORITY_EXHAUSTED: Told(
            exhausted, heard.cells if exhausted is nobody else exhausted | heard.cells
        ),
    }


def _or_nobody(flags: Flags, nobody: Flags) -> Flags:
    """Return `nobody` itself where no flag is up: a rule over it needs no look."""
    return flags if np.count_nonzero(flags) else nobody


def _missed(online: bool | None) -> float:  # noqa: FBT001 - as it was told
    return np.nan if online is None else float(not online)
