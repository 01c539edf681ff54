"""The samples that are still only in the journal, as its writer left them a moment ago."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bacs_core.history.layout import StringLayout
from bacs_core.history.measurements.journal import Kind, Record, load_journal
from bacs_core.history.measurements.numbers import ABSENT, Numbers
from bacs_core.history.measurements.records import (
    RecordCodec,
    RecordError,
    Reference,
    Spot,
    spot_of,
)
from bacs_core.history.measurements.taken import Taken
from bacs_core.snapshot import Flags


@dataclass(frozen=True, slots=True, eq=False)
class OpenSample:
    """One record of the journal that can be read, and where the string asked for stands in it."""

    record: Record
    reference: Reference
    kept: Flags
    place: int

    @property
    def string(self) -> StringLayout:
        """The string as it was laid out."""
        return self.reference.strings[self.place]


@dataclass(slots=True)
class OpenSamples:
    """The journal at one moment. It has to be read before the windows: see `load`."""

    samples: tuple[tuple[Record, Record], ...]
    """Each sample with the record of its reference."""
    sealed: Mapping[str, int] = field(default_factory=dict)
    """The newest sealed sample of each string; older ones are in windows."""
    _codec: RecordCodec = field(default_factory=RecordCodec)
    _references: dict[int, Reference | None] = field(default_factory=dict)
    _decoded: tuple[Record, Taken] | None = None
    _spot: tuple[tuple[int, bytes, int, int], Spot] | None = None

    @classmethod
    def load(cls, state_dir: Path) -> OpenSamples:
        """Read the journal. Raises `OSError`.

        What is sealed between this and a later look at the windows is then in both, and is left
        out here by its number; the other way round it would be in neither.
        """
        samples, reference = [], None
        for record in load_journal(state_dir).records:
            if record.kind is Kind.REFERENCE:
                reference = record
            elif reference is not None:
                samples.append((record, reference))
        return cls(tuple(samples))

    def layouts(self) -> list[StringLayout]:
        """Return the layouts of all strings that the samples may hold."""
        records = {record.sequence: record for _, record in self.samples}
        references = map(self._reference, records.values())
        return [string for known in references if known is not None for string in known.strings]

    def of_string(self, key: str, first: int, end: int) -> Iterator[OpenSample]:
        """Yield the samples of a string from `first` to before `end`, unix milliseconds."""
        last_sealed = self.sealed.get(key, 0)
        chosen, place = None, -1
        for record, referred_to in self.samples:
            if record.sequence <= last_sealed or not first <= record.at < end:
                continue
            reference = self._reference(referred_to)
            if reference is None:
                continue
            if reference is not chosen:
                chosen, place = reference, _place(reference, key)
            kept = None if place < 0 else self._kept(record, reference)
            if kept is not None and kept[place]:
                yield OpenSample(record, reference, kept, place)

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
                    found[key] = OpenSample(record, reference, kept, place)
        return found

    def number(self, sample: OpenSample, column: int, cell: int) -> int:
        """Return one number of a cell, from 0. Raises `RecordError`."""
        key = (id(sample.reference), sample.kept.tobytes(), sample.place, cell)
        if self._spot is None or self._spot[0] != key:
            self._spot = key, spot_of(sample.reference, sample.kept, sample.place, cell)
        return self._codec.decode_number(sample.record.payload, column, self._spot[1])

    def scalar(self, sample: OpenSample, place: int) -> int:
        """Return one scalar of the string. Raises `RecordError`."""
        scalars = self._codec.decode_scalars(sample.record.payload, sample.reference, sample.kept)
        return int(scalars[np.count_nonzero(sample.kept[: sample.place]), place])

    def numbers(self, sample: OpenSample) -> tuple[Numbers, NDArray[np.int32]]:
        """Return (columns, cells) and (scalars,) of the string; absent if they cannot be read."""
        reference = sample.reference
        if self._decoded is None or self._decoded[0] is not sample.record:
            try:
                taken = self._codec.decode(sample.record.payload, sample.record.at, reference)
            except RecordError:
                columns = np.full_like(reference.columns, ABSENT)
                scalars = np.full_like(reference.scalars, ABSENT)
                taken = Taken(sample.record.at, reference.strings, columns, scalars, sample.kept)
            self._decoded = sample.record, taken
        taken = self._decoded[1]
        first = int(reference.cells[: sample.place].sum())
        cells = slice(first, first + sample.string.cell_count)
        return taken.columns[:, cells], taken.scalars[sample.place]

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


def _place(reference: Reference, key: str) -> int:
    return next((place for place, string in enumerate(reference.strings) if string.key == key), -1)
