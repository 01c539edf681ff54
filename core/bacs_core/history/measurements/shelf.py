"""The windows as they are read: by string, tier and time; what is spoilt is left out and told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from bacs_core.history.measured import Tier, TierExtent
from bacs_core.history.measurements import section
from bacs_core.history.measurements.buffers import HOUR_MS, LATE_MS
from bacs_core.history.measurements.chunk import ChunkError, section_of, sections_of
from bacs_core.history.measurements.deriving import DAY_MS, MERGED_MS, damage_text
from bacs_core.history.measurements.section import SectionError
from bacs_core.history.measurements.string_rows import load_strings
from bacs_core.history.measurements.windows import (
    PARTS,
    StoredString,
    Window,
    chunk_bodies,
    chunk_body,
    chunk_source,
    sealed_sequences,
    select_windows,
)

Moments = NDArray[np.int64]
#: Chunk, column, cell in it, steps per unit: see `StoredString.place`.
Place = tuple[int, int, int, int]

#: Windows of one cell that are read before they are decoded together.
_AT_ONCE: Final = 32

#: No window of a tier lasts longer, from its first moment to the end of its last step.
_LONGEST_MS: Final = {
    Tier.FULL: HOUR_MS + LATE_MS,
    Tier.MINUTE: DAY_MS + HOUR_MS,
    Tier.QUARTER: DAY_MS + HOUR_MS,
    Tier.HOUR: MERGED_MS + HOUR_MS,
}


@dataclass(slots=True)
class Shelf:
    """What is sealed; `database` is `None` where nothing was ever measured."""

    database: Database | None
    remarks: list[str] = field(default_factory=list)
    _spoilt: set[int] = field(default_factory=set)

    def strings(self, key: str | None = None) -> list[StoredString]:
        """Return the strings, or every way the one with this key looked, the oldest first."""
        return [] if self.database is None else load_strings(self.database, key, self.remarks)

    def tiers(self) -> dict[Tier, TierExtent]:
        """Tell what is kept of each tier."""
        if self.database is None:
            return {}
        rows = self.database.conn.execute(
            "SELECT tier, min(first), max(last), sum(bytes) FROM windows GROUP BY tier"
        ).fetchall()
        return {Tier(tier): TierExtent(Tier(tier), *rest) for tier, *rest in rows}

    def sealed(self) -> dict[str, int]:
        """Return the newest sealed sample of each string, by its key."""
        return {} if self.database is None else sealed_sequences(self.database)

    def windows(
        self, tier: Tier, stored: StoredString, start: int, end: int, also: str = ""
    ) -> list[Window]:
        """Return the windows that may hold moments from `start` to before `end`."""
        if self.database is None:
            return []
        return select_windows(
            self.database,
            f"tier = ? AND string_id = ? AND first < ? AND first > ? {also}",
            (tier, stored.id, end, start - _LONGEST_MS[tier]),
        )

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Let everything that is read inside be as it was at one moment.

        What a day is derived to in between would else be read twice. To be left soon: while it
        lasts, the log of the database cannot be begun anew.
        """
        if self.database is None:
            yield
            return
        connection = self.database.conn
        connection.execute("BEGIN")
        try:
            yield
        finally:
            if connection.in_transaction:
                connection.execute("COMMIT")

    def still_there(self, windows: Iterable[Window]) -> frozenset[int]:
        """Return the numbers of those windows that were not deleted since they were read."""
        if self.database is None:
            return frozenset()
        return frozenset(
            window.id
            for window in windows
            if self.database.conn.execute(
                "SELECT 1 FROM windows WHERE id = ? AND chunk_id = ?", (window.id, window.chunk_id)
            ).fetchone()
        )

    def count(
        self, tier: Tier, stored: StoredString, first: int, steps: int, width_ms: int
    ) -> Moments:
        """Count the samples behind what a tier keeps, in steps from `first` on.

        Of full windows only those are counted that the tiers hold too: where nothing was deleted,
        all tiers hold the same number.
        """
        also = "AND derived = 1" if tier is Tier.FULL else ""
        end = first + steps * width_ms
        found = [
            moments
            for window in self.windows(tier, stored, first, end, also)
            if window.last >= first and (moments := self.moments(stored, window)) is not None
        ]
        if not found:
            return np.zeros(steps, dtype=np.int64)
        place = (np.concatenate([at for at, _ in found]) - first) // width_ms
        inside = (place >= 0) & (place < steps)
        counts = np.concatenate([counts for _, counts in found])[inside]
        return np.bincount(place[inside], weights=counts, minlength=steps).astype(np.int64)

    def holds(
        self, tier: Tier, stored: StoredString, first: int, steps: int, width_ms: int
    ) -> NDArray[np.bool_]:
        """Mark the steps from `first` on that windows reach into which all tiers hold."""
        held = np.zeros(steps, dtype=np.bool_)
        if self.database is None:
            return held
        also = "AND derived = 1" if tier is Tier.FULL else ""
        rows = self.database.conn.execute(
            "SELECT DISTINCT (first - :first) / :width, (last - :first) / :width FROM windows"  # noqa: S608
            " WHERE tier = :tier AND string_id = :string AND first < :end AND first > :since"
            f" AND last >= :first {also}",
            {
                "first": first,
                "width": width_ms,
                "tier": tier,
                "string": stored.id,
                "end": first + steps * width_ms,
                "since": first - _LONGEST_MS[tier],
            },
        )
        for begin, last in rows:
            held[max(0, begin) : last + 1] = True
        return held

    def spans(self, tier: Tier, stored: StoredString) -> Moments:
        """Return the first and the last moment of each window of a tier, (windows, 2)."""
        if self.database is None:
            return np.empty((0, 2), dtype=np.int64)
        rows = self.database.conn.execute(
            "SELECT first, last FROM windows WHERE tier = ? AND string_id = ?", (tier, stored.id)
        ).fetchall()
        return np.array(rows, dtype=np.int64).reshape(-1, 2)

    def newest_before(self, stored: StoredString, instant: int) -> list[Window]:
        """Return the full windows that may hold the newest moment up to `instant`.

        Those are the two newest, as one may be spoilt, and whatever may overlap the newest.
        """
        if self.database is None:
            return []
        newest = [
            row[0]
            for row in self.database.conn.execute(
                "SELECT first FROM windows WHERE tier = 'full' AND string_id = ? AND first <= ?"
                " ORDER BY first DESC LIMIT 2",
                (stored.id, instant),
            ).fetchall()
        ]
        if not newest:
            return []
        since = min(newest[-1], newest[0] - _LONGEST_MS[Tier.FULL])
        return select_windows(
            self.database,
            "tier = 'full' AND string_id = ? AND first BETWEEN ? AND ?",
            (stored.id, since, instant),
        )

    def first_of(self, tier: Tier, strings: Sequence[StoredString]) -> int | None:
        """Return the first moment of some strings in a tier."""
        firsts = [
            row[0]
            for stored in strings
            if self.database is not None
            for row in self.database.conn.execute(
                "SELECT min(first) FROM windows WHERE tier = ? AND string_id = ?",
                (tier, stored.id),
            ).fetchall()
            if row[0] is not None
        ]
        return min(firsts, default=None)

    def moments(self, stored: StoredString, window: Window) -> tuple[Moments, Moments] | None:
        """Return the moments of a window and the samples behind each, `None` if spoilt."""
        try:
            return window.moments()
        except ChunkError as error:
            self._tell(stored, window, 0, error)
            return None

    def cell(
        self, stored: StoredString, window: Window, place: Place, part: str, counts: Moments
    ) -> NDArray[Any] | None:
        """Return one part of the numbers of one place over a window, `None` if spoilt."""
        group, _, cell, _ = place
        found = self._section(stored, window, place, part)
        if found is None:
            return None
        if not found:
            return counts
        try:
            return section.decode_cell(found, len(counts), stored.shape(group)[1], cell)
        except SectionError as error:
            self._tell(stored, window, group, error)
            return None

    def column(
        self, stored: StoredString, window: Window, place: Place, part: str, moments: int
    ) -> NDArray[np.int32] | None:
        """Return one part of a column of a chunk, (cells, moments), `None` if spoilt."""
        found = self._section(stored, window, place, part)
        if found is None:
            return None
        try:
            return section.decode(found, moments, stored.shape(place[0])[1]).whole()
        except SectionError as error:
            self._tell(stored, window, place[0], error)
            return None

    def cells(
        self, stored: StoredString, windows: Sequence[Window], place: Place
    ) -> Iterator[tuple[Window, Moments, NDArray[Any]]]:
        """Yield the moments and numbers of one place over full windows."""
        for first in range(0, len(windows), _AT_ONCE):
            alike: dict[int, list[tuple[Window, Moments, bytes]]] = {}
            for window in windows[first : first + _AT_ONCE]:
                moments = self.moments(stored, window)
                found = None if moments is None else self._section(stored, window, place, "value")
                if moments is not None and found is not None:
                    at = moments[0]
                    alike.setdefault(len(at), []).append((window, at, found))
            for count, read in alike.items():
                yield from self._decoded(stored, read, place, count)

    def _decoded(
        self,
        stored: StoredString,
        read: Sequence[tuple[Window, Moments, bytes]],
        place: Place,
        moments: int,
    ) -> Iterator[tuple[Window, Moments, NDArray[Any]]]:
        group, _, cell, _ = place
        every = section.decode_cell_of_each(
            [found for _, _, found in read], moments, stored.shape(group)[1], cell
        )
        for (window, at, _), numbers in zip(read, every, strict=True):
            if isinstance(numbers, SectionError):
                self._tell(stored, window, group, numbers)
            else:
                yield window, at, numbers

    def _section(
        self, stored: StoredString, window: Window, place: Place, part: str
    ) -> bytes | None:
        """Read one part of a column of a chunk, `None` if spoilt."""
        group, column, _, _ = place
        names = PARTS[window.tier]
        try:
            source = chunk_source(self._database(), window.chunk_id + group)
            count = stored.shape(group)[0] * len(names)
            return section_of(source, count, column * len(names) + names.index(part))
        except ChunkError as error:
            self._tell(stored, window, group, error)
            return None

    def moment(
        self, stored: StoredString, window: Window, moment: int, moments: int
    ) -> list[NDArray[np.int32] | None]:
        """Return each group at one moment of a full window, (columns, cells), `None` if spoilt."""
        count = 1 + len(stored.groups)
        bodies = chunk_bodies(self._database(), window.chunk_id, count)
        return [
            self._moment(stored, window, group, bodies, (moment, moments)) for group in range(count)
        ]

    def _moment(
        self,
        stored: StoredString,
        window: Window,
        group: int,
        bodies: Mapping[int, bytes],
        at: tuple[int, int],
    ) -> NDArray[np.int32] | None:
        columns, cells = stored.shape(group)
        (moment, moments), chunk_id = at, window.chunk_id + group
        numbers = np.empty((columns, cells), dtype=np.int32)
        try:
            sections = sections_of(bodies.get(chunk_id, b""), columns)
            for column, each in enumerate(sections):
                numbers[column] = section.decode_moment(each, moments, cells, moment)
        except (ChunkError, SectionError) as error:
            self._tell(stored, window, group, error)
            return None
        return numbers

    def whole(
        self, stored: StoredString, window: Window, group: int, moments: int
    ) -> list[NDArray[np.int32]] | None:
        """Return all columns of a group of cells over a full window, (cells, moments) each."""
        columns, cells = stored.shape(group)
        try:
            sections = sections_of(chunk_body(self._database(), window.chunk_id + group), columns)
            return [section.decode(each, moments, cells).whole() for each in sections]
        except (ChunkError, SectionError) as error:
            self._tell(stored, window, group, error)
            return None

    def _database(self) -> Database:
        if self.database is None:
            raise ChunkError("there is no database")
        return self.database

    def _tell(self, stored: StoredString, window: Window, group: int, error: ValueError) -> None:
        if window.chunk_id + group not in self._spoilt:
            self._spoilt.add(window.chunk_id + group)
            self.remarks.append(damage_text(stored, window, group, str(error)))
