"""What the float model needs to know about each chemistry, per element.

An element is one electrochemical cell: a 12 V lead block is six elements in series.

Sources, as collected for this project:

* Tafel slope: from the float/boost current pairs of EN 50272-2: VRLA 0.13 V / log10(8) = 144 mV per
  decade, vented lead 0.17 V / log10(4) = 282, NiCd 0.15 V / log10(10) = 150.
* Float current 0.4 mA/Ah at the float voltage: recombination heat of 0.09 W per cell and 100 Ah.
* Doubling of the float current every 8 K: EnerSys US-RE-IOM-002, page 38.
* Polarisation capacitance: order 100 F per Ah, from the first minutes after charger-off of a
  measured 12 V 17 Ah block.
* Open-circuit voltage: VRLA from Bode 1977 (50 % and above; below it the line is continued), LFP
  from the Sony US26650 data of SimSES, LTO from DOI 10.3390/batteries5010031.
* Thermoneutral voltage 1.48 V: the part of the overcharge that a vented cell does not turn to heat.

Estimates without a source: charge acceptance, discharge conductance, the NiCd curve, self-discharge
and everything of lithium that is not its open-circuit voltage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bacs_core.model import Chemistry


@dataclass(frozen=True, slots=True)
class ChemistryTable:
    """Properties of one element; currents are per Ah of capacity.

    `acceptance_a_per_ah_v` is the charging current per volt above the open-circuit voltage; it
    falls linearly to zero over the last `acceptance_knee` of the state of charge.
    """

    nominal_v: float
    slope_v_per_decade: float
    float_a_per_ah: float
    doubling_k: float
    polarisation_f_per_ah: float
    thermoneutral_v: float
    self_discharge_per_s: float
    acceptance_a_per_ah_v: float
    acceptance_knee: float
    discharge_a_per_ah_v: float
    charge_points: tuple[float, ...]
    open_circuit_v: tuple[float, ...]


MONTH_S: Final = 30 * 86400.0

_LEAD_CHARGE: Final = (0.0, 0.05, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_LEAD_OPEN_CIRCUIT_V: Final = (1.75, 1.90, 2.028, 2.057, 2.084, 2.112, 2.138, 2.165)

_VRLA: Final = ChemistryTable(
    nominal_v=2.0,
    slope_v_per_decade=0.144,
    float_a_per_ah=0.4e-3,
    doubling_k=8.0,
    polarisation_f_per_ah=100.0,
    thermoneutral_v=0.0,
    self_discharge_per_s=0.01 / MONTH_S,
    acceptance_a_per_ah_v=1.0,
    acceptance_knee=0.3,
    discharge_a_per_ah_v=3.0,
    charge_points=_LEAD_CHARGE,
    open_circuit_v=_LEAD_OPEN_CIRCUIT_V,
)

CHEMISTRY_TABLES: Final[dict[Chemistry, ChemistryTable]] = {
    Chemistry.VRLA: _VRLA,
    Chemistry.VENTED_LEAD: ChemistryTable(
        nominal_v=2.0,
        slope_v_per_decade=0.282,
        float_a_per_ah=0.4e-3,
        doubling_k=8.0,
        polarisation_f_per_ah=100.0,
        thermoneutral_v=1.48,
        self_discharge_per_s=0.02 / MONTH_S,
        acceptance_a_per_ah_v=1.0,
        acceptance_knee=0.3,
        discharge_a_per_ah_v=3.0,
        charge_points=_LEAD_CHARGE,
        open_circuit_v=_LEAD_OPEN_CIRCUIT_V,
    ),
    Chemistry.NICD: ChemistryTable(
        nominal_v=1.2,
        slope_v_per_decade=0.150,
        float_a_per_ah=0.4e-3,
        doubling_k=8.0,
        polarisation_f_per_ah=100.0,
        thermoneutral_v=1.48,
        self_discharge_per_s=0.05 / MONTH_S,
        acceptance_a_per_ah_v=1.0,
        acceptance_knee=0.2,
        discharge_a_per_ah_v=4.0,
        charge_points=(0.0, 0.05, 0.5, 0.9, 1.0),
        open_circuit_v=(1.10, 1.24, 1.29, 1.32, 1.35),
    ),
    Chemistry.LFP: ChemistryTable(
        nominal_v=3.2,
        slope_v_per_decade=0.060,
        float_a_per_ah=0.01e-3,
        doubling_k=10.0,
        polarisation_f_per_ah=200.0,
        thermoneutral_v=0.0,
        self_discharge_per_s=0.02 / MONTH_S,
        acceptance_a_per_ah_v=8.0,
        acceptance_knee=0.005,
        discharge_a_per_ah_v=8.0,
        charge_points=(0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0),
        open_circuit_v=(
            *(2.000, 3.050, 3.189, 3.231, 3.267, 3.290, 3.299),
            *(3.303, 3.309, 3.325, 3.342, 3.344, 3.348, 3.600),
        ),
    ),
    Chemistry.LTO: ChemistryTable(
        nominal_v=2.3,
        slope_v_per_decade=0.060,
        float_a_per_ah=0.01e-3,
        doubling_k=10.0,
        polarisation_f_per_ah=200.0,
        thermoneutral_v=0.0,
        self_discharge_per_s=0.02 / MONTH_S,
        acceptance_a_per_ah_v=10.0,
        acceptance_knee=0.005,
        discharge_a_per_ah_v=10.0,
        charge_points=(0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0),
        open_circuit_v=(
            *(2.000, 2.105, 2.125, 2.154, 2.177, 2.198, 2.224),
            *(2.259, 2.309, 2.376, 2.458, 2.513, 2.800),
        ),
    ),
}


def elements_per_cell(chemistry: Chemistry, cell_voltage_v: float) -> int:
    """Count the elements in series inside one cell of the given nominal voltage."""
    return max(1, round(cell_voltage_v / CHEMISTRY_TABLES[chemistry].nominal_v))
