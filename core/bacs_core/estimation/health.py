"""State of health per cell: from capacity where it was measured, else from internal resistance.

Resistance is compared with the cell's own baseline, learnt in a settled float after the cell was
put in, because reference values of other places and devices mislead (Exide 92.30, page 14). Both
are taken at 25 °C. Forty percent more stands for 80 % of capacity: the middle of the 30 to 50 %
at which the practice for VRLA has a cell tested.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from bacs_core.estimation import phase
from bacs_core.estimation.baseline import Baseline, sampled
from bacs_core.estimation.estimates import Estimate
from bacs_core.estimation.tuning import REFERENCE_C, Plant, Tuning
from bacs_core.frame import Frame
from bacs_core.model import Basis, Quantity
from bacs_core.snapshot import Flags, Floats

_NEW: Final = 100.0
#: Warmth beyond this is no temperature of a battery that is worth comparing.
_COMPARED_C: Final = (0.0, 50.0)


def sample(
    frame: Frame,
    plant: Plant,
    baseline: Baseline,
    seen: phase.Memory,
    settled: Flags,
    sampled_at: float,
    tuning: Tuning,
) -> Baseline:
    """Take a sample of every resistance that was read in float since `sampled_at`."""
    rows = frame.rows
    floats = rows.spread(seen.phase == phase.FLOAT)
    new = floats & (frame.columns[Quantity.RESISTANCE].read_at > sampled_at)
    temperature_c = frame.known(Quantity.TEMPERATURE)
    room_c = rows.spread(frame.room_c)
    temperature_c = np.where(np.isfinite(temperature_c), temperature_c, room_c)
    warmer_k = np.clip(temperature_c, *_COMPARED_C) - REFERENCE_C
    falls = rows.spread(plant.resistance_per_k) * warmer_k
    at_reference = frame.known(Quantity.RESISTANCE) * (1 + np.where(np.isnan(falls), 0.0, falls))
    at_reference = np.where(new & (at_reference > 0), at_reference, np.nan)
    reference = np.where(np.isfinite(baseline.present), baseline.present, at_reference)
    return sampled(
        baseline,
        at_reference,
        temperature_c,
        rows.spread(settled),
        tuning.resistance_samples,
        tuning.resistance_step * reference,
    )


def rise_of(baseline: Baseline, tuning: Tuning) -> Floats:
    """Return how far resistance has risen above its baseline, NaN while that is being learnt."""
    ready = baseline.samples >= tuning.resistance_samples
    return np.where(ready, baseline.present / baseline.learnt - 1, np.nan)


def learnt_of(baseline: Baseline, tuning: Tuning) -> Floats:
    """Return the learnt resistance at 25 °C in ohm, NaN while it is being learnt."""
    return np.where(baseline.samples >= tuning.resistance_samples, baseline.learnt, np.nan)


def published(capacity: Estimate, rise: Floats, now: float, tuning: Tuning) -> Estimate:
    """Return the health of the cells; the name plate says nothing about it."""
    measured = capacity.basis == Basis.DISCHARGE
    bounded = capacity.basis == Basis.LOWER_BOUND
    known = np.isfinite(rise)
    by_rise = np.clip(_NEW - tuning.health_per_rise * np.maximum(rise, 0.0), 0.0, _NEW)
    by_capacity = np.minimum(capacity.value, _NEW)
    value = np.where(known, by_rise, np.where(bounded, by_capacity, np.nan))
    error = np.where(known, tuning.health_error_percent, np.nan)
    other = np.where(known, Basis.RESISTANCE, np.where(bounded, Basis.LOWER_BOUND, Basis.NONE))
    at = np.where(known, now, np.where(bounded, capacity.at, np.nan))
    return Estimate(
        value=np.where(measured, by_capacity, value),
        uncertainty=np.where(measured, capacity.uncertainty, error),
        basis=np.where(measured, Basis.DISCHARGE, other).astype(np.uint8),
        at=np.where(measured, capacity.at, at),
    )
