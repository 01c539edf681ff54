"""Unix time that does not jump: it runs with the monotonic clock and follows the system clock.

Control and protection compare reading times with `now`. A system clock that is set by hand or by
NTP would make every reading look old or new at once; here a step is noticed, reported, and taken
over deliberately.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

#: From here on a move is a step worth an event; slewing by NTP stays far below it within a tick.
STEP_S: Final = 2.0
#: Below this the two clocks agree: they are read one after the other, and differ by that alone. Who
#: followed each such difference would move every kept time a little at every tick.
SAME_S: Final = 0.005


class SteadyClock:
    """Unix seconds; `follow` takes over a step of the system clock and returns its size."""

    def __init__(
        self,
        system: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start from the system clock as it is now; `on_step` is told every step, in seconds."""
        self._system = system
        self._monotonic = monotonic
        self.on_step: Callable[[float], None] | None = None
        self._offset = system() - monotonic()

    def now(self) -> float:
        """Return unix time in seconds."""
        return self._monotonic() + self._offset

    def follow(self) -> float:
        """Take over the system clock and return by how much this one moved, in seconds."""
        difference = self._system() - self.now()
        if abs(difference) < SAME_S:
            return 0.0
        self._offset += difference
        if self.on_step is not None and abs(difference) > STEP_S:
            self.on_step(difference)
        return difference
