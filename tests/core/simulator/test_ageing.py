"""How the simulated cells grow old."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bacs_core.model import Chemistry
from bacs_core.simulator.chemistry import CHEMISTRY_TABLES
from bacs_core.simulator.plant import Plant
from tests.core.simulator.plants import make_string, plain_plant

KEY = "telecom/1"
YEAR_S = 365.25 * 86400.0


def after_years(years: float, room_c: float, chemistry: Chemistry = Chemistry.VRLA) -> Plant:
    """Let a string age, a hundred times as fast as in life."""
    string = replace(make_string(4), chemistry=chemistry)
    plant = plain_plant(
        string,
        room_temperature_c=room_c,
        surroundings_spread_k=0.0,
        spread_v=0.0,
        ageing=100.0,
        max_step_s=1800.0,
    )
    plant.advance(years * YEAR_S / 100)
    return plant


def capacity_share(plant: Plant) -> float:
    return float(np.mean(plant.truth(KEY).capacity_ah / plant.built.capacity_ah))


def test_after_its_life_at_25_degrees_a_cell_has_lost_a_fifth_and_what_dried_out() -> None:
    plant = after_years(10, 25.0)
    np.testing.assert_allclose(plant.wear.capacity_lost, 0.2, rtol=0.05)
    assert 0.7 < capacity_share(plant) < 0.8
    assert (plant.truth(KEY).resistance_ohm > 1.4 * plant.built.resistance_ohm).all()


def test_ten_kelvin_more_halve_the_life() -> None:
    lost = [after_years(3, room_c).wear.capacity_lost.mean() for room_c in (25.0, 35.0)]
    assert lost[1] == pytest.approx(2 * lost[0], rel=0.1)


def test_over_the_years_a_cell_that_dries_out_takes_more_float_current() -> None:
    young, old = after_years(0.1, 30.0), after_years(12, 30.0)
    ratio = old.truth(KEY).string_current_a / young.truth(KEY).string_current_a
    assert 1.1 < ratio < 3


def test_a_cell_whose_water_is_filled_up_does_not_dry_out() -> None:
    plant = after_years(10, 25.0, Chemistry.VENTED_LEAD)
    assert not plant.wear.water_lost.any()
    life_years = CHEMISTRY_TABLES[Chemistry.VENTED_LEAD].life_years
    assert plant.wear.capacity_lost.mean() == pytest.approx(0.2 * 10 / life_years, rel=0.05)


def test_a_string_that_nobody_charges_loses_what_it_gasses_and_discharges_by_itself() -> None:
    plant = plain_plant(make_string(4), room_temperature_c=20.0, max_step_s=3600.0)
    plant.open_breaker(KEY)
    plant.advance(0.25 * YEAR_S)
    table = CHEMISTRY_TABLES[Chemistry.VRLA]
    truth = plant.truth_rows()
    alone = table.self_discharge_per_s * 0.25 * YEAR_S * table.plate_share
    layer_ah = table.polarisation_f_per_ah * 500 * 0.12 / 3600
    gassed = (truth.overcharge_ah - layer_ah) / truth.capacity_ah
    np.testing.assert_allclose(truth.charge_percent, 100 * (1 - alone - gassed), atol=1.0)
    # Makers tell of about 3 % a month.
    assert ((truth.charge_percent > 80) & (truth.charge_percent < 95)).all()
