"""Takes the samples over that the first version kept as rows of the state database.

They were chains: a keyframe, then each sample as its difference to a running mean of those before
it, in 256ths: expected = (mean + 128) >> 8; then mean += ((number << 8) - mean) >> 3. A number that
was written whole becomes the mean itself. Section: one signed byte a number, -128 where the whole
number follows after all bytes, in four planes of bytes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from itertools import accumulate, pairwise
from typing import Final

import numpy as np
import zstandard
from numpy.typing import NDArray
from sqlite_utils import Database, Migrations

from bacs_core.history.database import transaction
from bacs_core.history.layout import StringLayout, track_from
from bacs_core.history.measurements.buffers import Buffer, shortened
from bacs_core.history.measurements.deriving import SETTLED_EPOCH
from bacs_core.history.measurements.numbers import ABSENT, Numbers
from bacs_core.history.measurements.sealing import seal
from bacs_core.history.measurements.windows import GROUP_CELLS

AFTERWARDS: Final = Migrations("bacs_samples_moved")
_PROGRESS: Final = "version 1"
#: Samples of now are numbered from 1; those taken over stand before all of them.
_BEFORE: Final = -(1 << 40)
_FRACTION_BITS: Final = 8
_WEIGHT_BITS: Final = 3
_WHOLE: Final = -128
_NOTHING: Final = ABSENT << _FRACTION_BITS
_NUMBER: Final = np.dtype("<i4")

_Sections = tuple[NDArray[np.int64], ...]


@AFTERWARDS()
def v1_samples_moved(database: Database) -> None:
    """Drop the tables whose samples stand in the measurement database now."""
    for name in ("samples", "keyframes", "layouts"):
        database.table(name).drop(ignore=True)


def convert_next(old: Database, new: Database) -> bool:
    """Take one chain over; drop the tables after the last one. Tell whether more may follow.

    Chains whose layout cannot be read are passed over; the tables are not dropped then.

    A chain and the note that it was taken over are one transaction: killed at any moment, it goes
    on where it stopped, and nothing is taken twice.
    """
    if not AFTERWARDS.pending(old):
        return False
    row = new.conn.execute("SELECT value FROM progress WHERE what = ?", (_PROGRESS,)).fetchone()
    done = 0 if row is None else int(row[0])
    found = old.conn.execute(
        "SELECT sample_id, CAST(description AS BLOB) FROM keyframes"
        " JOIN layouts ON layouts.id = layout_id WHERE sample_id > ? ORDER BY sample_id LIMIT 1",
        (done,),
    ).fetchone()
    if found is None:
        layouts = old.conn.execute("SELECT CAST(description AS BLOB) FROM layouts").fetchall()
        if all(_strings(description) is not None for (description,) in layouts):
            AFTERWARDS.apply(old)
        return False
    first, description = found
    rows = old.conn.execute(
        "SELECT id, at, body FROM samples WHERE id >= :first AND id < coalesce("
        "(SELECT min(sample_id) FROM keyframes WHERE sample_id > :first), 1 << 62) ORDER BY id",
        {"first": first},
    ).fetchall()
    with transaction(new):
        _store(new, _strings(description) or (), rows)
        new.table("progress").upsert({"what": _PROGRESS, "value": first}, pk="what")
    return True


def _strings(description: bytes) -> tuple[StringLayout, ...] | None:
    """Read a layout of the first version, `None` where it is none."""
    try:
        stored = json.loads(description)
        columns = tuple(track_from(each) for each in stored["columns"])
        scalars = tuple(track_from(each) for each in stored["scalars"])
        return tuple(
            StringLayout(**string, columns=columns, scalars=scalars) for string in stored["strings"]
        )
    except (ValueError, KeyError, TypeError):
        return None


def _store(
    database: Database, strings: tuple[StringLayout, ...], rows: list[tuple[int, int, bytes]]
) -> None:
    buffers = [Buffer(string) for string in strings]
    for number, at, image in _images(strings, rows):
        sequence = _BEFORE + number
        columns = shortened(np.stack(image[:-1])) if strings else np.empty((0, 0), np.int32)
        scalars = image[-1].reshape(len(strings), -1)
        first = 0
        for place, buffer in enumerate(buffers):
            if not buffer.takes(buffer.layout, SETTLED_EPOCH, at):
                seal(database, buffer, GROUP_CELLS)
                buffer.clear()
            cells = slice(first, first + buffer.layout.cell_count)
            first = cells.stop
            buffer.add(at, sequence, SETTLED_EPOCH, columns[:, cells], scalars[place])
    for buffer in buffers:
        if buffer.count:
            seal(database, buffer, GROUP_CELLS)


def _images(
    strings: tuple[StringLayout, ...], rows: list[tuple[int, int, bytes]]
) -> Iterator[tuple[int, int, tuple[Numbers, ...]]]:
    """Decode a chain; what follows a hole or damage in it means nothing."""
    if not strings:
        return
    cells = sum(string.cell_count for string in strings)
    sizes = [cells] * len(strings[0].columns) + [len(strings) * len(strings[0].scalars)]
    means: _Sections = tuple(np.full(size, _NOTHING, dtype=np.int64) for size in sizes)
    expected = rows[0][0] if rows else 0
    for number, at, body in rows:
        try:
            if number != expected:
                return
            pairs = [
                _section(part, mean)
                for part, mean in zip(_split(body, len(sizes)), means, strict=True)
            ]
        except (ValueError, struct.error, zstandard.ZstdError):
            return
        means = tuple(mean for _, mean in pairs)
        yield number, at, tuple(now for now, _ in pairs)
        expected += 1


def _split(body: bytes, count: int) -> list[bytes]:
    header = 4 * count
    ends = list(accumulate(struct.unpack_from(f"<{count}I", body), initial=header))
    if ends[-1] != len(body):
        raise ValueError(f"a sample of {len(body)} bytes does not have {count} sections")
    return [body[start:end] for start, end in pairwise(ends)]


def _section(part: bytes, mean: NDArray[np.int64]) -> tuple[Numbers, NDArray[np.int64]]:
    now = (mean + (1 << (_FRACTION_BITS - 1))) >> _FRACTION_BITS
    whole = np.zeros(len(mean), dtype=np.bool_)
    if part:
        plain = zstandard.ZstdDecompressor().decompress(part)
        differences = np.frombuffer(plain[: len(mean)], dtype=np.int8)
        whole = differences == _WHOLE
        if len(plain) - len(mean) != _NUMBER.itemsize * np.count_nonzero(whole):
            raise ValueError(f"a section of {len(plain)} bytes for {len(mean)} numbers")
        planes = np.frombuffer(plain, dtype=np.uint8, offset=len(mean)).reshape(4, -1)
        now = now + differences
        now[whole] = np.ascontiguousarray(planes.T).view(_NUMBER).ravel()
    scaled = now << _FRACTION_BITS
    moved = np.where(whole, scaled, mean + ((scaled - mean) >> _WEIGHT_BITS))
    return now.astype(np.int32), moved
