"""What protection remembers from tick to tick: one array per figure, in rows or per string."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bacs_core.rows import Indices, Rows
from bacs_core.snapshot import Flags, Floats


@dataclass(frozen=True, slots=True)
class CellMemory:
    """Per cell. Names in `_s` count seconds and fall again while their sign is absent.

    `raw_c` is the last reading whatever it was, `agreed_s` for how long each reading was near the
    one before it. `believed_c` is the last reading that was possible, `fast_c` and `slow_c` follow
    it over ten minutes and two hours, `offset_k` is what the module reads too much.
    `excess_at_alarm_k` and `lowest_excess_k` are temperatures above the room when the alarm began
    and since the recharge had to cool down, `ratio_at_alarm` is the least ratio of currents since
    the alarm began.
    """

    raw_c: Floats
    raw_at: Floats
    agreed_s: Floats
    believed_c: Floats
    believed_at: Floats
    suspect: Flags
    missing_s: Floats
    fast_c: Floats
    slow_c: Floats
    offset_k: Floats
    pre_s: Floats
    pre: Flags
    alarm_s: Floats
    alarm: Flags
    overdue_s: Floats
    overdue: Flags
    hot_s: Floats
    worse_s: Floats
    trip: Flags
    excess_at_alarm_k: Floats
    ratio_at_alarm: Floats
    lowest_excess_k: Floats
    ratio: Floats
    over_temperature_s: Floats
    over_voltage_s: Floats
    under_voltage_s: Floats


@dataclass(frozen=True, slots=True)
class StringMemory:
    """Per string. Currents named `log` are natural logarithms of ampere at 25 °C.

    `room_lag_c` is the room as the cells feel it, `usual_c` what the string is wont to have, for
    want of a room sensor, `usual_excess_k` how far it was above the room. `middle_c` is the median
    of its cells, `level_c` the same where they are enough. `allowance_k` is the heat of a recharge
    that is allowed for.
    """

    room_c: Floats
    room_missing_s: Floats
    room_lag_c: Floats
    room_slow_c: Floats
    usual_c: Floats
    usual_s: Floats
    usual_excess_k: Floats
    learned_s: Floats
    middle_c: Floats
    level_c: Floats
    allowance_k: Floats
    current_missing_s: Floats
    base_log: Floats
    base_s: Floats
    fast_log: Floats
    slow_log: Floats
    charging_a: Floats
    lowest_a: Floats
    lowest_v: Floats
    current_overdue_s: Floats
    current_overdue: Flags


class Agreed(NamedTuple):
    """The cells whose readings have long agreed, and the `CellMemory.agreed_s` that says so."""

    of: Floats
    long: Flags


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything kept; `at` is the unix time of the last tick.

    `waiting_s` has passed since slow work was done, `unstaged_s` since stages were moved,
    `unlooked_s` since heat and surroundings were looked at; `looked` is what was seen then (`None`:
    look at the next tick). `agreed` saves comparing what did
    not change.
    """

    cells: CellMemory
    strings: StringMemory
    at: float = np.nan
    waiting_s: float = np.inf
    unstaged_s: float = 0.0
    quiet: bool = False
    """Nothing is up and no count is running."""
    unlooked_s: float = 0.0
    looked: Looked | None = None
    agreed: Agreed | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """What holds from one look at heat and surroundings to the next.

    `hot_from_c` is the reading from which on a cell is so hot that every tick counts, `hot` tells
    that one is, `alarmed` are the rows of the cells in alarm or worse. The rest is as
    `detector.Verdict` names it.
    """

    stage: NDArray[np.uint8]
    string_stage: NDArray[np.uint8]
    room_missing: Flags
    overdue: Flags
    rise_k: Floats
    spread_k: Floats
    hot_from_c: Floats
    hot: bool
    alarmed: Indices


#: Any of the arrays.
Array = NDArray[Any]

#: What begins at zero; what is not named here begins unknown, flags begin down.
_FROM_ZERO: Final = {
    "agreed_s",
    "missing_s",
    "offset_k",
    "pre_s",
    "alarm_s",
    "overdue_s",
    "hot_s",
    "worse_s",
    "over_temperature_s",
    "over_voltage_s",
    "under_voltage_s",
    "room_missing_s",
    "usual_s",
    "learned_s",
    "allowance_k",
    "current_missing_s",
    "base_s",
    "current_overdue_s",
}
_FLAGS: Final = {"suspect", "pre", "alarm", "overdue", "trip", "current_overdue"}


def names_of(kind: type[CellMemory | StringMemory]) -> tuple[str, ...]:
    """Return the names of the arrays, in their order."""
    return tuple(field.name for field in fields(kind))


#: At the start and at the end of `CellMemory` stands what every tick reads anew.
_READINGS: Final = 7
_LIMITS: Final = 3
_of_looks: Final = attrgetter(*names_of(CellMemory)[_READINGS:-_LIMITS])


def read_anew(
    cells: CellMemory,
    readings: tuple[Floats, Floats, Floats, Floats, Floats, Flags, Floats],
    limits_s: tuple[Floats, Floats, Floats],
) -> CellMemory:
    """Return the memory with the first seven and the last three arrays in place of its own.

    In a third of the time of `replace`, at every tick.
    """
    arrays: tuple[Array, ...] = (*readings, *_of_looks(cells), *limits_s)
    return CellMemory(*arrays)


def blank(name: str, count: int) -> Array:
    """Return the array `name` of a memory that has seen nothing."""
    if name in _FLAGS:
        return np.zeros(count, np.bool_)
    return np.zeros(count) if name in _FROM_ZERO else np.full(count, np.nan)


def initial(rows: Rows) -> Memory:
    """Begin without having seen anything."""
    return Memory(
        CellMemory(**{name: blank(name, rows.cell_count) for name in names_of(CellMemory)}),
        StringMemory(**{name: blank(name, rows.string_count) for name in names_of(StringMemory)}),
    )


def shifted(memory: Memory, step_s: float) -> Memory:
    """Return the memory with its times moved by a step of the clock."""
    cells = replace(
        memory.cells,
        raw_at=memory.cells.raw_at + step_s,
        believed_at=memory.cells.believed_at + step_s,
    )
    return replace(memory, cells=cells, at=memory.at + step_s)


def replaced(memory: Memory, row: int, now: float) -> Memory:  # noqa: ARG001 - as in other rooms
    """Return the memory after the cell or module of `row` was exchanged: it begins anew."""
    columns = {
        name: _changed(getattr(memory.cells, name), row, blank(name, 1))
        for name in names_of(CellMemory)
    }
    return replace(memory, cells=CellMemory(**columns), looked=None)


def _changed(column: Array, row: int, value: Array) -> Array:
    copy = column.copy()
    copy[row] = value[0]
    return copy
