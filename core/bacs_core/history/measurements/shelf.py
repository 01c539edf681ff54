"""The windows as they are read: by string, tier and time; what is spoilt is left out and told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
from bacs_core.history.measurements.windows import (
    PARTS,
    StoredString,
    Window,
    chunk_body,
    chunk_source,
    load_strings,
    sealed_sequences,
    select_windows,
)

Moments = NDArray[np.int64]

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
        return [] if self.database is None else load_strings(self.database, key)

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
        self, stored: StoredString, window: Window, place: tuple[int, int, int, int], part: str,
        counts: Moments,
    ) -> NDArray[Any] | None:  # fmt: skip
        """Return one part of the numbers of one place over a window, `None` if spoilt."""
        group, column, cell, _ = place
        names = PARTS[window.tier]
        columns, cells = stored.shape(group)
        at = column * len(names) + names.index(part)
        try:
            source = chunk_source(self._database(), window.chunk_id + group)
            found = section_of(source, columns * len(names), at)
            if not found:
                return counts
            return section.decode_cell(found, len(counts), cells, cell)
        except (ChunkError, SectionError) as error:
            self._tell(stored, window, group, error)
            return None

    def moment(
        self, stored: StoredString, window: Window, group: int, moment: int, moments: int
    ) -> list[NDArray[np.int32]] | None:
        """Return all columns of a group of cells at one moment of a full window."""
        columns, cells = stored.shape(group)
        try:
            sections = sections_of(chunk_body(self._database(), window.chunk_id + group), columns)
            found = [section.decode_moment(each, moments, cells, moment) for each in sections]
        except (ChunkError, SectionError) as error:
            self._tell(stored, window, group, error)
            return None
        return [each.astype(np.int32) for each in found]

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
