"""What the recorder writes in one transaction, and how it knows afterwards what was written.

A commit that reports an error may have reached the disk all the same. Each batch therefore leaves a
**mark**, and one that is given again after a failure is not written twice. The mark also tells that
the database is not the one that was written last: it was restored, replaced or emptied.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlite_utils import Database

from bacs_core.history.clock_rows import ClockRow, insert_clock_row
from bacs_core.history.events import Event, EventKind, Json, insert_event, to_milliseconds
from bacs_core.history.settings_rows import write_memory

MARK_KEY: Final = "recorder_mark"
WRITER: Final = "engine"

Entry = Event | ClockRow


class Mark(BaseModel):
    """What was written last: which batch of which run of the engine.

    `revision` counts the changes of the safety copy, `told` is the newest event of a damage that
    people were told about.
    """

    model_config = ConfigDict(frozen=True, strict=True)

    run: str
    batch: int
    revision: int
    told: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """A value to be kept for the next start, and when it was given."""

    value: Json
    at: datetime

    @property
    def at_ms(self) -> int:
        """The time as it is stored."""
        return to_milliseconds(self.at)


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries in their order and memories by key, to be written together or not at all."""

    run: str
    number: int
    revision: int
    entries: tuple[Entry, ...] = ()
    memories: Mapping[str, Memory] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """What a batch met: the mark before it, and the text of a damage not told of before."""

    before: Mark | None
    damage: str | None


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A memory as the database has it; `text` is its JSON as it stands there."""

    text: str
    at_ms: int

    def value(self) -> Json:
        """Return the memory. Raises `ValueError` where it cannot be understood."""
        value: Json = json.loads(self.text)
        return value


def write_batch(database: Database, batch: Batch) -> Written:
    """Write `batch` in the running transaction, unless it stands there already."""
    before = read_mark(database)
    told = 0 if before is None else before.told
    newest, text = _newest_damage(database)
    damage = text if newest > told else None
    written = before is not None and (before.run, before.batch) == (batch.run, batch.number)
    if not written:
        for entry in batch.entries:
            if isinstance(entry, ClockRow):
                insert_clock_row(database, entry)
            else:
                insert_event(database, entry)
        for key, memory in batch.memories.items():
            write_memory(database, key, memory.value, WRITER, memory.at)
        moments = [entry.at for entry in batch.entries]
        moments += [memory.at for memory in batch.memories.values()]
        mark = Mark(
            run=batch.run, batch=batch.number, revision=batch.revision, told=max(newest, told)
        )
        write_memory(database, MARK_KEY, mark.model_dump(), WRITER, max(moments))
    return Written(before, damage)


def read_mark(database: Database) -> Mark | None:
    """Return the mark of the newest batch, `None` where there is none or it cannot be read."""
    row = read_rows(database, (MARK_KEY,)).get(MARK_KEY)
    with contextlib.suppress(ValidationError):
        return None if row is None else Mark.model_validate_json(row.text)
    return None


def read_rows(database: Database, keys: Collection[str]) -> dict[str, KeptRow]:
    """Return what is kept under these keys, unread; what was never kept is left out."""
    places = ", ".join("?" * len(keys))
    rows = database.conn.execute(
        f"SELECT key, value, at FROM settings WHERE key IN ({places})",  # noqa: S608 - only marks
        tuple(keys),
    )
    return {key: KeptRow(str(text), int(at)) for key, text, at in rows.fetchall()}


def _newest_damage(database: Database) -> tuple[int, str]:
    row = database.conn.execute(
        "SELECT id, text FROM events WHERE kind = ? ORDER BY id DESC LIMIT 1",
        (EventKind.HISTORY_REPLACED,),
    ).fetchone()
    return (0, "") if row is None else (int(row[0]), str(row[1]))
