"""How cells warm up: their own heat, loss to the room, and heat that passes to neighbours.

    m cp dT/dt = P - G (T - T_room - warmer) + G_n (T_left - T) + G_n (T_right - T)

Defaults are those of NREL's PySAM lead-acid battery: cp 660 J/(kg K), 7.5 W/(m2 K), 288 kg and
1.508 m2 for 10 kWh.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from bacs_core.rows import Rows
from bacs_core.snapshot import Floats

#: NREL PySAM, lead-acid defaults: mass and area of 10 kWh, specific heat, heat transfer.
REFERENCE_ENERGY_WH: Final = 10_000.0
REFERENCE_MASS_KG: Final = 288.0
REFERENCE_AREA_M2: Final = 1.508
SPECIFIC_HEAT_J_PER_KG_K: Final = 660.0
HEAT_TRANSFER_W_PER_M2_K: Final = 7.5
#: Neighbours touch with about a tenth of the surface that the air has.
NEIGHBOUR_SHARE: Final = 0.1
#: A cell boils dry rather than to get hotter.
BOILING_C: Final = 110.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the cells stand and how they give off heat, in rows.

    `warmer_k` tells how much warmer than the room the place of a cell is. `to_next_w_per_k` leads
    to the next row; it is 0 at the end of each string.
    """

    rows: Rows
    warmer_k: Floats
    heat_capacity_j_per_k: Floats
    loss_w_per_k: Floats
    to_next_w_per_k: Floats


def surroundings_of(rows: Rows, warmer_k: Floats) -> Surroundings:
    """Return what cells of usual size have around them."""
    energy_wh = rows.of_strings(lambda string: string.cell_voltage_v * string.capacity_ah)
    share = rows.spread(energy_wh) / REFERENCE_ENERGY_WH
    loss_w_per_k = REFERENCE_AREA_M2 * share ** (2 / 3) * HEAT_TRANSFER_W_PER_M2_K
    to_next_w_per_k = NEIGHBOUR_SHARE * loss_w_per_k
    to_next_w_per_k[rows.first_cell + rows.counts - 1] = 0.0
    return Surroundings(
        rows=rows,
        warmer_k=warmer_k,
        heat_capacity_j_per_k=REFERENCE_MASS_KG * share * SPECIFIC_HEAT_J_PER_KG_K,
        loss_w_per_k=loss_w_per_k,
        to_next_w_per_k=to_next_w_per_k,
    )


def temperature_after(
    temperature_c: Floats,
    heat_w: Floats,
    room_c: Floats,
    surroundings: Surroundings,
    dt_s: float,
) -> Floats:
    """Return the temperatures `dt_s` later; `room_c` is per string, all else in rows."""
    flow_w = np.diff(temperature_c) * surroundings.to_next_w_per_k[:-1]
    gained_w = heat_w.copy()
    gained_w[:-1] += flow_w
    gained_w[1:] -= flow_w
    place_c = room_c[surroundings.rows.string_of_cell] + surroundings.warmer_k
    gained_w += surroundings.loss_w_per_k * place_c
    pace = dt_s / surroundings.heat_capacity_j_per_k
    after = (temperature_c + pace * gained_w) / (1 + pace * surroundings.loss_w_per_k)
    return np.minimum(after, BOILING_C)
