"""Simulated devices of others, served from the same declarations with which they are read.

What they answer is synthetic: built from the documented layout, never recorded from a device. They
equalize their own cells by the law of our simulated managers, as little is known of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from bacs_core.devices import bacs_manager, sunspec_battery
from bacs_core.devices.catalogue import MANAGER_QUESTIONS, MODULE_QUESTIONS
from bacs_core.devices.places import Place, Question, StringValue
from bacs_core.devices.registers import READ_HOLDING_REGISTERS, READ_INPUT_REGISTERS
from bacs_core.model import Quantity
from bacs_core.settings import ManagerOptions
from bacs_core.simulator.foreign_sunspec import sunspec_rows
from bacs_core.simulator.foreign_table import Row, Table, encoded
from bacs_core.simulator.manager_equalization import (
    DISCHARGE_A_PER_AH,
    ManagerPlan,
    first_plan,
    gains_for,
    next_plan,
)
from bacs_core.simulator.served import (
    ILLEGAL_ADDRESS,
    NEVER,
    Environment,
    RequestRefusedError,
    Unit,
    number_or_none,
)
from bacs_core.simulator.string_view import SimulatedString
from bacs_core.snapshot import StringReadings

SCAN_S: Final = 1.0
#: Above this a charger does more than to float.
CHARGE_A_PER_AH: Final = 0.01
#: What a simulated web manager counts in, where the site file does not say it.
SIMULATED_SCALE: Final = 0.1


class ForeignUnit:
    """One simulated device: a table of rows, and what it does by itself once a second.

    It wakes up with the first request that it gets, as only then it knows the time.
    """

    def __init__(
        self,
        unit: int,
        rows: Sequence[Row],
        environment: Environment,
        scan: Callable[[float], None] | None = None,
    ) -> None:
        """Answer at `unit` from `rows`; `scan` gets the plant time that passed."""
        self.addresses = frozenset({unit})
        self._table = Table(rows)
        self._environment = environment
        self._scan = scan
        self._next_scan_s: float | None = None
        self._plant_scanned_s = environment.plant_time_s

    @property
    def next_event_s(self) -> float:
        """When the next scan is due."""
        return NEVER if self._next_scan_s is None else self._next_scan_s

    def act(self, now: float) -> None:
        """Look at all cells and plan their bypass anew."""
        if self._scan is None:
            return
        passed_s = self._environment.plant_time_s - self._plant_scanned_s
        self._plant_scanned_s = self._environment.plant_time_s
        self._next_scan_s = now + SCAN_S
        self._scan(passed_s)

    def sense(self, now: float) -> None:
        """Do nothing: the device is always awake."""

    def read(self, function: int, address: int, count: int, now: float) -> bytes:
        """Answer a read of registers or coils; raises `RequestRefusedError`."""
        if self._next_scan_s is None:
            self._environment.disturb(now)
            self.act(now)
        else:
            self._environment.settle(now)
        return self._table.read(function, address, count)

    def write(self, address: int, payload: bytes, now: float) -> None:  # noqa: ARG002
        """Refuse: nothing of ours writes to a foreign device, and that must show."""
        raise RequestRefusedError(ILLEGAL_ADDRESS)

    def hear(self, address: int, payload: bytes, now: float) -> None:
        """Ignore broadcasts: they are for modules of our own map."""


def foreign_unit(
    device_name: str,
    unit: int,
    strings: Sequence[SimulatedString],
    environment: Environment,
    options: ManagerOptions | None = None,
) -> Unit:
    """Build a simulated manager or pack with its strings, in the order of their numbers."""
    options = _with_scales(options or ManagerOptions())
    watched = {
        simulated.string.number: _Watched(
            simulated, simulated.readings(0.0), first_plan(simulated.string.cell_count)
        )
        for simulated in strings
    }
    scan = partial(_scan, watched)
    declared = [simulated.string for simulated in strings]
    measure = partial(_measured, watched)
    if device_name == sunspec_battery.NAME:
        return ForeignUnit(unit, sunspec_rows(declared, options, measure), environment, scan)
    questions = MANAGER_QUESTIONS[device_name](declared, options)
    rows = list(_rows(questions, measure))
    if device_name == bacs_manager.NAME:
        # The maker says that functions 3 and 4 are not told apart.
        both = (READ_HOLDING_REGISTERS, READ_INPUT_REGISTERS)
        rows = [replace(row, functions=both) for row in rows]
    return ForeignUnit(unit, rows, environment, scan)


def foreign_module(
    device_name: str,
    unit: int,
    simulated: SimulatedString,
    cell_index: int,
    environment: Environment,
) -> Unit:
    """Build a simulated module on one cell; `cell_index` counts from 0."""
    questions = MODULE_QUESTIONS[device_name](unit, simulated.string)
    rows = list(_rows(questions, partial(_measured_cell, simulated, cell_index)))
    return ForeignUnit(unit, rows, environment)


@dataclass(slots=True)
class _Watched:
    """One string as its manager knows it."""

    simulated: SimulatedString
    readings: StringReadings
    plan: ManagerPlan


def _with_scales(options: ManagerOptions) -> ManagerOptions:
    return replace(
        options,
        current_scale_a=options.current_scale_a or SIMULATED_SCALE,
        voltage_scale_v=options.voltage_scale_v or SIMULATED_SCALE,
    )


def _rows(questions: Sequence[Question], measure: Callable[[Place], float | None]) -> Iterator[Row]:
    for question in questions:
        block = question.block
        fill = partial(encoded, question, measure)
        yield Row((block.function,), block.address, block.count, fill)


def _scan(watched: Mapping[int, _Watched], passed_s: float) -> None:
    for string in watched.values():
        simulated = string.simulated
        string.readings = simulated.readings(0.0)
        string.plan = next_plan(
            string.plan,
            gains_for(simulated.string),
            string.readings.columns[Quantity.VOLTAGE].values,
            _current_a(string),
            simulated.string.capacity_ah,
            passed_s,
        )
        simulated.duty_percent = string.plan.duty_percent


def _current_a(watched: _Watched) -> float:
    current = watched.readings.current_a
    return current.value if current else 0.0


def _measured(watched: Mapping[int, _Watched], place: Place) -> float | None:
    """Return what the manager knows of the place's value."""
    string = watched[place.string]
    readings, cell = string.readings, place.cell - 1
    if place.target is Quantity.DUTY:
        return float(string.plan.duty_percent[cell])
    if isinstance(place.target, Quantity):
        return number_or_none(readings.columns[place.target].values[cell])
    voltage_v = readings.columns[Quantity.VOLTAGE].values
    current_a = _current_a(string)
    capacity_ah = string.simulated.string.capacity_ah
    discharging = current_a < -DISCHARGE_A_PER_AH * capacity_ah
    charging = current_a > CHARGE_A_PER_AH * capacity_ah
    known: dict[StringValue, float | None] = {
        StringValue.CURRENT: current_a,
        StringValue.AC_CURRENT: readings.ac_current_a.value if readings.ac_current_a else None,
        StringValue.ROOM_TEMPERATURE: string.simulated.room_temperature_c,
        StringValue.SUM_VOLTAGE: number_or_none(voltage_v.sum()),
        StringValue.MEAN_VOLTAGE: number_or_none(voltage_v.mean()),
        StringValue.CHARGE: number_or_none(readings.columns[Quantity.CHARGE].values.mean()),
        StringValue.EQUALIZING: float(string.plan.duty_percent.any()),
        StringValue.CELL_BYPASS: float(string.plan.duty_percent[cell] > 0),
        StringValue.CHARGING: float(charging),
        StringValue.FLOAT_CHARGING: float(not charging and not discharging),
        StringValue.DISCHARGING: float(discharging),
    }
    return known[place.target]


def _measured_cell(simulated: SimulatedString, cell: int, place: Place) -> float | None:
    """Return what a module measures at its one cell."""
    if place.target is Quantity.VOLTAGE:
        return number_or_none(simulated.voltage_v(cell))
    if place.target is Quantity.TEMPERATURE:
        return number_or_none(simulated.temperature_c(cell))
    if place.target is Quantity.RESISTANCE:
        return number_or_none(simulated.resistance_ohm(cell))
    return None
