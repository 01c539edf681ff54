"""Simulated web managers of our own map: up to 16 strings behind one unit address.

A manager scans its modules once a second of real time, keeps what it read, equalizes by itself, and
answers from what it keeps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from bacs_core.devices.panel_manager import COLUMNS, EQUALIZATION_STATES, string_block
from bacs_core.devices.panel_map import KIND_MANAGER
from bacs_core.devices.registers import PAGE_EXTRA_WORDS, Column
from bacs_core.model import Quantity
from bacs_core.simulator.identity import Nameplate, identity_row
from bacs_core.simulator.manager_equalization import ManagerPlan, first_plan, gains_for, next_plan
from bacs_core.simulator.served import (
    Environment,
    Served,
    block_row,
    number_or_none,
)
from bacs_core.simulator.string_view import SimulatedString
from bacs_core.simulator.wakeful import WakefulUnit
from bacs_core.snapshot import Floats, StringReadings

SCAN_S: Final = 1.0
#: Resistance and charge change slowly; a manager asks its modules for them less often.
SLOW_SCAN_S: Final = 10.0
FIRMWARE_VERSION: Final = 0x0203
_STATE_CODES: Final = {name: code for code, name in EQUALIZATION_STATES.items()}
_SLOW_QUANTITIES: Final = (Quantity.RESISTANCE, Quantity.CHARGE)


@dataclass(slots=True)
class _Watched:
    """One string as its manager knows it."""

    simulated: SimulatedString
    readings: StringReadings
    plan: ManagerPlan


class Manager(WakefulUnit):
    """One web manager with its strings."""

    def __init__(
        self,
        unit: int,
        strings: Iterable[SimulatedString],
        serial_number: int,
        environment: Environment,
        now: float,
    ) -> None:
        """Switch the manager on and make the first scan."""
        self._watched = [
            _Watched(simulated, simulated.readings(now), first_plan(simulated.string.cell_count))
            for simulated in strings
        ]
        self._scanned_s = now
        self._plant_scanned_s = environment.plant_time_s
        self._columns: dict[Quantity, Floats] = {}
        self._column_scanned_s: dict[Quantity, float] = {}
        self._keep(tuple(Quantity), now)
        cell_count = sum(watched.simulated.string.cell_count for watched in self._watched)
        self.plate = Nameplate(
            KIND_MANAGER,
            serial_number,
            FIRMWARE_VERSION,
            string_count=len(self._watched),
            cell_count=cell_count,
        )
        rows = (
            identity_row(self.plate, lambda: unit),
            *self._string_rows(),
            *self._page_rows(cell_count),
        )
        super().__init__(unit, rows, environment)

    @property
    def next_event_s(self) -> float:
        """When the next scan is due."""
        return self._scanned_s + SCAN_S

    def act(self, now: float) -> None:
        """Scan all modules and plan their bypass anew."""
        passed_s = self.environment.plant_time_s - self._plant_scanned_s
        self._scanned_s = now
        self._plant_scanned_s = self.environment.plant_time_s
        for watched in self._watched:
            self._scan(watched, passed_s, now)
        slow_due = now - self._column_scanned_s[Quantity.RESISTANCE] >= SLOW_SCAN_S
        self._keep(
            [quantity for quantity in Quantity if slow_due or quantity not in _SLOW_QUANTITIES], now
        )

    @staticmethod
    def _scan(watched: _Watched, passed_s: float, now: float) -> None:
        simulated = watched.simulated
        watched.readings = simulated.readings(now)
        current = watched.readings.current_a
        watched.plan = next_plan(
            watched.plan,
            gains_for(simulated.string),
            watched.readings.columns[Quantity.VOLTAGE].values,
            current.value if current else 0.0,
            simulated.string.capacity_ah,
            passed_s,
        )
        simulated.duty_percent = watched.plan.duty_percent

    def _keep(self, quantities: Iterable[Quantity], now: float) -> None:
        for quantity in quantities:
            self._columns[quantity] = np.concatenate(
                [
                    watched.plan.duty_percent
                    if quantity is Quantity.DUTY
                    else watched.readings.columns[quantity].values
                    for watched in self._watched
                ]
            )
            self._column_scanned_s[quantity] = now

    def _string_rows(self) -> Iterator[Served]:
        for number, watched in enumerate(self._watched, start=1):
            yield block_row(string_block(number), partial(self._string_values, watched))

    @staticmethod
    def _string_values(watched: _Watched, _now: float) -> dict[str, float | None]:
        columns = watched.readings.columns
        readings = watched.readings
        voltage_v = columns[Quantity.VOLTAGE].values
        charge_percent = columns[Quantity.CHARGE].values
        return {
            "cell_count": len(voltage_v),
            "equalization": _STATE_CODES[watched.plan.state.value],
            "sum_voltage_v": number_or_none(voltage_v.sum()),
            "current_a": readings.current_a.value if readings.current_a else None,
            "ac_current_a": readings.ac_current_a.value if readings.ac_current_a else None,
            "target_voltage_v": number_or_none(watched.plan.target_v),
            "mean_charge_percent": number_or_none(charge_percent.mean()),
            "room_temperature_c": watched.simulated.room_temperature_c,
        }

    def _page_rows(self, cell_count: int) -> Iterator[Served]:
        for column in COLUMNS:
            for address, count, first in column.pages(cell_count):
                cells = slice(first, first + count - PAGE_EXTRA_WORDS)
                fill = partial(self._page, column, cells)
                yield Served(address, count, fill, guarded=True)

    def _page(self, column: Column, cells: slice, now: float) -> bytes:
        quantity = Quantity(column.name)
        values = [number_or_none(value) for value in self._columns[quantity][cells]]
        return column.encode(values, now - self._column_scanned_s[quantity])
