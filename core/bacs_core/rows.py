"""All cells of some strings in rows, one string after the other: how the whole plant is worked on.

A plant of many short strings would cost one array operation per string and step; in rows it costs
one in all. What is per string is spread over its cells with `spread`, what is per cell comes
together with `total`, `mean`, `least`, `most`, `median` and `any`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from bacs_core.model import String
from bacs_core.snapshot import Flags, Floats

Indices = NDArray[np.intp]
_Scalar = TypeVar("_Scalar", bound=np.generic)

#: Up to this share of cells is quicker counted or left out one by one.
_FEW_OTHERS: Final = 0.1
#: Keeps the values of strings apart when all are sorted at once; far above any measured value.
_APART: Final = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Where the cells of each string stand. Made once per plant by `rows_of`."""

    strings: tuple[String, ...]
    counts: Indices
    """Cells of each string; none is empty."""
    first_cell: Indices
    """Row of cell 1 of each string."""
    string_of_cell: Indices
    slices: dict[str, slice]
    """The rows of each string, by its key."""
    places: dict[str, int]
    """The place of each string, by its key."""

    @property
    def cell_count(self) -> int:
        """Cells of all strings."""
        return len(self.string_of_cell)

    @property
    def string_count(self) -> int:
        """How many strings there are."""
        return len(self.strings)

    def of_strings(self, value: Callable[[String], float | None]) -> Floats:
        """Return one figure per string, NaN for `None`."""
        told = [value(string) for string in self.strings]
        return np.array([np.nan if figure is None else figure for figure in told], np.float64)

    def flags_of_strings(self, value: Callable[[String], bool]) -> Flags:
        """Return one flag per string."""
        return np.array([value(string) for string in self.strings], np.bool_)

    def spread(self, per_string: NDArray[_Scalar]) -> NDArray[_Scalar]:
        """Give every cell what its string has."""
        return per_string.repeat(self.counts)

    def total(self, values: Floats | Flags) -> Floats:
        """Add the cells of each string up."""
        if not self.strings:
            return np.zeros(0)
        if values.dtype == np.bool_:
            return self._marked(values)
        totals = np.add.reduceat(values, self.first_cell, dtype=np.float64)
        return np.asarray(totals, np.float64)

    def _marked(self, flags: NDArray[Any]) -> Floats:
        """Count the marked cells of each string; mostly they are few, or all but a few."""
        marked = np.count_nonzero(flags)
        most = marked > len(flags) // 2
        if min(marked, len(flags) - marked) > _FEW_OTHERS * len(flags):
            return np.asarray(np.add.reduceat(flags, self.first_cell, dtype=np.float64))
        (few,) = (~flags if most else flags).nonzero()
        count = np.bincount(self.string_of_cell[few], minlength=self.string_count)
        return (self.counts - count if most else count).astype(np.float64)

    def mean(self, values: Floats, where: Flags) -> Floats:
        """Return the mean of the marked cells of each string, NaN where none is marked."""
        others = np.flatnonzero(~where)
        if len(others) == 0:
            return self.total(values) / self.counts
        if len(others) > _FEW_OTHERS * len(values):
            sums = self.total(np.where(where, values, 0.0))
        else:
            marked = values.copy()
            marked[others] = 0.0
            sums = self.total(marked)
        count = self.total(where)
        means: Floats = np.full(self.string_count, np.nan)
        np.divide(sums, count, out=means, where=count > 0)
        return means

    def least(self, values: Floats, where: Flags) -> Floats:
        """Return the smallest of the marked cells of each string, NaN where none is marked."""
        return -self.most(-values, where)

    def most(self, values: Floats, where: Flags) -> Floats:
        """Return the largest of the marked cells of each string, NaN where none is marked."""
        if not self.strings:
            return np.zeros(0)
        found = np.maximum.reduceat(np.where(where, values, -np.inf), self.first_cell)
        return np.where(np.isneginf(found), np.nan, found)

    def most_known(self, values: Floats) -> Floats:
        """Return the largest of the cells of each string that are not NaN, NaN where all are."""
        if not self.strings:
            return np.zeros(0)
        return np.asarray(np.fmax.reduceat(values, self.first_cell), np.float64)

    def any(self, flags: Flags) -> Flags:
        """Tell for each string whether a cell is marked."""
        if not self.strings:
            return np.zeros(0, np.bool_)
        return np.bitwise_or.reduceat(flags, self.first_cell)

    def all(self, flags: Flags) -> Flags:
        """Tell for each string whether every cell is marked."""
        if not self.strings:
            return np.zeros(0, np.bool_)
        return np.logical_and.reduceat(flags, self.first_cell)

    def median(self, values: Floats, where: Flags) -> Floats:
        """Return the median of the marked cells of each string, NaN where none is marked.

        Values must be well below 1e5 in size: they are sorted all at once, moved apart by string.
        """
        if not self.strings:
            return np.zeros(0)
        count = np.add.reduceat(where, self.first_cell, dtype=np.intp)
        apart = self.string_of_cell * _APART
        ordered = np.sort(np.where(where, values, _APART / 2) + apart)
        upper = self.first_cell + np.minimum(count // 2, self.counts - 1)
        lower = self.first_cell + np.maximum(count - 1, 0) // 2
        middle = (ordered[upper] + ordered[lower]) / 2 - np.arange(self.string_count) * _APART
        return np.where(count > 0, middle, np.nan)


def rows_of(strings: Sequence[String]) -> Rows:
    """Put the cells of `strings` in rows."""
    counts = np.array([string.cell_count for string in strings], np.intp)
    first_cell = np.cumsum(counts) - counts
    return Rows(
        strings=tuple(strings),
        counts=counts,
        first_cell=first_cell,
        string_of_cell=np.repeat(np.arange(len(strings)), counts),
        slices={
            string.key: slice(int(first), int(first) + string.cell_count)
            for string, first in zip(strings, first_cell, strict=True)
        },
        places={string.key: place for place, string in enumerate(strings)},
    )
