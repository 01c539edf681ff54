"""From the strings of a site to their simulated cells: sizes, spreads and the float they stand in.

Every string draws from a random stream of its own, so that one string more changes no other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np

from bacs_core.model import Chemistry, String
from bacs_core.rows import Rows
from bacs_core.simulator.ageing import END_OF_LIFE_LOSS, WATER_G_PER_AH, Ageing
from bacs_core.simulator.cells import (
    REFERENCE_C,
    CellParameters,
    CellState,
    resistance_now_ohm,
)
from bacs_core.simulator.chemistry import CHEMISTRY_TABLES, ChemistryTable, elements_per_cell
from bacs_core.simulator.curves import Curves
from bacs_core.simulator.sensors import Tolerances
from bacs_core.simulator.thermal import surroundings_of
from bacs_core.snapshot import Floats

#: Resistance of one element: 0.75 mΩ at 100 Ah and 0.35 mΩ at 500 Ah, a power law between and
#: beyond.
REFERENCE_RESISTANCE_OHM: Final = 0.75e-3
REFERENCE_CAPACITY_AH: Final = 100.0
RESISTANCE_EXPONENT: Final = -0.4735

SPREAD_OF_ONE_ELEMENT_V: Final = 0.015
SPREAD_PER_ELEMENT_V: Final = 0.010

MAX_STEP_S: Final = 60.0
SECONDS_PER_YEAR: Final = 365.25 * 86400.0
_CURVE_STEPS: Final = 200
_COLDEST_C: Final = -20.0
_HOTTEST_C: Final = 80.0


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
    15 mV for a 2 V cell, 60 mV for a 12 V block. `max_step_s` is the longest step of the model;
    coarser ones stay stable but blur what happens within minutes. `tables` replaces what is known
    of a chemistry. `ageing` is how many times faster than in life the cells age.
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
    max_step_s: float = MAX_STEP_S
    tables: Mapping[Chemistry, ChemistryTable] = field(default_factory=dict)
    ageing: float = 1.0

    def table(self, chemistry: Chemistry) -> ChemistryTable:
        """Return what this plant's cells of a chemistry are like."""
        return self.tables.get(chemistry, CHEMISTRY_TABLES[chemistry])


def random_streams(strings: Sequence[String], options: PlantOptions) -> list[np.random.Generator]:
    """Return the random stream of each string."""
    return [np.random.default_rng([options.seed, *string.key.encode()]) for string in strings]


def usual_spread_v(elements: int) -> float:
    """Return the usual largest deviation of a cell's float voltage in a healthy string, in volt."""
    return SPREAD_OF_ONE_ELEMENT_V if elements == 1 else SPREAD_PER_ELEMENT_V * elements


def usual_resistance_ohm(string: String) -> float:
    """Return the internal resistance of a new full cell of `string` at 25 °C, in ohm."""
    elements = elements_per_cell(string.chemistry, string.cell_voltage_v)
    size = string.capacity_ah / REFERENCE_CAPACITY_AH
    return float(elements * REFERENCE_RESISTANCE_OHM * size**RESISTANCE_EXPONENT)


def build_cells(
    rows: Rows, options: PlantOptions, streams: Sequence[np.random.Generator]
) -> CellParameters:
    """Build the cells of all strings.

    The float references are laid so that all cells of a string, at their own temperatures and with
    one common current, stand at the float voltage plus their deviation.
    """
    drawn = [
        _drawn(string, options, random)
        for string, random in zip(rows.strings, streams, strict=True)
    ]
    deviation_v, warmer_k, capacity_ah, resistance_ohm = (
        np.concatenate([np.zeros(0), *column]) for column in zip(*drawn, strict=True)
    )
    kinds = [options.table(string.chemistry) for string in rows.strings]

    def of_kind(name: str) -> Floats:
        return rows.spread(np.array([getattr(kind, name) for kind in kinds], np.float64))

    elements = rows.spread(
        np.array(
            [elements_per_cell(string.chemistry, string.cell_voltage_v) for string in rows.strings],
            np.float64,
        )
    )
    slope_v = elements * of_kind("slope_v_per_decade")
    doubling_k = of_kind("doubling_k")
    heat_shift_v = slope_v * np.log10(2) * warmer_k / doubling_k
    rated_ah = rows.spread(rows.of_strings(lambda string: string.capacity_ah))
    size_shift_v = slope_v * np.log10(capacity_ah / rated_ah)
    float_v = rows.spread(rows.of_strings(lambda string: string.float_voltage_v))
    return CellParameters(
        rows=rows,
        elements=elements,
        capacity_ah=capacity_ah,
        plate_ah=of_kind("plate_share") * capacity_ah,
        float_a=of_kind("float_a_per_ah") * capacity_ah,
        float_reference_v=float_v + deviation_v + heat_shift_v + size_shift_v,
        slope_v=slope_v,
        doubling_k=doubling_k,
        polarisation_f=of_kind("polarisation_f_per_ah") * capacity_ah / elements,
        thermoneutral_v=of_kind("thermoneutral_v"),
        self_discharge_per_s=of_kind("self_discharge_per_s"),
        acceptance_s=of_kind("acceptance_a_per_ah_v") * capacity_ah / elements,
        acceptance_knee=of_kind("acceptance_knee"),
        discharge_s=of_kind("discharge_a_per_ah_v") * capacity_ah / elements,
        discharge_knee=of_kind("discharge_knee"),
        available_share=of_kind("available_share"),
        exchange_per_s=of_kind("exchange_per_s"),
        resistance_ohm=resistance_ohm,
        resistance_per_k=of_kind("resistance_per_k"),
        resistance_rise=of_kind("resistance_rise"),
        leak_s=np.zeros(rows.cell_count),
        open=np.zeros(rows.cell_count, np.bool_),
        open_circuit=_curves(rows, kinds, "charge_points", "open_circuit_v", (0.0, 1.0)),
        capacity_share=_curves(
            rows, kinds, "capacity_c", "capacity_shares", (_COLDEST_C, _HOTTEST_C)
        ),
        surroundings=surroundings_of(rows, warmer_k),
    )


def build_ageing(rows: Rows, options: PlantOptions) -> Ageing:
    """Return how fast the cells age, in rows."""
    kinds = [options.table(string.chemistry) for string in rows.strings]
    life_s = np.array([kind.life_years * SECONDS_PER_YEAR for kind in kinds])
    lost = np.array([1 - kind.recombined_share for kind in kinds])
    capacity_ah = rows.of_strings(lambda string: string.capacity_ah)
    water_g = np.array([kind.water_g_per_ah for kind in kinds]) * capacity_ah
    return Ageing(
        capacity_per_s=rows.spread(options.ageing * END_OF_LIFE_LOSS / life_s),
        water_per_ah=rows.spread(options.ageing * lost * WATER_G_PER_AH / water_g),
    )


def floating_state(cells: CellParameters, room_temperature_c: float) -> CellState:
    """Return the plant after a long float: one current through all cells of a string."""
    rows = cells.rows
    temperature_c = room_temperature_c + cells.surroundings.warmer_k
    per_reference_a = cells.float_a * np.exp2((temperature_c - REFERENCE_C) / cells.doubling_k)
    everywhere = np.ones(rows.cell_count, np.bool_)
    room_k = room_temperature_c - REFERENCE_C
    usual_a = rows.mean(
        cells.float_a * np.exp2(room_k / cells.doubling_k) / cells.capacity_ah, everywhere
    )
    current_a = usual_a * rows.of_strings(lambda string: string.capacity_ah)
    through_a = rows.spread(current_a)
    at_equal_current_v = cells.float_reference_v + cells.slope_v * np.log10(
        through_a / per_reference_a
    )
    float_v = rows.of_strings(lambda string: string.float_voltage_v)
    shift_v = float_v - rows.mean(at_equal_current_v, everywhere)
    polarisation_v = at_equal_current_v + rows.spread(shift_v)
    charge = _charge_at(cells, polarisation_v)
    zero = np.zeros(rows.cell_count)
    return CellState(
        polarisation_v=polarisation_v,
        charge=charge,
        available=charge,
        temperature_c=temperature_c,
        resistance_ohm=resistance_now_ohm(charge, temperature_c, cells),
        cell_current_a=through_a,
        string_current_a=current_a,
        float_current_a=through_a,
        through_ah=zero,
        discharged_ah=zero,
        overcharge_ah=zero,
    )


def _drawn(
    string: String, options: PlantOptions, random: np.random.Generator
) -> tuple[Floats, Floats, Floats, Floats]:
    """Draw deviation, warmth of the place, capacity and resistance of a string's cells."""
    count = string.cell_count
    elements = elements_per_cell(string.chemistry, string.cell_voltage_v)
    spread_v = usual_spread_v(elements) if options.spread_v is None else options.spread_v
    deviation_v = _deviations(options.spread_shape, count, random) * spread_v
    warmer_k = random.uniform(-1, 1, count) * options.surroundings_spread_k
    capacity_ah = string.capacity_ah * (1 + random.uniform(-1, 1, count) * options.capacity_spread)
    resistance_ohm = usual_resistance_ohm(string) * (
        1 + random.uniform(-1, 1, count) * options.resistance_spread
    )
    for oddity in options.oddities:
        if oddity.string_key == string.key and oddity.cell_index < count:
            resistance_ohm[oddity.cell_index] *= oddity.resistance_factor
            warmer_k[oddity.cell_index] += oddity.warmer_k
    return deviation_v, warmer_k, capacity_ah, resistance_ohm


def _deviations(shape: SpreadShape, count: int, random: np.random.Generator) -> Floats:
    if shape is SpreadShape.LINEAR:
        return np.linspace(-1, 1, count) if count > 1 else np.zeros(1)
    drawn = random.uniform(-1, 1, count)
    centred: Floats = np.clip(drawn - drawn.mean(), -1, 1)
    return centred


def _curves(
    rows: Rows,
    kinds: Sequence[ChemistryTable],
    places: str,
    heights: str,
    ends: tuple[float, float],
) -> Curves:
    """Lay one curve per kind of cell that the plant has."""
    distinct = list(dict.fromkeys(kinds))
    kind_of_string = np.array([distinct.index(kind) for kind in kinds], np.intp)
    points = [(getattr(kind, places), getattr(kind, heights)) for kind in distinct]
    return Curves.of(
        points, rows.spread(kind_of_string), lowest=ends[0], highest=ends[1], steps=_CURVE_STEPS
    )


def _charge_at(cells: CellParameters, polarisation_v: Floats) -> Floats:
    """Return the charge at which the plates rest at these voltages, 1 where that is above all."""
    low, high = np.zeros(cells.count), np.ones(cells.count)
    element_v = polarisation_v / cells.elements
    for _ in range(_CHARGE_BITS):
        middle = (low + high) / 2
        above = cells.open_circuit.at(middle)[0] > element_v
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return high


#: Halvings until the charge is exact to a billionth.
_CHARGE_BITS: Final = 30
