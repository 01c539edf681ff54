"""Tells which samples of a discharge carried the load: its phase may last after the mains return.

A current out of the string does, one that clearly charges does not. Where no current is known, or
only a small one, the voltage tells: it falls under load, and rises when the load is gone. Until it
falls again, the string recovers or is recharged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from bacs_core.api.discharge_messages import Battery
from bacs_core.estimation import DEFAULT
from bacs_core.history.discharges.samples import Samples
from bacs_core.snapshot import Flags

#: Rising by more than this share above its lowest, a voltage no longer falls; noise is smaller.
_RISES: Final = 0.0025
#: Falling by more than this share below where it recovered to, it falls again.
_FALLS: Final = 0.001


@dataclass(frozen=True, slots=True)
class Load:
    """Whether the last sample carried the load, and the voltage of the string that tells it.

    `turn_v` is the lowest one under load, or the highest one since.
    """

    carries: bool = True
    turn_v: float = math.nan


def charges_from_a(battery: Battery) -> float:
    """Return the current from which on a string is recharged, however poor its sensor is."""
    return DEFAULT.telling_a_per_ah * battery.capacity_ah


def followed(load: Load, samples: Samples, battery: Battery) -> tuple[Load, Flags]:
    """Return the state after some samples, and which of them carried the load."""
    carried = np.zeros(len(samples.at), np.bool_)
    charges_a = charges_from_a(battery)
    for place, (current_a, sum_v) in enumerate(
        zip(samples.current_a.tolist(), samples.sum_v.tolist(), strict=True)
    ):
        load = _next(load, current_a, sum_v, charges_a)
        carried[place] = load.carries
    return load, carried


def _next(load: Load, current_a: float, sum_v: float, charges_a: float) -> Load:
    if current_a < 0:
        carries = True
    elif current_a > charges_a:
        carries = False
    elif load.carries:
        carries = not sum_v > (1 + _RISES) * load.turn_v
    else:
        carries = sum_v < (1 - _FALLS) * load.turn_v
    if carries is not load.carries or math.isnan(load.turn_v):
        return Load(carries, sum_v)
    further = sum_v < load.turn_v if carries else sum_v > load.turn_v
    return Load(carries, sum_v) if further else load
