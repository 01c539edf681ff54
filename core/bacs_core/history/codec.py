"""Whole numbers to bytes and back, without loss.

A sample is written as its difference to what was to be expected: for each number the running mean
of those before it, in whole arithmetic, so that writer and reader expect the same. That halves the
noise of a plain difference to the last sample. Each section (one quantity of all cells) is
compressed by itself, so that the values of one quantity can be read alone, and because one
statistic does not fit two quantities.

Running mean, in 256ths: expected = (mean + 128) >> 8; then mean += ((number << 8) - mean) >> 3.
A number that was written whole becomes the mean itself.

Section, before compression: one signed byte per number, the difference; where it does not fit, or
the number comes or goes, the byte is -128 and the whole number follows after all the bytes: four
bytes, the lowest bytes of all of them first, as the higher ones are mostly alike. A section in
which all is as expected is empty. Body: the compressed length of each section (four bytes, low byte
first), then the sections.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import Final, TypeVar

import numpy as np
import zstandard
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
Image = tuple[Numbers, ...]
Means = tuple[NDArray[np.int64], ...]

#: Stands for "no value"; no number near it is ever stored.
ABSENT: Final = -(1 << 31)
LARGEST: Final = (1 << 31) - 1024
_FRACTION_BITS: Final = 8
_WEIGHT_BITS: Final = 3
#: The mean of numbers that are absent: absent is then expected, and anything else written whole.
NOTHING: Final = ABSENT << _FRACTION_BITS
_WHOLE: Final = -128
_LARGEST_DIFFERENCE: Final = 127
_STORED_NUMBER: Final = np.dtype("<i4")
_Whole = TypeVar("_Whole", int, NDArray[np.int64])


class CodecError(ValueError):
    """A stored sample does not fit its layout."""


class Codec:
    """Encodes and decodes samples; not for two threads at once."""

    def __init__(self) -> None:
        """Set the compressor up: noise has no repetitions, so nearly no search for them."""
        parameters = zstandard.ZstdCompressionParameters.from_level(
            3,
            strategy=zstandard.STRATEGY_FAST,
            min_match=7,
            hash_log=6,
            write_checksum=True,
        )
        self._compressor = zstandard.ZstdCompressor(compression_params=parameters)
        self._decompressor = zstandard.ZstdDecompressor()

    def encode(self, image: Image, means: Means) -> tuple[bytes, Means]:
        """Write `image`; return it with the means to write the next one against."""
        pairs = [self._encode_section(now, mean) for now, mean in zip(image, means, strict=True)]
        sections = [section for section, _ in pairs]
        lengths = struct.pack(f"<{len(sections)}I", *(len(section) for section in sections))
        return lengths + b"".join(sections), tuple(mean for _, mean in pairs)

    def decode(self, body: bytes, means: Means) -> tuple[Image, Means]:
        """Read the image that was written against `means`. Raises `CodecError`."""
        pairs = [
            self._decode_section(section, mean)
            for section, mean in zip(split(body, len(means)), means, strict=True)
        ]
        return tuple(now for now, _ in pairs), tuple(mean for _, mean in pairs)

    def decode_one(self, section: bytes, index: int, size: int, mean: int) -> tuple[int, int]:
        """Read a single number of a section of `size`; return it and its mean. `CodecError`."""
        number = _expected(mean)
        if section:
            differences, wholes = self._open(section, size)
            difference = int(differences[index])
            if difference == _WHOLE:
                number = int(wholes[np.count_nonzero(differences[:index] == _WHOLE)])
                return number, number << _FRACTION_BITS
            number += difference
        return number, _moved(mean, number)

    def _encode_section(
        self, now: Numbers, mean: NDArray[np.int64]
    ) -> tuple[bytes, NDArray[np.int64]]:
        wide = now.astype(np.int64)
        difference = wide - _expected(mean)
        whole = np.abs(difference) > _LARGEST_DIFFERENCE
        moved = np.where(whole, wide << _FRACTION_BITS, _moved(mean, wide))
        if not difference.any():
            return b"", moved
        small = np.where(whole, _WHOLE, difference).astype(np.int8)
        planes = now[whole].astype(_STORED_NUMBER).view(np.uint8).reshape(-1, 4).T
        plain = small.tobytes() + planes.tobytes()
        return self._compressor.compress(plain), moved

    def _decode_section(
        self, section: bytes, mean: NDArray[np.int64]
    ) -> tuple[Numbers, NDArray[np.int64]]:
        now = _expected(mean)
        whole = np.zeros(len(mean), dtype=np.bool_)
        if section:
            differences, wholes = self._open(section, len(mean))
            whole = differences == _WHOLE
            now = now + differences
            now[whole] = wholes
        moved = np.where(whole, now << _FRACTION_BITS, _moved(mean, now))
        return now.astype(np.int32), moved

    def _open(self, section: bytes, size: int) -> tuple[NDArray[np.int8], Numbers]:
        try:
            plain = self._decompressor.decompress(section)
        except zstandard.ZstdError as error:
            raise CodecError(str(error)) from error
        differences = np.frombuffer(plain[:size], dtype=np.int8)
        rest = len(plain) - size
        if rest != _STORED_NUMBER.itemsize * np.count_nonzero(differences == _WHOLE):
            msg = f"a section of {len(plain)} bytes for {size} numbers"
            raise CodecError(msg)
        planes = np.frombuffer(plain, dtype=np.uint8, offset=size).reshape(4, -1)
        return differences, np.ascontiguousarray(planes.T).view(_STORED_NUMBER).ravel()


def split(body: bytes, count: int) -> list[bytes]:
    """Cut a body into its `count` sections. Raises `CodecError` where it is cut short."""
    header = 4 * count
    lengths = struct.unpack_from(f"<{count}I", body) if len(body) >= header else ()
    if len(lengths) != count or header + sum(lengths) != len(body):
        msg = f"a sample of {len(body)} bytes does not have {count} sections"
        raise CodecError(msg)
    ends = np.cumsum([header, *lengths]).tolist()
    return [body[start:end] for start, end in pairwise(ends)]


def nothing(section_sizes: tuple[int, ...]) -> Means:
    """Expect no value at all: what the first sample of a chain is written against."""
    return tuple(np.full(size, NOTHING, dtype=np.int64) for size in section_sizes)


def _expected(mean: _Whole) -> _Whole:
    return (mean + (1 << (_FRACTION_BITS - 1))) >> _FRACTION_BITS


def _moved(mean: _Whole, number: _Whole) -> _Whole:
    return mean + (((number << _FRACTION_BITS) - mean) >> _WEIGHT_BITS)


def to_numbers(values: NDArray[np.float64], steps_per_unit: int | NDArray[np.int64]) -> Numbers:
    """Round values to whole steps; what is not a number, or absurdly large, is absent."""
    steps = np.rint(values * steps_per_unit)
    usable = np.abs(steps) <= LARGEST
    return np.where(usable, steps, ABSENT).astype(np.int32)


def to_values(numbers: Numbers, steps_per_unit: int) -> NDArray[np.float64]:
    """Turn whole steps back into values; absent ones are NaN."""
    return np.where(numbers == ABSENT, np.nan, numbers / steps_per_unit)
