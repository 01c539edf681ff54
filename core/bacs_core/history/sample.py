"""One moment of the site as people and programs read it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from bacs_core.history.layout import EQUALIZATION, INHIBITED_BY, STATUS, StringLayout, Track
from bacs_core.history.measurements.numbers import Numbers, to_values


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
    values = {
        track.name: _scalar(number, track)
        for track, number in zip(layout.scalars, scalars, strict=True)
    }
    symbols = {track.name: track.symbols for track in layout.scalars}
    by_name = dict(zip((track.name for track in layout.columns), columns, strict=True))
    return StringSample(
        columns={
            track.name: to_values(by_name[track.name], track.steps_per_unit)
            for track in layout.columns
            if track.name != STATUS
        },
        status=by_name[STATUS],
        scalars={name: value for name, value in values.items() if not symbols[name]},
        equalization=_symbol(values[EQUALIZATION], symbols[EQUALIZATION]),
        inhibited_by=_flags(values[INHIBITED_BY], symbols[INHIBITED_BY]),
    )


def _scalar(number: np.int32, track: Track) -> float | None:
    (value,) = to_values(np.array([number]), track.steps_per_unit)
    return None if math.isnan(value) else float(value)


def _symbol(value: float | None, symbols: tuple[str, ...]) -> str | None:
    return None if value is None else symbols[int(value)]


def _flags(value: float | None, symbols: tuple[str, ...]) -> tuple[str, ...]:
    mask = int(value or 0)
    return tuple(symbol for bit, symbol in enumerate(symbols) if mask >> bit & 1)
