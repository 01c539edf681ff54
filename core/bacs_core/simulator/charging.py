"""The chargers of a plant, one per string: constant current, then constant voltage.

A charger floats at its voltage. One with a boost voltage charges after a discharge up to that one,
holds it for its boost time, and then goes back to float.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from bacs_core.rows import Rows
from bacs_core.snapshot import Flags, Floats

#: A charger is sized for ten hours.
CHARGER_A_PER_AH: Final = 0.1
#: Ripple current of a healthy charger with the load behind it.
RIPPLE_A_PER_AH: Final = 0.008
#: Lead: -3 mV per element and kelvin, where compensation is switched on.
COMPENSATION_V_PER_K: Final = 0.003
COMPENSATION_REFERENCE_C: Final = 25.0
#: A discharge below this current does not start a boost charge.
DISCHARGE_A_PER_AH: Final = 0.005
SECONDS_PER_DAY: Final = 86400.0


@dataclass(frozen=True, slots=True)
class Charger:
    """The charger of one string; voltages are for the whole string at 25 °C.

    `ripple_a` is what a healthy charger lets through, times what it has grown by. Its setting
    drifts by `drift_v_per_day`, counted from the start of plant time.
    """

    voltage_v: float
    current_limit_a: float
    on: bool = True
    compensated: bool = False
    boost_voltage_v: float | None = None
    boost_s: float = 0.0
    ripple_factor: float = 1.0
    drift_v_per_day: float = 0.0


@dataclass(frozen=True, slots=True)
class Chargers:
    """All chargers of a plant, one place per string."""

    voltage_v: Floats
    current_limit_a: Floats
    compensation_v_per_k: Floats
    boost_voltage_v: Floats
    boost_s: Floats
    ripple_a: Floats
    drift_v_per_s: Floats
    discharge_a: Floats


@dataclass(frozen=True, slots=True)
class Boosting:
    """How far the boost charge of each string is: whether it runs, and how long it was held."""

    active: Flags
    held_s: Floats


def usual_charger(voltage_v: float, capacity_ah: float) -> Charger:
    """Return a charger that only floats."""
    return Charger(voltage_v=voltage_v, current_limit_a=CHARGER_A_PER_AH * capacity_ah)


def chargers_of(rows: Rows, elements: Floats, chargers: Sequence[Charger]) -> Chargers:
    """Put the chargers in columns; `elements` is per string, of all its cells together."""
    capacity_ah = rows.of_strings(lambda string: string.capacity_ah)
    compensated = np.array([charger.compensated for charger in chargers], np.bool_)
    boost_v = [
        charger.voltage_v if charger.boost_voltage_v is None else charger.boost_voltage_v
        for charger in chargers
    ]
    on = np.array([charger.on for charger in chargers], np.bool_)
    ripple = np.array([charger.ripple_factor for charger in chargers]) * on
    return Chargers(
        voltage_v=np.array([charger.voltage_v for charger in chargers]),
        current_limit_a=np.array([charger.current_limit_a for charger in chargers]) * on,
        compensation_v_per_k=COMPENSATION_V_PER_K * elements * compensated,
        boost_voltage_v=np.array(boost_v),
        boost_s=np.array([charger.boost_s for charger in chargers]),
        ripple_a=RIPPLE_A_PER_AH * capacity_ah * ripple,
        drift_v_per_s=np.array([charger.drift_v_per_day for charger in chargers]) / SECONDS_PER_DAY,
        discharge_a=DISCHARGE_A_PER_AH * capacity_ah,
    )


def set_voltage_v(chargers: Chargers, boosting: Boosting, room_c: Floats, time_s: float) -> Floats:
    """Return what each charger holds its string at, in volt."""
    held_v = np.where(boosting.active, chargers.boost_voltage_v, chargers.voltage_v)
    warmer_k = room_c - COMPENSATION_REFERENCE_C
    return held_v - chargers.compensation_v_per_k * warmer_k + chargers.drift_v_per_s * time_s


def boosting_after(
    chargers: Chargers,
    boosting: Boosting,
    string_current_a: Floats,
    most_current_a: Floats,
    dt_s: float,
) -> Boosting:
    """Return how far the boost charges are after a step: a discharge starts one anew.

    Its time counts while the charger is on and gives less than it could, which is when it holds
    the voltage.
    """
    discharging = string_current_a < -chargers.discharge_a
    holding = (string_current_a < most_current_a) & (chargers.current_limit_a > 0) & ~discharging
    held_s = np.where(discharging, 0.0, boosting.held_s + dt_s * (holding & boosting.active))
    active = (boosting.active | discharging) & (held_s < chargers.boost_s)
    return Boosting(active, held_s)
