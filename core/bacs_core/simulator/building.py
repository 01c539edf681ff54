"""From a string of the site to its simulated cells: sizes, spreads and the state it floats in."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np

from bacs_core.model import String
from bacs_core.simulator.cells import CellParameters, CellState
from bacs_core.simulator.chemistry import CHEMISTRY_TABLES, elements_per_cell
from bacs_core.simulator.sensors import Tolerances
from bacs_core.snapshot import Floats

#: Resistance of one element: 0.75 mΩ at 100 Ah and 0.35 mΩ at 500 Ah, a power law between and
#: beyond.
REFERENCE_RESISTANCE_OHM: Final = 0.75e-3
REFERENCE_CAPACITY_AH: Final = 100.0
RESISTANCE_EXPONENT: Final = -0.4735

#: NREL PySAM, lead-acid defaults: mass and area of 10 kWh, specific heat, heat transfer.
REFERENCE_ENERGY_WH: Final = 10_000.0
REFERENCE_MASS_KG: Final = 288.0
REFERENCE_AREA_M2: Final = 1.508
SPECIFIC_HEAT_J_PER_KG_K: Final = 660.0
HEAT_TRANSFER_W_PER_M2_K: Final = 7.5
#: Neighbours touch with about a tenth of the surface that the air has.
NEIGHBOUR_SHARE: Final = 0.1

SPREAD_OF_ONE_ELEMENT_V: Final = 0.015
SPREAD_PER_ELEMENT_V: Final = 0.010


class SpreadShape(StrEnum):
    """How the float voltages of a string are spread."""

    RANDOM = "random"
    LINEAR = "linear"


@dataclass(frozen=True, slots=True)
class Oddity:
    """One cell that is not like the others, so that there is something to see."""

    string_key: str
    cell_index: int
    resistance_factor: float = 1.0
    warmer_k: float = 0.0


@dataclass(frozen=True, slots=True)
class PlantOptions:
    """How a simulated plant is built; the same options and seed give the same plant.

    `spread_v` is the largest deviation of a cell's float voltage; `None` takes what is usual:
    15 mV for a 2 V cell, 60 mV for a 12 V block.
    """

    seed: int = 1
    spread_v: float | None = None
    spread_shape: SpreadShape = SpreadShape.RANDOM
    tolerances: Tolerances = field(default_factory=Tolerances)
    room_temperature_c: float = 22.0
    surroundings_spread_k: float = 1.0
    capacity_spread: float = 0.02
    resistance_spread: float = 0.03
    oddities: tuple[Oddity, ...] = ()


def usual_spread_v(elements: int) -> float:
    """Return the usual largest deviation of a cell's float voltage in a healthy string, in volt."""
    return SPREAD_OF_ONE_ELEMENT_V if elements == 1 else SPREAD_PER_ELEMENT_V * elements


def build_cells(
    string: String, options: PlantOptions, random: np.random.Generator
) -> CellParameters:
    """Build the cells of a string.

    The float references are laid so that all cells, at their own temperatures and with one common
    current, stand at the float voltage plus their deviation.
    """
    table = CHEMISTRY_TABLES[string.chemistry]
    elements = elements_per_cell(string.chemistry, string.cell_voltage_v)
    count = string.cell_count
    spread_v = usual_spread_v(elements) if options.spread_v is None else options.spread_v
    deviation_v = _deviations(options.spread_shape, count, random) * spread_v
    surroundings_k = random.uniform(-1, 1, count) * options.surroundings_spread_k
    capacity_ah = string.capacity_ah * (1 + random.uniform(-1, 1, count) * options.capacity_spread)
    resistance_ohm = (
        elements
        * REFERENCE_RESISTANCE_OHM
        * (string.capacity_ah / REFERENCE_CAPACITY_AH) ** RESISTANCE_EXPONENT
        * (1 + random.uniform(-1, 1, count) * options.resistance_spread)
    )
    for oddity in options.oddities:
        if oddity.string_key == string.key and oddity.cell_index < count:
            resistance_ohm[oddity.cell_index] *= oddity.resistance_factor
            surroundings_k[oddity.cell_index] += oddity.warmer_k
    slope_v = elements * table.slope_v_per_decade
    heat_shift_v = slope_v * np.log10(2) * surroundings_k / table.doubling_k
    size_shift_v = slope_v * np.log10(capacity_ah / string.capacity_ah)
    energy_wh = string.cell_voltage_v * string.capacity_ah
    share = energy_wh / REFERENCE_ENERGY_WH
    heat_loss_w_per_k = REFERENCE_AREA_M2 * share ** (2 / 3) * HEAT_TRANSFER_W_PER_M2_K
    return CellParameters(
        table=table,
        elements=elements,
        capacity_ah=capacity_ah,
        float_reference_v=string.float_voltage_v + deviation_v + heat_shift_v + size_shift_v,
        resistance_ohm=resistance_ohm,
        surroundings_k=surroundings_k,
        heat_capacity_j_per_k=REFERENCE_MASS_KG * share * SPECIFIC_HEAT_J_PER_KG_K,
        heat_loss_w_per_k=heat_loss_w_per_k,
        neighbour_w_per_k=NEIGHBOUR_SHARE * heat_loss_w_per_k,
    )


def floating_state(string: String, cells: CellParameters, room_temperature_c: float) -> CellState:
    """Return the string after a long float: one current through all its cells."""
    table = cells.table
    temperature_c = room_temperature_c + cells.surroundings_k
    current_a = (
        table.float_a_per_ah
        * string.capacity_ah
        * float(np.exp2((room_temperature_c - 25.0) / table.doubling_k))
    )
    per_reference_a = (
        table.float_a_per_ah
        * cells.capacity_ah
        * np.exp2((temperature_c - 25.0) / table.doubling_k)
    )
    at_equal_current_v = cells.float_reference_v + cells.slope_v * np.log10(
        current_a / per_reference_a
    )
    polarisation_v = at_equal_current_v - at_equal_current_v.mean() + string.float_voltage_v
    charge = np.interp(polarisation_v / cells.elements, table.open_circuit_v, table.charge_points)
    zero = np.zeros(cells.count)
    return CellState(
        polarisation_v=polarisation_v,
        charge=charge,
        temperature_c=temperature_c,
        cell_current_a=zero + current_a,
        string_current_a=current_a,
        float_current_a=zero + current_a,
        through_ah=zero,
        discharged_ah=zero,
    )


def _deviations(shape: SpreadShape, count: int, random: np.random.Generator) -> Floats:
    if shape is SpreadShape.LINEAR:
        return np.linspace(-1, 1, count) if count > 1 else np.zeros(1)
    drawn = random.uniform(-1, 1, count)
    centred: Floats = np.clip(drawn - drawn.mean(), -1, 1)
    return centred
