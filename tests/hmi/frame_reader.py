"""Reads frames as the browser does, so that the packing can be tested without one."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from itertools import accumulate
from math import isnan

from bacs_core.model import EqualizationState, Inhibit
from bacs_hmi.frames import (
    AGE_ABSENT,
    ENGINE_GONE,
    EQUALIZATION_STATES,
    INHIBITS,
    TRIP_STATES,
    VERSION,
    CellState,
    OverviewContent,
    StringContent,
    StringMark,
)


class Reader:
    def __init__(self, frame: bytes) -> None:
        self.frame = frame
        self.place = 0

    def take(self, form: str) -> tuple[float, ...]:
        values = struct.unpack_from(f"<{form}", self.frame, self.place)
        self.place += struct.calcsize(f"<{form}")
        return values

    def u16s(self) -> tuple[int, ...]:
        (count,) = self.take("H")
        return tuple(int(value) for value in self.take(f"{int(count)}H"))

    def cells(self, *, full: bool) -> tuple[int, ...]:
        """Which cells follow: in a full frame all of them, in their order."""
        if not full:
            return self.u16s()
        (count,) = self.take("H")
        return tuple(range(int(count)))

    def floats(self, count: int) -> tuple[float | None, ...]:
        return tuple(None if isnan(value) else value for value in self.take(f"{count}f"))

    def equalization(self) -> tuple[EqualizationState, tuple[Inhibit, ...]]:
        state, bits = (int(value) for value in self.take("BH"))
        inhibits = tuple(name for place, name in enumerate(INHIBITS) if bits & 1 << place)
        return EQUALIZATION_STATES[state], inhibits

    def age(self) -> int | None:
        (age,) = self.take("I")
        return None if age == AGE_ABSENT else int(age)


@dataclass
class OverviewMirror:
    """What a browser keeps of the overview; it knows how many cells each string has."""

    managers: int
    cells: tuple[int, ...]
    sequence: int | None = None
    online: tuple[bool | None, ...] = ()
    engine_gone: bool = False
    strings: dict[int, StringMark] = field(default_factory=dict)
    marks: dict[int, int] = field(default_factory=dict)

    def apply(self, frame: bytes) -> None:
        reader = Reader(frame)
        version, kind, full, _, self.sequence, _ = (int(value) for value in reader.take("BBBBId"))
        assert (version, kind) == (VERSION, 0)
        states = (False, True, None, None)
        told = [int(state) for state in reader.take(f"{self.managers}B")]
        self.online = tuple(states[state] for state in told)
        self.engine_gone = ENGINE_GONE in told
        (count,) = reader.take("H")
        for _ in range(int(count)):
            (index,) = reader.take("H")
            state, inhibits = reader.equalization()
            age = reader.age()
            alarms, warnings, trip = (int(count) for count in reader.take("HHB"))
            sum_v, current_a = reader.floats(2)
            self.strings[int(index)] = StringMark(
                sum_v, current_a, state, inhibits, age, alarms, warnings, TRIP_STATES[trip]
            )
        cells = reader.cells(full=bool(full))
        self.marks.update(
            zip(cells, (int(mark) for mark in reader.take(f"{len(cells)}H")), strict=True)
        )
        assert reader.place == len(frame)

    def content(self) -> OverviewContent:
        return OverviewContent(
            self.online,
            tuple(self.strings[index] for index in sorted(self.strings)),
            tuple(
                tuple(self.marks[first + index] for index in range(count))
                for first, count in zip(accumulate(self.cells, initial=0), self.cells, strict=False)
            ),
            engine_gone=self.engine_gone,
        )


@dataclass
class StringMirror:
    """What a browser keeps of a string page."""

    scalars: int
    rows: int
    columns: list[dict[int, float | None]]
    cells: dict[int, CellState] = field(default_factory=dict)
    head: tuple[tuple[float | None, ...], EqualizationState, tuple[Inhibit, ...]] | None = None

    def apply(self, frame: bytes) -> None:
        reader = Reader(frame)
        version, kind, full, *_ = (int(value) for value in reader.take("BBBBId"))
        assert (version, kind) == (VERSION, 1)
        scalars = reader.floats(self.scalars)
        self.head = (scalars, *reader.equalization())
        for column in self.columns:
            cells = reader.cells(full=bool(full))
            if full:
                column.update(dict.fromkeys(range(self.rows)))
            column.update(zip(cells, reader.floats(len(cells)), strict=True))
        cells = reader.cells(full=bool(full))
        statuses = [int(value) for value in reader.take(f"{len(cells)}B")]
        bits = [int(value) for value in reader.take(f"{len(cells)}B")]
        ages = [reader.age() if stale else None for stale in bits]
        for cell, status, stale, age in zip(cells, statuses, bits, ages, strict=True):
            self.cells[cell] = CellState(status, stale, age)
        assert reader.place == len(frame)

    def content(self) -> StringContent:
        assert self.head is not None
        scalars, state, inhibits = self.head
        return StringContent(
            scalars,
            state,
            inhibits,
            tuple(tuple(column[index] for index in sorted(column)) for column in self.columns),
            tuple(self.cells[index] for index in sorted(self.cells)),
        )
