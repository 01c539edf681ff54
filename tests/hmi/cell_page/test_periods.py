"""A trend moves through time, and its address leads back to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from bacs_hmi.pages.cell_page.periods import POINTS, Period, Stretch, span_words, stretch_of

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ends = st.none() | st.integers(0, 4 * 10**9).map(lambda at: datetime.fromtimestamp(at, UTC))


@given(st.builds(Stretch, st.sampled_from(Period), ends))
def test_a_stretch_is_found_again_from_its_part_of_the_address(stretch: Stretch) -> None:
    assert stretch_of(stretch.part()) == stretch


@pytest.mark.parametrize("part", ["", "events", "day@", "day@x", "day@-5", "day@99999999999", "@5"])
def test_what_is_no_stretch_is_not_taken_for_one(part: str) -> None:
    expected = Stretch(Period.DAY) if part == "day@" else None
    assert stretch_of(part) == expected


def test_one_without_an_end_follows_the_clock() -> None:
    assert Stretch(Period.HOUR).times(NOW) == (NOW - timedelta(hours=1), NOW)


def test_earlier_and_later_go_by_half_and_end_at_now() -> None:
    earlier = Stretch(Period.DAY).earlier(NOW)
    assert earlier.times(NOW) == (NOW - timedelta(hours=36), NOW - timedelta(hours=12))
    assert earlier.later(NOW) == Stretch(Period.DAY)
    assert earlier.earlier(NOW).later(NOW) == earlier


def test_another_period_ends_at_the_same_time() -> None:
    assert Stretch(Period.DAY, NOW).of(Period.WEEK).times(NOW)[1] == NOW


def test_a_chart_has_about_as_many_points_as_the_screen_can_show() -> None:
    assert all(250 <= points <= 400 for points in POINTS.values())
    assert Stretch(Period.HOUR).bucket_s == 10


def test_a_stretch_over_two_dates_names_both() -> None:
    noon = datetime(2026, 11, 21, 12, 0).astimezone()
    yesterday = noon - timedelta(days=1)
    assert span_words(yesterday, noon, noon, "%d.%m.") == "20.11. 12:00 – 21.11. 12:00"
    assert span_words(noon - timedelta(hours=1), noon, noon, "%d.%m.") == "11:00 – 12:00"
