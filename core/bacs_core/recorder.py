"""The engine's way to the history: one thread writes, the tick never waits for the disk.

What cannot be written is told in `problem` and the engine goes on controlling. Samples that pile up
behind a slow disk are dropped, the oldest first; events are kept until they are written, as many as
memory allows (`waiting`). The memories that safety hangs on are written twice, see
`history.safety_copy`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from bacs_core.history.batches import Batch, Mark, Memory, Written
from bacs_core.history.clock_rows import ClockRow
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Event, EventKind, Json
from bacs_core.history.failures import told
from bacs_core.history.measurements.cadence import Cadence, Due
from bacs_core.history.safety_copy import SafetyCopy, keep_reserve, write_copy
from bacs_core.history.store import History
from bacs_core.recalling import Recalled
from bacs_core.snapshot import Snapshot
from bacs_core.waiting import Waiting

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

#: Two minutes of a discharge, or the minute before one at once; then the disk is too slow to keep
#: up. Up to 20 MB of memory with 4096 cells.
WAITING_SAMPLES: Final = 128
RETRY_S: Final = 5.0
LOOK_EVERY_S: Final = 10.0
#: So many events share one flush of the disk after a burst.
MOST_IN_A_BATCH: Final = 200
#: A disk that has not answered for so long is told of, though it has reported no error.
HANGS_AFTER_S: Final = 30.0
#: How long a damage that was dealt with stays a problem: long enough to raise its alarm.
NOTICE_S: Final = 60.0
_RECORDS, _COPY, _SAMPLES = "events", "the safety copy", "samples"
_PEOPLE = "the copy of people and tokens"


class Recorder:
    """Writes samples, events and memories in order, in its own thread."""

    def __init__(
        self,
        history: History,
        *,
        folder: Path | None = None,
        twice: Collection[str] = (),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take over `history`; nobody else may write to it.

        The memories named in `twice` are also kept in the safety copy in `folder`. `monotonic` are
        seconds that never jump.
        """
        self._history = history
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="history")
        self._folder = folder
        self._twice = frozenset(twice)
        self._cadence = Cadence()
        self._samples: deque[Due | ClockRow] = deque(maxlen=WAITING_SAMPLES)
        self._entries = Waiting()
        self._memories: dict[str, Memory] = {}
        self._newest: dict[str, Memory] = {}
        self._texts: dict[str, str] = {}
        self._run_name = secrets.token_hex(8)
        self._number = 0
        self._batch: Batch | None = None
        self._before: Mark | None = None
        self._copy = SafetyCopy()
        self._copy_is_due = False
        self._wake = asyncio.Event()
        self._written = asyncio.Event()
        self._failing: dict[str, str] = {}
        self._failing_since: dict[str, datetime | None] = {}
        self._at: datetime | None = None
        """The newest time of the engine's clock that is known here."""
        self._monotonic = monotonic
        self._busy_since: float | None = None
        self._looked_at = self._people_due_at = monotonic()
        self._notice: tuple[str, float] | None = None

    @property
    def problem(self) -> str | None:
        """What keeps the history from being written, `None` while all is well."""
        now = self._monotonic()
        if self._failing:
            return next(iter(self._failing.values()))
        if self._busy_since is not None and now - self._busy_since > HANGS_AFTER_S:
            return f"the disk has not answered for {now - self._busy_since:.0f} s"
        if self._notice is not None and now < self._notice[1]:
            return self._notice[0]
        return None

    def sample(self, snapshot: Snapshot) -> None:
        """Keep what is due of `snapshot`, see `Cadence`."""
        self._at = snapshot.at
        due = self._cadence.take(snapshot)
        if due:
            self._samples.extend(due)
            self._wake.set()

    def event(self, event: Event) -> None:
        """Write `event` as soon as possible, without waiting for it."""
        self._at = event.at
        self._entries.put(event)
        self._wake.set()

    def clock(self, row: ClockRow) -> None:
        """Write what is known of the clock, in order with events and samples."""
        self._entries.put(row)
        self._samples.append(row)
        self._wake.set()

    def remember(self, key: str, value: Json, at: datetime) -> None:
        """Keep `value` for the next start; only the newest that waits is written."""
        if key in self._twice:
            text = json.dumps(value, ensure_ascii=False)
            if self._texts.get(key) == text:
                return
            self._texts[key] = text
            # What is compared later must not change in the hands of whoever gave it.
            value = json.loads(text)
        self._memories[key] = self._newest[key] = Memory(value, at)
        self._wake.set()

    def take_up(self, kept: Recalled) -> None:
        """Go on from what was found at the start; what only the copy had is written anew."""
        self._before, self._copy = kept.mark, kept.copy
        if kept.mark is not None and kept.mark.revision > kept.copy.revision:
            self._copy = SafetyCopy(kept.mark.revision, kept.copy.memories)
        for key, memory in kept.memories.items():
            self._newest[key] = memory
            self._texts[key] = json.dumps(memory.value, ensure_ascii=False)
        self._write_anew(kept.rescued)

    async def call(self, work: Callable[[History], _T]) -> _T:
        """Run `work` on the history in its thread and wait for it; raises `HistoryError`."""
        return await self._in_thread(lambda: work(self._history))

    async def settle(self, patience_s: float) -> None:
        """Wait until everything is written, but no longer than `patience_s`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while self._entries or self._memories or self._batch or self._copy_is_due:
                    self._written.clear()
                    await self._written.wait()

    async def run(self) -> None:
        """Write for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            done = await self.write()
            self._written.set()
            if not done:
                await asyncio.sleep(RETRY_S)
                self._wake.set()

    async def write(self) -> bool:
        """Write everything that waits; return whether the disk took it."""
        done = [
            await self._tried(_RECORDS, self._write_records),
            # Also where the database fails: that is what the copy is for.
            await self._tried(_COPY, self._write_copy),
            await self._tried(_PEOPLE, self._write_people),
            # Where none waits nothing was tried: what failed is over once a sample is stored.
            not self._samples or await self._tried(_SAMPLES, self._write_samples),
        ]
        return all(done)

    async def close(self) -> None:
        """Write what waits, then close the store."""
        await self.write()
        await self.call(lambda history: history.close())
        self._thread.shutdown()

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _tried(self, part: str, write: Callable[[], Awaitable[None]]) -> bool:
        """Write one part; tell what keeps it from being written, and when that is over."""
        self._busy_since = self._monotonic()
        try:
            await write()
        except HistoryError as error:
            if part not in self._failing:
                _log.error("cannot be written, control goes on: %s: %s", part, error)
                self._failing_since[part] = self._at
            self._failing[part] = told(error)
            return False
        finally:
            self._busy_since = None
        if (reason := self._failing.pop(part, None)) is not None:
            _log.warning("written again: %s", part)
            self._tell_gap(part, reason)
        return True

    def _tell_gap(self, part: str, reason: str) -> None:
        """Tell what failed, and from when to when; samples are told by the store that counts them.

        To write it also shows whether the database is the one from before.
        """
        since = self._failing_since.pop(part)
        if part is _SAMPLES or since is None or self._at is None:
            return
        text = f"could not be written since {since:%Y-%m-%d %H:%M:%S} UTC: {part}; {reason}"
        data: dict[str, Json] = {"since": since.isoformat(), "part": part, "reason": reason}
        self.event(Event(self._at, EventKind.HISTORY_GAP, text, data=data))

    async def _write_records(self) -> None:
        if self._monotonic() - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = self._monotonic()
            # Whoever writes nothing would not notice for an hour that the file is gone.
            await self.call(lambda history: history.look())
        while (batch := self._next_batch()) is not None:
            self._batch = batch
            written = await self.call(partial(_write_batch, batch))
            self._batch = None
            self._judge(batch, written)

    def _next_batch(self) -> Batch | None:
        """Return the batch that failed, unchanged, or make the next one of what waits."""
        if self._batch is not None:
            return self._batch
        entries, memories = self._entries.take(MOST_IN_A_BATCH), self._memories
        if not entries and not memories:
            return None
        self._memories = {}
        self._refresh_copy()
        self._number += 1
        return Batch(self._run_name, self._number, self._copy.revision, entries, memories)

    def _judge(self, batch: Batch, written: Written) -> None:
        """Notice a damage that was dealt with, and a database that is not the one from before."""
        self._notify(written.damage)
        expected, found = self._before, written.before
        self._before = Mark(run=batch.run, batch=batch.number, revision=batch.revision)
        if expected is None or (found is not None and _same(found, expected, batch)):
            return
        text = "another history was found in place of the one before; what counts is written anew"
        self.event(Event(_latest(batch), EventKind.HISTORY_REPLACED, text))
        self._write_anew(self._newest.keys() - batch.memories.keys())

    def _notify(self, damage: str | None) -> None:
        """Let a damage that was dealt with be a problem long enough to raise its alarm."""
        if damage is not None:
            self._notice = damage, self._monotonic() + NOTICE_S

    def _write_anew(self, keys: Collection[str]) -> None:
        self._memories |= {key: self._newest[key] for key in keys}
        self._wake.set()

    def _refresh_copy(self) -> None:
        """Let the safety copy follow the memories; a change makes it due."""
        wanted = {key: self._newest[key] for key in self._newest.keys() & self._twice}
        if wanted != self._copy.memories:
            self._copy = SafetyCopy(self._copy.revision + 1, wanted)
            self._copy_is_due = True

    async def _write_copy(self) -> None:
        self._refresh_copy()
        if self._folder is None:
            self._copy_is_due = False
        if self._copy_is_due and self._folder is not None:
            copy = self._copy
            await self._in_thread(partial(write_copy, self._folder, copy))
            self._copy_is_due = self._copy is not copy

    async def _write_people(self) -> None:
        """Follow what was changed, other programs change it too; see after the reserve."""
        now = self._monotonic()
        if self._folder is None or now < self._people_due_at:
            return
        await self._in_thread(partial(keep_reserve, self._folder))
        await self.call(lambda history: history.keep_people())
        self._people_due_at = now + LOOK_EVERY_S

    async def _write_samples(self) -> None:
        while self._samples:
            self._notify(await self.call(partial(_write_sample, self._samples.popleft())))


def _same(found: Mark, expected: Mark, batch: Batch) -> bool:
    names = (expected.run, expected.batch), (batch.run, batch.number)
    return (found.run, found.batch) in names


def _latest(batch: Batch) -> datetime:
    moments = [entry.at for entry in batch.entries]
    return max(moments + [memory.at for memory in batch.memories.values()])


def _write_batch(batch: Batch, history: History) -> Written:
    return history.record_batch(batch)


def _write_sample(sample: Due | ClockRow, history: History) -> str | None:
    """Store it; return the damage that was found by it."""
    if isinstance(sample, Due):
        return history.record_taken(sample.taken, flush=sample.flush)
    history.follow_clock(sample)
    return None
