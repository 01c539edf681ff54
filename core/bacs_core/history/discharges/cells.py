"""What each cell showed under load: its lowest voltage, its end, and when it was empty.

A cell is empty when it comes to its end voltage, or when it bends down while the median cell goes
on: its deviation from the median falls well below the one it had just after the load came. Either
counts once it has lasted for half a minute, or until the end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bacs_core.history.discharges.ledger import MS_PER_S
from bacs_core.history.discharges.samples import Samples, medians
from bacs_core.history.measured import Moments
from bacs_core.snapshot import Flags, Floats

#: With the load just on: after the first seconds, before much was taken out.
LOADED_FROM_S: Final = 10.0
LOADED_UNTIL_S: Final = 70.0
LASTS_S: Final = 30.0
#: A cell has left its end voltage when it is this share above it; noise is smaller.
_RELEASE: Final = 1.003
#: A cell has bent down when it fell by this share of the median voltage against the others: more
#: than the slope of a curve does to a cell that merely holds less, before it is nearly empty ...
_KNEE_SHARE: Final = 0.05
#: ... and by this many robust deviations of what all cells fell.
_KNEE_SPREADS: Final = 6.0
_ROBUST: Final = 1.4826
#: Older readings are not those of the end.
_END_WITHIN_S: Final = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Since when something lasts for each cell, and since when it lasted long enough; else NaN.

    Moments are unix milliseconds as floats, `ah` what had been given then, `v` the voltage.
    """

    since: Floats
    since_ah: Floats
    since_v: Floats
    sure: Floats
    sure_ah: Floats
    sure_v: Floats

    @classmethod
    def none(cls, count: int) -> Runs:
        """Begin with nothing that lasts."""
        unknown = np.full(count, np.nan)
        return cls(unknown, unknown, unknown, unknown, unknown, unknown)

    @property
    def at(self) -> Floats:
        """When it began for good: it lasted long enough, or still lasts."""
        return np.where(np.isnan(self.sure), self.since, self.sure)

    @property
    def ah(self) -> Floats:
        """What had been given then."""
        return np.where(np.isnan(self.sure), self.since_ah, self.sure_ah)

    @property
    def voltage_v(self) -> Floats:
        """The voltage of the cell then."""
        return np.where(np.isnan(self.sure), self.since_v, self.sure_v)


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """What is known of each cell so far; NaN where nothing."""

    before_v: Floats
    before_count: Floats
    loaded_v: Floats
    loaded_deviation_v: Floats
    loaded_count: Floats
    lowest_v: Floats
    lowest_at: Floats
    end_v: Floats
    end_at: Floats
    first_c: Floats
    highest_c: Floats
    warmth_c: Floats
    warmth_count: Floats
    ended: Runs
    knee: Runs

    @classmethod
    def none(cls, count: int) -> Cells:
        """Begin without a sample."""
        unknown, zero, nothing = np.full(count, np.nan), np.zeros(count), Runs.none(count)
        return cls(
            before_v=unknown,
            before_count=zero,
            loaded_v=unknown,
            loaded_deviation_v=unknown,
            loaded_count=zero,
            lowest_v=unknown,
            lowest_at=unknown,
            end_v=unknown,
            end_at=unknown,
            first_c=unknown,
            highest_c=unknown,
            warmth_c=zero,
            warmth_count=zero,
            ended=nothing,
            knee=nothing,
        )

    @property
    def mean_c(self) -> Floats:
        """The mean temperature under load."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.warmth_c / self.warmth_count


def seen_before(cells: Cells, samples: Samples) -> Cells:
    """Take samples from before the load came; the mean of them is kept."""
    known = np.isfinite(samples.voltage_v)
    count = cells.before_count + known.sum(axis=0)
    sums_v = np.nan_to_num(cells.before_v) * cells.before_count
    sums_v = sums_v + np.where(known, samples.voltage_v, 0.0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        before_v = sums_v / count
    first_c = np.where(np.isfinite(cells.first_c), cells.first_c, _first(samples.temperature_c))
    return replace(cells, before_v=before_v, before_count=count, first_c=first_c)


def seen_loaded(cells: Cells, samples: Samples, ah: Floats, started: int, end_v: float) -> Cells:
    """Take samples under load; `ah` is what had been given at each, `end_v` the end voltage."""
    if not len(samples.at):
        return cells
    voltage_v, at = samples.voltage_v, samples.at
    known = np.isfinite(voltage_v)
    median_v = medians(voltage_v)[:, np.newaxis]
    deviation_v = voltage_v - median_v
    cells = _with_lowest(cells, voltage_v, known, at)
    cells = _with_warmth(cells, samples.temperature_c)
    after_s = (at - started) / MS_PER_S
    begins = after_s >= LOADED_FROM_S
    if not cells.loaded_count.any():
        # Where samples come rarely, the first one has to do.
        begins &= (after_s <= LOADED_UNTIL_S) | (np.cumsum(begins) == 1)
    else:
        begins &= after_s <= LOADED_UNTIL_S
    if begins.any():
        cells = _with_loaded(cells, voltage_v[begins], deviation_v[begins])
    ended = tracked(
        cells.ended, known & (voltage_v <= end_v), voltage_v > _RELEASE * end_v, at, ah, voltage_v
    )
    fell_v = deviation_v - cells.loaded_deviation_v
    off_v = np.abs(fell_v - medians(fell_v)[:, np.newaxis])
    margin_v = np.fmax(
        _KNEE_SHARE * median_v, _KNEE_SPREADS * _ROBUST * medians(off_v)[:, np.newaxis]
    )
    judged = ~begins & (after_s >= LOADED_FROM_S)
    bent = (fell_v < -margin_v) & judged[:, np.newaxis]
    knee = tracked(cells.knee, bent, fell_v > -margin_v / 2, at, ah, voltage_v)
    return replace(cells, ended=ended, knee=knee)


def tracked(
    runs: Runs, hits: Flags, clears: Flags, at: Moments, ah: Floats, voltage_v: Floats
) -> Runs:
    """Follow what `hits` and what `clears`, both (samples, cells); between them a run goes on."""
    open_ones = np.isnan(runs.sure)
    hits = hits & open_ones
    if not hits.any() and np.isnan(runs.since[open_ones]).all():
        return runs
    since, since_ah, since_v = runs.since.copy(), runs.since_ah.copy(), runs.since_v.copy()
    sure, sure_ah, sure_v = runs.sure.copy(), runs.sure_ah.copy(), runs.sure_v.copy()
    for place, moment in enumerate(at.astype(np.float64)):
        ends = clears[place]
        since[ends] = since_ah[ends] = since_v[ends] = np.nan
        begins = hits[place] & np.isnan(since)
        since[begins], since_ah[begins] = moment, ah[place]
        since_v[begins] = voltage_v[place][begins]
        lasts = np.isnan(sure) & (moment - since >= LASTS_S * MS_PER_S)
        sure[lasts], sure_ah[lasts], sure_v[lasts] = since[lasts], since_ah[lasts], since_v[lasts]
    return Runs(since, since_ah, since_v, sure, sure_ah, sure_v)


def seen_at_end(cells: Cells, at: Moments, voltage_v: Floats) -> Cells:
    """Take samples in which surely every cell was under load; the last of them may be the end."""
    if not len(at):
        return cells
    known = np.isfinite(voltage_v)
    places = np.arange(voltage_v.shape[1])
    last = len(at) - 1 - np.argmax(known[::-1], axis=0)
    seen = known.any(axis=0)
    return replace(
        cells,
        end_v=np.where(seen, voltage_v[last, places], cells.end_v),
        end_at=np.where(seen, at[last], cells.end_at),
    )


def at_end(cells: Cells, ended: int) -> Floats:
    """Return the last voltages under load, NaN where the last reading before `ended` is older."""
    recent = ended - cells.end_at <= _END_WITHIN_S * MS_PER_S
    return np.where(recent, cells.end_v, np.nan)


def shifted(cells: Cells, step_ms: int) -> Cells:
    """Return the cells with their times moved by a step of the clock."""

    def moved(runs: Runs) -> Runs:
        return replace(runs, since=runs.since + step_ms, sure=runs.sure + step_ms)

    return replace(
        cells,
        lowest_at=cells.lowest_at + step_ms,
        end_at=cells.end_at + step_ms,
        ended=moved(cells.ended),
        knee=moved(cells.knee),
    )


def _with_lowest(cells: Cells, voltage_v: Floats, known: Flags, at: Moments) -> Cells:
    places = np.arange(voltage_v.shape[1])
    low = np.argmin(np.where(known, voltage_v, np.inf), axis=0)
    low_v = voltage_v[low, places]
    lower = known.any(axis=0) & ~(cells.lowest_v <= low_v)
    return replace(
        cells,
        lowest_v=np.where(lower, low_v, cells.lowest_v),
        lowest_at=np.where(lower, at[low], cells.lowest_at),
    )


def _with_warmth(cells: Cells, temperature_c: Floats) -> Cells:
    known = np.isfinite(temperature_c)
    return replace(
        cells,
        first_c=np.where(np.isfinite(cells.first_c), cells.first_c, _first(temperature_c)),
        highest_c=np.fmax(cells.highest_c, np.fmax.reduce(temperature_c, axis=0)),
        warmth_c=cells.warmth_c + np.where(known, temperature_c, 0.0).sum(axis=0),
        warmth_count=cells.warmth_count + known.sum(axis=0),
    )


def _with_loaded(cells: Cells, voltage_v: Floats, deviation_v: Floats) -> Cells:
    known = np.isfinite(deviation_v)
    count = cells.loaded_count + known.sum(axis=0)

    def averaged(before: Floats, values: Floats) -> Floats:
        sums = np.nan_to_num(before) * cells.loaded_count
        with np.errstate(invalid="ignore", divide="ignore"):
            mean: Floats = (sums + np.where(known, values, 0.0).sum(axis=0)) / count
        return mean

    return replace(
        cells,
        loaded_v=averaged(cells.loaded_v, voltage_v),
        loaded_deviation_v=averaged(cells.loaded_deviation_v, deviation_v),
        loaded_count=count,
    )


def _first(values: Floats) -> Floats:
    """Return the first known value of each column."""
    if not len(values):
        return np.full(values.shape[1], np.nan)
    first = np.argmax(np.isfinite(values), axis=0)
    found: Floats = values[first, np.arange(values.shape[1])]
    return found
