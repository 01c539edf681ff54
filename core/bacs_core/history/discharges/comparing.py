"""Two discharges of one string, place by place of what was drawn.

At equal ampere-hours (or seconds, where no current is known) the voltages of the second are held
against those of the first. What all cells share (another load, another temperature) is taken off
with the median cell: what is left changed in the cell itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from bacs_core.api.discharge_messages import Comparison, DischargeAnalysis, ReplacedCell
from bacs_core.chemistries import inner_cells
from bacs_core.errors import RefusedError
from bacs_core.history.discharges.analysing import values
from bacs_core.history.discharges.recording import Frames
from bacs_core.history.discharges.samples import medians
from bacs_core.model import Basis
from bacs_core.snapshot import Floats

PLACES: Final = 100
#: A cell has changed clearly when it is off by this much per element, and by several times what
#: most cells are off.
_CLEAR_V: Final = 5e-3
_SPREADS: Final = 5.0
_ROBUST: Final = 1.4826
#: The first seconds belong to the load step, not to the battery.
_SETTLED_SHARE: Final = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """One of the two: what it said, and its frames."""

    analysis: DischargeAnalysis
    frames: Frames


def compared(first: Recorded, second: Recorded, replaced: Sequence[ReplacedCell]) -> Comparison:
    """Compare two discharges; `replaced` are the cells that were exchanged between them.

    Raises `RefusedError` (`not_comparable`) where they are not of one string, or share nothing.
    """
    one, other = first.analysis.discharge, second.analysis.discharge
    if one.battery.string_key != other.battery.string_key:
        raise RefusedError("the two are not of one string", code="not_comparable")
    if one.battery.cell_count != other.battery.cell_count:
        raise RefusedError("the string has another number of cells now", code="not_comparable")
    known = [np.isfinite(of.frames.given_ah).all() and _drew(of.frames) for of in (first, second)]
    over: Literal["given_ah", "time_s"] = "given_ah" if all(known) else "time_s"
    along = [_along(of.frames, over) for of in (first, second)]
    if any(len(places) < 2 for places in along):  # noqa: PLR2004 - a curve
        raise RefusedError("too little of them was recorded", code="not_comparable")
    end = min(float(places[-1]) for places in along)
    axis = np.linspace(_SETTLED_SHARE * end, end, PLACES)
    curves = [
        _curves(places, of.frames.voltage_v, axis)
        for places, of in zip(along, (first, second), strict=True)
    ]
    difference_v = curves[1] - curves[0]
    string_v = medians(curves[1]) - medians(curves[0])
    own_v = difference_v - medians(difference_v)[:, np.newaxis]
    mean_v, end_v = _mean(own_v), own_v[-1]
    bars = [_column(of.analysis.cells.lowest_v) for of in (first, second)]
    return Comparison(
        first=one,
        second=other,
        over=over,
        axis=[round(place, 3) for place in axis.tolist()],
        string_v=values(string_v, 4),
        mean_difference_v=values(mean_v, 4),
        end_difference_v=values(end_v, 4),
        lowest_difference_v=values(bars[1] - bars[0], 3),
        capacity_change_percent=values(_capacity_change(first, second), 1),
        replaced=list(replaced),
        changed=_changed(mean_v, end_v, _elements(first)),
    )


def _along(frames: Frames, over: str) -> Floats:
    if over == "time_s":
        elapsed: Floats = (frames.at - frames.at[:1]) / 1000
        return elapsed
    return np.maximum.accumulate(frames.given_ah)


def _drew(frames: Frames) -> bool:
    return bool(len(frames.given_ah)) and float(frames.given_ah[-1]) > 0


def _curves(along: Floats, voltage_v: Floats, axis: Floats) -> Floats:
    curves = np.full((len(axis), voltage_v.shape[1]), np.nan)
    for cell in range(voltage_v.shape[1]):
        known = np.isfinite(voltage_v[:, cell])
        if known.any():
            places = along[known]
            read = np.interp(axis, places, voltage_v[known, cell])
            curves[:, cell] = np.where(axis <= places[-1], read, np.nan)
    return curves


def _mean(own_v: Floats) -> Floats:
    known = np.isfinite(own_v)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_v: Floats = np.where(known, own_v, 0.0).sum(axis=0) / known.sum(axis=0)
    return mean_v


def _capacity_change(first: Recorded, second: Recorded) -> Floats:
    columns = []
    for of in (first, second):
        cells = of.analysis.cells
        measured = np.array(cells.capacity_basis) == Basis.DISCHARGE
        columns.append(np.where(measured, _column(cells.capacity_percent), np.nan))
    return columns[1] - columns[0]


def _changed(mean_v: Floats, end_v: Floats, elements: int) -> list[int]:
    """Return the cells that differ clearly, most first."""
    size = np.fmax(np.abs(mean_v), np.abs(end_v))
    clear = np.zeros(len(size), np.bool_)
    for own_v in (mean_v, end_v):
        known = own_v[np.isfinite(own_v)]
        spread = _ROBUST * float(np.median(np.abs(known))) if len(known) else np.nan
        clear |= np.abs(own_v) >= max(_CLEAR_V * elements, _SPREADS * spread)
    order = np.argsort(-np.nan_to_num(size), kind="stable")
    return [int(cell) + 1 for cell in order if clear[cell]]


def _elements(of: Recorded) -> int:
    battery = of.analysis.discharge.battery
    return inner_cells(battery.chemistry, battery.cell_voltage_v) or 1


def _column(values_told: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values_told], np.float64)
