"""What has gone wrong inside the cells of a plant, in rows, as factors on how they were built."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from bacs_core.simulator.cells import CellParameters
from bacs_core.simulator.sensors import Where
from bacs_core.snapshot import Flags, Floats

#: A cell that is short as a whole is empty within minutes: siemens per ampere-hour.
DEAD_SHORT_S_PER_AH: Final = 5.0


@dataclass(slots=True, eq=False)
class Defects:
    """Factors and additions on the cells as built; changed by the methods only.

    `changed` is set by each of them and cleared by the plant when it has taken notice. `water_lost`
    adds to what age has taken.
    """

    capacity_factor: Floats
    resistance_factor: Floats
    float_factor: Floats
    float_shift_v: Floats
    leak_s: Floats
    shorted_elements: Floats
    open: Flags
    warmer_k: Floats
    loss_factor: Floats
    water_lost: Floats
    changed: bool = False

    @classmethod
    def none(cls, count: int) -> Defects:
        """Return healthy cells."""
        return cls(
            capacity_factor=np.ones(count),
            resistance_factor=np.ones(count),
            float_factor=np.ones(count),
            float_shift_v=np.zeros(count),
            leak_s=np.zeros(count),
            shorted_elements=np.zeros(count),
            open=np.zeros(count, np.bool_),
            warmer_k=np.zeros(count),
            loss_factor=np.ones(count),
            water_lost=np.zeros(count),
        )

    def weaken(self, where: Where, factor: float) -> None:
        """Leave cells this share of their capacity."""
        self.capacity_factor[where] = factor
        self.changed = True

    def raise_resistance(self, where: Where, factor: float) -> None:
        """Multiply the internal resistance of cells, against as built."""
        self.resistance_factor[where] = factor
        self.changed = True

    def raise_float_current(self, where: Where, factor: float) -> None:
        """Multiply the float current that cells take at their voltage."""
        self.float_factor[where] = factor
        self.changed = True

    def shift_float(self, where: Where, by_v: float) -> None:
        """Let cells float higher than now at the same current."""
        self.float_shift_v[where] += by_v
        self.changed = True

    def short(self, where: Where, elements: int = 1) -> None:
        """Let elements of cells have no voltage any more."""
        self.shorted_elements[where] = elements
        self.changed = True

    def leak(self, where: Where, siemens: float) -> None:
        """Give cells a path inside, at 25 °C; it conducts more when it gets warm."""
        self.leak_s[where] = siemens
        self.changed = True

    def break_open(self, where: Where, *, broken: bool = True) -> None:
        """Let cells conduct nothing; the whole string carries no current then."""
        self.open[where] = broken
        self.changed = True

    def dry_out(self, where: Where, lost_share: float) -> None:
        """Take this share of their water from cells: less capacity, more resistance and float."""
        self.water_lost[where] = lost_share
        self.changed = True

    def warm_place(self, where: Where, warmer_k: float) -> None:
        """Put cells at a place that is warmer than the room, against as built."""
        self.warmer_k[where] = warmer_k
        self.changed = True

    def repair(self, where: Where) -> None:
        """Make cells as they were built."""
        healthy = Defects.none(1)
        for field in fields(self):
            if field.name != "changed":
                getattr(self, field.name)[where] = getattr(healthy, field.name)[0]
        self.changed = True

    def insulate(self, where: Where, factor: float) -> None:
        """Leave cells this share of their heat loss to the room."""
        self.loss_factor[where] = factor
        self.changed = True


def critical_float_a(cells: CellParameters, voltage_v: Floats) -> Floats:
    """Return the float current at 25 °C above which each cell runs away in a room of 25 °C.

    Semenov's tangent condition for a current that doubles every Td and a loss G:
    I = G Td / (e ln 2) / V.
    """
    loss_w_per_k = cells.surroundings.loss_w_per_k
    return loss_w_per_k * cells.doubling_k / (math.e * math.log(2)) / voltage_v


def with_defects(built: CellParameters, defects: Defects) -> CellParameters:
    """Return the cells as built with what has gone wrong in them."""
    rows = built.rows
    shorted = np.minimum(defects.shorted_elements, built.elements)
    dead = shorted >= built.elements
    alive = np.where(dead, 1.0, 1 - shorted / built.elements)
    elements = built.elements * alive
    dead_s = DEAD_SHORT_S_PER_AH * built.capacity_ah / built.elements
    factor = defects.capacity_factor
    surroundings = built.surroundings
    return replace(
        built,
        rows=rows,
        elements=elements,
        capacity_ah=built.capacity_ah * factor,
        plate_ah=built.plate_ah * factor,
        float_a=built.float_a * defects.float_factor,
        float_reference_v=(built.float_reference_v + defects.float_shift_v) * alive,
        slope_v=built.slope_v * alive,
        polarisation_f=built.polarisation_f / alive,
        acceptance_s=built.acceptance_s * factor / alive,
        discharge_s=built.discharge_s * factor / alive,
        resistance_ohm=built.resistance_ohm * defects.resistance_factor,
        leak_s=defects.leak_s + np.where(dead, dead_s, 0.0),
        open=defects.open.copy(),
        surroundings=replace(
            surroundings,
            warmer_k=surroundings.warmer_k + defects.warmer_k,
            loss_w_per_k=surroundings.loss_w_per_k * defects.loss_factor,
        ),
    )
