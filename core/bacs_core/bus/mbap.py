"""Requests that are open on a Modbus TCP connection, free of I/O and of the clock.

Every answer carries the transaction number of its request, so that they may come in any order. An
answer that nobody waits for (late, doubled, foreign) is dropped and counted; one that does not fit
its request is an error of that request alone. A header that cannot be one means that the bytes can
no longer be told apart: `receive` raises, and the connection has to be made anew.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

from bacs_core.bus import frames
from bacs_core.bus.frames import Request
from bacs_core.errors import DeviceError, FrameError

#: Modbus messaging on TCP/IP V1.0b, 3.1.3: transaction, protocol, length of what follows, unit.
_HEADER: Final = struct.Struct(">HHHB")
_PROTOCOL: Final = 0
#: Unit, function and one byte more (an exception); unit and the longest PDU.
_LENGTHS: Final = range(3, 255)
_TRANSACTIONS: Final = 0x10000


@dataclass(frozen=True, slots=True)
class Answer:
    """How one request ended: the register bytes, or why there are none."""

    transaction: int
    outcome: bytes | DeviceError | FrameError


@dataclass(slots=True)
class OpenRequests:
    """The open requests by transaction number, and the bytes not understood yet.

    Numbers go on over connections, because a gateway may bring an answer to an old one.
    """

    requests: dict[int, Request] = field(default_factory=dict)
    dropped_bytes: int = 0
    _received: bytearray = field(default_factory=bytearray)
    _last: int = 0

    def open(self, request: Request) -> tuple[int, bytes]:
        """Return the number under which the answer is awaited, and the frame to send."""
        self._last = (self._last + 1) % _TRANSACTIONS
        if not request.is_broadcast:
            self.requests[self._last] = request
        return self._last, frames.mbap_frame(request, self._last)

    def close(self, transaction: int) -> None:
        """Wait no longer for an answer."""
        self.requests.pop(transaction, None)

    def begin_anew(self) -> None:
        """Forget what belonged to a connection that is gone."""
        self.requests.clear()
        self.dropped_bytes += len(self._received)
        self._received.clear()

    def receive(self, data: bytes) -> list[Answer]:
        """Take bytes and return what they end; raises `FrameError` where they make no sense."""
        self._received += data
        answers = []
        while len(self._received) >= _HEADER.size:
            transaction, protocol, length, unit = _HEADER.unpack_from(self._received)
            if protocol != _PROTOCOL or length not in _LENGTHS:
                raise FrameError("not a Modbus TCP header", bytes(self._received[: _HEADER.size]))
            end = _HEADER.size - 1 + length
            if len(self._received) < end:
                break
            frame = bytes(self._received[:end])
            del self._received[:end]
            request = self.requests.pop(transaction, None)
            if request is None:
                self.dropped_bytes += len(frame)
            else:
                answers.append(Answer(transaction, _outcome(request, unit, frame)))
        return answers


def _outcome(request: Request, unit: int, frame: bytes) -> bytes | DeviceError | FrameError:
    pdu = frame[_HEADER.size :]
    if unit != request.unit:
        reason: str | None = f"answer of unit {unit}"
    elif frames.is_exception(request, pdu):
        return DeviceError(request.unit, request.function, pdu[1])
    else:
        reason = frames.misfit(request, pdu)
    if reason is None:
        return frames.payload(request, pdu)
    return FrameError(f"unit {request.unit}, function {request.function}: {reason}", frame)
