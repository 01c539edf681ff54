"""What is known of the clock of each epoch that nobody had set it in.

An epoch is a stretch of samples by one clock. For one that nobody had set it is noted which start
of the machine it was, and when that start was by this clock (unix milliseconds). Once the clock is
set, the true moment of the same start is known, and with it the error of every such epoch: of those
before the last start of the program too.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlite_utils import Database


class UnsetEpoch(NamedTuple):
    """An epoch of a clock that nobody had set; `started_at` is the machine's start by it."""

    epoch: int
    boot: str
    started_at: int


def unset_epochs(database: Database) -> list[UnsetEpoch]:
    """Return the epochs that may be put right later, the oldest first."""
    rows = database.conn.execute(
        "SELECT epoch, boot, started_at FROM unset_epochs ORDER BY epoch"
    ).fetchall()
    return [UnsetEpoch(*row) for row in rows]


def keep_unset(database: Database, kept: UnsetEpoch) -> None:
    """Note an epoch, in the running transaction."""
    database.conn.execute(
        "INSERT OR REPLACE INTO unset_epochs (epoch, boot, started_at) VALUES (?, ?, ?)", kept
    )


def forget_unset(database: Database, epoch: int) -> None:
    """Forget an epoch that was put right or cannot be any more, in the running transaction."""
    database.conn.execute("DELETE FROM unset_epochs WHERE epoch = ?", (epoch,))
