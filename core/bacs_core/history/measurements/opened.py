"""The samples that are still only in the journal, as its writer left them a moment ago."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bacs_core.history.layout import StringLayout
from bacs_core.history.measurements.journal import JournalReader, Kind, Record
from bacs_core.history.measurements.numbers import ABSENT, Numbers
from bacs_core.history.measurements.records import (
    RecordCodec,
    RecordError,
    Reference,
    spot_of,
    start_of,
)
from bacs_core.history.measurements.taken import Taken
from bacs_core.history.measurements.windows import StoredString
from bacs_core.snapshot import Flags


class Value(NamedTuple):
    """One value over time in register steps; `steps_per_unit` is 0 where nothing has it."""

    at: NDArray[np.int64]
    numbers: NDArray[np.int64]
    steps_per_unit: int


@dataclass(frozen=True, slots=True, eq=False)
class Stand:
    """Where a string stands in the samples of one reference that keep the same strings."""

    reference: Reference
    kept: Flags
    place: int

    @property
    def string(self) -> StringLayout:
        """The string as it was laid out."""
        return self.reference.strings[self.place]


class OpenSample(NamedTuple):
    """One record of the journal that can be read, and where the string asked for stands in it."""

    record: Record
    stand: Stand

    @property
    def string(self) -> StringLayout:
        """The string as it was laid out."""
        return self.stand.string


class OpenSamples:
    """The journal as it was when `refresh` was last called.

    `samples` has each sample with the record of its reference, `sealed` the newest sealed sample of
    each string; older ones are in windows.
    """

    def __init__(self, state_dir: Path) -> None:
        """Remember where the journal is; nothing is read yet."""
        self.samples: list[tuple[Record, Record]] = []
        self.sealed: Mapping[str, int] = {}
        self._journal = JournalReader(state_dir)
        self._last: Record | None = None
        self._codec = RecordCodec()
        self._references: dict[int, Reference | None] = {}
        self._decoded: tuple[Record, Taken] | None = None

    def refresh(self) -> OpenSamples:
        """Read what is new in the journal, before the windows are looked at. Raises `OSError`.

        What is sealed between this and a later look at the windows is then in both, and is left
        out here by its number; the other way round it would be in neither.
        """
        anew, records = self._journal.read()
        if anew:
            self.samples, self._last, self._decoded = [], None, None
            self._references = {}
        for record in records:
            if record.kind is Kind.REFERENCE:
                self._last = record
            elif record.kind is Kind.SAMPLE and self._last is not None:
                self.samples.append((record, self._last))
        return self

    def layouts(self) -> list[StringLayout]:
        """Return the layouts of all strings that the samples may hold."""
        records = {record.sequence: record for _, record in self.samples}
        references = map(self._reference, records.values())
        return [string for known in references if known is not None for string in known.strings]

    def of_string(self, key: str, first: int, end: int) -> Iterator[OpenSample]:
        """Yield the samples of a string from `first` to before `end`, unix milliseconds."""
        last_sealed = self.sealed.get(key, 0)
        referred: Record | None = None
        reference: Reference | None = None
        stands: dict[bytes, Stand | None] = {}
        for record, referred_to in self.samples:
            if record.sequence <= last_sealed or not first <= record.at < end:
                continue
            if referred_to is not referred:
                referred, reference, stands = referred_to, self._reference(referred_to), {}
            if reference is None:
                continue
            same = start_of(record.payload, reference)
            if same not in stands:
                stands[same] = self._stand(record, reference, key)
            stand = stands[same]
            if stand is not None:
                yield OpenSample(record, stand)

    def newest(self, instant: int, span_ms: int) -> dict[str, OpenSample]:
        """Return the newest sample of each string up to `instant`, not much older than the newest.

        What is more than `span_ms` older than the newest of all is left out.
        """
        found: dict[str, OpenSample] = {}
        past = [each for each in self.samples if each[0].at <= instant]
        past.sort(key=lambda each: each[0].at, reverse=True)
        for record, referred_to in past:
            if record.at < past[0][0].at - span_ms:
                break
            reference = self._reference(referred_to)
            kept = None if reference is None else self._kept(record, reference)
            if kept is None or reference is None:
                continue
            for place in np.flatnonzero(kept).tolist():
                key = reference.strings[place].key
                if key not in found and record.sequence > self.sealed.get(key, 0):
                    found[key] = OpenSample(record, Stand(reference, kept, place))
        return found

    def value(self, key: str, name: str, cell: int | None, first: int, end: int) -> Value:
        """Return one value of a cell (from 1), or of the string, over unix milliseconds."""
        at, numbers, steps_per_unit = [], [], 0
        chosen: Stand | None = None
        read: Callable[[bytes], int] | None = None
        for record, stand in self.of_string(key, first, end):
            if stand is not chosen:
                chosen, read = stand, None
                whole = StoredString(0, stand.string, max(1, stand.string.cell_count))
                found = whole.place(cell, name)
                if found is not None:
                    _, column, row, steps_per_unit = found
                    read = self._reading(stand, column, None if cell is None else row)
            if read is None:
                continue
            try:
                numbers.append(read(record.payload))
            except RecordError:
                continue
            at.append(record.at)
        return Value(np.array(at, np.int64), np.array(numbers, np.int64), steps_per_unit)

    def _reading(self, stand: Stand, column: int, cell: int | None) -> Callable[[bytes], int]:
        """Return what reads one number of a cell (from 0), or a scalar, out of such samples."""
        reference, kept, place = stand.reference, stand.kept, stand.place
        if cell is not None:
            return self._codec.number_reader(column, spot_of(reference, kept, place, cell))
        row = int(np.count_nonzero(kept[:place]))
        return lambda payload: int(
            self._codec.decode_scalars(payload, reference, kept)[row, column]
        )

    def numbers(self, sample: OpenSample) -> tuple[Numbers, NDArray[np.int32]]:
        """Return (columns, cells) and (scalars,) of the string; absent if they cannot be read."""
        reference, place = sample.stand.reference, sample.stand.place
        if self._decoded is None or self._decoded[0] is not sample.record:
            try:
                taken = self._codec.decode(sample.record.payload, sample.record.at, reference)
            except RecordError:
                columns = np.full_like(reference.columns, ABSENT)
                scalars = np.full_like(reference.scalars, ABSENT)
                taken = Taken(
                    sample.record.at, reference.strings, columns, scalars, sample.stand.kept
                )
            self._decoded = sample.record, taken
        taken = self._decoded[1]
        first = int(reference.cells[:place].sum())
        cells = slice(first, first + sample.string.cell_count)
        return taken.columns[:, cells], taken.scalars[place]

    def _reference(self, record: Record) -> Reference | None:
        if record.sequence not in self._references:
            try:
                reference = self._codec.decode_reference(record.payload, record.sequence)
            except RecordError:
                reference = None
            self._references[record.sequence] = reference
        return self._references[record.sequence]

    def _kept(self, record: Record, reference: Reference) -> Flags | None:
        try:
            return self._codec.kept(record.payload, reference)
        except RecordError:
            return None

    def _stand(self, record: Record, reference: Reference, key: str) -> Stand | None:
        """Find a string in samples that begin as this one, `None` where it was not kept."""
        keys = [string.key for string in reference.strings]
        kept = self._kept(record, reference) if key in keys else None
        if kept is None or not kept[keys.index(key)]:
            return None
        return Stand(reference, kept, keys.index(key))
