"""`./dev bench history`: what 4096 cells every ten seconds cost on the medium and the processor.

One store holds everything: a day of all cells, then six days of one string of 512 cells, so that a
week of a cell can be read. The floor and the peers are computed on the same signals. Times are of
the processor, and the least of several: what else the computer does only adds to them. What is
written is what the kernel counts for this process, journal and checkpoints included.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import zstandard
from numpy.typing import NDArray
from sqlite_utils import Database

from bacs_core.history.layout import COLUMNS, SCALARS, StringLayout
from bacs_core.history.measured import Tier
from bacs_core.history.measurements import section
from bacs_core.history.measurements.chunk import join
from bacs_core.history.measurements.deriving import MERGED_MS
from bacs_core.history.measurements.reading import MeasurementReader
from bacs_core.history.measurements.taken import Taken
from bacs_core.history.measurements.windows import GROUP_CELLS
from bacs_core.history.measurements.writer import MeasurementWriter
from bacs_core.settings import Keeping
from tests.bench._figures import Result, progress, show
from tests.bench._storage_signals import PER_HOUR, Hour, Plant, entropy_floor_bits

STRINGS, CELLS = 8, 512
TOTAL = STRINGS * CELLS
DAY_SAMPLES = 24 * PER_HOUR
STEP_MS = 10_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
#: A midnight of UTC.
START_MS = 1_795_219_200_000
REPEATS = 15
YEARS_DAYS = 3 * 365
GOALS = {
    "ratio": 1.30,
    "week_ms": 15.0,
    "instant_ms": 20.0,
    "written_gb": 0.15,
    "cpu_ms": 1.0,
    "hour_tier": 60.0,
    "large_gb": 6.0,
    "small_gb": 4.0,
}


@dataclass(slots=True)
class Measured:
    """What the day of all cells cost."""

    cpu_ms: list[float] = field(default_factory=list)
    floor_bits: float = 0.0
    written_bytes: int = 0
    file_bytes: int = 0
    tiers: Mapping[Tier, float] = field(default_factory=dict)
    buffer_bytes: int = 0
    zstd_bytes: int = 0
    rows: tuple[float, float] = (0.0, 0.0)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        state = Path(folder)
        plant, day = Plant.drawn(TOTAL), Measured()
        with closing(MeasurementWriter(state, Keeping(), datetime.now(UTC))) as writer:
            _record_day(writer, plant, day)
            _record_week(writer, plant)
        day.rows = _sqlite_rows(state, plant)
        with closing(MeasurementReader(state)) as reader:
            week_ms, instant_ms = _read(reader)
        show("history", _results(day, week_ms, instant_ms, _hours_together(plant)))


def _record_day(writer: MeasurementWriter, plant: Plant, day: Measured) -> None:
    progress(f"a day of {TOTAL} cells, every 10 s, flushed each time")
    before = _written_bytes()
    for number in range(24):
        hour = plant.hour(number)
        day.floor_bits += entropy_floor_bits(hour, CELLS)
        day.zstd_bytes += _zstd_chunks(hour)
        day.cpu_ms.append(_record(writer, hour, number, flush=True))
        day.buffer_bytes = max(day.buffer_bytes, writer.buffer_bytes)
    # The first moment of the next day: the last hour is sealed, and the day is derived.
    late = _record(writer, plant.hour(24), 24, flush=True, count=1)
    day.file_bytes = _used_bytes(writer)
    started = time.thread_time()
    while writer.maintain():
        pass
    day.cpu_ms = [each + 1e3 * (time.thread_time() - started) / 24 for each in day.cpu_ms]
    day.cpu_ms = [(each + late / 24) / PER_HOUR for each in day.cpu_ms]
    writer.database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    day.written_bytes = _written_bytes() - before
    rows = writer.database.conn.execute("SELECT tier, sum(bytes) FROM windows GROUP BY tier")
    payload = {Tier(tier): size for tier, size in rows.fetchall()}
    # Pages are shared out by what lies on them.
    used = _used_bytes(writer) / sum(payload.values())
    day.tiers = {tier: used * size / TOTAL for tier, size in payload.items()}


def _record_week(writer: MeasurementWriter, plant: Plant) -> None:
    progress(f"six more days of {CELLS} cells")
    writer._journal.flush = lambda: None  # type: ignore[method-assign]
    for number in range(24, 7 * 24):
        _record(writer, plant.hour(number, CELLS), number, flush=False)
        while writer.maintain():
            pass


def _record(
    writer: MeasurementWriter, hour: Hour, number: int, *, flush: bool, count: int = PER_HOUR
) -> float:
    """Record an hour, and return the milliseconds of processor it took."""
    used_s = 0.0
    for taken in _moments(hour, number, count):
        if taken.at <= START_MS + DAY_MS and number >= 24 and not flush:
            # That one moment ended the day of all cells.
            continue
        started = time.thread_time()
        writer.record(taken, flush=flush)
        used_s += time.thread_time() - started
    return 1e3 * used_s


def _moments(hour: Hour, number: int, count: int) -> Iterator[Taken]:
    """Yield samples of the cells that `hour` has: whole strings."""
    cells = hour[0].shape[1]
    strings = cells // CELLS
    layouts = tuple(
        StringLayout(f"m/{place}", "m", f"String {place}", CELLS) for place in range(1, strings + 1)
    )
    random = np.random.default_rng(number)
    for index in range(count):
        columns = np.zeros((len(COLUMNS), cells), dtype=np.int32)
        for place, column in enumerate(hour):
            columns[place] = column[index]
        scalars = np.zeros((strings, len(SCALARS)), dtype=np.int32)
        scalars[:, 0] = columns[0].reshape(strings, -1).sum(axis=1)
        scalars[:, 1] = scalars[:, 0] // CELLS
        scalars[:, 3] = np.rint(random.normal(250, 50, strings))
        scalars[:, 5] = scalars[:, 0] * scalars[:, 3] // 100_000
        at = START_MS + number * HOUR_MS + index * STEP_MS
        yield Taken(at, layouts, columns, scalars, np.ones(strings, dtype=np.bool_))


def _zstd_chunks(hour: Hour) -> int:
    """Return the bytes of plain chunks: differences in bytes, zstd level 3, 512 cells an hour."""
    size = 0
    for first in range(0, TOTAL, CELLS):
        for column in hour:
            block = column[:, first : first + CELLS]
            difference = np.clip(np.diff(block, axis=0), -128, 127).astype(np.int8)
            size += block[0].nbytes + len(zstandard.compress(difference.T.tobytes(), 3))
    return size


def _sqlite_rows(folder: Path, plant: Plant) -> tuple[float, float]:
    """Return bytes per cell and day, and milliseconds per sample, of a row per cell and sample."""
    progress("the same as rows of sqlite-utils, a few samples")
    hour, samples = plant.hour(5), 12
    path = folder / "rows.db"
    used_s = 0.0
    with closing(Database(path)) as database:
        database.enable_wal()
        table = database.table("rows")
        for index in range(samples):
            values = [column[index].tolist() for column in hour]
            started = time.thread_time()
            table.insert_all(
                (
                    dict(zip(("ts", "cell", "v", "t", "r", "c", "d"), row, strict=True))
                    for row in zip([index] * TOTAL, range(TOTAL), *values, strict=True)
                ),
                pk=("ts", "cell"),
            )
            used_s += time.thread_time() - started
        database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size * DAY_SAMPLES / samples / TOTAL
    return size, 1e3 * used_s / samples


def _hours_together(plant: Plant) -> float:
    """Return the bytes per cell and day of a chunk of hours after they were put together."""
    progress("a month of hours of one group of cells")
    days = MERGED_MS // DAY_MS
    parts: dict[tuple[int, str], list[NDArray[np.float64]]] = defaultdict(list)
    for number in range(24 * days):
        for place, column in enumerate(plant.hour(number, GROUP_CELLS)):
            parts[place, "minimum"].append(column.min(axis=0))
            parts[place, "mean"].append(np.rint(column.mean(axis=0)))
            parts[place, "maximum"].append(column.max(axis=0))
    sections = [section.encode(np.stack(part, axis=1).astype(np.int16)) for part in parts.values()]
    return len(join(sections)) / GROUP_CELLS / days


def _read(reader: MeasurementReader) -> tuple[float, float]:
    progress("reading back")
    end = START_MS + 7 * DAY_MS

    def week() -> None:
        found = reader.series("m/1", 100, "voltage_v", START_MS, end, 1000)
        if found.count.sum() != 7 * DAY_SAMPLES:
            message = f"{found.count.sum()} samples in the week instead of {7 * DAY_SAMPLES}"
            raise RuntimeError(message)

    def instant() -> None:
        found = reader.sample_at(START_MS + 5 * HOUR_MS + 1_234_567)
        if found is None or len(found.strings) != STRINGS:
            raise RuntimeError("not all strings at an instant")

    return _least_ms(week), _least_ms(instant)


def _least_ms(work: Callable[[], None]) -> float:
    taken_ms = []
    for _ in range(REPEATS):
        started = time.thread_time()
        work()
        taken_ms.append(1e3 * (time.thread_time() - started))
    return min(taken_ms)


def _used_bytes(writer: MeasurementWriter) -> int:
    (size, count, free) = (
        int(writer.database.conn.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_size", "page_count", "freelist_count")
    )
    return size * (count - free)


def _written_bytes() -> int:
    rows = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return int(next(row.split()[1] for row in rows if row.startswith("write_bytes")))


def _results(day: Measured, week_ms: float, instant_ms: float, together: float) -> list[Result]:
    floor = day.floor_bits / 8 / TOTAL
    full = day.file_bytes / TOTAL
    finer = day.tiers[Tier.MINUTE] + day.tiers[Tier.QUARTER]
    hours = day.tiers[Tier.HOUR]
    written_gb, rows_gb = day.written_bytes / 1e9, day.rows[0] * TOTAL / 1e9
    large_gb = TOTAL * (60 * full + YEARS_DAYS * (finer + hours)) / 1e9
    small_gb = CELLS * YEARS_DAYS * (full + finer + hours) / 1e9
    cpu_ms = min(day.cpu_ms)
    raw_mb = CAPACITY_BYTES / 1e6
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    floor_name, rows_name = "order-0 entropy floor", "sqlite-utils, a row per cell and sample"
    zstd = day.zstd_bytes / TOTAL
    return [
        _result("lossless, full resolution, per cell and day", full, "B", (floor_name, floor),
                GOALS["ratio"] * floor),
        _result("the same", full, "B", ("plain zstd chunks of an hour", zstd), None),
        _result("the same", full, "B", (rows_name, day.rows[0]), None),
        _result("one cell, one week, 1000 points", week_ms, "ms", ("goal", GOALS["week_ms"]),
                GOALS["week_ms"]),
        _result(f"all {TOTAL} cells at an instant", instant_ms, "ms",
                ("goal", GOALS["instant_ms"]), GOALS["instant_ms"]),
        _result(f"written for {TOTAL} cells per day", written_gb, "GB", (rows_name, rows_gb),
                GOALS["written_gb"]),
        _result(f"processor per sample of {TOTAL} cells, tiers included", cpu_ms, "ms",
                (rows_name, day.rows[1]), GOALS["cpu_ms"]),
        _result("minutes and quarters of an hour, per cell and day", finer, "B",
                ("full resolution", full), None),
        _result(
            "hours put together after 32 days, per cell and day",
            together,
            "B",
            ("hours before that", hours),
            GOALS["hour_tier"],
        ),
        _result("hours before they are put together, per cell and day", hours, "B",
                ("full resolution", full), None),
        _result(f"{TOTAL} cells: 60 days in full, three years in the tiers", large_gb, "GB",
                ("goal", GOALS["large_gb"]), GOALS["large_gb"]),
        _result(f"{CELLS} cells: three years in full and in the tiers", small_gb, "GB",
                ("goal", GOALS["small_gb"]), GOALS["small_gb"]),
        _result("memory of the open buffers", day.buffer_bytes / 1e6, "MB",
                ("the bound", raw_mb), raw_mb),
        _result("largest memory of this process, signals included", peak_mb, "MB",
                ("the bound of the buffers", raw_mb), None),
    ]  # fmt: skip


#: 360 samples of all columns in 32 bits, and the scalars and times.
CAPACITY_BYTES = 360 * (TOTAL * len(COLUMNS) * 4 + STRINGS * (len(SCALARS) * 4 + 16))


def _result(
    what: str, value: float, unit: str, against: tuple[str, float], goal: float | None
) -> Result:
    return Result(what, value, unit, *against, goal, met=goal is None or value <= goal)


if __name__ == "__main__":
    main()
