"""Moments of a plant in whole numbers, as they are recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bacs_core.history.layout import COLUMNS, SCALARS, StringLayout
from bacs_core.history.measurements.numbers import ABSENT, Numbers
from bacs_core.history.measurements.taken import Taken
from bacs_core.history.measurements.writer import MeasurementWriter
from bacs_core.settings import Keeping

#: A full hour of UTC.
START = 1_795_248_000_000
STEP = 10_000
HOUR = 3_600_000
DAY = 24 * HOUR
NOW = datetime(2026, 11, 21, 9, 5, tzinfo=UTC)


def layouts(*cells: int) -> tuple[StringLayout, ...]:
    return tuple(
        StringLayout(f"m/{number}", "m", f"String {number}", count)
        for number, count in enumerate(cells, start=1)
    )


def writer(state: Path, keeping: Keeping | None = None) -> MeasurementWriter:
    return MeasurementWriter(state, keeping or Keeping(), NOW)


def hasty(state: Path, keeping: Keeping | None = None) -> MeasurementWriter:
    """Make a writer that never waits for the disk, where that is not what is tried."""
    made = writer(state, keeping)
    made.database.conn.execute("PRAGMA synchronous = OFF")
    made._journal.flush = lambda: None  # type: ignore[method-assign]
    return made


def columns_of(random: np.random.Generator, cells: int) -> Numbers:
    """Float charge: noise on voltage and temperature, bypass on some, the rest stands still."""
    numbers = np.empty((len(COLUMNS), cells), dtype=np.int32)
    numbers[0] = 2250 + np.arange(cells) % 13 + np.rint(random.normal(0, 1.5, cells))
    numbers[1] = 250 + np.rint(random.normal(0, 0.3, cells))
    numbers[2] = 420
    numbers[3] = 1000
    numbers[4] = np.where(np.arange(cells) % 3 == 0, 40 + np.rint(random.normal(0, 1, cells)), 0)
    numbers[5] = 0
    return numbers


def moments(
    strings: Sequence[StringLayout],
    count: int,
    *,
    first: int = START,
    step: int = STEP,
    seed: int = 1,
    holes: float = 0.0,
) -> Iterator[Taken]:
    """Regular samples; a share `holes` of the numbers is absent."""
    random = np.random.default_rng(seed)
    cells = sum(string.cell_count for string in strings)
    for index in range(count):
        columns = columns_of(random, cells)
        columns[random.random(columns.shape) < holes] = ABSENT
        scalars = random.integers(-3000, 3000, (len(strings), len(SCALARS))).astype(np.int32)
        scalars[:, 7:] = 1
        kept = np.ones(len(strings), dtype=np.bool_)
        yield Taken(first + index * step, tuple(strings), columns, scalars, kept)
