"""Rows of the measurement database: windows of time, and the chunks of numbers in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from bacs_core.history.layout import StringLayout
from bacs_core.history.measured import Tier
from bacs_core.history.measurements.chunk import ChunkError, Source, read_axis

#: Cells in one chunk; see docs/adr/0015 for what other sizes cost.
GROUP_CELLS: Final = 128
#: What a chunk holds of each column, in this order.
PARTS: Final[dict[Tier, tuple[str, ...]]] = {
    Tier.FULL: ("value",),
    Tier.MINUTE: ("mean", "count"),
    Tier.QUARTER: ("minimum", "maximum"),
    Tier.HOUR: ("minimum", "mean", "maximum", "count"),
}
_TIERS: Final = {tier.value: tier for tier in Tier}
#: In the order of `Window`.
_COLUMNS: Final = (
    "id, string_id, tier, epoch, first, last, sequence, last_sequence, derived, chunk_id, axis"
)


@dataclass(frozen=True, slots=True)
class StoredString:
    """A string as it looked at some time, under its number."""

    id: int
    layout: StringLayout
    group_cells: int

    @property
    def groups(self) -> tuple[slice, ...]:
        """The cells, from 0, of each chunk after the first one, which has the scalars."""
        cells, size = self.layout.cell_count, self.group_cells
        return tuple(slice(first, min(first + size, cells)) for first in range(0, cells, size))

    def shape(self, group: int) -> tuple[int, int]:
        """Return (columns, cells) of a chunk; in the first one each scalar is a column."""
        if group == 0:
            return len(self.layout.scalars), 1
        before = (group - 1) * self.group_cells
        return len(self.layout.columns), min(self.group_cells, self.layout.cell_count - before)

    def place(self, cell: int | None, name: str) -> tuple[int, int, int, int] | None:
        """Return (chunk, column, cell in it, steps per unit) of a value; `cell` is from 1."""
        if cell is None:
            column = self.layout.scalar(name)
            return None if column is None else (
                0, column, 0, self.layout.scalars[column].steps_per_unit
            )  # fmt: skip
        column = self.layout.column(name)
        if column is None or not 1 <= cell <= self.layout.cell_count:
            return None
        steps = self.layout.columns[column].steps_per_unit
        return 1 + (cell - 1) // self.group_cells, column, (cell - 1) % self.group_cells, steps


class Window(NamedTuple):
    """One stretch of time of one string in one tier; times are unix milliseconds."""

    id: int
    string_id: int
    tier: Tier
    epoch: int
    first: int
    last: int
    sequence: int
    last_sequence: int
    derived: bool
    chunk_id: int
    axis: bytes

    def moments(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the moments, and the samples behind each. Raises `ChunkError`."""
        return read_axis(self.axis, self.first)


class NewWindow(NamedTuple):
    """A window to be stored. `recorded_ms` is what was recorded in all up to its last sample."""

    string_id: int
    tier: Tier
    epoch: int
    first: int
    last: int
    sequence: int
    last_sequence: int
    recorded_ms: int
    axis: bytes


def sealed_sequences(database: Database) -> dict[str, int]:
    """Return the newest sealed sample of each string, by its key."""
    rows = database.conn.execute(
        "SELECT CAST(key AS BLOB), max((SELECT max(last_sequence) FROM windows"
        " WHERE tier = 'full' AND string_id = strings.id)) FROM strings GROUP BY key"
    ).fetchall()
    return {key.decode(errors="replace"): int(sequence or 0) for key, sequence in rows}


def insert_window(database: Database, window: NewWindow, chunks: Sequence[bytes]) -> None:
    """Store a window and its chunks, in the running transaction."""
    ((chunk_id,),) = database.conn.execute("SELECT coalesce(max(id), 0) + 1 FROM chunks").fetchall()
    database.conn.executemany(
        "INSERT INTO chunks (id, body) VALUES (?, ?)", enumerate(chunks, start=chunk_id)
    )
    database.conn.execute(
        "INSERT INTO windows (string_id, tier, epoch, first, last, sequence, last_sequence,"
        " recorded_ms, axis, derived, chunk_id, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
        (*window, chunk_id, len(window.axis) + sum(map(len, chunks))),
    )


def select_windows(
    database: Database, condition: str, values: Iterable[object], *, limit: int = -1
) -> list[Window]:
    """Return the windows for which an SQL condition of this program holds, the oldest first."""
    rows = database.conn.execute(
        f"SELECT {_COLUMNS} FROM windows WHERE {condition} ORDER BY first LIMIT ?",  # noqa: S608
        (*values, limit),
    ).fetchall()
    return [
        Window._make((*row[:2], _TIERS[row[2]], *row[3:8], bool(row[8]), *row[9:])) for row in rows
    ]


def recorded_until(database: Database, window: Window) -> int:
    """Return what the database had recorded in all up to the end of a window, milliseconds."""
    ((recorded_ms,),) = database.conn.execute(
        "SELECT recorded_ms FROM windows WHERE id = ?", (window.id,)
    ).fetchall()
    return int(recorded_ms)


def delete_windows(
    database: Database, windows: Iterable[Window], strings: Mapping[int, StoredString]
) -> None:
    """Delete windows with their chunks, in the running transaction."""
    for window in windows:
        stored = strings.get(window.string_id)
        last = (
            _last_chunk(database, window)
            if stored is None
            else window.chunk_id + len(stored.groups)
        )
        database.conn.execute(
            "DELETE FROM chunks WHERE id BETWEEN ? AND ?", (window.chunk_id, last)
        )
        database.conn.execute("DELETE FROM windows WHERE id = ?", (window.id,))


def _last_chunk(database: Database, window: Window) -> int:
    """Return the last chunk of a window whose string cannot be read: that before another's."""
    ((last,),) = database.conn.execute(
        "SELECT coalesce((SELECT min(chunk_id) - 1 FROM windows WHERE chunk_id > :first),"
        " (SELECT max(id) FROM chunks), :first)",
        {"first": window.chunk_id},
    ).fetchall()
    return int(last)


def chunk_source(database: Database, chunk_id: int) -> Source:
    """Return how to read parts of a chunk. Raises `ChunkError` where it is not there."""
    try:
        blob = database.conn.blobopen("chunks", "body", chunk_id, readonly=True)
    except database.conn.OperationalError as error:
        raise ChunkError(f"chunk {chunk_id} is missing: {error}") from error
    size = len(blob)

    def read(offset: int, length: int) -> bytes:
        if offset + length > size:
            raise ChunkError(f"chunk {chunk_id} is cut short")
        blob.seek(offset)
        return blob.read(length)

    return read


def chunk_bodies(database: Database, first_id: int, count: int) -> dict[int, bytes]:
    """Read so many chunks from one on; one that is not there is left out."""
    rows = database.conn.execute(
        "SELECT id, body FROM chunks WHERE id >= ? AND id < ?", (first_id, first_id + count)
    )
    return dict(rows.fetchall())


def chunk_body(database: Database, chunk_id: int) -> bytes:
    """Read a whole chunk. Raises `ChunkError` where it is not there."""
    row = database.conn.execute("SELECT body FROM chunks WHERE id = ?", (chunk_id,)).fetchone()
    if row is None:
        raise ChunkError(f"chunk {chunk_id} is missing")
    return bytes(row[0])
