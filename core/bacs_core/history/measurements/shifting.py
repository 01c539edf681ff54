"""Moves what was recorded under a wrong clock to where it belongs, once the error is known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlite_utils import Database

from bacs_core.history.database import transaction
from bacs_core.history.measured import Tier
from bacs_core.history.measurements.epochs import forget_unset
from bacs_core.history.measurements.string_rows import load_strings
from bacs_core.history.measurements.windows import (
    Window,
    delete_windows,
    select_windows,
)

_EVER: Final = 1 << 62


def shift(database: Database, epoch: int, step_ms: int, *, before: int = _EVER) -> int:
    """Move the sealed samples of an epoch by `step_ms`; return how many windows that were.

    What is not older than `before`, by the clock of the epoch, stays. So does a stretch of which
    full windows were already deleted: hours cannot be moved by less than an hour. Tiers of what is
    moved are derived anew.
    """
    windows = select_windows(database, "epoch = ? AND last < ?", (epoch, before))
    moved: list[Window] = []
    derived_anew: list[Window] = []
    for string_id in {window.string_id for window in windows}:
        of_string = [window for window in windows if window.string_id == string_id]
        from_sequence = _movable_from(of_string)
        for window in of_string:
            if window.sequence > from_sequence:
                (moved if window.tier is Tier.FULL else derived_anew).append(window)
    with transaction(database):
        delete_windows(database, derived_anew, {each.id: each for each in load_strings(database)})
        database.conn.executemany(
            "UPDATE windows SET first = first + ?, last = last + ?, derived = 0 WHERE id = ?",
            [(step_ms, step_ms, window.id) for window in moved],
        )
        forget_unset(database, epoch)
    return len(moved)


def _movable_from(windows: Iterable[Window]) -> int:
    """Return the newest sample of a string of which a tier is left, and not all full windows."""
    kept = [window.sequence for window in windows if window.tier is Tier.FULL and window.derived]
    oldest = min(kept, default=_EVER)
    return max(
        (
            window.last_sequence
            for window in windows
            if window.tier is not Tier.FULL and window.sequence < oldest
        ),
        default=-_EVER,
    )
