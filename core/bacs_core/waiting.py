"""Events that wait for the disk: in order, and never more than a panel has memory for.

A disk may stay full for months. Then what matters least goes first, the oldest of it before the
newer, and how much of it is counted. What a person did and what protection did goes last.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bacs_core.history.batches import Entry
from bacs_core.history.clock_rows import ClockRow
from bacs_core.history.events import Event, EventKind, Json

#: About 10 MB of memory.
MOST_WAITING: Final = 10_000
#: What matters most comes last; what is not named here matters least.
_IMPORTANCE: Final = {
    EventKind.ALARM_CLEARED: 1,
    EventKind.ALARM_RETURNED: 1,
    EventKind.ALARM_PUT_ASIDE: 1,
    EventKind.ENGINE_STARTED: 2,
    EventKind.ENGINE_STOPPED: 2,
    EventKind.CLOCK_STEPPED: 2,
    EventKind.HISTORY_GAP: 2,
    EventKind.ALARM_RAISED: 3,
    EventKind.ALARM_ACKNOWLEDGED: 4,
    EventKind.BUZZER_MUTED: 4,
    EventKind.COMMAND: 4,
    EventKind.EQUALIZATION: 4,
    EventKind.MAINTENANCE: 4,
    EventKind.SETTING_CHANGED: 4,
    EventKind.USER_CHANGED: 4,
    EventKind.TOKEN_CHANGED: 4,
    EventKind.PROTECTION: 5,
}
_CLOCK_IMPORTANCE: Final = 2
_LEAST, _MOST = 0, 5


@dataclass(slots=True)
class Lost:
    """Entries that had to be dropped: how many of what, and from when to when."""

    first: datetime
    last: datetime
    kinds: Counter[str] = field(default_factory=Counter)

    def as_event(self) -> Event:
        """Say it in the history."""
        count = sum(self.kinds.values())
        named = ", ".join(
            f"{number} {kind.replace('_', ' ')}" for kind, number in self.kinds.most_common()
        )
        text = (
            f"{count} events from {self.first:%Y-%m-%d %H:%M:%S} to {self.last:%Y-%m-%d %H:%M:%S} "
            f"UTC could not be kept while the history could not be written: {named}"
        )
        data: dict[str, Json] = {
            "since": self.first.isoformat(),
            "until": self.last.isoformat(),
            "events": count,
            "kinds": dict(self.kinds),
        }
        return Event(self.last, EventKind.HISTORY_GAP, text, data=data)


class Waiting:
    """A bounded queue of entries."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        """Hold no more than `most` entries."""
        self._most = most
        self._queues: tuple[deque[tuple[int, Entry]], ...] = tuple(
            deque() for _ in range(_LEAST, _MOST + 1)
        )
        self._number = 0
        self._lost: Lost | None = None

    def __len__(self) -> int:
        return sum(map(len, self._queues)) + (self._lost is not None)

    def put(self, entry: Entry) -> None:
        """Add `entry`; where there is no room, the least important and oldest one goes."""
        self._number += 1
        self._queues[_importance(entry)].append((self._number, entry))
        if sum(map(len, self._queues)) > self._most:
            _, dropped = next(queue for queue in self._queues if queue).popleft()
            self._count(dropped)

    def take(self, most: int) -> tuple[Entry, ...]:
        """Take the oldest entries out, in the order in which they came.

        What was lost comes first: it is older than most of what is left.
        """
        taken: list[Entry] = []
        if self._lost is not None:
            taken.append(self._lost.as_event())
            self._lost = None
        while len(taken) < most and any(self._queues):
            oldest = min((queue for queue in self._queues if queue), key=lambda queue: queue[0][0])
            taken.append(oldest.popleft()[1])
        return tuple(taken)

    def _count(self, entry: Entry) -> None:
        kind = "clock state" if isinstance(entry, ClockRow) else entry.kind.value
        if self._lost is None:
            self._lost = Lost(entry.at, entry.at)
        self._lost.first = min(self._lost.first, entry.at)
        self._lost.last = max(self._lost.last, entry.at)
        self._lost.kinds[kind] += 1


def _importance(entry: Entry) -> int:
    if isinstance(entry, ClockRow):
        return _CLOCK_IMPORTANCE
    return _IMPORTANCE.get(entry.kind, _LEAST)
