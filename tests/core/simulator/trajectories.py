"""Courses of current and voltage that others computed or measured, and ours over the same current.

A table is CSV with a header of comments that names package, version, parameters and licence.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bacs_core.model import Chemistry
from bacs_core.simulator.building import PlantOptions
from bacs_core.simulator.chemistry import ChemistryTable
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.sensors import IDEAL
from bacs_core.snapshot import Floats
from tests.core.simulator.plants import make_string

DATA = Path(__file__).parents[2] / "data"
#: A charger set to this holds no voltage: it gives the current it is limited to.
NO_LIMIT_V = 1000.0


@dataclass(frozen=True)
class Course:
    """One cell or block over time; positive current charges."""

    time_s: Floats
    current_a: Floats
    voltage_v: Floats

    @property
    def taken_ah(self) -> Floats:
        """What was drawn until each moment."""
        steps_h = np.diff(self.time_s, prepend=self.time_s[0]) / 3600
        return np.cumsum(-self.current_a * steps_h)


def load(path: Path) -> dict[str, Course]:
    """Read all cases of a table."""
    return parsed(path.read_text(encoding="utf-8").splitlines())


def parsed(lines: Iterable[str]) -> dict[str, Course]:
    """Read all cases of a table from its lines."""
    rows: dict[str, list[tuple[float, float, float]]] = {}
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        point = (float(row["time_s"]), float(row["current_a"]), float(row["voltage_v"]))
        rows.setdefault(row["case"], []).append(point)
    return {case: Course(*np.array(points).T) for case, points in rows.items()}


def one_cell(
    chemistry: Chemistry,
    capacity_ah: float,
    *,
    cell_voltage_v: float,
    float_voltage_v: float,
    table: ChemistryTable | None = None,
) -> Plant:
    """Build one cell or block like in the catalogue, at 25 °C."""
    string = make_string(
        1,
        chemistry=chemistry,
        cell_voltage_v=cell_voltage_v,
        float_voltage_v=float_voltage_v,
        capacity_ah=capacity_ah,
    )
    options = PlantOptions(
        tolerances=IDEAL,
        spread_v=0.0,
        surroundings_spread_k=0.0,
        capacity_spread=0.0,
        resistance_spread=0.0,
        room_temperature_c=25.0,
        tables={} if table is None else {chemistry: table},
    )
    return Plant([string], options)


def driven(
    plant: Plant, time_s: Floats, current_a: Floats, temperature_c: Sequence[float] | None = None
) -> Floats:
    """Return the voltages of the one cell of `plant` at `time_s`, driven by the currents.

    A current holds from the time before it. Where temperatures are given the cell has them.
    """
    voltages = [float(plant.truth_rows().voltage_v[0])]
    for index, passed_s in enumerate(np.diff(time_s), start=1):
        current = float(current_a[index])
        plant.set_charger(
            None, on=current > 0, voltage_v=NO_LIMIT_V, current_limit_a=max(current, 0.0)
        )
        plant.set_load_current(None, max(-current, 0.0))
        if temperature_c is not None:
            plant.set_room_c(None, temperature_c[index])
            plant.state.temperature_c[:] = temperature_c[index]
        plant.advance(float(passed_s))
        voltages.append(float(plant.truth_rows().voltage_v[0]))
    return np.array(voltages)
