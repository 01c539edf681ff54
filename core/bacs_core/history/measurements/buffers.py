"""The samples that are not sealed yet, by string, in memory.

Bounded: a buffer takes `CAPACITY` samples, 16 bits a number unless one needs more. 4096 cells and
six columns take 17.7 MB, at most 35.4 MB.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.history.layout import StringLayout
from bacs_core.history.measurements.numbers import ABSENT, ABSENT_SHORT, LARGEST_SHORT, Numbers

CAPACITY: Final = 360
HOUR_MS: Final = 3_600_000
#: Ticks of the minute before a discharge come after newer samples; what is older is a clock step.
LATE_MS: Final = 120_000


def _moments() -> NDArray[np.int64]:
    return np.empty(CAPACITY, dtype=np.int64)


@dataclass(slots=True, eq=False)
class Buffer:
    """The samples of one string, in the order they were taken; `hour` is that of the first.

    `recorded_ms` is what the database had recorded in all at the newest one, see `recorded_time`.
    """

    layout: StringLayout
    epoch: int = 0
    count: int = 0
    newest: int = 0
    hour: int = 0
    recorded_ms: int = 0
    _at: NDArray[np.int64] = field(default_factory=_moments)
    _sequence: NDArray[np.int64] = field(default_factory=_moments)
    _columns: NDArray[Any] = field(default_factory=lambda: np.empty((0, 0, 0), dtype=np.int16))
    _scalars: NDArray[np.int32] = field(default_factory=lambda: np.empty((0, 0), dtype=np.int32))

    def __post_init__(self) -> None:
        """Reserve the memory."""
        shape = (CAPACITY, len(self.layout.columns), self.layout.cell_count)
        self._columns = np.empty(shape, dtype=np.int16)
        self._scalars = np.empty((CAPACITY, len(self.layout.scalars)), dtype=np.int32)

    @property
    def nbytes(self) -> int:
        """Memory of the numbers."""
        return self._columns.nbytes + self._scalars.nbytes + 2 * self._at.nbytes

    def takes(self, layout: StringLayout, epoch: int, at: int) -> bool:
        """Tell whether a sample belongs here, or to a window of its own after this is sealed."""
        if layout is not self.layout and layout != self.layout:
            return False
        if self.count == 0:
            return True
        return (
            self.count < CAPACITY
            and epoch == self.epoch
            and at // HOUR_MS <= self.hour
            and at >= self.newest - LATE_MS
        )

    def add(
        self, at: int, sequence: int, epoch: int, columns: NDArray[Any], scalars: Numbers
    ) -> None:
        """Keep one sample: `columns` (columns, cells) as `shortened`, `scalars` (scalars,)."""
        if columns.dtype != self._columns.dtype:
            if columns.dtype == np.int16:
                columns = lengthened(columns)
            else:
                self._columns = lengthened(self._columns)
        self.epoch = epoch
        if self.count:
            self.newest = max(self.newest, at)
        else:
            self.newest, self.hour = at, at // HOUR_MS
        self._at[self.count], self._sequence[self.count] = at, sequence
        self._columns[self.count] = columns
        self._scalars[self.count] = scalars
        self.count += 1

    @property
    def at(self) -> NDArray[np.int64]:
        """Unix milliseconds of each sample."""
        return self._at[: self.count]

    @property
    def sequence(self) -> NDArray[np.int64]:
        """Number of each sample."""
        return self._sequence[: self.count]

    @property
    def columns(self) -> NDArray[Any]:
        """Return (samples, columns, cells); in 16 bits with `ABSENT_SHORT`."""
        return self._columns[: self.count]

    @property
    def scalars(self) -> NDArray[np.int32]:
        """Return (samples, scalars)."""
        return self._scalars[: self.count]

    def clear(self) -> None:
        """Forget the samples after they were sealed; the memory is used again."""
        self.count = 0


def shortened(numbers: Numbers) -> NDArray[Any]:
    """Return `numbers` in 16 bits if they fit, else as they are."""
    if numbers.size == 0:
        return numbers.astype(np.int16)
    if numbers.max() > LARGEST_SHORT:
        return numbers
    if numbers.min() > ABSENT_SHORT:
        return numbers.astype(np.int16)
    least = np.maximum(numbers, ABSENT_SHORT)
    if least.min() == ABSENT_SHORT and (
        np.count_nonzero(least == ABSENT_SHORT) != np.count_nonzero(numbers == ABSENT)
    ):
        return numbers
    return least.astype(np.int16)


def lengthened(numbers: NDArray[Any]) -> NDArray[np.int32]:
    """Return 16-bit numbers in 32 bits."""
    long = numbers.astype(np.int32)
    long[long == ABSENT_SHORT] = ABSENT
    return long
