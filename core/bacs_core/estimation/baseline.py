"""A value's own normal, learnt robustly in a settled period and then kept.

One sample moves neither the baseline nor the present value by more than a step, so that a single
wild reading changes little and a lasting change shows within some samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bacs_core.snapshot import Flags, Floats

#: The present value follows a reading by this share.
_FOLLOWS = 0.25


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was learnt in `samples` samples, and the present value beside it; NaN before the first.

    `learnt_c` is the mean temperature of the samples.
    """

    learnt: Floats
    present: Floats
    learnt_c: Floats
    samples: NDArray[np.int64]

    @classmethod
    def empty(cls, count: int) -> Baseline:
        """Begin without a sample."""
        unknown = np.full(count, np.nan)
        return cls(unknown, unknown, unknown, np.zeros(count, np.int64))

    def without(self, row: int) -> Baseline:
        """Return the baseline with one place that begins anew."""
        here = np.arange(len(self.learnt)) == row
        return Baseline(
            np.where(here, np.nan, self.learnt),
            np.where(here, np.nan, self.present),
            np.where(here, np.nan, self.learnt_c),
            np.where(here, 0, self.samples),
        )


def sampled(
    baseline: Baseline,
    values: Floats,
    temperature_c: Floats,
    settled: Flags,
    wanted: int,
    step: Floats,
) -> Baseline:
    """Take one sample where `values` are known.

    The baseline learns only where `settled` and until it has `wanted` samples; `step` is the most
    that a sample moves anything.
    """
    known = np.isfinite(values)
    present = _stepped(baseline.present, values, _FOLLOWS, step)
    learns = known & settled & (baseline.samples < wanted)
    share = 1 / (baseline.samples + 1)
    learnt = _stepped(baseline.learnt, values, share, step)
    learnt_c = np.where(np.isfinite(baseline.learnt_c), baseline.learnt_c, temperature_c)
    moved_c = learnt_c + share * (temperature_c - learnt_c)
    learnt_c = np.where(np.isfinite(moved_c), moved_c, learnt_c)
    return Baseline(
        learnt=np.where(learns, learnt, baseline.learnt),
        present=np.where(known, present, baseline.present),
        learnt_c=np.where(learns, learnt_c, baseline.learnt_c),
        samples=baseline.samples + learns,
    )


def _stepped(average: Floats, values: Floats, share: float | Floats, step: Floats) -> Floats:
    moved = average + share * np.clip(values - average, -step, step)
    return np.where(np.isfinite(moved), moved, values)
