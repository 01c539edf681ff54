"""Sensors that are wrong, stuck, drifting or gone, and the frame that they make."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bacs_core.model import Quantity
from bacs_core.simulator.building import PlantOptions
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.sensors import CurrentSensing
from tests.core.simulator.plants import make_block_string, make_string, plain_plant

DAY_S = 86400.0
KEY = "telecom/1"


def seen(plant: Plant, quantity: Quantity) -> np.ndarray:
    values: np.ndarray = plant.frame().known(quantity)
    return values


def test_a_stuck_sensor_tells_one_value_until_it_is_repaired() -> None:
    plant = plain_plant(make_string(4), max_step_s=600.0)
    plant.sensors.temperature.stick(1, 25.0)
    plant.set_room_c(None, 40.0)
    plant.advance(2 * DAY_S)
    assert seen(plant, Quantity.TEMPERATURE)[1] == 25.0
    assert (np.delete(seen(plant, Quantity.TEMPERATURE), 1) > 35).all()
    plant.sensors.temperature.repair(1)
    assert seen(plant, Quantity.TEMPERATURE)[1] > 35


def test_a_drifting_sensor_is_wrong_by_days_times_drift_from_when_it_began() -> None:
    plant = plain_plant(make_string(4), max_step_s=600.0)
    plant.advance(DAY_S)
    plant.sensors.temperature.drift(0, 2.0, plant.time_s)
    plant.sensors.voltage.drift(2, 0.01, plant.time_s)
    plant.advance(3 * DAY_S)
    truth = plant.truth(KEY)
    error_c = seen(plant, Quantity.TEMPERATURE) - truth.temperature_c
    error_v = seen(plant, Quantity.VOLTAGE) - truth.voltage_v
    np.testing.assert_allclose(error_c, [6, 0, 0, 0], atol=0.06)
    np.testing.assert_allclose(error_v, [0, 0, 0.03, 0], atol=0.6e-3)


def test_a_lost_sensor_gives_neither_value_nor_time() -> None:
    plant = plain_plant(make_string(4))
    plant.sensors.voltage.lose(np.array([0, 3]))
    frame = plant.frame(1000.0)
    assert np.isnan(frame.columns[Quantity.VOLTAGE].read_at[[0, 3]]).all()
    assert frame.trusted.tolist() == [False, True, True, False]


def test_gain_and_offset_of_a_sensor_show() -> None:
    plant = plain_plant(make_string(4), spread_v=0.0)
    plant.sensors.voltage.gain[1] = 1.01
    plant.sensors.temperature.offset[2] = -4.0
    truth = plant.truth(KEY)
    assert seen(plant, Quantity.VOLTAGE)[1] == pytest.approx(1.01 * 2.27, abs=2e-3)
    error_k = seen(plant, Quantity.TEMPERATURE)[2] - truth.temperature_c[2]
    assert error_k == pytest.approx(-4.0, abs=0.06)


@pytest.mark.parametrize(
    ("sensing", "error_a"), [(CurrentSensing.COARSE, 5.0), (CurrentSensing.FLOAT_PROBE, 0.005)]
)
def test_a_current_sensor_stays_within_its_stated_error(
    sensing: CurrentSensing, error_a: float
) -> None:
    plant = Plant([make_string(4, number=number) for number in range(1, 21)])
    plant.sense_current(None, CurrentSensing.ABSENT)
    plant.sense_current(None, sensing)
    frame, truth = plant.frame(), plant.truth_rows()
    assert (frame.current_error_a == error_a).all()
    assert (np.abs(frame.current_a - truth.string_current_a) < error_a + 1e-3).all()


def test_a_string_without_a_current_sensor_tells_neither_current_nor_error() -> None:
    plant = Plant([make_string(4, number=1), make_string(4, number=2)])
    plant.sense_current(KEY, CurrentSensing.ABSENT)
    frame = plant.frame()
    assert np.isnan(frame.current_a).tolist() == [True, False]
    assert np.isnan(frame.current_error_a).tolist() == [True, False]
    assert plant.readings()[KEY].current_a is None


def test_a_frame_says_the_same_as_the_readings_of_each_string() -> None:
    strings = [make_string(5), make_block_string(7)]
    plant = Plant(strings, PlantOptions())
    plant.sensors.temperature.lose(2)
    plant.advance(600)
    frame, readings = plant.frame(50.0), plant.readings(50.0)
    assert frame.now == 650.0
    for string in strings:
        rows = frame.rows.slices[string.key]
        for quantity, near in (
            *((Quantity.VOLTAGE, 4e-3), (Quantity.TEMPERATURE, 0.4)),
            *((Quantity.RESISTANCE, 2e-4), (Quantity.CHARGE, 1e-9), (Quantity.DUTY, 0.0)),
        ):
            of_frame = frame.columns[quantity]
            of_string = readings[string.key].columns[quantity]
            np.testing.assert_allclose(of_frame.values[rows], of_string.values, atol=near)
            np.testing.assert_array_equal(of_frame.read_at[rows], of_string.read_at)


def test_what_devices_do_not_give_is_not_in_the_frame() -> None:
    strings = [replace(make_string(3), absent=(Quantity.CHARGE,)), make_block_string(3)]
    charge_percent = seen(Plant(strings), Quantity.CHARGE)
    assert np.isnan(charge_percent).tolist() == [True] * 3 + [False] * 3


def test_one_string_more_changes_nothing_that_is_read_of_another() -> None:
    alone, together = Plant([make_string(5)]), Plant([make_block_string(9), make_string(5)])
    for _ in range(40):
        alone.advance(10)
        together.advance(10)
        rows = together.rows.slices[KEY]
        first, second = alone.frame(), together.frame()
        for quantity in Quantity:
            np.testing.assert_array_equal(
                first.columns[quantity].values, second.columns[quantity].values[rows]
            )
        assert first.current_a[0] == second.current_a[1]
