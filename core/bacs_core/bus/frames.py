"""Builds requests, puts them into frames, and says what a fitting answer looks like.

A request and an answer are PDUs (function code and data); what carries them wraps them: a serial
line with unit address and CRC, Modbus TCP with a header. Numbers and names follow the Modbus
application protocol V1.1b3, section 6.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from fastcrc.crc16 import modbus as crc_of

from bacs_core.errors import DeclarationError

BROADCAST_UNIT: Final = 0
READ_COILS: Final = 1
READ_DISCRETE_INPUTS: Final = 2
READ_HOLDING_REGISTERS: Final = 3
READ_INPUT_REGISTERS: Final = 4
WRITE_REGISTERS: Final = 16
READS: Final = frozenset(
    {READ_COILS, READ_DISCRETE_INPUTS, READ_HOLDING_REGISTERS, READ_INPUT_REGISTERS}
)
MAX_READ_REGISTERS: Final = 125
MAX_READ_BITS: Final = 2000
MAX_WRITE_REGISTERS: Final = 123
#: What an RTU frame has around its PDU: unit address and CRC.
RTU_OVERHEAD: Final = 3
EXCEPTION_BIT: Final = 0x80
#: Function code and exception code.
EXCEPTION_LENGTH: Final = 2

_LAST_ADDRESS: Final = 0xFFFF
_READ: Final = struct.Struct(">BHH")
_WRITE: Final = struct.Struct(">BHHB")
#: Transaction, protocol (0), length of what follows, unit.
_MBAP: Final = struct.Struct(">HHHB")
#: Function code and byte count come before the data of an answer.
_ANSWER_HEAD: Final = 2


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a unit. `answer_length` is that of the fitting PDU (0 for a broadcast)."""

    unit: int
    function: int
    pdu: bytes
    answer_length: int

    @property
    def is_broadcast(self) -> bool:
        """Whether nobody answers."""
        return self.unit == BROADCAST_UNIT


def read_registers(
    unit: int, address: int, count: int, function: int = READ_HOLDING_REGISTERS
) -> Request:
    """Build a read of `count` holding (3) or input registers (4) of one unit."""
    if function not in (READ_HOLDING_REGISTERS, READ_INPUT_REGISTERS):
        raise DeclarationError(f"function {function} reads no registers")
    _check(address, count, MAX_READ_REGISTERS)
    _check_unit(unit)
    pdu = _READ.pack(function, address, count)
    return Request(unit, function, pdu, _ANSWER_HEAD + 2 * count)


def read_bits(unit: int, address: int, count: int, function: int = READ_COILS) -> Request:
    """Build a read of `count` coils (1) or discrete inputs (2); the answer has them packed."""
    if function not in (READ_COILS, READ_DISCRETE_INPUTS):
        raise DeclarationError(f"function {function} reads no bits")
    _check(address, count, MAX_READ_BITS)
    _check_unit(unit)
    pdu = _READ.pack(function, address, count)
    return Request(unit, function, pdu, _ANSWER_HEAD + (count + 7) // 8)


def write_registers(unit: int, address: int, payload: bytes) -> Request:
    """Build a write of register bytes (function 16); unit 0 is a broadcast."""
    count, odd = divmod(len(payload), 2)
    if odd:
        raise DeclarationError("half a register cannot be written")
    _check(address, count, MAX_WRITE_REGISTERS)
    pdu = _WRITE.pack(WRITE_REGISTERS, address, count, len(payload)) + payload
    return Request(unit, WRITE_REGISTERS, pdu, 0 if unit == BROADCAST_UNIT else _READ.size)


def rtu_frame(request: Request) -> bytes:
    """Return what goes out over a serial line."""
    body = bytes((request.unit,)) + request.pdu
    return body + crc_of(body).to_bytes(2, "little")


def mbap_frame(request: Request, transaction: int) -> bytes:
    """Return what goes out over Modbus TCP."""
    return _MBAP.pack(transaction, 0, len(request.pdu) + 1, request.unit) + request.pdu


def crc_fits(frame: bytes) -> bool:
    """Tell whether the last two bytes of an RTU frame are the CRC of those before."""
    # The CRC of a frame with its CRC is 0.
    return len(frame) > RTU_OVERHEAD and crc_of(frame) == 0


def is_exception(request: Request, pdu: bytes) -> bool:
    """Tell whether `pdu` is the exception answer to `request`."""
    return len(pdu) == EXCEPTION_LENGTH and pdu[0] == request.function | EXCEPTION_BIT


def misfit(request: Request, pdu: bytes) -> str | None:
    """Say why a PDU is not the answer to `request`; `None` if it is."""
    if not pdu or pdu[0] != request.function:
        return f"answer to function {pdu[0] if pdu else None} instead of {request.function}"
    if len(pdu) != request.answer_length:
        return f"answer of {len(pdu)} bytes instead of {request.answer_length}"
    if request.function == WRITE_REGISTERS:
        return None if pdu == request.pdu[: _READ.size] else "confirms another write"
    if pdu[1] != request.answer_length - _ANSWER_HEAD:
        return f"byte count {pdu[1]} instead of {request.answer_length - _ANSWER_HEAD}"
    return None


def payload(request: Request, pdu: bytes) -> bytes:
    """Return the register bytes or packed bits of a fitting answer (nothing for a write)."""
    return b"" if request.function == WRITE_REGISTERS else pdu[_ANSWER_HEAD:]


def _check(address: int, count: int, most: int) -> None:
    """Refuse what the protocol cannot carry; `DeclarationError`: the asking code is wrong."""
    if not 1 <= count <= most:
        raise DeclarationError(f"{count} at once are not between 1 and {most}")
    if not 0 <= address <= _LAST_ADDRESS + 1 - count:
        raise DeclarationError(f"{count} from address {address} do not exist")


def _check_unit(unit: int) -> None:
    if unit == BROADCAST_UNIT:
        raise DeclarationError("a broadcast has no answer to read")
