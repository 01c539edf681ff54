"""Moves what was recorded under a wrong clock to where it belongs, once the error is known."""

from __future__ import annotations

from sqlite_utils import Database

from bacs_core.history.database import transaction
from bacs_core.history.measured import Tier
from bacs_core.history.measurements.windows import delete_windows, load_strings, select_windows


def shift(database: Database, epoch: int, step_ms: int) -> int:
    """Move every sealed sample of an epoch by `step_ms`; return how many windows that were.

    Tiers of the epoch are derived anew. Nothing is done where full windows of it were already
    deleted: hours cannot be moved by less than an hour.
    """
    tiers = select_windows(database, "epoch = ? AND tier != 'full'", (epoch,))
    full = select_windows(database, "epoch = ? AND tier = 'full'", (epoch,))
    hours = [window for window in tiers if window.tier is Tier.HOUR]
    kept = {window.sequence for window in full if window.derived}
    if hours and min(window.sequence for window in hours) < min(kept, default=1 << 62):
        return 0
    with transaction(database):
        delete_windows(database, tiers, {each.id: each for each in load_strings(database)})
        database.conn.execute(
            "UPDATE windows SET first = first + ?, last = last + ?, derived = 0 WHERE epoch = ?",
            (step_ms, step_ms, epoch),
        )
    return len(full)
