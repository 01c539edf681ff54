"""Carries what equalization has learned over a restart, as plain JSON by string.

Delays of reports and responses begin anew; the duty worked out, the hours at the limit, findings
and the charge that was bled are not lost.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeGuard

import numpy as np
from numpy.typing import NDArray

from bacs_core.equalization.memory import Memory, initial
from bacs_core.rows import Rows

_Column = NDArray[Any]


@dataclass(frozen=True, slots=True)
class _Kept:
    """One column that is kept: where it lies, how exactly, and between which values it must be."""

    part: str
    name: str
    decimals: int = 0
    least: float = -math.inf
    most: float = math.inf
    may_be_unknown: bool = False


_KEPT: Final = (
    _Kept("law", "duty_percent", 3, 0.0, 100.0),
    _Kept("law", "error_v", 6, may_be_unknown=True),
    _Kept("law", "settling", 0, 0.0, 1.0),
    _Kept("findings", "limited_s", 0, 0.0),
    _Kept("findings", "limited_error_v", 6, may_be_unknown=True),
    _Kept("findings", "exhausted", 0, 0.0, 1.0),
    _Kept("findings", "unmoved_on", 0, 0.0, 1.0),
    _Kept("findings", "unmoved_off", 0, 0.0, 1.0),
    _Kept("cells", "bleeding", 0, 0.0, 1.0),
    _Kept("cells", "bled_ah", 6, 0.0),
    _Kept("cells", "bled_since", 0, 0.0, may_be_unknown=True),
)
_AT: Final = "at"


def keep(memory: Memory, rows: Rows) -> dict[str, object]:
    """Return what a restart must not lose, by string key; unknown figures are `None`."""
    columns = {
        kept.name: _plain(getattr(getattr(memory, kept.part), kept.name), kept.decimals)
        for kept in _KEPT
    }
    return {
        key: {_AT: memory.at, **{name: column[place] for name, column in columns.items()}}
        for key, place in rows.slices.items()
    }


def restore(kept: object, rows: Rows) -> Memory:
    """Return the memory that `keep` was given, as far as it still fits the plant.

    What is malformed or impossible is left out, column by column. A string that has another number
    of cells now begins anew.
    """
    memory = initial(rows)
    if not isinstance(kept, Mapping):
        return memory
    parts: dict[str, dict[str, _Column]] = {"law": {}, "findings": {}, "cells": {}}
    times = set()
    for key, place in rows.slices.items():
        told = kept.get(key)
        if not isinstance(told, Mapping):
            continue
        at = told.get(_AT)
        if _is_number(at):
            times.add(float(at))
        for column in _KEPT:
            values = told.get(column.name)
            if _fits(values, place.stop - place.start, column):
                beginning = getattr(getattr(memory, column.part), column.name)
                whole = parts[column.part].setdefault(column.name, beginning.copy())
                whole[place] = [math.nan if value is None else value for value in values]
    return replace(
        memory,
        law=replace(memory.law, **parts["law"]),
        findings=replace(memory.findings, **parts["findings"]),
        cells=replace(memory.cells, **parts["cells"]),
        at=times.pop() if len(times) == 1 else None,
    )


def _plain(column: _Column, decimals: int) -> list[float | None]:
    rounded = np.round(column.astype(np.float64), decimals)
    return [None if math.isnan(value) else value for value in rounded.tolist()]


def _fits(values: object, cell_count: int, column: _Kept) -> TypeGuard[list[float | None]]:
    """Tell whether this is a column of `cell_count` possible values."""
    if not isinstance(values, list) or len(values) != cell_count:
        return False
    return all(
        column.may_be_unknown
        if value is None
        else _is_number(value) and column.least <= value <= column.most
        for value in values
    )


def _is_number(value: object) -> TypeGuard[float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
