"""The one writer of the history: samples, events, commands and settings.

Everything here blocks; the engine calls it from one thread of its own. Events, commands, settings
and samples are on the disk when a call returns. Measurements have files of their own, so that
damage there touches nothing else. Every failure is a `HistoryError`, and the next call tries anew:
when the disk has space again, the history goes on by itself and says what is missing.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from bacs_core.history.batches import (
    Batch,
    KeptRow,
    Mark,
    Written as BatchWritten,
    read_mark,
    read_rows,
    write_batch,
)
from bacs_core.history.clock_rows import ClockRow
from bacs_core.history.damage import is_damage, replace_if_damaged
from bacs_core.history.database import (
    OpenedFile,
    naming_errors,
    open_database,
    transaction,
)
from bacs_core.history.discharges import rows as discharge_rows
from bacs_core.history.discharges.rows import Entry as DischargeEntry, Kept as KeptDischarge
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import (
    Event,
    EventKind,
    Json,
    StoredEvent,
    command_event,
    insert_event,
    select_events,
)
from bacs_core.history.measured import Series
from bacs_core.history.measurements.keeper import MeasurementKeeper
from bacs_core.history.measurements.reading import MeasurementReader
from bacs_core.history.measurements.taken import Taken, taken_of
from bacs_core.history.moments import to_milliseconds, to_moment
from bacs_core.history.people_copy import keep_people, people_of
from bacs_core.history.sample import Sample
from bacs_core.history.settings_rows import read_setting, write_memory, write_setting
from bacs_core.settings import Keeping
from bacs_core.snapshot import Snapshot

SITE_ID_KEY: Final = "site_id"
#: Chains of hours taken over from the first version, at the start and with each sample.
_CHAINS_AT_START: Final = 24
_CHAINS_AT_ONCE: Final = 1
#: What the writer of the measurements remarks after every power cut; all else is damage.
CUT_SHORT: Final = "the last measurement before the stop was cut short"


@dataclass(frozen=True, slots=True)
class Missing:
    """Samples that could not be stored since the last success."""

    since: datetime
    until: datetime
    samples: int

    def as_event(self, now: datetime) -> Event:
        """Say it in the history."""
        text = (
            f"the history could not be written from {self.since:%Y-%m-%d %H:%M:%S} to "
            f"{self.until:%Y-%m-%d %H:%M:%S} UTC; missing samples: {self.samples}"
        )
        data: dict[str, Json] = {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "samples": self.samples,
        }
        return Event(now, EventKind.HISTORY_GAP, text, data=data)


class History:
    """The history of one site in its state directory. Opens itself at the first use."""

    def __init__(
        self,
        state_dir: Path,
        *,
        keeping: Keeping | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Remember where; nothing is opened yet, so an engine starts with a broken disk too."""
        self._state_dir = state_dir
        self._clock = clock
        self._measurements = MeasurementKeeper(state_dir, keeping or Keeping(), self._now)
        self._database: Database | None = None
        self._file = OpenedFile(state_dir)
        self._checked = False
        self._saw_damage = False
        self._missing: Missing | None = None
        self._untold: list[str] = []

    def open(self) -> None:
        """Open the history now. Raises `HistoryError`, `SchemaTooNewError`."""
        with self._writing("open the history"):
            pass

    def close(self) -> None:
        """Close the files; a later call opens them again."""
        self._measurements.close()
        self._close_database()
        self._file.close()

    def site_id(self) -> str:
        """Return the identity of this site: made once, kept for ever."""
        with self._writing("read the identity of the site") as database, transaction(database):
            kept = read_setting(database, SITE_ID_KEY)
            if isinstance(kept, str):
                return kept
            made = str(uuid.uuid4())
            write_setting(database, SITE_ID_KEY, made, "engine", self._now())
            return made

    def record_sample(self, snapshot: Snapshot) -> None:
        """Store everything measured in `snapshot`. Raises `HistoryError`; then it is missing."""
        self.record_taken(taken_of(snapshot))

    def record_taken(self, taken: Taken, *, flush: bool = True) -> str | None:
        """Store one moment; with `flush` it is on the disk when this returns.

        Without, it is at most ten seconds later. Returns the text of damage that was found among
        the measurements; an event tells of it. Raises `HistoryError`; then the moment is missing.
        """
        try:
            self._measurements.record(taken, flush=flush)
        except HistoryError:
            at, before = to_moment(taken.at), self._missing
            self._missing = (
                Missing(at, at, 1)
                if before is None
                else Missing(before.since, at, before.samples + 1)
            )
            raise
        if flush:
            self._measurements.maintain()
        if self._missing is not None or not self._measurements.converted:
            with self._writing("take old samples over") as database:
                self._measurements.convert(database, _CHAINS_AT_ONCE)
        return self._tell_remarks()

    def follow_clock(self, row: ClockRow) -> None:
        """Let the measurements follow the clock, also those from before it was set."""
        self._measurements.follow_clock(row)

    def record_batch(self, batch: Batch) -> BatchWritten:
        """Store what waits, all of it or nothing: it is on the disk when this returns.

        Raises `HistoryError`: then it may be given again, and is not stored twice.
        """
        with self._writing("store events and memories") as database, transaction(database):
            return write_batch(database, batch)

    def keep_people(self) -> None:
        """Bring the second copy of people and tokens up to date. Raises `HistoryError`."""
        with self._using("read people and tokens") as database:
            people = people_of(database)
        keep_people(self._state_dir, people)

    def look(self) -> None:
        """Raise `HistoryError` where the database is gone or was written over; then begin anew."""
        with self._using("look after the history"):
            pass

    def kept(self, keys: Collection[str]) -> tuple[Mark | None, dict[str, KeptRow]]:
        """Return the mark of the newest batch, and the memories of these keys as they stand."""
        with self._using("read what was kept") as database:
            return read_mark(database), read_rows(database, keys)

    def record_event(self, event: Event) -> int:
        """Store an event and return its number: it is on the disk when this returns.

        Raises `HistoryError`: then it is not stored, and may be given again.
        """
        with self._writing("store an event") as database, transaction(database):
            return insert_event(database, event)

    def record_command(
        self, command: str, arguments: Mapping[str, Json], *, by: str, at: datetime
    ) -> int:
        """Store that somebody gave a command and return the number it stands under.

        Raises `HistoryError`: then it is not recorded, and whoever asked decides what follows.
        """
        event = command_event(command, arguments, by, at)
        with self._writing("store a command") as database, transaction(database):
            return insert_event(database, event)

    def events(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
        before_id: int | None = None,
    ) -> tuple[StoredEvent, ...]:
        """Return events, the newest first; `before_id` continues a listing."""
        with self._using("read events") as database:
            return select_events(
                database, since=since, until=until, limit=limit, before_id=before_id
            )

    def series(
        self,
        string_key: str,
        cell: int | None,
        name: str,
        *,
        start: datetime,
        end: datetime,
        points: int,
    ) -> Series:
        """Return one value over time, see `HistoryReader.series`."""
        with self._reading() as reader:
            first, last = to_milliseconds(start), to_milliseconds(end)
            return reader.series(string_key, cell, name, first, last, points)

    def sample_at(self, instant: datetime) -> Sample | None:
        """Return the newest sample that is not newer than `instant`."""
        with self._reading() as reader:
            return reader.sample_at(to_milliseconds(instant))

    def get_setting(self, key: str) -> Json:
        """Return a choice made while running, `None` if it was never made."""
        with self._using("read a setting") as database:
            return read_setting(database, key)

    def set_setting(self, key: str, value: Json, *, by: str, at: datetime) -> None:
        """Keep a choice; it and who made it are on the disk when this returns."""
        with self._writing("store a setting") as database, transaction(database):
            write_setting(database, key, value, by, at)

    def remember(self, key: str, value: Json, *, by: str, at: datetime) -> None:
        """Keep what a program has to know after a restart; this is no event."""
        with self._writing("store a memory") as database, transaction(database):
            write_memory(database, key, value, by, at)

    @property
    def state_dir(self) -> Path:
        """Where the history lies."""
        return self._state_dir

    def keep_discharge(self, entry: DischargeEntry) -> int:
        """Store what is known of a discharge, see `keep_discharges`."""
        (number,) = self.keep_discharges((entry,))
        return number

    def keep_discharges(self, entries: Sequence[DischargeEntry]) -> tuple[int, ...]:
        """Store what is known of discharges, all or nothing, and return their numbers.

        Raises `HistoryError`: then they may be given again, and no event of them is stored twice.
        """
        with self._writing("store discharges") as database, transaction(database):
            return tuple(discharge_rows.write(database, entry) for entry in entries)

    def unfinished_discharges(self) -> tuple[KeptDischarge, ...]:
        """Return the discharges that are not over or not recharged, oldest first."""
        with self._using("read discharges") as database:
            return discharge_rows.unfinished(database)

    @contextmanager
    def _writing(self, what: str) -> Iterator[Database]:
        """As `_using`, after what is missing since the last failure was recorded."""
        with self._using(what) as database:
            if self._missing is not None:
                with transaction(database):
                    insert_event(database, self._missing.as_event(self._now()))
                self._missing = None
            yield database

    @contextmanager
    def _using(self, what: str) -> Iterator[Database]:
        """Open the file if need be; on failure close it, so that the next call begins anew."""
        try:
            yield self._opened()
        except (sqlite3.Error, OSError, HistoryError) as error:
            self._saw_damage |= is_damage(error) or is_damage(error.__cause__)
            self._give_up()
            if isinstance(error, HistoryError):
                raise
            msg = f"cannot {what}: {error}"
            raise HistoryError(msg) from error

    def _opened(self) -> Database:
        if self._database is not None:
            self._file.require_same()
            return self._database
        if not self._checked or self._saw_damage:
            replace_if_damaged(self._state_dir, self._now(), thorough=self._saw_damage)
            self._checked, self._saw_damage = True, False
        self._database = open_database(self._state_dir)
        self._file.take()
        return self._database

    def _give_up(self) -> None:
        """Close after a failure: the file tells at the next opening what was committed."""
        with suppress(sqlite3.Error):
            self._close_database()

    def _close_database(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            database.close()

    @contextmanager
    def _reading(self) -> Iterator[MeasurementReader]:
        with naming_errors("cannot read measurements"):
            with self._using("read measurements") as database:
                self._measurements.convert(database, _CHAINS_AT_START)
            reader = MeasurementReader(self._state_dir)
            try:
                yield reader
            finally:
                reader.close()

    def _tell_remarks(self) -> str | None:
        """Put what was found damaged or lost among the events; return the first damage."""
        self._untold += self._measurements.take_remarks()
        if not self._untold:
            return None
        with self._writing("tell what was lost") as database, transaction(database):
            for text in self._untold:
                insert_event(database, Event(self._now(), EventKind.HISTORY_GAP, text))
        told, self._untold = self._untold, []
        return next((text for text in told if text != CUT_SHORT), None)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)
