"""How many values may be written: all of them at once now and then, few of them all the time."""

from dataclasses import dataclass
from typing import Final

#: Where everything moves all the time, as in a discharge, each entity of one manager has its turn
#: so often.
TURN_S: Final = 10.0
#: Below this nobody has to wait: a small site is no load.
LEAST_RATE_PER_S: Final = 128.0
#: More of them every second leave Home Assistant no time for others, however large the site is:
#: there an entity waits longer for its turn.
MOST_RATE_PER_S: Final = 512.0


@dataclass(slots=True)
class Budget:
    """What may still be written at `at_s`, in seconds of any steady clock.

    It fills again by itself, up to once everything; `None` is one that was never used.
    """

    left: float = 0.0
    at_s: float | None = None

    def fill(self, now_s: float, entities: int) -> None:
        """Let time pass for so many entities in all."""
        rate_per_s = min(MOST_RATE_PER_S, max(LEAST_RATE_PER_S, entities / TURN_S))
        most = max(LEAST_RATE_PER_S, float(entities))
        gained = most if self.at_s is None else (now_s - self.at_s) * rate_per_s
        self.left = min(most, self.left + gained)
        self.at_s = now_s

    def spend(self) -> None:
        """Write one."""
        self.left -= 1.0

    @property
    def is_empty(self) -> bool:
        """Whether the next one has to wait."""
        return self.left < 1.0
