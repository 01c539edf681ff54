"""The float model against closed forms and conservation laws."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from bacs_core.model import Chemistry
from bacs_core.simulator.cells import (
    CellParameters,
    CellState,
    StringInputs,
    open_circuit_v,
    step,
    terminal_v,
)
from bacs_core.simulator.chemistry import CHEMISTRY_TABLES
from bacs_core.simulator.truth import charge_percent
from tests.core.simulator.plants import VRLA, charged_to, equal_cells, full_state

HOUR_S = 3600.0
#: The closed forms know neither self-discharge nor plates that still take charge.
PURE_FLOAT = replace(VRLA, self_discharge_per_s=0.0)


def charger(
    cells: CellParameters, bypass_a: np.ndarray | None = None, room_c: float = 25.0
) -> StringInputs:
    return acting(
        np.zeros(cells.count) if bypass_a is None else bypass_a,
        2.27 * float(cells.elements.sum()),
        0.0,
        0.1 * float(cells.capacity_ah[0]),
        room_c,
    )


def acting(
    bypass_a: np.ndarray, charger_v: float, least_a: float, most_a: float, room_c: float = 25.0
) -> StringInputs:
    """Act on one string."""
    return StringInputs(
        bypass_current_a=bypass_a,
        charger_voltage_v=np.array([charger_v]),
        least_current_a=np.array([least_a]),
        most_current_a=np.array([most_a]),
        load_power_w=np.zeros(1),
        power_end_v=np.ones(1),
        room_temperature_c=np.array([room_c]),
    )


def run(
    state: CellState, cells: CellParameters, inputs: StringInputs, hours: float, dt_s: float = 60.0
) -> CellState:
    for _ in range(round(hours * HOUR_S / dt_s)):
        state = step(state, cells, inputs, dt_s)
    return state


@pytest.mark.parametrize(
    ("chemistry", "elements", "capacity_ah", "largest_v"),
    [
        (Chemistry.VRLA, 1, 500.0, 0.05),
        (Chemistry.VRLA, 6, 100.0, 0.3),
        (Chemistry.VENTED_LEAD, 1, 1000.0, 0.1),
    ],
)
def test_bypass_of_the_closed_form_balances_the_string_at_the_closed_form_current(
    chemistry: Chemistry, elements: int, capacity_ah: float, largest_v: float
) -> None:
    table = replace(CHEMISTRY_TABLES[chemistry], self_discharge_per_s=0.0)
    deviation_v = np.linspace(-largest_v, largest_v, 9)
    cells = equal_cells(deviation_v, table=table, elements=elements, capacity_ah=capacity_ah)
    slope_v = elements * table.slope_v_per_decade
    float_a = table.float_a_per_ah * capacity_ah
    balanced_a = float_a * 10 ** (largest_v / slope_v)
    bypass_a = balanced_a - float_a * 10 ** (-deviation_v / slope_v)
    needed_a = 2 * float_a * math.sinh(largest_v * math.log(10) / slope_v)
    assert bypass_a[-1] == pytest.approx(needed_a)

    state = run(full_state(cells), cells, charger(cells, bypass_a), hours=400, dt_s=1200)

    assert state.string_current_a == pytest.approx(balanced_a, rel=1e-4)
    np.testing.assert_allclose(terminal_v(state), elements * 2.27, atol=elements * 2e-5)


def test_without_bypass_each_cell_keeps_its_deviation_at_the_nominal_current() -> None:
    deviation_v = np.linspace(-0.05, 0.05, 24)
    cells = equal_cells(deviation_v, table=PURE_FLOAT)
    state = run(full_state(cells), cells, charger(cells), hours=100, dt_s=600)
    assert state.string_current_a == pytest.approx(0.2, rel=1e-6)
    np.testing.assert_allclose(terminal_v(state) - 2.27, deviation_v, atol=1e-6)


def test_bypass_lowers_its_own_cell_and_raises_the_others() -> None:
    cells = equal_cells(np.zeros(12))
    before_v = terminal_v(full_state(cells))
    bypass_a = np.zeros(12)
    bypass_a[4] = 0.15
    after = run(full_state(cells), cells, charger(cells, bypass_a), hours=1)
    change_v = terminal_v(after) - before_v
    assert change_v[4] < -0.005
    assert (np.delete(change_v, 4) > 0.0003).all()
    assert change_v.sum() == pytest.approx(0.0, abs=1e-9)


#: One enclosed 12 V 100 Ah block at 25 °C; Semenov: i_crit = G Td / (e ln2) / (V C) = 2.49 mA/Ah.
RUNAWAY_W_PER_K = 0.8
RUNAWAY_A_PER_AH = RUNAWAY_W_PER_K * VRLA.doubling_k / (math.e * math.log(2)) / (13.62 * 100)


def block_after(hours: float, float_a_per_ah: float) -> float:
    """Return how much warmer than the room the block is."""
    table = replace(PURE_FLOAT, float_a_per_ah=float_a_per_ah)
    cells = equal_cells(
        np.zeros(1),
        table=table,
        elements=6,
        capacity_ah=100.0,
        heat_loss_w_per_k=RUNAWAY_W_PER_K,
        heat_capacity_j_per_k=34.6 * 660,
    )
    state = run(full_state(cells), cells, charger(cells), hours, dt_s=300)
    return float(state.temperature_c[0]) - 25.0


def test_just_below_the_critical_float_current_a_block_stays_below_the_critical_warming() -> None:
    assert pytest.approx(2.494e-3, rel=1e-3) == RUNAWAY_A_PER_AH
    critical_k = VRLA.doubling_k / math.log(2)
    warming_k = block_after(400, 0.98 * RUNAWAY_A_PER_AH)
    assert warming_k < critical_k
    # Where it settles, loss and heat are equal: G dT = V C i 2^(dT / Td).
    heat_w = 13.62 * 100 * 0.98 * RUNAWAY_A_PER_AH * 2 ** (warming_k / VRLA.doubling_k)
    assert heat_w == pytest.approx(RUNAWAY_W_PER_K * warming_k, rel=0.01)


def test_above_the_critical_float_current_a_block_runs_away() -> None:
    assert block_after(100, 1.10 * RUNAWAY_A_PER_AH) > 55.0


def test_charge_that_goes_through_a_cell_is_found_again_in_it() -> None:
    cells = replace(equal_cells(np.linspace(-0.03, 0.03, 6)), resistance_ohm=np.full(6, 0.35e-3))
    state = charged_to(cells, np.full(6, 0.7), np.full(6, 2.1))
    bypass_a = np.array([0.0, 0.1, 0.0, 0.85, 0.0, 0.3])
    capacitance_f = VRLA.polarisation_f_per_ah * 500.0
    overcharge_ah = np.zeros(6)
    self_discharge_ah = np.zeros(6)
    now = state
    for _ in range(600):
        now = step(now, cells, charger(cells, bypass_a), 30.0)
        overcharge_ah += now.float_current_a * 30 / HOUR_S
        self_discharge_ah += cells.plate_ah * VRLA.self_discharge_per_s * 2**0.5 * 30
    in_plates_ah = (now.charge - state.charge) * cells.plate_ah
    in_layer_ah = capacitance_f * (now.polarisation_v - state.polarisation_v) / HOUR_S
    np.testing.assert_allclose(
        now.through_ah - overcharge_ah - self_discharge_ah, in_plates_ah + in_layer_ah, atol=1e-6
    )


def test_energy_that_goes_in_is_stored_or_heat() -> None:
    table = replace(PURE_FLOAT, self_discharge_per_s=0.0)
    cells = replace(
        equal_cells(
            np.zeros(4), table=table, heat_loss_w_per_k=1e-12, heat_capacity_j_per_k=20_000.0
        ),
        resistance_ohm=np.full(4, 0.35e-3),
    )
    state = charged_to(cells, np.full(4, 0.6), np.full(4, 2.2))
    dt_s = 1.0
    went_in_j = stored_j = 0.0
    now = state
    for _ in range(1800):
        after = step(now, cells, charger(cells), dt_s)
        went_in_j += float((terminal_v(after) * after.cell_current_a).sum()) * dt_s
        middle_v = (now.polarisation_v + after.polarisation_v) / 2
        capacitance_f = table.polarisation_f_per_ah * cells.capacity_ah
        moved_v = after.polarisation_v - now.polarisation_v
        stored_j += float((capacitance_f * middle_v * moved_v).sum())
        plates_c = (after.charge - now.charge) * cells.plate_ah * HOUR_S
        stored_j += float((open_circuit_v(now, cells) * plates_c).sum())
        now = after
    heat_j = float((now.temperature_c - state.temperature_c).sum()) * 20_000.0
    assert went_in_j == pytest.approx(stored_j + heat_j, rel=1e-3)


def test_a_discharge_follows_the_load_and_empties_by_the_ampere_hours_taken() -> None:
    cells = replace(equal_cells(np.zeros(6)), resistance_ohm=np.full(6, 0.35e-3))
    load = acting(np.zeros(6), 0.0, -50.0, -50.0)
    state = run(full_state(cells), cells, load, hours=5)
    assert state.string_current_a == -50.0
    np.testing.assert_allclose(state.discharged_ah, 250.0)
    np.testing.assert_allclose(charge_percent(state.charge, cells), 50.0, atol=1.5)
    assert (terminal_v(state) < open_circuit_v(state, cells)).all()


def test_an_emptied_string_is_charged_at_the_limit_and_then_held_at_its_voltage() -> None:
    cells = equal_cells(np.zeros(6))
    empty = charged_to(cells, np.full(6, 0.4), np.full(6, 2.0))
    early = run(empty, cells, charger(cells), hours=1)
    assert early.string_current_a == pytest.approx(50.0)
    assert terminal_v(early).sum() < 6 * 2.27
    late = run(early, cells, charger(cells), hours=48)
    assert late.string_current_a < 1.0
    assert terminal_v(late).sum() == pytest.approx(6 * 2.27)
    assert (late.charge > 0.99).all()


def test_a_charger_set_below_the_string_gives_nothing_and_takes_nothing() -> None:
    cells = equal_cells(np.zeros(6))
    low = replace(charger(cells), charger_voltage_v=np.array([6 * 2.20]))
    state = step(full_state(cells), cells, low, 10.0)
    assert state.string_current_a == 0.0


@pytest.mark.parametrize("dt_s", [1.0, 10.0, 60.0, 600.0])
def test_the_step_length_hardly_changes_where_the_string_ends(dt_s: float) -> None:
    deviation_v = np.linspace(-0.05, 0.05, 24)
    cells = equal_cells(deviation_v)
    bypass_a = np.where(deviation_v > 0, 0.05, 0.0)
    fine = run(full_state(cells), cells, charger(cells, bypass_a), hours=1, dt_s=5.0)
    coarse = run(full_state(cells), cells, charger(cells, bypass_a), hours=1, dt_s=dt_s)
    np.testing.assert_allclose(terminal_v(coarse), terminal_v(fine), atol=2e-4)


@settings(max_examples=150, deadline=None)
@given(
    chemistry=st.sampled_from(Chemistry),
    charge=st.floats(0, 1),
    polarisation=st.floats(0.5, 1.4),
    temperature_c=st.floats(-10, 80),
    bypass_a=st.floats(0, 1),
    load_a=st.floats(0, 300),
    charger_on=st.booleans(),
    dt_s=st.sampled_from([0.05, 1.0, 10.0, 60.0]),
)
def test_every_state_a_plant_can_be_in_is_solved(
    chemistry: Chemistry,
    charge: float,
    polarisation: float,
    temperature_c: float,
    bypass_a: float,
    load_a: float,
    charger_on: bool,
    dt_s: float,
) -> None:
    table = CHEMISTRY_TABLES[chemistry]
    cells = replace(
        equal_cells(np.linspace(-0.05, 0.05, 5), table=table, float_v=1.13 * table.nominal_v),
        resistance_ohm=np.full(5, 0.35e-3),
    )
    levels = np.linspace(charge, 1, 5)
    state = replace(
        full_state(cells, temperature_c),
        charge=levels,
        available=levels,
        polarisation_v=np.full(5, polarisation * table.nominal_v),
    )
    given_a = 50.0 if charger_on else 0.0
    inputs = acting(
        np.linspace(0, bypass_a, 5), 5 * 1.13 * table.nominal_v, -load_a, given_a - load_a
    )
    for _ in range(5):
        state = step(state, cells, inputs, dt_s)
        assert np.isfinite(terminal_v(state)).all()
        assert -load_a <= state.string_current_a <= given_a - load_a
        if -load_a < state.string_current_a < given_a - load_a:
            assert terminal_v(state).sum() == pytest.approx(inputs.charger_voltage_v)
