"""The records of a journal as samples again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bacs_core.history.measurements.journal import Kind, Record
from bacs_core.history.measurements.records import RecordCodec, RecordError, Reference
from bacs_core.history.measurements.taken import Taken


def referred(
    codec: RecordCodec, records: Iterable[Record]
) -> Iterator[tuple[Record, Reference | None]]:
    """Yield each sample with the reference it was written against, `None` if that is lost."""
    reference: Reference | None = None
    for record in records:
        if record.kind is Kind.REFERENCE:
            try:
                reference = codec.decode_reference(record.payload, record.sequence)
            except RecordError:
                reference = None
        elif record.kind is Kind.SAMPLE:
            yield record, reference


def decoded(codec: RecordCodec, records: Iterable[Record]) -> Iterator[tuple[Record, Taken | None]]:
    """Yield each sample, `None` beside a record that cannot be read."""
    for record, reference in referred(codec, records):
        try:
            taken = None if reference is None else codec.decode(
                record.payload, record.at, reference
            )  # fmt: skip
        except RecordError:
            taken = None
        yield record, taken
