"""A simulated manager brings its string together as the closed form says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bacs_core.model import EqualizationState, Quantity, String
from bacs_core.simulator.building import SpreadShape
from bacs_core.simulator.manager_equalization import (
    ManagerPlan,
    first_plan,
    gains_for,
    next_plan,
)
from bacs_core.simulator.plant import Plant
from tests.core.simulator.plants import VRLA, make_block_string, make_string, plain_plant

DT_S = 60.0


def equalize(plant: Plant, string: String, hours: float) -> ManagerPlan:
    plan = first_plan(string.cell_count)
    for _ in range(round(hours * 3600 / DT_S)):
        readings = plant.readings()[string.key]
        assert readings.current_a is not None
        plan = next_plan(
            plan,
            gains_for(string),
            readings.columns[Quantity.VOLTAGE].values,
            readings.current_a.value,
            string.capacity_ah,
            DT_S,
        )
        plant.set_duty(string.key, plan.duty_percent)
        plant.advance(DT_S)
    return plan


@pytest.mark.parametrize(
    ("string", "largest_v", "slope_v"),
    [
        (make_string(12), 0.03, 0.144),
        (make_block_string(12), 0.1, 6 * 0.144),
    ],
    ids=["2 V", "12 V"],
)
def test_a_spread_string_ends_within_ten_millivolts_with_the_current_of_the_closed_form(
    string: String, largest_v: float, slope_v: float
) -> None:
    plant = plain_plant(
        string,
        spread_v=largest_v,
        spread_shape=SpreadShape.LINEAR,
        room_temperature_c=25.0,
        surroundings_spread_k=0.0,
        capacity_spread=0.0,
    )
    before_a = plant.truth(string.key).string_current_a
    plan = equalize(plant, string, hours=48)
    truth = plant.truth(string.key)
    assert plan.state is EqualizationState.ACTIVE
    assert np.abs(truth.voltage_v - truth.voltage_v.mean()).max() < 0.010
    self_discharge_a = VRLA.self_discharge_per_s * 3600 * string.capacity_ah * 2**0.5
    balanced_a = before_a * 10 ** (largest_v / slope_v) + self_discharge_a
    assert truth.string_current_a == pytest.approx(balanced_a, rel=0.05)
    needed_a = 2 * before_a * math.sinh(largest_v * math.log(10) / slope_v)
    assert truth.bypass_current_a.max() == pytest.approx(needed_a, rel=0.05)
    assert (truth.discharged_ah < 0.001 * string.capacity_ah).all()


def test_a_discharge_inhibits_and_switches_all_bypass_off() -> None:
    string = make_string(4)
    demand = np.full(4, 20.0)
    running = ManagerPlan(EqualizationState.ACTIVE, 2.27, demand, demand, np.zeros(4))
    voltage_v = np.array([2.1, 2.0, 2.05, 2.07])
    plan = next_plan(running, gains_for(string), voltage_v, -50.0, 500.0, 1.0)
    assert plan.state is EqualizationState.INHIBITED
    assert not plan.duty_percent.any()
    np.testing.assert_array_equal(plan.demand_percent, demand)


def test_a_cell_without_a_voltage_gets_no_bypass_and_drags_no_target() -> None:
    string = make_string(4)
    voltage_v = np.array([2.30, np.nan, 2.26, 2.25])
    plan = next_plan(first_plan(4), gains_for(string), voltage_v, 0.2, 500.0, 1.0)
    assert plan.target_v == pytest.approx(2.27)
    assert plan.duty_percent[1] == 0
    assert plan.duty_percent[0] > 0
