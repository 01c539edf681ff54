"""One moment of the site as people and programs read it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from bacs_core.history.layout import EQUALIZATION, INHIBITED_BY, STATUS, StringLayout, Track
from bacs_core.history.measurements.numbers import ABSENT, Numbers


@dataclass(frozen=True, slots=True)
class StringSample:
    """One string as it is stored: NaN or `None` where there was no value. Names as in `layout`."""

    columns: Mapping[str, NDArray[np.float64]]
    status: Numbers
    scalars: Mapping[str, float | None]
    equalization: str | None
    inhibited_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """The whole site at one moment, by string key."""

    at: datetime
    strings: Mapping[str, StringSample]


def string_sample(layout: StringLayout, columns: Numbers, scalars: Numbers) -> StringSample:
    """Turn (columns, cells) and (scalars,) back into values, by the layout of their time."""
    found = _values(scalars, layout.scalars, 0).tolist()
    values = {
        track.name: None if math.isnan(value) else value
        for track, value in zip(layout.scalars, found, strict=True)
    }
    symbols = {track.name: track.symbols for track in layout.scalars}
    names = [track.name for track in layout.columns]
    of_cells = dict(zip(names, _values(columns, layout.columns, 1), strict=True))
    return StringSample(
        columns={name: each for name, each in of_cells.items() if name != STATUS},
        status=columns[names.index(STATUS)],
        scalars={name: value for name, value in values.items() if not symbols[name]},
        equalization=_symbol(values[EQUALIZATION], symbols[EQUALIZATION]),
        inhibited_by=_flags(values[INHIBITED_BY], symbols[INHIBITED_BY]),
    )


def _values(numbers: Numbers, tracks: Sequence[Track], axes: int) -> NDArray[np.float64]:
    """Turn whole steps, (tracks,) and so many further axes, back into values."""
    steps = np.array([track.steps_per_unit for track in tracks])
    steps = steps.reshape(-1, *[1] * axes)
    return np.where(numbers == ABSENT, np.nan, numbers / steps)


def _symbol(value: float | None, symbols: tuple[str, ...]) -> str | None:
    return None if value is None else symbols[int(value)]


def _flags(value: float | None, symbols: tuple[str, ...]) -> tuple[str, ...]:
    mask = int(value or 0)
    return tuple(symbol for bit, symbol in enumerate(symbols) if mask >> bit & 1)
