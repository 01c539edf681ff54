"""A transaction accepts the one fitting answer and nothing else."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import assume, given, strategies as st
from pymodbus.framer.rtu import FramerRTU

from bacs_core.bus.frames import (
    Request,
    read_bits,
    read_registers,
    rtu_frame,
    write_registers,
)
from bacs_core.bus.transaction import (
    FIFO_BYTES,
    MOST_BYTES,
    PAUSE_INSIDE_ANSWER_S,
    Transaction,
    Window,
    is_answered_in,
)
from bacs_core.errors import BusError, BusTimeoutError, DeviceError, FrameError

CHARACTER_S = 0.001
TURNAROUND_S = 0.1
START = 100.0

words_of_a_block = st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=125)


def sealed(body: bytes) -> bytes:
    """Append the CRC to a frame's body."""
    return body + FramerRTU.compute_CRC(body).to_bytes(2, "big")


def answer(unit: int, words: list[int], function: int = 3) -> bytes:
    """Build an answer with registers."""
    return sealed(bytes([unit, function, 2 * len(words)]) + struct.pack(f">{len(words)}H", *words))


def transaction(request: Request) -> Transaction:
    answer_s = CHARACTER_S * (request.answer_length + 3)
    return Transaction(request, Window(0.008, TURNAROUND_S, answer_s), START)


def outcome(open_one: Transaction, *pieces: bytes) -> bytes | None:
    """Feed pieces 1 ms apart, then let the time run out."""
    for number, piece in enumerate(pieces):
        received = open_one.receive(piece, START + 0.02 + number / 1000)
        if received is not None:
            return received
    now = START + 0.02 + len(pieces) / 1000
    while True:
        now = open_one.next_poll_at(now)
        received = open_one.poll(now)
        if received is not None:
            return received


def refuses(request: Request, *pieces: bytes) -> None:
    """Expect that nothing of this becomes a value."""
    with pytest.raises((FrameError, BusTimeoutError)):
        outcome(transaction(request), *pieces)


def test_an_answer_in_pieces_is_put_together() -> None:
    frame = answer(1, [7, 8])
    pieces = [bytes([byte]) for byte in frame]
    assert outcome(transaction(read_registers(1, 0, 2)), *pieces) == frame[3:-2]


@pytest.mark.parametrize("function", [1, 2])
def test_bits_arrive_as_they_are_packed(function: int) -> None:
    frame = sealed(bytes([1, function, 3, 0xCD, 0x6B, 0x05]))
    assert outcome(transaction(read_bits(1, 0x13, 19, function)), frame) == frame[3:-2]


def test_a_write_is_confirmed_and_has_no_data() -> None:
    request = write_registers(0x11, 1, bytes.fromhex("00 0A 01 02"))
    assert outcome(transaction(request), sealed(bytes.fromhex("11 10 00 01 00 02"))) == b""


def test_silence_is_a_timeout_only_after_the_longest_turnaround() -> None:
    open_one = transaction(read_registers(1, 0, 125))
    assert open_one.poll(START + TURNAROUND_S) is None
    at = open_one.next_poll_at(START)
    assert START + TURNAROUND_S < at < START + TURNAROUND_S + 2 * PAUSE_INSIDE_ANSWER_S
    with pytest.raises(BusTimeoutError):
        open_one.poll(at)


def test_an_answer_that_began_in_time_may_end_later() -> None:
    frame = answer(1, list(range(125)))
    open_one = transaction(read_registers(1, 0, 125))
    assert open_one.receive(frame[:16], START + TURNAROUND_S + 0.01) is None
    assert open_one.receive(frame[16:], START + TURNAROUND_S + 0.05) == frame[3:-2]


def test_an_answer_that_begins_after_the_window_is_no_value() -> None:
    open_one = transaction(read_registers(1, 0, 2))
    with pytest.raises(FrameError, match="too late"):
        open_one.receive(answer(1, [7, 8]), open_one.deadline)


def test_an_answer_that_stops_half_way_is_an_error_that_shows_its_bytes() -> None:
    open_one = transaction(read_registers(1, 0, 2))
    open_one.receive(answer(1, [7, 8])[:5], START + 0.01)
    assert open_one.next_poll_at(START + 0.02) == START + 0.01 + PAUSE_INSIDE_ANSWER_S
    with pytest.raises(FrameError, match="short") as failure:
        open_one.poll(START + 0.01 + PAUSE_INSIDE_ANSWER_S)
    assert failure.value.raw == answer(1, [7, 8])[:5]


def test_a_corrupt_answer_is_over_when_the_line_is_silent_and_the_unit_may_be_asked_again() -> None:
    spoilt = bytearray(answer(1, [7, 8]))
    spoilt[4] ^= 1
    open_one = transaction(read_registers(1, 0, 2))
    open_one.receive(bytes(spoilt), START + 0.01)
    silent_at = START + 0.01 + PAUSE_INSIDE_ANSWER_S
    with pytest.raises(FrameError, match="CRC"):
        open_one.poll(silent_at)
    assert open_one.quiet_until <= silent_at < open_one.deadline


def test_an_answer_whose_unit_is_corrupt_costs_no_time_out_but_its_unit_is_left_alone() -> None:
    spoilt = b"\x05" + answer(1, [7, 8])[1:]
    open_one = transaction(read_registers(1, 0, 2))
    open_one.receive(spoilt, START + 0.01)
    with pytest.raises(FrameError, match="CRC"):
        open_one.poll(START + 0.01 + PAUSE_INSIDE_ANSWER_S)
    assert open_one.quiet_until == open_one.deadline


def test_an_answer_whose_registers_look_like_an_exception_is_none() -> None:
    # Unit 4 answers with 4 bytes: what follows the function code looks like a frame of its own.
    frame = sealed(bytes([4, 3]) + sealed(bytes([4, 0x83, 2])))
    assert outcome(transaction(read_registers(4, 0, 2)), frame[:7], frame[7:]) == frame[3:-2]


def test_bytes_that_may_hide_the_true_answer_keep_the_unit_from_being_asked_again() -> None:
    open_one = transaction(read_registers(1, 0, 2))
    open_one.receive(answer(1, [7]), START + 0.01)
    with pytest.raises(FrameError, match="bytes"):
        open_one.poll(START + 0.01 + PAUSE_INSIDE_ANSWER_S)
    assert open_one.quiet_until == open_one.deadline


def test_an_exception_answer_names_its_reason() -> None:
    with pytest.raises(DeviceError, match="illegal data address"):
        transaction(read_registers(1, 0, 2)).receive(sealed(bytes([1, 0x83, 2])), START + 0.01)


def test_an_exception_to_another_function_or_from_another_unit_is_none() -> None:
    refuses(read_registers(1, 0, 2), sealed(bytes([1, 0x84, 2])))
    refuses(read_registers(1, 0, 2), sealed(bytes([2, 0x83, 2])))


def test_a_corrupt_exception_is_an_error_of_the_line() -> None:
    refuses(read_registers(1, 0, 2), sealed(bytes([1, 0x83, 2]))[:-1] + b"\x00")


def test_a_foreign_answer_is_waited_out_and_the_true_one_behind_it_counts() -> None:
    open_one = transaction(read_registers(1, 0, 2))
    assert open_one.receive(answer(2, [7, 8]), START + 0.01) is None
    assert open_one.poll(START + 0.01 + PAUSE_INSIDE_ANSWER_S) is None
    assert open_one.receive(answer(1, [9, 10]), START + 0.1) is None
    assert open_one.poll(START + 0.1 + PAUSE_INSIDE_ANSWER_S) == answer(1, [9, 10])[3:-2]


def test_a_foreign_answer_alone_is_an_error_at_the_end_of_the_window() -> None:
    open_one = transaction(read_registers(1, 0, 2))
    open_one.receive(answer(2, [7, 8]), START + 0.01)
    assert open_one.poll(START + 0.01 + PAUSE_INSIDE_ANSWER_S) is None
    assert open_one.next_poll_at(START + 0.08) == open_one.deadline
    with pytest.raises(FrameError, match="unit 2"):
        open_one.poll(open_one.deadline)


@pytest.mark.parametrize("words", [[], [7], [7, 8, 9]])
def test_an_answer_with_another_register_count_is_never_a_value(words: list[int]) -> None:
    refuses(read_registers(1, 0, 2), answer(1, words))


def test_an_answer_to_another_function_is_never_a_value() -> None:
    refuses(read_registers(1, 0, 2), answer(1, [7, 8], function=4))


def test_a_confirmation_of_another_write_is_none() -> None:
    request = write_registers(1, 1, bytes(4))
    refuses(request, sealed(bytes.fromhex("01 10 00 02 00 02")))
    refuses(request, sealed(bytes.fromhex("01 10 00 01 00 01")))


def test_a_line_that_never_falls_silent_is_an_error_in_the_end() -> None:
    open_one = transaction(read_registers(1, 0, 2))
    half_s = PAUSE_INSIDE_ANSWER_S / 2
    now = START + half_s
    while now < open_one.deadline + PAUSE_INSIDE_ANSWER_S:
        assert open_one.receive(b"\x55", now - half_s) is None
        assert open_one.poll(now) is None
        now += half_s
    open_one.receive(b"\x55", now - half_s)
    with pytest.raises(FrameError, match="never"):
        open_one.poll(now)


def test_a_line_that_chatters_without_a_pause_ends_the_transaction_soon_after_its_window() -> None:
    open_one = transaction(read_registers(1, 0, 2))
    now = START
    while now < open_one.deadline + PAUSE_INSIDE_ANSWER_S / 2:
        now += PAUSE_INSIDE_ANSWER_S / 2
        assert open_one.receive(b"\x55", now) is None
    with pytest.raises(FrameError, match="never"):
        open_one.receive(b"\x55", now + PAUSE_INSIDE_ANSWER_S / 2)


def test_chatter_is_not_kept_without_end() -> None:
    open_one = transaction(read_registers(1, 0, 2))
    assert open_one.receive(MOST_BYTES * b"\x55", START + 0.01) is None
    with pytest.raises(FrameError, match="never"):
        open_one.receive(b"\x55", START + 0.01)


@pytest.mark.parametrize(
    "fragment",
    [b"\x01", b"\x01\x03", b"\x01\x03\x00\x00", b"\x01\x03\x06\x00"],
    ids=["glitch", "longer glitch", "echo", "another block"],
)
def test_what_may_not_have_been_the_answer_keeps_the_unit_from_being_asked_again(
    fragment: bytes,
) -> None:
    open_one = transaction(read_registers(1, 0, 2))
    open_one.receive(fragment, START + 0.01)
    with pytest.raises(FrameError):
        open_one.poll(START + 0.01 + PAUSE_INSIDE_ANSWER_S)
    assert open_one.quiet_until == open_one.deadline


def test_of_several_fitting_frames_behind_noise_none_counts() -> None:
    # The registers of the answer hold an exception that fits as well.
    frame = sealed(bytes([4, 3]) + sealed(bytes([4, 0x83, 2])))
    refuses(read_registers(4, 0, 2), b"\x55\x55\x55" + frame)


# A wire that keeps its pace: 8 ms of request and 9 ms of answer.


def paced(request: Request) -> Transaction:
    answer_s = CHARACTER_S * (request.answer_length + 3)
    return Transaction(request, Window(0.008, TURNAROUND_S, answer_s), START, START)


@pytest.mark.parametrize("behind", [b"", b"\x00", answer(1, [9, 10])])
def test_an_answer_that_is_there_before_it_can_be_spoils_the_whole_window(behind: bytes) -> None:
    open_one = paced(read_registers(1, 0, 2))
    assert open_one.receive(answer(1, [7, 8]), START + 0.012) is None
    if behind:
        assert open_one.receive(behind, START + 0.03) is None
    assert open_one.poll(START + 0.03 + PAUSE_INSIDE_ANSWER_S) is None
    with pytest.raises(FrameError, match="before it can be"):
        open_one.poll(open_one.deadline)


def test_the_soonest_answer_of_a_paced_wire_counts() -> None:
    frame = answer(1, [7, 8])
    assert paced(read_registers(1, 0, 2)).receive(frame, START + 0.017) == frame[3:-2]
    assert paced(read_registers(1, 0, 2)).receive(frame, START + 0.0155) == frame[3:-2]
    with pytest.raises(DeviceError):
        paced(read_registers(1, 0, 100)).receive(sealed(bytes([1, 0x83, 2])), START + 0.013)


# An adapter that hears itself.


@pytest.mark.parametrize("size", [1, 3, 100])
def test_the_own_request_before_the_answer_does_no_harm(size: int) -> None:
    request = read_registers(1, 0, 1)
    both = rtu_frame(request) + answer(1, [7])
    pieces = [both[place : place + size] for place in range(0, len(both), size)]
    assert outcome(transaction(request), *pieces) == b"\x00\x07"


def test_a_write_is_confirmed_by_its_answer_and_not_by_its_own_echo() -> None:
    request = write_registers(1, 1, bytes(4))
    with pytest.raises(BusTimeoutError, match="echo"):
        outcome(transaction(request), rtu_frame(request))
    confirmed = sealed(bytes.fromhex("01 10 00 01 00 02"))
    assert outcome(transaction(request), rtu_frame(request), confirmed) == b""


def confirmation_like_request() -> Request:
    """Build a write whose confirmation is, byte for byte, the beginning of the write itself."""
    # The byte count and the first data byte stand where the CRC of the confirmation is.
    for address in range(0x10000):
        for count in range(1, 124):
            body = struct.pack(">BBHH", 1, 16, address, count)
            crc = FramerRTU.compute_CRC(body).to_bytes(2, "big")
            if crc[0] == 2 * count:
                return write_registers(1, address, crc[1:] + bytes(2 * count - 1))
    raise AssertionError


def test_a_confirmation_that_looks_like_the_request_counts_when_nothing_follows() -> None:
    request = confirmation_like_request()
    confirmation = rtu_frame(request)[:8]
    open_one = transaction(request)
    assert open_one.receive(confirmation, START + 0.02) is None
    assert open_one.poll(START + 0.02 + PAUSE_INSIDE_ANSWER_S) == b""
    with pytest.raises(BusTimeoutError):
        outcome(transaction(request), confirmation, rtu_frame(request)[8:])
    assert outcome(transaction(request), rtu_frame(request), confirmation) == b""


def test_an_answer_equal_to_the_request_is_an_echo() -> None:
    # Three bytes of bits that happen to be the rest of the request: one cannot know.
    request = read_bits(1, 0x0305, 17)
    frame = rtu_frame(request)
    assert frame == sealed(bytes([1, 1, 3, 5, 0, 17]))
    with pytest.raises(BusTimeoutError):
        outcome(transaction(request), frame)
    assert outcome(transaction(request), frame, frame) == bytes([5, 0, 17])


def test_an_answer_that_begins_like_the_request_is_no_echo() -> None:
    request = read_registers(1, 0x0A01, 5)
    beginning = rtu_frame(request)[3:]
    frame = sealed(bytes([1, 3, 10]) + beginning + bytes(5))
    assert frame.startswith(rtu_frame(request))
    assert outcome(transaction(request), frame) == frame[3:-2]


# Noise around the answer.


@given(words_of_a_block, st.binary(min_size=1, max_size=2), st.binary(max_size=2))
def test_a_glitch_of_two_bytes_around_the_answer_does_no_harm(
    words: list[int], before: bytes, after: bytes
) -> None:
    frame = answer(9, words)
    open_one = transaction(read_registers(9, 0, len(words)))
    assert outcome(open_one, before + frame + after) == frame[3:-2]


@given(words_of_a_block, st.binary(min_size=3, max_size=40), st.integers(1, 16))
def test_noise_before_the_answer_is_told_apart_or_refused_but_never_changes_a_value(
    words: list[int], noise: bytes, size: int
) -> None:
    frame = answer(9, words)
    both = noise + frame
    pieces = [both[place : place + size] for place in range(0, len(both), size)]
    try:
        assert outcome(transaction(read_registers(9, 0, len(words))), *pieces) == frame[3:-2]
    except FrameError:
        # Noise that begins like the answer.
        assert 9 in noise


@given(words_of_a_block, st.binary(min_size=3, max_size=40))
def test_more_than_a_glitch_behind_the_answer_makes_it_doubtful(
    words: list[int], noise: bytes
) -> None:
    refuses(read_registers(9, 0, len(words)), answer(9, words) + noise)


# Whatever happens to an answer, it ends in an error.


@given(words_of_a_block, st.integers(min_value=0), st.sampled_from([1, 4, 16, 300]))
def test_any_single_flipped_bit_ends_in_an_error(words: list[int], flip: int, size: int) -> None:
    frame = bytearray(answer(1, words))
    place = flip % (8 * len(frame))
    frame[place // 8] ^= 1 << place % 8
    pieces = [bytes(frame[start : start + size]) for start in range(0, len(frame), size)]
    refuses(read_registers(1, 0x40, len(words)), *pieces)


@given(words_of_a_block, st.integers(min_value=0), st.integers(1, 0xFFFF))
def test_any_burst_of_up_to_sixteen_bits_ends_in_an_error(
    words: list[int], begin: int, pattern: int
) -> None:
    frame = answer(1, words)
    # On the wire the lowest bit of each byte goes first.
    burst = pattern << begin % (8 * len(frame) - 15)
    changed = int.from_bytes(frame, "little") ^ burst
    refuses(read_registers(1, 0x40, len(words)), changed.to_bytes(len(frame), "little"))


@given(words_of_a_block, st.integers(min_value=0))
def test_any_truncation_ends_in_an_error(words: list[int], kept: int) -> None:
    frame = answer(1, words)
    refuses(read_registers(1, 0x40, len(words)), frame[: kept % len(frame)] or frame[:1])


@given(words_of_a_block, st.integers(min_value=1))
def test_any_lost_beginning_ends_in_an_error(words: list[int], lost: int) -> None:
    frame = answer(1, words)
    refuses(read_registers(1, 0x40, len(words)), frame[1 + lost % (len(frame) - 1) :])


@given(words_of_a_block)
def test_an_answer_that_comes_twice_at_once_ends_in_an_error(words: list[int]) -> None:
    refuses(read_registers(1, 0x40, len(words)), 2 * answer(1, words))


@given(words_of_a_block, st.integers(0, 255))
def test_the_answer_of_any_foreign_unit_ends_in_an_error(words: list[int], unit: int) -> None:
    assume(unit != 1)
    refuses(read_registers(1, 0x40, len(words)), answer(unit, words))


@given(words_of_a_block, words_of_a_block)
def test_the_late_answer_of_another_block_ends_in_an_error_or_gives_way_to_the_true_one(
    late: list[int], true: list[int]
) -> None:
    assume(len(late) != len(true))
    request = read_registers(1, 0x40, len(true))
    refuses(request, answer(1, late))
    with contextlib.suppress(FrameError):
        both = outcome(transaction(request), answer(1, late), answer(1, true))
        assert both == answer(1, true)[3:-2]


@given(st.binary(min_size=1, max_size=300), st.integers(1, 300))
def test_random_bytes_end_in_nothing_but_errors_of_the_bus(noise: bytes, size: int) -> None:
    pieces = [noise[place : place + size] for place in range(0, len(noise), size)]
    with pytest.raises(BusError):
        outcome(transaction(read_registers(1, 0x40, 20)), *pieces)


# When it is worth to look.


def test_bytes_that_come_before_the_answer_can_be_complete_need_not_be_looked_at() -> None:
    open_one = transaction(read_registers(1, 0, 10))
    assert open_one.next_look_at() == pytest.approx(START + 0.008 + 25 * CHARACTER_S)
    open_one.receive(answer(1, [0] * 10)[:4], START + 0.1)
    missing_s = (21 - FIFO_BYTES) * CHARACTER_S
    assert open_one.next_look_at() == pytest.approx(START + 0.1 + missing_s)


def test_a_dead_unit_costs_no_time_for_an_answer_that_has_not_begun() -> None:
    open_one = transaction(read_registers(1, 0, 125))
    # 255 characters of answer would take longer than the device may think.
    assert open_one.next_look_at() == open_one.next_poll_at(START)
    assert open_one.next_poll_at(START) < open_one.deadline


def test_an_answer_after_its_time_is_recognised_among_other_bytes() -> None:
    request = read_registers(1, 0, 2)
    assert is_answered_in(request, b"\x00\x55" + answer(1, [7, 8]) + b"\x00")
    assert is_answered_in(request, sealed(bytes([1, 0x83, 2])))
    assert not is_answered_in(request, answer(2, [7, 8]) + answer(1, [7]))
