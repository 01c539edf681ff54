"""The one writer of the measurements: journal, open buffers, sealing, and what follows from it.

A sample is in the journal before `record` returns. When a buffer is full, or the hour is, it is
sealed into the database; a journal that was sealed as a whole begins anew. At the start the journal
is read back: what a window already holds is known by the numbers of its samples. Between samples
a slice of the work that can wait is done: deriving tiers, putting them together, pruning.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
from sqlite_utils import Database

from bacs_core.history.clock_rows import FIRST_YEAR, ClockRow
from bacs_core.history.database import transaction
from bacs_core.history.layout import StringLayout
from bacs_core.history.measurements.buffers import HOUR_MS, Buffer, shortened
from bacs_core.history.measurements.database import (
    find_damage,
    open_measurements,
    put_aside,
)
from bacs_core.history.measurements.deriving import derive_next, merge_next
from bacs_core.history.measurements.epochs import (
    UnsetEpoch,
    forget_unset,
    keep_unset,
    unset_epochs,
)
from bacs_core.history.measurements.identity import adopt, identity_of, is_empty
from bacs_core.history.measurements.journal import Journal, Kind
from bacs_core.history.measurements.pruning import prune_next
from bacs_core.history.measurements.recorded_time import RecordedTime
from bacs_core.history.measurements.records import RecordCodec
from bacs_core.history.measurements.references import References
from bacs_core.history.measurements.replaying import decoded
from bacs_core.history.measurements.sealing import seal
from bacs_core.history.measurements.shifting import shift
from bacs_core.history.measurements.taken import Taken
from bacs_core.history.measurements.windows import GROUP_CELLS, sealed_sequences
from bacs_core.history.moments import to_milliseconds, to_moment
from bacs_core.settings import Keeping

#: Ticks that need not be flushed one by one are, after this time.
_FLUSH_EVERY_MS: Final = 10_000
#: The clock was set where it shows a later time.
_SET_MS: Final = to_milliseconds(FIRST_YEAR)
#: At this size all buffers are sealed, so that the journal is short.
LARGEST_JOURNAL: Final = 1 << 24


class MeasurementWriter:
    """Records samples in the state directory. Every method may raise `OSError`, `sqlite3.Error`.

    After such an error it is closed and made anew; nothing that was recorded before is lost then.
    """

    def __init__(
        self, state_dir: Path, keeping: Keeping, now: datetime, *, damage: str | None = None
    ) -> None:
        """Open the files and take up what the journal holds. Raises `HistoryError` too.

        `damage` is what was found while the database was last used.
        """
        self._keeping = keeping
        self._codec = RecordCodec()
        self._buffers: dict[str, Buffer] = {}
        self._references = References()
        self._flushed_at: int | None = None
        self._busy = True
        self._newest = 0
        self.remarks: list[str] = []
        finding = damage or find_damage(state_dir)
        if finding is not None:
            self._put_aside(state_dir, now, f"were damaged ({finding})")
        self._journal = Journal(state_dir)
        try:
            self._database: Database = self._open(state_dir, now)
        except BaseException:
            self._journal.close()
            raise
        self._sequence, self.epoch, recorded_ms = self._last_of_database()
        self._recorded = RecordedTime(recorded_ms)
        gap = self._gap()
        if gap is not None and not self.remarks:
            self.remarks.append(gap)
        self._take_up()
        if gap is not None:
            # So the next start finds none, and it is told once.
            self._seal(self._buffers)

    @property
    def database(self) -> Database:
        """The open database, for what is done beside recording."""
        return self._database

    @property
    def buffer_bytes(self) -> int:
        """Memory of the open buffers."""
        return sum(buffer.nbytes for buffer in self._buffers.values())

    def close(self) -> None:
        """Close the files; what is not sealed is read back from the journal."""
        self._journal.close()
        self._database.close()

    def record(self, taken: Taken, *, flush: bool = True) -> None:
        """Keep one moment; with `flush` it has reached the medium when this returns."""
        if not taken.kept.any():
            return
        self._seal(self._full(taken))
        self._write(taken, flush=flush)
        self._recorded.advance(taken.at, self.epoch)
        self._keep(taken, self._sequence, self.epoch)
        self._newest = taken.at

    def begin_epoch(self) -> int:
        """Note that the clock tells another time from now on; return the number of the epoch."""
        self._seal(self._buffers)
        self.epoch += 1
        return self.epoch

    def seal_all(self) -> None:
        """Store every open buffer as windows and begin the journal anew."""
        self._seal(self._buffers)

    def follow_clock(self, row: ClockRow) -> None:
        """Begin an epoch where the clock tells another time, or may be put right later.

        Once it is set, every epoch since the start of the machine in which it was not is moved to
        where it belongs, also those of earlier runs of the program.
        """
        known = unset_epochs(self._database)
        if row.was_set and not row.step_s and not known:
            return
        epoch = self.begin_epoch()
        # A machine that does not name its starts has surely not been started anew before a step.
        same = [
            each for each in known if each.boot == row.boot and (row.boot or row.step_s)
        ]  # fmt: skip
        started_at = to_milliseconds(row.at) - round(row.uptime_s * 1000)
        with transaction(self._database):
            for each in known:
                if each not in same:
                    forget_unset(self._database, each.epoch)
            if not row.was_set:
                keep_unset(self._database, UnsetEpoch(epoch, row.boot, started_at))
        if row.was_set:
            for each in same:
                self._busy = True
                # A sample from after the setting may be in it, where this was not noted at once.
                shift(self._database, each.epoch, started_at - each.started_at, before=_SET_MS)

    def shift(self, epoch: int, step_ms: int) -> int:
        """Move what is sealed of an epoch, see `shifting.shift`; its tiers are derived anew."""
        self._busy = True
        return shift(self._database, epoch, step_ms)

    def maintain(self) -> bool:
        """Do one slice of the work that can wait; tell whether there was any."""
        if not self._busy:
            return False
        told = derive_next(self._database, before=self._newest)
        if told is None and merge_next(self._database, before=self._newest):
            told = []
        if told is None:
            told = prune_next(
                self._database,
                self._keeping,
                recorded_ms=self._recorded.total_ms,
                reserved_bytes=self._journal.used_bytes,
            )
        self._busy = told is not None
        self.remarks += told or []
        return self._busy

    def _put_aside(self, state_dir: Path, now: datetime, why: str) -> None:
        aside = put_aside(state_dir, now)
        self.remarks.append(
            f"the measurements {why}; they are kept as {aside.name} and new ones are begun"
        )

    def _open(self, state_dir: Path, now: datetime) -> Database:
        """Open the database that belongs to the journal; put aside one from another place."""
        database = open_measurements(state_dir)
        try:
            name = self._journal.replay.identity
            if name is None or identity_of(database) == name:
                return database
            if not is_empty(database):
                database.close()
                self._put_aside(state_dir, now, "were those of another place")
                database = open_measurements(state_dir)
            adopt(database, name)
        except BaseException:
            database.close()
            raise
        return database

    def _gap(self) -> str | None:
        """Say so where the database ends before the journal begins."""
        first = self._journal.replay.follows
        if first is None or self._sequence >= first.sequence:
            return None
        return (
            f"measurements from before {to_moment(first.at):%Y-%m-%d %H:%M:%S} UTC are missing: "
            "their database is not the one that was written last"
        )

    def _last_of_database(self) -> tuple[int, int, int]:
        """Return the newest sample and epoch, and the time recorded up to that sample."""
        row = self._database.conn.execute(
            "SELECT coalesce(max(last_sequence), 0), coalesce(max(epoch), 1),"
            " coalesce(max(recorded_ms), 0) FROM windows"
        ).fetchone()
        unset = max((each.epoch for each in unset_epochs(self._database)), default=1)
        # What was taken over from the first version has numbers below 0.
        return max(int(row[0]), 0), max(int(row[1]), unset, 1), int(row[2])

    def _take_up(self) -> None:
        """Read the journal back into the buffers."""
        replay = self._journal.replay
        if replay.lost_bytes:
            self.remarks.append(
                f"{replay.lost_bytes} bytes of the newest measurements cannot be read any more"
            )
        if replay.torn:
            self.remarks.append("the last measurement before the stop was cut short")
        sealed = sealed_sequences(self._database)
        counted, unreadable = self._sequence, 0
        for record, taken in decoded(self._codec, replay.records):
            self._sequence = max(self._sequence, record.sequence)
            self.epoch = max(self.epoch, record.epoch)
            if taken is None:
                unreadable += 1
                continue
            self._newest = taken.at
            self._recorded.advance(taken.at, record.epoch, is_counted=record.sequence <= counted)
            kept = taken.kept & np.array(
                [record.sequence > sealed.get(string.key, 0) for string in taken.strings],
                dtype=np.bool_,
            )
            remaining = taken.only(kept)
            self._seal(self._full(remaining, record.epoch), restart=False)
            self._keep(remaining, record.sequence, record.epoch)
        if unreadable:
            self.remarks.append(f"{unreadable} of the newest measurements cannot be read any more")

    def _full(self, taken: Taken, epoch: int | None = None) -> list[str]:
        """Name the strings whose buffers do not take this moment, and those that are gone."""
        epoch = self.epoch if epoch is None else epoch
        keys = {string.key for string in taken.strings}
        gone = [key for key, buffer in self._buffers.items() if key not in keys and buffer.count]
        full = [
            string.key
            for string, kept in zip(taken.strings, taken.kept, strict=True)
            if kept
            and (buffer := self._buffers.get(string.key)) is not None
            and not buffer.takes(string, epoch, taken.at)
        ]
        if self._journal.used_bytes > LARGEST_JOURNAL or self._hour_is_over(taken):
            return list(self._buffers)
        return gone + full

    def _hour_is_over(self, taken: Taken) -> bool:
        """Tell whether this is the first moment of a later hour: then all strings are sealed."""
        hour = taken.at // HOUR_MS
        return any(buffer.count and hour > buffer.hour for buffer in self._buffers.values())

    def _seal(self, keys: Iterable[str], *, restart: bool = True) -> None:
        """Store these buffers; once nothing is open any more, the journal begins anew."""
        chosen = [self._buffers[key] for key in keys if key in self._buffers]
        filled = [buffer for buffer in chosen if buffer.count]
        if filled:
            with transaction(self._database):
                for buffer in filled:
                    seal(self._database, buffer, GROUP_CELLS)
            for buffer in filled:
                buffer.clear()
            self._busy = True
        if restart and filled and not any(buffer.count for buffer in self._buffers.values()):
            self._journal.begin_anew()
            self._references.forget()

    def _write(self, taken: Taken, *, flush: bool) -> None:
        """Bring the moment into the journal."""
        if self._journal.used_bytes == 0:
            name = identity_of(self._database).encode("ascii", "replace")
            self._journal.append(Kind.IDENTITY, self.epoch, self._sequence, taken.at, name)
        renewed = self._references.renewed(taken, self._sequence)
        if renewed is not None:
            payload = self._codec.encode_reference(renewed)
            self._journal.append(Kind.REFERENCE, self.epoch, self._sequence, taken.at, payload)
        reference = renewed or self._references.current
        if reference is None:
            return
        sequence = self._sequence + 1
        payload = self._codec.encode(taken, reference)
        self._journal.append(Kind.SAMPLE, self.epoch, sequence, taken.at, payload)
        last = self._flushed_at
        if flush or last is None or not 0 <= taken.at - last < _FLUSH_EVERY_MS:
            self._journal.flush()
            self._flushed_at = taken.at
        self._sequence = sequence
        self._references.follow(taken)

    def _keep(self, taken: Taken, sequence: int, epoch: int) -> None:
        """Put the kept strings into their buffers."""
        columns = shortened(taken.columns)
        first = 0
        for place, string in enumerate(taken.strings):
            cells = slice(first, first + string.cell_count)
            first = cells.stop
            if taken.kept[place]:
                buffer = self._buffer(string)
                buffer.add(taken.at, sequence, epoch, columns[:, cells], taken.scalars[place])
                buffer.recorded_ms = self._recorded.total_ms

    def _buffer(self, string: StringLayout) -> Buffer:
        buffer = self._buffers.get(string.key)
        if buffer is None or (buffer.layout is not string and buffer.layout != string):
            buffer = self._buffers[string.key] = Buffer(string)
        return buffer
