"""What a discharge gave: ampere-hours and watt-hours counted from sample to sample.

    Q = sum of (I_before + I) / 2 * dt,     E = sum of (P_before + P) / 2 * dt

Only a current out of the string counts. Nothing is counted over a gap, in which no sample or no
current was recorded: the sums are then lower bounds, and the gap is told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.history.discharges.samples import Samples
from bacs_core.history.measured import Moments
from bacs_core.snapshot import Floats

MS_PER_S: Final = 1000.0
MS_PER_HOUR: Final = 3_600_000.0
#: In float a sample comes every ten seconds; two that are missing are a gap.
LONGEST_STEP_S: Final = 30.0
#: So many gaps are listed, the first ones; all are counted.
MOST_GAPS: Final = 20


@dataclass(frozen=True, slots=True)
class Ledger:
    """The sums so far. `last_*` are of the last sample; the current out of the string is positive.

    Before the first sample (`seen`) `last_at` is when it began. `gaps` are (from, to); `blind` are
    stretches with samples but without a current, `blind_ms` long in all.
    """

    last_at: int
    seen: bool = False
    last_a: float = np.nan
    last_w: float = np.nan
    end_v: float = np.nan
    counted_ms: float = 0.0
    given_ah: float = 0.0
    given_wh: float = 0.0
    largest_a: float = np.nan
    gaps: tuple[tuple[int, int], ...] = ()
    gap_count: int = 0
    gap_ms: float = 0.0
    blind_ms: float = 0.0
    blind: tuple[tuple[int, int], ...] = ()


def counted(
    ledger: Ledger, samples: Samples, longest_step_s: float = LONGEST_STEP_S
) -> tuple[Ledger, Floats]:
    """Count samples under load; return also what was given up to each of them, in ampere-hours.

    Up to the first sample of a discharge its current is taken to have flowed since the beginning.
    """
    if not len(samples.at):
        return ledger, np.zeros(0)
    given_a = np.where(samples.current_a > 0, 0.0, -samples.current_a)
    given_w = given_a * samples.sum_v
    at = np.concatenate([[ledger.last_at], samples.at])
    step_ms = np.diff(at).astype(np.float64)
    mean_a = _means(ledger.last_a, given_a)
    mean_w = _means(ledger.last_w, given_w)
    if not ledger.seen:
        mean_a[0], mean_w[0] = given_a[0], given_w[0]
    near = step_ms <= longest_step_s * MS_PER_S
    counts = near & np.isfinite(mean_a)
    ah = np.where(counts, mean_a * step_ms, 0.0) / MS_PER_HOUR
    wh = np.where(counts & np.isfinite(mean_w), mean_w * step_ms, 0.0) / MS_PER_HOUR
    blind = near & ~counts & (step_ms > 0)
    sums_ah = ledger.given_ah + np.cumsum(ah)
    known_v = samples.sum_v[np.isfinite(samples.sum_v)]
    gaps = [(int(at[place]), int(at[place + 1])) for place in np.flatnonzero(~near)]
    return (
        replace(
            ledger,
            last_at=int(samples.at[-1]),
            seen=True,
            last_a=float(given_a[-1]),
            last_w=float(given_w[-1]),
            end_v=float(known_v[-1]) if len(known_v) else ledger.end_v,
            counted_ms=ledger.counted_ms + float(step_ms[counts].sum()),
            given_ah=float(sums_ah[-1]),
            given_wh=ledger.given_wh + float(wh.sum()),
            largest_a=float(np.fmax(ledger.largest_a, np.fmax.reduce(given_a))),
            gaps=(*ledger.gaps, *gaps)[:MOST_GAPS],
            gap_count=ledger.gap_count + len(gaps),
            gap_ms=ledger.gap_ms + float(step_ms[~near].sum()),
            blind_ms=ledger.blind_ms + float(step_ms[blind].sum()),
            blind=_merged(ledger.blind, at, np.flatnonzero(blind)),
        ),
        sums_ah,
    )


def shifted(ledger: Ledger, step_ms: int) -> Ledger:
    """Return the ledger with its times moved by a step of the clock."""

    def moved(gaps: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        return tuple((first + step_ms, last + step_ms) for first, last in gaps)

    return replace(
        ledger,
        last_at=ledger.last_at + step_ms,
        gaps=moved(ledger.gaps),
        blind=moved(ledger.blind),
    )


def _means(last: float, values: Floats) -> Floats:
    before = np.concatenate([[last], values[:-1]])
    return (before + values) / 2


def _merged(
    blind: tuple[tuple[int, int], ...], at: Moments, places: NDArray[np.intp]
) -> tuple[tuple[int, int], ...]:
    """Add the steps that begin at `places`, those that follow each other as one."""
    found = list(blind)
    for place in places:
        first, last = int(at[place]), int(at[place + 1])
        if found and found[-1][1] == first:
            found[-1] = (found[-1][0], last)
        elif len(found) < MOST_GAPS:
            found.append((first, last))
    return tuple(found)
