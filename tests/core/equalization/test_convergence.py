"""Equalization against the simulated plant, in process: hours of plant time, the true currents.

The polarisation capacitance of real cells is known to a factor of five at best, and so are float
current and spread: what holds for one set of figures must hold for its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from bacs_core import equalization
from bacs_core.model import Inhibit, Quantity, String
from bacs_core.simulator.building import PlantOptions, SpreadShape
from bacs_core.simulator.plant import Plant, SimulatedString
from bacs_core.simulator.sensors import Tolerances
from bacs_core.snapshot import Column, Flags, Floats, StringReadings
from tests.core.equalization.build import NAN, a_string

TICK_S = 20.0
HOUR_S = 3600.0
GOAL_V = 0.010
LOSS_SHARE = 0.001
#: A clamp on the string cable with ±0.5 A cannot see 0.2 A of float current; a float probe can.
CLAMP_A = 0.5
PROBE_A = 0.005

CELL = a_string(24)
BLOCK = a_string(40, cell_voltage_v=12.0, capacity_ah=100.0, module_type="C24")

Disturb = Callable[[float, SimulatedString], None]
Falsify = Callable[[StringReadings], StringReadings]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A string, how far apart its cells float, and what its cells and sensors are like."""

    name: str
    string: String = CELL
    spread_v: float = 0.05
    shape: SpreadShape = SpreadShape.LINEAR
    capacitance_f_per_ah: float = 100.0
    current_error_a: float = CLAMP_A
    noise_v: float = 0.001
    room_c: float = 25.0
    hours: float = 24.0
    disturb: Disturb | None = None
    falsify: Falsify | None = None


@dataclass
class Course:
    """What happened, judged on what really was in the cells."""

    deviation_v: list[float] = field(default_factory=list)
    least_current_a: float = np.inf
    lost_ah: float = 0.0
    inhibited: list[bool] = field(default_factory=list)
    duty_percent: Floats = field(default_factory=lambda: np.zeros(0))
    exhausted: Flags = field(default_factory=lambda: np.zeros(0, np.bool_))

    def settled_after_h(self) -> float:
        """Hours until all cells were within the goal for good."""
        outside = [tick for tick, worst_v in enumerate(self.deviation_v) if worst_v > GOAL_V]
        return (outside[-1] + 1) * TICK_S / HOUR_S if outside else 0.0


def run(case: Case) -> Course:
    """Let the plant and its equalization run; what flows out of a discharge is not counted."""
    string = case.string
    error_a = case.current_error_a
    tolerances = Tolerances(
        voltage_gain=0.0,
        voltage_noise_v=case.noise_v,
        current_error_a=error_a,
        current_noise_a=error_a / 10,
    )
    options = PlantOptions(
        seed=7,
        spread_v=case.spread_v,
        spread_shape=case.shape,
        tolerances=tolerances,
        room_temperature_c=case.room_c,
    )
    plant = Plant([string], options)
    simulated = plant.strings[string.key]
    table = replace(simulated.cells.table, polarisation_f_per_ah=case.capacitance_f_per_ah)
    simulated.cells = replace(simulated.cells, table=table)
    memory = equalization.initial(string)
    course = Course()
    through_ah = plant.truth(string.key).through_ah
    net_ah = highest_ah = np.zeros(string.cell_count)
    for _ in range(int(case.hours * HOUR_S / TICK_S)):
        now = plant.time_s
        if case.disturb is not None:
            case.disturb(now, simulated)
        read = plant.readings()[string.key]
        if case.falsify is not None:
            read = case.falsify(read)
        plan = equalization.plan(string, read, memory, now, paused=False)
        memory = plan.memory
        plant.set_duty(string.key, plan.duty_percent)
        plant.advance(TICK_S)
        truth = plant.truth(string.key)
        if simulated.load_a == 0:
            course.least_current_a = min(course.least_current_a, truth.cell_current_a.min())
            net_ah = net_ah + truth.through_ah - through_ah
            highest_ah = np.maximum(highest_ah, net_ah)
            course.lost_ah = max(course.lost_ah, float((highest_ah - net_ah).max()))
        through_ah = truth.through_ah
        course.deviation_v.append(float(np.abs(truth.voltage_v - truth.voltage_v.mean()).max()))
        course.inhibited.append(Inhibit.DISCHARGE in plan.summary.inhibited_by)
    course.duty_percent, course.exhausted = plan.duty_percent, plan.exhausted
    return course


def named(*cases: Case) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


REQUIRED = (
    Case(name="100 F per Ah"),
    Case(name="300 F per Ah", capacitance_f_per_ah=300.0),
)
GRID = (
    Case(name="300 F per Ah and a noise of 1.5 mV", capacitance_f_per_ah=300.0, noise_v=0.0015),
    Case(name="a cool room", room_c=18.0),
    Case(name="random spread", shape=SpreadShape.RANDOM, capacitance_f_per_ah=200.0),
    Case(name="no noise", noise_v=0.0, capacitance_f_per_ah=200.0),
    Case(name="2 V 1000 Ah", string=a_string(24, capacity_ah=1000.0), spread_v=0.02),
    Case(name="12 V 100 Ah", string=BLOCK, spread_v=0.2, hours=72),
    Case(
        name="12 V 100 Ah, 300 F per Ah",
        string=BLOCK,
        spread_v=0.2,
        capacitance_f_per_ah=300.0,
        hours=72,
    ),
    Case(
        name="12 V 40 Ah, 300 F per Ah",
        string=replace(BLOCK, capacity_ah=40.0),
        spread_v=0.2,
        capacitance_f_per_ah=300.0,
        hours=72,
    ),
)
PROBED = tuple(
    replace(case, name=f"{case.name}, probe", current_error_a=PROBE_A)
    for case in (*REQUIRED, *GRID)
)


def assert_equalized_without_loss(case: Case) -> None:
    course = run(case)
    assert course.settled_after_h() < case.hours
    assert course.lost_ah <= LOSS_SHARE * case.string.capacity_ah
    assert not any(course.inhibited)
    assert course.duty_percent.max() <= 50


@named(*REQUIRED)
def test_a_linear_spread_of_50_mv_is_within_10_mv_after_a_day(case: Case) -> None:
    assert_equalized_without_loss(case)


def test_with_a_float_probe_no_cell_is_ever_discharged() -> None:
    course = run(replace(PROBED[0], hours=12))
    assert course.settled_after_h() < 10
    assert course.least_current_a > 0


@pytest.mark.soak
@named(*GRID)
def test_other_strings_converge_as_well(case: Case) -> None:
    assert_equalized_without_loss(case)


@pytest.mark.soak
@named(*PROBED)
def test_no_string_with_a_float_probe_is_ever_discharged(case: Case) -> None:
    course = run(case)
    assert course.settled_after_h() < case.hours
    assert course.least_current_a > 0


@pytest.mark.soak
def test_500_f_per_ah_takes_little_more_than_a_day_and_costs_no_charge() -> None:
    course = run(Case(name="500 F per Ah", capacitance_f_per_ah=500.0, hours=36))
    assert course.settled_after_h() < 30
    assert course.lost_ah <= LOSS_SHARE * CELL.capacity_ah


@pytest.mark.soak
def test_a_spread_beyond_the_authority_is_reported_and_costs_no_charge() -> None:
    course = run(Case(name="±100 mV", spread_v=0.1, hours=36))
    assert course.exhausted.any()
    assert course.exhausted[-1]
    assert not course.exhausted[:12].any()
    assert course.lost_ah <= LOSS_SHARE * CELL.capacity_ah


def falsified(cell: int, voltage_v: float) -> Falsify:
    def falsify(read: StringReadings) -> StringReadings:
        column = read.columns[Quantity.VOLTAGE]
        values, read_at = column.values.copy(), column.read_at.copy()
        values[cell] = voltage_v
        read_at[cell] = np.nan if np.isnan(voltage_v) else read_at[cell]
        columns = {**read.columns, Quantity.VOLTAGE: Column(values, read_at)}
        return replace(read, columns=columns)

    return falsify


@pytest.mark.soak
@pytest.mark.parametrize("voltage_v", [NAN, 2.60, 2.35], ids=["dead", "gross lie", "small lie"])
def test_a_dead_or_lying_module_costs_no_cell_its_charge(voltage_v: float) -> None:
    course = run(Case(name="bad module", falsify=falsified(20, voltage_v)))
    assert course.lost_ah <= LOSS_SHARE * CELL.capacity_ah


def charger_off(from_h: float, to_h: float) -> Disturb:
    def disturb(now: float, simulated: SimulatedString) -> None:
        works = not from_h * HOUR_S <= now < to_h * HOUR_S
        simulated.charger = replace(simulated.charger, on=works)

    return disturb


def power_failure(from_h: float, to_h: float) -> Disturb:
    def disturb(now: float, simulated: SimulatedString) -> None:
        fails = from_h * HOUR_S <= now < to_h * HOUR_S
        simulated.load_a = 100.0 if fails else 0.0
        simulated.charger = replace(simulated.charger, on=not fails)

    return disturb


@pytest.mark.parametrize(
    "capacitance_f_per_ah", [100.0, pytest.param(300.0, marks=pytest.mark.soak)]
)
def test_a_charger_that_stops_unseen_costs_no_cell_its_charge(capacitance_f_per_ah: float) -> None:
    course = run(
        Case(
            name="charger off",
            capacitance_f_per_ah=capacitance_f_per_ah,
            disturb=charger_off(4, 7),
            hours=8,
        )
    )
    assert not any(course.inhibited[: int(4 * HOUR_S / TICK_S)])
    assert all(course.inhibited[int(5 * HOUR_S / TICK_S) : int(7 * HOUR_S / TICK_S)])
    assert not course.inhibited[-1]
    assert course.lost_ah <= LOSS_SHARE * CELL.capacity_ah


@pytest.mark.soak
def test_equalization_goes_on_after_a_power_failure() -> None:
    course = run(Case(name="power failure", disturb=power_failure(2, 3), hours=36))
    during = slice(int(2.1 * HOUR_S / TICK_S), int(3 * HOUR_S / TICK_S))
    assert all(course.inhibited[during])
    assert not course.inhibited[-1]
    assert course.settled_after_h() < 36
    assert course.lost_ah <= LOSS_SHARE * CELL.capacity_ah
