"""The measurements as the history uses them: opened at the first use, and anew after a failure."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from bacs_core.history.clock_rows import ClockRow
from bacs_core.history.damage import is_damage
from bacs_core.history.errors import HistoryError
from bacs_core.history.measurements.taken import Taken
from bacs_core.history.measurements.version1 import convert_next
from bacs_core.history.measurements.writer import MeasurementWriter
from bacs_core.settings import Keeping


class MeasurementKeeper:
    """Records samples; every failure is a `HistoryError`, and the next call tries anew."""

    def __init__(self, state_dir: Path, keeping: Keeping, now: Callable[[], datetime]) -> None:
        """Remember where; nothing is opened yet."""
        self._state_dir = state_dir
        self._keeping = keeping
        self._now = now
        self._writer: MeasurementWriter | None = None
        self._damage: str | None = None
        self._remarks: list[str] = []
        self.converted = False

    def record(self, taken: Taken, *, flush: bool) -> None:
        """Keep one moment; with `flush` it has reached the medium when this returns."""
        with self._using("store a sample") as writer:
            writer.record(taken, flush=flush)

    def maintain(self) -> bool:
        """Do one slice of the work that can wait; tell whether there was any."""
        with self._using("keep the measurements in order") as writer:
            return writer.maintain()

    def convert(self, old: Database, chains: int) -> None:
        """Take some chains of the first version over from the state database."""
        if self.converted:
            return
        with self._using("take old samples over") as writer:
            for _ in range(chains):
                if not convert_next(old, writer.database):
                    self.converted = True
                    return

    def follow_clock(self, row: ClockRow) -> None:
        """Take over what is known of the clock, see `MeasurementWriter.follow_clock`."""
        with self._using("correct the times of measurements") as writer:
            writer.follow_clock(row)

    def seal(self) -> None:
        """Store every open sample in the database."""
        with self._using("seal the measurements") as writer:
            writer.seal_all()

    def take_remarks(self) -> tuple[str, ...]:
        """Return what was found damaged or lost since the last call."""
        remarks, self._remarks = self._remarks, []
        if self._writer is not None:
            remarks, self._writer.remarks = [*remarks, *self._writer.remarks], []
        return tuple(remarks)

    def close(self) -> None:
        """Close the files; a later call opens them again."""
        writer, self._writer = self._writer, None
        if writer is not None:
            self._remarks += writer.remarks
            writer.close()

    @contextmanager
    def _using(self, what: str) -> Iterator[MeasurementWriter]:
        try:
            yield self._opened()
        except (sqlite3.Error, OSError, HistoryError) as error:
            if is_damage(error) or is_damage(error.__cause__):
                self._damage = str(error)
            with suppress(sqlite3.Error, OSError):
                self.close()
            if isinstance(error, HistoryError):
                raise
            msg = f"cannot {what}: {error}"
            raise HistoryError(msg) from error

    def _opened(self) -> MeasurementWriter:
        if self._writer is None:
            self._writer = MeasurementWriter(
                self._state_dir, self._keeping, self._now(), damage=self._damage
            )
            self._damage = None
        return self._writer
