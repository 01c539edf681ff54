"""Writes samples as chains: a keyframe, then differences, a new keyframe every hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from bacs_core.history.codec import Codec, Means, nothing
from bacs_core.history.events import to_milliseconds
from bacs_core.history.layout import layout_of
from bacs_core.history.query import MAX_CHAIN
from bacs_core.history.sample import image_of
from bacs_core.model import String
from bacs_core.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Written:
    """The sample written last: what the next one is a difference to."""

    sample_id: int
    at: datetime
    means: Means
    strings: tuple[String, ...]
    keyframe_at: datetime

    @property
    def is_keyframe(self) -> bool:
        """Whether this sample begins a chain."""
        return self.at == self.keyframe_at


def write_sample(
    database: Database, codec: Codec, snapshot: Snapshot, previous: Written | None
) -> Written:
    """Write one sample in the running transaction, against `previous` where that is possible."""
    strings = tuple(string.string for string in snapshot.strings.values())
    image = image_of(snapshot)
    if previous is None or not _continues(previous, snapshot.at, strings):
        sample_id = _begin_chain(database, snapshot.at, strings)
        means = nothing(layout_of(strings).section_sizes)
        keyframe_at = snapshot.at
    else:
        sample_id = previous.sample_id + 1
        means = previous.means
        keyframe_at = previous.keyframe_at
    body, means = codec.encode(image, means)
    database.conn.execute(
        "INSERT INTO samples (id, at, body) VALUES (?, ?, ?)",
        (sample_id, to_milliseconds(snapshot.at), body),
    )
    return Written(sample_id, snapshot.at, means, strings, keyframe_at)


def _continues(previous: Written, at: datetime, strings: tuple[String, ...]) -> bool:
    """Tell whether a sample can belong to the chain; not after the clock was set back."""
    return (
        previous.strings == strings and previous.at < at and at - previous.keyframe_at < MAX_CHAIN
    )


def _begin_chain(database: Database, at: datetime, strings: tuple[String, ...]) -> int:
    newest = database.conn.execute("SELECT max(id) FROM samples").fetchone()[0]
    sample_id = int(newest or 0) + 1
    database.conn.execute(
        "INSERT INTO keyframes (sample_id, at, layout_id) VALUES (?, ?, ?)",
        (sample_id, to_milliseconds(at), _layout_id(database, layout_of(strings).to_json())),
    )
    return sample_id


def _layout_id(database: Database, description: str) -> int:
    database.conn.execute("INSERT OR IGNORE INTO layouts (description) VALUES (?)", (description,))
    row = database.conn.execute("SELECT id FROM layouts WHERE description = ?", (description,))
    return int(row.fetchone()[0])
