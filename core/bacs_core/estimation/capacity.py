"""Capacity per cell, from real discharges: never measured, a bound, or a value with uncertainty.

    C% = 100 Q / (C_rated K_T g) / (s_begin - s_end)

`Q` was taken out between two known charges, K_T is the factor of temperature and g that of the rate
(`corrections`). A cell that came to its end voltage ended empty; one that came close is told by its
last voltage, one that rested for hours afterwards by its rest voltage. Of every other cell a deep
discharge says that it holds at least so much. Several discharges are weighed by their uncertainty;
what was learnt long ago counts less.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.estimation.charge import Capacity
from bacs_core.estimation.corrections import rate_factor, temperature_factor
from bacs_core.estimation.discharge import Memory as Discharge
from bacs_core.estimation.estimates import Estimate
from bacs_core.estimation.tuning import REFERENCE_C, SECONDS_PER_DAY, Plant, Tuning
from bacs_core.estimation.voltage import Told
from bacs_core.model import Basis
from bacs_core.rows import Rows
from bacs_core.snapshot import Flags, Floats

_ALL: Final = 100.0
#: A cell at its end voltage is empty within this, in percent.
_END_ERROR: Final = 2.0
#: Such a discharge, at least, measures; a shallower one may only bound. In percent.
_MEASURED_DEPTH: Final = 50.0
#: A factor of rate may be wrong by this share of what it corrects.
_RATE_ERROR: Final = 0.5
#: Where no temperature was read, the battery was within this of 25 °C, as a share of capacity.
_NO_TEMPERATURE_ERROR: Final = 0.06
_LEAST_AH: Final = 1e-6
#: Anything else is no capacity of a cell, but a mistake.
_PLAUSIBLE_PERCENT: Final = (5.0, 150.0)


@dataclass(frozen=True, slots=True)
class Memory:
    """What was learnt, per cell, in percent of the rated capacity; NaN where nothing.

    `error` is NaN for a lower bound.
    """

    percent: Floats
    error: Floats
    basis: NDArray[np.uint8]
    at: Floats


def initial(rows: Rows) -> Memory:
    """Begin with the name plate."""
    unknown = np.full(rows.cell_count, np.nan)
    return Memory(unknown, unknown, np.full(rows.cell_count, Basis.RATED, np.uint8), unknown)


def shifted(memory: Memory, step_s: float) -> Memory:
    """Return the memory with its times moved by a step of the clock."""
    return replace(memory, at=memory.at + step_s)


def replaced(memory: Memory, row: int) -> Memory:
    """Return the memory with one cell of which only the name plate is known."""
    here = np.arange(len(memory.at)) == row
    return Memory(
        percent=np.where(here, np.nan, memory.percent),
        error=np.where(here, np.nan, memory.error),
        basis=np.where(here, Basis.RATED, memory.basis).astype(np.uint8),
        at=np.where(here, np.nan, memory.at),
    )


def counted_by(plant: Plant, memory: Memory, now: float, tuning: Tuning) -> Capacity:
    """Return what a charge is counted in: what was measured, else the name plate."""
    measured = memory.basis == Basis.DISCHARGE
    # A bound above the name plate shows that the cell holds more.
    percent = np.where(measured, memory.percent, np.fmax(memory.percent, _ALL))
    aged = np.where(measured, _aged(memory, now, tuning) / percent, tuning.rated_error)
    return Capacity(percent / _ALL * plant.cell_capacity_ah, aged)


def published(memory: Memory, now: float, tuning: Tuning) -> Estimate:
    """Return what is said: the name plate where nothing was measured."""
    rated = memory.basis == Basis.RATED
    error = np.where(rated, _ALL * tuning.rated_error, _aged(memory, now, tuning))
    return Estimate(np.where(rated, _ALL, memory.percent), error, memory.basis, memory.at)


def _aged(memory: Memory, now: float, tuning: Tuning) -> Floats:
    days = np.maximum(now - memory.at, 0.0) / SECONDS_PER_DAY
    return memory.error + memory.percent * tuning.ageing_per_day * days


def learn(
    rows: Rows,
    plant: Plant,
    memory: Memory,
    discharge: Discharge,
    cells: Flags,
    last: Told,
    now: float,
    tuning: Tuning,
) -> Memory:
    """Return the memory with what discharges say of `cells`, those whose discharge has ended.

    `last` is what the voltage of a cell told of its charge at the end, NaN where nothing.
    """
    at_end = np.isfinite(discharge.ended_ah)
    given_ah = np.where(at_end, discharge.ended_ah, rows.spread(discharge.given_ah))
    lasted_h = np.where(at_end, discharge.ended_h, rows.spread(discharge.hours))
    left = np.where(at_end, 0.0, last.percent)
    left_error = np.where(at_end, _END_ERROR, last.error)
    depth = discharge.start_percent - left
    depth_error = np.hypot(discharge.start_error, left_error)
    begun_well = discharge.start_error <= tuning.start_error_percent
    its = cells & begun_well
    measures = its & (depth >= _MEASURED_DEPTH)
    warm = discharge.warmth_h > 0
    mean_c = np.where(warm, discharge.warmth_ch / np.where(warm, discharge.warmth_h, 1.0), np.nan)
    # What is not known to have ended is compared at the rate it had.
    share = np.where(measures, depth, discharge.start_percent) / _ALL
    present_ah = counted_by(plant, memory, now, tuning).ah
    full_h = lasted_h / np.where(measures, share, np.maximum(given_ah, _LEAST_AH) / present_ah)
    rate = rate_factor(full_h, rows.spread(plant.rated_hours), rows.spread(plant.rate_h))
    factor = temperature_factor(full_h, np.where(warm, mean_c, REFERENCE_C))
    percent = _ALL * given_ah / (plant.cell_capacity_ah * factor * rate * share)
    relative = np.sqrt(
        (depth_error / depth) ** 2
        + (rows.spread(discharge.doubt_ah) / np.maximum(given_ah, _LEAST_AH)) ** 2
        + (_RATE_ERROR * (1 - rate)) ** 2
        + np.where(warm, 0.0, _NO_TEMPERATURE_ERROR) ** 2
        + tuning.capacity_error**2
    )
    possible = (percent >= _PLAUSIBLE_PERCENT[0]) & (percent <= _PLAUSIBLE_PERCENT[1])
    memory = _measured(memory, measures & possible, percent, percent * relative, now, tuning)
    deep = given_ah >= tuning.least_depth_percent / _ALL * plant.cell_capacity_ah
    return _bounded(memory, its & ~measures & deep & possible, percent, now)


def _measured(
    memory: Memory, cells: Flags, percent: Floats, error: Floats, now: float, tuning: Tuning
) -> Memory:
    before = np.where(memory.basis == Basis.DISCHARGE, memory.percent, np.nan)
    before_error = _aged(memory, now, tuning)
    weight = before_error**2 / (before_error**2 + error**2)
    weighed = before + weight * (percent - before)
    # Discharges alike share what is wrong with them: no value is better than one of them allows.
    floor = tuning.capacity_error * weighed
    weighed_error = np.maximum(np.sqrt(weight) * error, floor)
    first = np.isnan(weighed)
    return Memory(
        percent=np.where(cells, np.where(first, percent, weighed), memory.percent),
        error=np.where(cells, np.where(first, error, weighed_error), memory.error),
        basis=np.where(cells, Basis.DISCHARGE, memory.basis).astype(np.uint8),
        at=np.where(cells, now, memory.at),
    )


def _bounded(memory: Memory, cells: Flags, percent: Floats, now: float) -> Memory:
    more = cells & ~(percent <= memory.percent)
    measured = memory.basis == Basis.DISCHARGE
    return Memory(
        percent=np.where(more, percent, memory.percent),
        error=memory.error,
        basis=np.where(more & ~measured, Basis.LOWER_BOUND, memory.basis).astype(np.uint8),
        at=np.where(more, now, memory.at),
    )
