"""What the float model needs to know about each chemistry, per element.

An element is one electrochemical cell: a 12 V lead block is six elements in series.

Sources, as collected for this project:

* Tafel slope: from the float/boost current pairs of EN 50272-2: VRLA 0.13 V / log10(8) = 144 mV per
  decade, vented lead 0.17 V / log10(4) = 282, NiCd 0.15 V / log10(10) = 150.
* Float current 0.4 mA/Ah at the float voltage: recombination heat of 0.09 W per cell and 100 Ah.
* Doubling of the float current every 8 K: EnerSys US-RE-IOM-002, page 38.
* Polarisation capacitance: order 100 F per Ah, from the first minutes after charger-off of a
  measured 12 V 17 Ah block.
* Open-circuit voltage: lead from Bode 1977, as PyBaMM's Sulzer2019 battery gives it over 340 hours
  (below 10 % the line is continued), LFP from the Sony US26650 data of SimSES, LTO from DOI
  10.3390/batteries5010031.
* Thermoneutral voltage 1.48 V: the part of the overcharge that a vented cell does not turn to heat.
* Capacity of lead over temperature: time factors of IEEE 450 and 1188.
* Resistance of LFP over charge and temperature: SimSES, Sony US26650 (61.7 mΩ empty, 47.8 half and
  42.5 full at 25 °C; 61 mΩ full at 10 °C).

Estimates without a source: charge acceptance, discharge conductance and its knee, the wells,
the NiCd curve, self-discharge, the resistance of lead and NiCd over charge and temperature, life
and water, and everything of lithium that is not named above. Those of lead that act in a discharge
were chosen once between PyBaMM's LOQS and full models and a measured 12 V 17 Ah block, which differ
from each other by up to 40 mV per cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bacs_core.model import Chemistry


@dataclass(frozen=True, slots=True)
class ChemistryTable:
    """Properties of one element; currents are per Ah of capacity.

    `acceptance_a_per_ah_v` is the charging current per volt above the open-circuit voltage; it
    falls linearly to zero over the last `acceptance_knee` of the state of charge. What the plates
    give per volt below it falls in the same way over the last `discharge_knee` before empty.

    Charge stands in two wells (Manwell and McGowan, 1993): the plates work with the available one,
    `available_share` of all, and the bound one flows after it with `exchange_per_s`. So a fast
    discharge ends before all is out. In the plates is `plate_share` of the rated capacity, so that
    a discharge over the rated hours gives just that.

    Resistance falls by `resistance_per_k` per kelvin and rises by `resistance_rise` (1 doubles it)
    from full to empty, with the square of what is missing. `capacity_c` and `capacity_shares` tell
    how much of the capacity can be had at which temperature.

    Ageing: `life_years` at 25 °C until a fifth of the capacity is gone, the water of an element,
    and how much of its overcharge recombines (all of it too where water is filled up again).
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
    discharge_knee: float
    available_share: float
    exchange_per_s: float
    plate_share: float
    resistance_per_k: float
    resistance_rise: float
    life_years: float
    water_g_per_ah: float
    recombined_share: float
    charge_points: tuple[float, ...]
    open_circuit_v: tuple[float, ...]
    capacity_c: tuple[float, ...] = (25.0,)
    capacity_shares: tuple[float, ...] = (1.0,)


HOUR_S: Final = 3600.0
MONTH_S: Final = 30 * 86400.0

#: 40, 50, 60, 68, 77, 90 and 110 °F in the table of the standard.
_IEEE_450_C: Final = (4.4, 10.0, 15.6, 20.0, 25.0, 32.2, 43.3)
_IEEE_450_SHARES: Final = (0.670, 0.790, 0.882, 0.942, 1.0, 1.065, 1.162)

_LEAD_CHARGE: Final = (
    *(0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5),
    *(0.6, 0.7, 0.8, 0.9, 1.0),
)
_LEAD_OPEN_CIRCUIT_V: Final = (
    *(1.600, 1.700, 1.768, 1.873, 1.910, 1.934, 1.954, 1.973, 1.990, 2.021),
    *(2.052, 2.081, 2.109, 2.137, 2.165),
)

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
    discharge_a_per_ah_v=12.0,
    discharge_knee=0.4,
    available_share=0.6,
    exchange_per_s=1.0 / HOUR_S,
    plate_share=1.15,
    resistance_per_k=0.006,
    resistance_rise=1.0,
    life_years=10.0,
    water_g_per_ah=9.0,
    recombined_share=0.97,
    charge_points=_LEAD_CHARGE,
    open_circuit_v=_LEAD_OPEN_CIRCUIT_V,
    capacity_c=_IEEE_450_C,
    capacity_shares=_IEEE_450_SHARES,
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
        discharge_a_per_ah_v=12.0,
        discharge_knee=0.4,
        available_share=0.6,
        exchange_per_s=1.0 / HOUR_S,
        plate_share=1.15,
        resistance_per_k=0.006,
        resistance_rise=1.0,
        life_years=15.0,
        water_g_per_ah=15.0,
        recombined_share=1.0,
        charge_points=_LEAD_CHARGE,
        open_circuit_v=_LEAD_OPEN_CIRCUIT_V,
        capacity_c=_IEEE_450_C,
        capacity_shares=_IEEE_450_SHARES,
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
        discharge_a_per_ah_v=15.0,
        discharge_knee=0.02,
        available_share=0.8,
        exchange_per_s=2.0 / HOUR_S,
        plate_share=1.01,
        resistance_per_k=0.005,
        resistance_rise=0.5,
        life_years=20.0,
        water_g_per_ah=15.0,
        recombined_share=1.0,
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
        acceptance_a_per_ah_v=20.0,
        acceptance_knee=0.005,
        discharge_a_per_ah_v=20.0,
        discharge_knee=0.02,
        available_share=0.95,
        exchange_per_s=20.0 / HOUR_S,
        plate_share=1.0,
        resistance_per_k=0.024,
        resistance_rise=0.45,
        life_years=15.0,
        water_g_per_ah=1.0,
        recombined_share=1.0,
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
        acceptance_a_per_ah_v=20.0,
        acceptance_knee=0.005,
        discharge_a_per_ah_v=20.0,
        discharge_knee=0.02,
        available_share=0.95,
        exchange_per_s=20.0 / HOUR_S,
        plate_share=1.0,
        resistance_per_k=0.024,
        resistance_rise=0.45,
        life_years=20.0,
        water_g_per_ah=1.0,
        recombined_share=1.0,
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
