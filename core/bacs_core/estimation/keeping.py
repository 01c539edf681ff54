"""What estimation remembers over a restart, string by string, as plain JSON.

Not kept is what went through the strings since the cells were last worked on, ten seconds at most;
what may have happened while nobody looked is doubted by the first tick afterwards, like any gap. A
part that cannot be read is dropped alone; a string whose number of cells has changed starts anew.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.estimation import (
    capacity,
    charge as counting,
    charger,
    discharge,
    phase,
    recharge,
    sensor,
)
from bacs_core.estimation.baseline import Baseline
from bacs_core.estimation.estimating import Memory, initial
from bacs_core.model import Basis, ChargePhase
from bacs_core.rows import Rows

Json = dict[str, Any]
_Array = NDArray[Any]

_AT: Final = "at"
_SAMPLED_AT: Final = "sampled_at"
_CELLS: Final = "cells"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the memory and the names of what is kept of it.

    `highest` is the greatest code of a field of codes.
    """

    name: str
    per_cell: tuple[str, ...] = ()
    per_string: tuple[str, ...] = ()
    highest: Mapping[str, int] | None = None


def _names(kind: type, *without: str) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.name not in without)


_OF_STRINGS_IN_DISCHARGE: Final = ("active", "given_ah", "doubt_ah", "hours", "ended_at")
_BASIS: Final = {"basis": max(Basis)}

PARTS: Final = (
    Part(
        "phase",
        per_string=_names(phase.Memory, "seen_v", "counted", "mean_v"),
        highest={"phase": max(ChargePhase)},
    ),
    Part("sensor", per_string=_names(sensor.Memory)),
    Part("recharge", per_string=_names(recharge.Memory)),
    Part("charge", per_cell=_names(counting.Memory), highest=_BASIS),
    Part(
        "discharge",
        per_cell=_names(discharge.Memory, *_OF_STRINGS_IN_DISCHARGE),
        per_string=_OF_STRINGS_IN_DISCHARGE,
    ),
    Part("capacity", per_cell=_names(capacity.Memory), highest=_BASIS),
    Part("resistance", per_cell=_names(Baseline)),
    Part("charger.ripple", per_string=_names(Baseline)),
    Part("charger.setting", per_string=_names(Baseline)),
    Part("charger", per_string=_names(charger.Memory, "ripple", "setting")),
)


def keep(memory: Memory, rows: Rows) -> Json:
    """Return what is worth keeping, by string key; NaN becomes `None`."""
    if memory.at is None:
        return {}
    return {string.key: _kept(memory, rows, place) for place, string in enumerate(rows.strings)}


def _kept(memory: Memory, rows: Rows, place: int) -> Json:
    cells = rows.slices[rows.strings[place].key]
    kept: Json = {_CELLS: int(rows.counts[place]), _AT: memory.at}
    kept[_SAMPLED_AT] = memory.sampled_at if math.isfinite(memory.sampled_at) else None
    for part in PARTS:
        held = _part_of(memory, part.name)
        kept[part.name] = {
            **{name: _plain(getattr(held, name)[cells]) for name in part.per_cell},
            **{name: _plain(getattr(held, name)[[place]])[0] for name in part.per_string},
        }
    return kept


def _plain(values: _Array) -> list[float | None]:
    return [None if isinstance(one, float) and math.isnan(one) else one for one in values.tolist()]


def restore(kept: object, rows: Rows) -> Memory:
    """Return the memory with what can be read of `kept`; the rest begins anew."""
    memory = initial(rows)
    strings = kept if isinstance(kept, Mapping) else {}
    times: list[float] = []
    sampled: list[float] = []
    for part in PARTS:
        held = _part_of(memory, part.name)
        arrays = {name: getattr(held, name).copy() for name in (*part.per_cell, *part.per_string)}
        for place, told in _readable(strings, rows):
            _fill(arrays, part, told.get(part.name), rows, place)
        memory = _with_part(memory, part.name, replace(held, **arrays))
    for _, told in _readable(strings, rows):
        times.append(float(told[_AT]))
        if _is_number(told.get(_SAMPLED_AT)):
            sampled.append(float(told[_SAMPLED_AT]))
    return replace(
        memory,
        at=max(times, default=None),
        sampled_at=max(sampled, default=-math.inf),
    )


def _readable(strings: Mapping[str, object], rows: Rows) -> Iterator[tuple[int, Json]]:
    """Yield the strings whose kept form fits, by their place."""
    for place, string in enumerate(rows.strings):
        told = strings.get(string.key)
        if (
            isinstance(told, dict)
            and told.get(_CELLS) == string.cell_count
            and _is_number(told.get(_AT))
        ):
            yield place, told


def _fill(arrays: dict[str, _Array], part: Part, told: object, rows: Rows, place: int) -> None:
    """Put one string's part into its arrays, all of it or nothing."""
    if not isinstance(told, dict):
        return
    cells = rows.slices[rows.strings[place].key]
    count = cells.stop - cells.start
    found: list[tuple[str, slice, list[float]]] = []
    for name in (*part.per_cell, *part.per_string):
        of_cells = name in part.per_cell
        where = cells if of_cells else slice(place, place + 1)
        values = told.get(name) if of_cells else [told.get(name)]
        if not isinstance(values, list) or len(values) != (count if of_cells else 1):
            return
        read = [_read(one, arrays[name].dtype, (part.highest or {}).get(name)) for one in values]
        if any(one is None for one in read):
            return
        found.append((name, where, [one for one in read if one is not None]))
    for name, where, values in found:
        arrays[name][where] = values


def _read(value: object, kind: np.dtype[Any], highest: int | None) -> float | None:
    """Return a kept value as a number that fits the array, `None` where it does not."""
    if value is None:
        return math.nan if kind.kind == "f" else None
    if kind.kind == "b":
        return value if isinstance(value, bool) else None
    if not _is_number(value):
        return None
    number = float(value)  # type: ignore[arg-type]  # a number by the check above
    if kind.kind == "f":
        return number
    fits = number.is_integer() and number >= 0 and (highest is None or number <= highest)
    return number if fits else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _part_of(memory: Memory, name: str) -> Any:  # noqa: ANN401  # the parts are of many kinds
    held: Any = memory
    for step in name.split("."):
        held = getattr(held, step)
    return held


def _with_part(memory: Memory, name: str, part: Any) -> Memory:  # noqa: ANN401  # as above
    first, _, rest = name.partition(".")
    if not rest:
        return replace(memory, **{first: part})
    return replace(memory, **{first: replace(getattr(memory, first), **{rest: part})})
