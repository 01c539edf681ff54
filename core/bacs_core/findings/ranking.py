"""Ranks the cells of each string by how far they are from the others, with the reason.

Every quantity is judged by the modified z-score of Iglewicz and Hoaglin (How to Detect and Handle
Outliers, 1993): the distance from the median in units of 1.4826 times the median distance, so that
the odd cells do not spoil the measure they are judged by. 3.5 is their threshold. The unit is never
smaller than what the modules can tell apart, or a string of equal cells would be full of outliers.

Equalization hides an odd float voltage, but what it has to bypass for that shows it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from bacs_core.chemistries import inner_cells
from bacs_core.equalization import Plan
from bacs_core.estimation import Estimates
from bacs_core.findings.sentences import SENTENCES
from bacs_core.findings.trends import Trends
from bacs_core.frame import Frame
from bacs_core.model import Basis, Quantity, cell_label
from bacs_core.rows import Rows
from bacs_core.snapshot import Flags, Floats

#: Iglewicz and Hoaglin.
THRESHOLD: Final = 3.5
_NORMAL_SPREAD: Final = 1.4826
#: The smallest spread that counts, per quantity. Modules match each other to 1 mV per element, tell
#: resistances apart to 3 % and temperatures to 1 K.
_VOLTAGE_FLOOR_V: Final = 0.003
_RESISTANCE_FLOOR: Final = 0.03
_TEMPERATURE_FLOOR_K: Final = 1.0
#: Of the capacity: what a fiftieth of the nominal float current bypasses in a fortnight.
_BLED_FLOOR: Final = 0.003
#: A measured capacity is odd below this, whatever the others have: the end of life of most makers
#: is at 80 % (USBR FIST: test yearly below 90 %).
_CAPACITY_LOW_PERCENT: Final = 90.0
_CAPACITY_FLOOR_PERCENT: Final = 3.0
#: From here on a difference counts as grown since the average of the last month, in floors.
_RISING_FLOORS: Final = 1.0
MOST_PER_STRING: Final = 5
_MILLI: Final = 1000.0
_PERCENT: Final = 100.0


@dataclass(frozen=True, slots=True)
class Finding:
    """A cell that stands out. `score` is its modified z-score in what it is worst in."""

    string_key: str
    cell: int
    score: float
    code: str
    amount: float
    text: str


#: Plants at work in one process: the engine's, or a handful of tests.
_KEPT_PLANTS: Final = 16


@dataclass(frozen=True, slots=True)
class _Aspect:
    """One way of being odd: the score, what to tell of it, and whether it grows; all per cell."""

    code: str
    score: Floats
    amount: Floats
    rising: Flags


def differences(frame: Frame, estimates: Estimates, plan: Plan) -> dict[str, Floats]:
    """Return what is watched for trends, per cell: each against the median of its string."""
    rows = frame.rows
    floating = np.where(frame.trusted, frame.columns[Quantity.VOLTAGE].values, np.nan)
    resistance = frame.known(Quantity.RESISTANCE)
    over_median = resistance / rows.spread(rows.median(resistance, np.isfinite(resistance))) - 1
    own = np.isfinite(estimates.resistance_rise)
    return {
        "voltage_v": _apart(rows, floating),
        "resistance": np.where(own, estimates.resistance_rise, over_median),
        "temperature_k": _apart(rows, frame.known(Quantity.TEMPERATURE)),
        "bled_ah": _apart(rows, plan.bled_ah),
    }


def rank(
    frame: Frame, estimates: Estimates, apart: Mapping[str, Floats], trends: Trends
) -> tuple[Finding, ...]:
    """Return the cells that stand out, the oddest first, a few of each string at most.

    `apart` comes from `differences`, `trends` are those before it.
    """
    rows = frame.rows
    found = _aspects(frame, estimates, apart, trends)
    scores = np.stack([np.nan_to_num(aspect.score, nan=0.0) for aspect in found])
    worst = scores.max(axis=0)
    findings = []
    # Most strings have nobody who stands out.
    odd_strings = np.unique(rows.string_of_cell[np.flatnonzero(worst >= THRESHOLD)])
    for string in odd_strings.tolist():
        key = rows.strings[string].key
        place = rows.slices[key]
        cells = worst[place]
        order = np.argsort(-cells, kind="stable")[:MOST_PER_STRING]
        for cell in order[cells[order] >= THRESHOLD].tolist():
            row = place.start + cell
            aspect = found[int(scores[:, row].argmax())]
            findings.append(_finding(rows, key, cell, row, aspect))
    return tuple(sorted(findings, key=lambda finding: -finding.score))


def _aspects(
    frame: Frame, estimates: Estimates, apart: Mapping[str, Floats], trends: Trends
) -> list[_Aspect]:
    rows = frame.rows
    floors = _floors_of(rows)
    own = np.isfinite(estimates.resistance_rise)
    unit = {name: _spread(rows, apart[name], floor) for name, floor in floors.items()}
    # A rise against the own baseline is odd, however many others rise too.
    unit["resistance"] = np.where(own, floors["resistance"], unit["resistance"])
    grown = {
        name: np.nan_to_num(apart[name] - trends.slow.get(name, apart[name])) / floor
        for name, floor in floors.items()
    }
    none = np.zeros(rows.cell_count, np.bool_)
    volt, ohm, kelvin, bled = (
        apart[name] / unit[name] for name in ("voltage_v", "resistance", "temperature_k", "bled_ah")
    )
    rises = grown["resistance"] >= _RISING_FLOORS
    measured = (estimates.capacity.basis == Basis.DISCHARGE) & (
        estimates.capacity.value < _CAPACITY_LOW_PERCENT
    )
    short = np.where(
        measured,
        THRESHOLD + (_CAPACITY_LOW_PERCENT - estimates.capacity.value) / _CAPACITY_FLOOR_PERCENT,
        0.0,
    )
    percent = _PERCENT * apart["resistance"]
    return [
        _Aspect("capacity_low", short, estimates.capacity.value, none),
        _Aspect("resistance_above_baseline", np.where(own, ohm, 0.0), percent, rises),
        _Aspect("resistance_above_string", np.where(own, 0.0, ohm), percent, rises),
        _Aspect(
            "voltage_above_string",
            volt,
            _MILLI * apart["voltage_v"],
            grown["voltage_v"] >= _RISING_FLOORS,
        ),
        _Aspect(
            "voltage_below_string",
            -volt,
            -_MILLI * apart["voltage_v"],
            grown["voltage_v"] <= -_RISING_FLOORS,
        ),
        _Aspect(
            "warmer_than_string",
            kelvin,
            apart["temperature_k"],
            grown["temperature_k"] >= _RISING_FLOORS,
        ),
        _Aspect("bled_more_than_string", bled, apart["bled_ah"], none),
        _Aspect("bled_less_than_string", -bled, -apart["bled_ah"], none),
    ]


@lru_cache(maxsize=_KEPT_PLANTS)
def _floors_of(rows: Rows) -> Mapping[str, Floats]:
    """Return per cell what modules can tell apart."""
    elements = rows.of_strings(
        lambda string: inner_cells(string.chemistry, string.cell_voltage_v) or 1
    )
    capacity_ah = rows.of_strings(lambda string: string.capacity_ah)
    return {
        "voltage_v": rows.spread(_VOLTAGE_FLOOR_V * elements),
        "resistance": np.full(rows.cell_count, _RESISTANCE_FLOOR),
        "temperature_k": np.full(rows.cell_count, _TEMPERATURE_FLOOR_K),
        "bled_ah": rows.spread(_BLED_FLOOR * capacity_ah),
    }


def _finding(rows: Rows, key: str, cell: int, row: int, aspect: _Aspect) -> Finding:
    rising = f"{aspect.code}_rising"
    code = rising if aspect.rising[row] and rising in SENTENCES else aspect.code
    amount = float(aspect.amount[row])
    label = cell_label(cell + 1, int(rows.counts[rows.string_of_cell[row]]))
    return Finding(
        string_key=key,
        cell=cell + 1,
        score=float(aspect.score[row]),
        code=code,
        amount=amount,
        text=f"cell {label}: {SENTENCES[code].format(amount=amount)}",
    )


def _apart(rows: Rows, values: Floats) -> Floats:
    """Return how far each cell is from the median of its string."""
    return values - rows.spread(rows.median(values, np.isfinite(values)))


def _spread(rows: Rows, apart: Floats, floor: Floats) -> Floats:
    """Return the unit of the z-score: the usual distance from the median, or the floor."""
    distance = np.abs(apart)
    usual = _NORMAL_SPREAD * rows.median(distance, np.isfinite(distance))
    return np.fmax(rows.spread(usual), floor)
