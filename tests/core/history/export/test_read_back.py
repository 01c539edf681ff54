"""Whatever was recorded can be queried, and comes out of an export equal to its last step."""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from bacs_core.history.export.contents import CELL_FILES, STRING_FILES, day_file
from bacs_core.history.export.scope import Scope
from bacs_core.history.export.targets import FolderTarget
from bacs_core.history.export.writing import write_export
from bacs_core.history.layout import COLUMNS, SCALARS
from bacs_core.history.reader import HistoryReader
from bacs_core.history.store import History
from bacs_core.model import Quantity
from bacs_core.settings import Keeping
from tests.core.history.export.recording import BEGIN, DISCHARGE_AFTER, KEY, Day, Recording

_T = TypeVar("_T")
FOR_EVER = Keeping(budget_bytes=1 << 40, full_days=1000)


@pytest.fixture(autouse=True)
def no_flushing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weeks are recorded in minutes here; what survives a power cut is shown elsewhere."""
    monkeypatch.setattr(os, "fdatasync", lambda _descriptor: None)


def test_two_days_with_a_discharge_come_back_equal(tmp_path: Path) -> None:
    recording = Recording(cells=64, days=2, discharge_day=1, discharge_s=600, every_s=60)
    with closing(History(tmp_path, keeping=FOR_EVER)) as history:
        recording.write(history)
        check_queries(tmp_path, recording)
        write_export(tmp_path, FolderTarget(tmp_path / "out"), scope(recording), BEGIN)
    check_files(tmp_path / "out", recording)


@pytest.mark.soak
@pytest.mark.timeout(3 * 3600)
def test_a_month_of_512_cells_with_a_discharge_comes_back_equal(tmp_path: Path) -> None:
    recording = Recording(cells=512, days=30, discharge_day=17, discharge_s=7200)
    with closing(History(tmp_path, keeping=FOR_EVER)) as history:
        recorded_s, samples = timed(lambda: recording.write(history))
        stored = sum(path.stat().st_size for path in tmp_path.iterdir())
        check_queries(tmp_path, recording)
        before = peak_bytes()
        exported_s, written = timed(
            lambda: write_export(tmp_path, FolderTarget(tmp_path / "out"), scope(recording), BEGIN)
        )
        grown = peak_bytes() - before
    checked_s, values = timed(lambda: check_files(tmp_path / "out", recording))
    figures = {
        "cells": recording.cells,
        "days": recording.days,
        "samples": samples,
        "values": values,
        "stored_bytes": stored,
        "recorded_s": recorded_s,
        "exported_files": len(written.files),
        "exported_bytes": written.total_bytes,
        "exported_s": exported_s,
        "export_peak_memory_growth_bytes": grown,
        "read_back_s": checked_s,
        "different_values": 0,
    }
    if folder := os.environ.get("BACS_FIGURES"):
        path = Path(folder) / "a-month-of-512-cells-exported.json"
        path.write_text(json.dumps(figures, indent=2))
    # All days lie on the disk, some hours of samples in memory.
    assert grown < 300e6


def scope(recording: Recording) -> Scope:
    return Scope(BEGIN, BEGIN + timedelta(days=recording.days), zone=UTC)


def check_queries(state: Path, recording: Recording) -> None:
    """One moment, and the extremes of the discharge, as they were recorded."""
    day = recording.day(recording.discharge_day)
    weak = recording.cells // 2
    begin = day.start + DISCHARGE_AFTER
    during = day.column(Quantity.VOLTAGE)[
        (day.at >= begin.timestamp() * 1000)
        & (day.at < (begin.timestamp() + recording.discharge_s) * 1000)
    ][:, weak]
    with HistoryReader(state) as reader:
        end = begin + timedelta(seconds=recording.discharge_s)
        found = reader.series(KEY, weak + 1, Quantity.VOLTAGE, begin, end, 100)
        sample = reader.sample_at(begin + timedelta(seconds=30))
    assert np.nanmin(found.minimum) == pytest.approx(during.min() / 1000, abs=1e-9)
    assert np.nanmax(found.maximum) == pytest.approx(during.max() / 1000, abs=1e-9)
    assert found.count.sum() == len(during)
    assert sample is not None
    voltages = sample.strings[KEY].columns[Quantity.VOLTAGE]
    place = np.searchsorted(day.at, (begin.timestamp() + 30) * 1000)
    assert np.allclose(voltages, day.column(Quantity.VOLTAGE)[place] / 1000, rtol=0, atol=1e-9)


def check_files(folder: Path, recording: Recording) -> int:
    """Compare every file of every day; return the number of values."""
    return sum(_check_day(folder, day) for day in recording)


def _check_day(folder: Path, day: Day) -> int:
    count = 0
    for file in CELL_FILES:
        track = next(each for each in COLUMNS if each.name == file.figure.name)
        found = _values(folder / day_file(KEY, day.start.date(), file.kind), day)
        per_step = file.figure.factor / track.steps_per_unit
        assert np.array_equal(np.rint(found / per_step), day.column(track.name))
        assert np.allclose(found, day.column(track.name) * per_step, rtol=0, atol=1e-6)
        count += found.size
    for of_string in STRING_FILES:
        found = _values(folder / day_file(KEY, day.start.date(), of_string.kind), day)
        for place, figure in enumerate(of_string.figures):
            steps_per_unit = next(t.steps_per_unit for t in SCALARS if t.name == figure.name)
            wanted = day.scalar(figure.name)
            assert np.array_equal(np.rint(found[:, place] * steps_per_unit), wanted)
        count += found.size
    return count


def _values(path: Path, day: Day) -> NDArray[Any]:
    """Read a file back, its times compared."""
    lines = path.read_bytes().decode("utf-8-sig").removesuffix("\r\n").split("\r\n")[1:]
    parts = [line.split(",", 2) for line in lines]
    times = np.array([part[0][:-1] for part in parts], dtype="datetime64[ms]").astype(np.int64)
    assert np.array_equal(times, day.at)
    return np.array([np.fromstring(part[2], sep=",") for part in parts])


def timed(work: Callable[[], _T]) -> tuple[float, _T]:
    begin = time.perf_counter()
    done = work()
    return round(time.perf_counter() - begin, 1), done


def peak_bytes() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
