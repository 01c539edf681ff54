"""Open buffers become windows of the full tier."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from bacs_core.history.measured import Tier
from bacs_core.history.measurements import section
from bacs_core.history.measurements.buffers import Buffer
from bacs_core.history.measurements.chunk import join, write_axis
from bacs_core.history.measurements.string_rows import store_string
from bacs_core.history.measurements.windows import (
    NewWindow,
    StoredString,
    insert_window,
)


def seal(database: Database, buffer: Buffer, group_cells: int) -> None:
    """Store what is in `buffer` as one window, in the running transaction."""
    stored = store_string(database, buffer.layout, group_cells)
    at = buffer.at
    order = None if (np.diff(at) >= 0).all() else np.argsort(at, kind="stable")
    if order is not None:
        at = at[order]
    window = NewWindow(
        stored.id,
        Tier.FULL,
        buffer.epoch,
        int(at[0]),
        int(at[-1]),
        int(buffer.sequence[0]),
        int(buffer.sequence[-1]),
        buffer.recorded_ms,
        write_axis(at),
    )
    insert_window(database, window, _chunks(buffer, stored, order))


def _chunks(buffer: Buffer, stored: StoredString, order: NDArray[np.intp] | None) -> list[bytes]:
    scalars, columns = np.ascontiguousarray(buffer.scalars.T), buffer.columns
    if order is not None:
        scalars, columns = scalars[:, order], columns[order]
    by_cell = [_by_cell(columns[:, place]) for place in range(columns.shape[1])]
    chunks = [join([section.encode(row[np.newaxis]) for row in scalars])]
    chunks += [join([section.encode(each[cells]) for each in by_cell]) for cells in stored.groups]
    return chunks


def _by_cell(column: NDArray[Any]) -> NDArray[Any]:
    """Turn (samples, cells) round, as sections are encoded; one moment stands for all alike."""
    rows = column[:1] if (column == column[0]).all() else column
    return np.ascontiguousarray(rows.T)
