"""The tick never waits for the disk, and a disk that fails stops nothing."""

from __future__ import annotations

import asyncio
import errno
import math
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from bacs_core import recorder as recorder_module
from bacs_core.history.batches import Batch, Mark, Memory, Written
from bacs_core.history.clock_rows import ClockRow
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Event, EventKind, StoredEvent
from bacs_core.history.measurements.database import measurements_path
from bacs_core.history.measurements.taken import Taken
from bacs_core.history.safety_copy import SafetyCopy, copy_path, read_copy
from bacs_core.history.store import History
from bacs_core.model import EqualizationState, Quantity
from bacs_core.recalling import Recalled
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
DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Disk:
    """Stands in for the history: keeps what it is given, or is full."""

    def __init__(self) -> None:
        self.samples: list[float] = []
        self.clock: list[ClockRow] = []
        self.events: list[str] = []
        self.memories: dict[str, object] = {}
        self.mark: Mark | None = None
        self.damage: str | None = None
        self.spoilt: str | None = None
        self.people_copied = 0
        self.full = False
        self.tells_lies = False
        """It reports an error though it has written, as a disk does that fails in its flush."""

    def record_taken(self, taken: Taken, *, flush: bool) -> str | None:
        self._check()
        assert flush
        self.samples.append(taken.at / 1000 - START.timestamp())
        return self.spoilt

    def keep_people(self) -> None:
        self._check()
        self.people_copied += 1

    def follow_clock(self, row: ClockRow) -> None:
        self._check()
        self.clock.append(row)

    def record_batch(self, batch: Batch) -> Written:
        self._check()
        before, damage = self.mark, self.damage
        if before is None or (before.run, before.batch) != (batch.run, batch.number):
            self.events += [entry.text for entry in batch.entries if isinstance(entry, Event)]
            self.memories |= {key: memory.value for key, memory in batch.memories.items()}
            self.mark = Mark(run=batch.run, batch=batch.number, revision=batch.revision)
            self.damage = None
        if self.tells_lies:
            self.tells_lies = False
            raise HistoryError("disk I/O error")
        return Written(before, damage)

    def look(self) -> None:
        self._check()

    def lose_everything(self) -> None:
        """Become the empty disk that somebody put in place of this one."""
        self.events, self.memories, self.mark = [], {}, None

    def close(self) -> None:
        """Nothing to close."""

    def _check(self) -> None:
        if self.full:
            raise HistoryError("cannot write") from OSError(errno.ENOSPC, "no space")


def snapshot(second: float, voltage_v: float = 2.27) -> Snapshot:
    """A site with one cell."""
    values = frozen(np.array([voltage_v]))
    read_at = frozen(np.array([START.timestamp() + second]))
    readings = StringReadings(
        {Quantity.VOLTAGE: Column(values, read_at)}, frozen(np.zeros(1, np.uint16))
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
    assert [int(at) for at in disk.samples] == [0, 10, 20, 30]


async def test_nothing_is_kept_before_the_first_reading(recorder: Recorder, disk: Disk) -> None:
    recorder.sample(snapshot(0, math.nan))
    recorder.sample(snapshot(10))
    recorder.sample(snapshot(20, math.nan))
    recorder.event(event("end"))
    await until_idle(recorder, disk, 1)
    await recorder.close()
    # The gap after it is a finding and is kept.
    assert disk.samples == [10, 20]


async def test_events_are_kept_while_the_disk_is_full_and_written_after(
    recorder: Recorder, disk: Disk
) -> None:
    disk.full = True
    for number in range(50):
        recorder.event(event(str(number)))
    async with asyncio.timeout(10):
        while recorder.problem is None:
            await asyncio.sleep(0.005)
    assert recorder.problem == "the disk is full (cannot write)"
    disk.full = False
    await until_idle(recorder, disk, 51)
    assert disk.events[:50] == [str(number) for number in range(50)]
    assert disk.events[50].startswith("could not be written since 2026-01-01 00:00:00 UTC: events")
    await recorder.settle(10)
    assert await recorder.write()
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
    for second in range(0, 2000, 10):
        recorder.sample(snapshot(second))
    recorder.event(event("end"))
    await until_idle(recorder, disk, 1)
    await recorder.close()
    assert len(disk.samples) == WAITING_SAMPLES
    assert disk.samples[-1] == 1990


async def test_what_the_disk_wrote_though_it_reported_an_error_is_not_written_twice(
    disk: Disk,
) -> None:
    recorder = Recorder(disk)  # type: ignore[arg-type]
    disk.tells_lies = True
    recorder.event(event("first"))
    assert not await recorder.write()
    recorder.event(event("second"))
    assert await recorder.write()
    assert disk.events[:2] == ["first", "second"]
    assert len(disk.events) == 2


async def test_after_months_without_a_disk_what_was_dropped_is_told_and_the_trip_is_there(
    disk: Disk,
) -> None:
    recorder = Recorder(disk)  # type: ignore[arg-type]
    disk.full = True
    recorder.event(Event(START, EventKind.PROTECTION, "tripped"))
    assert not await recorder.write()
    for number in range(30_000):
        recorder.event(event(str(number)))
        recorder.remember("alarms", [number], START)
    disk.full = False
    assert await recorder.write()
    assert disk.events[0] == "tripped"
    assert disk.events[1].startswith("20000 events from 2026-01-01")
    assert disk.events[2:] == [str(number) for number in range(20_000, 30_000)]
    assert disk.memories == {"alarms": [29_999]}


async def test_measurements_that_cannot_be_written_keep_no_event_back(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(taken: Taken, *, flush: bool) -> None:
        raise HistoryError("no measurement")

    monkeypatch.setattr(disk, "record_taken", fail)
    recorder = Recorder(disk)  # type: ignore[arg-type]
    recorder.sample(snapshot(0))
    recorder.event(event("end"))
    assert not await recorder.write()
    assert disk.events == ["end"]
    assert recorder.problem is not None
    assert "no measurement" in recorder.problem


async def test_samples_that_cannot_be_stored_stay_a_problem_until_one_is(tmp_path: Path) -> None:
    in_the_way = measurements_path(tmp_path)
    in_the_way.mkdir()
    history = History(tmp_path)
    recorder = Recorder(history)
    for second in (0, 10):
        recorder.sample(snapshot(second))
        assert not await recorder.write()
        problem = recorder.problem
        assert problem is not None
        # The next try has nothing to store: that is no success.
        recorder.event(event("meanwhile"))
        assert await recorder.write()
        assert recorder.problem == problem
    in_the_way.rmdir()
    recorder.sample(snapshot(20))
    assert await recorder.write()
    assert recorder.problem is None
    assert [each.event.data["samples"] for each in gaps_of(history)] == [1, 1]
    await recorder.close()


def gaps_of(history: History) -> list[StoredEvent]:
    return [each for each in history.events() if each.event.kind is EventKind.HISTORY_GAP]


async def test_a_disk_that_does_not_answer_is_told_of(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "HANGS_AFTER_S", 0.0)
    goes_on, hangs = threading.Event(), threading.Event()

    def hang() -> None:
        hangs.set()
        goes_on.wait(30)

    monkeypatch.setattr(disk, "_check", hang)
    recorder = Recorder(disk)  # type: ignore[arg-type]
    recorder.event(event("first"))
    writing = asyncio.create_task(recorder.write())
    await asyncio.to_thread(hangs.wait, 30)
    assert recorder.problem is not None
    assert "has not answered" in recorder.problem
    goes_on.set()
    await writing
    assert recorder.problem is None


async def test_a_damage_that_was_dealt_with_is_a_problem_long_enough_to_be_an_alarm(
    disk: Disk,
) -> None:
    now_s = 100.0
    recorder = Recorder(disk, monotonic=lambda: now_s)  # type: ignore[arg-type]
    disk.damage = "the history file was damaged"
    recorder.event(event("first"))
    assert await recorder.write()
    now_s += 59.0
    assert recorder.problem == "the history file was damaged"
    now_s += 1.0
    assert recorder.problem is None


async def test_spoilt_measurements_are_a_problem_long_enough_to_be_an_alarm(disk: Disk) -> None:
    now_s = 100.0
    recorder = Recorder(disk, monotonic=lambda: now_s)  # type: ignore[arg-type]
    disk.spoilt = "measurements of a/1 are damaged"
    recorder.sample(snapshot(0))
    assert await recorder.write()
    now_s += 59.0
    assert recorder.problem == "measurements of a/1 are damaged"
    now_s += 1.0
    assert recorder.problem is None


async def test_a_disk_that_fails_is_noticed_also_where_there_is_nothing_to_write(
    disk: Disk,
) -> None:
    now_s = 100.0
    recorder = Recorder(disk, monotonic=lambda: now_s)  # type: ignore[arg-type]
    disk.full = True
    assert await recorder.write()
    now_s += 10.0
    assert not await recorder.write()


async def test_into_a_history_put_in_place_of_the_one_before_every_memory_is_written_anew(
    disk: Disk,
) -> None:
    recorder = Recorder(disk)  # type: ignore[arg-type]
    recorder.remember("trips", {"a/1": "tripped"}, START)
    recorder.remember("alarms", [1], START)
    assert await recorder.write()
    disk.lose_everything()
    recorder.remember("alarms", [2], START)
    assert await recorder.write()
    assert disk.memories == {"trips": {"a/1": "tripped"}, "alarms": [2]}
    assert "another history was found" in disk.events[-1]


async def test_the_safety_copy_is_written_also_where_the_database_cannot_be(
    disk: Disk, tmp_path: Path
) -> None:
    recorder = Recorder(disk, folder=tmp_path, twice=["trips"])  # type: ignore[arg-type]
    recorder.remember("trips", {"a/1": "armed"}, START)
    recorder.remember("alarms", [1], START)
    assert await recorder.write()
    disk.full = True
    recorder.remember("trips", {"a/1": "tripped"}, START)
    assert not await recorder.write()
    copy = read_copy(tmp_path)
    assert copy is not None
    assert copy.memories == {"trips": Memory({"a/1": "tripped"}, START)}
    assert disk.memories["trips"] == {"a/1": "armed"}
    assert disk.mark is not None
    assert copy.revision > disk.mark.revision
    disk.full = False
    assert await recorder.write()
    assert disk.memories["trips"] == {"a/1": "tripped"}
    assert disk.mark.revision == copy.revision


async def test_the_copy_of_the_people_is_looked_after_every_ten_seconds(
    disk: Disk, tmp_path: Path
) -> None:
    now_s = 100.0
    recorder = Recorder(disk, folder=tmp_path, monotonic=lambda: now_s)  # type: ignore[arg-type]
    for expected in (1, 1):
        assert await recorder.write()
        assert disk.people_copied == expected
    now_s += 10.0
    assert await recorder.write()
    assert disk.people_copied == 2


async def test_a_memory_that_did_not_change_is_not_written_again(
    disk: Disk, tmp_path: Path
) -> None:
    recorder = Recorder(disk, folder=tmp_path, twice=["trips"])  # type: ignore[arg-type]
    recorder.remember("trips", {"a/1": "armed"}, START)
    assert await recorder.write()
    mark, written = disk.mark, copy_path(tmp_path).stat().st_ino
    recorder.remember("trips", {"a/1": "armed"}, START + timedelta(hours=1))
    assert await recorder.write()
    assert disk.mark == mark
    assert copy_path(tmp_path).stat().st_ino == written


async def test_a_copy_that_cannot_be_written_is_a_problem_and_the_history_goes_on(
    disk: Disk, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    recorder = Recorder(disk, folder=gone, twice=["trips"])  # type: ignore[arg-type]
    recorder.remember("trips", {"a/1": "tripped"}, START)
    assert not await recorder.write()
    assert recorder.problem is not None
    assert recorder.problem.startswith("the directory is gone")
    assert disk.memories == {"trips": {"a/1": "tripped"}}
    gone.mkdir()
    assert await recorder.write()
    assert recorder._failing == {}
    assert read_copy(gone) is not None


async def test_what_only_the_copy_had_is_written_into_the_database(
    disk: Disk, tmp_path: Path
) -> None:
    recorder = Recorder(disk, folder=tmp_path, twice=["trips"])  # type: ignore[arg-type]
    memories = {"trips": Memory({"a/1": "tripped"}, START)}
    copy = SafetyCopy(9, memories)
    recorder.take_up(Recalled(copy=copy, memories=memories, rescued=("trips",)))
    assert await recorder.write()
    assert disk.memories == {"trips": {"a/1": "tripped"}}
    assert disk.mark is not None
    assert disk.mark.revision == 9
    assert not copy_path(tmp_path).exists(), "nothing changed"


async def test_the_measurements_are_told_of_every_row_of_the_clock(disk: Disk) -> None:
    recorder = Recorder(disk)  # type: ignore[arg-type]
    rows = [
        ClockRow(EPOCH, "boot", 20.0, synchronised=False),
        ClockRow(START, "boot", 60.0, synchronised=True, step_s=(START - EPOCH).total_seconds()),
    ]
    for row in rows:
        recorder.clock(row)
    assert await recorder.write()
    assert disk.clock == rows
