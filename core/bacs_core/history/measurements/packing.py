"""A few numbers as bytes: the constants of cells, a curve, the numbers of a cell that is alone.

The low bits of the first byte tell the width; what else is in it tells how the numbers follow:
compressed by pcodec, as they are, as a byte above the least of them each, or as the first number
and the step from each to the next.
"""

from __future__ import annotations

import struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pcodec import ChunkConfig, ModeSpec, standalone  # type: ignore[import-untyped]

#: 32 or 64 bits.
Wide = NDArray[Any]

#: The code of a width is its place here; the names are those of pcodec.
WIDTHS: Final = (("i16", np.dtype(np.int16)), ("i32", np.dtype(np.int32)), ("i64", np.dtype("i8")))
_RAW: Final = 4
_STEPS: Final = 8
#: A byte each, none where all are alike.
_ABOVE: Final = 16
_LARGEST_STEP: Final = 127
_FIRST: Final = struct.Struct("<q")
_BEFORE: Final = 1 + _FIRST.size
_ANY_ORDER: Final = ChunkConfig(mode_spec=ModeSpec.classic())


def largest(numbers: Wide) -> int:
    """Return the largest size of a number."""
    return max(-int(numbers.min()), int(numbers.max()))


def width(numbers: Wide) -> int:
    """Return the code of the width that holds all numbers."""
    size = largest(numbers)
    return 0 if size < 1 << 15 else 1 if size < 1 << 31 else 2


def pack(numbers: Wide) -> bytes:
    """Write numbers as small as pcodec can."""
    code = 2 if numbers.dtype == np.int64 else 0 if width(numbers) == 0 else 1
    plain = numbers.astype(WIDTHS[code][1])
    compressed: bytes = standalone.simple_compress(plain, _ANY_ORDER)
    return bytes([code]) + compressed


def pack_near(numbers: Wide) -> bytes:
    """Write numbers so that they are read at once, where they are near each other."""
    least = int(numbers.min())
    span = int(numbers.max()) - least
    head = bytes([_ABOVE]) + _FIRST.pack(least)
    if span == 0:
        return head
    return head + (numbers - least).astype(np.uint8).tobytes() if span < 1 << 8 else raw(numbers)


def raw(numbers: Wide) -> bytes:
    """Write numbers as they are, which is read at once."""
    code = width(numbers)
    return bytes([code | _RAW]) + numbers.astype(WIDTHS[code][1]).tobytes()


def pack_curve(numbers: Wide) -> bytes:
    """Write a curve: where it moves little, the first number and a byte for each step."""
    steps = np.diff(numbers)
    if steps.size == 0 or steps.max() > _LARGEST_STEP or steps.min() < -_LARGEST_STEP:
        return pack(numbers)
    return bytes([_STEPS]) + _FIRST.pack(int(numbers[0])) + steps.astype(np.int8).tobytes()


def unpack(part: bytes, count: int) -> NDArray[np.int64]:
    """Read `count` numbers. Raises `ValueError`, `struct.error` and what pcodec raises."""
    numbers = _unpacked(part, count)
    if len(numbers) != count:
        message = f"{len(numbers)} numbers instead of {count}"
        raise ValueError(message)
    return numbers


def unpack_one(part: bytes, count: int, place: int) -> int:
    """Read one of `count` numbers. Raises what `unpack` raises."""
    if part and part[0] & _STEPS and len(part) == count - 1 + _BEFORE:
        steps = memoryview(part).cast("b")[_BEFORE : _BEFORE + place]
        return int(_FIRST.unpack_from(part, 1)[0]) + sum(steps)
    if part and part[0] & _ABOVE and len(part) in (_BEFORE, count + _BEFORE):
        above = part[_BEFORE + place] if len(part) > _BEFORE else 0
        return int(_FIRST.unpack_from(part, 1)[0]) + above
    return int(unpack(part, count)[place])


def curve_of_steps(part: bytes, count: int) -> tuple[int, bytes] | None:
    """Return the first number and the steps, a byte each, of a curve that is kept so."""
    if len(part) != count - 1 + _BEFORE or not part[0] & _STEPS:
        return None
    return _FIRST.unpack_from(part, 1)[0], part[_BEFORE:]


def _unpacked(part: bytes, count: int) -> NDArray[np.int64]:
    if not part:
        return np.empty(0, dtype=np.int64)
    if part[0] & _ABOVE:
        (least,) = _FIRST.unpack_from(part, 1)
        if len(part) == _BEFORE:
            return np.full(count, least, dtype=np.int64)
        return np.frombuffer(part, np.uint8, offset=_BEFORE) + np.int64(least)
    if part[0] & _STEPS:
        curve = np.empty(len(part) - _FIRST.size, dtype=np.int64)
        (curve[0],) = _FIRST.unpack_from(part, 1)
        curve[1:] = np.frombuffer(part, np.int8, offset=_BEFORE)
        return curve.cumsum()
    dtype = WIDTHS[part[0] % _RAW % len(WIDTHS)][1]
    if part[0] & _RAW:
        return np.frombuffer(part, dtype, offset=1).astype(np.int64)
    numbers = standalone.simple_decompress(part[1:])
    if numbers is None or numbers.dtype != dtype:
        raise ValueError("numbers of another width")
    return np.asarray(numbers, dtype=np.int64)
