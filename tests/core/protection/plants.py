"""Seeded plants that run away, or do not, with sensors that are wrong, stuck, drifting or missing.

Each plant is one string of its own room. All are one batch. What is critical is so at the mean
temperature of the plant's own room and at its own heat loss: `P = G Td / (e ln 2)`.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from bacs_core import estimation, protection
from bacs_core.model import RunawayStage, TripState
from bacs_core.protection import Trip
from bacs_core.protection.trips import armed, demands_of, follow
from bacs_core.simulator.building import PlantOptions
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.sensors import CurrentSensing
from bacs_core.snapshot import Floats
from tests.core.protection import build

DAY_S = 86400.0
HOUR_S = 3600.0
DOUBLING_K = 8.0
LIMIT_C = 60.0


class Fault(StrEnum):
    """What is wrong with the temperature sensor of the failing cell."""

    NONE = "none"
    STUCK = "stuck"
    DRIFTING = "drifting"
    MISSING = "missing"


@dataclass
class Case:
    """One plant as drawn."""

    cells: int
    room_c: float
    swing_k: float
    times_critical: float
    inside: bool
    failing: int
    loss_factor: float
    onset_day: float
    fault: Fault
    current: CurrentSensing
    room_sensor: bool

    @property
    def read(self) -> bool:
        """Is the failing cell's temperature or a usable current truly read?

        All cells of a string that runs away fail; one cell that does so by itself does not show in
        the string current.
        """
        by_current = self.current is CurrentSensing.FLOAT_PROBE and not self.inside
        others = not self.inside and self.cells > 1
        return self.fault is Fault.NONE or by_current or others


@dataclass
class Outcome:
    """When what happened, in seconds of plant time; NaN never."""

    case: Case
    pre_s: float = np.nan
    alarm_s: float = np.nan
    tripped_s: float = np.nan
    tripped_c: float = np.nan
    sixty_s: float = np.nan
    false_pre: int = 0
    false_alarms: int = 0
    false_trips: int = 0
    flags: set[str] = field(default_factory=set)


def draw(seed: int, days: float, *, healthy: bool = False) -> Case:
    """Draw one plant."""
    random = np.random.default_rng([4, seed])
    swing_k = float(random.uniform(0, 5))
    faults = [Fault.NONE] * 5 + [Fault.STUCK, Fault.DRIFTING, Fault.MISSING]
    cells = int(random.choice([1, 4, 6, 10]))
    inside = cells > 1 and bool(random.random() < 0.5)
    case = Case(
        cells=cells,
        room_c=float(random.uniform(20 + swing_k, 40 - swing_k)),
        swing_k=swing_k,
        times_critical=float(random.uniform(1.05, 3.0)),
        inside=inside,
        failing=int(random.integers(cells)),
        loss_factor=float(random.uniform(0.33, 1.0)),
        # Some on the first day, when nothing is learned; in groups, so that most days are calm.
        onset_day=float(days * random.choice([0.005, 0.2, 0.4, 0.6]) + random.uniform(0, 0.1)),
        fault=faults[int(random.integers(len(faults)))],
        current=[*CurrentSensing][int(random.integers(3))],
        room_sensor=bool(random.random() < 0.7),
    )
    if healthy:
        case.times_critical = 0.0
        case.fault = Fault.NONE
    return case


class Batch:
    """All plants at once, watched by estimation and protection, with breakers that read back."""

    def __init__(self, cases: list[Case], step_s: float, calm_step_s: float, seed: int) -> None:
        self.cases = cases
        self.step_s, self.calm_step_s = step_s, calm_step_s
        strings = [build.string(n + 1, case.cells, stale_s=900.0) for n, case in enumerate(cases)]
        self.plant = Plant(strings, PlantOptions(seed=seed, max_step_s=calm_step_s))
        rows = self.plant.rows
        random = np.random.default_rng([5, seed])
        sign = random.choice([-1.0, 1.0], rows.cell_count)
        self.plant.sensors.temperature.offset[:] = sign * random.uniform(1, 4, rows.cell_count)
        self.phase = random.uniform(0, 2 * np.pi, rows.string_count)
        for place, (string, case) in enumerate(zip(strings, cases, strict=True)):
            self.plant.sense_current(string.key, case.current)
            self.plant.defects.loss_factor[rows.slices[string.key]] = case.loss_factor
            if not case.room_sensor:
                self.plant.sensors.room.lose(place)
        self.plant.defects.changed = True
        self.plant.state = replace(
            self.plant.state,
            temperature_c=rows.spread(np.array([case.room_c for case in cases])) + 0.5,
        )
        self.room_c = np.array([case.room_c for case in cases])
        self.swing_k = np.array([case.swing_k for case in cases])
        self.failed = [False] * len(cases)
        self.known = estimation.initial(rows)
        self.watched = protection.initial(rows)
        self.of_estimation = estimation.Tuning(longest_step_s=2 * calm_step_s)
        self.tuning = protection.Tuning(longest_step_s=2 * calm_step_s)
        self.trips = {string.key: armed(build.START) for string in strings}
        self.contacts = dict.fromkeys(self.trips, False)
        self.ordered = np.zeros(len(cases), np.bool_)
        self.tripping = np.zeros(len(cases), np.bool_)
        self.outcomes = [Outcome(case) for case in cases]
        self.onsets = {n: case.onset_day * DAY_S for n, case in enumerate(cases)}
        self.runs = np.zeros(len(cases), np.bool_)
        self.begun = np.zeros(len(cases), np.bool_)
        self.sixty = np.zeros(len(cases), np.bool_)
        self.stage = np.zeros(len(cases), np.uint8)
        self.flags = {
            name: np.zeros(len(cases), np.bool_) for name in ("temperature", "room", "current")
        }

    def run(self, days: float) -> list[Outcome]:
        """Let days pass."""
        while self.plant.time_s < days * DAY_S:
            self.step(self.step_s if self.is_close() else self.calm_step_s)
        for name, flagged in self.flags.items():
            for place in np.flatnonzero(flagged).tolist():
                self.outcomes[place].flags.add(name)
        return self.outcomes

    def is_close(self) -> bool:
        """Does a plant run away now, or soon?"""
        now = self.plant.time_s
        return any(
            out.case.times_critical > 0
            and out.case.onset_day * DAY_S - self.calm_step_s <= now
            and now <= out.case.onset_day * DAY_S + 6 * HOUR_S
            and np.isnan(out.sixty_s)
            for out in self.outcomes
        )

    def step(self, dt_s: float) -> None:
        plant = self.plant
        angle = 2 * np.pi * plant.time_s / DAY_S + self.phase
        plant.room_c = self.room_c + self.swing_k * np.sin(angle)
        for place in [n for n, at in self.onsets.items() if plant.time_s >= at]:
            del self.onsets[place]
            if self.cases[place].times_critical:
                self.begin(place)
                self.runs[place] = self.begun[place] = True
        self.fail_power()
        plant.advance(dt_s)
        frame = plant.frame(build.START)
        estimates, self.known = estimation.estimate(frame, self.known, self.of_estimation)
        verdict = protection.judge(frame, estimates, self.watched, self.tuning)
        self.watched = verdict.memory
        self.watch(verdict)

    def fail_power(self) -> None:
        """Let healthy plants carry their load for two hours every two weeks, each at its time."""
        plant = self.plant
        for place, case in enumerate(self.cases):
            if case.times_critical > 0:
                continue
            into_s = (plant.time_s - case.onset_day * DAY_S) % (14 * DAY_S)
            fails = plant.time_s > DAY_S and into_s < 2 * HOUR_S
            if fails is not self.failed[place]:
                self.failed[place] = fails
                key = plant.rows.strings[place].key
                # Some chargers boost after a discharge. 14.4 V in a hot or tight place is beyond
                # what a block can lose as heat: nobody who is healthy is charged like that.
                boosts = place % 2 and case.room_c < 28 and case.loss_factor > 0.6
                boost_v = 14.4 * case.cells if boosts else None
                plant.set_charger(
                    key,
                    on=not fails,
                    compensated=True,
                    boost_voltage_v=boost_v,
                    boost_s=4 * HOUR_S,
                )
                plant.set_load_current(key, 20.0 if fails else 0.0)

    def begin(self, place: int) -> None:
        """Let a plant run away, and its sensor fail."""
        case, plant = self.cases[place], self.plant
        key = plant.rows.strings[place].key
        times = case.times_critical * case.loss_factor
        times *= 2 ** ((25.0 - case.room_c) / DOUBLING_K)
        row = plant.row(key, case.failing)
        if case.inside:
            plant.run_away_inside(np.array([row]), times)
        else:
            plant.run_away(key, times)
        sensor = plant.sensors.temperature
        if case.fault is Fault.STUCK:
            sensor.stick(row, float(plant.state.temperature_c[row]))
        elif case.fault is Fault.DRIFTING:
            sensor.drift(row, -20.0, plant.time_s)
        elif case.fault is Fault.MISSING:
            sensor.lose(row)

    def watch(self, verdict: protection.Verdict) -> None:
        """Follow the breakers and note what happened first."""
        plant = self.plant
        now, rows = plant.time_s, plant.rows
        self.flags["temperature"] |= rows.any(verdict.temperature_missing)
        self.flags["room"] |= verdict.room_missing
        self.flags["current"] |= verdict.current_missing
        stage = verdict.string_stage
        hottest = np.maximum.reduceat(plant.state.temperature_c, rows.first_cell)
        for place in np.flatnonzero((hottest >= LIMIT_C) & ~self.sixty).tolist():
            self.sixty[place] = True
            self.outcomes[place].sixty_s = now
        wanted = np.logical_or.reduce([rows.any(flags) for flags in verdict.cause.values()])
        changed = stage != self.stage
        # A stage that was up before counts from the moment at which the plant began to run away.
        for place in np.flatnonzero(changed | self.begun).tolist():
            self.note(self.outcomes[place], int(self.stage[place]), int(stage[place]), now, place)
        self.begun[:] = False
        # What nobody asks anything of, and what is open already, stays as it is.
        followed = np.flatnonzero(changed | self.tripping | (wanted & ~self.ordered))
        if len(followed):
            self.follow(verdict, followed.tolist(), hottest)
        self.stage = stage

    def note(self, out: Outcome, before: int, stage: int, now: float, place: int) -> None:
        if not self.runs[place]:
            out.false_pre += before < RunawayStage.PRE_ALERT <= stage
            out.false_alarms += before < RunawayStage.ALARM <= stage
            return
        if stage >= RunawayStage.PRE_ALERT and np.isnan(out.pre_s):
            out.pre_s = now
        if stage >= RunawayStage.ALARM and np.isnan(out.alarm_s):
            out.alarm_s = now

    def follow(self, verdict: protection.Verdict, places: list[int], hottest_c: Floats) -> None:
        plant, now = self.plant, self.plant.time_s
        keys = {place: plant.rows.strings[place].key for place in places}
        demands = demands_of(plant.rows, verdict, keys.values())
        for place, key in keys.items():
            out, was = self.outcomes[place], self.trips[key]
            trip: Trip = follow(was, demands[key], self.contacts[key], build.START + now)
            self.trips[key] = trip
            if trip.ordered and not was.ordered and not self.runs[place]:
                out.false_trips += 1
            if trip.state is TripState.TRIPPED and was.state is not TripState.TRIPPED:
                out.tripped_s, out.tripped_c = now, float(hottest_c[place])
            # The contact tells it; the plant stays on its charger, to see when it would have 60 °C.
            self.contacts[key] = trip.ordered
            self.ordered[place] = trip.ordered
            self.tripping[place] = trip.state is TripState.TRIPPING


def lead_h(out: Outcome) -> float:
    """How long before 60 °C the pre-alert came, in hours."""
    return (out.sixty_s - out.pre_s) / HOUR_S


def told(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    """The outcomes as plain figures, times in hours since the onset."""
    rows = []
    for out in outcomes:
        case, onset = out.case, out.case.onset_day * DAY_S
        rows.append(
            {
                "cells": case.cells,
                "room": round(case.room_c, 1),
                "swing": round(case.swing_k, 1),
                "times": round(case.times_critical, 2),
                "inside": case.inside,
                "loss": round(case.loss_factor, 2),
                "fault": case.fault.value,
                "current": case.current.value,
                "room_sensor": case.room_sensor,
                "read": case.read,
                "pre_h": round((out.pre_s - onset) / HOUR_S, 2),
                "alarm_h": round((out.alarm_s - onset) / HOUR_S, 2),
                "tripped_h": round((out.tripped_s - onset) / HOUR_S, 2),
                "tripped_c": round(out.tripped_c, 1),
                "sixty_h": round((out.sixty_s - onset) / HOUR_S, 2),
                "false": [int(out.false_pre), int(out.false_alarms), out.false_trips],
                "flags": sorted(out.flags),
            }
        )
    return rows


def plain(figures: Any) -> Any:
    """What JSON can carry: what never happened is `None`."""
    if isinstance(figures, dict):
        return {name: plain(value) for name, value in figures.items()}
    if isinstance(figures, list):
        return [plain(value) for value in figures]
    return None if isinstance(figures, float) and np.isnan(figures) else figures


def leave(name: str, figures: dict[str, Any]) -> None:
    """Print figures, and leave them as JSON where figures are collected."""
    figures = plain(figures)
    print(json.dumps({name: figures}, indent=2))
    if folder := os.environ.get("BACS_FIGURES"):
        path = Path(folder) / f"{name}.json"
        path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
