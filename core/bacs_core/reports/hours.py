"""The hour means of all cells of a string at once, out of the tier of hours.

`HistoryReader.series` tells one cell at a time; a whole string over a year would be hundreds of
such questions. Here each window is unpacked once for all its cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np

from bacs_core.history.measured import Moments, Tier
from bacs_core.history.measurements import section
from bacs_core.history.measurements.chunk import ChunkError, section_of
from bacs_core.history.measurements.database import read_measurements
from bacs_core.history.measurements.numbers import Numbers, to_values
from bacs_core.history.measurements.section import SectionError
from bacs_core.history.measurements.shelf import Shelf
from bacs_core.history.measurements.steps import STEP_MS
from bacs_core.history.measurements.windows import PARTS, StoredString, Window, chunk_source
from bacs_core.snapshot import Floats

HOUR_MS: Final = STEP_MS[Tier.HOUR]
_MEAN: Final = "mean"


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of a string: `at` are their middles in unix milliseconds.

    `columns` are (hours, cells) by quantity, `scalars` (hours,) by name; NaN where nothing was
    measured.
    """

    at: Moments
    columns: Mapping[str, Floats]
    scalars: Mapping[str, Floats]


class HourReader:
    """The tier of hours in a state directory, for reading. Raises `HistoryError`."""

    def __init__(self, state_dir: Path) -> None:
        """Open it."""
        self._shelf = Shelf(read_measurements(state_dir))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._shelf.database is not None:
            self._shelf.database.close()

    def hours(
        self,
        string_key: str,
        quantities: Sequence[str],
        scalars: Sequence[str],
        start: int,
        end: int,
    ) -> Iterator[Hours]:
        """Yield the hours from `start` to `end` (unix milliseconds), window by window."""
        for stored in self._shelf.strings(string_key):
            for window in self._shelf.windows(Tier.HOUR, stored, start, end):
                moments = self._shelf.moments(stored, window)
                if moments is None:
                    continue
                at = moments[0]
                inside = (at >= start) & (at < end)
                yield Hours(
                    at[inside] + HOUR_MS // 2,
                    {
                        name: self._cells(stored, window, name, len(at))[inside]
                        for name in quantities
                    },
                    {name: self._scalar(stored, window, name, len(at))[inside] for name in scalars},
                )

    def _cells(self, stored: StoredString, window: Window, name: str, hours: int) -> Floats:
        values = np.full((hours, stored.layout.cell_count), np.nan)
        for group, cells in enumerate(stored.groups, start=1):
            place = stored.place(cells.start + 1, name)
            if place is not None:
                means = self._means(stored, window, group, place[1], hours)
                values[:, cells] = to_values(means, place[3]).T if means is not None else np.nan
        return values

    def _scalar(self, stored: StoredString, window: Window, name: str, hours: int) -> Floats:
        place = stored.place(None, name)
        means = None if place is None else self._means(stored, window, 0, place[1], hours)
        if place is None or means is None:
            return np.full(hours, np.nan)
        values: Floats = to_values(means, place[3])[0]
        return values

    def _means(
        self, stored: StoredString, window: Window, group: int, column: int, hours: int
    ) -> Numbers | None:
        """Return the means of one column of a group, (cells, hours), `None` where it is spoilt."""
        database = self._shelf.database
        if database is None:
            return None
        names = PARTS[Tier.HOUR]
        columns, cells = stored.shape(group)
        try:
            source = chunk_source(database, window.chunk_id + group)
            packed = section_of(
                source, columns * len(names), column * len(names) + names.index(_MEAN)
            )
            return section.decode(packed, hours, cells).whole()
        except (ChunkError, SectionError):
            # What is spoilt was told by whoever found it; the report has a gap there.
            return None
