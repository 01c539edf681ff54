"""Chargers and loads of the simulated plant."""

from __future__ import annotations

import numpy as np
import pytest

from bacs_core.simulator.plant import Plant
from tests.core.simulator.plants import make_block_string, make_string, plain_plant

HOUR_S = 3600.0
KEY = "telecom/1"


def emptied(plant: Plant, hours: float = 5.0) -> None:
    plant.set_charger(None, on=False)
    plant.set_load_current(None, 50.0)
    plant.advance(hours * HOUR_S)
    plant.set_load_current(None, 0.0)
    plant.set_charger(None, on=True)


def mean_v(plant: Plant) -> float:
    return float(plant.truth(KEY).voltage_v.mean())


def test_after_a_discharge_the_boost_voltage_is_held_for_its_time_and_then_the_float() -> None:
    plant = plain_plant(make_string(6))
    plant.set_charger(KEY, boost_voltage_v=6 * 2.40, boost_s=4 * HOUR_S)
    plant.advance(HOUR_S)
    assert mean_v(plant) == pytest.approx(2.27)
    emptied(plant)
    reached_s = left_s = None
    for _ in range(24 * 12):
        plant.advance(300)
        if reached_s is None and mean_v(plant) > 2.3999:
            reached_s = plant.time_s
        if reached_s is not None and left_s is None and mean_v(plant) < 2.3999:
            left_s = plant.time_s
    assert reached_s is not None
    assert left_s is not None
    assert left_s - reached_s == pytest.approx(4 * HOUR_S, abs=600)
    plant.advance(24 * HOUR_S)
    assert mean_v(plant) == pytest.approx(2.27)


def test_a_charger_without_boost_goes_to_its_float_voltage_and_stays() -> None:
    plant = plain_plant(make_string(6))
    emptied(plant)
    highest_v = 0.0
    for _ in range(48):
        plant.advance(1800)
        highest_v = max(highest_v, mean_v(plant))
    assert highest_v == pytest.approx(2.27)


def test_a_load_of_constant_power_draws_more_current_as_the_voltage_falls() -> None:
    plant = plain_plant(make_block_string(10))
    plant.set_charger(None, on=False)
    plant.set_load_power(None, 2000.0)
    currents = []
    for _ in range(10):
        plant.advance(600)
        truth = plant.truth_rows()
        assert -truth.string_current_a[0] * truth.string_voltage_v[0] == pytest.approx(2000.0)
        currents.append(-truth.string_current_a[0])
    assert (np.diff(currents) > 0).all()


def test_a_setting_that_drifts_moves_the_string_with_it() -> None:
    plant = plain_plant(make_string(6))
    plant.set_charger(KEY, drift_v_per_day=0.06)
    plant.advance(48 * HOUR_S)
    assert mean_v(plant) == pytest.approx(2.27 + 0.02, abs=1e-3)


def test_ripple_comes_from_the_charger_and_grows_with_it() -> None:
    plant = plain_plant(make_string(6))
    plant.set_charger(KEY, ripple_factor=3.0)
    grown = np.mean([plant.frame().ac_current_a[0] for _ in range(50)])
    assert grown == pytest.approx(3 * 0.008 * 500, rel=0.02)
    plant.set_charger(KEY, on=False)
    assert plant.frame().ac_current_a[0] == 0


def test_an_open_breaker_takes_charger_and_load_from_one_string_only() -> None:
    strings = [make_string(6, number=1), make_string(6, number=2)]
    plant = Plant(strings)
    plant.set_charger(None, on=False)
    plant.set_load_current(None, 20.0)
    plant.open_breaker(KEY)
    plant.advance(600)
    assert plant.truth_rows().string_current_a.tolist() == [0.0, -20.0]
    plant.open_breaker(KEY, is_open=False)
    plant.advance(60)
    assert plant.truth_rows().string_current_a.tolist() == [-20.0, -20.0]
