"""From the conclusions of one tick to the numbers that alarm rules watch.

Every signal is told in the rows of its scope, with what is known of it: where nothing is known an
alarm keeps the state it has. What is measured anew in every tick is told here, the rest by
`steady_signals` and only where it has changed.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from bacs_core.alarms import steady_signals as steady
from bacs_core.alarms.inputs import Inputs, Strangers
from bacs_core.alarms.layout import FLOAT_FROM, Layout, Told
from bacs_core.alarms.once import Once
from bacs_core.alarms.rules import Scope, Signal
from bacs_core.alarms.steady_signals import WARM_SHARE, Heard, Online
from bacs_core.alarms.trip_signals import found
from bacs_core.devices.panel_module import STATUS_LEASE_EXPIRED
from bacs_core.frame import kept
from bacs_core.model import ChargePhase, Inhibit, Quantity, TripCause
from bacs_core.snapshot import Flags, Floats

__all__ = ["FLOAT_FROM", "WARM_SHARE", "Inputs", "Strangers", "Told", "signals"]

_BULK: Final = np.uint8(ChargePhase.BULK)
_ABSORPTION: Final = np.uint8(ChargePhase.ABSORPTION)
#: Members of an enumeration are slow to look up.
_VOLTAGE: Final = Quantity.VOLTAGE
_TEMPERATURE: Final = Quantity.TEMPERATURE
_RESISTANCE: Final = Quantity.RESISTANCE
_DISCHARGING: Final = Inhibit.DISCHARGE
_CELL: Final = Scope.CELL
_STRING: Final = Scope.STRING
_CAUSES: Final = tuple(TripCause)


def signals(layout: Layout, inputs: Inputs, online: Online, once: Once) -> dict[Signal, Told]:
    """Work out every signal but the slow and the still ones (`slow_signals`, `still_signals`)."""
    strangers = once.equal("strangers", inputs.strangers)
    heard = once.of(steady.hear, layout, inputs.frame.fresh[_VOLTAGE], strangers)
    sensors = once.equal("sensors", dict(inputs.sensors))
    plan = inputs.plan
    return {
        **once.of(steady.of_devices, layout, heard, strangers, once.equal("online", online)),
        **once.of(steady.of_sensors, layout, strangers, sensors),
        Signal.LEASES_EXPIRED: _leases_expired(layout, inputs, heard),
        **_of_breakers(layout, inputs, once),
        **_of_protection(layout, inputs, strangers, heard, once),
        **once.of(steady.of_bypasses, layout, heard, plan.exhausted, plan.stuck_on, plan.stuck_off),
        **_measured(layout, inputs, once),
    }


def _leases_expired(layout: Layout, inputs: Inputs, heard: Heard) -> Told:
    status = inputs.frame.module_status
    if not np.bitwise_or.reduce(status, initial=0) & STATUS_LEASE_EXPIRED:
        return Told(layout.nobody[_STRING])
    expired = status & STATUS_LEASE_EXPIRED != 0
    return Told(layout.rows.total(expired & (inputs.plan.duty_percent > 0) & heard.cells))


def _of_breakers(layout: Layout, inputs: Inputs, once: Once) -> dict[Signal, Told]:
    """Tell where protection of each string stands; a string without a breaker is well."""
    told = once.of(found, layout, once.equal("trips", dict(inputs.trips)))
    open_ones = told[Signal.BREAKER_CONTRADICTED].values
    if open_ones is layout.nobody[_STRING]:
        return told
    flows = np.logical_and(open_ones, inputs.estimates.current_clear)
    return {**told, Signal.BREAKER_CONTRADICTED: Told(flows)}


def _of_protection(
    layout: Layout, inputs: Inputs, strangers: Strangers, heard: Heard, once: Once
) -> dict[Signal, Told]:
    frame, verdict, nobody = inputs.frame, inputs.verdict, layout.nobody[_CELL]
    current_known = kept(np.isfinite(frame.current_a))
    watched = once.of(steady.watches, layout, frame.fresh[_TEMPERATURE], current_known)
    return {
        **once.of(
            steady.of_stages,
            layout,
            heard,
            watched,
            verdict.stage,
            verdict.string_stage,
            *[verdict.cause.get(cause, nobody) for cause in _CAUSES],
        ),
        **once.of(
            steady.of_temperatures,
            layout,
            strangers,
            heard,
            verdict.temperature_missing,
            verdict.temperature_suspect,
        ),
        **once.of(
            steady.of_strings,
            layout,
            verdict.current_missing,
            kept(np.isfinite(frame.current_error_a)),
            verdict.room_missing,
            verdict.memory.strings.room_c,
            verdict.overdue,
        ),
    }


def _measured(layout: Layout, inputs: Inputs, once: Once) -> dict[Signal, Told]:
    """Tell what is measured of strings and cells."""
    frame, estimates = inputs.frame, inputs.estimates
    voltage_v, voltage_known = frame.columns[_VOLTAGE].values, frame.fresh[_VOLTAGE]
    temperature_c = frame.columns[_TEMPERATURE].values
    temperature_known = frame.fresh[_TEMPERATURE]
    recovering = inputs.plan.inhibited.get(_DISCHARGING, layout.nobody[_STRING])
    charging = once.of(steady.of_phases, layout, estimates.phase, recovering, voltage_known)
    target_v = frame.target_v
    floats = kept(charging.floating & (target_v >= layout.float_from_v))
    deviation_percent = voltage_v * layout.rows.spread(np.where(floats, 100 / target_v, np.nan))
    deviation_percent -= 100
    np.abs(deviation_percent, out=deviation_percent)
    warm = temperature_c > layout.limits["cell_temperature_high"].limit
    warm &= temperature_known
    return {
        Signal.ON_BATTERY: charging.on_battery,
        Signal.STRING_MEAN_VOLTAGE: Told(target_v),
        Signal.STRING_HELD_VOLTAGE: Told(target_v, np.isfinite(target_v) & charging.unlifted),
        Signal.STRING_WARM: once.of(steady.is_warm, layout, kept(warm), temperature_known),
        Signal.CELL_VOLTAGE: Told(voltage_v, voltage_known),
        Signal.CELL_HELD_VOLTAGE: Told(voltage_v, charging.held),
        Signal.CELL_DEVIATION: Told(
            deviation_percent, once.of(steady.deviates, layout, floats, voltage_known)
        ),
        Signal.CELL_TEMPERATURE: Told(temperature_c, temperature_known),
        Signal.CHARGED_TEMPERATURE: _charged(layout, inputs, temperature_c, temperature_known),
        Signal.CELL_RESISTANCE: Told(frame.columns[_RESISTANCE].values, frame.fresh[_RESISTANCE]),
    }


def _charged(layout: Layout, inputs: Inputs, temperature_c: Floats, known: Flags) -> Told:
    """Return the temperature of the cells that are charged just now; the others are well."""
    if Signal.CHARGED_TEMPERATURE in layout.unlimited:
        return layout.nothing
    estimates = inputs.estimates
    phase = estimates.phase
    charged = (phase == _BULK) | (phase == _ABSORPTION)
    charged |= estimates.current_clear & (inputs.frame.current_a > 0)
    if not np.count_nonzero(charged):
        return layout.nothing
    charged_cells = layout.rows.spread(charged)
    return Told(np.where(charged_cells, temperature_c, np.nan), known | ~charged_cells)
