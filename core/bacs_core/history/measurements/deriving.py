"""Tiers from the full one: what a day was like, in minutes, quarters of an hour and hours.

A full window is derived exactly once; its row says so in the transaction that stores what came of
it. So at any time everything is either in full windows that are not derived, or in the tiers, and
nothing is in both halves or in neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from bacs_core.history.clock_rows import FIRST_YEAR
from bacs_core.history.database import transaction
from bacs_core.history.measured import Tier
from bacs_core.history.measurements import section
from bacs_core.history.measurements.chunk import ChunkError, join, sections_of, write_axis
from bacs_core.history.measurements.numbers import ABSENT
from bacs_core.history.measurements.section import Parts, SectionError
from bacs_core.history.measurements.steps import STEP_MS, Grouping, Steps, grouped, merged, steps_of
from bacs_core.history.measurements.string_rows import load_strings
from bacs_core.history.measurements.windows import (
    PARTS,
    NewWindow,
    StoredString,
    Window,
    chunk_body,
    delete_windows,
    insert_window,
    recorded_until,
    select_windows,
)
from bacs_core.history.moments import to_milliseconds, to_moment

DAY_MS: Final = 86_400_000
#: Windows of hours are put together by so many days: longer columns compress better.
MERGED_MS: Final = 32 * DAY_MS
#: Put together when nothing is shifted any more, see `shifting`; never what an unset clock timed.
SETTLED_EPOCH: Final = 0
_SETTLED_MS: Final = to_milliseconds(FIRST_YEAR)


def derive_next(database: Database, *, before: int) -> list[str] | None:
    """Derive one day of one string that ended before this moment (unix milliseconds).

    Return what was found damaged, as sentences; `None` where there was nothing to do.
    """
    found = database.conn.execute(
        "SELECT string_id, first FROM windows INDEXED BY windows_to_derive"
        " WHERE tier = 'full' AND derived = 0 AND first < ? ORDER BY first LIMIT 1",
        (before // DAY_MS * DAY_MS,),
    ).fetchone()
    return None if found is None else derive_day(database, found[0], found[1] // DAY_MS)


def derive_day(database: Database, string_id: int, day: int) -> list[str]:
    """Derive what is not derived yet of a string and day of UTC; return damage as sentences.

    Of a string whose row cannot be read there are no tiers.
    """
    spoilt: list[str] = []
    strings = {each.id: each for each in load_strings(database, told=spoilt)}
    stored = strings.get(string_id)
    told = spoilt if stored is None else []
    windows = select_windows(
        database,
        "tier = 'full' AND string_id = ? AND derived = 0 AND first >= ? AND first < ?",
        (string_id, day * DAY_MS, (day + 1) * DAY_MS),
    )
    with transaction(database):
        for epoch in sorted({window.epoch for window in windows}):
            of_epoch = [each for each in windows if each.epoch == epoch]
            if stored is not None:
                _derive(database, stored, of_epoch, told)
        database.conn.executemany(
            "UPDATE windows SET derived = 1 WHERE id = ?", [(window.id,) for window in windows]
        )
    return told


def merge_next(database: Database, *, before: int) -> bool:
    """Put the hours of one string and span together that ended long before; tell if there were."""
    spans = database.conn.execute(
        "SELECT string_id, first / :span FROM windows WHERE tier = 'hour' AND first < :before"
        " AND first >= :settled GROUP BY string_id, first / :span HAVING count(*) > 1",
        {
            "span": MERGED_MS,
            "before": (before - DAY_MS) // MERGED_MS * MERGED_MS,
            "settled": _SETTLED_MS,
        },
    ).fetchall()
    strings = {each.id: each for each in load_strings(database)} if spans else {}
    # Of a string whose row cannot be read they stay as they are.
    found = next((row for row in spans if row[0] in strings), None)
    if found is None:
        return False
    string_id, span = found
    stored = strings[string_id]
    windows = select_windows(
        database,
        "tier = 'hour' AND string_id = ? AND first >= ? AND first < ?",
        (string_id, max(span * MERGED_MS, _SETTLED_MS), (span + 1) * MERGED_MS),
    )
    with transaction(database):
        pieces, at, counts = _hours(database, stored, windows)
        if pieces is not None:
            _store(database, stored, (Tier.HOUR, SETTLED_EPOCH), windows, (at, counts), pieces)
        delete_windows(database, windows, {stored.id: stored})
    return True


def _derive(
    database: Database, stored: StoredString, windows: Sequence[Window], told: list[str]
) -> None:
    """Store the tiers of some full windows, in the running transaction."""
    usable = [(window, at) for window in windows if (at := _moments(window, told)) is not None]
    if not usable:
        return
    minutes = np.unique(np.concatenate([at // STEP_MS[Tier.MINUTE] for _, at in usable]))
    ranges = {
        tier: np.unique(minutes * STEP_MS[Tier.MINUTE] // width) * width
        for tier, width in STEP_MS.items()
    }
    samples = {
        tier: _samples([at for _, at in usable], ranges[tier], width)
        for tier, width in STEP_MS.items()
    }
    pieces = [(window, grouped(at, STEP_MS[Tier.MINUTE]), len(at)) for window, at in usable]
    chunks: dict[Tier, list[bytes]] = {tier: [] for tier in STEP_MS}
    for group in range(1 + len(stored.groups)):
        sections: dict[Tier, list[bytes]] = {tier: [] for tier in STEP_MS}
        for column in _columns(database, stored, pieces, group, told):
            for tier, steps in _tiers(column):
                sections[tier] += _sections(steps, tier, len(ranges[tier]), samples[tier])
        for tier, each in sections.items():
            chunks[tier].append(join(each))
    for tier in STEP_MS:
        epoch = windows[0].epoch
        _insert(
            database, stored, (tier, epoch), windows, (ranges[tier], samples[tier]), chunks[tier]
        )


def _moments(window: Window, told: list[str]) -> NDArray[np.int64] | None:
    try:
        return window.moments()[0]
    except ChunkError as error:
        told.append(f"the times of a window from {window.first} ms cannot be read ({error})")
        return None


def _samples(
    moments: Iterable[NDArray[np.int64]], steps: NDArray[np.int64], width: int
) -> NDArray[np.int64]:
    """Count the samples of the string in each step."""
    found = np.searchsorted(steps, np.concatenate(list(moments)) // width * width)
    return np.bincount(found, minlength=len(steps)).astype(np.int64)


def _columns(
    database: Database,
    stored: StoredString,
    windows: Sequence[tuple[Window, Grouping, int]],
    group: int,
    told: list[str],
) -> Iterator[Steps | NDArray[np.int64]]:
    """Yield each column of a group of cells in minutes.

    A column that stood still over all windows is only the number of each cell.
    """
    count, cells = stored.shape(group)
    pieces: list[list[tuple[Grouping, Parts]]] = [[] for _ in range(count)]
    for window, minutes, moments in windows:
        try:
            sections = sections_of(chunk_body(database, window.chunk_id + group), count)
            parts = [section.decode(each, moments, cells) for each in sections]
        except (ChunkError, SectionError) as error:
            told += tell_damage(database, stored, window, group, str(error))
            parts = [_nothing(moments, cells)] * count
        for place, each in enumerate(parts):
            pieces[place].append((minutes, each))
    for each_column in pieces:
        yield _together(each_column)


def _together(pieces: Sequence[tuple[Grouping, Parts]]) -> Steps | NDArray[np.int64]:
    number = pieces[0][1].number
    if not (number == ABSENT).any() and all(
        parts.still.all() and np.array_equal(parts.number, number) for _, parts in pieces
    ):
        return number
    return merged([steps_of(each, parts) for each, parts in pieces], STEP_MS[Tier.MINUTE])


def _tiers(
    column: Steps | NDArray[np.int64],
) -> Iterator[tuple[Tier, Steps | NDArray[np.int64]]]:
    """Yield a column of minutes in the steps of each tier: a coarser one out of the finer."""
    for tier, width in STEP_MS.items():
        if isinstance(column, Steps) and tier is not Tier.MINUTE:
            column = merged([column], width)
        yield tier, column


def _nothing(moments: int, cells: int) -> Parts:
    return Parts(
        np.ones(cells, dtype=np.bool_),
        np.full(cells, ABSENT, dtype=np.int64),
        np.empty((0, moments), dtype=np.int64),
    )


def tell_damage(
    database: Database, stored: StoredString, window: Window, group: int, reason: str
) -> list[str]:
    """Note a spoilt chunk; return a sentence the first time, nothing afterwards."""
    text = damage_text(stored, window, group, reason)
    cursor = database.conn.execute(
        "INSERT OR IGNORE INTO damage (chunk_id, text) VALUES (?, ?)",
        (window.chunk_id + group, text),
    )
    return [text] if cursor.rowcount > 0 else []


def damage_text(stored: StoredString, window: Window, group: int, reason: str) -> str:
    """Say what cannot be read any more."""
    cells = stored.groups[group - 1] if group else None
    what = "values of the string" if cells is None else f"cells {cells.start + 1} to {cells.stop}"
    first, last = to_moment(window.first), to_moment(window.last)
    return (
        f"measurements of {stored.layout.key}, {what}, from {first:%Y-%m-%d %H:%M:%S} to "
        f"{last:%Y-%m-%d %H:%M:%S} UTC cannot be read any more ({reason})"
    )


def _sections(
    steps: Steps | NDArray[np.int64], tier: Tier, count: int, samples: NDArray[np.int64]
) -> list[bytes]:
    if not isinstance(steps, Steps):
        still = section.encode(steps[:, np.newaxis].astype(np.int32))
        return [b"" if name == "count" else still for name in PARTS[tier]]
    return _encoded({name: steps.part(name) for name in PARTS[tier]}, samples, count)


def _encoded(
    parts: dict[str, NDArray[np.int32]], samples: NDArray[np.int64], count: int
) -> list[bytes]:
    """Write the parts of a column; counts only where they are not those of the string."""
    if any(part.shape[1] != count for part in parts.values()):
        raise ChunkError("steps of another number")
    return [
        b"" if name == "count" and (part == samples).all() else section.encode(part)
        for name, part in parts.items()
    ]


def _store(
    database: Database,
    stored: StoredString,
    kind: tuple[Tier, int],
    windows: Sequence[Window],
    axis: tuple[NDArray[np.int64], NDArray[np.int64]],
    groups: Sequence[Sequence[dict[str, NDArray[np.int32]]]],
) -> None:
    at, samples = axis
    chunks = [
        join([each for column in columns for each in _encoded(column, samples, len(at))])
        for columns in groups
    ]
    _insert(database, stored, kind, windows, axis, chunks)


def _insert(
    database: Database,
    stored: StoredString,
    kind: tuple[Tier, int],
    windows: Sequence[Window],
    axis: tuple[NDArray[np.int64], NDArray[np.int64]],
    chunks: Sequence[bytes],
) -> None:
    at, samples = axis
    tier, epoch = kind
    newest = max(windows, key=lambda each: each.last_sequence)
    window = NewWindow(
        stored.id,
        tier,
        epoch,
        int(at[0]),
        int(at[-1]),
        min(each.sequence for each in windows),
        newest.last_sequence,
        recorded_until(database, newest),
        write_axis(at, samples),
    )
    insert_window(database, window, chunks)


def _hours(
    database: Database, stored: StoredString, windows: Sequence[Window]
) -> tuple[list[list[dict[str, NDArray[np.int32]]]] | None, NDArray[np.int64], NDArray[np.int64]]:
    """Read hour windows and string them together as they are, sorted by time."""
    names = PARTS[Tier.HOUR]
    groups: list[list[list[list[NDArray[np.int32]]]]] = [
        [[[] for _ in names] for _ in range(stored.shape(group)[0])]
        for group in range(1 + len(stored.groups))
    ]
    ats, samples = [], []
    for window in windows:
        try:
            at, counts = window.moments()
            read = [
                _hour_columns(database, stored, window, group, counts)
                for group in range(len(groups))
            ]
        except (ChunkError, SectionError):
            # The merged window has a gap there; that the chunk is spoilt is told by who reads it.
            continue
        ats.append(at)
        samples.append(counts)
        for into, columns in zip(groups, read, strict=True):
            for lists, parts in zip(into, columns, strict=True):
                for each, part in zip(lists, parts, strict=True):
                    each.append(part)
    if not ats:
        empty = np.empty(0, dtype=np.int64)
        return None, empty, empty
    all_at = np.concatenate(ats)
    order = np.argsort(all_at, kind="stable")
    result = [
        [
            {
                name: np.concatenate(parts, axis=1)[:, order]
                for name, parts in zip(names, lists, strict=True)
            }
            for lists in columns
        ]
        for columns in groups
    ]
    return result, all_at[order], np.concatenate(samples)[order]


def _hour_columns(
    database: Database,
    stored: StoredString,
    window: Window,
    group: int,
    counts: NDArray[np.int64],
) -> list[list[NDArray[np.int32]]]:
    names = PARTS[Tier.HOUR]
    columns, cells = stored.shape(group)
    sections = sections_of(chunk_body(database, window.chunk_id + group), columns * len(names))
    parts = [
        section.decode(each, len(counts), cells).whole()
        if each
        else np.broadcast_to(counts, (cells, len(counts))).astype(np.int32)
        for each in sections
    ]
    return [parts[first : first + len(names)] for first in range(0, len(parts), len(names))]
