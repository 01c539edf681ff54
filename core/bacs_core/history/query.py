"""Reading the measurements back: one moment, all moments of a time, or one value over time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlite_utils import Database

from bacs_core.history.codec import ABSENT, NOTHING, Codec, CodecError, Image, nothing, split
from bacs_core.history.events import to_milliseconds, to_moment
from bacs_core.history.layout import Layout, Track, layout_from_json
from bacs_core.history.sample import Sample, sample_of

#: A chain of differences is never longer than this.
MAX_CHAIN: Final = timedelta(hours=1)
#: A little more than the time between two samples: a shorter bucket would be empty by chance.
SHORTEST_BUCKET: Final = timedelta(seconds=15)

#: Number, unix milliseconds and body of one stored sample.
StoredSample = tuple[int, int, bytes]


@dataclass(frozen=True, slots=True)
class Chain:
    """A keyframe and the samples written after it, each as a difference to the one before."""

    layout: Layout
    samples: tuple[StoredSample, ...]


@dataclass(frozen=True, slots=True)
class Bucket:
    """What a value did in one stretch of time."""

    minimum: float
    maximum: float
    mean: float
    count: int


@dataclass(frozen=True, slots=True)
class Series:
    """One value over time in buckets of equal width; `None` where nothing was measured."""

    start: datetime
    width: timedelta
    buckets: tuple[Bucket | None, ...]


def samples(database: Database, start: datetime, end: datetime) -> Iterator[Sample]:
    """Yield every sample from `start` to before `end`, in the order of writing."""
    first, last = to_milliseconds(start), to_milliseconds(end)
    for chain in _chains(database, first, last):
        for at, image in _images(chain):
            if first <= at < last:
                yield sample_of(image, chain.layout, to_moment(at))


def sample_at(database: Database, instant: datetime) -> Sample | None:
    """Return the newest sample that is not newer than `instant`; its age is for the caller."""
    latest = to_milliseconds(instant)
    row = database.conn.execute("SELECT max(at) FROM keyframes WHERE at <= ?", (latest,)).fetchone()
    if row[0] is None:
        return None
    found = None
    for chain in _chains(database, row[0], latest + 1, reach_back=False):
        for at, image in _images(chain):
            if at <= latest and (found is None or at >= found[0]):
                found = (at, image, chain.layout)
    return found and sample_of(found[1], found[2], to_moment(found[0]))


def series(
    database: Database,
    string_key: str,
    cell: int | None,
    name: str,
    start: datetime,
    end: datetime,
    points: int,
) -> Series:
    """Return minimum, maximum and mean of one value in at most `points` buckets.

    `cell` counts from 1; with `None`, `name` is a value of the whole string (`layout.SCALARS`).
    """
    width = max((end - start) / points, SHORTEST_BUCKET)
    first, last = to_milliseconds(start), to_milliseconds(end)
    values: list[list[float]] = [[] for _ in range(max(1, math.ceil((end - start) / width)))]
    for chain in _chains(database, first, last):
        place = chain.layout.place(string_key, cell, name)
        if place is None:
            continue
        for at, value in _values(chain, *place):
            if first <= at < last and value is not None:
                values[int(timedelta(milliseconds=at - first) / width)].append(value)
    return Series(start, width, tuple(_bucket(found) for found in values))


def _bucket(values: list[float]) -> Bucket | None:
    if not values:
        return None
    return Bucket(min(values), max(values), math.fsum(values) / len(values), len(values))


def _chains(
    database: Database, first: int, last: int, *, reach_back: bool = True
) -> Iterator[Chain]:
    """Yield the chains that may hold samples from `first` to before `last`, unix milliseconds."""
    layouts: dict[int, Layout] = {}
    earliest = first - (MAX_CHAIN // timedelta(milliseconds=1) if reach_back else 0)
    keyframes = database.conn.execute(
        "SELECT sample_id, layout_id FROM keyframes WHERE at >= ? AND at < ? ORDER BY sample_id",
        (earliest, last),
    ).fetchall()
    for sample_id, layout_id in keyframes:
        if layout_id not in layouts:
            stored: Mapping[str, str] = database.table("layouts").get(layout_id)
            layouts[layout_id] = layout_from_json(stored["description"])
        rows = database.conn.execute(
            "SELECT id, at, body FROM samples WHERE id >= :first AND id < coalesce("
            "(SELECT min(sample_id) FROM keyframes WHERE sample_id > :first), 1 << 62) ORDER BY id",
            {"first": sample_id},
        ).fetchall()
        yield Chain(layouts[layout_id], tuple(rows))


def _sound(chain: Chain) -> Iterator[tuple[int, bytes]]:
    """Yield time and body as long as no sample is missing: what follows a hole means nothing."""
    expected = chain.samples[0][0] if chain.samples else 0
    for number, at, body in chain.samples:
        if number != expected:
            return
        expected += 1
        yield at, body


def _images(chain: Chain) -> Iterator[tuple[int, Image]]:
    codec = Codec()
    means = nothing(chain.layout.section_sizes)
    for at, body in _sound(chain):
        try:
            image, means = codec.decode(body, means)
        except CodecError:
            return
        yield at, image


def _values(
    chain: Chain, section: int, index: int, track: Track
) -> Iterator[tuple[int, float | None]]:
    codec, sizes, mean = Codec(), chain.layout.section_sizes, NOTHING
    for at, body in _sound(chain):
        try:
            part = split(body, len(sizes))[section]
            number, mean = codec.decode_one(part, index, sizes[section], mean)
        except CodecError:
            return
        yield at, None if number == ABSENT else number / track.steps_per_unit
