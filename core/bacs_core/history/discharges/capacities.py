"""Capacity per cell out of one discharge, by the same law as estimation learns it.

What was known of the charge at the beginning decides: a cell that came to its end voltage from a
charge that was known well has a value, if its uncertainty is worth telling: at many times the rated
current a cell comes to its end voltage long before it is empty. Everything else is a lower bound:
the cell gave at least so much, taken as if it had been full, less what the rate leaves in doubt.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.api.discharge_messages import Battery
from bacs_core.estimation import DEFAULT, capacity
from bacs_core.estimation.discharge import Memory as Given
from bacs_core.estimation.tuning import Tuning, plant_of
from bacs_core.estimation.voltage import Told
from bacs_core.history.discharges.folding import Fold
from bacs_core.history.discharges.ledger import MS_PER_HOUR
from bacs_core.model import Basis, EqualizedBy, Limits, Quantity, String
from bacs_core.rows import rows_of
from bacs_core.snapshot import Flags, Floats

_ALL: Final = 100.0
#: Plus or minus a larger share is no measurement of a capacity.
_MOST_UNCERTAIN: Final = 0.15
#: Whatever a cell gave is a bound, however little.
_ANY_DEPTH: Final = replace(DEFAULT, least_depth_percent=0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """What was known when the discharge began, in percent per cell, NaN where nothing.

    `learned_percent` is the capacity that earlier discharges measured. `current_error_a` is the
    stated error of the current sensor.
    """

    charge_percent: Floats
    charge_error_percent: Floats
    learned_percent: Floats
    current_error_a: float = np.nan

    @classmethod
    def unknown(cls, count: int) -> Start:
        """Know nothing."""
        nothing = np.full(count, np.nan)
        return cls(nothing, nothing, nothing)


@dataclass(frozen=True, slots=True, eq=False)
class Capacities:
    """Per cell in percent of the rated capacity; `basis` holds a `Basis`; NaN where unknown."""

    percent: Floats
    uncertainty: Floats
    basis: NDArray[np.uint8]

    @classmethod
    def unknown(cls, count: int) -> Capacities:
        """Know nothing."""
        nothing = np.full(count, np.nan)
        return cls(nothing, nothing, np.full(count, Basis.NONE, np.uint8))


def measured(fold: Fold, start: Start, at_ah: Floats, at: Floats) -> Capacities:
    """Return what cells that were empty after `at_ah`, at `at`, show to hold."""
    learnt = _learnt(fold, start.charge_percent, start.charge_error_percent, at_ah, at, start)
    found = (learnt.basis == Basis.DISCHARGE) & np.isfinite(at_ah)
    return _where(found & (learnt.error <= _MOST_UNCERTAIN * learnt.percent), learnt)


def bounds(fold: Fold, start: Start) -> Capacities:
    """Return what each cell holds at least, a full one at the beginning supposed."""
    count = fold.battery.cell_count
    full, exactly = np.full(count, _ALL), np.zeros(count)
    ended = fold.cells.ended
    learnt = _learnt(fold, full, exactly, ended.ah, ended.at, start)
    least = learnt.percent - np.nan_to_num(learnt.error)
    found = least > 0
    basis = np.where(found, Basis.LOWER_BOUND, Basis.NONE).astype(np.uint8)
    return Capacities(np.where(found, least, np.nan), np.full(count, np.nan), basis)


def chosen(first: Capacities, *others: Capacities) -> Capacities:
    """Return for each cell the first of these that knows something."""
    result = first
    for other in others:
        lacks = result.basis == Basis.NONE
        result = Capacities(
            np.where(lacks, other.percent, result.percent),
            np.where(lacks, other.uncertainty, result.uncertainty),
            np.where(lacks, other.basis, result.basis).astype(np.uint8),
        )
    return result


def without(capacities: Capacities, cells: Flags) -> Capacities:
    """Return capacities with nothing said of some cells."""
    return _where(~cells, capacities)


def string_of(battery: Battery) -> String:
    """Return the string as the rooms of the brain know it; limits play no part in a discharge."""
    return String(
        manager_id=battery.manager_id,
        number=battery.number,
        name=battery.name,
        chemistry=battery.chemistry,
        cell_count=battery.cell_count,
        cell_voltage_v=battery.cell_voltage_v,
        float_voltage_v=battery.float_voltage_v,
        capacity_ah=battery.capacity_ah,
        module_type=battery.module_type,
        equalized_by=EqualizedBy.NONE,
        limits=Limits(None, None, None, None, None),
        stale_after_s=dict.fromkeys(Quantity, 60.0),
        end_voltage_v=battery.end_voltage_v,
        rated_hours=battery.rated_hours,
    )


def _learnt(
    fold: Fold, charge: Floats, error: Floats, at_ah: Floats, at: Floats, start: Start
) -> capacity.Memory:
    """Let estimation learn from this discharge alone."""
    rows = rows_of((string_of(fold.battery),))
    tuning: Tuning = _ANY_DEPTH
    plant = plant_of(rows, tuning)
    ledger, count = fold.ledger, rows.cell_count
    hours = ledger.counted_ms / MS_PER_HOUR
    mean_c = fold.cells.mean_c
    warm = np.isfinite(mean_c)
    unsure_a = 0.0 if np.isnan(start.current_error_a) else start.current_error_a
    given = Given(
        active=np.ones(1, np.bool_),
        given_ah=np.array([ledger.given_ah]),
        doubt_ah=np.array([unsure_a * hours + tuning.gain_error * ledger.given_ah]),
        hours=np.array([hours]),
        start_percent=np.where(np.isfinite(error), charge, np.nan),
        start_error=np.where(np.isfinite(error), error, np.inf),
        warmth_ch=np.where(warm, mean_c, 0.0) * hours,
        warmth_h=np.where(warm, hours, 0.0),
        ended_ah=at_ah,
        ended_h=np.maximum(at - fold.started, 1.0) / MS_PER_HOUR,
        last_percent=np.full(count, np.nan),
        last_error=np.full(count, np.nan),
        ended_at=np.full(1, np.nan),
    )
    told = Told(given.last_percent, given.last_error)
    cells = np.full(count, ledger.given_ah > 0)
    now = ledger.last_at / 1000
    with np.errstate(invalid="ignore", divide="ignore"):
        return capacity.learn(rows, plant, capacity.initial(rows), given, cells, told, now, tuning)


def _where(found: Flags, learnt: capacity.Memory | Capacities) -> Capacities:
    error = learnt.error if isinstance(learnt, capacity.Memory) else learnt.uncertainty
    return Capacities(
        np.where(found, learnt.percent, np.nan),
        np.where(found, error, np.nan),
        np.where(found, learnt.basis, Basis.NONE).astype(np.uint8),
    )
