"""Modbus as a slave sees it: requests parsed and answers built by pymodbus's server side.

On purpose another codec than the one with which the engine drives its lines, so that each checks
the other. Only names that pymodbus 3.11.2 to 3.16 share are used. A *body* is unit address and PDU:
what RTU closes with a CRC and Modbus TCP opens with a header.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from pymodbus.framer.rtu import FramerRTU
from pymodbus.framer.socket import FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.pdu.bit_message import (
    ReadCoilsRequest,
    ReadCoilsResponse,
    ReadDiscreteInputsRequest,
    ReadDiscreteInputsResponse,
)
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadHoldingRegistersResponse,
    ReadInputRegistersRequest,
    ReadInputRegistersResponse,
    WriteMultipleRegistersRequest,
    WriteMultipleRegistersResponse,
)

from bacs_core.devices.registers import MAX_READ_REGISTERS, MAX_WRITE_REGISTERS

BROADCAST_UNIT: Final = 0
READ_COILS: Final = ReadCoilsRequest.function_code
READ_INPUTS: Final = ReadDiscreteInputsRequest.function_code
READ: Final = ReadHoldingRegistersRequest.function_code
READ_INPUT_REGISTERS: Final = ReadInputRegistersRequest.function_code
WRITE: Final = WriteMultipleRegistersRequest.function_code
GATEWAY_TARGET_FAILED: Final = 11
SHORTEST_FRAME: Final = 4
#: Modbus application protocol V1.1b3, 6.1: a read returns at most 2000 bits.
MAX_READ_BITS: Final = 2000
#: Modbus messaging on TCP/IP V1.0b, 3.1.3: transaction, protocol, length; the unit address counts
#: as part of what follows.
MBAP_BYTES: Final = 6
SHORTEST_BODY: Final = 2
LONGEST_BODY: Final = 254
_HEADER_BYTES: Final = 7
_EXCEPTION_BIT: Final = 0x80

_DECODER: Final = DecodePDU(is_server=True)
_RTU: Final = FramerRTU(_DECODER)
_TCP: Final = FramerSocket(_DECODER)
_SERVED: Final[dict[int, type[ModbusPDU]]] = {
    READ_COILS: ReadCoilsRequest,
    READ_INPUTS: ReadDiscreteInputsRequest,
    READ: ReadHoldingRegistersRequest,
    READ_INPUT_REGISTERS: ReadInputRegistersRequest,
    WRITE: WriteMultipleRegistersRequest,
}
_BIT_ANSWERS: Final[dict[int, type[ModbusPDU]]] = {
    READ_COILS: ReadCoilsResponse,
    READ_INPUTS: ReadDiscreteInputsResponse,
}
_REGISTER_ANSWERS: Final[dict[int, type[ModbusPDU]]] = {
    READ: ReadHoldingRegistersResponse,
    READ_INPUT_REGISTERS: ReadInputRegistersResponse,
}
#: Checked here, since not every release of pymodbus does.
_LARGEST_COUNT: Final = {
    READ_COILS: MAX_READ_BITS,
    READ_INPUTS: MAX_READ_BITS,
    READ: MAX_READ_REGISTERS,
    READ_INPUT_REGISTERS: MAX_READ_REGISTERS,
    WRITE: MAX_WRITE_REGISTERS,
}


@dataclass(frozen=True, slots=True)
class Request:
    """A frame with a good CRC. `consistent` is false where its data contradict themselves.

    `registers` holds what a write carries.
    """

    unit: int
    function: int
    address: int = 0
    count: int = 0
    registers: bytes = b""
    consistent: bool = False

    @property
    def served(self) -> bool:
        """Whether the function is one that some device here knows."""
        return self.function in _SERVED

    @property
    def is_write(self) -> bool:
        """Whether it changes registers."""
        return self.function == WRITE


def expected_size(data: bytes) -> int | None:
    """Return the length of the RTU frame that `data` begins, or `None` where it cannot be known.

    Unknown functions have no known length; only silence ends them.
    """
    pdu = _SERVED.get(data[1]) if len(data) > 1 else None
    if pdu is None or len(data) < _HEADER_BYTES:
        return None
    return int(pdu.calculateRtuFrameSize(data))


def crc_fits(frame: bytes) -> bool:
    """Tell whether the last two bytes are the CRC of those before."""
    return len(frame) >= SHORTEST_FRAME and FramerRTU.check_CRC(
        frame[:-2], int.from_bytes(frame[-2:], "big")
    )


def parse(frame: bytes) -> Request | None:
    """Read a whole RTU frame; `None` where its CRC is wrong, it is too short or no request."""
    return parse_body(frame[:-2]) if crc_fits(frame) else None


def parse_body(body: bytes) -> Request | None:
    """Read unit address and PDU; `None` where they are no request."""
    if body[1] & _EXCEPTION_BIT:
        return None
    unit, function = body[0], body[1]
    if function not in _SERVED:
        return Request(unit, function)
    try:
        pdu = _DECODER.decode(body[1:])
    except struct.error:
        pdu = None
    if pdu is None:
        return Request(unit, function)
    registers = struct.pack(f">{len(pdu.registers)}H", *pdu.registers)
    complete = function != WRITE or len(registers) == 2 * pdu.count
    consistent = complete and 1 <= pdu.count <= _LARGEST_COUNT[function]
    return Request(unit, function, pdu.address, pdu.count, registers, consistent)


def read_answer(request: Request, payload: bytes) -> bytes:
    """Build the body of the answer to a read, from register bytes or packed bits."""
    pdu: ModbusPDU
    if request.function in _BIT_ANSWERS:
        bits = [bool(byte >> place & 1) for byte in payload for place in range(8)]
        pdu = _BIT_ANSWERS[request.function](bits=bits)
    else:
        words = struct.unpack(f">{len(payload) // 2}H", payload)
        pdu = _REGISTER_ANSWERS[request.function](registers=list(words))
    return _body(request.unit, pdu)


def write_answer(request: Request) -> bytes:
    """Build the body that confirms a write."""
    pdu = WriteMultipleRegistersResponse(address=request.address, count=request.count)
    return _body(request.unit, pdu)


def answer_size(request: Request) -> int:
    """Return how long the body of a sound answer is that carries out a request."""
    if request.is_write:
        return 6
    bits = request.function in _BIT_ANSWERS
    return 3 + ((request.count + 7) // 8 if bits else 2 * request.count)


def exception_answer(unit: int, function: int, code: int) -> bytes:
    """Build the body of a Modbus exception."""
    return _body(unit, ExceptionResponse(function, code))


def with_crc(body: bytes) -> bytes:
    """Close a body as an RTU frame."""
    return body + FramerRTU.compute_CRC(body).to_bytes(2, "big")


def with_header(body: bytes, transaction: int) -> bytes:
    """Put the header of Modbus TCP before a body."""
    return _TCP.encode(body[1:], body[0], transaction)


def mbap_size(data: bytes) -> int | None:
    """Return the length of the Modbus TCP frame that `data` begins; `None` while unknown.

    Raises `ValueError` where no such frame can begin so: the connection is beyond repair.
    """
    if len(data) < MBAP_BYTES:
        return None
    _transaction, protocol, length = struct.unpack_from(">HHH", data)
    if protocol or not SHORTEST_BODY <= length <= LONGEST_BODY:
        msg = f"no Modbus TCP header: {data[:MBAP_BYTES].hex(' ')}"
        raise ValueError(msg)
    return MBAP_BYTES + int(length)


def mbap_transaction(frame: bytes) -> int:
    """Return the transaction number of a Modbus TCP frame."""
    return int.from_bytes(frame[:2], "big")


def _body(unit: int, pdu: ModbusPDU) -> bytes:
    return bytes([unit, pdu.function_code]) + pdu.encode()
