"""What is learned in a calm float: what each module reads too much, and what a string is wont to.

A module may be wrong by some kelvin for ever; a cell that runs away gets warmer. So the offset is
taken from the first calm day, bounded, and follows by a tenth of a kelvin per day at most; nothing
is learned of a string while a sign is up in it, nor of a cell that is moving.

A string that reads colder than its room reads too little, because its cells heat and nothing cools
them. One that reads warmer may be warm: that is never learned away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bacs_core.protection.memory import CellMemory, StringMemory
from bacs_core.protection.surroundings import Surroundings
from bacs_core.protection.tuning import Tuning
from bacs_core.rows import Rows
from bacs_core.snapshot import Flags, Floats


@dataclass(frozen=True, slots=True)
class Learned:
    """Per cell `offset_k`, the rest per string, as `memory` names them."""

    offset_k: Floats
    usual_c: Floats
    usual_s: Floats
    usual_excess_k: Floats
    learned_s: Floats


def common_k(strings: StringMemory, tuning: Tuning) -> Floats:
    """Return what all modules of a string read too little, zero or less, per string."""
    known = np.where(np.isnan(strings.usual_excess_k), 0.0, strings.usual_excess_k)
    return np.clip(known, -tuning.offset_limit_k, 0.0)


def learn(
    rows: Rows,
    memory: tuple[CellMemory, StringMemory],
    read_c: Floats,
    around: Surroundings,
    calm: tuple[Flags, Flags],
    dt_s: float,
    tuning: Tuning,
) -> Learned:
    """Learn from `dt_s`; `calm` marks strings whose offsets, and whose usual temperature, count."""
    cells, strings = memory
    floats_calmly, quiet = calm
    known = np.isfinite(read_c)
    middle_c = rows.median(read_c, known)
    learned_s = np.where(floats_calmly, strings.learned_s + dt_s, strings.learned_s)
    first = learned_s <= tuning.first_learning_s

    over_k = read_c - rows.spread(middle_c)
    many = rows.total(known) >= tuning.fewest_for_spread
    trend_k = cells.fast_c - cells.slow_c
    still = np.abs(trend_k) < tuning.calm_allowance_k
    still &= rows.spread(first) | (np.abs(over_k - cells.offset_k) < tuning.offset_freeze_k)
    taken = rows.spread(floats_calmly & many) & known & still
    offset_k = _moved(
        cells.offset_k,
        over_k,
        rows.spread(learned_s),
        dt_s,
        tuning.offset_k_per_s,
        tuning,
    )
    offset_k = np.clip(offset_k, -tuning.offset_limit_k, tuning.offset_limit_k)

    excess_k = np.where(around.with_room, middle_c - around.room_lag_c, np.nan)
    excess_moved = _moved(
        strings.usual_excess_k, excess_k, learned_s, dt_s, tuning.offset_k_per_s, tuning
    )
    excess_taken = floats_calmly & np.isfinite(excess_k)

    corrected_c = middle_c - common_k(strings, tuning)
    begins = np.isnan(strings.usual_c)
    usual_s = strings.usual_s + np.where(quiet, dt_s, 0.0)
    usual_moved = _moved(strings.usual_c, corrected_c, usual_s, dt_s, tuning.usual_k_per_s, tuning)
    usual_taken = (quiet | begins) & np.isfinite(corrected_c)
    return Learned(
        offset_k=np.where(taken, offset_k, cells.offset_k),
        usual_c=np.where(usual_taken, usual_moved, strings.usual_c),
        usual_s=usual_s,
        usual_excess_k=np.where(excess_taken, excess_moved, strings.usual_excess_k),
        learned_s=learned_s,
    )


def _moved(
    old: Floats, new: Floats, learned_s: Floats, dt_s: float, per_s: float, tuning: Tuning
) -> Floats:
    """Take the mean of the first day, then follow by at most `per_s`."""
    first = learned_s <= tuning.first_learning_s
    # The first hours count as if they had been an hour: one reading is no mean.
    part = np.where(first, dt_s / np.maximum(learned_s, 3600.0 + dt_s), 1.0)
    limit = np.where(first, np.inf, per_s * dt_s)
    step = np.clip(part * (new - old), -limit, limit)
    return np.where(np.isnan(old), new, old + step)
