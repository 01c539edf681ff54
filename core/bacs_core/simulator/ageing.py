"""How cells grow old: capacity fades, resistance grows, water is lost.

The plates fade by a fifth over the design life at 25 °C, twice as fast for each 10 K more (C&D
41-7546: half the life per 10 °C). Overcharge that does not recombine takes 0.336 g of water per
ampere-hour (Faraday: 18.0 g over two moles of electrons). A valve-regulated cell that dries out
conducts worse inside but recombines better: it floats at more current, which dries it faster still.

Estimates without a source: resistance grows two and a half times as fast as capacity fades (half as
much again at the end of life), the recombined share, the water of a cell, and what drying out does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bacs_core.simulator.cells import REFERENCE_C, CellParameters, CellState
from bacs_core.simulator.sensors import Where
from bacs_core.snapshot import Floats

#: Ageing is worked out once in an hour of plant time.
AGEING_STEP_S: Final = 3600.0
END_OF_LIFE_LOSS: Final = 0.2
HALF_LIFE_K: Final = 10.0
RESISTANCE_PER_LOSS: Final = 2.5
WATER_G_PER_AH: Final = 0.336
#: What drying out does for each tenth of the water that is lost.
DRY_CAPACITY_SHARE: Final = 0.10
DRY_RESISTANCE_SHARE: Final = 0.25
DRY_FLOAT_SHARE: Final = 0.50
LEAST_SHARE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Wear:
    """What age has done to each cell, as shares of what was there when it was new."""

    capacity_lost: Floats
    water_lost: Floats

    @classmethod
    def none(cls, count: int) -> Wear:
        """Return new cells."""
        return cls(np.zeros(count), np.zeros(count))

    def renewed(self, fresh: Where) -> Wear:
        """Return this wear with some cells new again."""
        capacity_lost, water_lost = self.capacity_lost.copy(), self.water_lost.copy()
        capacity_lost[fresh] = 0.0
        water_lost[fresh] = 0.0
        return Wear(capacity_lost, water_lost)


@dataclass(frozen=True, slots=True)
class Ageing:
    """How fast each cell ages: loss of capacity per second at 25 °C, of water per Ah overcharge."""

    capacity_per_s: Floats
    water_per_ah: Floats


def aged(wear: Wear, ageing: Ageing, state: CellState, overcharge_ah: Floats, dt_s: float) -> Wear:
    """Return the wear `dt_s` later, in which `overcharge_ah` went through each cell."""
    faster = np.exp2((state.temperature_c - REFERENCE_C) / HALF_LIFE_K)
    return Wear(
        capacity_lost=np.minimum(wear.capacity_lost + ageing.capacity_per_s * faster * dt_s, 1.0),
        water_lost=np.minimum(wear.water_lost + ageing.water_per_ah * overcharge_ah, 1.0),
    )


def dried(water_lost: Floats) -> tuple[Floats, Floats, Floats]:
    """Return what a loss of water does to capacity, resistance and float current, as factors."""
    tenths = 10 * water_lost
    capacity = np.maximum(1 - DRY_CAPACITY_SHARE * tenths, LEAST_SHARE)
    return capacity, 1 + DRY_RESISTANCE_SHARE * tenths, 1 + DRY_FLOAT_SHARE * tenths


def with_wear(cells: CellParameters, wear: Wear) -> CellParameters:
    """Return cells as they are at their age."""
    dry_capacity, dry_resistance, dry_float = dried(wear.water_lost)
    capacity = np.maximum(1 - wear.capacity_lost, LEAST_SHARE) * dry_capacity
    resistance = (1 + RESISTANCE_PER_LOSS * wear.capacity_lost) * dry_resistance
    return replace(
        cells,
        capacity_ah=cells.capacity_ah * capacity,
        plate_ah=cells.plate_ah * capacity,
        float_a=cells.float_a * dry_float,
        resistance_ohm=cells.resistance_ohm * resistance,
    )
