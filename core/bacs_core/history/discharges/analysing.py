"""What a discharge says: its figures, the bar of each cell, and who was empty first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from bacs_core.api.discharge_messages import (
    CellColumns,
    CellFault,
    Collapse,
    CollapseSign,
    CoupDeFouet,
    Discharge,
    DischargeAnalysis,
    DischargeFigures,
    Gap,
    Moments,
    Spread,
    Values,
)
from bacs_core.chemistries import inner_cells
from bacs_core.history.discharges import capacities, cells as of_cells
from bacs_core.history.discharges.capacities import Capacities, Start
from bacs_core.history.discharges.faults import faults_of
from bacs_core.history.discharges.folding import Fold
from bacs_core.history.discharges.ledger import MOST_GAPS, MS_PER_HOUR, MS_PER_S
from bacs_core.history.discharges.samples import Samples
from bacs_core.model import Basis, Chemistry
from bacs_core.snapshot import Flags, Floats

_ALL: Final = 100.0
_LEAD: Final = frozenset({Chemistry.VRLA, Chemistry.VENTED_LEAD})
#: A dip of less than this, in volt per element, is noise.
_LEAST_DIP_V: Final = 2e-3
#: The current must stay this even between the trough and the plateau.
_EVEN_SHARE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Seen:
    """How much of it somebody saw: whether the beginning was seen, and the end."""

    start: bool = True
    end: bool = True


def figures(fold: Fold, start: Start, until: int, seen: Seen) -> DischargeFigures:
    """Return the figures up to `until`, unix milliseconds."""
    ledger, cells = fold.ledger, fold.cells
    knows_current = np.isfinite(ledger.largest_a)
    gaps, gap_count, gap_ms = _gaps(fold, until, knows_current=bool(knows_current))
    hours = ledger.counted_ms / MS_PER_HOUR
    given_ah = ledger.given_ah if knows_current else None
    learned = _learned_ah(fold, start)
    rise_k = cells.highest_c - cells.first_c
    warmest = None if np.isnan(rise_k).all() else int(np.nanargmax(rise_k))
    return DischargeFigures(
        until=_moment(until),
        hours=(until - fold.started) / MS_PER_HOUR,
        start_voltage_v=number(fold.start_sum_v, 3),
        end_voltage_v=number(fold.end_sum_v, 3),
        mean_current_a=number(ledger.given_ah / hours, 3) if hours > 0 else None,
        largest_current_a=number(ledger.largest_a, 3),
        given_ah=None if given_ah is None else number(given_ah, 4),
        given_wh=number(ledger.given_wh, 3) if knows_current else None,
        depth_percent=_percent(given_ah, fold.battery.capacity_ah),
        depth_of_learned_percent=_percent(given_ah, learned),
        temperature_start_c=_mean(cells.first_c),
        temperature_highest_c=_highest(cells.highest_c),
        temperature_rise_k=None if warmest is None else number(float(rise_k[warmest]), 1),
        warmest_cell=None if warmest is None else warmest + 1,
        lower_bound=gap_count > 0 or not (seen.start and seen.end),
        start_unseen=not seen.start,
        end_unseen=not seen.end,
        gaps=gaps,
        gap_count=gap_count,
        gap_s=gap_ms / MS_PER_S,
    )


def analysed(
    discharge: Discharge,
    fold: Fold,
    start: Start,
    *,
    learned: Capacities | None = None,
    after: Samples | None = None,
    final: bool,
) -> DischargeAnalysis:
    """Return everything that a discharge says.

    `learned` is what estimation has learnt from this very discharge, `after` the samples just after
    its end.
    """
    cells, battery = fold.cells, fold.battery
    end_v = of_cells.at_end(cells, fold.end_at)
    faults = faults_of(fold, start, after)
    broken = np.zeros(battery.cell_count, np.bool_)
    for found in faults:
        broken[found.cell - 1] |= found.fault is not CellFault.WEAK
    nothing = Capacities.unknown(battery.cell_count)
    known = nothing
    if not discharge.figures.lower_bound:
        known = capacities.measured(fold, start, cells.ended.ah, cells.ended.at)
    known = capacities.chosen(known, learned or nothing, capacities.bounds(fold, start))
    known = capacities.without(known, broken)
    knows_current = np.isfinite(fold.ledger.largest_a)
    ended_ah = cells.ended.ah if knows_current else np.full(battery.cell_count, np.nan)
    knee_ah = cells.knee.ah if knows_current else np.full(battery.cell_count, np.nan)
    return DischargeAnalysis(
        discharge=discharge,
        final=final,
        cells=CellColumns(
            before_v=values(cells.before_v, 4),
            loaded_v=values(cells.loaded_v, 4),
            lowest_v=values(cells.lowest_v, 3),
            lowest_at=moments(cells.lowest_at),
            end_v=values(end_v, 3),
            empty_at=moments(cells.ended.at),
            empty_after_ah=values(ended_ah, 4),
            knee_at=moments(cells.knee.at),
            knee_after_ah=values(knee_ah, 4),
            highest_c=values(cells.highest_c, 1),
            capacity_percent=values(known.percent, 1),
            capacity_uncertainty_percent=values(known.uncertainty, 1),
            capacity_basis=[Basis(int(basis)) for basis in known.basis],
        ),
        collapses=collapses_of(fold),
        faults=faults,
        spread=Spread(
            before_v=_spread(cells.before_v, broken),
            loaded_v=_spread(cells.loaded_v, broken),
            end_v=_spread(end_v, broken),
        ),
        coup_de_fouet=coup_de_fouet(fold),
    )


def collapses_of(fold: Fold) -> list[Collapse]:
    """Return the cells that were empty before the others, in the order in which they were."""
    ended, knee = fold.cells.ended, fold.cells.knee
    signs = [
        *((CollapseSign.END_VOLTAGE, ended, cell) for cell in _in_order(ended.at)),
        *(
            (CollapseSign.KNEE, knee, cell)
            for cell in _in_order(np.where(np.isnan(ended.at), knee.at, np.nan))
        ),
    ]
    knows_current = np.isfinite(fold.ledger.largest_a)
    return [
        Collapse(
            rank=rank,
            cell=cell + 1,
            sign=sign,
            at=_moment(int(runs.at[cell])),
            after_s=(float(runs.at[cell]) - fold.started) / MS_PER_S,
            after_ah=number(float(runs.ah[cell]), 4) if knows_current else None,
            voltage_v=number(float(runs.voltage_v[cell]), 3),
        )
        for rank, (sign, runs, cell) in enumerate(signs, start=1)
    ]


def coup_de_fouet(fold: Fold) -> CoupDeFouet | None:
    """Return the dip at the beginning, `None` where there was none, or the chemistry has none."""
    opening, battery = fold.opening, fold.battery
    known = np.isfinite(opening.median_v)
    if battery.chemistry not in _LEAD or int(known.sum()) < 3:  # noqa: PLR2004 - down and up
        return None
    at, median_v, given_a = opening.at[known], opening.median_v[known], opening.given_a[known]
    highest_after = np.maximum.accumulate(median_v[::-1])[::-1]
    trough = int(np.argmax(highest_after - median_v))
    plateau = trough + int(np.argmax(median_v[trough:]))
    inner = inner_cells(battery.chemistry, battery.cell_voltage_v) or 1
    depth_v = min(median_v[plateau], median_v[:trough].max(initial=-np.inf)) - median_v[trough]
    if not depth_v >= _LEAST_DIP_V * inner:
        return None
    currents = given_a[trough : plateau + 1]
    currents = currents[np.isfinite(currents)]
    if len(currents) and np.ptp(currents) > _EVEN_SHARE * np.abs(currents).max():
        return None
    return CoupDeFouet(
        trough_v=round(float(median_v[trough]), 4),
        trough_after_s=(float(at[trough]) - fold.started) / MS_PER_S,
        plateau_v=round(float(median_v[plateau]), 4),
        plateau_after_s=(float(at[plateau]) - fold.started) / MS_PER_S,
    )


def number(value: float, digits: int) -> float | None:
    """Return a rounded number, `None` for NaN."""
    return None if np.isnan(value) else round(float(value), digits)


def values(column: Floats, digits: int) -> Values:
    """Return a column as it is told."""
    rounded: Values = np.round(column, digits).tolist()
    if np.isfinite(column).all():
        return rounded
    return [
        value if known else None for value, known in zip(rounded, np.isfinite(column), strict=True)
    ]


def moments(column: Floats) -> Moments:
    """Return moments as they are told."""
    return [None if np.isnan(value) else int(value) for value in column.tolist()]


def _gaps(fold: Fold, until: int, *, knows_current: bool) -> tuple[list[Gap], int, float]:
    ledger = fold.ledger
    found, count, total_ms = list(ledger.gaps), ledger.gap_count, ledger.gap_ms
    if until - ledger.last_at > fold.longest_step_s * MS_PER_S:
        found.append((ledger.last_at, until))
        count, total_ms = count + 1, total_ms + (until - ledger.last_at)
    if knows_current and ledger.blind:
        found += ledger.blind
        count, total_ms = count + len(ledger.blind), total_ms + ledger.blind_ms
    listed = sorted(found)[:MOST_GAPS]
    return [Gap(start=_moment(a), end=_moment(b)) for a, b in listed], count, total_ms


def _learned_ah(fold: Fold, start: Start) -> float | None:
    """Return what the weakest cell holds by what was learnt; others are taken for rated."""
    if np.isnan(start.learned_percent).all():
        return None
    percent = np.where(np.isnan(start.learned_percent), _ALL, start.learned_percent)
    return float(percent.min()) / _ALL * fold.battery.capacity_ah


def _percent(given_ah: float | None, of_ah: float | None) -> float | None:
    return None if given_ah is None or not of_ah else round(_ALL * given_ah / of_ah, 2)


def _in_order(at: Floats) -> list[int]:
    order = np.argsort(at, kind="stable")
    return [int(cell) for cell in order if not np.isnan(at[cell])]


def _spread(column: Floats, broken: Flags) -> float | None:
    known = column[~broken & np.isfinite(column)]
    return None if len(known) < 2 else round(float(np.ptp(known)), 4)  # noqa: PLR2004 - a pair


def _mean(column: Floats) -> float | None:
    known = column[np.isfinite(column)]
    return round(float(known.mean()), 1) if len(known) else None


def _highest(column: Floats) -> float | None:
    known = column[np.isfinite(column)]
    return round(float(known.max()), 1) if len(known) else None


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
