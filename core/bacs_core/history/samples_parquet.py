"""Rows of samples as Parquet, in row groups as they come: memory does not grow with the file.

Needs the extra `analysis`. Absent values are null. The unit of a column stands in its metadata.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Final

import numpy as np
from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema
from arro3.io import write_parquet as write_batches
from numpy.typing import NDArray

from bacs_core.history.layout import COLUMNS, SCALARS, Track
from bacs_core.history.samples_table import Table, names_of, unit_of
from bacs_core.snapshot import Floats

#: On samples of a float charge a tenth smaller than level 1, and levels above gain little.
COMPRESSION: Final = "zstd(3)"
#: What readers take in one piece; until it is full it is held compressed.
ROWS_IN_GROUP: Final = 200_000
TRACKS: Final = (*COLUMNS, *SCALARS)
_TIME: Final = DataType.timestamp("ms", tz="UTC")


def write_parquet(tables: Iterable[Table], string_key: str, out: IO[bytes]) -> None:
    """Write one file. Raises `OSError` where `out` takes no more."""
    schema = schema_of(string_key)
    batches = (_batch(table, string_key, schema) for table in tables)
    write_batches(
        RecordBatchReader.from_batches(schema, batches),
        out,
        compression=COMPRESSION,
        max_row_group_size=ROWS_IN_GROUP,
    )


def schema_of(string_key: str) -> Schema:
    """Return names, kinds and units of the columns."""
    return Schema(
        [
            Field("time", _TIME, nullable=False),
            Field("string", DataType.string(), nullable=False),
            Field("cell", DataType.int16(), metadata={"meaning": "from 1; null: the string"}),
            *(_field(track) for track in TRACKS),
        ],
        metadata={"string": string_key},
    )


def _field(track: Track) -> Field:
    name, unit = str(track.name), unit_of(str(track.name))
    if track.symbols:
        return Field(name, DataType.string())
    if track.steps_per_unit == 1:
        return Field(name, DataType.int16())
    return Field(name, DataType.float64(), metadata={"unit": unit} if unit else None)


def _batch(table: Table, string_key: str, schema: Schema) -> RecordBatch:
    rows = len(table.at)
    arrays = [
        Array.from_numpy(table.at).cast(_TIME),
        Array([string_key], DataType.string()).take(Array.from_numpy(np.zeros(rows, np.int32))),
        _whole(np.where(table.cell == 0, np.nan, table.cell)),
        *(_column(table.values[str(track.name)], track) for track in TRACKS),
    ]
    return RecordBatch.from_arrays(arrays, schema=schema)


def _column(values: Floats, track: Track) -> Array:
    if track.symbols:
        return _picked(Array(list(names_of(track)), DataType.string()), values)
    if track.steps_per_unit == 1:
        return _whole(values)
    places = np.where(np.isfinite(values), np.arange(len(values)), np.nan)
    return _picked(Array.from_numpy(np.ascontiguousarray(values)), places)


def _picked(choices: Array, places: NDArray[np.float64]) -> Array:
    """Take the choice at each place, null where the place is NaN."""
    return choices.take(Array.from_numpy(places).cast(DataType.int32()))


def _whole(values: NDArray[np.float64]) -> Array:
    """Return whole numbers, null for NaN: the cast makes it so."""
    return Array.from_numpy(values).cast(DataType.int16())
