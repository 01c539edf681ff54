"""What the cells were like lately, so that a change can be told from a difference.

A slow average of each quantity with a time constant of a month: a cell that is above its own one is
rising. Only differences between the cells of a string are kept, as a season moves them all alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bacs_core.rows import Rows
from bacs_core.snapshot import Floats

MONTH_S: Final = 30 * 86_400.0
#: A value that is missing this often in a row begins anew: somebody worked on the plant.
LONGEST_STEP_S: Final = 7 * 86_400.0
_KEPT_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class Trends:
    """Slow averages per cell, by the name of what is watched; NaN before the first value."""

    slow: Mapping[str, Floats]
    at: float | None = None


def initial(_rows: Rows) -> Trends:
    """Begin without any average."""
    return Trends({})


def shifted(trends: Trends, step_s: float) -> Trends:
    """Return the averages with their time moved by a step of the clock."""
    return replace(trends, at=None if trends.at is None else trends.at + step_s)


def follow(trends: Trends, values: Mapping[str, Floats], now: float) -> Trends:
    """Return the averages after the values of unix time `now`; what is NaN leaves its one alone."""
    gap_s = 0.0 if trends.at is None else now - trends.at
    share = 1 - math.exp(-min(max(gap_s, 0.0), LONGEST_STEP_S) / MONTH_S)
    slow = {}
    for name, value in values.items():
        before = trends.slow.get(name)
        if before is None:
            slow[name] = value.copy()
            continue
        moved = np.where(np.isnan(before), value, before + share * (value - before))
        slow[name] = np.where(np.isnan(value), before, moved)
    return Trends(slow, now)


def replaced(trends: Trends, row: int) -> Trends:
    """Forget the cell of a row: another one is in its place."""
    slow = {}
    for name, values in trends.slow.items():
        slow[name] = values.copy()
        slow[name][row] = np.nan
    return replace(trends, slow=slow)


def keep(trends: Trends, rows: Rows) -> dict[str, object]:
    """Return the averages as plain JSON, by string key."""
    return {
        "at": trends.at,
        "strings": {
            key: {
                name: [
                    None if math.isnan(value) else round(value, _KEPT_DECIMALS)
                    for value in values[place].tolist()
                ]
                for name, values in trends.slow.items()
            }
            for key, place in rows.slices.items()
        },
    }


def restore(kept: object, rows: Rows) -> Trends:
    """Take up what `keep` gave; what is malformed or of another length begins anew."""
    if not isinstance(kept, Mapping) or not isinstance(kept.get("strings"), Mapping):
        return initial(rows)
    at = kept.get("at")
    slow: dict[str, Floats] = {}
    for key, place in rows.slices.items():
        told = kept["strings"].get(key)
        for name, values in told.items() if isinstance(told, Mapping) else ():
            column = _column(values, place.stop - place.start)
            if column is not None and isinstance(name, str):
                slow.setdefault(name, np.full(rows.cell_count, np.nan))[place] = column
    return Trends(slow, float(at) if isinstance(at, int | float) else None)


def _column(values: object, count: int) -> Floats | None:
    if not isinstance(values, list) or len(values) != count:
        return None
    if not all(value is None or isinstance(value, int | float) for value in values):
        return None
    return np.array([np.nan if value is None else value for value in values], np.float64)
