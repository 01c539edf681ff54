"""Measurements over time, condensed to what a plot of a whole string can show."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from bacs_core.history.measured import Block, Moments
from bacs_core.history.moments import to_milliseconds, to_moment
from bacs_core.model import Quantity
from bacs_core.reports.content import Band, Baseline, Span, Trend, Values
from bacs_core.reports.hours import HOUR_MS, Hours
from bacs_core.reports.standing import plain
from bacs_core.snapshot import Floats

#: How far back each span goes, and in how many buckets: quarter-hours, six hours, two days.
SPANS: Final = {
    Span.DAY: (timedelta(days=1), 96),
    Span.MONTH: (timedelta(days=30), 120),
    Span.YEAR: (timedelta(days=366), 183),
}
QUANTITIES: Final = (Quantity.VOLTAGE, Quantity.TEMPERATURE, Quantity.RESISTANCE)
SCALARS: Final = ("current_a", "room_temperature_c")
#: The tier of hours follows the samples within a day or so; what is missing at its end is read in
#: full, but no more than this.
_MOST_IN_FULL: Final = timedelta(days=3)
_PERCENT: Final = 100.0


class Samples(Protocol):
    """The part of `HistoryReader` that is needed here."""

    def blocks(self, string_key: str, start: datetime, end: datetime) -> Iterator[Block]:
        """Yield every sample of a string."""


class HourMeans(Protocol):
    """The part of `HourReader` that is needed here."""

    def hours(
        self,
        string_key: str,
        quantities: Sequence[str],
        scalars: Sequence[str],
        start: int,
        end: int,
    ) -> Iterator[Hours]:
        """Yield the hours of a string."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What trends are wanted of: a string up to `end`; `odd_cells` (from 1) are told one by one."""

    string_key: str
    cell_count: int
    end: datetime
    odd_cells: tuple[int, ...] = ()


class Means:
    """Gathers values of some cells into means over buckets of equal width."""

    def __init__(self, start: datetime, end: datetime, points: int, cells: int) -> None:
        """Begin with empty buckets."""
        self._first = to_milliseconds(start)
        self._width = (to_milliseconds(end) - self._first) / points
        self._total = np.zeros((points, cells))
        self._count = np.zeros((points, cells))

    def add(self, at: Moments, values: Floats) -> None:
        """Bring in (moments, cells); cells that are too many or missing are left out."""
        points, cells = self._total.shape
        place = np.floor((at - self._first) / self._width).astype(np.int64)
        inside = (place >= 0) & (place < points)
        if not inside.any():
            return
        place, kept = place[inside], values[inside, :cells]
        known = np.isfinite(kept)
        # Moments may come back after a step of the clock: each bucket is summed where it stands.
        order = np.argsort(place, kind="stable")
        found, first = np.unique(place[order], return_index=True)
        width = kept.shape[1]
        self._total[found, :width] += np.add.reduceat(np.where(known, kept, 0.0)[order], first)
        self._count[found, :width] += np.add.reduceat(known[order].astype(np.float64), first)

    def values(self) -> Floats:
        """Return the means, (buckets, cells), NaN where nothing was measured."""
        counted = np.maximum(self._count, 1)
        return np.where(self._count > 0, self._total / counted, np.nan)


class _Gathered:
    """The means of everything that is shown, over buckets of one width."""

    def __init__(self, start: datetime, end: datetime, points: int, cells: int) -> None:
        self.start, self.end, self.points = start, end, points
        self.columns = {name: Means(start, end, points, cells) for name in QUANTITIES}
        self.scalars = {name: Means(start, end, points, 1) for name in SCALARS}

    def add(
        self, at: Moments, columns: Mapping[str, Floats], scalars: Mapping[str, Floats]
    ) -> None:
        for quantity, means in self.columns.items():
            if quantity in columns:
                means.add(at, columns[quantity])
        for name, means in self.scalars.items():
            if name in scalars:
                means.add(at, scalars[name][:, np.newaxis])

    def middles(self) -> tuple[datetime, ...]:
        width = (self.end - self.start) / self.points
        return tuple(self.start + (place + 0.5) * width for place in range(self.points))

    def hours(self) -> Hours:
        return Hours(
            np.array([to_milliseconds(at) for at in self.middles()], np.int64),
            {name: means.values() for name, means in self.columns.items()},
            {name: means.values()[:, 0] for name, means in self.scalars.items()},
        )

    def trend(self, span: Span, asked: Asked, baseline: Baseline | None) -> Trend:
        odd = asked.odd_cells
        rises = _rises(self.columns[Quantity.RESISTANCE].values(), baseline)
        return Trend(
            span=span,
            start=self.start,
            end=self.end,
            at=self.middles(),
            voltage_v=band(self.columns[Quantity.VOLTAGE].values(), odd),
            temperature_c=band(self.columns[Quantity.TEMPERATURE].values(), odd),
            resistance_rise_percent=band(rises, odd),
            room_temperature_c=plain(self.scalars["room_temperature_c"].values()[:, 0]),
            current_a=plain(self.scalars["current_a"].values()[:, 0]),
        )


def read_trends(
    samples: Samples, hour_means: HourMeans, asked: Asked, baseline: Baseline | None
) -> tuple[Trend, ...]:
    """Read all spans: the day from samples, the others from hours and the samples after them."""
    end, cells = asked.end, asked.cell_count
    spans = {
        span: _Gathered(end - length, end, points, cells)
        for span, (length, points) in SPANS.items()
    }
    longer = [gathered for span, gathered in spans.items() if span is not Span.DAY]
    oldest = min(gathered.start for gathered in longer)
    covered = to_milliseconds(end - _MOST_IN_FULL) // HOUR_MS * HOUR_MS
    for hours in hour_means.hours(
        asked.string_key, QUANTITIES, SCALARS, to_milliseconds(oldest), to_milliseconds(end)
    ):
        for gathered in longer:
            gathered.add(hours.at, hours.columns, hours.scalars)
        covered = max(covered, int(hours.at.max(initial=0)) + HOUR_MS // 2)
    newest = _newest_hours(covered, end, cells)
    day = spans[Span.DAY]
    begin = min(to_moment(covered), day.start)
    for block in samples.blocks(asked.string_key, begin, end):
        for gathered in (day, *newest):
            gathered.add(block.at, block.columns, block.scalars)
    for gathered in longer:
        for hour in newest:
            own = hour.hours()
            gathered.add(own.at, own.columns, own.scalars)
    return tuple(gathered.trend(span, asked, baseline) for span, gathered in spans.items())


def _newest_hours(covered: int, end: datetime, cells: int) -> tuple[_Gathered, ...]:
    """Make room for the hours after those that are kept as such, nothing where there are none."""
    hours = math.ceil((to_milliseconds(end) - covered) / HOUR_MS)
    if hours <= 0:
        return ()
    start = to_moment(covered)
    return (_Gathered(start, start + hours * timedelta(hours=1), hours, cells),)


def band(values: Floats, odd_cells: Iterable[int] = ()) -> Band:
    """Condense (buckets, cells) to the lowest, the median and the highest cell of each bucket."""
    known = np.isfinite(values)
    some: NDArray[np.bool_] = np.logical_or.reduce(known, axis=1)
    lowest = np.where(known, values, np.inf).min(axis=1, initial=np.inf)
    highest = np.where(known, values, -np.inf).max(axis=1, initial=-np.inf)
    return Band(
        lowest=_where(some, lowest),
        middle=_medians(values, some),
        highest=_where(some, highest),
        cells={cell: plain(values[:, cell - 1]) for cell in odd_cells},
    )


def _medians(values: Floats, some: NDArray[np.bool_]) -> Values:
    middle = np.full(len(values), np.nan)
    if some.any():
        middle[some] = np.nanmedian(values[some], axis=1)
    return plain(middle)


def _where(known: NDArray[np.bool_], values: Floats) -> Values:
    return plain(np.where(known, values, np.nan))


def _rises(resistance_ohm: Floats, baseline: Baseline | None) -> Floats:
    """Return how far each cell is above its own baseline in percent, NaN without one."""
    if baseline is None:
        return np.full_like(resistance_ohm, np.nan)
    learnt = np.array([np.nan if value is None else value for value in baseline.ohm])
    return _PERCENT * (resistance_ohm / np.where(learnt > 0, learnt, np.nan) - 1)
