"""Messages of version 2c (RFC 1901): the community is their only, and open, protection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from bacs_core.errors import FrameError
from bacs_core.snmp import ber, pdu

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Community:
    """Wraps and unwraps messages of one community."""

    name: str = field(repr=False)

    def wrap(self, request: bytes, message_id: int, now: float) -> bytes:  # noqa: ARG002
        """Make the message that carries a request."""
        return ber.sequence(ber.integer(VERSION), ber.octets(self.name.encode()), request)

    def unwrap(self, data: bytes, message_id: int, now: float) -> pdu.Pdu:  # noqa: ARG002
        """Return what a message carries; raises `FrameError` where it is not for us."""
        outer = ber.Reader(data)
        body = outer.inside()
        outer.finish()
        if body.integer() != VERSION or body.octets() != self.name.encode():
            raise FrameError("SNMP: a message of another version or community", data)
        answer = pdu.read(body)
        body.finish()
        if answer.kind != pdu.RESPONSE:
            raise FrameError("SNMP: a report, which this version does not have", data)
        return answer
