"""Samples for analysts: the same rows whatever the pieces, and memory that does not grow."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from arro3.core import RecordBatch
from arro3.io import read_parquet
from hypothesis import given, settings, strategies as st

from bacs_core.history.layout import COLUMNS, SCALARS
from bacs_core.history.measured import Block
from bacs_core.history.samples_csv import HEADER, write_csv
from bacs_core.history.samples_parquet import ROWS_IN_GROUP, write_parquet
from bacs_core.history.samples_table import Table, tables, unit_of
from bacs_core.model import Quantity
from bacs_core.snapshot import Floats

KEY = "ups-a/1"
START = 1_795_248_000_000


def block(first: int, samples: int, cells: int) -> Block:
    """Samples whose values tell their place: the number of the sample and of the cell."""
    numbers = np.arange(first, first + samples)
    voltage = np.round(2.0 + numbers[:, None] / 1000 + np.arange(cells) / 100, 3)
    voltage[numbers % 5 == 4, 0] = np.nan
    return Block(
        KEY,
        START + numbers * 10_000,
        {
            Quantity.VOLTAGE: voltage,
            "status": np.broadcast_to(np.arange(cells) % 4.0, (samples, cells)),
        },
        {
            "current_a": np.where(numbers % 3 == 0, np.nan, -numbers / 1000),
            "equalization": np.full(samples, 2.0),
            "inhibited_by": (numbers % 4).astype(float),
        },
    )


def csv_rows(parts: Iterator[Table]) -> list[dict[str, str]]:
    out = io.BytesIO()
    write_csv(parts, KEY, out)
    return list(csv.DictReader(io.StringIO(out.getvalue().decode())))


@settings(max_examples=40, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 12), min_size=1, max_size=6),
    cells=st.integers(1, 5),
    rows_at_once=st.integers(1, 60),
)
def test_the_rows_are_the_same_however_the_samples_come_in_blocks_and_tables(
    lengths: list[int], cells: int, rows_at_once: int
) -> None:
    total = sum(lengths)
    starts = np.cumsum([0, *lengths[:-1]]).tolist()
    parts = [block(first, count, cells) for first, count in zip(starts, lengths, strict=True)]
    made = list(tables(parts, rows_at_once))
    assert all(len(table.at) >= rows_at_once for table in made[:-1])
    assert all(len(table.at) < rows_at_once + max(rows_at_once, cells + 1) for table in made)
    (whole,) = tables([block(0, total, cells)], rows_at_once=10_000)
    for name, values in whole.values.items():
        joined = np.concatenate([table.values[name] for table in made])
        assert np.array_equal(joined, values, equal_nan=True)
    assert np.array_equal(np.concatenate([table.at for table in made]), whole.at)
    assert np.array_equal(np.concatenate([table.cell for table in made]), whole.cell)


def test_a_string_has_a_row_of_its_own_before_those_of_its_cells() -> None:
    rows = csv_rows(tables([block(0, 2, 2)]))
    assert [row["cell"] for row in rows] == ["", "1", "2", "", "1", "2"]
    assert [row["time"] for row in rows[::3]] == [
        "2026-11-21T08:00:00.000Z",
        "2026-11-21T08:00:10.000Z",
    ]
    assert rows[3]["current_a"] == "-0.001"
    assert (rows[3]["equalization"], rows[3]["inhibited_by"]) == ("active", "discharge")
    assert (rows[0]["current_a"], rows[0]["inhibited_by"]) == ("", "")
    assert rows[5]["voltage_v"] == "2.011"
    assert (rows[5]["status"], rows[5]["current_a"]) == ("1", "")


@pytest.mark.parametrize("track", [*COLUMNS, *SCALARS], ids=lambda track: str(track.name))
def test_a_value_is_written_with_just_the_decimals_of_its_register(track: Any) -> None:
    if track.symbols:
        return
    cells = {str(each.name) for each in COLUMNS}
    steps = np.array([1.0, 7.0, -3.0])
    values = steps / track.steps_per_unit
    columns: dict[str, Floats] = {Quantity.VOLTAGE: np.zeros((3, 1))}
    scalars: dict[str, Floats] = {}
    if str(track.name) in cells:
        columns[track.name] = values[:, None]
    else:
        scalars[track.name] = values
    rows = csv_rows(tables([Block(KEY, START + np.arange(3), columns, scalars)]))
    texts = [row[str(track.name)] for row in rows if row[str(track.name)]]
    assert [float(text) for text in texts] == values.tolist()
    decimals = {len(text.partition(".")[2]) for text in texts}
    assert decimals == {len(f"{track.steps_per_unit - 1}") if track.steps_per_unit > 1 else 0}


def test_parquet_and_csv_hold_the_same() -> None:
    parts = [block(0, 40, 3), block(40, 17, 3)]
    out = io.BytesIO()
    write_parquet(tables(parts, 64), KEY, out)
    reader = read_parquet(io.BytesIO(out.getvalue()))
    batches = [RecordBatch.from_arrow(batch) for batch in reader]
    text = csv_rows(tables(parts, 64))
    for name in HEADER[2:]:
        values = [value for batch in batches for value in batch.column(name).to_pylist()]
        plain = ["" if value is None else value for value in values]
        expected = [
            float(row[name]) if row[name] and isinstance(value, float) else row[name]
            for row, value in zip(text, values, strict=True)
        ]
        assert [str(v) if isinstance(v, int) else v for v in plain] == expected, name
    assert reader.schema.field("current_a").metadata_str == {"unit": "A"}


def test_a_parquet_file_is_written_while_its_rows_come() -> None:
    written_when: list[int] = []
    made = 0

    class Sink(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, content: Any) -> int:
            written_when.append(made)
            return len(content)

    def coming() -> Iterator[Block]:
        nonlocal made
        for made in range(1, 7):
            yield block(made * 1000, 1000, 99)

    count = 6
    assert count * 1000 * 100 == 3 * ROWS_IN_GROUP
    write_parquet(tables(coming()), KEY, io.BufferedWriter(Sink(), 1))
    assert set(written_when) >= {2, 4, 6}, "a row group is out before the next one comes"


def test_every_measured_value_has_a_unit() -> None:
    for track in (*COLUMNS, *SCALARS):
        if not track.symbols and track.name != "status":
            assert unit_of(str(track.name)), track.name
