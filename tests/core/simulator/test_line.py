"""A virtual line keeps the pace of the wire and does to answers what its faults say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from bacs_core.settings import Parity
from bacs_core.simulator.faults import Fault, FaultKind
from bacs_core.simulator.line import CHUNK_BYTES, GARBAGE_SILENCE_S, VirtualLine
from bacs_core.simulator.modbus import with_crc
from bacs_core.simulator.served import ILLEGAL_ADDRESS, NEVER, RequestRefusedError
from tests.core.simulator.plants import make_line

READ_TEN = with_crc(bytes.fromhex("07 03 00 00 00 0a"))
WRITE_ALL = with_crc(bytes.fromhex("00 10 01 80 00 02 04 00 01 00 64"))
TURNAROUND_S = 0.005


class TenRegisters:
    """A unit with registers 0 to 9, each with its own address as value."""

    next_event_s = NEVER

    def __init__(self) -> None:
        self.heard: list[tuple[int, bytes, float]] = []
        self.read_at: list[float] = []

    def act(self, now: float) -> None:
        raise NotImplementedError

    def read(self, address: int, count: int, now: float) -> bytes:
        self.read_at.append(now)
        if address + count > 10:
            raise RequestRefusedError(ILLEGAL_ADDRESS)
        return b"".join(value.to_bytes(2, "big") for value in range(address, address + count))

    def hear(self, address: int, payload: bytes, now: float) -> None:
        self.heard.append((address, payload, now))


ANSWER = with_crc(bytes.fromhex("07 03 14") + TenRegisters().read(0, 10, 0.0))


class Wire:
    """A line with units 7 and 8, and a clock that jumps from one due time to the next."""

    def __init__(self, baud: int = 9600, parity: Parity = Parity.NONE) -> None:
        self.units = {7: TenRegisters(), 8: TenRegisters()}
        self.line = VirtualLine(
            make_line("wire", baud, parity),
            self.units,
            turnaround_s=TURNAROUND_S,
            random=np.random.default_rng(1),
        )
        self.character_s = self.line.line.character_s
        self.now = 10.0

    def send(self, frame: bytes) -> list[tuple[float, bytes]]:
        """Send a frame and return what comes until the line is quiet, with the times."""
        self.line.receive(frame, self.now)
        return self.listen()

    def listen(self) -> list[tuple[float, bytes]]:
        heard = []
        while (due_s := self.line.next_due_s) < NEVER:
            self.now = max(self.now, due_s)
            if data := self.line.transmit(self.now):
                heard.append((self.now, data))
        return heard

    def answer(self, frame: bytes) -> bytes:
        """Send after a silence and return the bytes of the answer."""
        self.now += 1.0
        return b"".join(data for _, data in self.send(frame))


@pytest.mark.parametrize("parity", [Parity.NONE, Parity.EVEN])
def test_an_answer_comes_at_the_pace_of_the_wire(parity: Parity) -> None:
    wire = Wire(9600, parity)
    heard = wire.send(READ_TEN)
    assert b"".join(data for _, data in heard) == ANSWER
    request_ends_s = 10.0 + 8 * wire.character_s
    assert wire.units[7].read_at == [pytest.approx(request_ends_s)]
    starts_s = request_ends_s + 3.5 * wire.character_s + TURNAROUND_S
    assert heard[0][0] == pytest.approx(starts_s + CHUNK_BYTES * wire.character_s)
    assert heard[-1][0] == pytest.approx(starts_s + len(ANSWER) * wire.character_s)
    assert wire.character_s == pytest.approx((11 if parity is Parity.EVEN else 10) / 9600)


def test_only_units_of_the_line_answer() -> None:
    wire = Wire()
    assert wire.answer(with_crc(bytes.fromhex("09 03 00 00 00 0a"))) == b""
    assert wire.answer(with_crc(bytes.fromhex("08 03 00 00 00 01")))[0] == 8


@pytest.mark.parametrize(
    ("request_hex", "code"),
    [
        ("07 03 00 05 00 0a", 2),
        ("07 03 00 00 00 00", 3),
        ("07 03 00 00 00 7e", 3),
        ("07 04 00 00 00 01", 1),
        ("07 06 00 00 00 01", 1),
        ("07 2b 0e 01 00", 1),
        ("07 10 00 00 00 01 02 00 05", 2),
        ("07 10 00 00 00 02 02 00 05", 3),
    ],
)
def test_what_cannot_be_served_is_answered_with_an_exception(request_hex: str, code: int) -> None:
    request = bytes.fromhex(request_hex)
    answer = Wire().answer(with_crc(request))
    assert answer == with_crc(bytes([7, request[1] | 0x80, code]))


def test_a_frame_with_a_bad_crc_is_ignored_without_a_word() -> None:
    wire = Wire()
    assert wire.answer(READ_TEN[:-1] + b"\0") == b""
    assert wire.line.counters.bad_frames == 1
    assert wire.answer(READ_TEN) == ANSWER


def test_garbage_ends_with_silence() -> None:
    wire = Wire()
    assert wire.answer(b"\xff\x00\xff") == b""
    assert wire.now > 11.0 + GARBAGE_SILENCE_S
    assert wire.answer(READ_TEN) == ANSWER


def test_a_frame_in_two_pieces_is_one_frame() -> None:
    wire = Wire()
    wire.line.receive(READ_TEN[:3], wire.now)
    wire.line.receive(READ_TEN[3:], wire.now + 0.001)
    assert b"".join(data for _, data in wire.listen()) == ANSWER
    assert wire.line.counters.silence_violations == 0


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6))
def test_no_bytes_whatever_stop_a_line(pieces: list[bytes]) -> None:
    wire = Wire()
    for piece in pieces:
        wire.line.receive(piece, wire.now)
        wire.now += 0.001
        wire.line.transmit(wire.now)
    wire.listen()
    assert wire.answer(READ_TEN) == ANSWER


def test_a_broadcast_reaches_all_units_when_it_is_complete_and_is_never_answered() -> None:
    wire = Wire()
    assert wire.send(WRITE_ALL) == []
    for unit in wire.units.values():
        ((address, payload, heard_s),) = unit.heard
        assert (address, payload) == (0x0180, bytes.fromhex("00 01 00 64"))
        assert heard_s == pytest.approx(10.0 + len(WRITE_ALL) * wire.character_s)
    assert wire.answer(with_crc(bytes.fromhex("00 03 00 00 00 01"))) == b""
    assert wire.line.counters.broadcasts == 2


def test_a_request_without_silence_before_it_is_counted_and_answered() -> None:
    wire = Wire()
    wire.send(READ_TEN)
    wire.now += 3.4 * wire.character_s
    assert wire.send(READ_TEN)
    assert wire.line.counters.silence_violations == 1
    wire.now += 3.6 * wire.character_s
    assert wire.send(READ_TEN)
    assert wire.line.counters.silence_violations == 1
    assert wire.line.counters.requests[7] == 3


def fault(kind: FaultKind, **numbers: Any) -> Fault:
    return Fault(kind, 7, **numbers)


@pytest.mark.parametrize(
    ("switched", "expected"),
    [
        (fault(FaultKind.SILENT), b""),
        (fault(FaultKind.TRUNCATED, size=9), ANSWER[:9]),
        (fault(FaultKind.ECHO), READ_TEN + ANSWER),
        (fault(FaultKind.FOREIGN_UNIT, value=33), with_crc(b"\x21" + ANSWER[1:-2])),
        (fault(FaultKind.WRONG_BYTE_COUNT, value=2), with_crc(b"\x07\x03\x16" + ANSWER[3:-2])),
        (fault(FaultKind.FEWER_REGISTERS, size=3), with_crc(b"\x07\x03\x0e" + ANSWER[3:17])),
        (fault(FaultKind.EXCEPTION, value=6), with_crc(b"\x07\x83\x06")),
    ],
    ids=lambda value: value.kind.value if isinstance(value, Fault) else "",
)
def test_a_fault_does_to_the_answer_what_its_name_says(switched: Fault, expected: bytes) -> None:
    wire = Wire()
    wire.line.faults.add(switched)
    assert wire.answer(READ_TEN) == expected
    assert wire.answer(with_crc(b"\x08" + READ_TEN[1:-2]))[1:-2] == ANSWER[1:-2]


def test_garbled_answers_have_flipped_bits() -> None:
    wire = Wire()
    wire.line.faults.add(fault(FaultKind.GARBLED, size=3))
    spoiled = wire.answer(READ_TEN)
    flipped = int.from_bytes(spoiled, "big") ^ int.from_bytes(ANSWER, "big")
    assert flipped.bit_count() == 3


@pytest.mark.parametrize(
    ("kind", "place"),
    [(FaultKind.NOISE_BEFORE, slice(4, None)), (FaultKind.NOISE_AFTER, slice(-4))],
)
def test_noise_surrounds_a_sound_answer(kind: FaultKind, place: slice) -> None:
    wire = Wire()
    wire.line.faults.add(fault(kind, size=4))
    spoiled = wire.answer(READ_TEN)
    assert len(spoiled) == len(ANSWER) + 4
    assert spoiled[place] == ANSWER


def test_a_late_answer_comes_into_the_next_exchange() -> None:
    wire = Wire()
    wire.line.faults.add(fault(FaultKind.LATE, delay_s=0.5, count=1))
    wire.line.receive(READ_TEN, wire.now)
    assert wire.line.transmit(wire.now + 0.3) == b""
    wire.line.receive(with_crc(bytes.fromhex("08 03 00 05 00 01")), wire.now + 0.3)
    heard = wire.listen()
    assert heard[0][1][0] == 8
    assert b"".join(data for _, data in heard[1:]) == ANSWER


def test_a_fault_ends_after_its_count_or_at_its_time() -> None:
    wire = Wire()
    wire.line.faults.add(fault(FaultKind.SILENT, count=2))
    assert [wire.answer(READ_TEN) for _ in range(3)] == [b"", b"", ANSWER]
    wire.line.faults.add(fault(FaultKind.SILENT, until_s=wire.now + 1.5))
    assert [wire.answer(READ_TEN) for _ in range(2)] == [b"", ANSWER]


def test_a_cleared_fault_is_gone() -> None:
    wire = Wire()
    wire.line.faults.add(fault(FaultKind.SILENT))
    wire.line.faults.clear(8)
    assert wire.answer(READ_TEN) == b""
    wire.line.faults.clear(7)
    assert wire.answer(READ_TEN) == ANSWER


def test_a_deaf_unit_hears_no_broadcast_and_answers_reads() -> None:
    wire = Wire()
    wire.line.faults.add(fault(FaultKind.DEAF))
    wire.answer(WRITE_ALL)
    assert wire.units[7].heard == []
    assert wire.units[8].heard
    assert wire.answer(READ_TEN) == ANSWER


def test_counters_tell_what_each_unit_was_asked_and_last_answered() -> None:
    wire = Wire()
    wire.answer(READ_TEN)
    wire.line.faults.add(fault(FaultKind.SILENT))
    wire.answer(READ_TEN)
    assert wire.line.counters.requests == {7: 2}
    assert wire.line.counters.answers == {7: 1}
    assert wire.line.counters.last_answer == {7: ANSWER}
