"""What the sensors of the rooms told over the last day, as long as the panel server runs.

The history keeps what belongs to strings. A sensor that stands in a room belongs to none, so that
its day is remembered here: a few numbers per quarter of an hour, gone with the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bacs_core.api.messages import Measured
from bacs_hmi.live import Link

BUCKET_S: Final = 900.0
#: A day.
BUCKETS: Final = 96
#: The values of a sensor, by their names in `AccessoryStatus`.
KINDS: Final = ("temperature_c", "humidity_percent", "hydrogen_percent")


@dataclass(frozen=True, slots=True)
class Bucket:
    """What was read in a quarter of an hour."""

    low: float
    high: float
    total: float
    count: int

    def and_also(self, value: float) -> Bucket:
        """Take one more value in."""
        low, high = min(self.low, value), max(self.high, value)
        return Bucket(low, high, self.total + value, self.count + 1)


@dataclass(frozen=True, slots=True)
class Trend:
    """A day of one value: a place per bucket, the newest last, None where nothing was read."""

    minimum: Sequence[float | None]
    mean: Sequence[float | None]
    maximum: Sequence[float | None]


class RoomTrends:
    """Remembers a day of each value of each sensor."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._days: dict[tuple[str, str], dict[int, Bucket]] = {}
        self._seen: dict[tuple[str, str], float] = {}

    def follow(self) -> None:
        """Take in what was read since the last time; called at each tick."""
        live = self._link.live
        if live is None or not live.connected:
            return
        for sensor, status in live.accessories.items():
            for kind in KINDS:
                measured: Measured | None = getattr(status, kind)
                if measured is not None and self._seen.get((sensor, kind)) != measured.read_at:
                    self._take((sensor, kind), measured)

    def trend(self, sensor: str, kind: str) -> Trend | None:
        """Return the last day up to the newest reading; None where there was none."""
        key = (sensor, kind)
        if key not in self._days:
            return None
        newest = _place(self._seen[key])
        day = [self._days[key].get(place) for place in range(newest - BUCKETS + 1, newest + 1)]
        return Trend(
            [None if bucket is None else bucket.low for bucket in day],
            [None if bucket is None else bucket.total / bucket.count for bucket in day],
            [None if bucket is None else bucket.high for bucket in day],
        )

    def _take(self, key: tuple[str, str], measured: Measured) -> None:
        place, value = _place(measured.read_at), measured.value
        day = self._days.setdefault(key, {})
        before = day.get(place)
        day[place] = Bucket(value, value, value, 1) if before is None else before.and_also(value)
        self._seen[key] = measured.read_at
        # What a clock that was set leaves behind, or ahead, is not of this day.
        for other in [each for each in day if not place - BUCKETS < each <= place]:
            del day[other]


def _place(at_s: float) -> int:
    return int(at_s // BUCKET_S)
