"""Our cells of the sizes and kinds that the recorded discharges of others are about.

The lead cell of PyBaMM is ours as it is, of a size that gives what LOQS gives over ten hours. The
others are other batteries than ours: our model gets their open-circuit voltage, resistance and
wells, so that what is compared is how these work together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from bacs_core.model import Chemistry
from bacs_core.simulator.building import usual_resistance_ohm
from bacs_core.simulator.chemistry import CHEMISTRY_TABLES, ChemistryTable
from bacs_core.simulator.plant import Plant
from tests.core.simulator.trajectories import DATA, Course, load, one_cell

PYBAMM: Final = DATA / "pybamm_discharges.csv"
PYSAM: Final = DATA / "pysam_discharges.csv"

LOQS_AH: Final = 21.3
SLOWEST_DFN: Final = "dfn 0.115 A"
DFN_AH: Final = 2.30
#: Ohmic drop of Prada2013 at C/20, by which its curve was below the open-circuit voltage.
DFN_DROP_V: Final = 0.005
#: Diffusion in Prada2013: its capacity falls by 0.15 of 2.3 Ah for each C of current.
DFN_SHARE: Final = 0.5
DFN_EXCHANGE_PER_S: Final = 1.67 / 3600

#: PySAM LeadAcid: depth of discharge in percent, open-circuit voltage; every third default point.
LEAD_CURVE: Final = (
    *((98.56, 1.8374), (88.56, 1.8853), (78.46, 1.9189), (67.66, 1.9544), (57.71, 1.9836)),
    *((47.83, 2.0059), (37.78, 2.0260), (27.60, 2.0439), (17.38, 2.0609), (9.49, 2.0705)),
    *((1.80, 2.0772), (0.27, 2.0779)),
)
LEAD_ALL_AH: Final = 108.2
LEAD_RATED_AH: Final = 93.0
#: Wells that PySAM makes of q20 = 100, q10 = 93 and q1 = 60 Ah: 51.4 of 108.2 Ah are available, and
#: Manwell's k is 0.68 per hour; ours is that times share x (1 - share).
LEAD_SHARE: Final = 0.475
LEAD_EXCHANGE_PER_S: Final = 0.68 * 0.475 * 0.525 / 3600
ONE_WELL_SHARE: Final = 0.95
ONE_WELL_EXCHANGE_PER_S: Final = 100.0 / 3600
#: Drop per ampere in PySAM's tables.
LEAD_OHM: Final = 0.714e-3
LFP_OHM: Final = 0.068e-3
LFP_AH: Final = 96.0

#: PySAM's cells have no charge in a double layer.
NO_LAYER_F_PER_AH: Final = 1.0
#: With this the voltage falls once the available well is empty.
EMPTYING_KNEE: Final = 1.0
_NO_PLATE_LOSS: Final = 1000.0


def lead_of_loqs(_course: Course) -> Plant:
    """Build a VRLA cell as in the catalogue."""
    return one_cell(Chemistry.VRLA, LOQS_AH, cell_voltage_v=2.0, float_voltage_v=2.27)


def lfp_of_prada(_course: Course) -> Plant:
    """Build a cell with the open-circuit voltage that the slowest recorded discharge shows."""
    slowest = load(PYBAMM)[SLOWEST_DFN]
    left = 1 - slowest.taken_ah / DFN_AH
    table = replace(
        CHEMISTRY_TABLES[Chemistry.LFP],
        charge_points=(0.0, *left[::-1]),
        open_circuit_v=(2.0, *(slowest.voltage_v[::-1] + DFN_DROP_V)),
        available_share=DFN_SHARE,
        exchange_per_s=DFN_EXCHANGE_PER_S,
        resistance_rise=0.0,
    )
    return one_cell(Chemistry.LFP, DFN_AH, cell_voltage_v=3.2, float_voltage_v=3.4, table=table)


def lead_of_pysam(_course: Course) -> Plant:
    """Build a cell with the curve and resistance of PySAM's lead-acid battery.

    It has one well only: PySAM takes the voltage from all charge that is left, and not, like ours
    and the electrochemical models, from what is available.
    """
    return _lead_of_pysam(ONE_WELL_SHARE, ONE_WELL_EXCHANGE_PER_S)


def wells_of_pysam() -> Plant:
    """Build a cell with the wells of PySAM's lead-acid battery too."""
    return _lead_of_pysam(LEAD_SHARE, LEAD_EXCHANGE_PER_S, EMPTYING_KNEE)


def _lead_of_pysam(share: float, exchange_per_s: float, knee: float = 0.001) -> Plant:
    depth, voltage_v = np.array(LEAD_CURVE).T
    table = replace(
        CHEMISTRY_TABLES[Chemistry.VRLA],
        charge_points=tuple(1 - depth / 100),
        open_circuit_v=tuple(voltage_v),
        available_share=share,
        exchange_per_s=exchange_per_s,
        plate_share=LEAD_ALL_AH / LEAD_RATED_AH,
        discharge_a_per_ah_v=_NO_PLATE_LOSS,
        discharge_knee=knee,
        resistance_rise=0.0,
        polarisation_f_per_ah=NO_LAYER_F_PER_AH,
        capacity_c=(25.0,),
        capacity_shares=(1.0,),
    )
    plant = one_cell(
        Chemistry.VRLA, LEAD_RATED_AH, cell_voltage_v=2.0, float_voltage_v=2.27, table=table
    )
    return _with_resistance(plant, LEAD_OHM)


def lfp_of_pysam(_course: Course) -> Plant:
    """Build an LFP cell as in the catalogue, of the resistance of PySAM's."""
    table = _without_plate_loss(CHEMISTRY_TABLES[Chemistry.LFP])
    plant = one_cell(Chemistry.LFP, LFP_AH, cell_voltage_v=3.2, float_voltage_v=3.4, table=table)
    return _with_resistance(plant, LFP_OHM)


BUILT: Final[dict[str, Callable[[Course], Plant]]] = {
    "loqs": lead_of_loqs,
    "full": lead_of_loqs,
    "dfn": lfp_of_prada,
    "lead": lead_of_pysam,
    "lfp": lfp_of_pysam,
}


def _without_plate_loss(table: ChemistryTable) -> ChemistryTable:
    return replace(
        table, discharge_a_per_ah_v=_NO_PLATE_LOSS, discharge_knee=0.001, resistance_rise=0.0
    )


def _with_resistance(plant: Plant, resistance_ohm: float) -> Plant:
    (string,) = plant.rows.strings
    plant.defects.raise_resistance(0, resistance_ohm / usual_resistance_ohm(string))
    return plant
