"""What the canvas shows, packed into bytes: built once per tick per view, sent to every browser.

A frame is little-endian and holds records in this order (the browser reads the same in
`canvas/shared/bacs_frames.js`):

    header      u8 version, u8 kind (0 overview, 1 string), u8 full, u8 spare, u32 sequence, f64 at
    overview    u8 per manager: 0 not answering, 1 online, 2 not asked yet, 3 the engine is gone
                u16 count, then per string: u16 index, u8 equalization, u16 inhibit bits, u32 age in
                seconds of the newest voltage, u16 active alarms, u16 active warnings,
                u8 trip state, f32 sum voltage, f32 current
                u16 count, u16 cell index each, u16 mark each
    string      f32 each of the scalars, u8 equalization, u16 inhibit bits
                per column: u16 count, u16 cell index each, f32 each; the columns are the
                quantities, the deviation in mV, the health in % and the bled charge in Ah
                u16 count, u16 cell index each, u8 status each, u8 stale bits each,
                u32 age each of those that have stale bits

A full frame has a record for everything, and no cell index: the cells stand in their order. A
column of it that is absent as a whole counts no cell. Any other frame has only what changed since
the frame before. NaN means absent. Frames of one view are numbered without a gap, so that a
browser that missed one notices and asks for a full one.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import Final

from bacs_core.model import EqualizationState, Inhibit, Quantity, TripState

VERSION: Final = 5
KIND_OVERVIEW: Final = 0
KIND_STRING: Final = 1

#: Places of the enumerations in a frame; the browser has the same lists as names of texts.
EQUALIZATION_STATES: Final = tuple(EqualizationState)
INHIBITS: Final = tuple(Inhibit)
TRIP_STATES: Final = tuple(TripState)
QUANTITIES: Final = tuple(Quantity)
#: The columns of a string frame behind those of the quantities.
DEVIATION_COLUMN: Final = len(QUANTITIES)
HEALTH_COLUMN: Final = DEVIATION_COLUMN + 1
BLED_COLUMN: Final = DEVIATION_COLUMN + 2
COLUMN_COUNT: Final = DEVIATION_COLUMN + 3

#: Full height of a mark: 1.25 % of the cell's nominal voltage, 25 mV on a 2 V cell. The goal of
#: equalization, 10 mV, is then well seen; what is further out is drawn cut off.
DEVIATION_SPAN: Final = 0.0125
DEVIATION_STEPS: Final = 120
DEVIATION_ABSENT: Final = -128
DEVIATION_OFFSET: Final = 128
STALE_BIT: Final = 0x04
NOT_ASKED: Final = 2
ENGINE_GONE: Final = 3
AGE_ABSENT: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class StringMark:
    """A string on the overview; the age is that of its newest voltage, `None` if it has none.

    `alarms` and `warnings` count its active alarms: a cell has one mark, and a silent one hides
    what else is wrong with it.
    """

    sum_voltage_v: float | None
    current_a: float | None
    equalization: EqualizationState
    inhibited_by: tuple[Inhibit, ...]
    age_s: int | None
    alarms: int
    warnings: int
    trip: TripState = TripState.NO_BREAKER


@dataclass(frozen=True, slots=True)
class OverviewContent:
    """What the overview shows: managers, strings, and the marks of the cells of each string.

    Marks that are the same object as before did not change.
    """

    managers: tuple[bool | None, ...]
    strings: tuple[StringMark, ...]
    marks: tuple[tuple[int, ...], ...]
    engine_gone: bool = False
    """Nobody knows how the managers are now."""


@dataclass(frozen=True, slots=True)
class CellState:
    """Status of a cell, which quantities are too old (a bit each), and the greatest such age."""

    status: int
    stale_bits: int
    stale_age_s: int | None


@dataclass(frozen=True, slots=True)
class StringContent:
    """What the string page shows; the columns are those of a frame, in their order."""

    scalars: tuple[float | None, ...]
    equalization: EqualizationState
    inhibited_by: tuple[Inhibit, ...]
    columns: tuple[tuple[float | None, ...], ...]
    cells: tuple[CellState, ...]


def marks_of(
    voltages: Sequence[float | None],
    target_v: float | None,
    cell_voltage_v: float,
    statuses: Sequence[int],
    stale: bool | Sequence[bool],  # noqa: FBT001 - of all cells, or of each
) -> tuple[int, ...]:
    """Pack the cells of a string: deviation in steps of the span, status, staleness.

    What has no voltage is not stale: there is nothing to grow old.
    """
    steps = _steps(voltages, target_v, DEVIATION_STEPS / (cell_voltage_v * DEVIATION_SPAN))
    if stale is False and not any(statuses):
        # Nearly always so, and asked of every cell of the plant.
        return tuple([each + DEVIATION_OFFSET << 8 for each in steps])
    olds = [stale] * len(steps) if isinstance(stale, bool) else stale
    return tuple(
        each + DEVIATION_OFFSET << 8 | (STALE_BIT if old and voltage_v is not None else 0) | status
        for each, old, voltage_v, status in zip(steps, olds, voltages, statuses, strict=True)
    )


def _steps(
    voltages: Sequence[float | None], target_v: float | None, steps_per_v: float
) -> list[int]:
    if target_v is None or not isfinite(target_v):
        return [DEVIATION_ABSENT] * len(voltages)
    steps = [
        DEVIATION_ABSENT
        if voltage_v is None or not isfinite(voltage_v)
        else round((voltage_v - target_v) * steps_per_v)
        for voltage_v in voltages
    ]
    if steps and min(steps) >= -DEVIATION_STEPS and max(steps) <= DEVIATION_STEPS:
        return steps
    return [
        DEVIATION_ABSENT
        if voltage_v is None or not isfinite(voltage_v)
        else max(-DEVIATION_STEPS, min(DEVIATION_STEPS, each))
        for voltage_v, each in zip(voltages, steps, strict=True)
    ]


def _manager_byte(online: bool | None, *, gone: bool) -> int:  # noqa: FBT001 - as it is told
    if gone:
        return ENGINE_GONE
    return NOT_ASKED if online is None else int(online)


def pack_overview(
    content: OverviewContent, previous: OverviewContent | None, sequence: int, at: float
) -> bytes:
    """Pack the overview, or what changed in it since `previous`."""
    before = None if previous is None or not _same_shape(content, previous) else previous
    parts = [_header(KIND_OVERVIEW, before is None, sequence, at)]
    gone = content.engine_gone
    parts.append(bytes(_manager_byte(online, gone=gone) for online in content.managers))
    strings = _changed(content.strings, None if before is None else before.strings)
    parts.append(struct.pack("<H", len(strings)))
    parts += [_string_record(index, content.strings[index]) for index in strings]
    parts.append(_marks(content, before))
    return b"".join(parts)


def _marks(content: OverviewContent, before: OverviewContent | None) -> bytes:
    if before is None:
        every = [mark for own in content.marks for mark in own]
        return _u16([len(every), *every])
    cells: list[int] = []
    told: list[int] = []
    first = 0
    for own, old in zip(content.marks, before.marks, strict=True):
        if own is not old:
            changed = _changed(own, old)
            cells += [first + index for index in changed]
            told += [own[index] for index in changed]
        first += len(own)
    return _u16([len(cells), *cells, *told])


def pack_string(
    content: StringContent, previous: StringContent | None, sequence: int, at: float
) -> bytes:
    """Pack a string page, or what changed in it since `previous`."""
    same_cells = previous is not None and len(content.cells) == len(previous.cells)
    before = previous if same_cells else None
    parts = [_header(KIND_STRING, before is None, sequence, at)]
    parts.append(_floats(content.scalars))
    parts.append(_equalization(content.equalization, content.inhibited_by))
    for place, column in enumerate(content.columns):
        parts.append(_column(column, None if before is None else before.columns[place]))
    changed = _changed(content.cells, None if before is None else before.cells)
    cells = [content.cells[index] for index in changed]
    parts.append(_u16([len(changed), *(() if before is None else changed)]))
    parts.append(bytes(cell.status for cell in cells))
    parts.append(bytes(cell.stale_bits for cell in cells))
    ages = [_age(cell.stale_age_s) for cell in cells if cell.stale_bits]
    parts.append(struct.pack(f"<{len(ages)}I", *ages))
    return b"".join(parts)


def _column(column: Sequence[float | None], before: Sequence[float | None] | None) -> bytes:
    if before is None:
        told = () if all(value is None for value in column) else column
        return _u16([len(told)]) + _floats(told)
    changed = _changed(column, before)
    return _u16([len(changed), *changed]) + _floats([column[index] for index in changed])


def _same_shape(content: OverviewContent, previous: OverviewContent) -> bool:
    return [len(own) for own in content.marks] == [len(own) for own in previous.marks]


def _changed(values: Sequence[object], before: Sequence[object] | None) -> list[int]:
    if before is None:
        return list(range(len(values)))
    if values is before or values == before:
        return []
    return [
        index for index, (value, old) in enumerate(zip(values, before, strict=True)) if value != old
    ]


def _header(kind: int, full: bool, sequence: int, at: float) -> bytes:  # noqa: FBT001
    return struct.pack("<BBBBId", VERSION, kind, full, 0, sequence, at)


def _string_record(index: int, string: StringMark) -> bytes:
    return (
        struct.pack("<H", index)
        + _equalization(string.equalization, string.inhibited_by)
        + struct.pack(
            "<IHHB",
            _age(string.age_s),
            string.alarms,
            string.warnings,
            TRIP_STATES.index(string.trip),
        )
        + _floats([string.sum_voltage_v, string.current_a])
    )


def _equalization(state: EqualizationState, inhibited_by: tuple[Inhibit, ...]) -> bytes:
    bits = sum(1 << INHIBITS.index(inhibit) for inhibit in set(inhibited_by))
    return struct.pack("<BH", EQUALIZATION_STATES.index(state), bits)


def _age(age_s: int | None) -> int:
    return AGE_ABSENT if age_s is None else max(0, min(age_s, AGE_ABSENT - 1))


def _u16(values: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(values)}H", *values)


def _floats(values: Sequence[float | None]) -> bytes:
    return struct.pack(f"<{len(values)}f", *(nan if value is None else value for value in values))
