"""Days and times of an export: a day is one of the place where the panel stands.

A zone of `None` is that of this computer, with its summer time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import numpy as np

from bacs_core.history.measured import Moments


@dataclass(frozen=True, slots=True)
class Day:
    """A local day, or the part of it that is asked for."""

    date: date
    start: datetime
    end: datetime


def days(start: datetime, end: datetime, zone: tzinfo | None) -> Iterator[Day]:
    """Yield the local days from `start` to before `end`, the first and the last cut off there."""
    day = start.astimezone(zone).date()
    while True:
        midnight, next_midnight = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
        if midnight >= end:
            return
        if max(start, midnight) < min(end, next_midnight):
            yield Day(day, max(start, midnight), min(end, next_midnight))
        day += timedelta(days=1)


def ends_with_midnight(day: Day, zone: tzinfo | None) -> bool:
    """Tell whether a day is there to its very end."""
    return day.end == _midnight(day.date + timedelta(days=1), zone)


def begins_with_midnight(day: Day, zone: tzinfo | None) -> bool:
    """Tell whether a day is there from its very beginning."""
    return day.start == _midnight(day.date, zone)


def both_times(at: Moments, zone: tzinfo | None) -> list[bytes]:
    """Return the two time columns of each row: ISO 8601 in UTC, and what the clock showed."""
    in_utc = np.datetime_as_string(at.astype("datetime64[ms]"), timezone="UTC")
    return [
        f"{moment},{datetime.fromtimestamp(ms / 1000, zone):%Y-%m-%d %H:%M:%S}".encode()
        for moment, ms in zip(in_utc.tolist(), at.tolist(), strict=True)
    ]


def in_both(moment: datetime, zone: tzinfo | None) -> tuple[str, str]:
    """Return one moment as `both_times` does."""
    in_utc = moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return in_utc, f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
