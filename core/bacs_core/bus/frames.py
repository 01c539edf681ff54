"""Builds Modbus RTU requests and says what a fitting answer looks like.

Requests are encoded by pymodbus's own PDUs and framer; answers are checked here, because a line
needs more checks than that library makes: unit, function, byte count, length and CRC all have to
fit the one request that is open.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from pymodbus.framer.rtu import FramerRTU
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    WriteMultipleRegistersRequest,
)

BROADCAST_UNIT: Final = 0
EXCEPTION_LENGTH: Final = 5
_EXCEPTION_BIT: Final = 0x80
_FRAMER: Final = FramerRTU(DecodePDU(is_server=False))


@dataclass(frozen=True, slots=True)
class Request:
    """One frame to send, and the length of the answer it calls for (0 for a broadcast)."""

    frame: bytes
    unit: int
    function: int
    answer_length: int

    @property
    def is_broadcast(self) -> bool:
        """Whether nobody answers."""
        return self.unit == BROADCAST_UNIT


def read_registers(unit: int, address: int, count: int) -> Request:
    """Build a request for `count` holding registers (function 3) of one unit."""
    pdu = ReadHoldingRegistersRequest(address=address, count=count, dev_id=unit)
    return Request(_FRAMER.buildFrame(pdu), unit, pdu.function_code, 5 + 2 * count)


def write_registers(unit: int, address: int, payload: bytes) -> Request:
    """Build a write of register bytes (function 16); unit 0 is a broadcast."""
    words = [word for (word,) in struct.iter_unpack(">H", payload)]
    pdu = WriteMultipleRegistersRequest(address=address, registers=words, dev_id=unit)
    length = 0 if unit == BROADCAST_UNIT else 8
    return Request(_FRAMER.buildFrame(pdu), unit, pdu.function_code, length)


def crc_fits(frame: bytes) -> bool:
    """Tell whether the last two bytes are the CRC of those before."""
    return len(frame) > 2 and FramerRTU.compute_CRC(frame[:-2]) == int.from_bytes(frame[-2:], "big")  # noqa: PLR2004


def is_exception(request: Request, frame: bytes) -> bool:
    """Tell whether `frame` is the exception answer to `request`."""
    return (
        len(frame) == EXCEPTION_LENGTH
        and frame[0] == request.unit
        and frame[1] == request.function | _EXCEPTION_BIT
        and crc_fits(frame)
    )


def misfit(request: Request, frame: bytes) -> str | None:
    """Say why a frame of the right length is not the answer to `request`; `None` if it is."""
    if not crc_fits(frame):
        return "wrong CRC"
    if frame[0] != request.unit:
        return f"answer of unit {frame[0]} to a request for unit {request.unit}"
    if frame[1] != request.function:
        return f"answer to function {frame[1]} instead of {request.function}"
    is_read = request.answer_length == EXCEPTION_LENGTH + frame[2]
    if request.function == ReadHoldingRegistersRequest.function_code and not is_read:
        return f"byte count {frame[2]} instead of {request.answer_length - EXCEPTION_LENGTH}"
    if request.function == WriteMultipleRegistersRequest.function_code and (
        frame[2:6] != request.frame[2:6]
    ):
        return "confirms another write"
    return None


def payload(request: Request, frame: bytes) -> bytes:
    """Return the register bytes of a fitting answer (nothing for a write)."""
    is_read = request.function == ReadHoldingRegistersRequest.function_code
    return frame[3:-2] if is_read else b""
