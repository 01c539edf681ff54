"""When the journal needs a new reference, and which: the mean of the last few samples.

Against a mean the noise of a difference is that of one sample; against a single sample it would be
the square root of two times that.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.history.measurements.numbers import ABSENT, Numbers
from bacs_core.history.measurements.records import Reference
from bacs_core.history.measurements.taken import Taken

#: Samples a reference serves; one that is but a single sample serves less.
_SERVES: Final = 60
_FIRST_SERVES: Final = 8
#: Samples the mean is taken over.
_OVER: Final = 16
#: A mean so far from the number now was taken over a jump, or over absent numbers.
_FAR: Final = 1 << 12


class References:
    """Follows the samples and hands out references."""

    def __init__(self) -> None:
        """Begin without one."""
        self.current: Reference | None = None
        self._total: NDArray[np.int64] | None = None
        self._added = 0
        self._served = 0
        self._serves = _FIRST_SERVES

    def forget(self) -> None:
        """Ask for a new one with the next sample, as a new journal begins with one."""
        self.current = None

    def renewed(self, taken: Taken, number: int) -> Reference | None:
        """Return a new reference, with this number, if one is due before this sample."""
        known = self.current
        if known is not None and known.strings == taken.strings and self._served < self._serves:
            return None
        columns = taken.columns
        self._serves = _FIRST_SERVES
        if self._total is not None and self._total.shape == columns.shape:
            columns = _mean(self._total, self._added, columns)
            self._serves = _SERVES
        self._total, self._added, self._served = None, 0, 0
        self.current = Reference(number, taken.strings, columns, taken.scalars)
        return self.current

    def follow(self, taken: Taken) -> None:
        """Count a sample, and take it into the mean if a new reference is near."""
        self._served += 1
        if self._serves - self._served >= _OVER:
            return
        if self._total is None or self._total.shape != taken.columns.shape:
            self._total, self._added = np.zeros(taken.columns.shape, dtype=np.int64), 0
        self._total += taken.columns
        self._added += 1


def _mean(total: NDArray[np.int64], count: int, now: Numbers) -> Numbers:
    columns = (2 * total + count) // (2 * count)
    near = (now != ABSENT) & (np.abs(columns - now) < _FAR)
    return np.where(near, columns, now).astype(np.int32)
