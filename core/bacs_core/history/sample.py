"""From a snapshot to the whole numbers that are stored, and from those to a sample for people.

A value that was too old at the moment of the sample is stored as absent: a held value is never
taken for a measured one later.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.history.codec import Image, Numbers, to_numbers, to_values
from bacs_core.history.layout import (
    COLUMNS,
    EQUALIZATION,
    INHIBITED_BY,
    SCALARS,
    STATUS,
    Layout,
    Track,
)
from bacs_core.model import EqualizationState, Inhibit, Quantity
from bacs_core.snapshot import Reading, Snapshot, StringSnapshot

STATES: Final = tuple(EqualizationState)
INHIBITS: Final = tuple(Inhibit)


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


def image_of(snapshot: Snapshot) -> Image:
    """Round everything in the snapshot to whole steps, in the order of `layout_of`."""
    now = snapshot.at.timestamp()
    strings = tuple(snapshot.strings.values())
    columns = (
        np.concatenate([_column(string, track, now) for string in strings] or [_NOTHING])
        for track in COLUMNS
    )
    scalars = np.array([_scalars(string, now) for string in strings], dtype=np.float64)
    steps = np.array([track.steps_per_unit for track in SCALARS])
    return (*columns, to_numbers(scalars.reshape(-1, len(SCALARS)), steps).ravel())


def sample_of(image: Image, layout: Layout, at: datetime) -> Sample:
    """Turn stored numbers back into values, by the layout they were stored with."""
    strings: dict[str, StringSample] = {}
    first_cell = 0
    for position, string in enumerate(layout.strings):
        cells = slice(first_cell, first_cell + string.cell_count)
        first_cell += string.cell_count
        columns = {
            track.name: numbers[cells]
            for track, numbers in zip(layout.columns, image, strict=False)
        }
        scalars = {
            track.name: _scalar(image[-1][position * len(layout.scalars) + place], track)
            for place, track in enumerate(layout.scalars)
        }
        symbols = {track.name: track.symbols for track in layout.scalars}
        strings[string.key] = StringSample(
            columns={
                track.name: to_values(columns[track.name], track.steps_per_unit)
                for track in layout.columns
                if track.name != STATUS
            },
            status=columns[STATUS],
            scalars={name: value for name, value in scalars.items() if not symbols[name]},
            equalization=_symbol(scalars[EQUALIZATION], symbols[EQUALIZATION]),
            inhibited_by=_flags(scalars[INHIBITED_BY], symbols[INHIBITED_BY]),
        )
    return Sample(at, strings)


_NOTHING: Final = np.empty(0, dtype=np.int32)


def _column(snapshot: StringSnapshot, track: Track, now: float) -> Numbers:
    if track.name == STATUS:
        return snapshot.status.astype(np.int32)
    quantity = Quantity(track.name)
    column = snapshot.readings.columns.get(quantity)
    if column is None:
        return to_numbers(np.full(snapshot.string.cell_count, np.nan), 1)
    fresh = column.fresh(now, snapshot.string.stale_after_s.get(quantity, math.inf))
    return to_numbers(np.where(fresh, column.values, np.nan), track.steps_per_unit)


def _scalars(snapshot: StringSnapshot, now: float) -> tuple[float, ...]:
    """Return the numbers of a string in the order of `SCALARS`, NaN where there is none."""
    summary, equalization = snapshot.summary, snapshot.equalization
    stale_after_s = snapshot.string.stale_after_s.get(Quantity.TEMPERATURE, math.inf)
    room = _fresh(snapshot.readings.room_temperature_c, now, stale_after_s)
    return (
        _number(summary.sum_voltage_v),
        _number(summary.target_voltage_v),
        _number(summary.mean_charge_percent),
        _number(summary.current_a),
        _number(summary.ac_current_a),
        _number(summary.power_w),
        room,
        float(STATES.index(equalization.state)),
        float(sum(1 << INHIBITS.index(inhibit) for inhibit in set(equalization.inhibited_by))),
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _fresh(reading: Reading | None, now: float, stale_after_s: float) -> float:
    if reading is None or not abs(now - reading.read_at) <= stale_after_s:
        return math.nan
    return reading.value


def _scalar(number: np.int32, track: Track) -> float | None:
    (value,) = to_values(np.array([number]), track.steps_per_unit)
    return None if math.isnan(value) else float(value)


def _symbol(value: float | None, symbols: tuple[str, ...]) -> str | None:
    return None if value is None else symbols[int(value)]


def _flags(value: float | None, symbols: tuple[str, ...]) -> tuple[str, ...]:
    mask = int(value or 0)
    return tuple(symbol for bit, symbol in enumerate(symbols) if mask >> bit & 1)
