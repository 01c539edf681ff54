"""The float-charge model of one string: cells in series, vectorised, as one pure step.

Each cell is a polarisation capacitance that three currents leave (charge positive):

    C_p dv/dt = I_cell - I_float - I_main             I_cell = I_string - I_bypass
    I_float   = C i25 10^((v - v_ref) / s) 2^((T - 25) / Td)           overcharge, Tafel
    I_main    = C g(soc) (v - ocv(soc))               what charges or discharges the plates
    V         = v + Ri I_cell                         at the terminals
    d(soc)/dt = (I_main - I_self) / C
    m cp dT/dt = (v - v_tn) I_float + (v - ocv) I_main + Ri I_cell^2 - G (T - T_room) + neighbours

The string current follows from the series condition: the charger holds the sum of V (constant
voltage) inside the limits of what it can give and what the load takes. `v` and the string current
are solved together by Newton's method on an implicit Euler step, so that any step length is stable;
state of charge and temperature change slowly and follow from the solved currents.

Thermal defaults are those of NREL's PySAM lead-acid battery: cp 660 J/(kg K), 7.5 W/(m2 K), 288 kg
and 1.508 m2 for 10 kWh.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from bacs_core.simulator.chemistry import ChemistryTable
from bacs_core.snapshot import Floats

REFERENCE_C: Final = 25.0
SECONDS_PER_HOUR: Final = 3600.0
#: Self-discharge doubles every 10 K, counted from 20 °C.
SELF_DISCHARGE_REFERENCE_C: Final = 20.0
SELF_DISCHARGE_DOUBLING_K: Final = 10.0
#: The plates give their last charge reluctantly: below this the discharge conductance falls to
#: zero.
EXHAUSTED_CHARGE: Final = 0.02
#: A driven-out element reverses and is then held near this voltage by the current through it.
REVERSED_V: Final = -0.5
BOILING_C: Final = 110.0

_MAX_ITERATIONS: Final = 80
_MAX_STEP_V: Final = 0.1
_TOLERANCE_V: Final = 1e-9


@dataclass(frozen=True, slots=True)
class CellParameters:
    """One string's cells as built; arrays have one place per cell.

    `float_reference_v` is the polarisation voltage at which the cell takes its nominal float
    current at 25 °C; its spread is what equalization works against. `surroundings_k` tells how much
    warmer than the room the place of a cell is.
    """

    table: ChemistryTable
    elements: int
    capacity_ah: Floats
    float_reference_v: Floats
    resistance_ohm: Floats
    surroundings_k: Floats
    heat_capacity_j_per_k: float
    heat_loss_w_per_k: float
    neighbour_w_per_k: float

    @property
    def slope_v(self) -> float:
        """Tafel slope of a whole cell in volt per decade."""
        return self.elements * self.table.slope_v_per_decade

    @property
    def count(self) -> int:
        """Cells in the string."""
        return len(self.capacity_ah)


@dataclass(frozen=True, slots=True)
class CellState:
    """One string at one moment. `charge` is the state of charge, 0 to 1.

    `through_ah` is the net charge that went through each cell, `discharged_ah` the part that was
    drawn from it (both since the start, the second never falls).
    """

    polarisation_v: Floats
    charge: Floats
    temperature_c: Floats
    cell_current_a: Floats
    string_current_a: float
    float_current_a: Floats
    through_ah: Floats
    discharged_ah: Floats


@dataclass(frozen=True, slots=True)
class StringInputs:
    """What acts on a string during one step.

    `least_current_a` and `most_current_a` bound the string current: the load draws the first while
    the charger gives nothing; the second is what the charger can give beyond the load.
    """

    bypass_current_a: Floats
    charger_voltage_v: float
    least_current_a: float
    most_current_a: float
    room_temperature_c: float


def open_circuit_v(cells: CellParameters, charge: Floats) -> Floats:
    """Return the open-circuit voltage of each cell in volt."""
    table = cells.table
    return cells.elements * np.interp(charge, table.charge_points, table.open_circuit_v)


def terminal_v(state: CellState, cells: CellParameters) -> Floats:
    """Return the true voltage at the terminals of each cell in volt."""
    return state.polarisation_v + cells.resistance_ohm * state.cell_current_a


def step(state: CellState, cells: CellParameters, inputs: StringInputs, dt_s: float) -> CellState:
    """Return the string `dt_s` later.

    Raises `ArithmeticError` where the currents cannot be solved, which inputs that a plant can have
    do not cause.
    """
    table = cells.table
    bypass_a = inputs.bypass_current_a
    kept_v = open_circuit_v(cells, state.charge)
    charging, discharging = _conductances(cells, state.charge)
    decade = np.log(10) / cells.slope_v
    base_a = (
        table.float_a_per_ah
        * cells.capacity_ah
        * np.exp2((state.temperature_c - REFERENCE_C) / table.doubling_k)
    )
    stiffness = table.polarisation_f_per_ah / cells.elements * cells.capacity_ah / dt_s
    reversed_v = cells.elements * REVERSED_V
    reversing = table.discharge_a_per_ah_v / cells.elements * cells.capacity_ah
    total_ohm = float(cells.resistance_ohm.sum())
    bypass_drop_v = float(cells.resistance_ohm @ bypass_a)
    max_step_v = cells.elements * _MAX_STEP_V

    v = state.polarisation_v
    string_a = float(np.clip(state.string_current_a, inputs.least_current_a, inputs.most_current_a))
    for _ in range(_MAX_ITERATIONS):
        float_a = base_a * np.exp((v - cells.float_reference_v) * decade)
        above_v = v - kept_v
        conductance = np.where(above_v > 0, charging, discharging)
        below_v = v - reversed_v
        reversing_now = np.where(below_v < 0, reversing, 0.0)
        main_a = conductance * above_v + reversing_now * below_v
        excess_a = stiffness * (v - state.polarisation_v) + float_a + main_a - string_a + bypass_a
        softness = 1 / (stiffness + float_a * decade + conductance + reversing_now)
        missing_v = inputs.charger_voltage_v - float(v.sum()) - total_ohm * string_a + bypass_drop_v
        wanted_a = (missing_v + float(excess_a @ softness)) / (float(softness.sum()) + total_ohm)
        next_a = min(max(string_a + wanted_a, inputs.least_current_a), inputs.most_current_a)
        change_v = ((next_a - string_a) - excess_a) * softness
        string_a = next_a
        largest_v = float(np.abs(change_v).max())
        if largest_v > max_step_v:
            change_v *= max_step_v / largest_v
        v = v + change_v
        if largest_v < _TOLERANCE_V * cells.elements:
            break
    else:
        msg = f"string currents not solved within {_MAX_ITERATIONS} iterations"
        raise ArithmeticError(msg)

    cell_a = string_a - bypass_a
    hours = dt_s / SECONDS_PER_HOUR
    self_discharge = table.self_discharge_per_s * np.exp2(
        (state.temperature_c - SELF_DISCHARGE_REFERENCE_C) / SELF_DISCHARGE_DOUBLING_K
    )
    charge = state.charge + main_a * hours / cells.capacity_ah - self_discharge * dt_s
    heat_w = (
        (v - cells.elements * table.thermoneutral_v) * float_a
        + above_v * main_a
        + cells.resistance_ohm * cell_a**2
    )
    return CellState(
        polarisation_v=v,
        charge=np.clip(charge, 0.0, 1.0),
        temperature_c=_temperature_after(state, cells, heat_w, inputs.room_temperature_c, dt_s),
        cell_current_a=cell_a,
        string_current_a=string_a,
        float_current_a=float_a,
        through_ah=state.through_ah + cell_a * hours,
        discharged_ah=state.discharged_ah + np.maximum(-cell_a, 0.0) * hours,
    )


def _conductances(cells: CellParameters, charge: Floats) -> tuple[Floats, Floats]:
    """Return ampere per volt above and below the open-circuit voltage of each cell."""
    table = cells.table
    scale = cells.capacity_ah / cells.elements
    charging = table.acceptance_a_per_ah_v * np.minimum(1.0, (1.0 - charge) / table.acceptance_knee)
    discharging = table.discharge_a_per_ah_v * np.minimum(1.0, charge / EXHAUSTED_CHARGE)
    return scale * charging, scale * discharging


def _temperature_after(
    state: CellState, cells: CellParameters, heat_w: Floats, room_c: float, dt_s: float
) -> Floats:
    temperature_c = state.temperature_c
    flow_w = np.diff(temperature_c) * cells.neighbour_w_per_k
    from_neighbours_w = np.zeros_like(temperature_c)
    from_neighbours_w[:-1] += flow_w
    from_neighbours_w[1:] -= flow_w
    pace = dt_s / cells.heat_capacity_j_per_k
    surroundings_c = room_c + cells.surroundings_k
    gained = heat_w + from_neighbours_w + cells.heat_loss_w_per_k * surroundings_c
    after = (temperature_c + pace * gained) / (1 + pace * cells.heat_loss_w_per_k)
    return np.minimum(after, BOILING_C)
