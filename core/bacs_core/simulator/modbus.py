"""Modbus RTU as a slave sees it: requests parsed and answers built by pymodbus's server side.

On purpose another codec than the one with which the engine drives its lines, so that each checks
the other. Only names that pymodbus 3.11.2 to 3.16 share are used.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from pymodbus.framer.rtu import FramerRTU
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadHoldingRegistersResponse,
    WriteMultipleRegistersRequest,
)

from bacs_core.devices.registers import MAX_READ_REGISTERS, MAX_WRITE_REGISTERS

BROADCAST_UNIT: Final = 0
READ: Final = ReadHoldingRegistersRequest.function_code
WRITE: Final = WriteMultipleRegistersRequest.function_code
SHORTEST_FRAME: Final = 4
_HEADER_BYTES: Final = 7
_EXCEPTION_BIT: Final = 0x80

_DECODER: Final = DecodePDU(is_server=True)
_FRAMER: Final = FramerRTU(_DECODER)
_SERVED: Final[dict[int, type[ModbusPDU]]] = {
    READ: ReadHoldingRegistersRequest,
    WRITE: WriteMultipleRegistersRequest,
}
#: Checked here, since not every release of pymodbus does.
_MOST_REGISTERS: Final = {READ: MAX_READ_REGISTERS, WRITE: MAX_WRITE_REGISTERS}


@dataclass(frozen=True, slots=True)
class Request:
    """A frame with a good CRC. `registers` is `None` where its data contradict themselves."""

    unit: int
    function: int
    address: int = 0
    count: int = 0
    registers: bytes | None = None

    @property
    def served(self) -> bool:
        """Whether the function is one that devices of our map know."""
        return self.function in _SERVED


def expected_size(data: bytes) -> int | None:
    """Return the length of the frame that `data` begins, or `None` where that cannot be known.

    Unknown functions have no known length; only silence ends them.
    """
    pdu = _SERVED.get(data[1]) if len(data) > 1 else None
    if pdu is None or len(data) < _HEADER_BYTES:
        return None
    return int(pdu.calculateRtuFrameSize(data))


def parse(frame: bytes) -> Request | None:
    """Read a whole frame; `None` where its CRC is wrong, it is too short or no request at all."""
    if len(frame) < SHORTEST_FRAME or frame[1] & _EXCEPTION_BIT:
        return None
    if not FramerRTU.check_CRC(frame[:-2], int.from_bytes(frame[-2:], "big")):
        return None
    unit, function = frame[0], frame[1]
    if function not in _SERVED:
        return Request(unit, function)
    try:
        pdu = _DECODER.decode(frame[1:-2])
    except struct.error:
        pdu = None
    if pdu is None:
        return Request(unit, function)
    registers = struct.pack(f">{len(pdu.registers)}H", *pdu.registers)
    complete = function == READ or len(registers) == 2 * pdu.count
    consistent = complete and 1 <= pdu.count <= _MOST_REGISTERS[function]
    return Request(unit, function, pdu.address, pdu.count, registers if consistent else None)


def read_answer(unit: int, payload: bytes) -> bytes:
    """Build the answer to a read from its register bytes."""
    words = struct.unpack(f">{len(payload) // 2}H", payload)
    return _FRAMER.buildFrame(ReadHoldingRegistersResponse(dev_id=unit, registers=list(words)))


def exception_answer(unit: int, function: int, code: int) -> bytes:
    """Build a Modbus exception."""
    return _FRAMER.buildFrame(ExceptionResponse(function, code, device_id=unit))


def with_crc(body: bytes) -> bytes:
    """Append the CRC to a frame's body."""
    return body + FramerRTU.compute_CRC(body).to_bytes(2, "big")
