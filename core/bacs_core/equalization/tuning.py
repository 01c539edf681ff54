"""The figures of equalization, each with its source, and what follows from them for a plant."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from bacs_core.chemistries import inner_cells
from bacs_core.model import MODULE_TYPES, Chemistry, EqualizedBy, String
from bacs_core.rows import Rows
from bacs_core.snapshot import Flags, Floats

REFERENCE_C: Final = 25.0
#: What is above charges the string, or is no current at all: the float current of an old or hot
#: string is a tenth of it.
MOST_FLOAT_A_PER_AH: Final = 0.05
SECONDS_PER_HOUR: Final = 3600.0


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


@dataclass(frozen=True, slots=True, eq=False)
class Tuning:
    """What may be chosen about equalization. Values without a source were found by simulation.

    The two times were chosen over a grid of strings (2 V 500-1000 Ah and 12 V 40-200 Ah, 0.2 to
    1 mA/Ah, 100 to 500 F per Ah), not for one of them.
    """

    dead_band_v: float = 0.002
    start_above_v: float = 0.005
    goal_v: float = 0.010
    """Target ± this is the product's promise."""
    lift_share: float = 0.5
    """The others aim this much lower, of what a low cell lies deeper than the highest is high."""
    lift_below_v: float = 0.005
    """Nobody is lifted who lies no deeper than this."""
    lift_most_v: float = 0.005
    integral_s: float = 900.0
    """An error as large as the authority of full bypass adds 100 % of duty in this time."""
    damping_s: float = 3600.0
    """A cell that falls towards the target by its error in this time gets no more duty."""
    filter_s: float = 60.0
    """The noise of a reading is 0.5 to 1.5 mV: of that, a minute of readings leaves a tenth."""
    law_every_s: float = 5.0
    """The law is worked this often, on the mean of the readings since: its filter takes a minute,
    its integral a quarter of an hour. What forbids or limits bypass acts at every tick."""
    longest_step_s: float = 20.0
    """The lease of a duty: after a longer gap between ticks nobody knows what the bypass did."""
    blind_limit_percent: float = 50.0
    """Highest duty while the float current cannot be measured."""
    reserve: float = 0.1
    """Share of the nominal float current that bypass always leaves to the cell."""
    final_phase_below: float = 0.005
    """Lithium is bypassed by voltage where the mean is at most this share below float."""
    top_minimum_percent: float = 10.0
    """What top balancing leaves once the final phase of charging is over."""
    hot_hold_s: float = 300.0
    """How long a hot module or cell rests after it was hot."""
    judge_every_s: float = 60.0
    """Findings grow over hours: so often is enough to look."""
    exhausted_after_s: float = 8 * 3600.0
    exhausted_progress: float = 0.1
    """An error that falls by this share within `exhausted_after_s` is still on its way."""
    ease_after_s: float = 24 * 3600.0
    """Bypass that has been exhausted for so long is not kept up where much is missing ..."""
    ease_above_v: float = 0.020
    """... which is this: a string at 12 mV is better held there ..."""
    eased_percent: float = 20.0
    """... but reduced, in proportion, to the duty that a module has in normal operation ..."""
    retry_after_s: float = 8 * 24 * 3600.0
    """... and tried anew in this time: the room may be cooler, the charger set anew."""
    surplus_start_share: float = 0.005
    """Partial balancing starts at a surplus of this share of the rated capacity."""
    surplus_end_share: float = 0.001
    surplus_bled_in_s: float = 3600.0
    surplus_gross_percent: float = 10.0
    """A charge that is further than this from the median of its string is no honest count."""
    contradicted_s: float = 180.0
    """A duty that differs from the order for so long was not merely late (lease: 20 s)."""
    contradicted_percent: float = 15.0
    response_s: float = 12 * 3600.0
    """A float voltage takes 4 to 40 h to settle; in this time the slowest shows an eighth of it."""
    response_duty_percent: float = 20.0
    """A change of duty that is large enough to be followed by the voltage beyond doubt."""
    response_v: float = 0.024
    """The nominal response must be this large: a sixth of it (1 mA/Ah at 35 °C) is still seen."""
    response_share: float = 0.05
    """Less than this share of the nominal response, in all of `response_s`, is none."""


@dataclass(frozen=True, slots=True)
class Loops:
    """What the tuning means for a plant: per string, and per cell where the name says so."""

    bypass_a: Floats
    """Full bypass; 0 where the module type has none that is known."""
    float_a: Floats
    """Nominal float current at 25 °C."""
    reserve_a: Floats
    """What bypass always leaves to the cell."""
    most_float_a: Floats
    """What is above is no float current."""
    percent_per_a: Floats
    """Duty that takes one ampere; 0 where nothing is known to take any."""
    capacity_ah: Floats
    doubling_k: Floats
    least_final_v: Floats
    """Mean voltage from which on voltages tell something; -inf where they always do."""
    engine: Flags
    cell_ordered_elsewhere: Flags
    """In a string that its manager equalizes by itself: nobody here knows what was ordered."""
    cell_bypass_a: Floats
    cell_ah_per_percent_s: Floats
    """What one percent of duty takes in one second."""
    cell_capacity_ah: Floats
    """Rated."""
    cell_authority_v: Floats
    cell_percent_per_v_s: Floats
    cell_percent_per_v: Floats
    cell_critical_c: Floats
    """From here on a cell is hot; inf where it has no such limit."""


#: Plants at work in one process: the engine's, or a handful of tests.
_KEPT_PLANTS: Final = 16


@lru_cache(maxsize=_KEPT_PLANTS)
def loops_of(rows: Rows, tuning: Tuning) -> Loops:
    """Scale the law to every string.

    Full bypass moves a floating cell by its authority `I_bypass s / (ln10 I_float)`: the Tafel line
    of the float model, linearised at the float voltage. With it the loop is alike for all sizes.
    """
    strings = rows.strings
    figures = [FLOAT_FIGURES[string.chemistry] for string in strings]
    bypass_a = rows.of_strings(_full_bypass_a)
    capacity_ah = rows.of_strings(lambda string: string.capacity_ah)
    slope_v = np.array(
        [
            kind.slope_v_per_decade * (inner_cells(string.chemistry, string.cell_voltage_v) or 1)
            for kind, string in zip(figures, strings, strict=True)
        ]
    )
    float_a = np.array([kind.current_a_per_ah for kind in figures]) * capacity_ah
    authority_v = bypass_a * slope_v / (math.log(10) * float_a)
    percent_per_v_s = np.zeros(rows.string_count)
    np.divide(100 / tuning.integral_s, authority_v, out=percent_per_v_s, where=authority_v > 0)
    final_only = np.array([kind.final_phase_only for kind in figures], np.bool_)
    final_v = (1 - tuning.final_phase_below) * rows.of_strings(lambda one: one.float_voltage_v)
    critical_c = rows.of_strings(lambda string: string.limits.temperature_critical_c)
    percent_per_a = np.zeros(rows.string_count)
    np.divide(100.0, bypass_a, out=percent_per_a, where=bypass_a > 0)
    return Loops(
        bypass_a=bypass_a,
        float_a=float_a,
        reserve_a=tuning.reserve * float_a,
        most_float_a=MOST_FLOAT_A_PER_AH * capacity_ah,
        percent_per_a=percent_per_a,
        capacity_ah=capacity_ah,
        doubling_k=np.array([kind.doubling_k for kind in figures]),
        least_final_v=np.where(final_only, final_v, -np.inf),
        engine=rows.flags_of_strings(lambda string: string.equalized_by is EqualizedBy.ENGINE),
        cell_ordered_elsewhere=rows.spread(
            rows.flags_of_strings(lambda string: string.equalized_by is EqualizedBy.MANAGER)
        ),
        cell_bypass_a=rows.spread(bypass_a),
        cell_ah_per_percent_s=rows.spread(bypass_a) / (100 * SECONDS_PER_HOUR),
        cell_capacity_ah=rows.spread(capacity_ah),
        cell_authority_v=rows.spread(authority_v),
        cell_percent_per_v_s=rows.spread(percent_per_v_s),
        cell_percent_per_v=rows.spread(percent_per_v_s) * tuning.damping_s,
        cell_critical_c=rows.spread(np.where(np.isnan(critical_c), np.inf, critical_c)),
    )


def _full_bypass_a(string: String) -> float:
    module_type = MODULE_TYPES.get(string.module_type)
    return 0.0 if module_type is None else module_type.bypass_current_a
