"""Requests and answers (RFC 3416), the two questions that reading takes: GET and GETBULK."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bacs_core.errors import FrameError
from bacs_core.snmp import ber
from bacs_core.snmp.errors import AgentRefusedError, AnswerTooBigError

GET: Final = 0xA0
RESPONSE: Final = 0xA2
GET_BULK: Final = 0xA5
REPORT: Final = 0xA8

#: The highest request and message id (RFC 3412).
MAX_ID: Final = 0x7FFFFFFF

_TOO_BIG: Final = 1
#: RFC 3416, section 3; those that a read can meet.
_REASONS: Final = {
    2: "does not know what it was asked for",
    5: "failed inside",
    6: "does not let this community or user read it",
    13: "is out of resources",
    16: "does not let this community or user read it",
}

#: The size in bytes of a binding whose lengths all take one byte, and of a number in it.
_SMALLEST, _SHORT, _SHORT_NUMBER = 7, 127, 8

Binding = tuple[bytes, ber.Value]
"""A name (the contents of its OID) and what stands there."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """What an agent sent: an answer or a report."""

    kind: int
    request_id: int
    error: int
    bindings: list[Binding]

    def check(self) -> None:
        """Raise where the agent answered with an error status."""
        if self.error == _TOO_BIG:
            raise AnswerTooBigError("the agent cannot put so much into one answer")
        if self.error:
            reason = _REASONS.get(self.error, f"answers with error status {self.error}")
            message = f"the agent {reason}"
            raise AgentRefusedError(message)


def get(request_id: int, names: Sequence[bytes]) -> bytes:
    """Ask for exactly these."""
    return _request(GET, request_id, 0, 0, names)


def get_bulk(request_id: int, names: Sequence[bytes], repetitions: int) -> bytes:
    """Ask for the `repetitions` followers of each name."""
    return _request(GET_BULK, request_id, 0, repetitions, names)


def _request(kind: int, request_id: int, first: int, second: int, names: Sequence[bytes]) -> bytes:
    bindings = (
        ber.sequence(ber.element(ber.OID, name), ber.element(ber.NULL, b"")) for name in names
    )
    return ber.element(
        kind,
        ber.integer(request_id)
        + ber.integer(first)
        + ber.integer(second)
        + ber.sequence(*bindings),
    )


def read(reader: ber.Reader) -> Pdu:
    """Read an answer or a report; raises `FrameError` where it is anything else."""
    kind = reader.data[reader.at] if reader.at < reader.end else 0
    if kind not in {RESPONSE, REPORT}:
        message = f"SNMP: a message of kind {kind:#04x} is no answer"
        raise FrameError(message, reader.data)
    body = reader.inside(kind)
    request_id, error, _ = body.integer(), body.integer(), body.integer()
    start, end = body.next(ber.SEQUENCE)
    body.finish()
    return Pdu(kind, request_id, error, _bindings(reader.data, start, end))


def _bindings(data: bytes, at: int, end: int) -> list[Binding]:
    bindings: list[Binding] = []
    header, value, number = ber.header, ber.value, int.from_bytes
    while at < end:
        # A table is thousands of short numbers. What has exactly that shape is taken at once, in a
        # third of the time; anything else goes the careful way, which also finds what is wrong.
        if end - at > _SMALLEST and data[at] == ber.SEQUENCE and data[at + 2] == ber.OID:
            stop = at + 2 + data[at + 1]
            name_end = at + 4 + data[at + 3]
            if (
                name_end + 2 < stop <= end
                and stop - at <= _SHORT
                and data[name_end] == ber.INTEGER
                and name_end + 2 + data[name_end + 1] == stop
                and stop - name_end - 2 <= _SHORT_NUMBER
            ):
                raw = number(data[name_end + 2 : stop], "big", signed=True)
                bindings.append((data[at + 4 : name_end], raw))
                at = stop
                continue
        tag, start, at = header(data, at, end)
        name_tag, name_start, name_end = header(data, start, at)
        if tag != ber.SEQUENCE or name_tag != ber.OID:
            raise FrameError("SNMP: a value without a name", data)
        bindings.append((data[name_start:name_end], value(data, name_end, at)))
    return bindings
