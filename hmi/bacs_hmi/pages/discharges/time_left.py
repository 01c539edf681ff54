"""How long a discharge can still go on: an estimate with what it rests on, or why there is none.

A battery gives less the faster it is emptied: a discharge of `t` hours at a constant current gives

    C(t) = C t / (t + r) (T + r) / T

of its rated capacity C (over T hours), the law that the engine corrects capacities with; it follows
the kinetic battery model of Manwell and McGowan (Solar Energy 50, 1993). A full battery lasts for
the t at which I t = C(t); what the weakest cell has given already is taken off.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import hypot
from typing import Final

from bacs_core.api.brain_messages import BrainScalars
from bacs_core.api.discharge_messages import Battery
from bacs_core.model import Basis, ChargePhase, Chemistry

#: r in hours: lead fitted to 93.0, 92.0 and 71.8 Ah in 20, 10 and 1 h (NREL SAM), others as the
#: engine takes them (`estimation.tuning`).
RATE_H: Final = {
    Chemistry.VRLA: 0.32,
    Chemistry.VENTED_LEAD: 0.32,
    Chemistry.NICD: 0.10,
    Chemistry.LFP: 0.02,
    Chemistry.LTO: 0.02,
}
_PERCENT: Final = 100.0
#: Currents so small that other things than the load decide.
LEAST_A_PER_AH: Final = 1 / 500
#: Where nobody measured the capacity, the name plate is taken to be right within this.
RATED_ERROR_PERCENT: Final = 20.0
_UNPROVEN: Final = frozenset({Basis.NONE, Basis.RATED})
_DISCHARGES: Final = frozenset({ChargePhase.DISCHARGE, ChargePhase.UNKNOWN})


class Unknown(StrEnum):
    """Why nobody can tell how long it lasts."""

    NOT_CONNECTED = "not_connected"
    """The engine, which would know, is not heard."""
    NO_CURRENT = "no_current"
    RECHARGED = "recharged"
    TOO_SMALL = "too_small"
    NO_CHARGE = "no_charge"
    """The charge of the cells is not known."""
    UNCERTAIN = "uncertain"
    """What is known is no better than a guess."""


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """Hours that are left, and by how much they may be off (one standard deviation).

    `capacity_measured` tells whether the capacity was measured or is that of the name plate.
    """

    hours: float
    uncertainty_h: float
    basis: Basis
    capacity_measured: bool


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the weakest cell holds, in percent of the rated capacity, and how far that is known."""

    percent: float = _PERCENT
    uncertainty_percent: float = RATED_ERROR_PERCENT
    measured: bool = False


def time_left(
    brain: BrainScalars | None, battery: Battery, current_a: float | None, capacity: Capacity
) -> TimeLeft | Unknown:
    """Estimate how long a string can give the current that it gives now (negative)."""
    why = _why_unknown(brain, battery, current_a)
    if why is not None or brain is None or current_a is None or brain.charge_percent is None:
        return why or Unknown.NO_CHARGE
    rate_h, rated_h = RATE_H[battery.chemistry], battery.rated_hours
    held_ah = battery.capacity_ah * capacity.percent / _PERCENT
    full_h = max(0.0, held_ah / -current_a * (rated_h + rate_h) / rated_h - rate_h)
    per_percent_h = held_ah / -current_a / _PERCENT
    hours = max(0.0, full_h - (_PERCENT - brain.charge_percent) * per_percent_h)
    by_charge_h = (brain.charge_uncertainty_percent or 0.0) * per_percent_h
    by_capacity_h = full_h * capacity.uncertainty_percent / capacity.percent
    uncertainty_h = hypot(by_charge_h, by_capacity_h)
    if uncertainty_h > full_h:
        return Unknown.UNCERTAIN
    return TimeLeft(hours, min(uncertainty_h, hours), brain.charge_basis, capacity.measured)


def _why_unknown(
    brain: BrainScalars | None, battery: Battery, current_a: float | None
) -> Unknown | None:
    if current_a is None:
        return Unknown.NO_CURRENT
    if current_a > 0 or (brain is not None and brain.phase not in _DISCHARGES):
        return Unknown.RECHARGED
    if -current_a < battery.capacity_ah * LEAST_A_PER_AH:
        return Unknown.TOO_SMALL
    if brain is None or brain.charge_percent is None or brain.charge_basis in _UNPROVEN:
        return Unknown.NO_CHARGE
    return None
