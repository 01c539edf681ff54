"""Numbers as the text of CSV, whole blocks at a time.

A column of cells takes few different values, so each text is made once and looked up by its place.
That turns 512 cells into a row in some microseconds; a call per number would take a hundred times
as long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.history.export.contents import Figure
from bacs_core.snapshot import Floats

#: A table of texts never covers a wider range of steps than this: 16 V in millivolt.
WIDEST_TABLE: Final = 1 << 14


@dataclass(frozen=True, slots=True)
class Spelling:
    """What stands between two columns, and before the decimals of a number."""

    delimiter: str = ","
    point: str = "."

    def of(self, columns: bytes) -> bytes:
        """Spell numbers that are divided by commas and have points."""
        return columns if self == POINT else columns.translate(self._table)

    def between(self, columns: bytes) -> bytes:
        """Spell texts that are divided by commas."""
        return columns.replace(b",", self.delimiter.encode())

    @property
    def _table(self) -> bytes:
        return bytes.maketrans(b",.", f"{self.delimiter}{self.point}".encode())


POINT: Final = Spelling()
#: As spreadsheets in German, French and many other languages expect it.
COMMA: Final = Spelling(";", ",")


class Texts:
    """Texts of one figure. What was not measured (NaN) is an empty field."""

    def __init__(self, figure: Figure) -> None:
        """Begin without any text."""
        self._scale = figure.factor * 10**figure.decimals
        self._decimals = figure.decimals
        self._lowest = 0
        self._table = _table([], figure.decimals)

    def rows(self, values: Floats) -> Iterator[bytes]:
        """Yield the rows of (rows, columns) values, a comma before each value."""
        measured = np.isfinite(values)
        steps = np.rint(np.where(measured, values, 0) * self._scale).astype(np.int64)
        texts = self._texts(steps, measured)
        for row in texts:
            # Shorter texts are filled up with zero bytes.
            yield row.tobytes().translate(None, b"\0")

    def _texts(self, steps: NDArray[np.int64], measured: NDArray[np.bool_]) -> NDArray[np.bytes_]:
        if not measured.any():
            return self._table[np.zeros(steps.shape, dtype=np.int64)]
        lowest, highest = int(steps[measured].min()), int(steps[measured].max())
        if highest - lowest >= WIDEST_TABLE:
            different, places = np.unique(steps, return_inverse=True)
            table = _table(different.tolist(), self._decimals)
            return table[np.where(measured, places.reshape(steps.shape) + 1, 0)]
        self._cover(lowest, highest)
        return self._table[np.where(measured, steps - self._lowest + 1, 0)]

    def _cover(self, lowest: int, highest: int) -> None:
        """Let the table hold this range, and what it held before if that is not too wide."""
        end = self._lowest + len(self._table) - 1
        if self._lowest <= lowest and highest < end:
            return
        if end > self._lowest:
            wider = min(lowest, self._lowest), max(highest, end - 1)
            if wider[1] - wider[0] < WIDEST_TABLE:
                lowest, highest = wider
        self._lowest = lowest
        self._table = _table(range(lowest, highest + 1), self._decimals)


def text_of(value: float, figure: Figure) -> str:
    """Write one number, an empty text where nothing was measured."""
    if not np.isfinite(value):
        return ""
    steps = round(value * figure.factor * 10**figure.decimals)
    return f"{steps / 10**figure.decimals:.{figure.decimals}f}"


def _table(steps: range | list[int], decimals: int) -> NDArray[np.bytes_]:
    """Make the texts of these whole steps; the first place stands for what was not measured."""
    return np.array([b",", *(b",%.*f" % (decimals, step / 10**decimals) for step in steps)])
