"""What goes wrong inside cells, and what of it shows."""

from __future__ import annotations

import numpy as np
import pytest

from bacs_core.simulator.plant import Plant
from tests.core.simulator.plants import make_block_string, make_string, plain_plant

HOUR_S = 3600.0
CELL = "telecom/1"
BLOCK = "ups/1"
#: Module type C44 at full duty on 2 V 500 Ah, and C24 on 12 V 100 Ah; 0.4 mA/Ah.
LIMITS = [(2.0, 500.0, "C44", 1), (12.0, 100.0, "C24", 6), (12.0, 200.0, "C24", 6)]


def discharged(plant: Plant, amperes: float, hours: float) -> None:
    plant.set_charger(None, on=False)
    plant.set_load_current(None, amperes)
    plant.advance(hours * HOUR_S)


def test_a_weak_cell_is_empty_before_the_others() -> None:
    plant = plain_plant(make_string(6), capacity_spread=0.0)
    plant.defects.weaken(3, 0.6)
    discharged(plant, 50.0, 6.5)
    truth = plant.truth(CELL)
    assert truth.voltage_v[3] < 1.8
    assert (np.delete(truth.voltage_v, 3) > 1.95).all()
    assert truth.capacity_ah[3] == pytest.approx(300.0, rel=1e-3)


def test_a_shorted_element_takes_a_sixth_of_a_block_and_lifts_the_others() -> None:
    plant = plain_plant(make_block_string(10), spread_v=0.0)
    plant.defects.short(4)
    plant.advance(24 * HOUR_S)
    voltage_v = plant.truth(BLOCK).voltage_v
    assert voltage_v[4] < 11.8
    assert (np.delete(voltage_v, 4) > 13.75).all()


def test_a_cell_that_is_short_as_a_whole_has_no_voltage() -> None:
    plant = plain_plant(make_string(6))
    plant.defects.short(1)
    plant.advance(24 * HOUR_S)
    assert plant.truth(CELL).voltage_v[1] < 0.2


def test_an_open_cell_stops_the_string_and_takes_what_the_charger_has_too_much() -> None:
    plant = plain_plant(make_string(6), spread_v=0.0)
    plant.defects.break_open(2)
    plant.advance(4 * HOUR_S)
    truth = plant.truth(CELL)
    assert truth.string_current_a == 0
    assert truth.voltage_v[2] > 2.4
    assert truth.voltage_v.sum() == pytest.approx(6 * 2.27)
    discharged(plant, 50.0, 0.1)
    assert plant.truth(CELL).string_current_a == 0
    assert plant.truth(CELL).voltage_v[2] < -10


def test_a_dried_out_cell_has_less_capacity_more_resistance_and_more_float_current() -> None:
    plant = plain_plant(make_string(6), spread_v=0.0)
    before = plant.truth(CELL)
    plant.defects.dry_out(0, 0.3)
    plant.advance(48 * HOUR_S)
    after = plant.truth(CELL)
    assert after.capacity_ah[0] == pytest.approx(0.7 * before.capacity_ah[0], rel=1e-3)
    assert after.resistance_ohm[0] > 1.6 * before.resistance_ohm[0]
    # In series it gets no more current than the others, so it stands lower.
    assert after.voltage_v[0] < after.voltage_v[1:].min() - 0.03


def test_a_repaired_or_exchanged_cell_is_as_it_was_built() -> None:
    plant = plain_plant(make_string(6))
    built = plant.truth(CELL)
    plant.defects.weaken(0, 0.5)
    discharged(plant, 50.0, 3)
    plant.renew(0)
    plant.advance(1)
    truth = plant.truth(CELL)
    assert truth.capacity_ah[0] == pytest.approx(built.capacity_ah[0], rel=1e-3)
    assert truth.charge_percent[0] == pytest.approx(100, abs=0.1)
    assert truth.charge_percent[1] < 75


@pytest.mark.parametrize(("cell_v", "capacity_ah", "module_type", "elements"), LIMITS)
@pytest.mark.parametrize(("share", "levels"), [(0.97, True), (1.25, False)])
def test_full_bypass_levels_a_spread_up_to_the_closed_form_limit_and_none_beyond(
    cell_v: float, capacity_ah: float, module_type: str, elements: int, share: float, levels: bool
) -> None:
    """D_max = (s / ln 10) asinh(I_bypass / 2 I_float): Tafel, one current through all cells."""
    bypass_a = {"C44": 0.85, "C24": 0.15}[module_type]
    float_a = 0.4e-3 * capacity_ah
    decade_v = elements * 0.144 / np.log(10)
    limit_v = decade_v * np.arcsinh(bypass_a / (2 * float_a))
    string = make_string(
        2,
        cell_voltage_v=cell_v,
        float_voltage_v=elements * 2.27,
        capacity_ah=capacity_ah,
        module_type=module_type,
    )
    plant = plain_plant(
        string,
        spread_v=0.0,
        surroundings_spread_k=0.0,
        capacity_spread=0.0,
        room_temperature_c=25.0,
        max_step_s=1800.0,
    )
    plant.defects.insulate(slice(None), 1e6)
    plant.defects.shift_float(0, -share * limit_v)
    plant.defects.shift_float(1, share * limit_v)
    duty = 0.0
    for _ in range(600):
        plant.advance(HOUR_S)
        voltage_v = plant.truth(CELL).voltage_v
        duty = float(np.clip(duty + 20 * (voltage_v[1] - voltage_v[0]) / elements, 0, 100))
        plant.order_duty(np.array([0.0, duty]))
    left_v = float(np.ptp(plant.truth(CELL).voltage_v))
    assert (left_v < 0.002 * elements) == levels
    if not levels:
        assert duty == 100
