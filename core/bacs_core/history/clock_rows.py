"""What is known of the clock, as rows: how far it could be trusted, and every step it made.

Rows and events are numbered as they are written, which no step of a clock changes. So it is known
of each event by which steps its time was put right later.
"""

from __future__ import annotations

import contextlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from bacs_core.clock import STEP_S
from bacs_core.history.database import naming_errors, open_for_reading
from bacs_core.history.events import StoredEvent, to_milliseconds, to_moment

#: No panel ran before: an earlier clock was never set since its battery failed.
FIRST_YEAR: Final = datetime(2026, 1, 1, tzinfo=UTC)
#: The kernel moves a clock by at most 500 ppm to bring it right; that is no step.
FASTEST_SLEW: Final = 0.0005


@dataclass(frozen=True, slots=True)
class ClockRow:
    """The clock at one moment: at a start of the engine, at a step, or when its state changed.

    `at` is the time by the clock after the step. `boot` names the start of the machine, `uptime_s`
    counts from there. `synchronised` is `None` where nobody knows.
    """

    at: datetime
    boot: str
    uptime_s: float
    synchronised: bool | None
    step_s: float = 0.0

    @property
    def was_set(self) -> bool:
        """Whether anybody has set the clock since its battery failed."""
        return self.at >= FIRST_YEAR


@dataclass(frozen=True, slots=True)
class StoredClockRow:
    """A row with the number of the newest event that was written before it."""

    row: ClockRow
    after_event: int


def insert_clock_row(database: Database, row: ClockRow) -> None:
    """Write `row` in the running transaction.

    A row without a step gets the one that the clock made while no engine ran, if the machine has
    run on since the row before.
    """
    step_s = row.step_s or _unseen_step_s(database, row)
    database.conn.execute(
        "INSERT INTO clock_states (at, boot, uptime_ms, synchronised, step_ms, after_event)"
        " VALUES (?, ?, ?, ?, ?, (SELECT coalesce(max(id), 0) FROM events))",
        (
            to_milliseconds(row.at),
            row.boot,
            round(row.uptime_s * 1000),
            row.synchronised,
            round(step_s * 1000),
        ),
    )


def _unseen_step_s(database: Database, row: ClockRow) -> float:
    before = database.conn.execute(
        "SELECT boot, at, uptime_ms FROM clock_states ORDER BY id DESC LIMIT 1"
    ).fetchone()
    if before is None or before[0] != row.boot or not row.boot:
        return 0.0
    passed_s = row.uptime_s - before[2] / 1000
    step_s = (row.at - to_moment(before[1])).total_seconds() - passed_s
    return step_s if abs(step_s) > STEP_S + FASTEST_SLEW * abs(passed_s) else 0.0


def clock_rows(database: Database) -> tuple[StoredClockRow, ...]:
    """Return all rows, the oldest first."""
    return tuple(
        StoredClockRow(
            ClockRow(
                at=to_moment(row["at"]),
                boot=row["boot"],
                uptime_s=row["uptime_ms"] / 1000,
                synchronised=None if row["synchronised"] is None else bool(row["synchronised"]),
                step_s=row["step_ms"] / 1000,
            ),
            row["after_event"],
        )
        for row in database.table("clock_states").rows_where(order_by="id")
    )


class Corrections:
    """Puts the times of events right by the steps that the clock made after them.

    Of an event that is older than the first row nobody knows the start of the machine: nothing is
    corrected there.
    """

    def __init__(self, rows: Iterable[StoredClockRow]) -> None:
        """Sum up the steps of `rows`, the oldest first."""
        counting = _of_one_numbering(tuple(rows))
        self._boots = [stored.row.boot for stored in counting]
        self._after = [stored.after_event for stored in counting]
        self._sums_s = [0.0] * len(counting)
        following_s, boot = 0.0, None
        for place in reversed(range(len(counting))):
            row = counting[place].row
            following_s = row.step_s + (following_s if row.boot == boot else 0.0)
            self._sums_s[place], boot = following_s, row.boot

    def correction_s(self, event_id: int) -> float:
        """Return what has to be added to the time of an event, in seconds, to have it right.

        That is the sum of all steps that the clock made after the event and before the machine was
        started anew; 0 where the clock was right, or was never set.
        """
        place = bisect_left(self._after, event_id)
        known = 0 < place < len(self._boots) and self._boots[place] == self._boots[place - 1]
        return self._sums_s[place] if known else 0.0

    def corrected_at(self, stored: StoredEvent) -> datetime | None:
        """Return when an event truly was; `None` where its time is as right as is known."""
        correction_s = self.correction_s(stored.id)
        return stored.event.at + timedelta(seconds=correction_s) if correction_s else None


def corrected_rows(rows: Sequence[StoredClockRow]) -> list[ClockRow]:
    """Return rows, the oldest first, at their times as they are known after the later steps."""
    told: list[ClockRow] = []
    following_s, boot = 0.0, None
    for row in (stored.row for stored in reversed(rows)):
        if row.boot != boot:
            following_s, boot = 0.0, row.boot
        told.append(replace(row, at=row.at + timedelta(seconds=following_s)))
        following_s += row.step_s
    return told[::-1]


def read_corrections(state_dir: Path) -> Corrections:
    """Read what is known of the clock from a state directory. Raises `HistoryError`."""
    with (
        naming_errors("cannot read the states of the clock"),
        contextlib.closing(open_for_reading(state_dir)) as database,
    ):
        return Corrections(clock_rows(database))


def _of_one_numbering(rows: Sequence[StoredClockRow]) -> list[StoredClockRow]:
    """Leave out rows that count events of a table that was lost: numbers began anew after it."""
    kept: list[StoredClockRow] = []
    for stored in reversed(rows):
        if not kept or stored.after_event <= kept[-1].after_event:
            kept.append(stored)
    return kept[::-1]
