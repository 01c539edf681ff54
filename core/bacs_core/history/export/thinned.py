"""Days of which not all samples are kept: means of minutes or hours in their place.

Whole windows are decoded at once: of a long time, one call per cell would take hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from bacs_core.history.database import naming_errors
from bacs_core.history.export.times import Day
from bacs_core.history.layout import STATUS, Track
from bacs_core.history.measured import Block, Tier
from bacs_core.history.measurements import section
from bacs_core.history.measurements.chunk import ChunkError, sections_of
from bacs_core.history.measurements.database import read_measurements
from bacs_core.history.measurements.numbers import to_values
from bacs_core.history.measurements.reading import MeasurementReader
from bacs_core.history.measurements.section import SectionError
from bacs_core.history.measurements.shelf import Shelf
from bacs_core.history.measurements.thinning import (
    MEAN_OF_HOUR,
    MEAN_OF_MINUTE,
    MINUTE_MS,
    SAMPLES,
    best_left,
)
from bacs_core.history.measurements.windows import PARTS, StoredString, Window, chunk_body
from bacs_core.history.moments import to_milliseconds, to_moment
from bacs_core.snapshot import Floats

_HOUR_MS: Final = 3_600_000
_MEAN: Final = "mean"
_TIERS: Final = {MEAN_OF_MINUTE: Tier.MINUTE, MEAN_OF_HOUR: Tier.HOUR}


class Means:
    """The means in a state directory. Raises `HistoryError`; what is spoilt is left out."""

    def __init__(self, state_dir: Path) -> None:
        """Open the measurements for reading."""
        self._samples = MeasurementReader(state_dir)
        self._database: Database | None = None
        try:
            self._database = read_measurements(state_dir)
        except BaseException:
            self._samples.close()
            raise
        self._shelf = Shelf(self._database)
        self._told: list[str] = []

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was found damaged while reading."""
        return (*self._told, *self._samples.remarks)

    def close(self) -> None:
        """Close them."""
        self._samples.close()
        if self._database is not None:
            self._database.close()

    def blocks(self, key: str, day: Day) -> Iterator[Block]:
        """Yield what is left of a string in a day: samples, else means of minutes, or of hours.

        Marks and states have no mean and are left out of means.
        """
        start, end = to_milliseconds(day.start), to_milliseconds(day.end)
        with naming_errors("cannot read measurements"), self._shelf.at_once():
            left = best_left(self._shelf, key, start, end)
        first = start // _HOUR_MS * _HOUR_MS
        changes = [0, *(np.flatnonzero(np.diff(left)) + 1).tolist(), len(left)]
        for begin, stop in pairwise(changes):
            since = max(start, first + begin * MINUTE_MS)
            until = min(end, first + stop * MINUTE_MS)
            if since >= until:
                continue
            with naming_errors("cannot read measurements"):
                if left[begin] == SAMPLES:
                    yield from self._samples.blocks(key, since, until)
                    continue
                with self._shelf.at_once():
                    means = list(self._of_tier(key, _TIERS[int(left[begin])], since, until))
            yield from means

    def _of_tier(self, key: str, tier: Tier, start: int, end: int) -> Iterator[Block]:
        found = [
            (window.first, window, stored)
            for stored in self._shelf.strings(key)
            for window in self._shelf.windows(tier, stored, start, end)
        ]
        for _, window, stored in sorted(found, key=lambda each: each[0]):
            moments = self._shelf.moments(stored, window)
            if moments is None:
                continue
            at = moments[0]
            inside = (at >= start) & (at < end)
            if inside.any():
                yield self._block(stored, window, at, inside)

    def _block(
        self,
        stored: StoredString,
        window: Window,
        at: NDArray[np.int64],
        inside: NDArray[np.bool_],
    ) -> Block:
        layout = stored.layout
        scalars = self._means(stored, window, 0, layout.scalars, len(at))
        groups = [
            self._means(stored, window, number, layout.columns, len(at))
            for number in range(1, 1 + len(stored.groups))
        ]
        return Block(
            layout.key,
            at[inside],
            {
                track.name: np.concatenate([group[track.name] for group in groups])[:, inside].T
                for track in layout.columns
                if track.name != STATUS
            },
            {
                track.name: scalars[track.name][0, inside]
                for track in layout.scalars
                if not track.symbols
            },
        )

    def _means(
        self,
        stored: StoredString,
        window: Window,
        group: int,
        tracks: tuple[Track, ...],
        moments: int,
    ) -> Mapping[str, Floats]:
        """Return the means of a group of cells by name, (cells, moments) each."""
        cells = stored.shape(group)[1]
        try:
            packed = _sections(self._database, stored, window, group)
            return {
                track.name: to_values(
                    section.decode(each, moments, cells).whole(), track.steps_per_unit
                )
                for track, each in zip(tracks, packed, strict=True)
            }
        except (ChunkError, SectionError) as error:
            at = to_moment(window.first)
            self._told.append(f"{stored.layout.key}, means from {at:%F %T} UTC: {error}")
            return {track.name: np.full((cells, moments), np.nan) for track in tracks}


def _sections(
    database: Database | None, stored: StoredString, window: Window, group: int
) -> list[bytes]:
    """Return what a chunk holds of the means, by column. Raises `ChunkError`."""
    if database is None:
        raise ChunkError("there is no database")
    names = PARTS[window.tier]
    body = chunk_body(database, window.chunk_id + group)
    every = sections_of(body, stored.shape(group)[0] * len(names))
    return every[names.index(_MEAN) :: len(names)]
