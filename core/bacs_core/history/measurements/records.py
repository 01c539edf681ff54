"""What one record of the journal says: a reference, or one sample as its difference to it.

A sample needs only the newest reference before it and no other sample, so a spoilt record loses
nothing else. A section (one column of all stored cells, or all their strings' scalars) is one
signed byte a number: the number minus the reference minus a shift common to the string. Where that
does not fit, the byte is -128 and the whole number follows after all bytes, the lowest bytes of all
of them first, as the higher ones are mostly alike. The shifts stand at the head, 16 bits each. A
section in which all is as expected is empty. Huffman codes of zstd bring noise near its entropy.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, Final

import numpy as np
import zstandard
from numpy.typing import NDArray

from bacs_core.history.layout import StringLayout, layout_from_json
from bacs_core.history.measurements.numbers import ABSENT, Numbers
from bacs_core.history.measurements.taken import Taken
from bacs_core.snapshot import Flags

_WHOLE: Final = -128
_LARGEST: Final = 127
_LARGEST_SHIFT: Final = (1 << 15) - 1
_NUMBER: Final = np.dtype("<i4")
_SHIFT: Final = np.dtype("<i2")
_LENGTH: Final = struct.Struct("<I")
_ONE_SHIFT: Final = struct.Struct("<h")
_REFERENCE: Final = struct.Struct("<Q")


class RecordError(ValueError):
    """The payload of a record is not what its head says."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What samples are differences to: the strings, and a number for each of theirs.

    `number` is that of the sample before it; a sample names the reference it needs by it.
    """

    number: int
    strings: tuple[StringLayout, ...]
    columns: Numbers
    scalars: Numbers

    @property
    def cells(self) -> NDArray[np.intp]:
        """Cells of each string."""
        return np.array([string.cell_count for string in self.strings], dtype=np.intp)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a cell stands in the samples that keep the same strings, counted from 0.

    `strings` and `cells` are how many are kept, `string` and `row` the place among them;
    `expected` is what the reference has for it, a number per column.
    """

    strings: int
    cells: int
    string: int
    row: int
    expected: tuple[int, ...]


def spot_of(reference: Reference, kept: Flags, string: int, cell: int) -> Spot:
    """Find a cell of a string that is kept, both from 0."""
    cells = reference.cells
    first = int(cells[:string].sum()) + cell
    return Spot(
        strings=int(np.count_nonzero(kept)),
        cells=int(cells[kept].sum()),
        string=int(np.count_nonzero(kept[:string])),
        row=int(cells[:string][kept[:string]].sum()) + cell,
        expected=tuple(reference.columns[:, first].tolist()),
    )


class RecordCodec:
    """Encodes and decodes records; not for two threads at once."""

    def __init__(self) -> None:
        """Set the compressor up: noise has no repetitions, so nearly no search for them."""
        parameters = zstandard.ZstdCompressionParameters.from_level(
            3, strategy=zstandard.STRATEGY_FAST, min_match=7, hash_log=6
        )
        self._compressor = zstandard.ZstdCompressor(compression_params=parameters)
        self._decompressor = zstandard.ZstdDecompressor()
        self._usual_of: tuple[Reference, Numbers] | None = None

    def encode_reference(self, reference: Reference) -> bytes:
        """Write a reference with the layouts of its strings."""
        layouts = json.dumps([string.to_json() for string in reference.strings]).encode()
        parts = [layouts, reference.columns.tobytes(), reference.scalars.tobytes()]
        return _join([self._compressor.compress(part) for part in parts])

    def decode_reference(self, payload: bytes, number: int) -> Reference:
        """Read the reference with this number. Raises `RecordError`."""
        try:
            layouts, columns, scalars = map(self._decompressor.decompress, _split(payload, 3))
            strings = tuple(layout_from_json(text) for text in json.loads(layouts))
            rows = len(strings[0].columns) if strings else 0
            reference = Reference(
                number,
                strings,
                np.frombuffer(columns, dtype=_NUMBER).reshape(rows, -1),
                np.frombuffer(scalars, dtype=_NUMBER).reshape(len(strings), -1),
            )
        except (ValueError, KeyError, TypeError, zstandard.ZstdError) as error:
            raise RecordError(str(error)) from error
        if reference.columns.shape[1] != reference.cells.sum():
            raise RecordError("a reference of another shape")
        return reference

    def encode(self, taken: Taken, reference: Reference) -> bytes:
        """Write the kept strings of a sample; its strings are those of the reference."""
        kept, cells = taken.kept, reference.cells
        columns, expected, usual = taken.columns, reference.columns, self._usual(reference)
        if not kept.all():
            rows = np.repeat(kept, cells)
            columns, expected, usual = columns[:, rows], expected[:, rows], usual[:, rows]
            cells = cells[kept]
        sections = self._encode_columns(columns, expected, usual, cells)
        scalars = self._encode_scalars(taken.scalars[kept].ravel(), reference.scalars[kept].ravel())
        sections.append(scalars)
        head = _REFERENCE.pack(reference.number) + np.packbits(kept).tobytes()
        return _join([head, *sections])

    def decode(self, payload: bytes, at: int, reference: Reference) -> Taken:
        """Read a sample; strings that were not kept are absent. Raises `RecordError`."""
        kept = self.kept(payload, reference)
        cells, rows = reference.cells[kept], np.repeat(kept, reference.cells)
        columns = np.full(reference.columns.shape, ABSENT, dtype=np.int32)
        scalars = np.full(reference.scalars.shape, ABSENT, dtype=np.int32)
        for place in range(len(columns)):
            columns[place, rows] = self.decode_column(payload, place, reference, kept, cells)
        scalars[kept] = self.decode_scalars(payload, reference, kept)
        return Taken(at, reference.strings, columns, scalars, kept)

    def kept(self, payload: bytes, reference: Reference) -> Flags:
        """Read which strings a sample holds. Raises `RecordError`."""
        head = _head(payload, len(reference.columns) + 2)
        count = len(reference.strings)
        if len(head) != _REFERENCE.size + (count + 7) // 8:
            raise RecordError("a sample of other strings")
        if _REFERENCE.unpack_from(head)[0] != reference.number:
            raise RecordError("the reference of a sample is missing")
        bits = np.frombuffer(head, np.uint8, offset=_REFERENCE.size)
        return np.unpackbits(bits, count=count).astype(np.bool_)

    def decode_column(
        self,
        payload: bytes,
        place: int,
        reference: Reference,
        kept: Flags,
        cells: NDArray[np.intp],
    ) -> Numbers:
        """Read one column of the kept strings. Raises `RecordError`."""
        section = _split(payload, len(reference.columns) + 2)[place + 1]
        expected: Numbers = reference.columns[place]
        if not kept.all():
            expected = expected[np.repeat(kept, reference.cells)]
        if not section:
            return expected
        plain = self._plain(section)
        head = _SHIFT.itemsize * len(cells)
        if len(plain) < head:
            raise RecordError("a section that is cut short")
        shift = np.frombuffer(plain, dtype=_SHIFT, count=len(cells))
        usual = np.where(expected == ABSENT, 0, expected) + np.repeat(shift.astype(np.int64), cells)
        return _undone(plain[head:], usual)

    def number_reader(self, place: int, spot: Spot) -> Callable[[bytes], int]:
        """Return what reads one number of a column out of a sample; it raises `RecordError`."""
        directory = struct.Struct(f"<{len(spot.expected) + 2}I")
        before, inside = slice(place + 1), place + 1
        expected, head = spot.expected[place], spot.strings * _SHIFT.itemsize
        usual = 0 if expected == ABSENT else expected
        at, shift_at, least = head + spot.row, spot.string * _SHIFT.itemsize, head + spot.cells

        def read(payload: bytes) -> int:
            if len(payload) < directory.size:
                raise RecordError("a record that is cut short")
            lengths = directory.unpack_from(payload)
            length = lengths[inside]
            if length == 0:
                return expected
            start = directory.size + sum(lengths[before])
            plain = self._plain(payload[start : start + length])
            if len(plain) < least:
                raise RecordError("a section that is cut short")
            difference = (plain[at] ^ 0x80) - 0x80
            if difference == _WHOLE:
                return int(_undone(plain[head:], np.zeros(spot.cells, dtype=np.int64))[spot.row])
            (shift,) = _ONE_SHIFT.unpack_from(plain, shift_at)
            number: int = usual + shift + difference
            return (number - ABSENT) % (1 << 32) + ABSENT

        return read

    def decode_scalars(self, payload: bytes, reference: Reference, kept: Flags) -> Numbers:
        """Read (kept strings, scalars). Raises `RecordError`."""
        section = _split(payload, len(reference.columns) + 2)[-1]
        expected = reference.scalars[kept]
        if not section:
            return expected
        usual = np.where(expected == ABSENT, 0, expected).ravel().astype(np.int64)
        return _undone(self._plain(section), usual).reshape(expected.shape)

    def _usual(self, reference: Reference) -> Numbers:
        """Return the columns of a reference with 0 for what is absent."""
        known = self._usual_of
        if known is None or known[0] is not reference:
            usual = np.where(reference.columns == ABSENT, 0, reference.columns)
            known = self._usual_of = reference, usual
        return known[1]

    def _encode_columns(
        self, columns: Numbers, expected: Numbers, usual: Numbers, cells: NDArray[np.intp]
    ) -> list[bytes]:
        sections = [b""] * len(columns)
        changed = np.flatnonzero((columns != expected).any(axis=1))
        if len(changed) == 0:
            return sections
        # What overflows here comes back by overflowing there.
        difference = columns[changed]
        difference -= usual[changed]
        starts = np.concatenate([[0], np.cumsum(cells)[:-1]])
        sane = difference
        least, most = int(difference.min()), int(difference.max())
        if not -_LARGEST_SHIFT <= least <= most <= _LARGEST_SHIFT:
            # What is absent, or far off, must not move the others.
            far = (difference > _LARGEST_SHIFT) | (difference < -_LARGEST_SHIFT)
            sane = np.where(far, 0, difference)
        shift = np.rint(np.add.reduceat(sane, starts, axis=1) / cells).astype(_SHIFT)
        if shift.any():
            difference -= np.repeat(shift.astype(np.int32), cells, axis=1)
        if least - int(shift.max()) >= -_LARGEST and most - int(shift.min()) <= _LARGEST:
            small = difference.astype(np.int8)
            for row, place in enumerate(changed.tolist()):
                plain = shift[row].tobytes() + small[row].tobytes()
                sections[place] = self._compressor.compress(plain)
            return sections
        for row, place in enumerate(changed.tolist()):
            sections[place] = self._section(difference[row], columns[place], shift[row])
        return sections

    def _encode_scalars(self, now: Numbers, expected: Numbers) -> bytes:
        if np.array_equal(now, expected):
            return b""
        usual = np.where(expected == ABSENT, 0, expected)
        return self._section(now - usual, now, np.empty(0, dtype=_SHIFT))

    def _section(self, difference: Numbers, now: Numbers, shift: NDArray[np.int16]) -> bytes:
        if _within(difference, _LARGEST):
            small = difference.astype(np.int8)
            return self._compressor.compress(shift.tobytes() + small.tobytes())
        whole = (difference > _LARGEST) | (difference < -_LARGEST)
        small = np.where(whole, _WHOLE, difference).astype(np.int8)
        planes = now[whole].astype(_NUMBER).view(np.uint8).reshape(-1, 4).T
        return self._compressor.compress(shift.tobytes() + small.tobytes() + planes.tobytes())

    def _plain(self, section: bytes) -> bytes:
        try:
            return self._decompressor.decompress(section)
        except zstandard.ZstdError as error:
            raise RecordError(str(error)) from error


def _within(numbers: Numbers, largest: int) -> bool:
    return bool(numbers.size == 0 or (numbers.min() >= -largest and numbers.max() <= largest))


def _undone(plain: bytes, usual: NDArray[Any]) -> Numbers:
    """Add the differences to what was expected, and put the whole numbers in."""
    differences = np.frombuffer(plain[: len(usual)], dtype=np.int8)
    whole = differences == _WHOLE
    rest = len(plain) - len(usual)
    if len(differences) != len(usual) or rest != _NUMBER.itemsize * np.count_nonzero(whole):
        raise RecordError(f"a section of {len(plain)} bytes for {len(usual)} numbers")
    numbers = (usual + differences).astype(np.int32)
    planes = np.frombuffer(plain, dtype=np.uint8, offset=len(usual)).reshape(4, -1)
    numbers[whole] = np.ascontiguousarray(planes.T).view(_NUMBER).ravel()
    return numbers


def _join(parts: Sequence[bytes]) -> bytes:
    return b"".join(_LENGTH.pack(len(part)) for part in parts) + b"".join(parts)


def start_of(payload: bytes, reference: Reference) -> bytes:
    """Return what tells the reference and the kept strings, nothing where it is cut short."""
    start = (len(reference.columns) + 2) * _LENGTH.size
    if len(payload) < start:
        return b""
    return payload[start : start + _LENGTH.unpack_from(payload)[0]]


def _head(payload: bytes, count: int) -> bytes:
    """Return the first of `count` parts."""
    start = count * _LENGTH.size
    if len(payload) < start:
        raise RecordError("a record that is cut short")
    return payload[start : start + _LENGTH.unpack_from(payload)[0]]


def _split(payload: bytes, count: int) -> list[bytes]:
    if len(payload) < count * _LENGTH.size:
        raise RecordError("a record that is cut short")
    lengths = struct.unpack_from(f"<{count}I", payload)
    ends = list(accumulate(lengths, initial=count * _LENGTH.size))
    if ends[-1] != len(payload):
        raise RecordError(f"a record of {len(payload)} bytes should have {ends[-1]}")
    return [payload[start:end] for start, end in pairwise(ends)]
