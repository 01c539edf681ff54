"""What is usual for each chemistry: float voltage and alarm limits, per cell of the chemistry.

A 12 V monobloc of lead has six cells inside; its figures are those of one cell times six. All of
it are defaults that a site file may replace.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bacs_core.model import Chemistry, Limits, String


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of one electrochemical cell."""

    nominal_v: float
    float_v: float
    low_v: float
    high_v: float
    temperature_high_c: float
    temperature_critical_c: float
    end_v: float


#: Float voltages: EN 50272-2 table (VRLA, vented, NiCd); makers' figures for lithium. Warning
#: limits for VRLA: 2.20 and 2.33 V per cell (2.33 V halves the life, Exide 92.30); temperatures:
#: 10 K above 25 °C, and 50 °C as the end of charging (C&D 41-7546). Those of NiCd and lithium are
#: our choice. End of discharge: 1.75 to 1.80 V for lead (EN 50272-2); the usual ones elsewhere.
FIGURES: Final[dict[Chemistry, Figures]] = {
    Chemistry.VRLA: Figures(2.0, 2.27, 2.20, 2.33, 35.0, 50.0, 1.80),
    Chemistry.VENTED_LEAD: Figures(2.0, 2.23, 2.18, 2.30, 35.0, 50.0, 1.80),
    Chemistry.NICD: Figures(1.2, 1.40, 1.36, 1.47, 45.0, 55.0, 1.00),
    Chemistry.LFP: Figures(3.2, 3.40, 2.80, 3.55, 45.0, 55.0, 2.50),
    Chemistry.LTO: Figures(2.3, 2.60, 2.00, 2.80, 45.0, 55.0, 1.90),
}


def inner_cells(chemistry: Chemistry, cell_voltage_v: float) -> int | None:
    """How many electrochemical cells are in one unit, or `None` if that voltage cannot be."""
    nominal_v = FIGURES[chemistry].nominal_v
    count = round(cell_voltage_v / nominal_v)
    # 3.6 or 3.7 V are written for LFP cells too; a tenth of tolerance keeps 2 V and 2.3 V apart.
    matches = count >= 1 and abs(count * nominal_v - cell_voltage_v) <= 0.1 * nominal_v
    return count if matches else None


def float_voltage_v(chemistry: Chemistry, cell_voltage_v: float) -> float:
    """Return the usual float voltage of one unit of `cell_voltage_v`."""
    count = inner_cells(chemistry, cell_voltage_v) or 1
    return round(count * FIGURES[chemistry].float_v, 3)


def end_voltage_v(string: String) -> float:
    """Return where a discharge of one unit of `string` ends."""
    if string.end_voltage_v is not None:
        return string.end_voltage_v
    count = inner_cells(string.chemistry, string.cell_voltage_v) or 1
    return round(count * FIGURES[string.chemistry].end_v, 3)


def limits(chemistry: Chemistry, cell_voltage_v: float) -> Limits:
    """Return the usual alarm limits; resistance has none until the site has its own baseline."""
    figures = FIGURES[chemistry]
    count = inner_cells(chemistry, cell_voltage_v) or 1
    return Limits(
        voltage_low_v=round(count * figures.low_v, 3),
        voltage_high_v=round(count * figures.high_v, 3),
        temperature_high_c=figures.temperature_high_c,
        temperature_critical_c=figures.temperature_critical_c,
        resistance_high_ohm=None,
    )
