"""Reading the history beside the engine that writes it: the one way in for API, export, reports.

A reader opens the files so that nothing can be changed. It belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from bacs_core.api.discharge_messages import Discharge
from bacs_core.history.database import naming_errors, open_for_reading
from bacs_core.history.discharges import rows as discharge_rows
from bacs_core.history.discharges.rows import Kept
from bacs_core.history.events import EVERYTHING, StoredEvent, Wanted, select_events
from bacs_core.history.maintenance import StoredMaintenance, select_maintenance
from bacs_core.history.measured import Block, Series, TierExtent
from bacs_core.history.measurements.reading import MeasurementReader
from bacs_core.history.moments import to_milliseconds, to_moment
from bacs_core.history.sample import Sample


class HistoryReader:
    """The history in `state_dir`. Raises `HistoryError` where it cannot be read."""

    def __init__(self, state_dir: Path) -> None:
        """Open it for reading."""
        self._database = open_for_reading(state_dir)
        try:
            self._measurements = MeasurementReader(state_dir)
        except BaseException:
            self._database.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        self._measurements.close()
        self._database.close()

    def extent(self) -> tuple[datetime, datetime] | None:
        """Return the times of the first and the last sample, `None` where there is none."""
        with _naming_errors():
            tiers = self._measurements.tiers()
        if not tiers:
            return None
        return (
            to_moment(min(each.first for each in tiers)),
            to_moment(max(each.last for each in tiers)),
        )

    def strings(self) -> dict[str, int]:
        """Return every string of which anything is kept, with the most cells it ever had."""
        with _naming_errors():
            return self._measurements.strings()

    def days(self) -> frozenset[int]:
        """Return the days of UTC, counted from 1970, of which anything is kept."""
        with _naming_errors():
            return self._measurements.days()

    def tiers(self) -> tuple[TierExtent, ...]:
        """Tell what is kept of each tier, the finest first."""
        with _naming_errors():
            return self._measurements.tiers()

    def thinned_until(self) -> datetime | None:
        """Return up to when a string has only means; `None` where every sample is there."""
        with _naming_errors():
            until = self._measurements.thinned_until()
        return None if until is None else to_moment(until)

    def series(
        self,
        string_key: str,
        cell: int | None,
        name: str,
        start: datetime,
        end: datetime,
        points: int,
    ) -> Series:
        """Return one value in at most `points` buckets of equal width.

        `cell` counts from 1; with `None`, `name` is a value of the whole string (`layout.SCALARS`).
        It is read from the coarsest tier whose steps fit into a bucket, or from a coarser one where
        nothing finer is kept any more. With samples, the first bucket begins at `start`; with a
        tier, the range is widened to whole steps of it, so that each bucket has the true mean and
        the true extremes of the time that it shows.
        """
        with _naming_errors():
            return self._measurements.series(
                string_key, cell, name, to_milliseconds(start), to_milliseconds(end), points
            )

    def sample_at(self, instant: datetime) -> Sample | None:
        """Return the newest sample of each string that is not newer than `instant`.

        A string whose newest sample is a minute older than that of the others is left out.
        """
        with _naming_errors():
            return self._measurements.sample_at(to_milliseconds(instant))

    def blocks(self, string_key: str, start: datetime, end: datetime) -> Iterator[Block]:
        """Yield every sample of a string from `start` to before `end`, as it was measured."""
        with _naming_errors():
            yield from self._measurements.blocks(
                string_key, to_milliseconds(start), to_milliseconds(end)
            )

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was found damaged while reading; it is left out of what was read."""
        return self._measurements.remarks

    def events(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
        before_id: int | None = None,
        wanted: Wanted = EVERYTHING,
    ) -> tuple[StoredEvent, ...]:
        """Return the wanted events, the newest first; `before_id` continues a listing."""
        with naming_errors("cannot read events"):
            return select_events(
                self._database,
                since=since,
                until=until,
                limit=limit,
                before_id=before_id,
                wanted=wanted,
            )

    def maintenance(
        self,
        *,
        string_key: str | None = None,
        cell: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[StoredMaintenance, ...]:
        """Return what was done to a string or a cell, see `select_maintenance`; newest first."""
        with naming_errors("cannot read maintenance"):
            return select_maintenance(
                self._database, string_key=string_key, cell=cell, since=since, until=until
            )

    def discharges(
        self,
        *,
        string_key: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[Discharge, ...]:
        """Return the discharges that ran between `since` and `until`, the newest first."""
        return discharge_rows.select(
            self._database, string_key=string_key, since=since, until=until
        )

    def discharge(self, number: int) -> Kept | None:
        """Return one discharge with all that is kept of it."""
        return discharge_rows.read(self._database, number)


def _naming_errors() -> AbstractContextManager[None]:
    return naming_errors("cannot read measurements")
