"""A day of the sensors of a room is remembered while the panel server runs."""

from __future__ import annotations

from types import SimpleNamespace

from bacs_core.api.messages import AccessoryStatus, Measured
from bacs_hmi.room_trends import BUCKET_S, BUCKETS, RoomTrends, Trend

NOON = 1_700_000_100.0 // BUCKET_S * BUCKET_S


class Room:
    """A room with one sensor, whose readings a test makes."""

    def __init__(self) -> None:
        self.live = SimpleNamespace(connected=True, accessories={})
        self.trends = RoomTrends(SimpleNamespace(live=self.live))  # type: ignore[arg-type]

    def read(self, value: float, at_s: float) -> None:
        measured = Measured(value=value, read_at=at_s)
        self.live.accessories["room"] = AccessoryStatus(
            id="room", online=True, temperature_c=measured
        )
        self.trends.follow()

    def trend(self) -> Trend:
        trend = self.trends.trend("room", "temperature_c")
        assert trend is not None
        return trend


def test_each_quarter_of_an_hour_keeps_its_extremes_and_mean_and_a_gap_stays_one() -> None:
    room = Room()
    for value, after_s in ((20.0, 0.0), (22.0, 10.0), (30.0, 2 * BUCKET_S)):
        room.read(value, NOON + after_s)
        # A reading that is told again counts once.
        room.trends.follow()
    trend = room.trend()
    assert len(trend.mean) == BUCKETS
    assert list(trend.mean[-3:]) == [21.0, None, 30.0]
    assert list(trend.minimum[-3:]) == [20.0, None, 30.0]
    assert list(trend.maximum[-3:]) == [22.0, None, 30.0]


def test_only_the_last_day_is_remembered_also_where_the_clock_was_set() -> None:
    room = Room()
    for place in range(2 * BUCKETS):
        room.read(float(place), NOON + place * BUCKET_S)
    assert list(room.trend().mean) == [float(place) for place in range(BUCKETS, 2 * BUCKETS)]
    room.read(5.0, NOON - 1e7)
    assert [value for value in room.trend().mean if value is not None] == [5.0]


def test_what_was_never_read_and_what_a_lost_engine_told_last_make_no_trend() -> None:
    room = Room()
    room.live.connected = False
    room.read(20.0, NOON)
    assert room.trends.trend("room", "temperature_c") is None
    assert room.trends.trend("room", "humidity_percent") is None
