"""Carries protection over a restart: what was learned, what is up, and every trip.

Of a calm string only what was learned is kept; where a sign is up, all that was counted goes on. A
kept trip is never lost because a part of it cannot be read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

import numpy as np

from bacs_core.model import TripCause, TripState
from bacs_core.protection.memory import (
    Array,
    CellMemory,
    Memory,
    StringMemory,
    blank,
    initial,
    names_of,
)
from bacs_core.protection.trips import (
    DEFERRAL_S,
    LONGEST_OFF_H,
    SECONDS_PER_HOUR,
    Trip,
    armed,
)
from bacs_core.rows import Rows

#: What a calm string keeps, cell by cell and of itself.
_LEARNED_OF_CELLS: Final = ("offset_k",)
_DIGITS: Final = 4

Json = dict[str, Any]


def keep(memory: Memory, rows: Rows) -> Json:
    """Return the memory as plain JSON, by string; unknown numbers are `None`."""
    cells = memory.cells
    signs = cells.suspect | cells.pre | cells.alarm | cells.trip | (cells.alarm_s > 0)
    signs |= (cells.over_temperature_s > 0) | (cells.over_voltage_s > 0)
    signs |= (cells.under_voltage_s > 0) | (cells.pre_s > 0)
    raised = rows.any(signs) | memory.strings.current_overdue
    kept: Json = {}
    for place, string in enumerate(rows.strings):
        part = rows.slices[string.key]
        names = names_of(CellMemory) if raised[place] else _LEARNED_OF_CELLS
        kept[string.key] = {
            "at": _plain(memory.at),
            "cell_count": string.cell_count,
            "cells": {name: _plain_list(getattr(cells, name)[part]) for name in names},
            "string": {
                name: _plain(getattr(memory.strings, name)[place])
                for name in names_of(StringMemory)
            },
        }
    return kept


def restore(kept: object, rows: Rows) -> Memory:
    """Return the memory that `keep` was given, as far as it can be read and still fits.

    A string whose cell count changed starts anew; what is malformed is left out, one by one.
    """
    memory = initial(rows)
    if not isinstance(kept, Mapping):
        return memory
    cells = {name: blank(name, rows.cell_count) for name in names_of(CellMemory)}
    strings = {name: blank(name, rows.string_count) for name in names_of(StringMemory)}
    times: list[float] = []
    for place, string in enumerate(rows.strings):
        told = kept.get(string.key)
        if not isinstance(told, Mapping) or told.get("cell_count") != string.cell_count:
            continue
        at = _number(told.get("at"))
        if not math.isnan(at):
            times.append(at)
        part = rows.slices[string.key]
        for name, column in cells.items():
            values = _values(told.get("cells"), name, string.cell_count)
            if values is not None:
                column[part] = values
        for name, column in strings.items():
            value = _values(told.get("string"), name, None)
            if value is not None:
                column[place] = value[0]
    return replace(
        memory,
        cells=CellMemory(**cells),
        strings=StringMemory(**strings),
        at=max(times, default=math.nan),
    )


def keep_trips(trips: Mapping[str, Trip]) -> Json:
    """Return every trip as plain JSON, by string."""
    return {key: asdict(trip) for key, trip in trips.items()}


def restore_trips(kept: object, breakers: Mapping[str, bool], now: float) -> dict[str, Trip]:
    """Return a trip for each string in `breakers`, which tells whether it has one.

    A trip goes on where it was, an order that was not confirmed is given again.
    """
    told = kept if isinstance(kept, Mapping) else {}
    return {
        key: _restored(told.get(key), now) if breaker else armed(now, breaker=False)
        for key, breaker in breakers.items()
    }


_TIMED: Final = {
    TripState.DEFERRED: DEFERRAL_S,
    TripState.OFF: LONGEST_OFF_H * SECONDS_PER_HOUR,
}


def _restored(told: object, now: float) -> Trip:
    if not isinstance(told, Mapping):
        return armed(now)
    kept = told.get("causes")
    causes = tuple(c for c in TripCause if c in kept) if isinstance(kept, Sequence) else ()
    state = _state(told.get("state"), causes)
    if state is TripState.NO_BREAKER:
        return armed(now)
    until = left_s = None
    if state in _TIMED:
        until = _number(told.get("until"))
        if not now - _TIMED[state] <= until <= now + _TIMED[state]:
            return replace(armed(now), deferred_once=state is TripState.DEFERRED)
        # By a clock that is late, more would be left than there was.
        left_s = float(np.fmin(until - now, _number(told.get("left_s"))))
        until = now + left_s
    cell, by, reason = told.get("cell"), told.get("by"), told.get("reason")
    since = _number(told.get("since"))
    waits = state is TripState.TRIPPING or not since <= now
    return Trip(
        state=state,
        causes=causes,
        cell=cell if isinstance(cell, int) and cell > 0 else None,
        since=now if waits else since,
        by=by if isinstance(by, str) else None,
        reason=reason if isinstance(reason, str) else "",
        until=until,
        left_s=left_s,
        deferred_once=told.get("deferred_once") is True,
    )


def _state(told: object, causes: Sequence[TripCause]) -> TripState:
    """Return the state to go on with; what has causes was ordered, whatever else is damaged."""
    if not isinstance(told, str) or told not in set(TripState):
        return TripState.TRIPPING if causes else TripState.ARMED
    # The contact has its time to answer after the start, too.
    return TripState.TRIPPING if told == TripState.FAILED else TripState(told)


def _plain(value: object) -> float | bool | None:
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    number = _number(value)
    return round(number, _DIGITS) if math.isfinite(number) else None


def _plain_list(values: Array) -> list[float | bool | None]:
    return [_plain(value) for value in values.tolist()]


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return math.nan
    try:
        number = float(value)
    except OverflowError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def _values(told: object, name: str, count: int | None) -> Array | None:
    """Return the kept values of one array, `None` where they cannot be read."""
    values = told.get(name) if isinstance(told, Mapping) else None
    if count is None and isinstance(told, Mapping) and name in told:
        values = [values]
    if not isinstance(values, list) or len(values) != (1 if count is None else count):
        return None
    if blank(name, 1).dtype == np.bool_:
        plain = all(isinstance(value, bool) for value in values)
        return np.array(values, np.bool_) if plain else None
    if any(isinstance(value, (bool, str, list, dict)) for value in values):
        return None
    numbers = np.array([_number(value) for value in values])
    # A count or an offset that is unknown begins at zero.
    return np.where(np.isnan(numbers), blank(name, 1)[0], numbers)
