"""What an engine that starts reads of discharges that ran when it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np

from bacs_core.api.discharge_messages import Discharge
from bacs_core.history.discharges import finding, folding
from bacs_core.history.discharges.describing import battery_of
from bacs_core.history.discharges.folding import BEFORE_S, Fold
from bacs_core.history.discharges.samples import Samples, samples_of
from bacs_core.history.moments import to_milliseconds
from bacs_core.history.reader import HistoryReader
from bacs_core.model import String

#: How far back the beginning of a discharge is looked for that nobody has noted.
_SEARCHED: Final = timedelta(hours=24)
_MILLISECOND: Final = timedelta(milliseconds=1)
_S_PER_HOUR: Final = 3600.0
_RECHARGE_POINTS: Final = 2000


def folded(state_dir: Path, told: Discharge) -> Fold:
    """Fold a discharge anew that ran at the last stop, as far as it was recorded.

    What was told of it last is sure; the samples after that belong to it while a current flows out
    of the string. Raises `HistoryError`.
    """
    fold = folding.begun(told.battery, to_milliseconds(told.started_at))
    sure = to_milliseconds(told.figures.until)
    start = told.started_at - timedelta(seconds=BEFORE_S)
    with HistoryReader(state_dir) as reader:
        extent = reader.extent()
        if extent is None:
            return fold
        for block in reader.blocks(told.battery.string_key, start, extent[1] + _MILLISECOND):
            samples = samples_of(block, told.battery)
            belongs = _belongs(samples, sure)
            fold = folding.added(fold, samples.where(np.arange(len(samples.at)) < belongs))
            if belongs < len(samples.at):
                break
    return fold


def _belongs(samples: Samples, sure: int) -> int:
    """Return how many of the samples belong to the discharge."""
    over = (samples.at > sure) & ~(samples.current_a < 0)
    return int(np.argmax(over)) if over.any() else len(samples.at)


def unnoted(state_dir: Path, strings: Sequence[String]) -> dict[str, tuple[int, int]]:
    """Find discharges that the last samples belong to, in strings of which none is noted.

    Returns beginning and last sample in unix milliseconds, by string key. Raises `HistoryError`.
    """
    found: dict[str, tuple[int, int]] = {}
    with HistoryReader(state_dir) as reader:
        extent = reader.extent()
        if extent is None:
            return found
        last = extent[1]
        newest = reader.sample_at(last)
        for string in strings:
            sample = None if newest is None else newest.strings.get(string.key)
            current_a = None if sample is None else sample.scalars.get("current_a")
            if current_a is None or current_a >= 0:
                continue
            blocks = reader.blocks(string.key, last - _SEARCHED, last + _MILLISECOND)
            within = finding.discharges_in(blocks, battery_of(string))
            if within and within[-1].runs:
                found[string.key] = within[-1].began, within[-1].last
    return found


def recharged_ah(state_dir: Path, told: Discharge) -> float | None:
    """Return what the recharge after a discharge put in, `None` where no current is known."""
    if told.ended_at is None or told.recharged_at is None or told.ended_at >= told.recharged_at:
        return None
    with HistoryReader(state_dir) as reader:
        series = reader.series(
            told.battery.string_key,
            None,
            "current_a",
            told.ended_at,
            told.recharged_at,
            _RECHARGE_POINTS,
        )
    known = series.count > 0
    if not known.any():
        return None
    return round(float(series.mean[known].sum()) * series.width_s / _S_PER_HOUR, 3)
