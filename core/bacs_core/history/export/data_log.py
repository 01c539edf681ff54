"""Rows of the data log: one string at one time, its sums, currents, states and extreme cells."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from bacs_core.history.export.contents import (
    EQUALIZATION_STATES,
    INHIBITS,
    LOG_FIGURES,
    Figure,
)
from bacs_core.history.export.numbers import POINT, Spelling, text_of
from bacs_core.history.layout import EQUALIZATION, INHIBITED_BY, STATUS
from bacs_core.history.measured import Block
from bacs_core.model import CellStatus, Quantity
from bacs_core.snapshot import Floats

_VOLTAGE = Figure(Quantity.VOLTAGE, "", "V", 1, 3)
_TEMPERATURE = Figure(Quantity.TEMPERATURE, "", "°C", 1, 1)


def rows(block: Block, times: list[bytes], spelling: Spelling = POINT) -> Iterator[bytes]:
    """Yield a row per sample of the block, complete with its end of line."""
    nothing = np.full(len(block.at), math.nan)
    scalars = [block.scalars.get(figure.name, nothing).tolist() for figure in LOG_FIGURES]
    voltage = block.columns.get(Quantity.VOLTAGE)
    temperature = block.columns.get(Quantity.TEMPERATURE)
    columns = [
        *(
            [text_of(value, figure) for value in values]
            for figure, values in zip(LOG_FIGURES, scalars, strict=True)
        ),
        *_extreme(voltage, _VOLTAGE, len(times), lowest=True),
        *_extreme(voltage, _VOLTAGE, len(times), lowest=False),
        *_extreme(temperature, _TEMPERATURE, len(times), lowest=False),
        *_marks(block.columns.get(STATUS), len(times)),
        [state(value) for value in block.scalars.get(EQUALIZATION, nothing).tolist()],
        [inhibits(value) for value in block.scalars.get(INHIBITED_BY, nothing).tolist()],
    ]
    for head, *values in zip(times, *columns, strict=True):
        numbers = spelling.of(f",{','.join(values)}".encode())
        yield spelling.between(b"%s,%s" % (head, block.string_key.encode())) + numbers + b"\r\n"


def state(value: float) -> str:
    """Name what equalization was doing."""
    return "" if math.isnan(value) else EQUALIZATION_STATES[int(value)]


def inhibits(value: float) -> str:
    """Name everything that inhibited it, with spaces between."""
    mask = 0 if math.isnan(value) else int(value)
    return " ".join(name for bit, name in enumerate(INHIBITS) if mask >> bit & 1)


def _extreme(
    values: Floats | None, figure: Figure, count: int, *, lowest: bool
) -> tuple[list[str], list[str]]:
    """Return the lowest or highest value of each sample and its cell, counted from 1."""
    if values is None or not values.shape[1]:
        return [""] * count, [""] * count
    beyond = math.inf if lowest else -math.inf
    known = np.where(np.isfinite(values), values, beyond)
    cells = known.argmin(axis=1) if lowest else known.argmax(axis=1)
    found = known[np.arange(count), cells]
    return (
        [text_of(value, figure) for value in found.tolist()],
        [
            str(cell + 1) if math.isfinite(value) else ""
            for cell, value in zip(cells.tolist(), found.tolist(), strict=True)
        ],
    )


def _marks(status: Floats | None, count: int) -> Iterator[list[str]]:
    for mark in (CellStatus.WARNING, CellStatus.ALARM, CellStatus.SILENT):
        if status is None:
            yield [""] * count
        else:
            yield list(map(str, (status == mark).sum(axis=1).tolist()))
