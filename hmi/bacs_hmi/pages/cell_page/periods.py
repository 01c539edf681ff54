"""The stretch of time that a trend shows, and how it stands in the address of the view."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from bacs_hmi.format import minute_of


class Period(StrEnum):
    """How long a stretch is."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


_LENGTHS: Final = {
    Period.HOUR: timedelta(hours=1),
    Period.DAY: timedelta(days=1),
    Period.WEEK: timedelta(days=7),
    Period.MONTH: timedelta(days=30),
    Period.YEAR: timedelta(days=365),
}
#: Buckets of ten seconds, five minutes, half an hour, two hours, a day.
POINTS: Final = {
    Period.HOUR: 360,
    Period.DAY: 288,
    Period.WEEK: 336,
    Period.MONTH: 360,
    Period.YEAR: 365,
}
_SEPARATOR: Final = "@"
#: Digits of unix seconds until the year 2286.
_MOST_DIGITS: Final = 10


@dataclass(frozen=True, slots=True)
class Stretch:
    """A period up to `end`; without an end it follows the clock."""

    period: Period = Period.DAY
    end: datetime | None = None

    def times(self, now: datetime) -> tuple[datetime, datetime]:
        """Return from when to when it runs."""
        end = self.end or now
        return end - _LENGTHS[self.period], end

    def earlier(self, now: datetime) -> Stretch:
        """Return the stretch half its length before."""
        return replace(self, end=(self.end or now) - _LENGTHS[self.period] / 2)

    def later(self, now: datetime) -> Stretch:
        """Return the stretch half its length later, at most now."""
        if self.end is None:
            return self
        end = self.end + _LENGTHS[self.period] / 2
        return replace(self, end=None if end >= now else end)

    def of(self, period: Period) -> Stretch:
        """Return another period that ends at the same time."""
        return replace(self, period=period)

    @property
    def bucket_s(self) -> float:
        """Tell how wide a bucket is, in seconds."""
        return _LENGTHS[self.period].total_seconds() / POINTS[self.period]

    def part(self) -> str:
        """Write it as the part of a view."""
        if self.end is None:
            return self.period.value
        return f"{self.period.value}{_SEPARATOR}{round(self.end.timestamp())}"


def span_words(start: datetime, end: datetime, today: datetime, day_format: str) -> str:
    """Write from when to when; a stretch over two dates names both."""
    one_day = start.astimezone().date() == end.astimezone().date()
    written = [
        minute_of(moment, today, day_format)
        if one_day
        else f"{moment.astimezone():{day_format} %H:%M}"
        for moment in (start, end)
    ]
    return " – ".join(written)


def stretch_of(part: str) -> Stretch | None:
    """Read a stretch from the part of a view; None if the part is something else."""
    name, _, end = part.partition(_SEPARATOR)
    if name not in set(Period):
        return None
    if not end:
        return Stretch(Period(name))
    if not (end.isascii() and end.isdigit() and len(end) <= _MOST_DIGITS):
        return None
    return Stretch(Period(name), datetime.fromtimestamp(int(end), UTC))
