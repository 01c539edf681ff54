"""A transaction accepts the one fitting answer and nothing else."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, strategies as st
from pymodbus.framer.rtu import FramerRTU

from bacs_core.bus.frames import Request, read_registers, write_registers
from bacs_core.bus.transaction import PAUSE_INSIDE_ANSWER_S, Transaction, Window
from bacs_core.errors import BusTimeoutError, DeviceError, FrameError

WINDOW = Window(request_s=0.004, max_turnaround_s=0.1, answer_s=0.01)


def sealed(body: bytes) -> bytes:
    """Append the CRC to a frame's body."""
    return body + FramerRTU.compute_CRC(body).to_bytes(2, "big")


def answer(unit: int, words: list[int]) -> bytes:
    """Build a function 3 answer."""
    return sealed(bytes([unit, 3, 2 * len(words)]) + struct.pack(f">{len(words)}H", *words))


def transaction(request: Request) -> Transaction:
    return Transaction(request, WINDOW, started_at=100.0)


def run_to_its_end(open_one: Transaction, received: bytes) -> None:
    """Feed bytes, then let the time run out."""
    assert open_one.receive(received, 100.01) is None
    open_one.poll(open_one.deadline + 1)


def test_the_example_read_of_the_modbus_specification_is_encoded_and_decoded() -> None:
    # Modbus application protocol V1.1b3, 6.3: registers 108-110 hold 022B 0000 0064.
    request = read_registers(0x11, 0x006B, 3)
    assert request.frame == sealed(bytes.fromhex("11 03 00 6B 00 03"))
    open_one = transaction(request)
    frame = sealed(bytes.fromhex("11 03 06 02 2B 00 00 00 64"))
    assert open_one.receive(frame, 100.02) == bytes.fromhex("02 2B 00 00 00 64")


def test_the_example_write_of_the_modbus_specification_is_encoded_and_confirmed() -> None:
    # The same, 6.12: write 000A 0102 to registers 1-2.
    request = write_registers(0x11, 0x0001, bytes.fromhex("00 0A 01 02"))
    assert request.frame == sealed(bytes.fromhex("11 10 00 01 00 02 04 00 0A 01 02"))
    assert transaction(request).receive(sealed(bytes.fromhex("11 10 00 01 00 02")), 100.02) == b""


def test_an_answer_in_pieces_is_put_together() -> None:
    open_one = transaction(read_registers(1, 0, 2))
    frame = answer(1, [7, 8])
    for place, byte in enumerate(frame[:-1]):
        assert open_one.receive(bytes([byte]), 100.01 + place / 1000) is None
    assert open_one.receive(frame[-1:], 100.03) == frame[3:-2]


def test_silence_is_a_timeout_after_the_longest_turnaround_only() -> None:
    open_one = transaction(read_registers(1, 0, 2))
    open_one.poll(100.0 + 0.1)
    with pytest.raises(BusTimeoutError):
        open_one.poll(open_one.deadline)


def test_an_answer_that_stops_half_way_is_a_frame_error_that_shows_its_bytes() -> None:
    open_one = transaction(read_registers(1, 0, 2))
    open_one.receive(answer(1, [7, 8])[:5], 100.01)
    with pytest.raises(FrameError, match="short") as failure:
        open_one.poll(100.01 + PAUSE_INSIDE_ANSWER_S)
    assert failure.value.raw == answer(1, [7, 8])[:5]


def test_an_exception_answer_names_its_reason() -> None:
    with pytest.raises(DeviceError, match="illegal data address"):
        transaction(read_registers(1, 0, 2)).receive(sealed(bytes([1, 0x83, 2])), 100.01)


def test_a_foreign_unit_is_refused_and_the_true_answer_is_waited_out() -> None:
    open_one = transaction(read_registers(1, 0, 2))
    with pytest.raises(FrameError, match="unit 2"):
        open_one.receive(answer(2, [7, 8]), 100.01)
    assert open_one.quiet_until == open_one.deadline


@pytest.mark.parametrize("words", [[], [7], [7, 8, 9]])
def test_an_answer_with_another_register_count_is_never_a_value(words: list[int]) -> None:
    open_one = transaction(read_registers(1, 0, 2))
    try:
        assert open_one.receive(answer(1, words), 100.01) is None
        open_one.poll(open_one.deadline + 1)
    except FrameError:
        return
    pytest.fail("was neither refused nor left open")


def test_an_adapter_that_hears_itself_does_no_harm() -> None:
    request = read_registers(1, 0, 1)
    open_one = transaction(request)
    for byte in request.frame:
        assert open_one.receive(bytes([byte]), 100.005) is None
    assert open_one.receive(answer(1, [7]), 100.01) == b"\x00\x07"


@given(
    words=st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=125),
    flip=st.integers(min_value=0),
)
def test_any_single_flipped_bit_ends_in_an_error_never_in_a_value(
    words: list[int], flip: int
) -> None:
    open_one = transaction(read_registers(1, 0x40, len(words)))
    frame = bytearray(answer(1, words))
    place = flip % (8 * len(frame))
    frame[place // 8] ^= 1 << place % 8
    with pytest.raises((FrameError, BusTimeoutError)):
        run_to_its_end(open_one, bytes(frame))


@given(noise=st.binary(min_size=1, max_size=300))
def test_random_bytes_raise_nothing_but_bus_errors(noise: bytes) -> None:
    open_one = transaction(read_registers(1, 0x40, 20))
    with pytest.raises((FrameError, BusTimeoutError)):
        run_to_its_end(open_one, noise)
