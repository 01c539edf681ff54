"""One quantity of some cells over some moments, to bytes and back, without loss.

A cell that never changed is its number. Of the others a prediction is taken away first: the mean of
the moving cells at that moment plus a constant of the cell, both in quarters of a step, rounded
together; what charger, load and weather do to all cells is so stored once. What remains is mostly
noise, for which pcodec (pcodec.org) finds bins and an entropy code near the optimum. There is no
prediction from one moment to the next, so everything is decoded in one vector operation, and a
single cell without the others: the residual stands cell by cell in pages of `PAGE_CELLS`.

Section, low byte first: flags (1 byte), one bit per cell that is still, the lengths of the parts,
then the parts: numbers of the still cells, constants of the moving ones, means, which values are
absent, chunk head of pcodec, and its pages.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, Final

import numpy as np
import zstandard
from numpy.typing import NDArray
from pcodec import (  # type: ignore[import-untyped]
    ChunkConfig,
    DeltaSpec,
    ModeSpec,
    PagingSpec,
    standalone,
)
from pcodec.wrapped import (  # type: ignore[import-untyped]
    ChunkDecompressor,
    FileCompressor,
    FileDecompressor,
)

from bacs_core.history.measurements.numbers import ABSENT, ABSENT_SHORT

_NO_NUMBERS: Final = np.empty(0, dtype=np.int64)
#: 32 or 64 bits.
Wide = NDArray[Any]

PAGE_CELLS: Final = 16
_FRACTION_BITS: Final = 2
_HALF: Final = 1 << (_FRACTION_BITS - 1)
_LEVEL: Final = 5
_MOVING: Final = 1
_WITH_ABSENT: Final = 2
#: Residuals by the width they need; the code is the second bit pair of the flags.
_WIDTHS: Final = (("i16", np.dtype(np.int16)), ("i32", np.dtype(np.int32)), ("i64", np.dtype("i8")))
_WIDTH_SHIFT: Final = 2
_ALONE: Final = 16
#: In the first byte of a part: what follows is not compressed.
_RAW: Final = 4
#: The same: what follows is the first number, then the steps from each to the next.
_STEPS: Final = 8
_LARGEST_STEP: Final = 127
_FIRST: Final = struct.Struct("<q")
#: Above it, quarters of a step do not fit 32 bits.
_SMALL: Final = 1 << 27
_SMALL_QUARTERS: Final = 1 << 30
_FILE: Final = FileCompressor()
_FILE_READER: Final = FileDecompressor.new(_FILE.write_header())[0]
_ANY_ORDER: Final = ChunkConfig(mode_spec=ModeSpec.classic())
#: A page that is read alone is filled up to a multiple of this.
_FILL: Final = 256


class SectionError(ValueError):
    """Stored bytes are no section of this shape."""


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """A decoded section: `still` marks the cells that never changed, `number` has theirs.

    `moving` is (moving cells, moments), with `ABSENT`.
    """

    still: NDArray[np.bool_]
    number: NDArray[np.int64]
    moving: Wide

    def whole(self) -> NDArray[np.int32]:
        """Return everything as (cells, moments)."""
        moments = self.moving.shape[1]
        numbers = np.empty((len(self.still), moments), dtype=np.int32)
        numbers[self.still] = self.number[:, np.newaxis]
        numbers[~self.still] = self.moving
        return numbers


def encode(numbers: NDArray[np.int16] | NDArray[np.int32]) -> bytes:
    """Write (cells, moments); 16-bit numbers have `ABSENT_SHORT`. There is at least one moment."""
    absent = ABSENT_SHORT if numbers.dtype == np.int16 else ABSENT
    still = (numbers == numbers[:, :1]).all(axis=1)
    number = numbers[still, 0].astype(np.int32)
    number[number == absent] = ABSENT
    head = np.packbits(still).tobytes()
    constant = b"" if number.size == 0 else _pack(number)
    if still.all():
        return _joined(0, head, [constant])
    moving = numbers[~still] if still.any() else numbers
    missing = moving == absent if moving.min() == absent else None
    if len(moving) == 1:
        # Nothing is common to a single cell: its numbers stand for the means, without a residual.
        alone = moving[0].astype(np.int32)
        alone[alone == absent] = ABSENT
        return _joined(_MOVING | _ALONE, head, [constant, _pack(alone)])
    flags, mask = _MOVING, b""
    if missing is not None:
        flags |= _WITH_ABSENT
        mask = zstandard.compress(np.packbits(missing).tobytes())
    wide = _widened(moving, missing)
    level, mean = _model(wide, missing)
    residual = wide - _predicted(level, mean)
    if missing is not None:
        residual[missing] = 0
    code = _width(residual)
    chunk, pages = _pages(residual.astype(_WIDTHS[code][1]))
    flags |= code << _WIDTH_SHIFT
    return _joined(flags, head, [constant, _raw(level), _in_steps(mean), mask, chunk, *pages])


def decode(section: bytes, moments: int, cells: int) -> Parts:
    """Read what `encode` wrote. Raises `SectionError`."""
    try:
        return _decoded(section, moments, cells)
    except (ValueError, TypeError, RuntimeError, struct.error) as error:
        raise SectionError(str(error)) from error


def decode_cell(section: bytes, moments: int, cells: int, cell: int) -> Wide:
    """Read the numbers of one cell, from 0, without decoding the others. `SectionError`."""
    try:
        return _decoded_cell(section, moments, cells, cell)
    except (ValueError, TypeError, RuntimeError, IndexError, struct.error) as error:
        raise SectionError(str(error)) from error


def decode_moment(section: bytes, moments: int, cells: int, moment: int) -> NDArray[np.int32]:
    """Read the numbers of all cells at one moment, from 0. Raises `SectionError`."""
    try:
        parts = _decoded(section, moments, cells, slice(moment, moment + 1))
    except (ValueError, TypeError, RuntimeError, struct.error) as error:
        raise SectionError(str(error)) from error
    numbers = np.empty(cells, dtype=np.int32)
    numbers[parts.still] = parts.number
    if parts.moving.size:
        numbers[~parts.still] = parts.moving[:, 0]
    return numbers


def _widened(moving: NDArray[Any], missing: NDArray[np.bool_] | None) -> Wide:
    if moving.dtype == np.int16:
        return moving.astype(np.int32)
    present = moving if missing is None else np.where(missing, 0, moving)
    fits = _largest(present) < _SMALL
    return present.astype(np.int32 if fits else np.int64)


def _model(wide: Wide, missing: NDArray[np.bool_] | None) -> tuple[Wide, Wide]:
    """Return the constant of each cell and the mean at each moment, in quarters of a step."""
    quarters = 1 << _FRACTION_BITS
    if missing is None:
        mean = np.rint(wide.mean(axis=0) * quarters)
        level = np.rint(wide.mean(axis=1) * quarters - mean.mean())
    else:
        there = ~missing
        own = _means(wide, there, axis=1)
        deviation = np.where(there, wide - own[:, np.newaxis], 0)
        mean = np.rint(_means(deviation, there, axis=0) * quarters)
        level = np.rint(own * quarters)
    return level.astype(wide.dtype), mean.astype(wide.dtype)


def _means(values: NDArray[Any], where: NDArray[np.bool_], axis: int) -> NDArray[np.float64]:
    count = np.maximum(where.sum(axis=axis), 1)
    return np.asarray(np.where(where, values, 0).sum(axis=axis) / count)


def _predicted(level: Wide, mean: Wide) -> Wide:
    return np.asarray((level[:, np.newaxis] + (mean + _HALF)) >> _FRACTION_BITS)


def _largest(numbers: Wide) -> int:
    return max(-int(numbers.min()), int(numbers.max()))


def _width(residual: Wide) -> int:
    largest = _largest(residual)
    return 0 if largest < 1 << 15 else 1 if largest < 1 << 31 else 2


def _pages(residual: NDArray[Any]) -> tuple[bytes, list[bytes]]:
    cells, moments = residual.shape
    sizes = [min(PAGE_CELLS, cells - first) * moments for first in range(0, cells, PAGE_CELLS)]
    chunk = _FILE.chunk_compressor(
        residual.ravel(),
        ChunkConfig(
            compression_level=_LEVEL,
            delta_spec=DeltaSpec.no_op(),
            mode_spec=ModeSpec.classic(),
            paging_spec=PagingSpec.exact_page_sizes(sizes),
        ),
    )
    return chunk.write_meta(), [chunk.write_page(page) for page in range(len(sizes))]


def _pack(numbers: Wide) -> bytes:
    """Write a few numbers; the first byte tells their width."""
    code = 2 if numbers.dtype == np.int64 else 0 if _width(numbers) == 0 else 1
    plain = numbers.astype(_WIDTHS[code][1])
    compressed: bytes = standalone.simple_compress(plain, _ANY_ORDER)
    return bytes([code]) + compressed


def _raw(numbers: Wide) -> bytes:
    """Write a few numbers as they are, which is read at once."""
    code = _width(numbers)
    return bytes([code | _RAW]) + numbers.astype(_WIDTHS[code][1]).tobytes()


def _in_steps(numbers: Wide) -> bytes:
    """Write a curve: where it moves little, the first number and a byte for each step."""
    steps = np.diff(numbers)
    if steps.size == 0 or steps.max() > _LARGEST_STEP or steps.min() < -_LARGEST_STEP:
        return _pack(numbers)
    return bytes([_STEPS]) + _FIRST.pack(int(numbers[0])) + steps.astype(np.int8).tobytes()


def _unpack(part: bytes) -> NDArray[np.int64]:
    if not part:
        return np.empty(0, dtype=np.int64)
    if part[0] & _STEPS:
        curve = np.empty(len(part) - _FIRST.size, dtype=np.int64)
        (curve[0],) = _FIRST.unpack_from(part, 1)
        curve[1:] = np.frombuffer(part, np.int8, offset=1 + _FIRST.size)
        return curve.cumsum()
    if part[0] & _RAW:
        return np.frombuffer(part, _WIDTHS[part[0] % _RAW % len(_WIDTHS)][1], offset=1).astype(
            np.int64
        )
    numbers = standalone.simple_decompress(part[1:])
    if numbers is None or numbers.dtype != _WIDTHS[part[0] % len(_WIDTHS)][1]:
        raise SectionError("numbers of another width")
    return np.asarray(numbers, dtype=np.int64)


def _joined(flags: int, still: bytes, parts: list[bytes]) -> bytes:
    lengths = struct.pack(f"<{len(parts)}I", *map(len, parts))
    return struct.pack("<BB", flags, len(parts)) + still + lengths + b"".join(parts)


def _split(section: bytes, cells: int) -> tuple[int, NDArray[np.bool_], list[bytes]]:
    flags, count = struct.unpack_from("<BB", section)
    bits = (cells + 7) // 8
    still = np.unpackbits(np.frombuffer(section, np.uint8, bits, 2), count=cells).astype(np.bool_)
    lengths = struct.unpack_from(f"<{count}I", section, 2 + bits)
    ends = list(accumulate(lengths, initial=2 + bits + 4 * count))
    if ends[-1] != len(section):
        raise SectionError(f"a section of {len(section)} bytes should have {ends[-1]}")
    return flags, still, [section[start:end] for start, end in pairwise(ends)]


def _decoded(section: bytes, moments: int, cells: int, when: slice = slice(None)) -> Parts:
    """Decode all cells, at these moments only."""
    flags, still, parts = _split(section, cells)
    moving = cells - int(np.count_nonzero(still))
    number = _unpack(parts[0])
    if bool(flags & _MOVING) != bool(moving) or len(number) != cells - moving:
        raise SectionError("a section of another shape")
    if not moving:
        return Parts(still, number, np.empty((0, moments), dtype=np.int64))
    if flags & _ALONE:
        alone = _unpack(parts[1])
        if len(alone) != moments or moving != 1:
            raise SectionError("a section of another shape")
        return Parts(still, number, alone[np.newaxis, when])
    _, level, mean, mask, chunk, *pages = parts
    levels, means = _unpack(level), _unpack(mean)
    if len(levels) != moving or len(means) != moments:
        raise SectionError("a section of another shape")
    name, width = _WIDTHS[flags >> _WIDTH_SHIFT]
    narrow = np.int32 if _largest(levels) + _largest(means) < _SMALL_QUARTERS else np.int64
    reader, _ = _FILE_READER.chunk_decompressor(chunk, name)
    sizes = [min(PAGE_CELLS, moving - first) for first in range(0, moving, PAGE_CELLS)]
    rows = [
        _read_page(reader, page, size, moments, width)[:, when]
        for page, size in zip(pages, sizes, strict=True)
    ]
    residual = rows[0] if len(rows) == 1 else np.concatenate(rows)
    values = residual + _predicted(levels.astype(narrow), means[when].astype(narrow))
    if flags & _WITH_ABSENT:
        bits = np.frombuffer(_inflated(mask), np.uint8)
        missing = np.unpackbits(bits, count=moving * moments).reshape(moving, moments)
        values = np.where(missing[:, when], ABSENT, values)
    return Parts(still, number, values)


def _decoded_cell(section: bytes, moments: int, cells: int, cell: int) -> Wide:
    """Do for one cell what `_decoded` does for all, in fewer steps: a week of it is 168 times."""
    flags, count = section[0], section[1]
    size = (cells + 7) // 8
    bits = int.from_bytes(section[2 : 2 + size], "big")
    still_before = (bits >> (8 * size - cell)).bit_count()
    moving = cells - bits.bit_count()
    start = 2 + size + 4 * count
    ends = list(accumulate(struct.unpack_from(f"<{count}I", section, 2 + size), initial=start))
    if ends[-1] != len(section) or bool(flags & _MOVING) != bool(moving):
        raise SectionError("a section of another shape")

    def part(place: int) -> bytes:
        return section[ends[place] : ends[place + 1]]

    if bits >> (8 * size - cell - 1) & 1:
        return np.full(moments, _unpack(part(0))[still_before], dtype=np.int64)
    place = cell - still_before
    means = _unpack(part(1 if flags & _ALONE else 2))
    if len(means) != moments:
        raise SectionError("a section of another shape")
    if flags & _ALONE:
        return means
    name, width = _WIDTHS[flags >> _WIDTH_SHIFT]
    reader, _ = _FILE_READER.chunk_decompressor(part(4), name)
    page = place // PAGE_CELLS
    rows = _read_page(
        reader, part(5 + page), min(PAGE_CELLS, moving - page * PAGE_CELLS), moments, width
    )
    level = _unpack(part(1))[place] + _HALF
    values = rows[place % PAGE_CELLS] + ((means + level) >> _FRACTION_BITS)
    if flags & _WITH_ABSENT:
        absent = np.frombuffer(_inflated(part(3)), np.uint8)
        missing = np.unpackbits(absent, count=moving * moments).reshape(moving, moments)
        values = np.where(missing[place], ABSENT, values)
    return np.asarray(values)


def _inflated(mask: bytes) -> bytes:
    try:
        return zstandard.decompress(mask)
    except zstandard.ZstdError as error:
        raise SectionError(str(error)) from error


def _read_page(
    reader: ChunkDecompressor, page: bytes, cells: int, moments: int, width: np.dtype[Any]
) -> NDArray[Any]:
    count = cells * moments
    numbers = np.empty(-(-count // _FILL) * _FILL, dtype=width)
    progress, _ = reader.read_page_into(page, count, numbers)
    if progress.n_processed != count:
        raise SectionError(f"a page of {progress.n_processed} numbers instead of {count}")
    return numbers[:count].reshape(cells, moments)
