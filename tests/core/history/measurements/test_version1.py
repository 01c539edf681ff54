"""Samples of the first version are taken over once, whenever the engine is stopped meanwhile."""

from __future__ import annotations

import json
import struct
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import zstandard
from numpy.typing import NDArray
from sqlite_utils import Database

from bacs_core.history.database import open_database
from bacs_core.history.layout import COLUMNS, SCALARS
from bacs_core.history.measurements.database import open_measurements
from bacs_core.history.measurements.numbers import ABSENT
from bacs_core.history.measurements.reading import MeasurementReader
from bacs_core.history.measurements.taken import Taken
from bacs_core.history.measurements.version1 import convert_next
from tests.core.history.measurements.plant import START, layouts, moments
from tests.core.history.measurements.test_writer import assert_all_there

STRINGS = layouts(5, 3)


def fill(database: Database, every: list[Taken], chain: int) -> None:
    """Write samples as the first version did; each number whole, which it also understood."""
    description = {
        "format": 1,
        "strings": [
            {
                "key": string.key,
                "manager_id": string.manager_id,
                "name": string.name,
                "cell_count": string.cell_count,
            }
            for string in STRINGS
        ],
        "columns": [asdict(track) for track in COLUMNS],
        "scalars": [asdict(track) for track in SCALARS],
    }
    database.table("layouts").insert({"id": 1, "description": json.dumps(description)})
    for number, taken in enumerate(every, start=1):
        if number % chain == 1:
            database.table("keyframes").insert(
                {"sample_id": number, "at": taken.at, "layout_id": 1}
            )
        sections = [_section(row) for row in (*taken.columns, taken.scalars.ravel())]
        body = struct.pack(f"<{len(sections)}I", *map(len, sections)) + b"".join(sections)
        database.table("samples").insert({"id": number, "at": taken.at, "body": body})


def _section(numbers: NDArray[np.int32]) -> bytes:
    planes = numbers.astype("<i4").view(np.uint8).reshape(-1, 4).T
    return zstandard.compress(b"\x80" * len(numbers) + planes.tobytes())


def test_all_samples_are_taken_over_and_their_tables_are_dropped(tmp_path: Path) -> None:
    every = list(moments(STRINGS, 90, holes=0.1))
    with closing(open_database(tmp_path)) as old, closing(open_measurements(tmp_path)) as new:
        fill(old, every, chain=20)
        while convert_next(old, new):
            pass
        assert not {"samples", "keyframes", "layouts"} & set(old.table_names())
        assert not convert_next(old, new)
    assert_all_there(tmp_path, every)


def test_stopped_after_any_chain_it_goes_on_and_takes_nothing_twice(tmp_path: Path) -> None:
    every = list(moments(STRINGS, 90))
    with closing(open_database(tmp_path)) as old:
        fill(old, every, chain=20)
    for _ in range(10):
        with closing(open_database(tmp_path)) as old, closing(open_measurements(tmp_path)) as new:
            convert_next(old, new)
    assert_all_there(tmp_path, every)


def test_a_hole_in_a_chain_ends_that_chain_only(tmp_path: Path) -> None:
    every = list(moments(STRINGS, 60))
    with closing(open_database(tmp_path)) as old, closing(open_measurements(tmp_path)) as new:
        fill(old, every, chain=20)
        old.table("samples").delete(26)
        while convert_next(old, new):
            pass
    assert_all_there(tmp_path, every[:25] + every[40:])


@pytest.mark.parametrize("spoilt", ["{", "{}", "[1]"])
def test_of_a_layout_that_cannot_be_read_nothing_is_taken_over_and_nothing_is_dropped(
    tmp_path: Path, spoilt: str
) -> None:
    every = list(moments(STRINGS, 10))
    with closing(open_database(tmp_path)) as old, closing(open_measurements(tmp_path)) as new:
        fill(old, every, chain=5)
        old.execute("UPDATE layouts SET description = ?", (spoilt,))
        while convert_next(old, new):
            pass
        assert old.table("samples").count == len(every)
        assert new.table("windows").count == 0


def test_absent_numbers_stay_absent(tmp_path: Path) -> None:
    every = list(moments(STRINGS, 10))
    for taken in every:
        taken.columns[1] = ABSENT
    with closing(open_database(tmp_path)) as old, closing(open_measurements(tmp_path)) as new:
        fill(old, every, chain=20)
        while convert_next(old, new):
            pass
    with closing(MeasurementReader(tmp_path)) as reader:
        series = reader.series("m/1", 1, "temperature_c", START, START + 100_000, 10)
    assert not series.count.any()
