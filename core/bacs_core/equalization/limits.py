"""The duty limit in force of every string: what the bypass may take without emptying a cell."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.equalization.orders import MODES, PARTIAL, Orders
from bacs_core.equalization.tuning import REFERENCE_C, Loops, Tuning
from bacs_core.estimation import Estimates
from bacs_core.frame import Frame
from bacs_core.model import ChargePhase, EqualizationMode, Quantity
from bacs_core.snapshot import Flags, Floats, frozen

ALL: Final = 100.0
#: Tunings at work in one process.
_KEPT: Final = 16

#: Of each mode, the phases of charging in which it bypasses with all that the current allows, and
#: those in which it only keeps a minimum.
_FULL_IN: Final[dict[EqualizationMode, tuple[ChargePhase, ...]]] = {
    EqualizationMode.OFF: (),
    EqualizationMode.CONTINUOUS: (ChargePhase.ABSORPTION, ChargePhase.FLOAT),
    EqualizationMode.TOP: (ChargePhase.ABSORPTION,),
    EqualizationMode.PARTIAL: (
        ChargePhase.REST,
        ChargePhase.BULK,
        ChargePhase.ABSORPTION,
        ChargePhase.FLOAT,
    ),
}
_MINIMUM_IN: Final[dict[EqualizationMode, tuple[ChargePhase, ...]]] = {
    EqualizationMode.TOP: (ChargePhase.FLOAT,),
}


def _table(phases_of: dict[EqualizationMode, tuple[ChargePhase, ...]]) -> Flags:
    return np.array(
        [[phase in phases_of.get(mode, ()) for phase in ChargePhase] for mode in MODES], np.bool_
    )


#: One row per mode, one column per phase.
FULL_IN: Final = _table(_FULL_IN)
MINIMUM_IN: Final = _table(_MINIMUM_IN)


def phase_limit_percent(
    mode: NDArray[np.uint8], phase: NDArray[np.uint8], tuning: Tuning
) -> Floats:
    """Return per string what mode and phase of charging allow: 0, the minimum of TOP, or all."""
    allowed: Floats = _allowed_percent(tuning.top_minimum_percent)[mode, phase]
    return allowed


@lru_cache(maxsize=_KEPT)
def _allowed_percent(top_minimum_percent: float) -> Floats:
    """Return what each mode allows in each phase, (modes, phases)."""
    return frozen(np.where(FULL_IN, ALL, np.where(MINIMUM_IN, top_minimum_percent, 0.0)))


def worked_out_percent(frame: Frame, duty_percent: Floats, loops: Loops, tuning: Tuning) -> Floats:
    """Return per string the duty that the string current allows where nobody can measure it.

    A charger that holds the sum of the voltages gives the float current of the cells and the mean
    of what their bypass takes. `duty_percent` is what is believed to conduct now, per cell.
    """
    rows = frame.rows
    mean_c = rows.mean(
        frame.columns[Quantity.TEMPERATURE].values, frame.fresh[Quantity.TEMPERATURE]
    )
    # Warmth is no reason for more: a hot string is one to be careful with.
    warmer_k = np.where(mean_c < REFERENCE_C, mean_c - REFERENCE_C, 0.0)
    worked_out = loops.percent_per_a * loops.float_a * np.exp2(warmer_k / loops.doubling_k)
    worked_out += rows.total(duty_percent) / rows.counts
    limit: Floats = np.minimum(worked_out, tuning.blind_limit_percent)
    return limit


def duty_limit_percent(
    frame: Frame,
    estimates: Estimates,
    orders: Orders,
    phase_limit_percent: Floats,
    blind_percent: Floats,
    loops: Loops,
    tuning: Tuning,
) -> Floats:
    """Return per string the highest duty in force.

    Where the float current can be measured, bypass leaves a tenth of the nominal one to the cell at
    the least current the reading allows. From 0.05 A per Ah on it is none, however exact it is (and
    outside absorption and float the phase allows no such bypass). Elsewhere `blind_percent` holds,
    which `worked_out_percent` gives, but never what the sensor rules out. A surplus of charge is
    taken on purpose; there only the blind limit of the tuning holds.
    """
    usable, current_a, error_a = (
        estimates.float_current_usable,
        frame.current_a,
        frame.current_error_a,
    )
    floats = usable & (current_a < loops.most_float_a)
    measured = loops.percent_per_a * (current_a - error_a - loops.reserve_a)
    most = loops.percent_per_a * np.maximum(current_a + error_a, 0.0)
    blind = np.fmin(blind_percent, most)
    by_current = np.where(floats & np.isfinite(measured), measured, blind)
    limit, by_surplus = by_current, orders.mode == PARTIAL
    if np.count_nonzero(by_surplus):
        by_charge = np.where(usable, ALL, tuning.blind_limit_percent)
        limit = np.where(by_surplus, by_charge, by_current)
    return np.minimum(np.maximum(limit, 0.0), phase_limit_percent)
