"""The tick never waits for the disk, and a disk that fails stops nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bacs_core import recorder as recorder_module
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Event, EventKind
from bacs_core.recorder import WAITING_SAMPLES, Recorder
from bacs_core.snapshot import Snapshot

START = datetime(2026, 1, 1, tzinfo=UTC)


class Disk:
    """Stands in for the history: keeps what it is given, or is full."""

    def __init__(self) -> None:
        self.samples: list[datetime] = []
        self.events: list[str] = []
        self.full = False

    def record_sample(self, snapshot: Snapshot) -> None:
        self._check()
        self.samples.append(snapshot.at)

    def record_event(self, event: Event) -> None:
        self._check()
        self.events.append(event.text)

    def close(self) -> None:
        """Nothing to close."""

    def _check(self) -> None:
        if self.full:
            raise HistoryError("disk full")


def snapshot(second: float) -> Snapshot:
    return Snapshot(1, START + timedelta(seconds=second), {}, {}, {})


def event(text: str) -> Event:
    return Event(START, EventKind.OTHER, text)


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
async def recorder(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Recorder]:
    monkeypatch.setattr(recorder_module, "RETRY_S", 0.01)
    recorder = Recorder(disk)  # type: ignore[arg-type]
    running = asyncio.create_task(recorder.run())
    yield recorder
    running.cancel()


async def until_idle(recorder: Recorder, disk: Disk, events: int) -> None:
    async with asyncio.timeout(10):
        while len(disk.events) < events:
            await asyncio.sleep(0.005)


async def test_a_sample_is_kept_every_ten_seconds(recorder: Recorder, disk: Disk) -> None:
    for second in range(31):
        recorder.sample(snapshot(second))
        await recorder.call(lambda _: None)
    recorder.event(event("end"))
    await until_idle(recorder, disk, 1)
    assert [(at - START).total_seconds() for at in disk.samples] == [0, 10, 20, 30]


async def test_events_are_kept_while_the_disk_is_full_and_written_after(
    recorder: Recorder, disk: Disk
) -> None:
    disk.full = True
    for number in range(50):
        recorder.event(event(str(number)))
    async with asyncio.timeout(10):
        while recorder.problem is None:
            await asyncio.sleep(0.005)
    disk.full = False
    await until_idle(recorder, disk, 50)
    assert disk.events == [str(number) for number in range(50)]
    await recorder.call(lambda _: None)
    assert recorder.problem is None


async def test_samples_that_pile_up_are_dropped_the_oldest_first(
    recorder: Recorder, disk: Disk
) -> None:
    for second in range(0, 1000, 10):
        recorder.sample(snapshot(second))
    recorder.event(event("end"))
    await until_idle(recorder, disk, 1)
    await recorder.close()
    assert len(disk.samples) == WAITING_SAMPLES
    assert (disk.samples[-1] - START).total_seconds() == 990
