"""From the process image to the numbers that alarm rules watch; NaN where nothing is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bacs_core.alarms.layout import Layout, LineOf
from bacs_core.alarms.rules import Scope, Signal
from bacs_core.devices.panel_module import STATUS_LEASE_EXPIRED
from bacs_core.equalization import Plan
from bacs_core.model import Inhibit, Quantity
from bacs_core.snapshot import (
    AccessorySnapshot,
    Flags,
    Floats,
    LineSnapshot,
    ManagerSnapshot,
    StringSnapshot,
)

#: Below this share of the float voltage a string is not in float: 2.20 V for lead.
FLOAT_FROM: Final = 0.97


@dataclass(frozen=True, slots=True)
class Strangers:
    """In whose place another device answers than the one that was remembered.

    `cells` (counted from 0) and `sensors` are by string key; `accessories` are ids by line.
    """

    cells: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    sensors: frozenset[str] = frozenset()
    managers: frozenset[str] = frozenset()
    accessories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inputs:
    """One tick, all of it by key. `plans` has the strings that the engine equalizes.

    `sensors` tells of the current sensors whether they answer and are believed; `None` where nobody
    knows.

    `notes` are for `{note}` in the text of a rule, by its name and the label of the place.
    """

    strings: Mapping[str, StringSnapshot]
    managers: Mapping[str, ManagerSnapshot]
    lines: Mapping[str, LineSnapshot]
    line_of: LineOf
    plans: Mapping[str, Plan] = field(default_factory=dict)
    accessories: Mapping[str, AccessorySnapshot] = field(default_factory=dict)
    sensors: Mapping[str, bool | None] = field(default_factory=dict)
    strangers: Strangers = field(default_factory=Strangers)
    notes: Mapping[tuple[str, str], str] = field(default_factory=dict)


def signals(layout: Layout, inputs: Inputs, now: float) -> dict[Signal, Floats]:
    """Work out every signal at unix time `now`."""
    strings = [inputs.strings[string.key] for string in layout.strings]
    voltage_v = _fresh(layout, strings, Quantity.VOLTAGE, now)
    silent = np.isnan(voltage_v) & layout.measured
    online = np.array([_online(inputs, manager.id) for manager in layout.managers])
    strange = _strange(layout, inputs.strangers)
    # Who answers in place of another is not silent, although nothing it says counts.
    all_silent = np.logical_and.reduceat(silent & ~strange, layout.first_cell)
    exchanged = np.logical_or.reduceat(strange, layout.first_cell)
    all_exchanged = exchanged & np.logical_and.reduceat(silent, layout.first_cell)
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
        Signal.LINE_LENT: np.array(
            [float(inputs.lines[line_id].lent) for line_id in layout.line_ids]
        ),
        Signal.ACCESSORIES_EXCHANGED: np.array(
            [
                float(len(inputs.strangers.accessories.get(line_id, ())))
                for line_id in layout.line_ids
            ]
        ),
        Signal.ACCESSORY_SILENT: np.array(
            [
                np.nan
                if name in inputs.strangers.accessories.get(line_id, ())
                else _missed(inputs.accessories[name].online)
                for name, line_id in layout.accessory_lines.items()
            ],
            np.float64,
        ),
        Signal.MANAGER_EXCHANGED: np.array(
            [float(manager.id in inputs.strangers.managers) for manager in layout.managers]
        ),
        Signal.DEVICES_EXCHANGED: np.array(
            [
                float(
                    len(inputs.strangers.cells.get(string.key, ()))
                    + (string.key in inputs.strangers.sensors)
                )
                for string in layout.strings
            ]
        ),
        Signal.MANAGER_SILENT: 1.0 - online,
        # A manager that was never asked says nothing about its strings either.
        Signal.STRING_SILENT: np.where(
            layout.engine_managed | (online == 1)[layout.inside_of[Scope.MANAGER, Scope.STRING]],
            all_silent,
            np.nan,
        ),
        Signal.CURRENT_SENSOR_SILENT: np.array(
            [
                np.nan
                if string.key in inputs.strangers.sensors
                else _missed(inputs.sensors.get(string.key))
                for string in layout.strings
            ],
            np.float64,
        ),
        Signal.STRING_MEAN_VOLTAGE: target_v,
        Signal.LEASES_EXPIRED: _leases_expired(layout, inputs, strings, ~silent),
        # Behind a manager a module is missed only where the others of its string are there.
        Signal.MODULE_SILENT: np.where(
            ((layout.engine_managed | ~all_silent) & ~all_exchanged)[layout.string_of_cell],
            silent & ~strange,
            np.nan,
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


def _missed(online: bool | None) -> float:  # noqa: FBT001 - as it was told
    return np.nan if online is None else float(not online)


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


def _strange(layout: Layout, strangers: Strangers) -> Flags:
    """Mark the cells on which another module answers than the one that was remembered."""
    marks = np.zeros(len(layout.string_of_cell), np.bool_)
    for key, cells in strangers.cells.items():
        marks[layout.slices[key]][list(cells)] = True
    return marks


def _leases_expired(
    layout: Layout, inputs: Inputs, strings: list[StringSnapshot], fresh: Flags
) -> Floats:
    status = np.concatenate(
        [np.zeros(0, np.uint16), *(string.readings.module_status for string in strings)]
    )
    commanded = _per_cell(layout, {key: plan.duty_percent for key, plan in inputs.plans.items()})
    expired = (status & STATUS_LEASE_EXPIRED != 0) & (commanded > 0) & fresh
    return np.add.reduceat(expired, layout.first_cell, dtype=np.float64)
