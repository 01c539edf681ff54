"""The tick never waits for the disk, and a disk that fails stops nothing."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from bacs_core import recorder as recorder_module
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Event, EventKind
from bacs_core.model import EqualizationState, Quantity
from bacs_core.recorder import WAITING_SAMPLES, Recorder
from bacs_core.snapshot import (
    Column,
    EqualizationSummary,
    Snapshot,
    StringReadings,
    StringSnapshot,
    StringSummary,
    frozen,
)
from tests.core.equalization.build import a_string

START = datetime(2026, 1, 1, tzinfo=UTC)


class Disk:
    """Stands in for the history: keeps what it is given, or is full."""

    def __init__(self) -> None:
        self.samples: list[datetime] = []
        self.events: list[str] = []
        self.memories: dict[str, object] = {}
        self.full = False

    def record_sample(self, snapshot: Snapshot) -> None:
        self._check()
        self.samples.append(snapshot.at)

    def record_event(self, event: Event) -> None:
        self._check()
        self.events.append(event.text)

    def remember(self, key: str, value: object, *, by: str, at: datetime) -> None:
        self._check()
        self.memories[key] = value

    def close(self) -> None:
        """Nothing to close."""

    def _check(self) -> None:
        if self.full:
            raise HistoryError("disk full")


def snapshot(second: float, voltage_v: float = 2.27) -> Snapshot:
    """A site with one cell."""
    values = frozen(np.array([voltage_v]))
    readings = StringReadings(
        {Quantity.VOLTAGE: Column(values, values)}, frozen(np.zeros(1, np.uint16))
    )
    string = StringSnapshot(
        a_string(1),
        readings,
        StringSummary(None, None, None, None, None, None),
        EqualizationSummary(EqualizationState.UNKNOWN),
        frozen(np.zeros(1, np.uint8)),
    )
    return Snapshot(1, START + timedelta(seconds=second), {"a/1": string}, {}, {})


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
    for tick in range(36):
        # A tick comes some milliseconds late; that must not add up.
        recorder.sample(snapshot(tick * 1.0037))
        await recorder.call(lambda _: None)
    recorder.event(event("end"))
    await until_idle(recorder, disk, 1)
    assert [int((at - START).total_seconds()) for at in disk.samples] == [0, 10, 20, 30]


async def test_nothing_is_kept_before_the_first_reading(recorder: Recorder, disk: Disk) -> None:
    recorder.sample(snapshot(0, math.nan))
    recorder.sample(snapshot(10))
    recorder.sample(snapshot(20, math.nan))
    recorder.event(event("end"))
    await until_idle(recorder, disk, 1)
    await recorder.close()
    # The gap after it is a finding and is kept.
    assert [(at - START).total_seconds() for at in disk.samples] == [10, 20]


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


async def test_of_what_is_remembered_only_the_newest_has_to_reach_the_disk(
    recorder: Recorder, disk: Disk
) -> None:
    disk.full = True
    for number in range(100):
        recorder.remember("alarms", [number], START)
    async with asyncio.timeout(10):
        while recorder.problem is None:
            await asyncio.sleep(0.005)
    disk.full = False
    await recorder.close()
    assert disk.memories == {"alarms": [99]}


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
