"""The plant: how it is built, what acts on it, what its sensors say."""

from __future__ import annotations

import numpy as np
import pytest

from bacs_core.model import Chemistry, Quantity
from bacs_core.simulator.building import Oddity, PlantOptions, SpreadShape
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.sensors import Tolerances
from tests.core.simulator.plants import make_block_string, make_string, plain_plant


def test_equal_seeds_give_equal_plants_and_other_seeds_others() -> None:
    def voltages(seed: int) -> np.ndarray:
        plant = Plant([make_string()], PlantOptions(seed=seed))
        plant.advance(600)
        return plant.readings()["telecom/1"].columns[Quantity.VOLTAGE].values

    np.testing.assert_array_equal(voltages(3), voltages(3))
    assert (voltages(3) != voltages(4)).any()


def test_another_string_does_not_change_the_first() -> None:
    alone = Plant([make_string()])
    together = Plant([make_block_string(), make_string()])
    np.testing.assert_array_equal(
        alone.truth("telecom/1").voltage_v, together.truth("telecom/1").voltage_v
    )


def test_a_demonstration_string_looks_like_one_in_a_real_room() -> None:
    plant = Plant([make_string(60), make_block_string()])
    plant.advance(4 * 3600)
    cell, block = plant.truth("telecom/1"), plant.truth("ups/1")
    np.testing.assert_allclose(cell.voltage_v, 2.27, atol=0.016)
    np.testing.assert_allclose(block.voltage_v, 13.62, atol=0.065)
    assert np.ptp(cell.voltage_v) > 0.015
    assert np.ptp(block.voltage_v) > 0.06
    np.testing.assert_allclose(cell.resistance_ohm, 0.35e-3, rtol=0.06)
    np.testing.assert_allclose(block.resistance_ohm, 4.5e-3, rtol=0.06)
    for truth in (cell, block):
        assert ((truth.temperature_c > 20) & (truth.temperature_c < 25)).all()
    charge_percent = plant.readings()["ups/1"].columns[Quantity.CHARGE].values
    assert ((charge_percent >= 97) & (charge_percent <= 100)).all()


@pytest.mark.parametrize("chemistry", list(Chemistry))
def test_every_chemistry_floats_at_its_voltage(chemistry: Chemistry) -> None:
    nominal_v, float_v = {
        Chemistry.VRLA: (2.0, 2.27),
        Chemistry.VENTED_LEAD: (2.0, 2.23),
        Chemistry.NICD: (1.2, 1.40),
        Chemistry.LFP: (3.2, 3.40),
        Chemistry.LTO: (2.3, 2.60),
    }[chemistry]
    string = make_string(10, chemistry=chemistry, cell_voltage_v=nominal_v, float_voltage_v=float_v)
    plant = Plant([string])
    plant.advance(24 * 3600)
    truth = plant.truth(string.key)
    assert truth.voltage_v.sum() == pytest.approx(10 * float_v)
    assert 0 <= truth.string_current_a < 0.01 * string.capacity_ah


def test_a_linear_spread_is_as_wide_as_asked_for() -> None:
    plant = plain_plant(make_string(), spread_v=0.05, spread_shape=SpreadShape.LINEAR)
    np.testing.assert_allclose(
        plant.truth("telecom/1").voltage_v - 2.27, np.linspace(-0.05, 0.05, 24), atol=1e-3
    )


def test_odd_cells_are_weak_and_warm() -> None:
    oddities = (
        Oddity("telecom/1", 3, resistance_factor=2.0),
        Oddity("telecom/1", 7, warmer_k=16.0),
    )
    plant = plain_plant(make_string(), oddities=oddities)
    plant.advance(4 * 3600)
    truth = plant.truth("telecom/1")
    assert np.argmax(truth.resistance_ohm) == 3
    assert np.argmax(truth.temperature_c) == 7
    assert truth.temperature_c[7] > 35
    np.testing.assert_allclose(truth.voltage_v, 2.27, atol=0.02)


def test_duty_is_a_share_of_the_bypass_current_of_the_module_type() -> None:
    plant = plain_plant(make_string())
    plant.set_duty("telecom/1", np.full(24, 50.0))
    np.testing.assert_allclose(plant.truth("telecom/1").bypass_current_a, 0.425)
    plant.set_duty("telecom/1", np.full(24, 300.0))
    np.testing.assert_allclose(plant.truth("telecom/1").bypass_current_a, 0.85)


def test_bypass_of_one_cell_shows_in_all_readings() -> None:
    plant = plain_plant(make_string(), spread_v=0.0)
    before_v = plant.readings()["telecom/1"].columns[Quantity.VOLTAGE].values
    duty = np.zeros(24)
    duty[0] = 40.0
    plant.set_duty("telecom/1", duty)
    plant.advance(6 * 3600)
    after_v = plant.readings()["telecom/1"].columns[Quantity.VOLTAGE].values
    assert after_v[0] < before_v[0] - 0.01
    assert (after_v[1:] >= before_v[1:]).all()
    assert after_v[1:].mean() > before_v[1:].mean()


def test_a_cell_that_is_bypassed_beyond_the_string_current_counts_as_discharged() -> None:
    plant = plain_plant(make_string(), spread_v=0.0)
    duty = np.zeros(24)
    duty[0] = 100.0
    plant.set_duty("telecom/1", duty)
    plant.advance(60)
    truth = plant.truth("telecom/1")
    assert truth.cell_current_a[0] < 0
    assert truth.discharged_ah[0] == pytest.approx(-truth.cell_current_a[0] / 60, rel=0.05)
    assert (truth.discharged_ah[1:] == 0).all()


def test_the_measuring_lead_falsifies_a_reading_unless_the_bypass_is_held() -> None:
    plant = Plant([make_string()], PlantOptions(tolerances=Tolerances(voltage_noise_v=0.0)))
    simulated = plant.strings["telecom/1"]
    duty = np.zeros(24)
    duty[0] = 100.0
    plant.set_duty("telecom/1", duty)
    plant.advance(1)
    assert simulated.voltage_v(0, held=True) - simulated.voltage_v(0) == pytest.approx(
        0.85 * 0.026, abs=2e-3
    )


def test_a_stuck_bypass_ignores_its_duty_and_no_hold_stops_it() -> None:
    plant = Plant([make_string()], PlantOptions(tolerances=Tolerances(voltage_noise_v=0.0)))
    simulated = plant.strings["telecom/1"]
    simulated.stick_bypass(2, 100.0)
    plant.advance(1)
    assert plant.truth("telecom/1").bypass_current_a[2] == pytest.approx(0.85)
    assert simulated.voltage_v(2, held=True) == simulated.voltage_v(2)
    simulated.stick_bypass(2, None)
    assert plant.truth("telecom/1").bypass_current_a[2] == 0


def test_lost_sensors_give_no_value_and_no_time() -> None:
    plant = plain_plant(make_string())
    simulated = plant.strings["telecom/1"]
    simulated.set_absent(1, temperature=True)
    simulated.set_absent(2, voltage=True)
    columns = plant.readings(started_at=1000.0)["telecom/1"].columns
    assert np.isnan(columns[Quantity.TEMPERATURE].values[1])
    assert np.isnan(columns[Quantity.TEMPERATURE].read_at[1])
    assert np.isnan(columns[Quantity.VOLTAGE].values[2])
    assert columns[Quantity.VOLTAGE].read_at[0] == 1000.0
    assert not np.isnan(columns[Quantity.VOLTAGE].values[1])


def test_a_failed_mains_makes_the_load_draw_on_the_string() -> None:
    plant = plain_plant(make_string())
    simulated = plant.strings["telecom/1"]
    simulated.charger = type(simulated.charger)(simulated.charger.voltage_v, 50.0, on=False)
    simulated.load_a = 50.0
    plant.advance(3600)
    truth = plant.truth("telecom/1")
    assert truth.string_current_a == -50.0
    assert (truth.charge_percent < 91).all()
    current = plant.readings()["telecom/1"].current_a
    assert current is not None
    assert current.value == pytest.approx(-50.0)


def test_temperature_compensation_lowers_the_voltage_of_a_warm_room() -> None:
    plant = plain_plant(make_string(), room_temperature_c=35.0)
    simulated = plant.strings["telecom/1"]
    charger = simulated.charger
    simulated.charger = type(charger)(charger.voltage_v, charger.current_limit_a, compensated=True)
    plant.advance(24 * 3600)
    assert plant.truth("telecom/1").voltage_v.mean() == pytest.approx(2.27 - 0.003 * 10)


def test_hours_with_a_decision_every_ten_seconds_pass_in_process() -> None:
    plant = Plant([make_string()], PlantOptions(spread_v=0.05, spread_shape=SpreadShape.LINEAR))
    for _ in range(1080):
        plant.readings()
        plant.advance(10)
    assert plant.time_s == 10800.0


def test_a_string_without_a_type_of_module_has_no_bypass() -> None:
    plant = Plant([make_string(3, module_type="")])
    plant.set_duty("telecom/1", np.full(3, 100.0))
    assert not plant.truth("telecom/1").bypass_current_a.any()
