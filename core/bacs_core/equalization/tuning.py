"""The figures of equalization, each with its source, and what follows from them for one string."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from bacs_core.chemistries import inner_cells
from bacs_core.model import MODULE_TYPES, Chemistry, String

REFERENCE_C: Final = 25.0


@dataclass(frozen=True, slots=True)
class FloatFigures:
    """How one electrochemical cell floats: `I = C i 2^((T-25)/Td) 10^((v-v_float)/slope)`."""

    slope_v_per_decade: float
    current_a_per_ah: float
    doubling_k: float
    final_phase_only: bool = False
    """Voltages tell something only at the end of charging (flat curves of lithium)."""


#: Slopes: float and boost currents of EN 50272-2. 0.4 mA/Ah: heat of recombination, 0.09 W per cell
#: and 100 Ah; the standard's own 1 mA/Ah is a design value for ventilation. Doubling every 8 K:
#: EnerSys US-RE-IOM-002, page 38. Lithium does not float: its row only sets the pace.
FLOAT_FIGURES: Final[dict[Chemistry, FloatFigures]] = {
    Chemistry.VRLA: FloatFigures(0.144, 0.4e-3, 8.0),
    Chemistry.VENTED_LEAD: FloatFigures(0.282, 0.4e-3, 8.0),
    Chemistry.NICD: FloatFigures(0.150, 0.4e-3, 8.0),
    Chemistry.LFP: FloatFigures(0.144, 0.4e-3, 8.0, final_phase_only=True),
    Chemistry.LTO: FloatFigures(0.144, 0.4e-3, 8.0, final_phase_only=True),
}


@dataclass(frozen=True, slots=True)
class Tuning:
    """What may be chosen about equalization. Values without a source were found by simulation.

    The two times were chosen over a grid of strings (2 V 500-1000 Ah and 12 V 40-200 Ah, 0.2 to
    1 mA/Ah, 100 to 500 F per Ah), not for one of them.
    """

    dead_band_v: float = 0.002
    start_above_v: float = 0.005
    goal_v: float = 0.010
    """Target ± this is the product's promise."""
    integral_s: float = 900.0
    """An error as large as the authority of full bypass adds 100 % of duty in this time."""
    damping_s: float = 3600.0
    """A cell that falls towards the target by its error in this time gets no more duty."""
    filter_s: float = 60.0
    """The noise of a reading is 0.5 to 1.5 mV: of that, a minute of readings leaves a tenth."""
    longest_step_s: float = 20.0
    """The lease of a duty: after a longer gap between ticks nobody knows what the bypass did."""
    blind_limit_percent: float = 50.0
    """Highest duty while the float current cannot be measured."""
    reserve: float = 0.1
    """Share of the nominal float current that bypass always leaves to the cell."""
    usable_error_share: float = 1 / 3
    """A current reading counts as float current where its error is below this share of it."""
    discharge_below: float = 0.04
    """A mean this far below float is none: 2.18 V; lead at rest has 2.165 V."""
    recovered_below: float = 0.03
    """Back in float; leaves room for -4 mV/K at 40 °C."""
    fall_share: float = 0.0025
    """A mean that falls by this share against the last hour: the charger no longer holds it."""
    fall_s: float = 3600.0
    steady_share: float = 0.0005
    """A fall is over when it is less than this: cells left alone lose 3 mV/h and more."""
    recovery_s: float = 600.0
    """How long a string must look well again after a discharge."""
    final_phase_below: float = 0.005
    hot_hold_s: float = 300.0
    """How long a hot module or cell rests after it was hot."""
    exhausted_after_s: float = 6 * 3600.0
    exhausted_progress: float = 0.2
    """An error that falls by this share within `exhausted_after_s` is still on its way."""


@dataclass(frozen=True, slots=True)
class Loop:
    """What the tuning means for one string; currents are for the whole string."""

    percent_per_v_s: float
    percent_per_v: float
    bypass_a: float
    float_a: float
    """Nominal float current at 25 °C."""
    figures: FloatFigures


def loop_for(string: String, tuning: Tuning) -> Loop:
    """Scale the law to a string.

    Full bypass moves a floating cell by its authority `I_bypass s / (ln10 I_float)`: the Tafel line
    of the float model, linearised at the float voltage. With it the loop is alike for all sizes.
    """
    figures = FLOAT_FIGURES[string.chemistry]
    slope_v = figures.slope_v_per_decade * (
        inner_cells(string.chemistry, string.cell_voltage_v) or 1
    )
    float_a = figures.current_a_per_ah * string.capacity_ah
    bypass_a = MODULE_TYPES[string.module_type].bypass_current_a
    authority_v = bypass_a * slope_v / (math.log(10) * float_a)
    percent_per_v_s = 100 / (authority_v * tuning.integral_s)
    return Loop(percent_per_v_s, percent_per_v_s * tuning.damping_s, bypass_a, float_a, figures)
