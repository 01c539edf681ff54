"""Partial balancing of lithium: by ampere-hours, because voltages on a flat curve tell nothing.

All cells of a string carry the same current. Since the last full charge they differ only by what
their bypass and their own leakage took, so the charge that is missing to full shows how far each is
above the lowest: its surplus. It is bled, whatever the voltages are, until the surplus is gone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bacs_core.equalization.tuning import Loops, Tuning
from bacs_core.frame import Frame
from bacs_core.snapshot import Flags, Floats
from bacs_core.summary import LEAST_TRUSTED_SHARE


@dataclass(frozen=True, slots=True)
class Surplus:
    """Per cell: the duty that bleeds the surplus, and whether it is being bled.

    `uncounted` marks the strings that wait because too few cells have a counted charge.
    """

    duty_percent: Floats
    bleeding: Flags
    uncounted: Flags


def bleed(
    frame: Frame,
    strings: Flags,
    charge_percent: Floats,
    capacity_percent: Floats,
    bleeding: Flags,
    loops: Loops,
    tuning: Tuning,
) -> Surplus:
    """Return what to bleed now; `strings` are those balanced by ampere-hours.

    Charge and capacity are per cell, NaN where they are unknown.

    A cell whose charge is grossly off the median of its string is neither bled nor followed: one
    wrong count would bleed all others.
    """
    rows = frame.rows
    counted = frame.trusted & np.isfinite(charge_percent)
    median = rows.spread(rows.median(charge_percent, counted))
    counted &= np.abs(charge_percent - median) <= tuning.surplus_gross_percent
    capacity_ah = loops.cell_capacity_ah * np.where(
        np.isfinite(capacity_percent), capacity_percent / 100, 1.0
    )
    missing_ah = (1 - charge_percent / 100) * capacity_ah
    surplus_ah = rows.spread(rows.most(missing_ah, counted)) - missing_ah
    known = rows.total(counted) >= LEAST_TRUSTED_SHARE * rows.counts
    least = np.where(bleeding, tuning.surplus_end_share, tuning.surplus_start_share)
    bleeding = (
        counted & rows.spread(strings & known) & (surplus_ah > least * loops.cell_capacity_ah)
    )
    full_ah = loops.cell_bypass_a * (tuning.surplus_bled_in_s / 3600)
    duty = np.zeros(rows.cell_count)
    np.divide(100 * surplus_ah, full_ah, out=duty, where=bleeding & (full_ah > 0))
    return Surplus(np.minimum(duty, 100.0), bleeding, strings & ~known)
