"""Signals about what estimation concludes every ten seconds only: they are told anew when it does.

What did not change is the same object from tick to tick, so that a rule over it is not evaluated
again (`machine`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bacs_core.alarms.declaration import Signal
from bacs_core.alarms.layout import Layout, Told
from bacs_core.model import Basis
from bacs_core.snapshot import Flags

if TYPE_CHECKING:
    from bacs_core.estimation import Estimate, Estimates

#: What proves nothing: nobody knows, or the name plate says so. A lower bound is judged apart.
_NONE: Final = np.uint8(Basis.NONE)
_RATED: Final = np.uint8(Basis.RATED)
_BOUND: Final = np.uint8(Basis.LOWER_BOUND)


@dataclass(frozen=True, slots=True)
class SlowSignals:
    """Some signals, and what they were made of."""

    made_of: tuple[object, ...]
    told: Mapping[Signal, Told]


def slow_signals(layout: Layout, estimates: Estimates, before: SlowSignals | None) -> SlowSignals:
    """Return the signals: those from `before` where they were made of the same estimates."""
    charge, capacity, health = estimates.string_charge, estimates.capacity, estimates.health
    charger, rise = estimates.charger, estimates.resistance_rise
    made_of = (layout, charge, capacity, health, charger, rise)
    if before is not None and all(map(_is, made_of, before.made_of)):
        return before
    drift_v = np.abs(charger.setting_drift_v)
    return SlowSignals(
        made_of,
        {
            Signal.STRING_CHARGE: Told(charge.value, _proven(charge)),
            Signal.CHARGER_RIPPLE: Told(charger.ripple_rise * 100),
            Signal.CHARGER_DRIFT: Told(drift_v / layout.float_voltage_v * 100),
            Signal.RESISTANCE_RISE: Told(rise * 100),
            Signal.CAPACITY: _capacity(layout, capacity),
            Signal.HEALTH: Told(health.value, _proven(health)),
        },
    )


def _is(one: object, other: object) -> bool:
    return one is other


def _proven(estimate: Estimate) -> Flags:
    """Mark what was measured or counted from a proof."""
    basis = estimate.basis
    proven: Flags = (basis != _NONE) & (basis != _RATED) & (basis != _BOUND)
    return proven


def _capacity(layout: Layout, capacity: Estimate) -> Told:
    """Return the measured capacity; a lower bound can only show that it is not low."""
    known, bounded = _proven(capacity), capacity.basis == _BOUND
    if np.count_nonzero(bounded):
        enough = capacity.value > layout.limits["cell_capacity_low"].returns
        known = known | (bounded & enough)
    return Told(capacity.value, known)
