"""Requests and answers are those of the Modbus specification, and of pymodbus."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, strategies as st
from pymodbus.framer.rtu import FramerRTU
from pymodbus.framer.socket import FramerSocket
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
)

from bacs_core.bus.frames import (
    Request,
    crc_fits,
    is_exception,
    mbap_frame,
    misfit,
    payload,
    read_bits,
    read_registers,
    rtu_frame,
    write_registers,
)
from bacs_core.errors import DeclarationError

#: Modbus application protocol V1.1b3, sections 6.1 to 6.4 and 6.12: request, answer, its data.
PUBLISHED = [
    (read_bits(1, 0x13, 19), "01 00 13 00 13", "01 03 CD 6B 05", "CD 6B 05"),
    (read_bits(1, 0xC4, 22, function=2), "02 00 C4 00 16", "02 03 AC DB 35", "AC DB 35"),
    (
        read_registers(1, 0x6B, 3),
        "03 00 6B 00 03",
        "03 06 02 2B 00 00 00 64",
        "02 2B 00 00 00 64",
    ),
    (read_registers(1, 8, 1, function=4), "04 00 08 00 01", "04 02 00 0A", "00 0A"),
    (
        write_registers(1, 1, bytes.fromhex("00 0A 01 02")),
        "10 00 01 00 02 04 00 0A 01 02",
        "10 00 01 00 02",
        "",
    ),
]

units = st.integers(1, 247)
addresses = st.integers(0, 0xFF00)


@pytest.mark.parametrize(("request_", "asked", "answered", "data"), PUBLISHED)
def test_the_examples_of_the_specification_are_encoded_and_decoded(
    request_: Request, asked: str, answered: str, data: str
) -> None:
    pdu = bytes.fromhex(answered)
    assert request_.pdu == bytes.fromhex(asked)
    assert request_.answer_length == len(pdu)
    assert misfit(request_, pdu) is None
    assert payload(request_, pdu) == bytes.fromhex(data)


def test_the_crc_is_that_of_the_example_in_the_serial_line_specification() -> None:
    # Modbus over serial line V1.02, 6.2.2: address 2, function 7 has the CRC 1241 hex, low first.
    assert crc_fits(bytes.fromhex("02 07 41 12"))
    assert not crc_fits(bytes.fromhex("02 07 12 41"))


@given(units, addresses, st.integers(1, 125), st.sampled_from([3, 4]))
def test_reads_of_registers_are_those_of_pymodbus(
    unit: int, address: int, count: int, function: int
) -> None:
    other = ReadHoldingRegistersRequest if function == 3 else ReadInputRegistersRequest
    pdu = other(address=address, count=count, dev_id=unit)
    assert rtu_frame(read_registers(unit, address, count, function)) == FramerRTU(
        DecodePDU(is_server=False)
    ).buildFrame(pdu)


@given(units, addresses, st.integers(1, 2000), st.sampled_from([1, 2]))
def test_reads_of_bits_are_those_of_pymodbus(
    unit: int, address: int, count: int, function: int
) -> None:
    other = ReadCoilsRequest if function == 1 else ReadDiscreteInputsRequest
    pdu = other(address=min(address, 0xF000), count=count, dev_id=unit)
    ours = read_bits(unit, min(address, 0xF000), count, function)
    assert rtu_frame(ours) == FramerRTU(DecodePDU(is_server=False)).buildFrame(pdu)


@given(
    st.integers(0, 247),
    addresses,
    st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=123),
    st.integers(0, 0xFFFF),
)
def test_writes_are_those_of_pymodbus_on_a_serial_line_and_on_a_network(
    unit: int, address: int, words: list[int], transaction: int
) -> None:
    ours = write_registers(unit, address, struct.pack(f">{len(words)}H", *words))
    pdu = WriteMultipleRegistersRequest(
        address=address, registers=words, dev_id=unit, transaction_id=transaction
    )
    decoder = DecodePDU(is_server=False)
    assert rtu_frame(ours) == FramerRTU(decoder).buildFrame(pdu)
    assert mbap_frame(ours, transaction) == FramerSocket(decoder).buildFrame(pdu)
    assert ours.is_broadcast == (unit == 0)
    assert (ours.answer_length == 0) == (unit == 0)


def test_what_does_not_fit_a_request_is_named() -> None:
    read = read_registers(1, 0, 2)
    assert "function 4" in str(misfit(read, bytes.fromhex("04 04 00 00 00 00")))
    assert "function" in str(misfit(read, b""))
    assert "bytes" in str(misfit(read, bytes.fromhex("03 02 00 00")))
    assert "byte count" in str(misfit(read, bytes.fromhex("03 02 00 00 00 00")))
    write = write_registers(1, 1, bytes(4))
    assert "another write" in str(misfit(write, bytes.fromhex("10 00 01 00 01")))
    assert "another write" in str(misfit(write, bytes.fromhex("10 00 02 00 02")))


def test_an_exception_is_one_of_the_function_that_was_asked() -> None:
    read = read_registers(1, 0, 2)
    assert is_exception(read, bytes([0x83, 2]))
    assert not is_exception(read, bytes([0x84, 2]))
    assert not is_exception(read, bytes([0x83, 2, 0]))


@pytest.mark.parametrize(
    "build",
    [
        lambda: read_registers(1, 0, 0),
        lambda: read_registers(1, 0, 126),
        lambda: read_registers(1, 0xFFFF, 2),
        lambda: read_registers(1, 0, 1, function=1),
        lambda: read_registers(0, 0, 1),
        lambda: read_bits(1, 0, 2001),
        lambda: read_bits(0, 0, 1),
        lambda: read_bits(1, 0, 1, function=3),
        lambda: write_registers(1, 0, bytes(248)),
        lambda: write_registers(1, 0, b""),
        lambda: write_registers(1, 0, bytes(3)),
        lambda: write_registers(0, 0xFFFF, bytes(4)),
    ],
)
def test_what_the_protocol_cannot_carry_is_refused(build: object) -> None:
    with pytest.raises(DeclarationError):
        build()  # type: ignore[operator]


def test_the_last_register_and_the_longest_block_can_be_read_and_written() -> None:
    assert read_registers(1, 0xFFFF, 1).pdu == bytes.fromhex("03 FF FF 00 01")
    assert read_registers(1, 0xFF83, 125).answer_length == 252
    assert len(write_registers(1, 0xFF85, bytes(246)).pdu) == 252
