"""A virtual line keeps the pace of the wire and answers what its units answer."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from bacs_core.settings import Parity
from bacs_core.simulator.faults import Fault, FaultKind
from bacs_core.simulator.line import GARBAGE_SILENCE_S
from bacs_core.simulator.modbus import with_crc
from bacs_core.simulator.wire import CHUNK_BYTES
from tests.core.simulator.one_line import (
    ANSWER,
    READ_TEN,
    TURNAROUND_S,
    WRITE_ALL,
    OneLine,
)


@pytest.mark.parametrize("parity", [Parity.NONE, Parity.EVEN])
def test_an_answer_comes_at_the_pace_of_the_wire(parity: Parity) -> None:
    wire = OneLine(9600, parity)
    heard = wire.send(READ_TEN)
    assert b"".join(data for _, data in heard) == ANSWER
    request_ends_s = 10.0 + 8 * wire.character_s
    assert wire.units[7].read_at == [pytest.approx(request_ends_s)]
    starts_s = request_ends_s + 3.5 * wire.character_s + TURNAROUND_S
    assert heard[0][0] == pytest.approx(starts_s + CHUNK_BYTES * wire.character_s)
    assert heard[-1][0] == pytest.approx(starts_s + len(ANSWER) * wire.character_s)
    assert wire.character_s == pytest.approx((11 if parity is Parity.EVEN else 10) / 9600)


def test_only_units_of_the_line_answer() -> None:
    wire = OneLine()
    assert wire.answer(with_crc(bytes.fromhex("09 03 00 00 00 0a"))) == b""
    assert wire.answer(with_crc(bytes.fromhex("08 03 00 00 00 01")))[0] == 8


@pytest.mark.parametrize(
    ("request_hex", "code"),
    [
        ("07 03 00 05 00 0a", 2),
        ("07 03 00 00 00 00", 3),
        ("07 03 00 00 00 7e", 3),
        ("07 04 00 05 00 0a", 2),
        ("07 01 00 00 07 d1", 3),
        ("07 06 00 00 00 01", 1),
        ("07 2b 0e 01 00", 1),
        ("07 10 00 0a 00 01 02 00 05", 2),
        ("07 10 00 00 00 02 02 00 05", 3),
    ],
)
def test_what_cannot_be_served_is_answered_with_an_exception(request_hex: str, code: int) -> None:
    request = bytes.fromhex(request_hex)
    answer = OneLine().answer(with_crc(request))
    assert answer == with_crc(bytes([7, request[1] | 0x80, code]))


def test_a_frame_with_a_bad_crc_is_ignored_without_a_word() -> None:
    wire = OneLine()
    assert wire.answer(READ_TEN[:-1] + b"\0") == b""
    assert wire.line.counters.bad_frames == 1
    assert wire.answer(READ_TEN) == ANSWER


def test_garbage_ends_with_silence() -> None:
    wire = OneLine()
    assert wire.answer(b"\xff\x00\xff") == b""
    assert wire.now > 11.0 + GARBAGE_SILENCE_S
    assert wire.answer(READ_TEN) == ANSWER


def test_a_frame_in_two_pieces_is_one_frame() -> None:
    wire = OneLine()
    wire.line.receive(READ_TEN[:3], wire.now)
    wire.line.receive(READ_TEN[3:], wire.now + 0.001)
    assert b"".join(data for _, data in wire.listen()) == ANSWER
    assert wire.line.counters.silence_violations == 0


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6))
def test_no_bytes_whatever_stop_a_line(pieces: list[bytes]) -> None:
    wire = OneLine()
    for piece in pieces:
        wire.line.receive(piece, wire.now)
        wire.now += 0.001
        wire.line.transmit(wire.now)
    wire.listen()
    assert wire.answer(READ_TEN) == ANSWER


def test_a_broadcast_reaches_all_units_when_it_is_complete_and_is_never_answered() -> None:
    wire = OneLine()
    assert wire.send(WRITE_ALL) == []
    for unit in wire.units.values():
        ((address, payload, heard_s),) = unit.heard
        assert (address, payload) == (0x0180, bytes.fromhex("00 01 00 64"))
        assert heard_s == pytest.approx(10.0 + len(WRITE_ALL) * wire.character_s)
    assert wire.answer(with_crc(bytes.fromhex("00 03 00 00 00 01"))) == b""
    assert wire.line.counters.broadcasts == 2


def test_a_request_without_silence_before_it_is_counted_and_answered() -> None:
    wire = OneLine()
    wire.send(READ_TEN)
    wire.now += 3.4 * wire.character_s
    assert wire.send(READ_TEN)
    assert wire.line.counters.silence_violations == 1
    wire.now += 3.6 * wire.character_s
    assert wire.send(READ_TEN)
    assert wire.line.counters.silence_violations == 1
    assert wire.line.counters.requests[7] == 3


def test_counters_tell_what_each_unit_was_asked_and_last_answered() -> None:
    wire = OneLine()
    wire.answer(READ_TEN)
    wire.line.faults.add(Fault(FaultKind.SILENT, 7))
    wire.answer(READ_TEN)
    assert wire.line.counters.requests == {7: 2}
    assert wire.line.counters.answers == {7: 1}
    assert wire.line.counters.last_answer == {7: ANSWER}


def test_registers_of_both_kinds_and_bits_are_read() -> None:
    wire = OneLine()
    assert wire.answer(with_crc(bytes.fromhex("07 04 00 02 00 02"))) == with_crc(
        bytes.fromhex("07 04 04 00 02 00 03")
    )
    for function in (1, 2):
        read = bytes([7, function, 0, 0, 0, 11])
        assert wire.answer(with_crc(read)) == with_crc(bytes([7, function, 2, 0x55, 0x05]))


def test_a_write_to_one_unit_is_obeyed_and_confirmed() -> None:
    wire = OneLine()
    answer = wire.answer(with_crc(bytes.fromhex("07 10 00 03 00 01 02 12 34")))
    assert answer == with_crc(bytes.fromhex("07 10 00 03 00 01"))
    assert wire.units[7].written == [(3, b"\x12\x34")]
    assert wire.units[8].written == []


def test_every_unit_senses_every_frame_whoever_it_is_for() -> None:
    wire = OneLine()
    wire.answer(READ_TEN)
    wire.answer(READ_TEN[:-1] + b"\0")
    wire.answer(WRITE_ALL)
    assert [len(unit.sensed_at) for unit in wire.units.values()] == [3, 3]


def test_a_unit_answers_where_it_is_now() -> None:
    wire = OneLine()
    wire.units[7].addresses = frozenset({9, 247})
    assert wire.answer(READ_TEN) == b""
    for unit in (9, 247):
        assert wire.answer(with_crc(bytes([unit]) + READ_TEN[1:-2]))[0] == unit
    wire.units[7].addresses = frozenset()
    assert wire.answer(with_crc(bytes([9]) + READ_TEN[1:-2])) == b""
    wire.answer(WRITE_ALL)
    assert wire.units[7].heard, "a unit that waits for its address still hears broadcasts"


def test_two_units_at_one_address_both_answer_and_spoil_each_other() -> None:
    wire = OneLine()
    wire.units[8].addresses = frozenset({7})
    spoiled = wire.answer(READ_TEN)
    assert wire.units[7].read_at
    assert wire.units[8].read_at
    assert spoiled
    assert spoiled != ANSWER
    assert wire.line.counters.collisions == 1
    assert wire.line.counters.crc_passed == 0


def test_a_request_in_the_middle_of_an_answer_breaks_the_silence_and_is_not_understood() -> None:
    wire = OneLine()
    wire.line.receive(READ_TEN, wire.now)
    wire.now += 8 * wire.character_s + 3.5 * wire.character_s + TURNAROUND_S
    wire.line.transmit(wire.now)
    wire.now += 10 * wire.character_s
    assert b"".join(data for _, data in wire.send(READ_TEN)) == ANSWER
    counters = wire.line.counters
    assert (counters.silence_violations, counters.bad_frames) == (1, 1)


def test_silence_counts_from_when_the_last_byte_could_be_read() -> None:
    wire = OneLine()
    wire.line.receive(READ_TEN, wire.now)
    late_s = wire.now + 1.0
    wire.line.transmit(late_s)
    wire.line.transmit(late_s)
    wire.line.receive(READ_TEN, late_s + 3.4 * wire.character_s)
    assert wire.line.counters.silence_violations == 1


def test_silence_counts_from_the_end_of_a_broadcast_too() -> None:
    wire = OneLine()
    wire.line.receive(WRITE_ALL, wire.now)
    wire.listen()
    ended_s = 10.0 + len(WRITE_ALL) * wire.character_s
    wire.now = ended_s + 3.4 * wire.character_s
    wire.send(READ_TEN)
    assert wire.line.counters.silence_violations == 1
    wire.now += 3.5 * wire.character_s
    wire.send(READ_TEN)
    assert wire.line.counters.silence_violations == 1
