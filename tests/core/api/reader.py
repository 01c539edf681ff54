"""A client reduced to what the contract promises: a snapshot, then changes on top of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from pydantic import TypeAdapter

from bacs_core.api.broadcast import Images
from bacs_core.api.messages import (
    Alarm,
    LineStatus,
    ManagerStatus,
    Runs,
    SnapshotMessage,
    StreamMessage,
    StringScalars,
)
from bacs_core.model import Quantity
from bacs_core.snapshot import Floats

STREAM: TypeAdapter[StreamMessage] = TypeAdapter(StreamMessage)

Cells = dict[tuple[Quantity, int], float]


@dataclass
class SeenString:
    """What a reader knows of one string; absent values are not in the dictionaries."""

    scalars: StringScalars
    values: Cells = field(default_factory=dict)
    times: Cells = field(default_factory=dict)
    status: list[int] = field(default_factory=list)


@dataclass
class Reader:
    """Applies messages in the plainest way."""

    sequence: int | None = None
    strings: dict[str, SeenString] = field(default_factory=dict)
    managers: list[ManagerStatus] = field(default_factory=list)
    lines: list[LineStatus] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    snapshots: int = 0

    def take(self, text: str) -> None:
        message = STREAM.validate_json(text)
        if isinstance(message, SnapshotMessage):
            self.snapshots += 1
            self.strings = {}
            for values in message.strings:
                seen = self.strings[values.key] = SeenString(values.scalars, status=values.status)
                for quantity, column in values.columns.items():
                    _put(seen.values, quantity, enumerate(column))
                for quantity, runs in values.read_at.items():
                    _put(seen.times, quantity, enumerate(_spread(runs)))
        else:
            assert self.sequence is not None
            assert message.sequence == self.sequence + 1
            for changes in message.strings:
                seen = self.strings[changes.key]
                seen.scalars = changes.scalars or seen.scalars
                for quantity, cells in changes.columns.items():
                    _put(seen.values, quantity, zip(cells.index, cells.value, strict=True))
                for quantity, runs in changes.read_at.items():
                    _put(seen.times, quantity, enumerate(_spread(runs)))
                for cell, mark in changes.status.items():
                    seen.status[cell] = mark
        self.sequence = message.sequence
        self.managers = self.managers if message.managers is None else message.managers
        self.lines = self.lines if message.lines is None else message.lines
        self.alarms = self.alarms if message.alarms is None else message.alarms


def expected(images: Images, raw: frozenset[str]) -> dict[str, SeenString]:
    """What a reader must know that wants these strings raw."""
    strings = {}
    for key in images.published.strings:
        image = images.string(key, raw=key in raw)
        seen = strings[key] = SeenString(image.scalars, status=image.status.tolist())
        for quantity, values in image.columns.items():
            _put(seen.values, quantity, enumerate(_absent_as_none(values)))
        for quantity, times in image.read_at.items():
            _put(seen.times, quantity, enumerate(_absent_as_none(times)))
    return strings


def _put(cells: Cells, quantity: Quantity, values: Iterable[tuple[int, float | None]]) -> None:
    for cell, value in values:
        cells.pop((quantity, cell), None)
        if value is not None:
            cells[quantity, cell] = value


def _spread(runs: Runs) -> list[float | None]:
    return [read_at for read_at, count in runs for _ in range(count)]


def _absent_as_none(values: Floats) -> list[float | None]:
    return [None if np.isnan(value) else value for value in values.tolist()]
