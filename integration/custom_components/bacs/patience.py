"""How long a value that moved waits before it is written, so that noise is not written at all."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from .pace import TURN_S

#: In dead bands. Noise that the dead band is made for does not come so far.
FAR_BANDS: Final = 4.0
#: The engine rounds what it compares, so a value that it tells may seem to be just inside.
OUTSIDE_BANDS: Final = 0.9
#: What left its band and is on its way back is there by then; nobody waits longer for a turn.
SETTLE_S: Final = TURN_S
#: What stays inside its band all the same is written after this.
DRIFT_S: Final = 60.0


def patience_s(bands: float) -> float:
    """Tell how long a value waits that is so many dead bands away from what is shown."""
    if bands >= FAR_BANDS:
        return 0.0
    return SETTLE_S if bands >= OUTSIDE_BANDS else DRIFT_S


class WaitingRoom[Guest]:
    """Who waits, in lines of equal patience: the first of a line is due first.

    Times are seconds of any steady clock.
    """

    def __init__(self) -> None:
        self._lines: dict[float, OrderedDict[Guest, float]] = {
            SETTLE_S: OrderedDict(),
            DRIFT_S: OrderedDict(),
        }

    def seat(self, guest: Guest, waits_s: float, now_s: float) -> None:
        """Let somebody wait, unless they wait in that line already."""
        self._lines[waits_s].setdefault(guest, now_s + waits_s)

    def call(self, now_s: float) -> Iterator[tuple[Guest, float]]:
        """Call whoever is due, with how long they had to wait; they no longer wait."""
        for waited_s, line in self._lines.items():
            due = 0
            for due_s in line.values():
                if due_s > now_s:
                    break
                due += 1
            for _ in range(due):
                guest, _ = line.popitem(last=False)
                yield guest, waited_s

    def dismiss(self, guest: Guest) -> None:
        """Forget somebody."""
        for line in self._lines.values():
            line.pop(guest, None)
