"""The engine's way to the history: one thread writes, the tick never waits for the disk.

What cannot be written is told in `problem` and the engine goes on controlling. Samples that pile up
behind a slow disk are dropped, the oldest first; events are kept until they are written.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

import numpy as np

from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Event, Json
from bacs_core.history.store import History
from bacs_core.model import Quantity
from bacs_core.snapshot import Snapshot

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

SAMPLE_EVERY_S: Final = 10.0
#: A minute of samples may wait; then the disk is too slow to keep up.
WAITING_SAMPLES: Final = 6
RETRY_S: Final = 5.0


class Recorder:
    """Writes samples and events in order, in its own thread."""

    def __init__(self, history: History) -> None:
        """Take over `history`; nobody else may write to it."""
        self._history = history
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="history")
        self._samples: deque[Snapshot] = deque(maxlen=WAITING_SAMPLES)
        self._events: deque[Event] = deque()
        self._memories: dict[str, tuple[Json, datetime]] = {}
        self._wake = asyncio.Event()
        self._written = asyncio.Event()
        self._last_period: float | None = None
        self.problem: str | None = None

    def sample(self, snapshot: Snapshot) -> None:
        """Keep the first snapshot of every ten seconds, from the first reading on."""
        period = snapshot.at.timestamp() // SAMPLE_EVERY_S
        if period == self._last_period or (self._last_period is None and _is_blank(snapshot)):
            return
        self._last_period = period
        self._samples.append(snapshot)
        self._wake.set()

    def event(self, event: Event) -> None:
        """Write `event` as soon as possible, without waiting for it."""
        self._events.append(event)
        self._wake.set()

    def remember(self, key: str, value: Json, at: datetime) -> None:
        """Keep `value` for the next start; only the newest that waits is written."""
        self._memories[key] = value, at
        self._wake.set()

    async def call(self, work: Callable[[History], _T]) -> _T:
        """Run `work` on the history in its thread and wait for it; raises `HistoryError`."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, lambda: work(self._history)
        )

    async def settle(self, patience_s: float) -> None:
        """Wait until everything is written, but no longer than `patience_s`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while self._events or self._memories:
                    self._written.clear()
                    await self._written.wait()

    async def run(self) -> None:
        """Write for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            done = await self._write_waiting()
            self._written.set()
            if not done:
                await asyncio.sleep(RETRY_S)
                self._wake.set()

    async def close(self) -> None:
        """Write what waits, then close the store."""
        await self._write_waiting()
        await self.call(lambda history: history.close())
        self._thread.shutdown()

    async def _write_waiting(self) -> bool:
        """Write everything that waits; return whether the disk took it."""
        try:
            while self._events:
                await self.call(partial(_write_event, self._events[0]))
                self._events.popleft()
            while self._memories:
                key, (value, at) = next(iter(self._memories.items()))
                await self.call(partial(_write_memory, key, value, at))
                if self._memories[key] == (value, at):
                    del self._memories[key]
            while self._samples:
                await self.call(partial(_write_sample, self._samples.popleft()))
        except HistoryError as error:
            if self.problem is None:
                _log.error("history cannot be written, control goes on: %s", error)
            self.problem = str(error)
            return False
        if self.problem is not None:
            _log.warning("history is written again")
        self.problem = None
        return True


def _is_blank(snapshot: Snapshot) -> bool:
    return not any(
        np.isfinite(string.readings.columns[Quantity.VOLTAGE].values).any()
        for string in snapshot.strings.values()
    )


def _write_event(event: Event, history: History) -> None:
    history.record_event(event)


def _write_memory(key: str, value: Json, at: datetime, history: History) -> None:
    history.remember(key, value, by="engine", at=at)


def _write_sample(snapshot: Snapshot, history: History) -> None:
    history.record_sample(snapshot)
