"""Several sections in one blob, each with its checksum, so that one can be read without the others.

Chunk, low byte first: number of sections (2 bytes), length and CRC-32 of each (4 bytes each),
CRC-32 of all that, then the sections. An empty section stands for one that need not be kept.
"""

from __future__ import annotations

import functools
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pcodec import ChunkConfig, DeltaSpec, standalone  # type: ignore[import-untyped]

_COUNT: Final = struct.Struct("<H")
_ENTRY: Final = struct.Struct("<II")
_CRC: Final = struct.Struct("<I")
#: Moments at equal distances: how many, and the milliseconds between two.
_REGULAR: Final = struct.Struct("<Iq")
_EVEN: Final = ChunkConfig(delta_spec=DeltaSpec.try_consecutive(2))

#: Reads `length` bytes from `offset` on.
Source = Callable[[int, int], bytes]


class ChunkError(ValueError):
    """Stored bytes are damaged: a checksum does not fit, or they are cut short."""


def join(sections: Sequence[bytes]) -> bytes:
    """Put sections into one blob."""
    entries = b"".join(_ENTRY.pack(len(section), zlib.crc32(section)) for section in sections)
    head = _COUNT.pack(len(sections)) + entries
    return head + _CRC.pack(zlib.crc32(head)) + b"".join(sections)


def head_size(count: int) -> int:
    """Return how long the directory of `count` sections is."""
    return _COUNT.size + count * _ENTRY.size + _CRC.size


def section_of(source: Source, count: int, place: int) -> bytes:
    """Read one of `count` sections. Raises `ChunkError` where it is damaged."""
    entries = _directory(source(0, head_size(count)), count)
    offset = head_size(count) + sum(length for length, _ in entries[:place])
    length, checksum = entries[place]
    return _checked(source(offset, length), length, checksum)


def sections_of(body: bytes, count: int) -> list[bytes]:
    """Read all sections of a blob. Raises `ChunkError` where one is damaged."""
    offset, sections = head_size(count), []
    for length, checksum in _directory(body[:offset], count):
        sections.append(_checked(body[offset : offset + length], length, checksum))
        offset += length
    return sections


def write_axis(at: NDArray[np.int64], counts: NDArray[np.int64] | None = None) -> bytes:
    """Write moments as differences to the first, and how many samples stand behind each."""
    steps = np.diff(at)
    if counts is None and len(at) > 1 and (steps == steps[0]).all():
        return join([_REGULAR.pack(len(at), int(steps[0]))])
    parts = [standalone.simple_compress(np.ascontiguousarray(at - at[0]), _EVEN)]
    if counts is not None:
        parts.append(standalone.simple_compress(np.ascontiguousarray(counts), _EVEN))
    return join(parts)


def read_axis(axis: bytes, first: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the moments of a window that begins at `first`, and the samples behind each.

    The arrays may be shared: they cannot be written.
    """
    moments, counts = _since_first(axis)
    return moments + first, counts


@functools.lru_cache(maxsize=64)
def _since_first(axis: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the moments since the first. Most windows have the same."""
    (count,) = (_COUNT.unpack_from(axis)) if len(axis) >= _COUNT.size else (0,)
    parts = sections_of(axis, count)
    if count == 1 and len(parts[0]) == _REGULAR.size:
        moments, step = _REGULAR.unpack(parts[0])
        return _frozen(step * np.arange(moments, dtype=np.int64), np.ones(moments, dtype=np.int64))
    try:
        arrays = [standalone.simple_decompress(part) for part in parts]
    except (ValueError, TypeError, RuntimeError) as error:
        raise ChunkError(str(error)) from error
    if not arrays or any(array is None or array.dtype != np.int64 for array in arrays):
        raise ChunkError("a window without moments")
    at = np.asarray(arrays[0])
    counts = np.asarray(arrays[1]) if len(arrays) > 1 else np.ones(len(at), dtype=np.int64)
    if len(counts) != len(at):
        raise ChunkError(f"{len(counts)} counts for {len(at)} moments")
    return _frozen(at, counts)


def _frozen(
    at: NDArray[np.int64], counts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    at.setflags(write=False)
    counts.setflags(write=False)
    return at, counts


def _directory(head: bytes, count: int) -> list[tuple[int, int]]:
    if len(head) != head_size(count) or _COUNT.unpack_from(head)[0] != count:
        raise ChunkError(f"no directory of {count} sections")
    end = len(head) - _CRC.size
    if zlib.crc32(head[:end]) != _CRC.unpack_from(head, end)[0]:
        raise ChunkError("the directory of a chunk is damaged")
    return list(_ENTRY.iter_unpack(head[_COUNT.size : end]))


def _checked(section: bytes, length: int, checksum: int) -> bytes:
    if len(section) != length or zlib.crc32(section) != checksum:
        raise ChunkError("a section of a chunk is damaged")
    return section
