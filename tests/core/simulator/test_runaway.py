"""Thermal runaway of the simulated plant against Semenov's tangent condition and its equation.

An enclosed 12 V 100 Ah block that loses 0.8 W/K runs away above 2.49 mA/Ah at 25 °C. The times are
those of the single equation m cp dT/dt = V I 2^(dT/Td) - G dT.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from bacs_core.simulator.cells import CellParameters, CellState, StringInputs, step
from bacs_core.simulator.plant import Plant
from tests.core.simulator.plants import (
    VRLA,
    equal_cells,
    full_state,
    make_block_string,
    plain_plant,
)

LOSS_W_PER_K = 0.8
HEAT_J_PER_K = 34.6 * 660
BLOCK_V, BLOCK_AH = 13.62, 100.0
ROOM_C = 25.0
HOUR_S = 3600.0
KEY = "ups/1"


def block(float_a_per_ah: float) -> tuple[CellParameters, CellState, StringInputs]:
    """Return one enclosed block at its charger."""
    table = replace(VRLA, float_a_per_ah=float_a_per_ah, self_discharge_per_s=0.0)
    cells = equal_cells(
        np.zeros(1),
        table=table,
        elements=6,
        capacity_ah=BLOCK_AH,
        heat_loss_w_per_k=LOSS_W_PER_K,
        heat_capacity_j_per_k=HEAT_J_PER_K,
    )
    charger = StringInputs(
        bypass_current_a=np.zeros(1),
        charger_voltage_v=np.array([BLOCK_V]),
        least_current_a=np.zeros(1),
        most_current_a=np.array([100.0]),
        load_power_w=np.zeros(1),
        power_end_v=np.ones(1),
        room_temperature_c=np.array([ROOM_C]),
    )
    return cells, full_state(cells), charger


def test_just_below_the_critical_current_the_block_settles() -> None:
    cells, state, charger = block(2.44e-3)
    for _ in range(400):
        state = step(state, cells, charger, HOUR_S)
    assert state.temperature_c[0] - ROOM_C == pytest.approx(9.3, abs=0.3)
    assert step(state, cells, charger, HOUR_S).temperature_c[0] < state.temperature_c[0] + 0.01


@pytest.mark.parametrize(("ma_per_ah", "hours"), [(2.74, 87), (3.74, 29), (7.5, 10)])
def test_above_the_critical_current_the_block_reaches_80_degrees_when_the_equation_does(
    ma_per_ah: float, hours: float
) -> None:
    cells, state, charger = block(ma_per_ah * 1e-3)
    passed_s, dt_s = 0.0, 300.0
    while state.temperature_c[0] < 80.0 and passed_s < 2 * hours * HOUR_S:
        state = step(state, cells, charger, dt_s)
        passed_s += dt_s
    assert passed_s / HOUR_S == pytest.approx(hours, rel=0.05)


def warmed_k(plant: Plant, hours: float) -> np.ndarray:
    """Return how much warmer than its room each cell of the string is."""
    plant.advance(hours * HOUR_S)
    warmer: np.ndarray = plant.truth(KEY).temperature_c - ROOM_C
    return warmer


def enclosed(blocks: int = 4) -> Plant:
    """Build a string of 12 V blocks in a cabinet that lets little heat out."""
    plant = plain_plant(
        make_block_string(blocks),
        room_temperature_c=ROOM_C,
        surroundings_spread_k=0.0,
        max_step_s=600.0,
    )
    plant.defects.insulate(slice(None), 0.5)
    return plant


@pytest.mark.parametrize(("times_critical", "away"), [(0.9, False), (1.2, True)])
def test_a_string_runs_away_above_its_critical_current_only(
    times_critical: float, away: bool
) -> None:
    plant = enclosed()
    plant.run_away(KEY, times_critical)
    settled_k = VRLA.doubling_k / math.log(2)
    assert (warmed_k(plant, 14 * 24) > settled_k).any() == away


def test_one_cell_runs_away_by_a_path_inside_it_and_takes_no_other_with_it() -> None:
    plant = enclosed(40)
    plant.run_away_inside(plant.row(KEY, 2), 2.0)
    warmest_k = np.max([warmed_k(plant, 1) for _ in range(60)], axis=0)
    assert warmest_k[2] > 20
    assert (np.delete(warmest_k, 2) < 10).all()


def test_an_open_breaker_ends_a_runaway_of_the_string() -> None:
    plant = enclosed()
    plant.run_away(KEY, 3.0)
    while warmed_k(plant, 1).max() < 25:
        pass
    plant.open_breaker(KEY)
    assert plant.truth(KEY).string_current_a > 0
    assert warmed_k(plant, 24).max() < 10
    assert plant.truth(KEY).string_current_a == 0
