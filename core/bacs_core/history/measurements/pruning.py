"""What is too old, or too much, goes: the oldest of the finest tier first, a little at a time."""

from __future__ import annotations

from collections import Counter
from typing import Final

from sqlite_utils import Database

from bacs_core.history.clock_rows import FIRST_YEAR
from bacs_core.history.database import transaction
from bacs_core.history.measured import Tier
from bacs_core.history.measurements.buffers import HOUR_MS
from bacs_core.history.measurements.deriving import DAY_MS, derive_day
from bacs_core.history.measurements.keeping import days_of
from bacs_core.history.measurements.windows import (
    Window,
    delete_windows,
    load_strings,
    select_windows,
)
from bacs_core.history.moments import to_milliseconds
from bacs_core.settings import Keeping

#: At each call, so that none takes long.
WINDOWS_AT_ONCE: Final = 16
#: An age counts from the oldest of the windows that hold the last so many hours of samples, however
#: many windows these are: a clock that is years ahead for an afternoon must not cost the history of
#: years.
_SETTLED_MS: Final = 6 * HOUR_MS
#: Of what is older nobody knows how old it is: the clock was not set.
_FIRST_MS: Final = to_milliseconds(FIRST_YEAR)


def used_bytes(database: Database) -> int:
    """Return the size of what is kept; pages that are free for use again do not count."""
    page_size, pages, free = (
        database.conn.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_size", "page_count", "freelist_count")
    )
    return int(page_size * (pages - free))


def prune_next(
    database: Database, keeping: Keeping, *, strings: int, reserved_bytes: int = 0
) -> list[str] | None:
    """Delete some windows that are too old or too much; the newest of each string stays.

    `strings` is how many are recorded; `reserved_bytes` is what the budget holds beside the
    database, the journal for instance. Return what was found damaged on the way, `None` where
    nothing had to go.
    """
    windows = _too_old(database, keeping)
    if not windows and used_bytes(database) + reserved_bytes > keeping.budget_bytes:
        windows = _oldest(database, strings)
    if not windows:
        return None
    told: list[str] = []
    for string_id, day in sorted(
        {
            (window.string_id, window.first // DAY_MS)
            for window in windows
            if window.tier is Tier.FULL and not window.derived
        }
    ):
        told += derive_day(database, string_id, day)
    with transaction(database):
        delete_windows(database, windows, {each.id: each for each in load_strings(database)})
        if any(window.tier is Tier.HOUR for window in windows):
            database.conn.execute(
                "DELETE FROM strings WHERE id NOT IN (SELECT string_id FROM windows)"
            )
    return told


def _settled(database: Database) -> int | None:
    """Return the time from which ages count, `None` before that many hours were recorded."""
    rows = database.conn.execute(
        "SELECT string_id, first, last FROM windows WHERE tier = 'full' ORDER BY id DESC"
    )
    lasted: Counter[int] = Counter()
    oldest = None
    for string_id, first, last in rows:
        oldest = first if oldest is None else min(oldest, first)
        lasted[string_id] += last - first
        if lasted[string_id] >= _SETTLED_MS:
            return int(oldest)
    return None


def _too_old(database: Database, keeping: Keeping) -> list[Window]:
    newest = _settled(database)
    if newest is None:
        return []
    for tier, days in days_of(keeping).items():
        windows = select_windows(
            database,
            "tier = ? AND first >= ? AND first < ? AND last < ?",
            (tier, _FIRST_MS, newest - days * DAY_MS, newest - days * DAY_MS),
            limit=WINDOWS_AT_ONCE,
        )
        if windows:
            return windows
    return []


def _oldest(database: Database, strings: int) -> list[Window]:
    ((newest_id,),) = database.conn.execute(
        "SELECT min(id) FROM (SELECT id FROM windows WHERE tier = 'full' ORDER BY id DESC LIMIT ?)",
        (strings,),
    ).fetchall()
    for tier in Tier:
        windows = select_windows(
            database,
            "tier = ? AND (tier != 'full' OR id < ?)",
            (tier, newest_id),
            limit=WINDOWS_AT_ONCE,
        )
        if windows:
            return windows
    return []
