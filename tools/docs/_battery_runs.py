"""The simulated plants behind the plots of docs/battery.md, each with the battery rooms at work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bacs_core import chemistries, equalization, estimation, findings, protection
from bacs_core.equalization import Plan
from bacs_core.estimation import Estimates
from bacs_core.findings import Finding
from bacs_core.findings.ranking import THRESHOLD
from bacs_core.frame import Frame
from bacs_core.history.discharges import capacities, folding
from bacs_core.history.discharges.capacities import Start
from bacs_core.history.discharges.describing import battery_of
from bacs_core.history.discharges.samples import Samples
from bacs_core.model import Basis, Chemistry, EqualizedBy, Quantity, RunawayStage, String
from bacs_core.protection import Verdict
from bacs_core.simulator.building import PlantOptions, SpreadShape
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.sensors import CurrentSensing
from bacs_core.snapshot import Floats

__all__ = ["THRESHOLD", "collapsing", "converging", "discharging", "ranked", "running_away"]

START: Final = 1_790_000_000.0
TICK_S: Final = 60.0
HOUR_S: Final = 3600.0
SHOWN_EVERY_S: Final = 600.0
CELLS: Final = 24
CAPACITY_AH: Final = 500.0
STRING: Final = String(
    manager_id="room",
    number=1,
    name="String 1",
    chemistry=Chemistry.VRLA,
    cell_count=CELLS,
    cell_voltage_v=2.0,
    float_voltage_v=chemistries.float_voltage_v(Chemistry.VRLA, 2.0),
    capacity_ah=CAPACITY_AH,
    module_type="C44",
    equalized_by=EqualizedBy.ENGINE,
    limits=chemistries.limits(Chemistry.VRLA, 2.0),
    stale_after_s=dict.fromkeys(Quantity, 2 * TICK_S),
    absent=(Quantity.CHARGE,),
)


@dataclass(frozen=True, slots=True)
class Moment:
    """One tick: what was read, and what each room concluded."""

    hours: float
    frame: Frame
    estimates: Estimates
    plan: Plan
    verdict: Verdict


def lived(plant: Plant, hours: float) -> Iterator[Moment]:
    """Let a plant live with the rooms at work on it; whoever looks on may act on it between."""
    rows = plant.rows
    orders = equalization.orders_of(rows)
    known, memory = estimation.initial(rows), equalization.initial(rows)
    watched = protection.initial(rows)
    estimating = estimation.Tuning(longest_step_s=TICK_S)
    equalizing = equalization.Tuning(longest_step_s=TICK_S)
    protecting = protection.Tuning(longest_step_s=TICK_S)
    for tick in range(round(hours * HOUR_S / TICK_S)):
        frame = plant.frame(START)
        estimates, known = estimation.estimate(frame, known, estimating)
        plan = equalization.plan(frame, estimates, memory, orders, equalizing)
        memory = plan.memory
        verdict = protection.judge(frame, estimates, watched, protecting)
        watched = verdict.memory
        yield Moment(tick * TICK_S / HOUR_S, frame, estimates, plan, verdict)
        plant.order_duty(plan.duty_percent)
        plant.advance(TICK_S)


def _shown(moment: Moment, every_s: float = SHOWN_EVERY_S) -> bool:
    return round(moment.hours * HOUR_S) % every_s == 0


@dataclass(frozen=True, slots=True)
class Converging:
    """Per shown moment; errors and duties per cell."""

    hours: Floats
    error_v: Floats
    duty_percent: Floats
    limit_percent: Floats


def converging() -> Converging:
    """Equalize 24 cells that float up to 50 mV apart from their mean."""
    options = PlantOptions(
        seed=7, spread_v=0.05, spread_shape=SpreadShape.LINEAR, surroundings_spread_k=0.0
    )
    plant = Plant([STRING], options)
    shown = [moment for moment in lived(plant, 36.0) if _shown(moment, HOUR_S)]
    errors = [
        moment.frame.columns[Quantity.VOLTAGE].values - moment.frame.target_v[0] for moment in shown
    ]
    return Converging(
        hours=np.array([moment.hours for moment in shown]),
        error_v=np.array(errors),
        duty_percent=np.array([moment.plan.duty_percent for moment in shown]),
        limit_percent=np.array([moment.plan.limit_percent[0] for moment in shown]),
    )


@dataclass(frozen=True, slots=True)
class Discharging:
    """Per shown moment."""

    hours: Floats
    percent: Floats
    uncertainty: Floats
    true_percent: Floats
    mean_v: Floats
    weakest_v: Floats
    end_v: float


DISCHARGE_FROM_H: Final = 4.0
DISCHARGE_A: Final = 90.0
WEAKEST: Final = 9


def discharging() -> Discharging:
    """Discharge a string with a weak cell until that one is empty, and charge it again.

    The current sensor is a clamp with a stated error of 5 A and an offset of its own.
    """
    plant = Plant([STRING], PlantOptions(seed=5, spread_v=0.01))
    plant.sense_current(None, CurrentSensing.COARSE)
    plant.defects.weaken(WEAKEST, 0.9)
    end_v = chemistries.end_voltage_v(STRING)
    told: list[tuple[float, ...]] = []
    recharges = False
    for moment in lived(plant, 26.0):
        truth = plant.truth_rows()
        recharges |= bool(truth.voltage_v[WEAKEST] <= end_v)
        runs_down = moment.hours >= DISCHARGE_FROM_H and not recharges
        plant.set_charger(None, on=not runs_down)
        plant.set_load_current(None, DISCHARGE_A if runs_down else 0.0)
        if not _shown(moment):
            continue
        left_ah = truth.charge_percent * truth.capacity_ah
        charge = moment.estimates.string_charge
        told.append(
            (
                moment.hours,
                float(charge.value[0]),
                float(charge.uncertainty[0]),
                float(left_ah.min() / truth.capacity_ah.min()),
                float(moment.frame.target_v[0]),
                float(moment.frame.columns[Quantity.VOLTAGE].values[WEAKEST]),
            )
        )
    hours, percent, uncertainty, true_percent, mean_v, weakest_v = np.array(told).T
    return Discharging(
        hours=hours,
        percent=percent,
        uncertainty=uncertainty,
        true_percent=true_percent,
        mean_v=mean_v,
        weakest_v=weakest_v,
        end_v=end_v,
    )


@dataclass(frozen=True, slots=True)
class Collapsing:
    """Per moment and cell, and per cell at the end; `collapsed_h` are hours, NaN without one."""

    hours: Floats
    voltage_v: Floats
    lowest_v: Floats
    end_v: float
    collapsed_h: Floats
    capacity: tuple[str, ...]


COLLAPSING_CELLS: Final = 16
COLLAPSING_H: Final = 3.6
COLLAPSING_EVERY_S: Final = 30.0
COLLAPSING_WEAK: Final = 5


def collapsing() -> Collapsing:
    """Discharge a full string with a cell of 70 %, and analyse it as the engine does."""
    string = replace(STRING, cell_count=COLLAPSING_CELLS, capacity_ah=100.0)
    plant = Plant([string], PlantOptions(seed=11, spread_v=0.01))
    plant.defects.weaken(COLLAPSING_WEAK, 0.7)
    plant.advance(HOUR_S)
    plant.set_charger(None, on=False)
    plant.set_load_current(None, 20.0)
    began = round((START + plant.time_s) * 1000)
    told: list[tuple[int, Frame]] = []
    for _ in range(round(COLLAPSING_H * HOUR_S / COLLAPSING_EVERY_S)):
        plant.advance(COLLAPSING_EVERY_S)
        told.append((round((START + plant.time_s) * 1000), plant.frame(START)))
    voltage_v = np.array([frame.columns[Quantity.VOLTAGE].values for _, frame in told])
    samples = Samples(
        at=np.array([at for at, _ in told]),
        voltage_v=voltage_v,
        temperature_c=np.array([frame.columns[Quantity.TEMPERATURE].values for _, frame in told]),
        sum_v=voltage_v.sum(axis=1),
        current_a=np.array([float(frame.current_a[0]) for _, frame in told]),
    )
    fold = folding.added(folding.begun(battery_of(string), began), samples)
    count = string.cell_count
    full = Start(np.full(count, 100.0), np.ones(count), np.full(count, np.nan), 0.5)
    known = capacities.measured(fold, full, fold.cells.ended.ah, fold.cells.ended.at)
    known = capacities.chosen(known, capacities.bounds(fold, full))
    return Collapsing(
        hours=(samples.at - began) / (1000 * HOUR_S),
        voltage_v=voltage_v,
        lowest_v=fold.cells.lowest_v,
        end_v=fold.battery.end_voltage_v,
        collapsed_h=(fold.cells.ended.at - began) / (1000 * HOUR_S),
        capacity=tuple(
            f"{'' if basis == Basis.DISCHARGE else '≥ '}{percent:.0f} %"
            for percent, basis in zip(known.percent, known.basis, strict=True)
        ),
    )


@dataclass(frozen=True, slots=True)
class RunningAway:
    """Per shown moment; `stage_at_h` are the hours of pre-alert, alarm and trip."""

    hours: Floats
    opened_c: Floats
    unopened_c: Floats
    rise_k: Floats
    spread_k: Floats
    stage_at_h: tuple[float, ...]


SETTLED_H: Final = 24.0
RUNAWAY_H: Final = 14.0
TIMES_CRITICAL: Final = 1.5
ROOM_C: Final = 25.0


def running_away() -> RunningAway:
    """Let the cells of a settled string take more float current than is stable.

    Two such strings live side by side; the breaker of the first is opened by the trip. Their clamps
    err by 5 A, so that only temperatures tell.
    """
    strings = [STRING, replace(STRING, number=2)]
    plant = Plant(strings, PlantOptions(seed=4, room_temperature_c=ROOM_C))
    plant.sense_current(None, CurrentSensing.COARSE)
    told: list[tuple[float, ...]] = []
    reached: dict[int, float] = {}
    for moment in lived(plant, SETTLED_H + RUNAWAY_H):
        hours, verdict = moment.hours - SETTLED_H, moment.verdict
        if hours == 0:
            plant.run_away(None, TIMES_CRITICAL)
        stage = int(verdict.string_stage[0])
        for passed in range(RunawayStage.PRE_ALERT, stage + 1):
            reached.setdefault(passed, hours)
        if stage == RunawayStage.TRIP:
            plant.open_breaker(STRING.key)
        if hours < 0 or not _shown(moment):
            continue
        told.append(
            (
                hours,
                float(verdict.hottest_c[0]),
                float(verdict.hottest_c[1]),
                float(np.nanmax(verdict.rise_k[:CELLS])),
                float(np.nanmax(verdict.spread_k[:CELLS])),
            )
        )
    hours_shown, opened_c, unopened_c, rise_k, spread_k = np.array(told).T
    return RunningAway(
        hours=hours_shown,
        opened_c=opened_c,
        unopened_c=unopened_c,
        rise_k=rise_k,
        spread_k=spread_k,
        stage_at_h=tuple(reached[stage] for stage in sorted(reached)),
    )


RANKED_H: Final = 72.0
WORSE_FROM_H: Final = 50.0


def ranked() -> tuple[Finding, ...]:
    """Rank a string in which one cell is warm, one floats high and the Ri of a third grows."""
    plant = Plant([STRING], PlantOptions(seed=3, spread_v=0.01))
    plant.defects.warm_place(4, 5.0)
    plant.defects.shift_float(17, 0.08)
    trends = findings.initial(plant.rows)
    found: tuple[Finding, ...] = ()
    for moment in lived(plant, RANKED_H):
        if moment.hours == WORSE_FROM_H:
            plant.defects.raise_resistance(20, 1.3)
        if _shown(moment):
            frame, estimates, plan = moment.frame, moment.estimates, moment.plan
            apart = findings.differences(frame, estimates, plan)
            found = findings.rank(frame, estimates, apart, trends)
            trends = findings.follow(trends, apart, frame.now)
    return found
