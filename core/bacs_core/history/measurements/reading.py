"""Reading the measurements back: one value over time, one moment, or everything of a string.

Everything is in windows, but for the newest samples, which only the journal has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bacs_core.history.layout import StringLayout
from bacs_core.history.measured import Block, Series, Tier, TierExtent
from bacs_core.history.measurements.database import read_measurements
from bacs_core.history.measurements.deriving import DAY_MS
from bacs_core.history.measurements.numbers import ABSENT, Numbers, to_values
from bacs_core.history.measurements.opened import OpenSamples
from bacs_core.history.measurements.shelf import Moments, Shelf
from bacs_core.history.measurements.thinning import thinned_until
from bacs_core.history.measurements.trending import Wanted, series
from bacs_core.history.measurements.windows import StoredString, Window
from bacs_core.history.moments import to_moment
from bacs_core.history.sample import Sample, StringSample, string_sample

#: At an instant, a string whose newest sample is so much older than that of others has none.
TOGETHER_MS: Final = 60_000


@dataclass(frozen=True, slots=True, eq=False)
class _Stretch:
    """Samples of one string: `columns` is (samples, columns, cells), `scalars` (samples, …)."""

    layout: StringLayout
    at: Moments
    columns: Numbers
    scalars: Numbers


class MeasurementReader:
    """The measurements in a state directory. Methods may raise `OSError`, `sqlite3.Error`.

    What is spoilt is left out, and told once in `remarks`.
    """

    def __init__(self, state_dir: Path) -> None:
        """Open the database, if there is one. Raises `HistoryError`."""
        self._state_dir = state_dir
        self._shelf = Shelf(read_measurements(state_dir))
        self._open = OpenSamples(state_dir)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was found damaged so far."""
        return tuple(self._shelf.remarks)

    def close(self) -> None:
        """Close the database."""
        if self._shelf.database is not None:
            self._shelf.database.close()

    def strings(self) -> dict[str, int]:
        """Return every string of which anything is kept, with the most cells it ever had."""
        layouts = self._open.refresh().layouts()
        layouts.extend(stored.layout for stored in self._shelf.strings())
        found: dict[str, int] = {}
        for layout in layouts:
            found[layout.key] = max(found.get(layout.key, 0), layout.cell_count)
        return found

    def days(self) -> frozenset[int]:
        """Return the days of UTC, counted from 1970, of which anything is kept."""
        found = {record.at // DAY_MS for record, _ in self._open.refresh().samples}
        if self._shelf.database is not None:
            spans = self._shelf.database.conn.execute(
                "SELECT DISTINCT first / :day, last / :day FROM windows", {"day": DAY_MS}
            )
            for first, last in spans.fetchall():
                found.update(range(first, last + 1))
        return frozenset(found)

    def tiers(self) -> tuple[TierExtent, ...]:
        """Tell what is kept of each tier; what only the journal has counts as full."""
        records = [record for record, _ in self._open.refresh().samples]
        found = self._shelf.tiers()
        if records:
            at = [record.at for record in records]
            size = sum(len(record.payload) for record in records)
            full = found.get(Tier.FULL, TierExtent(Tier.FULL, min(at), max(at), 0))
            found[Tier.FULL] = TierExtent(
                Tier.FULL, min(full.first, *at), max(full.last, *at), full.bytes + size
            )
        return tuple(found[tier] for tier in Tier if tier in found)

    def thinned_until(self) -> int | None:
        """Return up to when a string has only means, `None` where every sample is there."""
        with self._shelf.at_once():
            return thinned_until(self._shelf)

    def series(
        self, key: str, cell: int | None, name: str, start: int, end: int, points: int
    ) -> Series:
        """Return one value in at most `points` buckets from `start` to `end`, unix milliseconds."""
        with self._at_once() as opened:
            return series(self._shelf, opened, Wanted(key, cell, name, start, end, points))

    def sample_at(self, instant: int) -> Sample | None:
        """Return the newest samples that are not newer than `instant`, unix milliseconds."""
        found: dict[str, tuple[int, StringSample]] = {}
        with self._at_once() as opened:
            for stored in self._shelf.strings():
                best = self._sealed_at(stored, instant)
                if best is not None and best[0] >= found.get(stored.layout.key, best)[0]:
                    found[stored.layout.key] = best
        found |= _open_at(opened, instant, {key: at for key, (at, _) in found.items()})
        if not found:
            return None
        newest = max(at for at, _ in found.values())
        together = {
            key: sample for key, (at, sample) in found.items() if newest - at <= TOGETHER_MS
        }
        return Sample(to_moment(newest), together)

    def blocks(self, key: str, start: int, end: int) -> Iterator[Block]:
        """Yield every sample of a string from `start` to before `end`, the oldest first.

        What is deleted while this goes on is left out.
        """
        with self._at_once() as opened:
            waiting = list(_open_stretches(opened, key, start, end))
            windows = sorted(
                (
                    (window.first, window.last, window.id, window, stored)
                    for stored in self._shelf.strings(key)
                    for window in self._shelf.windows(Tier.FULL, stored, start, end)
                ),
                key=lambda each: each[:3],
            )
        together: list[tuple[Window, StoredString]] = []
        until = 0
        for first, last, _, window, stored in windows:
            if together and first > until:
                yield from self._sorted(together, waiting, start, end, before=first)
                together = []
            together.append((window, stored))
            until = max(until, last) if len(together) > 1 else last
        yield from self._sorted(together, waiting, start, end, before=None)

    @contextmanager
    def _at_once(self) -> Iterator[OpenSamples]:
        """Read the journal, then let everything in the windows be as it was at one moment."""
        opened = self._open.refresh()
        if self._shelf.database is None:
            self._shelf.database = read_measurements(self._state_dir)
        with self._shelf.at_once():
            opened.sealed = self._shelf.sealed()
            yield opened

    def _sealed_at(self, stored: StoredString, instant: int) -> tuple[int, StringSample] | None:
        best: tuple[int, Window, int, int] | None = None
        for window in self._shelf.newest_before(stored, instant):
            moments = self._shelf.moments(stored, window)
            if moments is None:
                continue
            place = int(np.searchsorted(moments[0], instant, side="right")) - 1
            at = int(moments[0][place])
            if place >= 0 and (best is None or at >= best[0]):
                best = at, window, place, len(moments[0])
        if best is None:
            return None
        at, window, place, count = best
        groups = self._shelf.moment(stored, window, place, count)
        layout = stored.layout
        columns = np.full((len(layout.columns), layout.cell_count), ABSENT, dtype=np.int32)
        for cells, group in zip(stored.groups, groups[1:], strict=True):
            if group is not None:
                columns[:, cells] = group
        scalars = (
            np.full(len(layout.scalars), ABSENT, dtype=np.int32)
            if groups[0] is None
            else groups[0][:, 0]
        )
        return at, string_sample(layout, columns, scalars)

    def _sorted(
        self,
        windows: Sequence[tuple[Window, StoredString]],
        waiting: list[_Stretch],
        start: int,
        end: int,
        *,
        before: int | None,
    ) -> Iterator[Block]:
        """Yield windows that overlap, and open samples up to `before`, sorted by time."""
        # One moment for these windows, not for all: who takes the blocks may take hours.
        with self._shelf.at_once():
            there = self._shelf.still_there(window for window, _ in windows)
            stretches = [
                stretch
                for window, stored in windows
                if window.id in there and (stretch := self._stretch(window, stored)) is not None
            ]
        while waiting and (before is None or int(waiting[0].at[0]) < before):
            stretches.append(waiting.pop(0))
        yield from _blocks(stretches, start, end)

    def _stretch(self, window: Window, stored: StoredString) -> _Stretch | None:
        moments = self._shelf.moments(stored, window)
        if moments is None:
            return None
        at, layout = moments[0], stored.layout
        shape = (len(at), len(layout.columns), layout.cell_count)
        columns = np.full(shape, ABSENT, dtype=np.int32)
        scalars = np.full((len(at), len(layout.scalars)), ABSENT, dtype=np.int32)
        for group in range(1 + len(stored.groups)):
            read = self._shelf.whole(stored, window, group, len(at))
            if read is None:
                continue
            if group == 0:
                scalars = np.concatenate(read).T
            else:
                columns[:, :, stored.groups[group - 1]] = np.stack(read).transpose(2, 0, 1)
        return _Stretch(layout, at, columns, scalars)


def _open_at(
    opened: OpenSamples, instant: int, known: dict[str, int]
) -> dict[str, tuple[int, StringSample]]:
    """Return the newest open sample of each string that is newer than what is known."""
    return {
        key: (sample.record.at, string_sample(sample.string, *opened.numbers(sample)))
        for key, sample in opened.newest(instant, TOGETHER_MS).items()
        if sample.record.at >= known.get(key, sample.record.at)
    }


def _open_stretches(opened: OpenSamples, key: str, start: int, end: int) -> Iterator[_Stretch]:
    """Yield the open samples of a string, sorted by time, in stretches of one layout."""
    read = [(sample, *opened.numbers(sample)) for sample in opened.of_string(key, start, end)]
    read.sort(key=lambda each: each[0].record.at)
    layouts: list[StringLayout] = []
    for sample, _, _ in read:
        if not layouts or layouts[-1] != sample.string:
            layouts.append(sample.string)
    for layout in dict.fromkeys(layouts):
        chosen = [each for each in read if each[0].string == layout]
        yield _Stretch(
            layout,
            np.array([sample.record.at for sample, _, _ in chosen], dtype=np.int64),
            np.stack([columns for _, columns, _ in chosen]),
            np.stack([scalars for _, _, scalars in chosen]),
        )


def _blocks(stretches: Sequence[_Stretch], start: int, end: int) -> Iterator[Block]:
    for layout in dict.fromkeys(stretch.layout for stretch in stretches):
        chosen = [stretch for stretch in stretches if stretch.layout == layout]
        at = np.concatenate([stretch.at for stretch in chosen])
        order = np.argsort(at, kind="stable")
        order = order[(at[order] >= start) & (at[order] < end)]
        if len(order) == 0:
            continue
        columns = np.concatenate([stretch.columns for stretch in chosen])[order]
        scalars = np.concatenate([stretch.scalars for stretch in chosen])[order]
        yield Block(
            layout.key,
            at[order],
            {
                track.name: to_values(columns[:, place], track.steps_per_unit)
                for place, track in enumerate(layout.columns)
            },
            {
                track.name: to_values(scalars[:, place], track.steps_per_unit)
                for place, track in enumerate(layout.scalars)
            },
        )
