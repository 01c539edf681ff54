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
from collections.abc import Sequence
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
)
from pcodec.wrapped import (  # type: ignore[import-untyped]
    ChunkDecompressor,
    FileCompressor,
    FileDecompressor,
)

from bacs_core.history.measurements.numbers import ABSENT, ABSENT_SHORT
from bacs_core.history.measurements.packing import (
    WIDTHS,
    Wide,
    curve_of_steps,
    largest,
    pack,
    pack_curve,
    pack_near,
    unpack,
    unpack_one,
    width,
)

PAGE_CELLS: Final = 16
_FRACTION_BITS: Final = 2
_HALF: Final = 1 << (_FRACTION_BITS - 1)
_LEVEL: Final = 5
_MOVING: Final = 1
_WITH_ABSENT: Final = 2
#: The code of the width of the residuals is the second bit pair of the flags.
_WIDTH_SHIFT: Final = 2
_ALONE: Final = 16
_ONE_LENGTH: Final = struct.Struct("<I")
#: The parts before the pages of the residual; the last of them is the chunk head of pcodec.
_PAGES: Final = 5
#: Above it, quarters of a step do not fit 32 bits.
_SMALL: Final = 1 << 27
_SMALL_QUARTERS: Final = 1 << 30
_FILE: Final = FileCompressor()
_FILE_READER: Final = FileDecompressor.new(_FILE.write_header())[0]
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
    constant = b"" if number.size == 0 else pack_near(number)
    if still.all():
        return _joined(0, head, [constant])
    moving = numbers[~still] if still.any() else numbers
    missing = moving == absent if moving.min() == absent else None
    if len(moving) == 1:
        # Nothing is common to a single cell: its numbers stand for the means, without a residual.
        alone = moving[0].astype(np.int32)
        alone[alone == absent] = ABSENT
        return _joined(_MOVING | _ALONE, head, [constant, pack(alone)])
    flags, mask = _MOVING, b""
    if missing is not None:
        flags |= _WITH_ABSENT
        mask = zstandard.compress(np.packbits(missing).tobytes())
    wide = _widened(moving, missing)
    level, mean = _model(wide, missing, short=moving.dtype == np.int16)
    residual = _predicted(level, mean)
    np.subtract(wide, residual, out=residual)
    if missing is not None:
        residual[missing] = 0
    code = width(residual)
    chunk, pages = _pages(residual.astype(WIDTHS[code][1]))
    flags |= code << _WIDTH_SHIFT
    return _joined(flags, head, [constant, pack_near(level), pack_curve(mean), mask, chunk, *pages])


def decode(section: bytes, moments: int, cells: int) -> Parts:
    """Read what `encode` wrote. Raises `SectionError`."""
    try:
        return _decoded(section, moments, cells)
    except (ValueError, TypeError, RuntimeError, IndexError, struct.error) as error:
        raise SectionError(str(error)) from error


def decode_cell(section: bytes, moments: int, cells: int, cell: int) -> Wide:
    """Read the numbers of one cell, from 0, without decoding the others. `SectionError`."""
    try:
        return _decoded_cell(section, moments, cells, cell)
    except (ValueError, TypeError, RuntimeError, IndexError, struct.error) as error:
        raise SectionError(str(error)) from error


def decode_cell_of_each(
    sections: Sequence[bytes], moments: int, cells: int, cell: int
) -> list[Wide | SectionError]:
    """Read the numbers of one cell, from 0, out of sections of one shape, or what is wrong.

    What is usual is done for all of them at once: a week of a cell has 168 sections.
    """
    found: list[Wide | SectionError | None] = [None] * len(sections)
    usual: list[int] = []
    firsts: list[int] = []
    steps: list[bytes] = []
    rows = np.empty((len(sections), moments), dtype=np.int32)
    for number, each in enumerate(sections):
        try:
            own = _own_curve(each, moments, cells, cell, rows[len(usual)])
            if own is None:
                found[number] = _decoded_cell(each, moments, cells, cell)
                continue
        except (ValueError, TypeError, RuntimeError, IndexError, struct.error) as error:
            found[number] = SectionError(str(error))
            continue
        usual.append(number)
        firsts.append(own[0])
        steps.append(own[1])
    curves = np.empty((len(usual), moments), dtype=np.int64)
    curves[:, 0] = firsts
    curves[:, 1:] = np.frombuffer(b"".join(steps), np.int8).reshape(len(usual), moments - 1)
    curves = curves.cumsum(axis=1)
    curves >>= _FRACTION_BITS
    curves += rows[: len(usual)]
    for number, curve in zip(usual, curves, strict=True):
        found[number] = curve
    return [each for each in found if each is not None]


def decode_moment(section: bytes, moments: int, cells: int, moment: int) -> NDArray[np.int64]:
    """Read the numbers of all cells at one moment, from 0. Raises `SectionError`."""
    try:
        return _decoded_moment(section, moments, cells, moment)
    except (ValueError, TypeError, RuntimeError, IndexError, struct.error) as error:
        raise SectionError(str(error)) from error


def _widened(moving: NDArray[Any], missing: NDArray[np.bool_] | None) -> Wide:
    if moving.dtype == np.int16:
        return moving.astype(np.int32)
    present = moving if missing is None else np.where(missing, 0, moving)
    fits = largest(present) < _SMALL
    return present.astype(np.int32 if fits else np.int64)


def _model(wide: Wide, missing: NDArray[np.bool_] | None, *, short: bool) -> tuple[Wide, Wide]:
    """Return the constant of each cell and the mean at each moment, in quarters of a step."""
    quarters = 1 << _FRACTION_BITS
    if missing is None:
        # Sums of numbers of 16 bits fit 32, which is faster than the mean of NumPy.
        sums = np.int32 if short and max(wide.shape) < 1 << 16 else np.float64
        cells, moments = wide.shape
        mean = np.rint(wide.sum(axis=0, dtype=sums) * (quarters / cells))
        level = np.rint(wide.sum(axis=1, dtype=sums) * (quarters / moments) - mean.mean())
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
    predicted: Wide = level[:, np.newaxis] + (mean + _HALF)
    predicted >>= _FRACTION_BITS
    return predicted


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


def _joined(flags: int, still: bytes, parts: list[bytes]) -> bytes:
    lengths = struct.pack(f"<{len(parts)}I", *map(len, parts))
    return struct.pack("<BB", flags, len(parts)) + still + lengths + b"".join(parts)


def _outline(section: bytes, cells: int) -> tuple[int, int, list[int]]:
    """Return the flags, which cells are still as bits of a number, and where each part ends."""
    flags, count = section[0], section[1]
    size = (cells + 7) // 8
    if not flags & _MOVING and count == 1:
        return _outline_of_still(section, flags, cells, size)
    still = int.from_bytes(section[2 : 2 + size], "big") >> (-cells % 8)
    lengths = struct.unpack_from(f"<{count}I", section, 2 + size)
    ends = list(accumulate(lengths, initial=2 + size + 4 * count))
    if ends[-1] != len(section):
        raise SectionError(f"a section of {len(section)} bytes should have {ends[-1]}")
    if bool(flags & _MOVING) != (still.bit_count() < cells):
        raise SectionError("a section of another shape")
    return flags, still, ends


def _outline_of_still(
    section: bytes, flags: int, cells: int, size: int
) -> tuple[int, int, list[int]]:
    """Return the same of cells that are all still: most sections are such."""
    start = 2 + size + _ONE_LENGTH.size
    end = start + _ONE_LENGTH.unpack_from(section, 2 + size)[0]
    if end != len(section):
        raise SectionError(f"a section of {len(section)} bytes should have {end}")
    still = int.from_bytes(section[2 : 2 + size], "big") >> (-cells % 8)
    if still.bit_count() != cells:
        raise SectionError("a section of another shape")
    return flags, still, [start, end]


def _still_cells(section: bytes, cells: int) -> NDArray[np.bool_]:
    bits = np.frombuffer(section, np.uint8, (cells + 7) // 8, 2)
    return np.unpackbits(bits, count=cells).astype(np.bool_)


def _decoded(section: bytes, moments: int, cells: int) -> Parts:
    flags, bits, ends = _outline(section, cells)
    parts = [section[start:end] for start, end in pairwise(ends)]
    still = _still_cells(section, cells)
    moving = cells - bits.bit_count()
    number = unpack(parts[0], cells - moving)
    if not moving:
        return Parts(still, number, np.empty((0, moments), dtype=np.int64))
    if flags & _ALONE:
        if moving != 1:
            raise SectionError("a section of another shape")
        return Parts(still, number, unpack(parts[1], moments)[np.newaxis])
    _, level, mean, mask, chunk, *pages = parts
    levels, means = unpack(level, moving), unpack(mean, moments)
    narrow = np.int32 if largest(levels) + largest(means) < _SMALL_QUARTERS else np.int64
    residual = _residual(flags, chunk, pages, moving, moments)
    values = _predicted(levels.astype(narrow), means.astype(narrow))
    values += residual
    if flags & _WITH_ABSENT:
        values = np.where(_missing(mask, moving, moments), ABSENT, values)
    return Parts(still, number, values)


def _decoded_moment(section: bytes, moments: int, cells: int, moment: int) -> NDArray[np.int64]:
    """Do for one moment what `_decoded` does for all, in fewer steps."""
    flags, bits, ends = _outline(section, cells)
    if not flags & _MOVING:
        return unpack(section[ends[0] :], cells)
    still = bits.bit_count()
    moving = cells - still
    if flags & _ALONE:
        values: Wide = np.array([unpack_one(section[ends[1] : ends[2]], moments, moment)])
    else:
        values = unpack(section[ends[1] : ends[2]], moving)
        values += unpack_one(section[ends[2] : ends[3]], moments, moment) + _HALF
        values >>= _FRACTION_BITS
        values += _residual_at(section, flags, ends, (moving, moments), moment)
        if flags & _WITH_ABSENT:
            missing = _missing(section[ends[3] : ends[4]], moving, moments)
            values[missing[:, moment]] = ABSENT
    if not still:
        return values
    are_still, numbers = _still_cells(section, cells), np.empty(cells, dtype=np.int64)
    numbers[are_still] = unpack(section[ends[0] : ends[1]], still)
    numbers[~are_still] = values
    return numbers


def _decoded_cell(section: bytes, moments: int, cells: int, cell: int) -> Wide:
    """Do for one cell what `_decoded` does for all, in fewer steps."""
    flags, bits, ends = _outline(section, cells)
    still_before, still = (bits >> (cells - cell)).bit_count(), bits.bit_count()
    if bits >> (cells - cell - 1) & 1:
        number = unpack_one(section[ends[0] : ends[1]], still, still_before)
        return np.full(moments, number, dtype=np.int64)
    if flags & _ALONE:
        return unpack(section[ends[1] : ends[2]], moments)
    place, moving = cell - still_before, cells - still
    values = unpack(section[ends[2] : ends[3]], moments)
    values += unpack_one(section[ends[1] : ends[2]], moving, place) + _HALF
    values >>= _FRACTION_BITS
    values += _own_residual(section, flags, ends, (place, moving), moments)
    if flags & _WITH_ABSENT:
        values[_missing(section[ends[3] : ends[4]], moving, moments)[place]] = ABSENT
    return values


def _own_curve(
    section: bytes, moments: int, cells: int, cell: int, residual: NDArray[np.int32]
) -> tuple[int, bytes] | None:
    """Put the residual of one cell there; return where its curve begins, and the steps.

    `None` where there is no such curve: the cell is still, alone or absent, or the curve steep.
    """
    flags, bits, ends = _outline(section, cells)
    if flags & (_ALONE | _WITH_ABSENT) or bits >> (cells - cell - 1) & 1:
        return None
    curve = curve_of_steps(section[ends[2] : ends[3]], moments)
    if curve is None or flags >> _WIDTH_SHIFT & 3:
        return None
    place, moving = cell - (bits >> (cells - cell)).bit_count(), cells - bits.bit_count()
    residual[:] = _own_residual(section, flags, ends, (place, moving), moments)
    level = unpack_one(section[ends[1] : ends[2]], moving, place)
    return curve[0] + level + _HALF, curve[1]


def _own_residual(
    section: bytes, flags: int, ends: Sequence[int], place: tuple[int, int], moments: int
) -> NDArray[Any]:
    """Decode the residual of the cell at this place of so many moving ones."""
    page, row = divmod(place[0], PAGE_CELLS)
    reader, dtype = _reader(flags, section[ends[_PAGES - 1] : ends[_PAGES]])
    # What stands behind the cell in its page need not be decoded.
    numbers = np.empty(_filled((row + 1) * moments), dtype=dtype)
    count = min(PAGE_CELLS, place[1] - page * PAGE_CELLS) * moments
    start = ends[_PAGES + page]
    _read_page(reader, section[start : ends[_PAGES + page + 1]], count, numbers)
    return numbers[row * moments : (row + 1) * moments]


def _missing(mask: bytes, moving: int, moments: int) -> NDArray[np.bool_]:
    bits = np.frombuffer(_inflated(mask), np.uint8)
    return np.unpackbits(bits, count=moving * moments).reshape(moving, moments).astype(np.bool_)


def _inflated(mask: bytes) -> bytes:
    try:
        return zstandard.decompress(mask)
    except zstandard.ZstdError as error:
        raise SectionError(str(error)) from error


def _reader(flags: int, chunk: bytes) -> tuple[ChunkDecompressor, np.dtype[Any]]:
    name, dtype = WIDTHS[flags >> _WIDTH_SHIFT & 3]
    return _FILE_READER.chunk_decompressor(chunk, name)[0], dtype


def _residual(
    flags: int, chunk: bytes, pages: Sequence[bytes], moving: int, moments: int
) -> NDArray[Any]:
    """Decode all pages, (moving cells, moments)."""
    if len(pages) != -(-moving // PAGE_CELLS):
        raise SectionError("a section of another shape")
    reader, dtype = _reader(flags, chunk)
    numbers = np.empty((len(pages), _filled(PAGE_CELLS * moments)), dtype=dtype)
    for place, page in enumerate(pages):
        count = min(PAGE_CELLS, moving - place * PAGE_CELLS) * moments
        _read_page(reader, page, count, numbers[place])
    return numbers[:, : PAGE_CELLS * moments].reshape(-1, moments)[:moving]


def _residual_at(
    section: bytes, flags: int, ends: Sequence[int], shape: tuple[int, int], moment: int
) -> NDArray[Any]:
    """Decode one moment of `shape`, (moving cells, moments)."""
    moving, moments = shape
    pages = -(-moving // PAGE_CELLS)
    if len(ends) != _PAGES + pages + 1:
        raise SectionError("a section of another shape")
    reader, dtype = _reader(flags, section[ends[_PAGES - 1] : ends[_PAGES]])
    # All pages in one room, up to the last number that is asked for.
    last = (PAGE_CELLS - 1) * moments + moment
    room = np.empty(_filled(last + 1), dtype=dtype)
    found = np.empty(pages * PAGE_CELLS, dtype=dtype)
    for page, start in enumerate(ends[_PAGES:-1]):
        first = page * PAGE_CELLS
        count = min(PAGE_CELLS, moving - first) * moments
        _read_page(reader, section[start : ends[_PAGES + page + 1]], count, room)
        found[first : first + PAGE_CELLS] = room[moment : last + 1 : moments]
    return found[:moving]


def _filled(count: int) -> int:
    """Round up to what a page can be read into."""
    return -(-count // _FILL) * _FILL


def _read_page(reader: ChunkDecompressor, page: bytes, count: int, into: NDArray[Any]) -> None:
    """Decode a page of `count` numbers, or as many as fit, a multiple of `_FILL`."""
    progress, _ = reader.read_page_into(page, count, into)
    if progress.n_processed != min(count, len(into)):
        raise SectionError(f"a page of {progress.n_processed} numbers instead of {count}")
