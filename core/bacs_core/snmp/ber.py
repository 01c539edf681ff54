"""The few rules of BER (ITU-T X.690) that SNMP uses (RFC 3417, section 8): definite lengths only.

Every length is checked against the enclosing one. What does not fit is a `FrameError`; nothing is
guessed.
"""

from __future__ import annotations

from typing import Final

from bacs_core.errors import FrameError

INTEGER: Final = 0x02
OCTETS: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
SEQUENCE: Final = 0x30

#: Counter32, Gauge32, TimeTicks and Counter64 (RFC 3416): numbers like INTEGER.
NUMBERS: Final = frozenset((INTEGER, 0x41, 0x42, 0x43, 0x46))
#: NULL, noSuchObject, noSuchInstance and endOfMibView: there is no such value.
NOTHING: Final = frozenset((NULL, 0x80, 0x81, 0x82))

_LONG_FORM: Final = 0x80
_LONGEST_LENGTH: Final = 4
#: Eight bytes of a Counter64, and one that keeps it positive.
_LONGEST_NUMBER: Final = 9

Value = int | bytes | None
"""A number, the raw contents of anything else, or `None` where the agent has no such value."""


def element(tag: int, contents: bytes) -> bytes:
    """Encode one element."""
    size = len(contents)
    if size < _LONG_FORM:
        return bytes((tag, size)) + contents
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG_FORM | len(length))) + length + contents


def integer(value: int) -> bytes:
    """Encode an INTEGER."""
    return element(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def octets(value: bytes) -> bytes:
    """Encode an OCTET STRING."""
    return element(OCTETS, value)


def sequence(*parts: bytes) -> bytes:
    """Encode a SEQUENCE of encoded elements."""
    return element(SEQUENCE, b"".join(parts))


def oid(text: str) -> bytes:
    """Encode the contents of an OBJECT IDENTIFIER such as `1.3.6.1`."""
    first, second, *rest = (int(part) for part in text.split("."))
    return b"".join(_base_128(part) for part in (40 * first + second, *rest))


def _base_128(number: int) -> bytes:
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F | 0x80)
    return bytes(reversed(groups))


def header(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Read tag and length at `at`; return the tag and where its contents start and end.

    Raises `FrameError` where they do not end before `end`.
    """
    if end - at < 2:  # noqa: PLR2004  # a tag and a length
        raise FrameError("SNMP: an element is cut off", data)
    tag, size = data[at], data[at + 1]
    start = at + 2
    if size >= _LONG_FORM:
        length_bytes = size - _LONG_FORM
        if not 1 <= length_bytes <= _LONGEST_LENGTH or start + length_bytes > end:
            raise FrameError("SNMP: an element has no proper length", data)
        size = int.from_bytes(data[start : start + length_bytes], "big")
        start += length_bytes
    if start + size > end:
        raise FrameError("SNMP: an element is longer than what holds it", data)
    return tag, start, start + size


class Reader:
    """Reads elements one after the other, between `at` and `end` of a datagram."""

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes, at: int = 0, end: int | None = None) -> None:
        """Start at `at`."""
        self.data = data
        self.at = at
        self.end = len(data) if end is None else end

    def next(self, expected: int) -> tuple[int, int]:
        """Step over an element of this tag; return where its contents start and end."""
        tag, start, end = header(self.data, self.at, self.end)
        if tag != expected:
            message = f"SNMP: element {tag:#04x} instead of {expected:#04x}"
            raise FrameError(message, self.data)
        self.at = end
        return start, end

    def inside(self, tag: int = SEQUENCE) -> Reader:
        """Step over an element and return a reader of what is in it."""
        return Reader(self.data, *self.next(tag))

    def integer(self) -> int:
        """Read an INTEGER."""
        start, end = self.next(INTEGER)
        return number(self.data, start, end)

    def octets(self) -> bytes:
        """Read an OCTET STRING."""
        start, end = self.next(OCTETS)
        return self.data[start:end]

    def finish(self) -> None:
        """Refuse anything behind the last element."""
        if self.at != self.end:
            raise FrameError("SNMP: there is more than was announced", self.data)


def number(data: bytes, start: int, end: int) -> int:
    """Read the contents of an INTEGER or a counter."""
    if not 0 < end - start <= _LONGEST_NUMBER:
        raise FrameError("SNMP: a number of an impossible length", data)
    return int.from_bytes(data[start:end], "big", signed=True)


def value(data: bytes, at: int, end: int) -> Value:
    """Read one element that has to end exactly at `end`."""
    tag, start, stop = header(data, at, end)
    if stop != end:
        raise FrameError("SNMP: there is more than one value", data)
    if tag in NUMBERS:
        return number(data, start, stop)
    return None if tag in NOTHING else data[start:stop]
