"""Messages taken apart and made up with the library."""

from __future__ import annotations

from typing import Any

from snmp import ErrorStatus, SNMPv2c, authNoPriv, noAuthNoPriv  # type: ignore[import-untyped]
from snmp.message import Message  # type: ignore[import-untyped]
from snmp.pdu import ResponsePDU  # type: ignore[import-untyped]
from snmp.security.models import SecurityModel  # type: ignore[import-untyped]
from snmp.security.usm.parameters import (  # type: ignore[import-untyped]
    SignedUsmParameters,
    UnsignedUsmParameters,
)
from snmp.smi import Integer32, OctetString, VarBind  # type: ignore[import-untyped]
from snmp.v2c.interpreter import pduTypes  # type: ignore[import-untyped]
from snmp.v3.message import (  # type: ignore[import-untyped]
    HeaderData,
    MessageFlags,
    ScopedPDU,
    SNMPv3WireMessage,
)

from tests.core.snmp.agent import COMMUNITY

#: What stands at every name of an answer that was made up.
LIE = Integer32(7)


def read_message(data: bytes) -> Any:
    """What a message of version 2c carries."""
    return Message.decodeExact(data, types=pduTypes).pdu


def made_answer(answer: bytes, *told: Any, error: int = ErrorStatus.noError) -> bytes:
    """Say something else than this answer of version 2c, to the same question.

    `told` are bindings, or names at which `LIE` stands.
    """
    bindings = (VarBind(one, LIE) if isinstance(one, str) else one for one in told)
    number = read_message(answer).requestID
    lie = ResponsePDU(*bindings, requestID=number, errorStatus=error)
    encoded: bytes = Message(SNMPv2c, COMMUNITY.encode(), lie).encode()
    return encoded


def plain_answers(answer: bytes, request_number: int, name: str) -> list[bytes]:
    """Answers of version 3 to the same question, as one without any key can make them."""
    genuine = SNMPv3WireMessage.decodeExact(answer)
    told = SignedUsmParameters.decodeExact(genuine.securityParameters.original)
    lie = ScopedPDU(ResponsePDU((name, LIE), requestID=request_number), told.engineID)
    forged = []
    for level in (noAuthNoPriv, authNoPriv):
        flags = MessageFlags(level)
        header = HeaderData(genuine.header.msgID, 1500, flags, SecurityModel.USM)
        for digest in (b"", bytes(12), bytes(told.signature[:])):
            parameters = UnsignedUsmParameters(
                told.engineID, told.engineBoots, told.engineTime, told.userName, digest, b""
            )
            message = SNMPv3WireMessage(header, lie, OctetString(parameters.encode()))
            forged.append(message.encode())
    return forged
