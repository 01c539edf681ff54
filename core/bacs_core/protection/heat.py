"""How warm each cell is: over its surroundings, over its string, and over what it was before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bacs_core.protection.arithmetic import followed, share
from bacs_core.protection.learning import common_k
from bacs_core.protection.memory import CellMemory, StringMemory
from bacs_core.protection.surroundings import Surroundings
from bacs_core.protection.tuning import Tuning
from bacs_core.rows import Rows
from bacs_core.snapshot import Floats


@dataclass(frozen=True, slots=True)
class Heat:
    """Per cell, NaN unknown: as read where it is believed, and without the module's own error.

    `trend_k` is how much warmer the cell is than it was over the last two hours. Per string:
    `middle_c` is the median, `level_c` the same where enough cells make one, `usual_c` what the
    string is wont to have.
    """

    read_c: Floats
    corrected_c: Floats
    rise_k: Floats
    spread_k: Floats
    trend_k: Floats
    fast_c: Floats
    slow_c: Floats
    middle_c: Floats
    level_c: Floats
    usual_c: Floats


def heat_of(
    rows: Rows,
    read_c: Floats,
    memory: tuple[CellMemory, StringMemory],
    around: Surroundings,
    step: tuple[float, float],
    *,
    sort: bool,
    tuning: Tuning,
) -> Heat:
    """Work out how warm the cells are; the medians of the strings only where told to `sort`.

    `step` is the time that counts and the time that passed since the last tick, in seconds.
    """
    cells, strings = memory
    dt_s, passed_s = step
    if dt_s < passed_s:
        # What happened in a gap is no trend; the one that was seen before it goes on.
        fast_c = np.where(np.isnan(read_c), cells.fast_c, read_c)
        trend_k = cells.fast_c - cells.slow_c
        slow_c = fast_c - np.where(np.isnan(trend_k), 0.0, trend_k)
    else:
        fast_c = followed(cells.fast_c, read_c, share(dt_s, tuning.fast_s))
        slow_c = followed(cells.slow_c, read_c, share(dt_s, tuning.slow_s))
    corrected_c = read_c - cells.offset_k
    common = common_k(strings, tuning)
    if common.any():
        corrected_c -= rows.spread(common)
    middle_c, level_c = strings.middle_c, strings.level_c
    if sort:
        known = np.isfinite(corrected_c)
        middle_c = rows.median(corrected_c, known)
        many = rows.total(known) >= tuning.fewest_for_spread
        level_c = np.where(many, middle_c, np.nan)
    usual_c = np.where(np.isnan(strings.usual_c), middle_c, strings.usual_c)
    reference_c = np.where(np.isnan(around.reference_c), usual_c, around.reference_c)
    return Heat(
        read_c=read_c,
        corrected_c=corrected_c,
        rise_k=corrected_c - rows.spread(reference_c),
        spread_k=corrected_c - rows.spread(level_c),
        trend_k=fast_c - slow_c,
        fast_c=fast_c,
        slow_c=slow_c,
        middle_c=middle_c,
        level_c=level_c,
        usual_c=usual_c,
    )
