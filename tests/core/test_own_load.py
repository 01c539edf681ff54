"""What the engine says of itself and its machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from bacs_core.own_load import LoadMeter, disk_of


class Watch:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "status").write_text("Name:\tbacs\nVmRSS:\t   98304 kB\nThreads:\t9\n")
    (tmp_path / "meminfo").write_text("MemTotal: 2048 kB\nMemAvailable: 1024 kB\nHugePages: 0\n")
    return tmp_path


def test_the_load_is_of_the_time_since_it_was_asked_for(proc: Path) -> None:
    steady, processor = Watch(), Watch()
    meter = LoadMeter(proc=proc, monotonic=steady, processor=processor)
    assert meter.load().processor_percent is None
    steady.now, processor.now = 110.0, 100.5
    told = meter.load()
    assert (told.processor_percent, told.over_s) == (5.0, 10.0)
    steady.now, processor.now = 111.0, 101.5
    assert meter.load().processor_percent == 5.0
    steady.now = 120.0
    assert meter.load().processor_percent == 10.0


def test_memory_is_told_in_bytes(proc: Path) -> None:
    told = LoadMeter(proc=proc).load()
    assert told.memory_bytes == 98304 * 1024
    assert (told.machine_memory_bytes, told.machine_memory_free_bytes) == (2048 * 1024, 1024 * 1024)


def test_where_the_system_tells_nothing_nothing_is_invented(tmp_path: Path) -> None:
    told = LoadMeter(proc=tmp_path / "none").load()
    assert told.memory_bytes is None
    assert told.machine_memory_bytes is None


def test_the_disk_is_told_with_what_lies_below_the_folder(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "file").write_bytes(bytes(100_000))
    told = disk_of(tmp_path)
    assert told is not None
    assert 100_000 <= told.state_bytes < 200_000
    assert 0 < told.free_bytes <= told.size_bytes
    assert disk_of(tmp_path / "none") is None
