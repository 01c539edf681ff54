"""The model of all cells of a plant: strings of cells in series, in rows, as one pure step.

Each cell is a polarisation capacitance that four currents leave (charge positive):

    C_p dv/dt = I_cell - I_float - I_leak - I_main    I_cell = I_string - I_bypass
    I_float   = I_25 10^((v - v_ref) / s) 2^((T - 25) / Td)            overcharge, Tafel
    I_leak    = g v 2^((T - 25) / Td)                                  a path inside the cell
    I_main    = G (v - ocv(x))                        what charges or discharges the plates
    V         = v + Ri I_cell                         at the terminals
    m cp dT/dt = (v - v_tn) I_float + v I_leak + (v - ocv) I_main + Ri I_cell^2 + exchange

Charge stands in two wells; the plates see the surface `x` of the available one:

    c Q dh1/dt = I_main - I_self + k Q (h2 - h1)      (1 - c) Q dh2/dt = -k Q (h2 - h1)

The string current follows from the series condition: the charger holds the sum of V (constant
voltage) inside the limits of what it can give and what the load takes. `v` of all cells and the
currents of all strings are solved together by Newton's method on an implicit Euler step, so that
any step length is stable; charge and temperature change slowly and follow from the solved currents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from bacs_core.rows import Rows
from bacs_core.simulator.curves import Curves
from bacs_core.simulator.thermal import Surroundings, temperature_after
from bacs_core.snapshot import Flags, Floats

REFERENCE_C: Final = 25.0
SECONDS_PER_HOUR: Final = 3600.0
#: Self-discharge doubles every 10 K, counted from 20 °C.
SELF_DISCHARGE_REFERENCE_C: Final = 20.0
SELF_DISCHARGE_DOUBLING_K: Final = 10.0
#: A driven-out element reverses and is then held near this voltage by a current that takes nothing
#: more from its plates.
REVERSED_V: Final = -0.5

_MAX_ITERATIONS: Final = 80
_MAX_STEP_V: Final = 0.1
_TOLERANCE_V: Final = 1e-8


@dataclass(frozen=True, slots=True)
class CellParameters:
    """The cells of a plant as they are now, in rows; conductances and capacities are per cell.

    `float_a` flows at 25 °C when the polarisation voltage is `float_reference_v`; the spread of the
    references is what equalization works against. `plate_ah` is all charge of the plates, of which
    `capacity_ah` can be had over the rated hours. `leak_s` is a path inside the cell, 0 in a
    healthy one. A cell that is `open` conducts nothing.
    """

    rows: Rows
    elements: Floats
    capacity_ah: Floats
    plate_ah: Floats
    float_a: Floats
    float_reference_v: Floats
    slope_v: Floats
    doubling_k: Floats
    polarisation_f: Floats
    thermoneutral_v: Floats
    self_discharge_per_s: Floats
    acceptance_s: Floats
    acceptance_knee: Floats
    discharge_s: Floats
    discharge_knee: Floats
    available_share: Floats
    exchange_per_s: Floats
    resistance_ohm: Floats
    resistance_per_k: Floats
    resistance_rise: Floats
    leak_s: Floats
    open: Flags
    open_circuit: Curves
    capacity_share: Curves
    surroundings: Surroundings

    @property
    def count(self) -> int:
        """Cells in the plant."""
        return self.rows.cell_count


@dataclass(frozen=True, slots=True)
class CellState:
    """The plant at one moment, in rows; `string_current_a` is per string.

    `charge` and `available` are 0 to 1, of all charge of the plates and of the available well.
    `through_ah` is the net charge that went through each cell, `discharged_ah` the part that was
    drawn from it and `overcharge_ah` the part that charged nothing (all since the start, the last
    two never fall). `resistance_ohm` is that of the moment.
    """

    polarisation_v: Floats
    charge: Floats
    available: Floats
    temperature_c: Floats
    resistance_ohm: Floats
    cell_current_a: Floats
    string_current_a: Floats
    float_current_a: Floats
    through_ah: Floats
    discharged_ah: Floats
    overcharge_ah: Floats


@dataclass(frozen=True, slots=True)
class StringInputs:
    """What acts on the strings during one step; all per string but `bypass_current_a`.

    `least_current_a` and `most_current_a` bound the string current: the load draws the first while
    the charger gives nothing; the second is what the charger can give beyond the load.
    `load_power_w` is drawn besides, whatever the voltage is, but not below `power_end_v`, where it
    becomes a constant current.
    """

    bypass_current_a: Floats
    charger_voltage_v: Floats
    least_current_a: Floats
    most_current_a: Floats
    load_power_w: Floats
    power_end_v: Floats
    room_temperature_c: Floats


def surface(state: CellState, cells: CellParameters) -> tuple[Floats, Floats]:
    """Return the charge that the plates see, 0 to 1, and how fast it moves with the available one.

    In the cold a part of the charge is out of reach.
    """
    share, _ = cells.capacity_share.at(state.temperature_c)
    seen = 1 / share
    return np.minimum(np.maximum(1 - (1 - state.available) * seen, 0.0), 1.0), seen


def open_circuit_v(state: CellState, cells: CellParameters) -> Floats:
    """Return the voltage that the plates of each cell keep, in volt."""
    seen, _ = surface(state, cells)
    return cells.elements * cells.open_circuit.at(seen)[0]


def terminal_v(state: CellState) -> Floats:
    """Return the true voltage at the terminals of each cell, in volt, as if none were open."""
    return state.polarisation_v + state.resistance_ohm * state.cell_current_a


def resistance_now_ohm(charge: Floats, temperature_c: Floats, cells: CellParameters) -> Floats:
    """Return the internal resistance at a charge (0 to 1) and temperature, in ohm."""
    missing = 1 - charge
    colder_k = REFERENCE_C - temperature_c
    of_charge = 1 + cells.resistance_rise * missing * missing
    return cells.resistance_ohm * of_charge * np.exp(cells.resistance_per_k * colder_k)


def step(state: CellState, cells: CellParameters, inputs: StringInputs, dt_s: float) -> CellState:
    """Return the plant `dt_s` later.

    Raises `ArithmeticError` where the currents cannot be solved, which inputs that a plant can have
    do not cause.
    """
    faced = _faced(state, cells, dt_s)
    v, string_a, float_a, main_a = _solve(state, cells, inputs, faced)
    cell_a = string_a[cells.rows.string_of_cell] - inputs.bypass_current_a
    hours = dt_s / SECONDS_PER_HOUR
    self_discharge = cells.self_discharge_per_s * np.exp2(
        (state.temperature_c - SELF_DISCHARGE_REFERENCE_C) / SELF_DISCHARGE_DOUBLING_K
    )
    change = main_a * hours / cells.plate_ah - self_discharge * dt_s * (state.charge > 0)
    # Charge may fall below nothing: warm plates give more than is counted for 25 °C, and what a
    # long step took too much from an empty cell is owed.
    charge = np.minimum(state.charge + change, 1.0)
    available = _available_after(state, cells, change, charge, dt_s)
    reversed_a = faced.reversing_s * np.minimum(v - faced.reversed_v, 0.0)
    heat_w = (
        (v - cells.elements * cells.thermoneutral_v) * float_a
        + faced.leak_s * v * v
        + reversed_a * v
        + (v - faced.kept_v) * main_a
        + faced.resistance_ohm * cell_a * cell_a
    )
    temperature_c = temperature_after(
        state.temperature_c, heat_w, inputs.room_temperature_c, cells.surroundings, dt_s
    )
    return CellState(
        polarisation_v=v,
        charge=charge,
        available=available,
        temperature_c=temperature_c,
        resistance_ohm=faced.resistance_ohm,
        cell_current_a=cell_a,
        string_current_a=string_a,
        float_current_a=float_a,
        through_ah=state.through_ah + cell_a * hours,
        discharged_ah=state.discharged_ah + np.maximum(-cell_a, 0.0) * hours,
        overcharge_ah=state.overcharge_ah + float_a * hours,
    )


@dataclass(frozen=True, slots=True)
class _Faced:
    """What the currents of one step meet in each cell."""

    kept_v: Floats
    charging_s: Floats
    discharging_s: Floats
    reversed_v: Floats
    reversing_s: Floats
    base_a: Floats
    decade: Floats
    stiffness_s: Floats
    leak_s: Floats
    resistance_ohm: Floats


def _faced(state: CellState, cells: CellParameters, dt_s: float) -> _Faced:
    seen, gain = surface(state, cells)
    element_v, element_v_per_charge = cells.open_circuit.at(seen)
    kept_v = cells.elements * element_v
    # The open-circuit voltage moves while the step lasts: an ampere for the whole step lifts it by
    # so many volt. That acts like a resistance in series and keeps long steps stable.
    taken_per_a = gain * (dt_s / SECONDS_PER_HOUR) / (cells.available_share * cells.plate_ah)
    moved_ohm = cells.elements * element_v_per_charge * taken_per_a
    charging_s = cells.acceptance_s * np.minimum(
        1.0, (1.0 - state.available) / cells.acceptance_knee
    )
    discharging_s = cells.discharge_s * np.minimum(1.0, seen / cells.discharge_knee)
    warming = np.exp2((state.temperature_c - REFERENCE_C) / cells.doubling_k)
    return _Faced(
        kept_v=kept_v,
        charging_s=charging_s / (1 + charging_s * moved_ohm),
        discharging_s=discharging_s / (1 + discharging_s * moved_ohm),
        reversed_v=cells.elements * REVERSED_V,
        reversing_s=cells.discharge_s,
        base_a=cells.float_a * warming,
        decade=np.log(10) / cells.slope_v,
        stiffness_s=cells.polarisation_f / dt_s,
        leak_s=cells.leak_s * warming,
        resistance_ohm=resistance_now_ohm(state.charge, state.temperature_c, cells),
    )


def _solve(
    state: CellState, cells: CellParameters, inputs: StringInputs, faced: _Faced
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return polarisation voltages, string currents, float currents and main currents."""
    rows = cells.rows
    first, of_cell = rows.first_cell, rows.string_of_cell
    bypass_a = inputs.bypass_current_a
    total_ohm = np.add.reduceat(faced.resistance_ohm, first)
    bypass_drop_v = np.add.reduceat(faced.resistance_ohm * bypass_a, first)
    max_step_v = cells.elements[first] * _MAX_STEP_V
    tolerance_v = cells.elements[first] * _TOLERANCE_V
    fixed_s = faced.stiffness_s + faced.leak_s
    stored_a = faced.stiffness_s * state.polarisation_v - bypass_a
    any_power = bool(inputs.load_power_w.any())
    least_a, most_a = inputs.least_current_a, inputs.most_current_a

    v = state.polarisation_v
    string_a = np.minimum(np.maximum(state.string_current_a, least_a), most_a)
    for _ in range(_MAX_ITERATIONS):
        float_a = faced.base_a * np.exp((v - cells.float_reference_v) * faced.decade)
        above_v = v - faced.kept_v
        conductance_s = np.where(above_v > 0, faced.charging_s, faced.discharging_s)
        below_v = v - faced.reversed_v
        reversing_s = np.where(below_v < 0, faced.reversing_s, 0.0)
        main_a = conductance_s * above_v
        leaving_a = fixed_s * v + float_a + main_a + reversing_s * below_v
        excess_a = leaving_a - stored_a - string_a[of_cell]
        softness_ohm = 1 / (fixed_s + float_a * faced.decade + conductance_s + reversing_s)
        sum_v = np.add.reduceat(v, first) + total_ohm * string_a - bypass_drop_v
        if any_power:
            power_a = inputs.load_power_w / np.maximum(sum_v, inputs.power_end_v)
            least_a = inputs.least_current_a - power_a
            most_a = inputs.most_current_a - power_a
        missing_v = inputs.charger_voltage_v - sum_v
        following_v = np.add.reduceat(excess_a * softness_ohm, first)
        wanted_a = (missing_v + following_v) / (np.add.reduceat(softness_ohm, first) + total_ohm)
        next_a = np.minimum(np.maximum(string_a + wanted_a, least_a), most_a)
        change_v = ((next_a - string_a)[of_cell] - excess_a) * softness_ohm
        largest_v = np.maximum.reduceat(np.abs(change_v), first)
        if (largest_v > max_step_v).any():
            change_v *= np.minimum(1.0, max_step_v / np.maximum(largest_v, 1e-12))[of_cell]
        v = v + change_v
        string_a = next_a
        if (largest_v < tolerance_v).all():
            return v, string_a, float_a, main_a
    msg = f"string currents not solved within {_MAX_ITERATIONS} iterations"
    raise ArithmeticError(msg)


def _available_after(
    state: CellState, cells: CellParameters, change: Floats, charge: Floats, dt_s: float
) -> Floats:
    """Return the level of the available well; `change` went into or out of it, then both mix."""
    share = cells.available_share
    left_by = np.exp(-cells.exchange_per_s * dt_s / (share * (1 - share)))
    before = np.minimum(state.available + change / share, 1.0)
    # What the available well stands above the common level dies away.
    return np.minimum(charge + (before - charge) * left_by, 1.0)
