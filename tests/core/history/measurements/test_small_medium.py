"""Three years of 512 cells on a medium of 32 MB, with the sizes of `keeping.SMALL`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from bacs_core.history.layout import COLUMNS, SCALARS
from bacs_core.history.measured import Tier
from bacs_core.history.measurements import recorded_time
from bacs_core.history.measurements.keeping import SMALL
from bacs_core.history.measurements.numbers import Numbers
from bacs_core.history.measurements.pruning import used_bytes
from bacs_core.history.measurements.reading import MeasurementReader
from bacs_core.history.measurements.taken import Taken
from bacs_core.history.measurements.writer import MeasurementWriter
from tests.bench._storage_signals import PER_HOUR, Plant
from tests.core.history.measurements.plant import DAY, HOUR, START, STEP, hasty, layouts

CELLS: Final = 512
DAYS: Final = 3 * 365
#: Before the last days four samples an hour stand for its 360, or this would take hours: one has
#: the least number of each cell, one the largest, two its mean. So the hours are no smaller.
IN_FULL_DAYS: Final = 3
THINNED: Final = PER_HOUR // 4
#: So many days of signals are drawn, and come again: more than are put together in one window.
DRAWN_DAYS: Final = 37
MIDNIGHT: Final = START // DAY * DAY
STRINGS: Final = layouts(CELLS)


def samples(plant: Plant, drawn: dict[int, list[Numbers]], number: int) -> Iterator[Taken]:
    """Yield the samples of an hour, counted from the beginning."""
    thinned = number < 24 * (DAYS - IN_FULL_DAYS)
    known = number % (24 * DRAWN_DAYS)
    rows = drawn.get(known) if thinned else None
    if rows is None:
        signals = np.stack(plant.hour(known), axis=1)
        rows = list(signals)
        if thinned:
            mean = np.rint(signals.mean(axis=0)).astype(signals.dtype)
            drawn[known] = rows = [signals.min(axis=0), signals.max(axis=0), mean, mean]
    for index, row in enumerate(rows):
        columns = np.zeros((len(COLUMNS), CELLS), dtype=np.int32)
        columns[: len(row)] = row
        scalars = np.zeros((1, len(SCALARS)), dtype=np.int32)
        scalars[0, :2] = columns[0].sum(), columns[0].mean()
        at = MIDNIGHT + number * HOUR + index * (THINNED if thinned else 1) * STEP
        yield Taken(at, STRINGS, columns, scalars, np.ones(1, dtype=np.bool_))


def largest_of_three_years(history: MeasurementWriter) -> int:
    """Record them all, and return the most bytes that were in use after any day."""
    plant, largest = Plant.drawn(CELLS), 0
    drawn: dict[int, list[Numbers]] = {}
    for number in range(24 * DAYS + 1):
        for taken in samples(plant, drawn, number):
            history.record(taken)
        while history.maintain():
            pass
        if number % 24 == 0:
            largest = max(largest, used_bytes(history.database) + history._journal.used_bytes)
    return largest


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_three_years_of_512_cells_stay_within_32_mb_in_hours_with_the_last_half_day_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded_time, "LONGEST_PAUSE_MS", THINNED * STEP)
    with closing(hasty(tmp_path, SMALL)) as history:
        largest = largest_of_three_years(history)
        hours = size_of(history, Tier.HOUR)
    with closing(MeasurementReader(tmp_path)) as reader:
        tiers = {extent.tier: extent for extent in reader.tiers()}
    spans = {tier: (extent.last - extent.first) / DAY for tier, extent in tiers.items()}
    figures = {
        "cells": CELLS,
        "days": DAYS,
        "largest_use_bytes": largest,
        "files_bytes": sum(path.stat().st_size for path in tmp_path.iterdir()),
        "hours_bytes_per_cell_and_day": hours / CELLS / spans[Tier.HOUR],
        "days_in_hours": spans[Tier.HOUR],
        "days_in_full": spans[Tier.FULL],
    }
    print(json.dumps(figures, indent=2))
    if folder := os.environ.get("BACS_FIGURES"):
        path = Path(folder) / "three-years-of-512-cells-in-32-mb.json"
        path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    assert largest <= SMALL.budget_bytes
    assert spans[Tier.HOUR] >= DAYS - 2
    assert spans[Tier.FULL] >= 0.5


def size_of(history: MeasurementWriter, tier: Tier) -> int:
    """Return the bytes of a tier, and of what the database needs around them in proportion."""
    rows = history.database.conn.execute("SELECT tier, sum(bytes) FROM windows GROUP BY tier")
    sizes = {Tier(name): int(size) for name, size in rows.fetchall()}
    return used_bytes(history.database) * sizes[tier] // sum(sizes.values())
