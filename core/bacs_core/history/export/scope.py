"""What of the history is to be exported, and how much that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from bacs_core.history.errors import HistoryError
from bacs_core.history.export.contents import CELL_FILES, STRING_FILES
from bacs_core.history.export.numbers import POINT, Spelling
from bacs_core.history.export.times import Day, days
from bacs_core.history.reader import HistoryReader

#: How often a string is sampled while nothing happens.
SAMPLE_EVERY_S: Final = 10.0
#: How far apart the means are that outlive the samples.
MEAN_EVERY_S: Final = 60.0
#: Both times at the head of each row, and the end of the line.
_ROW_CHARACTERS: Final = 47
#: Per string and sample: its values in files of their own and in the data log.
_STRING_CHARACTERS: Final = 90 + 170
#: The heading of a column, and per file of a day what stands before it.
_HEADING_CHARACTERS: Final = 14
_FILE_CHARACTERS: Final = 100

_DAY_S: Final = 86_400

StringDay = tuple[str, date]


@dataclass(frozen=True, slots=True)
class Scope:
    """From `since` (`None`: from the beginning) to before `until`; all strings or those named.

    `step_s` leaves out samples: of each step only the first one is written. `zone` is where the
    panel stands, `None` for that of this computer. `written` are days of strings that an earlier
    export has complete: they are left out. `spelling` is that of the tables.
    """

    since: datetime | None
    until: datetime
    string_keys: tuple[str, ...] = ()
    step_s: int = 0
    zone: tzinfo | None = None
    written: frozenset[StringDay] = frozenset()
    spelling: Spelling = POINT


@dataclass(frozen=True, slots=True)
class Plan:
    """The strings (with their number of cells) and days of an export, and its estimated size.

    Of the time before `thinned_until` only means are kept.
    """

    strings: dict[str, int]
    days: tuple[Day, ...]
    estimated_bytes: int
    thinned_until: datetime | None = None


def plan(reader: HistoryReader, scope: Scope) -> Plan:
    """Find out what there is to export; days without any history are left out.

    Raises `HistoryError` where a string is named of which nothing was ever recorded.
    """
    known_strings = reader.strings()
    unknown = sorted(set(scope.string_keys) - known_strings.keys())
    if unknown:
        there = ", ".join(sorted(known_strings, key=_place)) or "none"
        msg = f"nothing was recorded of {', '.join(unknown)}; there are {there}"
        raise HistoryError(msg)
    span = _span(reader, scope)
    if span is None:
        return Plan({}, (), 0)
    known = reader.days()
    asked = tuple(day for day in days(*span, scope.zone) if known & _utc_days(day))
    # Those that have left the site too, in the order of names.
    strings = {
        key: known_strings[key]
        for key in sorted(known_strings, key=_place)
        if not scope.string_keys or key in scope.string_keys
    }
    until = reader.thinned_until()
    estimated = sum(
        _estimate(cells, day, scope.step_s, until)
        for day in asked
        for key, cells in strings.items()
        if (key, day.date) not in scope.written
    )
    return Plan(strings, asked, estimated, until)


def _utc_days(day: Day) -> frozenset[int]:
    """Return the days of UTC, counted from 1970, that a day of the place has a part in."""
    last = day.end - timedelta(milliseconds=1)
    return frozenset(int(moment.timestamp()) // _DAY_S for moment in (day.start, last))


def _span(reader: HistoryReader, scope: Scope) -> tuple[datetime, datetime] | None:
    extent = reader.extent()
    if extent is None:
        return None
    first, last = extent
    # The end is not included, the last sample is.
    start = first if scope.since is None else max(scope.since, first)
    end = min(scope.until, last + timedelta(milliseconds=1))
    return (start.astimezone(UTC), end.astimezone(UTC)) if start < end else None


def _place(key: str) -> tuple[str, int]:
    manager_id, _, number = key.rpartition("/")
    return manager_id, int(number)


def _estimate(cells: int, day: Day, step_s: int, thinned: datetime | None) -> int:
    """Estimate the files of a day and its part of the data log, rather too large."""
    every_s = MEAN_EVERY_S if thinned is not None and day.end <= thinned else SAMPLE_EVERY_S
    samples = (day.end - day.start).total_seconds() / max(step_s, every_s) + 1
    files = len(CELL_FILES) + len(STRING_FILES)
    row = cells * sum(file.characters for file in CELL_FILES)
    row += files * _ROW_CHARACTERS + _STRING_CHARACTERS
    heads = len(CELL_FILES) * cells * _HEADING_CHARACTERS + files * _FILE_CHARACTERS
    return round(samples * row) + heads
