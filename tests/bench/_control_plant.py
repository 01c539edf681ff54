"""A plant that lives, for `./dev bench control`, and the battery rooms at work on it in rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bacs_core import chemistries, equalization, estimation, protection
from bacs_core.alarms.book import AlarmBook
from bacs_core.alarms.inputs import Inputs
from bacs_core.alarms.machine import evaluate
from bacs_core.equalization import Orders, Plan
from bacs_core.estimation import Estimates
from bacs_core.frame import Frame
from bacs_core.model import Chemistry, EqualizedBy, Manager, Quantity, Site, String
from bacs_core.protection import Trip, Verdict, demands_of, trips
from bacs_core.rows import Rows
from bacs_core.simulator.building import PlantOptions
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.sensors import CurrentSensing
from bacs_core.snapshot import Column, LineSnapshot, Reading, StringReadings

START: Final = 1_790_000_000.0
STALE_S: Final = 60.0
STRINGS_PER_MANAGER: Final = 16
NOMINAL_V: Final = 2.0
CAPACITY_AH: Final = 500.0


def a_site(string_count: int, cells: int) -> Site:
    """Make a site of equal strings; the devices of every second one tell no charge."""
    strings = [_string(place, cells) for place in range(string_count)]
    managers: dict[str, list[String]] = {}
    for string in strings:
        managers.setdefault(string.manager_id, []).append(string)
    return Site(
        "Benchmark",
        tuple(Manager(name, name, "engine", tuple(its)) for name, its in managers.items()),
    )


def _string(place: int, cells: int) -> String:
    return String(
        manager_id=f"m{place // STRINGS_PER_MANAGER + 1}",
        number=place % STRINGS_PER_MANAGER + 1,
        name=f"String {place + 1}",
        chemistry=Chemistry.VRLA,
        cell_count=cells,
        cell_voltage_v=NOMINAL_V,
        float_voltage_v=chemistries.float_voltage_v(Chemistry.VRLA, NOMINAL_V),
        capacity_ah=CAPACITY_AH,
        module_type="C44",
        equalized_by=EqualizedBy.ENGINE,
        limits=chemistries.limits(Chemistry.VRLA, NOMINAL_V),
        stale_after_s=dict.fromkeys(Quantity, STALE_S),
        absent=(Quantity.CHARGE,) if place % 2 else (),
    )


def living_plant(site: Site, *, with_probe: bool = True) -> Plant:
    """Build the plant with noise on every reading, and with oddities in its first strings.

    The first string has a cell that runs away, one that floats far too low, one that is silent and
    one without its temperature; the second is on its battery.
    """
    plant = Plant(site.strings, PlantOptions(seed=11))
    first, second = site.strings[0], site.strings[1]
    if with_probe:
        plant.sense_current(None, CurrentSensing.FLOAT_PROBE)
    plant.run_away_inside(plant.row(first.key, 1), 2.5)
    plant.defects.warm_place(plant.row(first.key, 1), 22.0)
    plant.state.temperature_c[plant.row(first.key, 1)] += 22.0
    plant.defects.shift_float(plant.row(first.key, 2), -0.12)
    plant.state.polarisation_v[plant.row(first.key, 2)] -= 0.12
    plant.sensors.voltage.lose(plant.row(first.key, 3))
    plant.sensors.temperature.lose(plant.row(first.key, 4))
    plant.set_charger(second.key, on=False)
    plant.set_load_current(second.key, 40.0)
    return plant


def delivered(frame: Frame) -> dict[str, StringReadings]:
    """Return a frame as the lines would have delivered it, string by string."""
    told = {}
    for place, (key, cells) in enumerate(frame.rows.slices.items()):
        told[key] = StringReadings(
            columns={
                quantity: Column(column.values[cells], column.read_at[cells])
                for quantity, column in frame.columns.items()
            },
            module_status=frame.module_status[cells],
            current_a=_reading(frame.current_a[place], frame.now),
            current_error_a=float(frame.current_error_a[place]),
            ac_current_a=_reading(frame.ac_current_a[place], frame.now),
            room_temperature_c=_reading(frame.room_c[place], frame.now),
        )
    return told


def _reading(value: float, read_at: float) -> Reading | None:
    return None if np.isnan(value) else Reading(float(value), read_at)


@dataclass(frozen=True, slots=True)
class Concluded:
    """What one tick of the rooms concluded."""

    estimates: Estimates
    plan: Plan
    verdict: Verdict
    book: AlarmBook


class Rooms:
    """Estimation, equalization, protection and alarms with what they remember, as the engine does.

    `breakers` are the strings that have one.
    """

    def __init__(self, site: Site, rows: Rows, breakers: Sequence[str]) -> None:
        self._site, self._rows = site, rows
        self._orders: Orders = equalization.orders_of(rows)
        self._estimation = estimation.initial(rows)
        self._equalization = equalization.initial(rows)
        self._protection = protection.initial(rows)
        self._trips: dict[str, Trip] = {
            key: replace(trips.armed(START), contact_open=False) for key in breakers
        }
        self._book = AlarmBook()
        self._testing = np.zeros(rows.string_count, np.bool_)
        self._lines: dict[str, LineSnapshot] = {}

    def estimate(self, frame: Frame) -> Estimates:
        """Do the part of estimation."""
        estimates, self._estimation = estimation.estimate(frame, self._estimation)
        return estimates

    def equalize(self, frame: Frame, estimates: Estimates) -> Plan:
        """Do the part of equalization."""
        plan = equalization.plan(frame, estimates, self._equalization, self._orders)
        self._equalization = plan.memory
        return plan

    def protect(self, frame: Frame, estimates: Estimates) -> Verdict:
        """Do the part of protection, breakers included."""
        verdict = protection.judge(frame, estimates, self._protection)
        self._protection = verdict.memory
        demands = demands_of(self._rows, verdict, self._trips)
        for key, trip in self._trips.items():
            self._trips[key] = trips.follow(trip, demands[key], trip.ordered, frame.now)
        return verdict

    def alarm(self, frame: Frame, estimates: Estimates, plan: Plan, verdict: Verdict) -> AlarmBook:
        """Do the part of the alarms."""
        inputs = Inputs(
            frame=frame,
            estimates=estimates,
            plan=plan,
            verdict=verdict,
            testing=self._testing,
            managers={},
            lines=self._lines,
            line_of={},
            trips=self._trips,
        )
        self._book = evaluate(self._site, inputs, self._book, frame.now)
        return self._book

    def tick(self, frame: Frame) -> Concluded:
        """Do everything."""
        estimates = self.estimate(frame)
        plan = self.equalize(frame, estimates)
        verdict = self.protect(frame, estimates)
        return Concluded(estimates, plan, verdict, self.alarm(frame, estimates, plan, verdict))


def alarm_states(book: AlarmBook) -> dict[tuple[str, str, int], str]:
    """Return the alarms by rule, string key and cell (from 1; 0: the string itself)."""
    return {
        (alarm.rule.name, alarm.place.string_key, alarm.place.cell or 0): alarm.state.value
        for alarm in book.raised
        if alarm.place.string_key is not None
    }
