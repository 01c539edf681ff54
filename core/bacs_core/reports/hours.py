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
from bacs_core.history.measurements.database import read_measurements
from bacs_core.history.measurements.numbers import to_values
from bacs_core.history.measurements.shelf import Shelf
from bacs_core.history.measurements.steps import STEP_MS
from bacs_core.history.measurements.windows import StoredString, Window
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
        """Yield the hours from `start` to `end` (unix milliseconds), window by window.

        All are as they were at one moment: days that are put together meanwhile are neither
        missed nor read twice. What is spoilt was told by whoever found it; there is a gap.
        """
        with self._shelf.at_once():
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
                        {
                            name: self._scalar(stored, window, name, len(at))[inside]
                            for name in scalars
                        },
                    )

    def _cells(self, stored: StoredString, window: Window, name: str, hours: int) -> Floats:
        values = np.full((hours, stored.layout.cell_count), np.nan)
        for cells in stored.groups:
            place = stored.place(cells.start + 1, name)
            if place is None:
                continue
            means = self._shelf.column(stored, window, place, _MEAN, hours)
            if means is not None:
                values[:, cells] = to_values(means, place[3]).T
        return values

    def _scalar(self, stored: StoredString, window: Window, name: str, hours: int) -> Floats:
        place = stored.place(None, name)
        means = None if place is None else self._shelf.column(stored, window, place, _MEAN, hours)
        if place is None or means is None:
            return np.full(hours, np.nan)
        values: Floats = to_values(means, place[3])[0]
        return values
