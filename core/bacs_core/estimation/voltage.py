"""What the voltage of a cell tells of its charge: at rest, and under load.

At rest it tells as much as it has settled and as its curve is steep: 27 mV per 10 % and cell for
lead, next to nothing on the plateau of lithium iron phosphate, nothing for nickel-cadmium. Under
load the drop over the cell has to be taken off, so it tells something of lead at moderate rates
only; towards the end of a discharge it tells more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.estimation import phase
from bacs_core.estimation.tuning import SECONDS_PER_HOUR, Plant, Tuning
from bacs_core.frame import Frame
from bacs_core.model import Chemistry, Quantity
from bacs_core.rows import Rows
from bacs_core.snapshot import Floats


@dataclass(frozen=True, slots=True)
class Curve:
    """Rest voltage over charge of one electrochemical cell.

    `error_percent` is what batteries of a kind differ by, `settling_v_h` what is left of settling
    after one hour; it goes with one over the time.
    """

    percent: tuple[float, ...]
    voltage_v: tuple[float, ...]
    error_percent: float
    settling_v_h: float
    from_h: float


#: Lead: Bode 1977 as given by PyBaMM's Sulzer2019 set, below 50 % continued with its slope; vented
#: cells have thinner acid, and makers differ. Settling: a 12 V block fell from 13.34 to 13.23 V
#: within the first hour after its charge and by 10 mV in 10 min then. LFP: SimSES, Sony US26650.
#: LTO: doi 10.3390/batteries5010031.
CURVES: Final[Mapping[Chemistry, Curve]] = {
    Chemistry.VRLA: Curve(
        (0, 50, 60, 70, 80, 90, 100),
        (1.885, 2.028, 2.057, 2.084, 2.112, 2.138, 2.165),
        6.0,
        0.04,
        4.0,
    ),
    Chemistry.VENTED_LEAD: Curve(
        (0, 50, 60, 70, 80, 90, 100),
        (1.815, 1.958, 1.987, 2.014, 2.042, 2.068, 2.095),
        8.0,
        0.04,
        4.0,
    ),
    Chemistry.LFP: Curve(
        (0, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 100),
        (
            2.0, 3.05, 3.189, 3.231, 3.267, 3.29, 3.299,
            3.303, 3.309, 3.325, 3.342, 3.344, 3.348, 3.6,
        ),
        3.0,
        0.01,
        2.0,
    ),
    Chemistry.LTO: Curve(
        (0, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100),
        (2.0, 2.105, 2.125, 2.154, 2.177, 2.198, 2.224, 2.259, 2.309, 2.376, 2.458, 2.513, 2.8),
        3.0,
        0.01,
        2.0,
    ),
}  # fmt: skip
#: A module errs by 0.5 % at most (its data sheet); half of that is usual.
_MODULE_ERROR: Final = 0.0025

#: Under load, of sealed lead only but for the end. The drop of a cell over its current per
#: ampere-hour: that of a 12 V 17 Ah block at C/12 to C/6; others differ by a third.
_LOAD_OHM_AH: Final = 0.283
_LOAD_OHM_ERROR: Final = 0.35
_LOAD_ERROR_PERCENT: Final = 7.0
_LOAD_CURVE: Final = CURVES[Chemistry.VRLA]
_LOAD_V_PER_PERCENT: Final = 2.8e-3
#: Rates and temperatures for which that holds, and how even the load must be.
_LOAD_A_PER_AH: Final = 0.25
_LOAD_C: Final = (10.0, 40.0)
_LOAD_EVEN: Final = 0.1
#: The voltage of a freshly charged cell falls first: not before so much was taken out.
_LOAD_FROM_S: Final = 1800.0
_LOAD_FROM_AH_PER_AH: Final = 0.03
_LOAD_ZERO_ERRORS: Final = 3.0
#: The last of a discharge at such rates, volt per cell over what is left above 1.75 V.
_LAST_V: Final = (1.75, 1.788, 1.807, 1.82, 1.843, 1.858, 1.875)
_LAST_PERCENT: Final = (0.0, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0)
#: A cell at its end voltage is empty; before, the rate and the make of the cell count.
_LAST_ERROR_AT: Final = (0.0, 10.0)
NEAR_END_ERROR_PERCENT: Final = 5.0
_LAST_ERROR_PERCENT: Final = (2.5, NEAR_END_ERROR_PERCENT)


@dataclass(frozen=True, slots=True)
class Told:
    """What voltages tell of the charge of cells, in percent; NaN where nothing."""

    percent: Floats
    error: Floats


def at_rest(frame: Frame, plant: Plant, seen: phase.Memory, tuning: Tuning) -> Told | None:
    """Read the charge off cells that have rested long enough; `None` where none has."""
    rows = frame.rows
    hours = (frame.now - seen.since) / SECONDS_PER_HOUR
    rests = (seen.phase == phase.REST) & (hours >= _from_h(rows))
    if not rests.any():
        return None
    percent = np.full(rows.cell_count, np.nan)
    error = np.full(rows.cell_count, np.nan)
    known = rows.spread(rests) & frame.fresh[Quantity.VOLTAGE]
    voltage_v = frame.columns[Quantity.VOLTAGE].values / plant.cell_inner
    cell_hours = rows.spread(hours)
    for chemistry, its_cells in _cells_of(rows).items():
        curve, cells = CURVES[chemistry], known & its_cells
        at_v = voltage_v[cells]
        percent[cells] = np.interp(at_v, curve.voltage_v, curve.percent)
        unsure_v = curve.settling_v_h / cell_hours[cells] + _MODULE_ERROR * at_v
        around = np.interp(
            np.stack([at_v - unsure_v, at_v + unsure_v]), curve.voltage_v, curve.percent
        )
        spread = np.max(np.abs(around - percent[cells]), axis=0)
        error[cells] = np.hypot(curve.error_percent, spread)
    return _useful(Told(percent, error), tuning)


def under_load(
    frame: Frame,
    plant: Plant,
    seen: phase.Memory,
    current: phase.Current,
    zero_error_a: Floats,
    tuning: Tuning,
) -> Told | None:
    """Read the charge off the cells of strings that are being discharged evenly."""
    rows = frame.rows
    discharges = (seen.phase == phase.DISCHARGE) & plant.lead & current.clear
    if not discharges.any():
        return None
    lasted_s = frame.now - seen.since
    gives_a = -current.a
    rate = gives_a / plant.capacity_ah
    even = np.abs(seen.smooth_a - current.a) <= _LOAD_EVEN * gives_a
    told = (
        discharges
        & even
        & (rate <= _LOAD_A_PER_AH)
        & (gives_a >= _LOAD_ZERO_ERRORS * zero_error_a)
        & (lasted_s >= _LOAD_FROM_S)
        & (rate * lasted_s / SECONDS_PER_HOUR >= _LOAD_FROM_AH_PER_AH)
    )
    if not told.any():
        return None
    temperature_c = frame.known(Quantity.TEMPERATURE)
    outside = (temperature_c < _LOAD_C[0]) | (temperature_c > _LOAD_C[1])
    voltage_v = frame.columns[Quantity.VOLTAGE].values / plant.cell_inner
    known = rows.spread(told) & frame.fresh[Quantity.VOLTAGE] & ~outside
    drop_v = _LOAD_OHM_AH * rate
    percent = np.interp(voltage_v + rows.spread(drop_v), _LOAD_CURVE.voltage_v, _LOAD_CURVE.percent)
    unsure_v = np.hypot(_LOAD_OHM_ERROR * drop_v, _MODULE_ERROR * _LOAD_CURVE.voltage_v[0])
    error = np.hypot(_LOAD_ERROR_PERCENT, unsure_v / _LOAD_V_PER_PERCENT)
    last = _left(voltage_v, plant.cell_end_v / plant.cell_inner)
    ends = voltage_v <= np.fmax(_LAST_V[-1], plant.cell_end_v / plant.cell_inner)
    percent = np.where(ends, last, percent)
    error = np.where(plant.sealed_lead, error, np.inf)
    near_end = np.interp(last, _LAST_ERROR_AT, _LAST_ERROR_PERCENT)
    errors = np.where(ends, near_end, rows.spread(error))
    return _useful(Told(np.where(known, percent, np.nan), np.where(known, errors, np.nan)), tuning)


def _left(voltage_v: Floats, end_v: Floats) -> Floats:
    """Return what is left above the end voltage, in percent, close to it."""
    above = np.interp(voltage_v, _LAST_V, _LAST_PERCENT)
    below = np.interp(end_v, _LAST_V, _LAST_PERCENT)
    return np.maximum(above - below, 0.0)


def _useful(told: Told, tuning: Tuning) -> Told | None:
    useful = told.error <= tuning.proof_error_percent
    if not useful.any():
        return None
    return Told(np.where(useful, told.percent, np.nan), np.where(useful, told.error, np.nan))


#: Plants at work in one process: the engine's, or a handful of tests.
_KEPT_PLANTS: Final = 16


@lru_cache(maxsize=_KEPT_PLANTS)
def _from_h(rows: Rows) -> Floats:
    """Return per string after how many hours of rest a voltage tells something."""
    curves = [CURVES.get(string.chemistry) for string in rows.strings]
    return np.array([np.inf if curve is None else curve.from_h for curve in curves])


@lru_cache(maxsize=_KEPT_PLANTS)
def _cells_of(rows: Rows) -> Mapping[Chemistry, NDArray[np.bool_]]:
    """Return the cells of each chemistry that has a curve."""
    of_string = np.array([string.chemistry for string in rows.strings], np.str_)
    return {
        chemistry: rows.spread(of_string == chemistry)
        for chemistry in CURVES
        if chemistry in of_string
    }
