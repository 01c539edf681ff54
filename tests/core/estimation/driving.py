"""Drives estimation with strings whose cells all read what a test says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bacs_core.estimation import Estimates, Memory, Tuning, estimate, initial
from bacs_core.frame import gather
from bacs_core.model import ChargePhase, String
from bacs_core.rows import rows_of
from bacs_core.snapshot import StringReadings
from tests.core.equalization.build import START

HOUR = 3600.0
Read = Callable[[float], StringReadings]
#: Slower steps than live, for long times.
SLOW = Tuning(longest_step_s=120.0)


@dataclass
class Driver:
    """One string, or several that read alike; `now` goes on with every run."""

    strings: Sequence[String]
    tuning: Tuning = SLOW
    now: float = START
    memory: Memory = field(init=False)
    latest: Estimates = field(init=False)

    def __post_init__(self) -> None:
        self.rows = rows_of(self.strings)
        self.memory = initial(self.rows)

    def tick(self, read: Read) -> Estimates:
        told = {string.key: read(self.now) for string in self.strings}
        frame = gather(self.rows, told, self.now)
        self.latest, self.memory = estimate(frame, self.memory, self.tuning)
        return self.latest

    def run(self, read: Read, seconds: float, step_s: float = 60.0) -> Estimates:
        """Tick for some time, the first time at once, and stand one step after the last."""
        for _ in range(int(seconds / step_s) + 1):
            self.tick(read)
            self.now += step_s
        return self.latest

    @property
    def phase(self) -> ChargePhase:
        return ChargePhase(int(self.latest.phase[0]))
