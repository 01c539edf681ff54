"""Strings, plants and sites to test the simulator with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from bacs_core.model import (
    Chemistry,
    EqualizedBy,
    Limits,
    Manager,
    Quantity,
    Site,
    String,
)
from bacs_core.rows import rows_of
from bacs_core.settings import Address, Line, Parity, Settings
from bacs_core.simulator.building import PlantOptions, build_cells, random_streams
from bacs_core.simulator.cells import CellParameters, CellState
from bacs_core.simulator.chemistry import CHEMISTRY_TABLES, ChemistryTable
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.sensors import IDEAL
from bacs_core.snapshot import Floats

NO_LIMITS = Limits(None, None, None, None, None)
VRLA = CHEMISTRY_TABLES[Chemistry.VRLA]


def make_string(
    cell_count: int = 24,
    *,
    manager_id: str = "telecom",
    number: int = 1,
    chemistry: Chemistry = Chemistry.VRLA,
    cell_voltage_v: float = 2.0,
    float_voltage_v: float = 2.27,
    capacity_ah: float = 500.0,
    module_type: str = "C44",
    equalized_by: EqualizedBy = EqualizedBy.ENGINE,
    first_cell: int = 1,
) -> String:
    return String(
        manager_id=manager_id,
        number=number,
        name=f"{manager_id} {number}",
        chemistry=chemistry,
        cell_count=cell_count,
        cell_voltage_v=cell_voltage_v,
        float_voltage_v=float_voltage_v,
        capacity_ah=capacity_ah,
        module_type=module_type,
        equalized_by=equalized_by,
        limits=NO_LIMITS,
        stale_after_s=dict.fromkeys(Quantity, 60.0),
        first_cell=first_cell,
    )


def make_block_string(cell_count: int = 40, *, manager_id: str = "ups", number: int = 1) -> String:
    """12 V blocks of 100 Ah."""
    return make_string(
        cell_count,
        manager_id=manager_id,
        number=number,
        cell_voltage_v=12.0,
        float_voltage_v=13.62,
        capacity_ah=100.0,
        module_type="C24",
        equalized_by=EqualizedBy.MANAGER,
        first_cell=1 + cell_count * (number - 1),
    )


def plain_plant(string: String, **options: Any) -> Plant:
    """Build a plant without noise or tolerance: what is read is what is, rounded."""
    return Plant([string], PlantOptions(tolerances=IDEAL, **options))


def equal_cells(
    deviation_v: Floats,
    *,
    table: ChemistryTable = VRLA,
    elements: int = 1,
    capacity_ah: float = 500.0,
    float_v: float = 2.27,
    heat_loss_w_per_k: float = 1e9,
    heat_capacity_j_per_k: float = 1e9,
) -> CellParameters:
    """Cells that differ only in their float reference; by default nothing ever warms them."""
    string = make_string(
        len(deviation_v),
        cell_voltage_v=elements * table.nominal_v,
        float_voltage_v=elements * float_v,
        capacity_ah=capacity_ah,
    )
    options = PlantOptions(
        spread_v=0.0,
        surroundings_spread_k=0.0,
        capacity_spread=0.0,
        resistance_spread=0.0,
        tables={Chemistry.VRLA: table},
    )
    cells = build_cells(rows_of([string]), options, random_streams([string], options))
    everywhere = np.ones(len(deviation_v))
    return replace(
        cells,
        elements=elements * everywhere,
        float_reference_v=elements * float_v + deviation_v,
        resistance_ohm=0.0 * everywhere,
        surroundings=replace(
            cells.surroundings,
            heat_capacity_j_per_k=heat_capacity_j_per_k * everywhere,
            loss_w_per_k=heat_loss_w_per_k * everywhere,
            to_next_w_per_k=0.0 * everywhere,
        ),
    )


def full_state(cells: CellParameters, temperature_c: float = 25.0) -> CellState:
    """Full cells, each at its own float reference and nominal float current."""
    zero = np.zeros(cells.count)
    return CellState(
        polarisation_v=cells.float_reference_v,
        charge=zero + 1.0,
        available=zero + 1.0,
        temperature_c=zero + temperature_c,
        resistance_ohm=cells.resistance_ohm,
        cell_current_a=cells.float_a,
        string_current_a=cells.float_a[:1],
        float_current_a=cells.float_a,
        through_ah=zero,
        discharged_ah=zero,
        overcharge_ah=zero,
    )


def charged_to(cells: CellParameters, charge: Floats, polarisation_v: Floats) -> CellState:
    """Cells at a charge (0 to 1 of all in the plates) and voltage that they had for long."""
    return replace(
        full_state(cells), charge=charge, available=charge, polarisation_v=polarisation_v
    )


def make_line(line_id: str, baud: int = 115200, parity: Parity = Parity.NONE) -> Line:
    return Line(
        id=line_id,
        port=line_id,
        baud=baud,
        parity=parity,
        stop_bits=1,
        gap_s=0.00175,
        max_turnaround_s=0.1,
    )


def make_settings() -> Settings:
    """A manager with two strings of blocks on one line, a string of modules on another."""
    ups = Manager(
        "ups",
        "UPS",
        "panel_manager",
        (make_block_string(70, number=1), make_block_string(70, number=2)),
    )
    telecom = Manager("telecom", "Telecom", "engine", (make_string(6),))
    return Settings(
        site=Site("Room", (ups, telecom)),
        lines={"managers": make_line("managers"), "modules": make_line("modules", 57600)},
        managers={"ups": Address("managers", 1)},
        modules={"telecom/1": tuple(Address("modules", unit) for unit in range(1, 7))},
        current_sensors={"telecom/1": Address("modules", 241)},
    )
