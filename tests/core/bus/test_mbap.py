"""Answers of Modbus TCP find their requests, and nothing else becomes a value."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, strategies as st

from bacs_core.bus.frames import read_registers, write_registers
from bacs_core.bus.mbap import OpenRequests
from bacs_core.errors import DeviceError, FrameError
from tests.core.bus.far_end import registers

HEADER = struct.Struct(">HHHB")


def frame(transaction: int, unit: int, pdu: bytes) -> bytes:
    return HEADER.pack(transaction, 0, len(pdu) + 1, unit) + pdu


def test_the_example_of_the_modbus_specification_is_sent_behind_its_header() -> None:
    # Modbus application protocol V1.1b3, 6.3, behind the header of the messaging guide, 3.1.3.
    number, sent = OpenRequests().open(read_registers(0x11, 0x006B, 3))
    assert sent == frame(number, 0x11, bytes.fromhex("03 00 6B 00 03"))


def test_answers_find_their_requests_in_any_order_and_in_pieces() -> None:
    opened = OpenRequests()
    numbers = [opened.open(read_registers(1, address, 2))[0] for address in (10, 20, 30)]
    data = b"".join(
        frame(number, 1, registers(address, 2))
        for number, address in reversed(list(zip(numbers, (10, 20, 30), strict=True)))
    )
    got = [answer for byte in data for answer in opened.receive(bytes([byte]))]
    assert [(answer.transaction, answer.outcome) for answer in got] == [
        (number, registers(address, 2)[2:])
        for number, address in reversed(list(zip(numbers, (10, 20, 30), strict=True)))
    ]


def test_a_confirmed_write_has_no_value_and_one_of_another_place_is_an_error() -> None:
    opened = OpenRequests()
    for confirmed, expected in (("10 00 01 00 02", bytes), ("10 00 09 00 02", FrameError)):
        number, _ = opened.open(write_registers(1, 1, bytes(4)))
        (answer,) = opened.receive(frame(number, 1, bytes.fromhex(confirmed)))
        assert isinstance(answer.outcome, expected)
        assert answer.outcome == b"" or expected is FrameError


def test_an_exception_is_the_devices_own_answer() -> None:
    opened = OpenRequests()
    number, _ = opened.open(read_registers(1, 0, 2))
    (answer,) = opened.receive(frame(number, 1, bytes([0x83, 2])))
    assert isinstance(answer.outcome, DeviceError)
    assert answer.outcome.code == 2


def test_an_answer_after_its_time_or_for_nobody_is_dropped_and_counted() -> None:
    opened = OpenRequests()
    number, _ = opened.open(read_registers(1, 0, 2))
    opened.close(number)
    late = frame(number, 1, registers(0, 2))
    assert opened.receive(late + frame(4711, 1, registers(0, 2))) == []
    assert opened.dropped_bytes == 2 * len(late)


def test_the_second_of_two_equal_answers_is_dropped() -> None:
    opened = OpenRequests()
    number, _ = opened.open(read_registers(1, 0, 2))
    answer = frame(number, 1, registers(0, 2))
    assert len(opened.receive(answer + answer)) == 1


@pytest.mark.parametrize("header", ["0001 0001 0007 01", "0001 0000 0002 01", "0001 0000 0100 01"])
def test_bytes_that_are_no_header_end_the_connection(header: str) -> None:
    opened = OpenRequests()
    opened.open(read_registers(1, 0, 2))
    with pytest.raises(FrameError):
        opened.receive(bytes.fromhex(header) + bytes(8))


def test_numbers_go_on_after_a_connection_was_lost() -> None:
    opened = OpenRequests()
    first, _ = opened.open(read_registers(1, 0, 2))
    opened.begin_anew()
    second, _ = opened.open(read_registers(1, 0, 2))
    assert second != first
    assert opened.receive(frame(first, 1, registers(0, 2))) == []


@given(st.data())
def test_a_changed_answer_never_becomes_a_value_of_another_unit_function_or_length(
    data: st.DataObject,
) -> None:
    opened = OpenRequests()
    number, _ = opened.open(read_registers(1, 10, 3))
    right = frame(number, 1, registers(10, 3))
    place = data.draw(st.integers(0, 8))
    value = data.draw(st.integers(0, 255).filter(lambda byte: byte != right[place]))
    wrong = right[:place] + bytes([value]) + right[place + 1 :]
    try:
        answers = opened.receive(wrong)
    except FrameError:
        return
    assert not any(isinstance(answer.outcome, bytes) for answer in answers)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=20))
def test_garbage_never_becomes_a_value(chunks: list[bytes]) -> None:
    opened = OpenRequests(_last=0x4000)
    opened.open(read_registers(1, 10, 100))
    try:
        answers = [answer for chunk in chunks for answer in opened.receive(chunk)]
    except FrameError:
        return
    assert not any(isinstance(answer.outcome, bytes) for answer in answers)
