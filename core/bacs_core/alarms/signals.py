"""From the process image to the numbers that alarm rules watch; NaN where nothing is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bacs_core.alarms.layout import Layout
from bacs_core.alarms.rules import Scope, Signal
from bacs_core.devices.panel_module import STATUS_LEASE_EXPIRED
from bacs_core.equalization import Plan
from bacs_core.model import Inhibit, Quantity
from bacs_core.snapshot import Flags, Floats, LineSnapshot, ManagerSnapshot, StringSnapshot

#: Below this share of the float voltage a string is not in float: 2.20 V for lead.
FLOAT_FROM: Final = 0.97


@dataclass(frozen=True, slots=True)
class Inputs:
    """One tick, all of it by key. `plans` has the strings that the engine equalizes."""

    strings: Mapping[str, StringSnapshot]
    managers: Mapping[str, ManagerSnapshot]
    lines: Mapping[str, LineSnapshot]
    line_of: Mapping[str, str]
    plans: Mapping[str, Plan] = field(default_factory=dict)


def signals(layout: Layout, inputs: Inputs, now: float) -> dict[Signal, Floats]:
    """Work out every signal at unix time `now`."""
    strings = [inputs.strings[string.key] for string in layout.strings]
    voltage_v = _fresh(layout, strings, Quantity.VOLTAGE, now)
    silent = np.isnan(voltage_v)
    online = np.array([_online(inputs, manager.id) for manager in layout.managers])
    all_silent = np.logical_and.reduceat(silent, layout.first_cell)
    targets = [string.summary.target_voltage_v for string in strings]
    target_v = np.array([np.nan if target is None else target for target in targets])
    resting = np.array([_discharging(string) for string in strings], np.bool_)
    floating_v = np.where(
        resting | (target_v < FLOAT_FROM * layout.float_voltage_v), np.nan, target_v
    )[layout.string_of_cell]
    exhausted = _per_cell(layout, {key: plan.exhausted for key, plan in inputs.plans.items()})
    return {
        Signal.LINE_GONE: np.array(
            [float(not inputs.lines[line_id].port_open) for line_id in layout.line_ids]
        ),
        Signal.MANAGER_SILENT: 1.0 - online,
        # A manager that was never asked says nothing about its strings either.
        Signal.STRING_SILENT: np.where(
            layout.engine_managed | (online == 1)[layout.inside_of[Scope.MANAGER, Scope.STRING]],
            all_silent,
            np.nan,
        ),
        Signal.STRING_MEAN_VOLTAGE: target_v,
        Signal.LEASES_EXPIRED: _leases_expired(layout, inputs, strings, ~silent),
        # Behind a manager a module is missed only where the others of its string are there.
        Signal.MODULE_SILENT: np.where(
            (layout.engine_managed | ~all_silent)[layout.string_of_cell], silent, np.nan
        ),
        Signal.CELL_VOLTAGE: np.where(resting[layout.string_of_cell], np.nan, voltage_v),
        Signal.CELL_DEVIATION: np.abs(voltage_v - floating_v) / floating_v * 100,
        Signal.CELL_TEMPERATURE: _fresh(layout, strings, Quantity.TEMPERATURE, now),
        Signal.CELL_RESISTANCE: _fresh(layout, strings, Quantity.RESISTANCE, now),
        # A plan that was never told a voltage does not know of the bypass before a restart.
        Signal.AUTHORITY_EXHAUSTED: np.where(silent & (exhausted == 0), np.nan, exhausted),
    }


def _fresh(layout: Layout, strings: list[StringSnapshot], quantity: Quantity, now: float) -> Floats:
    columns = [string.readings.columns[quantity] for string in strings]
    values = _joined([column.values for column in columns])
    age_s = np.abs(now - _joined([column.read_at for column in columns]))
    return np.where(age_s <= layout.stale_after_s[quantity], values, np.nan)


def _joined(columns: list[Floats]) -> Floats:
    return np.concatenate([np.zeros(0), *columns])


def _online(inputs: Inputs, manager_id: str) -> float:
    manager = inputs.managers.get(manager_id)
    return np.nan if manager is None or manager.online is None else float(manager.online)


def _discharging(string: StringSnapshot) -> bool:
    """Tell whether a string gives current, or was not recovered from that when last judged."""
    if Inhibit.DISCHARGE in string.equalization.inhibited_by:
        return True
    readings, current_a = string.readings, string.summary.current_a
    error_a = readings.current_error_a
    return current_a is not None and error_a is not None and current_a < -error_a


def _per_cell(layout: Layout, columns: Mapping[str, Floats | Flags]) -> Floats:
    """Put columns of some strings in rows, 0 for the others."""
    rows = np.zeros(len(layout.string_of_cell))
    for key, column in columns.items():
        rows[layout.slices[key]] = column
    return rows


def _leases_expired(
    layout: Layout, inputs: Inputs, strings: list[StringSnapshot], fresh: Flags
) -> Floats:
    status = np.concatenate(
        [np.zeros(0, np.uint16), *(string.readings.module_status for string in strings)]
    )
    commanded = _per_cell(layout, {key: plan.duty_percent for key, plan in inputs.plans.items()})
    expired = (status & STATUS_LEASE_EXPIRED != 0) & (commanded > 0) & fresh
    return np.add.reduceat(expired, layout.first_cell, dtype=np.float64)
