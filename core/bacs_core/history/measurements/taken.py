"""What is taken out of a snapshot to be stored: whole numbers of the whole plant, in rows.

A value that was too old at the moment of the sample is absent: a held value is never taken for a
measured one later.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bacs_core.history.layout import COLUMNS, SCALARS, STATUS, StringLayout, layout_of
from bacs_core.history.measurements.numbers import ABSENT, Numbers, to_numbers
from bacs_core.model import EqualizationState, Inhibit, Quantity
from bacs_core.snapshot import Flags, Floats, Reading, Snapshot, StringSnapshot

_STATES: Final = tuple(EqualizationState)
_INHIBITS: Final = tuple(Inhibit)
_STEPS: Final = np.array([track.steps_per_unit for track in SCALARS])


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """The plant at one moment (unix milliseconds), or some strings of it.

    `columns` is (columns of the layout, cells of all strings), `scalars` is (strings, scalars of
    the layout), both with `ABSENT`; `kept` tells which strings are to be stored.
    """

    at: int
    strings: tuple[StringLayout, ...]
    columns: Numbers
    scalars: Numbers
    kept: Flags

    @property
    def nbytes(self) -> int:
        """Memory of the numbers."""
        return self.columns.nbytes + self.scalars.nbytes + self.kept.nbytes

    def only(self, kept: Flags) -> Taken:
        """Return the same moment with other strings to be stored."""
        return replace(self, kept=kept)


def taken_of(snapshot: Snapshot) -> Taken:
    """Round everything in the snapshot to whole steps."""
    now = snapshot.at.timestamp()
    strings = tuple(snapshot.strings.values())
    return Taken(
        at=round(now * 1000),
        strings=layout_of(tuple(string.string for string in strings)),
        columns=_columns(strings, now),
        scalars=_scalars(strings, now),
        kept=np.ones(len(strings), dtype=np.bool_),
    )


def _columns(strings: Sequence[StringSnapshot], now: float) -> Numbers:
    cells = sum(string.string.cell_count for string in strings)
    numbers = np.full((len(COLUMNS), cells), ABSENT, dtype=np.int32)
    if not strings:
        return numbers
    for row, track in enumerate(COLUMNS):
        if track.name == STATUS:
            numbers[row] = np.concatenate([string.status for string in strings])
        else:
            numbers[row] = to_numbers(
                _measured(strings, Quantity(track.name), now, cells), track.steps_per_unit
            )
    return numbers


def _measured(
    strings: Sequence[StringSnapshot], quantity: Quantity, now: float, cells: int
) -> Floats:
    """Return the values that are not stale, in rows."""
    values, read_at, stale_after_s = np.full((3, cells), np.nan)
    first = 0
    for string in strings:
        place = slice(first, first + string.string.cell_count)
        first = place.stop
        column = string.readings.columns.get(quantity)
        if column is not None:
            values[place] = column.values
            read_at[place] = column.read_at
            stale_after_s[place] = string.string.stale_after_s.get(quantity, math.inf)
    # As `Column.fresh`: a time far in the future proves nothing either.
    return np.where(np.abs(now - read_at) <= stale_after_s, values, np.nan)


def _scalars(strings: Sequence[StringSnapshot], now: float) -> Numbers:
    values = np.array([_scalars_of(string, now) for string in strings], dtype=np.float64)
    return to_numbers(values.reshape(-1, len(SCALARS)), _STEPS)


def _scalars_of(snapshot: StringSnapshot, now: float) -> tuple[float, ...]:
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
        float(_STATES.index(equalization.state)),
        float(sum(1 << _INHIBITS.index(inhibit) for inhibit in set(equalization.inhibited_by))),
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _fresh(reading: Reading | None, now: float, stale_after_s: float) -> float:
    if reading is None or not abs(now - reading.read_at) <= stale_after_s:
        return math.nan
    return reading.value
