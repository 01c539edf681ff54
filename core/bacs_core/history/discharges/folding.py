"""One discharge as it grows, sample by sample, in bounded memory.

A fold takes the minute before the load came, then every sample under load; it can be looked into at
any time. It holds some 600 frames of the string and thirty numbers per cell: 1.5 MB for 512 cells.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from bacs_core.api.discharge_messages import Battery
from bacs_core.history.discharges import cells as of_cells, ledger as of_string, recording
from bacs_core.history.discharges.cells import Cells
from bacs_core.history.discharges.ledger import LONGEST_STEP_S, MS_PER_S, Ledger
from bacs_core.history.discharges.load import Load, followed as load_after
from bacs_core.history.discharges.recording import Frames, Recording
from bacs_core.history.discharges.samples import Samples, medians, samples_of
from bacs_core.history.measured import Block
from bacs_core.snapshot import Floats

#: What is read of the time before a discharge.
BEFORE_S: Final = 60.0
#: The voltage may have begun to fall before the discharge was noticed.
_FALLS_FOR_S: Final = 5.0
#: In this time the voltage of a lead battery dips and recovers.
OPENING_S: Final = 1800.0


@dataclass(frozen=True, slots=True, eq=False)
class Opening:
    """The first half hour: moments, median cell voltages, and currents out of the string."""

    at: Floats
    median_v: Floats
    given_a: Floats

    @classmethod
    def none(cls) -> Opening:
        """Begin without a sample."""
        no = np.zeros(0)
        return cls(no, no, no)


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """What is known of a discharge so far; `started` is in unix milliseconds.

    `carried` is what was known at the last sample that carried the load, where later ones did not:
    they belong to the discharge only if the load comes back.
    """

    battery: Battery
    started: int
    ledger: Ledger
    cells: Cells
    recording: Recording
    start_sum_v: float = np.nan
    before_count: int = 0
    longest_step_s: float = LONGEST_STEP_S
    opening: Opening = field(default_factory=Opening.none)
    load: Load = field(default_factory=Load)
    carried: Fold | None = None

    @property
    def under_load(self) -> Fold:
        """What is known up to the last sample that carried the load."""
        return self.carried or self

    @property
    def end_at(self) -> int:
        """When the end of the load was: the last moment at which surely all cells had it."""
        end = self.recording.end
        return int(end.at[-1]) if len(end.at) else self.ledger.last_at

    @property
    def end_sum_v(self) -> float:
        """The voltage of the string then."""
        sum_v = self.recording.end.sum_v
        known = len(sum_v) > 0 and bool(np.isfinite(sum_v[-1]))
        return float(sum_v[-1]) if known else self.ledger.end_v

    @property
    def marks(self) -> Floats:
        """The moments of the collapses so far."""
        moments = np.concatenate(
            [
                runs_at
                for runs in (self.cells.ended, self.cells.knee)
                for runs_at in (runs.since, runs.sure)
            ]
        )
        return np.unique(moments[np.isfinite(moments)])

    @property
    def is_empty(self) -> bool:
        """Whether nothing was seen under load."""
        return self.recording.seen == 0


def begun(battery: Battery, started: int, longest_step_s: float = LONGEST_STEP_S) -> Fold:
    """Begin a discharge that started at `started`, unix milliseconds."""
    return Fold(
        battery=battery,
        started=started,
        ledger=Ledger(last_at=started),
        cells=Cells.none(battery.cell_count),
        recording=Recording.none(battery.cell_count),
        longest_step_s=longest_step_s,
    )


def added(fold: Fold, samples: Samples) -> Fold:
    """Return the fold with samples in it; those that are not later than the last one are left out.

    Nothing after the end of the discharge may be among them.
    """
    if not len(samples.at):
        return fold
    if fold.is_empty:
        before = samples.at < fold.started
        if before.any():
            fold = _with_before(fold, samples.where(before))
        loaded = samples.where(~before)
    else:
        loaded = samples.where(samples.at > fold.ledger.last_at)
    if len(loaded.at) > 1:
        # A clock that was set back gives moments twice: the first ones count.
        rises = np.ones(len(loaded.at), np.bool_)
        rises[1:] = loaded.at[1:] > np.maximum.accumulate(loaded.at)[:-1]
        loaded = loaded.where(rises)
    if not len(loaded.at):
        return fold
    load, carried = load_after(fold.load, loaded, fold.battery)
    # Where it was told that a discharge began, it did.
    carried[0] |= fold.is_empty
    if not carried.any():
        return replace(_with_loaded(fold, loaded), load=load, carried=fold.under_load)
    until = len(carried) - int(np.argmax(carried[::-1]))
    taken = np.arange(len(carried)) < until
    fold = replace(_with_loaded(fold, loaded.where(taken)), load=load, carried=None)
    if taken.all():
        return fold
    return replace(_with_loaded(fold, loaded.where(~taken)), carried=fold)


def _with_loaded(fold: Fold, loaded: Samples) -> Fold:
    if not len(loaded.at):
        return fold
    ledger, ah = of_string.counted(fold.ledger, loaded, fold.longest_step_s)
    cells = of_cells.seen_loaded(fold.cells, loaded, ah, fold.started, fold.battery.end_voltage_v)
    frames = Frames(loaded.at, loaded.voltage_v, loaded.sum_v, loaded.current_a, ah)
    waits, done = recording.settled(fold.recording, frames, fold.started)
    cells = of_cells.seen_at_end(cells, done.at, done.voltage_v)
    followed = replace(fold, ledger=ledger, cells=cells, opening=_opened(fold, loaded))
    return replace(followed, recording=recording.recorded(waits, frames, followed.marks))


def folded(fold: Fold, blocks: Iterable[Block]) -> Fold:
    """Return the fold with whole blocks of the history in it."""
    for block in blocks:
        fold = added(fold, samples_of(block, fold.battery))
    return fold


def shifted(fold: Fold, step_ms: int) -> Fold:
    """Return the fold with its times moved by a step of the clock."""
    return replace(
        fold,
        started=fold.started + step_ms,
        ledger=of_string.shifted(fold.ledger, step_ms),
        cells=of_cells.shifted(fold.cells, step_ms),
        recording=recording.shifted(fold.recording, step_ms),
        opening=replace(fold.opening, at=fold.opening.at + step_ms),
        carried=None if fold.carried is None else shifted(fold.carried, step_ms),
    )


def _with_before(fold: Fold, samples: Samples) -> Fold:
    calm = samples.at < fold.started - _FALLS_FOR_S * MS_PER_S
    if not calm.any():
        if fold.before_count:
            return fold
        calm[:] = True
    chosen = samples.where(calm)
    known_v = chosen.sum_v[np.isfinite(chosen.sum_v)]
    count = fold.before_count + len(known_v)
    sums_v = np.nan_to_num(fold.start_sum_v) * fold.before_count + known_v.sum()
    return replace(
        fold,
        cells=of_cells.seen_before(fold.cells, chosen),
        start_sum_v=sums_v / count if count else np.nan,
        before_count=count,
    )


def _opened(fold: Fold, samples: Samples) -> Opening:
    early = samples.at - fold.started <= OPENING_S * MS_PER_S
    if not early.any():
        return fold.opening
    return Opening(
        np.concatenate([fold.opening.at, samples.at[early]]),
        np.concatenate([fold.opening.median_v, medians(samples.voltage_v[early])]),
        np.concatenate([fold.opening.given_a, -samples.current_a[early]]),
    )
