"""What is too old, or too much, goes: the oldest of the finest tier first, a little at a time.

Old is what was recorded long ago in recorded time, see `recorded_time`. Of one string and tier that
is the order of `last_sequence` too, by which the oldest is found.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import Final

from sqlite_utils import Database

from bacs_core.history.database import transaction
from bacs_core.history.measured import Tier
from bacs_core.history.measurements.buffers import HOUR_MS, LATE_MS
from bacs_core.history.measurements.deriving import DAY_MS, derive_day
from bacs_core.history.measurements.keeping import days_of
from bacs_core.history.measurements.string_rows import load_strings
from bacs_core.history.measurements.windows import (
    Window,
    delete_windows,
    select_windows,
)
from bacs_core.settings import Keeping

#: At each call, so that none takes long.
WINDOWS_AT_ONCE: Final = 16
#: The newest hour stays: its windows tell what of the journal is sealed.
_NEWEST_MS: Final = HOUR_MS + LATE_MS
#: Of an epoch whose clock may still be put right all is kept, so that it can be moved as a whole.
_SETTLED: Final = " AND epoch NOT IN (SELECT epoch FROM unset_epochs)"
_FIRST_OF_EACH_STRING: Final = (
    "id IN (SELECT (SELECT id FROM windows WHERE tier = ? AND string_id = strings.id"
    " ORDER BY last_sequence LIMIT 1) FROM strings) AND recorded_ms < ?"
)
_FIRST_OF_STRING: Final = (
    "id IN (SELECT id FROM windows WHERE tier = ? AND string_id = ?"
    " ORDER BY last_sequence LIMIT ?) AND recorded_ms < ?"
)


def used_bytes(database: Database) -> int:
    """Return the size of what is kept; pages that are free for use again do not count."""
    page_size, pages, free = (
        database.conn.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_size", "page_count", "freelist_count")
    )
    return int(page_size * (pages - free))


def prune_next(
    database: Database, keeping: Keeping, *, recorded_ms: int, reserved_bytes: int = 0
) -> list[str] | None:
    """Delete some windows that are too old or too much; those of the newest hour stay.

    `recorded_ms` is what was recorded in all up to now; `reserved_bytes` is what the budget holds
    beside the database, the journal for instance. Return what was found damaged on the way, `None`
    where nothing had to go.
    """
    windows = _too_old(database, keeping, recorded_ms)
    if not windows:
        too_many_bytes = used_bytes(database) + reserved_bytes - keeping.budget_bytes
        windows = _oldest(database, recorded_ms, too_many_bytes) if too_many_bytes > 0 else []
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


def _too_old(database: Database, keeping: Keeping, recorded_ms: int) -> list[Window]:
    for tier, days in days_of(keeping).items():
        before_ms = recorded_ms - max(round(days * DAY_MS), _NEWEST_MS)
        windows = _recorded_before(database, tier, before_ms, _SETTLED)
        if windows:
            return windows
    return []


def _oldest(database: Database, recorded_ms: int, too_many_bytes: int) -> list[Window]:
    """Return the oldest windows of the finest tier that has any, no more than have to go."""
    for tier in Tier:
        stays_ms = _NEWEST_MS if tier is Tier.FULL else -1
        windows = _recorded_before(database, tier, recorded_ms - stays_ms)
        if windows:
            windows.sort(key=lambda window: window.last_sequence)
            sizes = accumulate(_bytes_of(database, window) for window in windows)
            return windows[: 1 + bisect_left(list(sizes), too_many_bytes)]
    return []


def _bytes_of(database: Database, window: Window) -> int:
    ((size,),) = database.conn.execute("SELECT bytes FROM windows WHERE id = ?", (window.id,))
    return int(size)


def _recorded_before(
    database: Database, tier: Tier, before_ms: int, also: str = ""
) -> list[Window]:
    """Return the oldest windows of the string that has the oldest of all in a tier."""
    first = select_windows(database, _FIRST_OF_EACH_STRING + also, (tier, before_ms))
    if not first:
        return []
    oldest = min(first, key=lambda window: window.last_sequence)
    return select_windows(
        database, _FIRST_OF_STRING + also, (tier, oldest.string_id, WINDOWS_AT_ONCE, before_ms)
    )
