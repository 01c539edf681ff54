"""The samples of a string as rows for analysts: one per time and cell, and one for the string.

The row of the string comes first and has no cell; values of cells are absent in it, and those of
the string in the rows of cells. Values stay whole steps of the registers until they are written, so
that nothing is rounded twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.history.layout import COLUMNS, INHIBITED_BY, SCALARS, Track
from bacs_core.history.measured import Block, Moments
from bacs_core.snapshot import Floats

#: A table this long is written; with some twenty columns it takes 10 MB.
ROWS_AT_ONCE: Final = 50_000
#: Between names where several apply.
AND: Final = "+"

#: Units of the values, by the ending of their name.
UNITS: Final = {
    "_v": "V",
    "_a": "A",
    "_w": "W",
    "_c": "degC",
    "_ohm": "ohm",
    "_percent": "%",
}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in columns, all of one length.

    `at` is in unix milliseconds, `cell` counts from 1 and is 0 for the string. `values` holds a
    column for each of `COLUMNS` and `SCALARS`, NaN where there is nothing.
    """

    at: Moments
    cell: NDArray[np.int64]
    values: Mapping[str, Floats]


def unit_of(name: str) -> str:
    """Return the unit of a value by its name, empty where it has none."""
    return next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")


def names_of(track: Track) -> tuple[str, ...]:
    """Return what the raw numbers of a state mean, in their order; empty for a measured value."""
    if track.name != INHIBITED_BY:
        return track.symbols
    return tuple(
        AND.join(name for bit, name in enumerate(track.symbols) if mask >> bit & 1)
        for mask in range(1 << len(track.symbols))
    )


def tables(blocks: Iterable[Block], rows_at_once: int = ROWS_AT_ONCE) -> Iterator[Table]:
    """Turn blocks of samples into tables of `rows_at_once` rows, and at most as many again.

    Short blocks are joined, long ones cut; the last table may be shorter.
    """
    waiting: list[Table] = []
    rows = 0
    for block in blocks:
        for part in _cut(block, rows_at_once):
            waiting.append(_table(part))
            rows += len(waiting[-1].at)
            if rows >= rows_at_once:
                yield _joined(waiting)
                waiting, rows = [], 0
    if waiting:
        yield _joined(waiting)


def _cut(block: Block, rows_at_once: int) -> Iterator[Block]:
    samples = max(1, rows_at_once // (_cell_count(block) + 1))
    for first in range(0, len(block.at), samples):
        part = slice(first, first + samples)
        yield replace(
            block,
            at=block.at[part],
            columns={name: values[part] for name, values in block.columns.items()},
            scalars={name: values[part] for name, values in block.scalars.items()},
        )


def _table(block: Block) -> Table:
    samples, cells = len(block.at), _cell_count(block)
    values: dict[str, Floats] = {}
    for track in COLUMNS:
        rows = np.full((samples, cells + 1), np.nan)
        if (measured := block.columns.get(track.name)) is not None:
            rows[:, 1:] = measured
        values[str(track.name)] = rows.ravel()
    for track in SCALARS:
        rows = np.full((samples, cells + 1), np.nan)
        if (told := block.scalars.get(track.name)) is not None:
            rows[:, 0] = told
        values[str(track.name)] = rows.ravel()
    return Table(
        at=np.repeat(block.at, cells + 1),
        cell=np.tile(np.arange(cells + 1, dtype=np.int64), samples),
        values=values,
    )


def _joined(parts: list[Table]) -> Table:
    if len(parts) == 1:
        return parts[0]
    return Table(
        at=np.concatenate([part.at for part in parts]),
        cell=np.concatenate([part.cell for part in parts]),
        values={
            name: np.concatenate([part.values[name] for part in parts]) for name in parts[0].values
        },
    )


def _cell_count(block: Block) -> int:
    return next((values.shape[1] for values in block.columns.values()), 0)
