"""The figures of estimation, each with its source, and what they mean for a plant."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from bacs_core.chemistries import end_voltage_v, inner_cells
from bacs_core.model import MODULE_TYPES, Chemistry
from bacs_core.rows import Rows
from bacs_core.snapshot import Flags, Floats

SECONDS_PER_HOUR: Final = 3600.0
SECONDS_PER_DAY: Final = 86400.0
REFERENCE_C: Final = 25.0


@dataclass(frozen=True, slots=True)
class Figures:
    """How one electrochemical cell behaves; voltages are for one such cell."""

    below: float
    """A mean this share below the float voltage is no float."""
    recovered_below: float
    """Within this share below the float voltage a string is back on its charger."""
    float_below: float
    """A string that no charger holds may be this share below float; lithium then just rests."""
    boost_tau_h: float
    """Above the float voltage, what is missing to full falls to 1/e in this time at the latest."""
    float_tau_h: float
    gas_a_per_ah: float
    """Current at the float voltage and 25 °C that a full cell takes without storing it."""
    gas_slope_v: float
    """The voltage that makes it ten times as much."""
    gas_doubling_k: float
    rate_h: float
    """A discharge in `t` hours gives `t / (t + rate_h)` of what an endless one gives."""
    resistance_per_k: float
    """By this share resistance falls per kelvin."""


#: Shares below float: lead rests at 2.165 V when full; lithium rests close below its charger.
#: Times at constant voltage: the currents of recharges of a 12 V block at 2.40 V fall to 1/e in 1.2
#: to 2 h; at 2.27 V makers give 24 h for the last twentieth. Currents of a full cell: float and
#: boost currents of EN 50272-2 (its float current is a design value; we take 0.4 mA/Ah from the
#: heat of recombination, and the slope so that the boost current comes out). Doubling every 8 K:
#: EnerSys US-RE-IOM-002, page 38. Rate: fitted to the discharges of NREL SAM's lead-acid battery,
#: 93.0, 92.0 and 71.8 Ah in 20, 10 and 1 h; the others are ours, as is the slope of resistance.
FIGURES: Final[dict[Chemistry, Figures]] = {
    Chemistry.VRLA: Figures(0.04, 0.03, 0.04, 2.0, 8.0, 0.4e-3, 0.100, 8.0, 0.32, 0.007),
    Chemistry.VENTED_LEAD: Figures(0.04, 0.03, 0.04, 2.0, 8.0, 0.4e-3, 0.170, 8.0, 0.32, 0.007),
    Chemistry.NICD: Figures(0.04, 0.03, 0.04, 4.0, 24.0, 1.0e-3, 0.150, 8.0, 0.10, 0.007),
    Chemistry.LFP: Figures(0.04, 0.006, 0.006, 0.5, 1.0, 0.0, 1.0, 8.0, 0.02, 0.02),
    Chemistry.LTO: Figures(0.04, 0.006, 0.006, 0.5, 1.0, 0.0, 1.0, 8.0, 0.02, 0.02),
}


@dataclass(frozen=True, slots=True, eq=False)
class Tuning:
    """What may be chosen about estimation. Values without a source are our choice."""

    longest_step_s: float = 20.0
    """Between ticks further apart nobody knows what happened."""
    slow_s: float = 10.0
    """Cell by cell it is worked this often; between, only strings are."""
    sample_s: float = 3600.0
    """Baselines take one sample in this time."""

    # Phases of charging.
    fall_share: float = 0.0025
    """A mean that falls by this share against the last hour: the charger no longer holds it."""
    fall_s: float = 3600.0
    steady_share: float = 0.0005
    """A fall is over when it is less than this: cells left alone lose 3 mV/h and more."""
    recovery_s: float = 600.0
    """How long a string must look well again after a discharge."""
    held_below: float = 0.015
    """No charger holds a voltage further below its float setting than by this share."""
    smooth_s: float = 600.0
    """Currents and voltages of phases are averaged over this time."""
    calm_share: float = 0.0015
    """A float that falls by more than this against the last hour proves nothing."""
    held_share: float = 0.01
    """A charger holds the voltage when it rises by less than this share ..."""
    held_s: float = 1800.0
    """... in this time, while the current falls ..."""
    falls_to: float = 0.97
    """... to this share: one that gives all it can gives as much all the time."""
    held_long_s: float = 5400.0
    """After this time the voltage alone will do."""
    boost_above: float = 0.02
    """A voltage this share above the float voltage is a boost charge."""
    tail_a_per_ah: float = 5e-3
    """At the float voltage, a current below this is a float current or close to one."""
    telling_a_per_ah: float = 0.02
    """A sensor with a smaller stated error can tell rest from discharge."""
    rest_after_s: float = 1800.0
    """Without such a sensor a discharge is over when the voltage was steady for so long."""
    over_percent: float = 5.0
    """A recharge is over in float, when no more than this can be missing."""
    unseen_s: float = 60.0
    """So long may the mean voltage be unknown before the phase is."""

    # Zero of the current sensor.
    quiet_s: float = 1800.0
    settled_float_s: float = 4 * SECONDS_PER_HOUR
    quiet_excess: float = 1.5
    """A reading of up to this many stated errors may be an offset: the load adds a little."""
    recovers_share: float = 0.015
    """A rest may recover by this share above the mean of an hour; a charger lifts it further."""
    rest_a_per_ah: float = 2e-3
    """So much can flow unseen in a rest whose voltage does not fall."""
    least_error: float = 1 / 3
    """A learnt zero is never trusted further than to this share of the stated error."""
    forget_zero_s: float = 30 * SECONDS_PER_DAY
    """In this time a learnt zero is worth nothing again."""

    # Charge.
    gain_error: float = 0.01
    acceptance: float = 0.995
    """Charge that a cell keeps of what goes in below gassing ..."""
    acceptance_error: float = 0.03
    gas_error: float = 1.0
    """... and how far the gassing current of a battery is from the usual one, as a share."""
    proof_s: float = 3600.0
    """A voltage must be held for so long before a small current proves anything."""
    full_a_per_ah: float = 2e-3
    full_error_percent: float = 1.0
    near_full_error_percent: float = 2.0
    shown_full_percent: float = 2.0
    """No more than this may be missing for a cell to be called full."""
    unproven_percent: float = 99.0
    """What a recharge can count up to before full is proven again."""
    proof_error_percent: float = 10.0
    """A voltage that tells the charge no better than this tells nothing."""
    most_error_percent: float = 25.0
    """A count less certain than this is forgotten."""
    longest_gap_s: float = SECONDS_PER_HOUR

    # Capacity.
    rated_error: float = 0.20
    """How far a new battery may be from its name plate, as a share."""
    capacity_error: float = 0.05
    """No capacity is known better: recharges differ, and so do rates and temperatures."""
    start_error_percent: float = 6.0
    """A discharge counts when the charge at its start was at least this well known."""
    least_depth_percent: float = 30.0
    """A shallower discharge gives no lower bound worth keeping."""
    ageing_per_day: float = 0.05 / 365
    """By this share a learnt capacity gets less certain."""

    # Health and charger.
    settled_s: float = SECONDS_PER_DAY
    """A string that has floated for so long is settled."""
    baseline_samples: int = 168
    """A week of settled float."""
    resistance_samples: int = 24
    """Each reading counts once: a day where they come hourly, a month where daily."""
    resistance_step: float = 0.2
    """A reading counts as no further from the present value than by this share."""
    health_per_rise: float = 50.0
    """Percent of capacity that go with a doubling of resistance; 40 % more is 80 % of capacity."""
    health_error_percent: float = 15.0
    compensation_v_per_k: float = 5e-3
    """A charger may lower its voltage by so much per kelvin and cell."""


DEFAULT: Final = Tuning()


@dataclass(frozen=True, slots=True, eq=False)
class Plant:
    """The figures of all strings, one place per string; per cell where the name says so."""

    float_v: Floats
    end_v: Floats
    capacity_ah: Floats
    rated_hours: Floats
    inner: Floats
    """Electrochemical cells in one cell."""
    below_v: Floats
    recovered_v: Floats
    held_from: Floats
    """A held voltage is at least this share of the float setting."""
    float_from_v: Floats
    boost_v: Floats
    tail_a: Floats
    telling_a: Floats
    boost_tau_h: Floats
    float_tau_h: Floats
    gas_a: Floats
    gas_slope_v: Floats
    gas_doubling_k: Floats
    rate_h: Floats
    resistance_per_k: Floats
    bypass_a: Floats
    any_bypass: bool
    cell_capacity_ah: Floats
    """Rated, per cell."""
    cell_bypass_a: Floats
    """Per cell and percent of duty."""
    cell_inner: Floats
    cell_end_v: Floats
    lead: Flags
    sealed_lead: Flags


#: Plants at work in one process: the engine's, or a handful of tests.
_KEPT_PLANTS: Final = 16


@lru_cache(maxsize=_KEPT_PLANTS)
def plant_of(rows: Rows, tuning: Tuning) -> Plant:
    """Work out the figures of the strings in `rows`."""

    def figures(name: str) -> Floats:
        return np.array([getattr(FIGURES[string.chemistry], name) for string in rows.strings])

    types = [MODULE_TYPES.get(string.module_type) for string in rows.strings]
    bypass_a = np.array([0.0 if kind is None else kind.bypass_current_a for kind in types])
    float_v = rows.of_strings(lambda string: string.float_voltage_v)
    capacity_ah = rows.of_strings(lambda string: string.capacity_ah)
    end_v = rows.of_strings(end_voltage_v)
    inner = rows.of_strings(
        lambda string: float(inner_cells(string.chemistry, string.cell_voltage_v) or 1)
    )
    return Plant(
        float_v=float_v,
        end_v=end_v,
        capacity_ah=capacity_ah,
        rated_hours=rows.of_strings(lambda string: string.rated_hours),
        inner=inner,
        below_v=(1 - figures("below")) * float_v,
        recovered_v=(1 - figures("recovered_below")) * float_v,
        held_from=1 - np.minimum(figures("recovered_below"), tuning.held_below),
        float_from_v=(1 - figures("float_below")) * float_v,
        boost_v=(1 + tuning.boost_above) * float_v,
        tail_a=tuning.tail_a_per_ah * capacity_ah,
        telling_a=tuning.telling_a_per_ah * capacity_ah,
        boost_tau_h=figures("boost_tau_h"),
        float_tau_h=figures("float_tau_h"),
        gas_a=figures("gas_a_per_ah") * capacity_ah,
        gas_slope_v=figures("gas_slope_v") * inner,
        gas_doubling_k=figures("gas_doubling_k"),
        rate_h=figures("rate_h"),
        resistance_per_k=figures("resistance_per_k"),
        bypass_a=bypass_a,
        any_bypass=bool(bypass_a.any()),
        cell_capacity_ah=rows.spread(capacity_ah),
        cell_bypass_a=rows.spread(bypass_a / 100),
        cell_inner=rows.spread(inner),
        cell_end_v=rows.spread(end_v),
        lead=rows.flags_of_strings(
            lambda string: string.chemistry in {Chemistry.VRLA, Chemistry.VENTED_LEAD}
        ),
        sealed_lead=rows.flags_of_strings(lambda string: string.chemistry is Chemistry.VRLA),
    )
