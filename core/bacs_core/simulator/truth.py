"""What really is in a plant, which nobody outside a simulation can see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bacs_core.rows import Rows
from bacs_core.simulator.cells import CellParameters, CellState, terminal_v
from bacs_core.simulator.sensors import ALL, Where
from bacs_core.snapshot import Flags, Floats


@dataclass(frozen=True, slots=True)
class Truth:
    """What really is in a string.

    Voltages are at the terminals; `cell_current_a` is the string current less what flows past the
    cell; `capacity_ah` is what a discharge over the rated hours at 25 °C gives, and
    `charge_percent` how much of it is left; `discharged_ah` is the charge that was ever drawn from
    a cell.
    """

    time_s: float
    voltage_v: Floats
    temperature_c: Floats
    resistance_ohm: Floats
    charge_percent: Floats
    capacity_ah: Floats
    bypass_current_a: Floats
    cell_current_a: Floats
    float_current_a: Floats
    through_ah: Floats
    discharged_ah: Floats
    string_current_a: float
    room_temperature_c: float


@dataclass(frozen=True, slots=True)
class PlantTruth:
    """What really is in all strings, in rows; as `Truth`, with strings in places of their own."""

    rows: Rows
    time_s: float
    voltage_v: Floats
    polarisation_v: Floats
    temperature_c: Floats
    resistance_ohm: Floats
    charge_percent: Floats
    capacity_ah: Floats
    bypass_current_a: Floats
    cell_current_a: Floats
    float_current_a: Floats
    through_ah: Floats
    discharged_ah: Floats
    overcharge_ah: Floats
    string_current_a: Floats
    string_voltage_v: Floats
    room_temperature_c: Floats
    charger_voltage_v: Floats
    boosting: Flags
    breaker_open: Flags

    def string(self, place: int) -> Truth:
        """Return what is in one string, by its place."""
        cells = self.rows.slices[self.rows.strings[place].key]
        return Truth(
            time_s=self.time_s,
            voltage_v=self.voltage_v[cells],
            temperature_c=self.temperature_c[cells],
            resistance_ohm=self.resistance_ohm[cells],
            charge_percent=self.charge_percent[cells],
            capacity_ah=self.capacity_ah[cells],
            bypass_current_a=self.bypass_current_a[cells],
            cell_current_a=self.cell_current_a[cells],
            float_current_a=self.float_current_a[cells],
            through_ah=self.through_ah[cells],
            discharged_ah=self.discharged_ah[cells],
            string_current_a=float(self.string_current_a[place]),
            room_temperature_c=float(self.room_temperature_c[place]),
        )


def charge_percent(charge: Floats, cells: CellParameters, where: Where = ALL) -> Floats:
    """Return how much of the capacity is left; `charge` is 0 to 1 of all charge of the plates."""
    missing = (1 - charge[where]) * cells.plate_ah[where] / cells.capacity_ah[where]
    return np.maximum(100 * (1 - missing), 0.0)


def poles_v(state: CellState, cells: CellParameters, outside_v: Floats) -> Floats:
    """Return the voltages at the terminals, with open cells; `outside_v` stands at each string.

    What stands at the ends of a string and not at its other cells is found at the open one.
    """
    v = terminal_v(state)
    rows = cells.rows
    others_v = rows.total(np.where(cells.open, 0.0, v))
    share = rows.spread((outside_v - others_v) / np.maximum(rows.total(cells.open), 1.0))
    return np.where(cells.open, share, v)
