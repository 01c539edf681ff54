"""The size budget: the oldest measurements go first, whole chains at a time."""

from __future__ import annotations

from typing import Final

from sqlite_utils import Database

from bacs_core.history.database import transaction

DEFAULT_BUDGET_BYTES: Final = 4_000_000_000
#: At each call; more than one, so that a lowered budget is reached in the end.
CHAINS_AT_ONCE: Final = 4
EVENTS_AT_ONCE: Final = 1000


def used_bytes(database: Database) -> int:
    """Return the size of what is kept; pages that are free for use again do not count."""
    page_size, pages, free = (
        database.conn.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_size", "page_count", "freelist_count")
    )
    return int(page_size * (pages - free))


def prune(database: Database, budget_bytes: int) -> None:
    """Delete a few of the oldest chains if there is more than the budget allows.

    Events are small and worth more: they go only when no older measurement is left. The chain being
    written is never touched.
    """
    if used_bytes(database) <= budget_bytes:
        return
    with transaction(database):
        keyframes = [
            row[0]
            for row in database.conn.execute(
                "SELECT sample_id FROM keyframes ORDER BY sample_id LIMIT ?", (CHAINS_AT_ONCE + 1,)
            )
        ]
        if len(keyframes) > 1:
            first_kept = keyframes[-1]
            database.table("samples").delete_where("id < ?", [first_kept])
            database.table("keyframes").delete_where("sample_id < ?", [first_kept])
        else:
            database.conn.execute(
                "DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY id LIMIT ?)",
                (EVENTS_AT_ONCE,),
            )
