"""What ties an answer or an order of our own map to its request, beyond Modbus's own CRC.

Register addresses take 13 bits. The three high bits of the address in a request are a request
counter, which means nothing to the device: it serves the same registers under each of the eight. It
returns the counter in the echo, the first word of a block, so that an answer up to seven requests
late is told from the one that was asked for.

The last word of a block is a check over unit address, function, the address asked for and all words
before it: CRC-16/CCITT (x^16 + x^12 + x^5 + 1, starting at 0xFFFF, high bit first), another code
than that of the frame. A burst of errors that one of them lets through, the other one finds.
"""

from __future__ import annotations

import struct
from binascii import crc_hqx
from enum import StrEnum
from typing import Final

from bacs_core.errors import FrameError

ADDRESS_BITS: Final = 13
LAST_ADDRESS: Final = (1 << ADDRESS_BITS) - 1
COUNTERS: Final = 8
WORD_BYTES: Final = 2
READ: Final = 3
WRITE: Final = 16
_CHECK_START: Final = 0xFFFF


class Guard(StrEnum):
    """Which words of a block guard it."""

    NONE = "none"
    ANSWER = "answer"
    """Read: the first word is the echo, the last one the check."""
    ORDER = "order"
    """Written: the last word is the check."""


def asked_address(address: int, counter: int) -> int:
    """Return the address that a request names: the register's own and the request counter."""
    return address | counter % COUNTERS << ADDRESS_BITS


def register_address(asked: int) -> int:
    """Return the register's own address in a request."""
    return asked & LAST_ADDRESS


def check(unit: int, function: int, asked: int, before: bytes) -> bytes:
    """Return the check word over the register bytes `before` it."""
    covered = struct.pack(">BBH", unit, function, asked) + before
    return crc_hqx(covered, _CHECK_START).to_bytes(WORD_BYTES, "big")


def sealed_order(unit: int, asked: int, content: bytes) -> bytes:
    """Append the check word to what is written to `asked`; unit 0 is a broadcast."""
    return content + check(unit, WRITE, asked, content)


def sealed_answer(unit: int, function: int, asked: int, content: bytes) -> bytes:
    """Put echo and check around what is read from `asked`."""
    words = struct.pack(">H", asked) + content
    return words + check(unit, function, asked, words)


def verify_answer(payload: bytes, unit: int, function: int, asked: int) -> None:
    """Raise `FrameError` unless these register bytes answer this very request."""
    echo = int.from_bytes(payload[:WORD_BYTES], "big")
    if echo != asked:
        msg = f"unit {unit}: answer to {echo:#06x} came for {asked:#06x}"
        raise FrameError(msg, payload)
    _verify_check(payload, unit, function, asked)


def verify_order(payload: bytes, unit: int, asked: int) -> None:
    """Raise `FrameError` unless these register bytes were written to `asked` of this unit."""
    _verify_check(payload, unit, WRITE, asked)


def _verify_check(payload: bytes, unit: int, function: int, asked: int) -> None:
    if payload[-WORD_BYTES:] != check(unit, function, asked, payload[:-WORD_BYTES]):
        msg = f"unit {unit}: wrong check word at {asked:#06x}"
        raise FrameError(msg, payload)
