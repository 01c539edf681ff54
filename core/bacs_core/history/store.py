"""The one writer of the history: samples, events, commands and settings.

Everything here blocks; the engine calls it from one thread of its own. Events, commands and
settings are on the disk when a call returns; a sample may be lost with the power, but never tears
the file. Every failure is a `HistoryError`, and the next call tries anew: when the disk has space
again, the history goes on by itself and says what is missing.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from bacs_core.history import query
from bacs_core.history.codec import Codec
from bacs_core.history.damage import is_damage, replace_if_damaged
from bacs_core.history.database import open_database, transaction, unflushed
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import (
    Event,
    EventKind,
    Json,
    StoredEvent,
    insert_event,
    select_events,
)
from bacs_core.history.query import Series
from bacs_core.history.recorder import Written, write_sample
from bacs_core.history.retention import DEFAULT_BUDGET_BYTES, prune
from bacs_core.history.sample import Sample
from bacs_core.history.settings_rows import read_setting, write_memory, write_setting
from bacs_core.snapshot import Snapshot

SITE_ID_KEY: Final = "site_id"


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
        budget_bytes: int = DEFAULT_BUDGET_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Remember where; nothing is opened yet, so an engine starts with a broken disk too."""
        self._state_dir = state_dir
        self._budget_bytes = budget_bytes
        self._clock = clock
        self._codec = Codec()
        self._database: Database | None = None
        self._checked = False
        self._saw_damage = False
        self._previous: Written | None = None
        self._missing: Missing | None = None

    def open(self) -> None:
        """Open the history now. Raises `HistoryError`, `SchemaTooNewError`."""
        with self._writing("open the history"):
            pass

    def close(self) -> None:
        """Close the file; a later call opens it again."""
        database, self._database, self._previous = self._database, None, None
        if database is not None:
            database.close()

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
        try:
            with (
                self._writing("store a sample") as database,
                unflushed(database),
                transaction(database),
            ):
                written = write_sample(database, self._codec, snapshot, self._previous)
        except HistoryError:
            at, before = snapshot.at.astimezone(UTC), self._missing
            self._missing = (
                Missing(at, at, 1)
                if before is None
                else Missing(before.since, at, before.samples + 1)
            )
            raise
        self._previous = written
        if written.is_keyframe:
            with self._writing("keep to the size budget") as database:
                prune(database, self._budget_bytes)

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
        event = Event(at, EventKind.COMMAND, command, by=by, data={**arguments, "command": command})
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
        """Return one value over time, see `query.series`."""
        with self._using("read measurements") as database:
            return query.series(database, string_key, cell, name, start, end, points)

    def sample_at(self, instant: datetime) -> Sample | None:
        """Return the newest sample that is not newer than `instant`."""
        with self._using("read measurements") as database:
            return query.sample_at(database, instant)

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
            return self._database
        if not self._checked or self._saw_damage:
            replace_if_damaged(self._state_dir, self._now(), thorough=self._saw_damage)
            self._checked, self._saw_damage = True, False
        self._database = open_database(self._state_dir)
        return self._database

    def _give_up(self) -> None:
        """Close after a failure: the file tells at the next opening what was committed."""
        with suppress(sqlite3.Error):
            self.close()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)
