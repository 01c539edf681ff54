"""How much time the database has recorded in all: the time that ages are counted in.

What a clock says is no age: one that is years ahead would make all that is kept old at once. Here
only time that was recorded counts, as the differences between samples, whatever year they are of.
"""

from __future__ import annotations

from typing import Final

from bacs_core.history.measurements.buffers import LATE_MS

#: A pause between two samples counts as at most so much. Regular samples come every ten seconds.
LONGEST_PAUSE_MS: Final = 60_000


class RecordedTime:
    """A sum of milliseconds that only grows: a function of the samples in the order they came.

    A clock step begins a new epoch and adds nothing. One that nobody noticed, and a time without
    samples, add at most `LONGEST_PAUSE_MS`; so ages are rather too small than too large.
    """

    def __init__(self, total_ms: int) -> None:
        """Go on from what was recorded before."""
        self.total_ms = total_ms
        self._epoch: int | None = None
        self._newest = 0

    def advance(self, at: int, epoch: int, *, is_counted: bool = False) -> None:
        """Add the time since the sample before; `at` is unix milliseconds by the clock of then.

        Samples that come late, see `LATE_MS`, stand in time that was added already; of one that
        `is_counted` the time was in the sum from the beginning.
        """
        passed = at - self._newest
        if epoch != self._epoch or passed < -LATE_MS:
            self._epoch, self._newest = epoch, at
        elif passed > 0:
            if not is_counted:
                self.total_ms += min(passed, LONGEST_PAUSE_MS)
            self._newest = at
