"""Days are those of the place, also the two of a year that are not 24 hours long."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from bacs_core.history.export.times import (
    begins_with_midnight,
    both_times,
    days,
    ends_with_midnight,
)

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_day_begins_and_ends_at_the_midnights_of_the_place() -> None:
    found = list(
        days(datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 26, 12, tzinfo=UTC), BERLIN)
    )
    assert [day.date for day in found] == [date(2026, 10, day) for day in (24, 25, 26)]
    # Summer time ends in this night.
    assert found[1].end - found[1].start == timedelta(hours=25)
    assert [begins_with_midnight(day, BERLIN) for day in found] == [False, True, True]
    assert [ends_with_midnight(day, BERLIN) for day in found] == [True, True, False]


def test_days_join_without_gap_or_overlap() -> None:
    start, end = datetime(2026, 3, 1, 5, tzinfo=UTC), datetime(2026, 4, 2, 7, tzinfo=UTC)
    found = list(days(start, end, BERLIN))
    assert found[0].start == start
    assert found[-1].end == end
    assert all(one.end == other.start for one, other in pairwise(found))


def test_the_hour_that_comes_twice_is_told_apart_by_utc() -> None:
    moments = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    at = np.array([round(moment.timestamp() * 1000) for moment in moments])
    assert both_times(at, BERLIN) == [
        b"2026-10-25T00:30:00.000Z,2026-10-25 02:30:00",
        b"2026-10-25T01:30:00.000Z,2026-10-25 02:30:00",
    ]


def test_nothing_lies_in_an_empty_time() -> None:
    start = datetime(2026, 3, 1, 5, tzinfo=UTC)
    assert list(days(start, start, BERLIN)) == []
