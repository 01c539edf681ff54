"""Faults do to answers, broadcasts and the line itself what their names say, and are counted."""

from __future__ import annotations

from typing import Any

import pytest

from bacs_core.simulator.faults import Fault, FaultKind
from bacs_core.simulator.modbus import crc_fits, with_crc
from tests.core.simulator.one_line import ANSWER, READ_TEN, WRITE_ALL, OneLine

OTHER_UNIT = with_crc(b"\x08" + READ_TEN[1:-2])


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
    wire = OneLine()
    wire.line.faults.add(switched)
    assert wire.answer(READ_TEN) == expected
    assert wire.answer(with_crc(b"\x08" + READ_TEN[1:-2]))[1:-2] == ANSWER[1:-2]


def test_garbled_answers_have_flipped_bits() -> None:
    wire = OneLine()
    wire.line.faults.add(fault(FaultKind.GARBLED, size=3))
    spoiled = wire.answer(READ_TEN)
    flipped = int.from_bytes(spoiled, "big") ^ int.from_bytes(ANSWER, "big")
    assert flipped.bit_count() == 3


@pytest.mark.parametrize(
    ("kind", "place"),
    [(FaultKind.NOISE_BEFORE, slice(4, None)), (FaultKind.NOISE_AFTER, slice(-4))],
)
def test_noise_surrounds_a_sound_answer(kind: FaultKind, place: slice) -> None:
    wire = OneLine()
    wire.line.faults.add(fault(kind, size=4))
    spoiled = wire.answer(READ_TEN)
    assert len(spoiled) == len(ANSWER) + 4
    assert spoiled[place] == ANSWER


def test_a_late_answer_comes_into_the_next_exchange() -> None:
    wire = OneLine()
    wire.line.faults.add(fault(FaultKind.LATE, delay_s=0.5, count=1))
    wire.line.receive(READ_TEN, wire.now)
    assert wire.line.transmit(wire.now + 0.3) == b""
    wire.line.receive(with_crc(bytes.fromhex("08 03 00 05 00 01")), wire.now + 0.3)
    heard = wire.listen()
    assert heard[0][1][0] == 8
    assert b"".join(data for _, data in heard[1:]) == ANSWER


def test_a_fault_ends_after_its_count_or_at_its_time() -> None:
    wire = OneLine()
    wire.line.faults.add(fault(FaultKind.SILENT, count=2))
    assert [wire.answer(READ_TEN) for _ in range(3)] == [b"", b"", ANSWER]
    wire.line.faults.add(fault(FaultKind.SILENT, until_s=wire.now + 1.5))
    assert [wire.answer(READ_TEN) for _ in range(2)] == [b"", ANSWER]


def test_a_cleared_fault_is_gone() -> None:
    wire = OneLine()
    wire.line.faults.add(fault(FaultKind.SILENT))
    wire.line.faults.clear(8)
    assert wire.answer(READ_TEN) == b""
    wire.line.faults.clear(7)
    assert wire.answer(READ_TEN) == ANSWER


def test_a_deaf_unit_hears_no_broadcast_and_answers_reads() -> None:
    wire = OneLine()
    wire.line.faults.add(fault(FaultKind.DEAF))
    wire.answer(WRITE_ALL)
    assert wire.units[7].heard == []
    assert wire.units[8].heard
    assert wire.answer(READ_TEN) == ANSWER


def flipped(spoiled: bytes) -> str:
    """Return the flipped bits from the first to the last one, in the order of the wire."""
    both = zip(spoiled, ANSWER, strict=True)
    wire_order = "".join(f"{wrong ^ right:08b}"[::-1] for wrong, right in both)
    return wire_order.strip("0")


@pytest.mark.parametrize("size", [1, 2, 7, 16, 33])
def test_a_burst_spans_as_many_bits_as_it_says(size: int) -> None:
    wire = OneLine()
    wire.line.faults.add(fault(FaultKind.BURST, size=size))
    for _ in range(20):
        assert len(flipped(wire.answer(READ_TEN))) == size


def test_no_burst_of_up_to_sixteen_bits_gets_past_the_crc() -> None:
    wire = OneLine()
    wire.line.faults.add(fault(FaultKind.BURST, size=1, size_to=16))
    for _ in range(500):
        assert not crc_fits(wire.answer(READ_TEN))
    assert wire.line.counters.crc_passed == 0


def test_garbled_answers_that_the_crc_lets_through_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wire = OneLine()
    wire.line.faults.add(fault(FaultKind.GARBLED, size=1, count=3))
    passing = with_crc(ANSWER[:-3] + b"\x11")
    monkeypatch.setattr("bacs_core.simulator.faults._flipped", lambda *_: passing)
    for _ in range(3):
        assert wire.answer(READ_TEN) == passing
    assert wire.line.counters.crc_passed == 3
    assert wire.line.counters.faults == {FaultKind.GARBLED: 3}


def test_a_duplicated_answer_comes_twice_with_silence_between() -> None:
    wire = OneLine()
    wire.line.faults.add(fault(FaultKind.DUPLICATED, delay_s=0.5))
    heard = wire.send(READ_TEN)
    assert b"".join(data for _, data in heard) == 2 * ANSWER
    pause_s = heard[2][0] - heard[1][0]
    assert pause_s == pytest.approx(0.5 + (3.5 + 16) * wire.character_s)


def test_a_twin_spoils_the_answer_of_the_unit_whose_address_it_shares() -> None:
    wire = OneLine()
    wire.line.faults.add(fault(FaultKind.TWIN))
    assert not crc_fits(wire.answer(READ_TEN))
    assert wire.line.counters.collisions == 1


def test_a_sleeping_unit_neither_answers_nor_hears() -> None:
    wire = OneLine()
    wire.line.faults.add(fault(FaultKind.ASLEEP))
    assert wire.answer(READ_TEN) == b""
    wire.answer(WRITE_ALL)
    assert wire.units[7].heard == []
    assert len(wire.units[8].heard) == 1


@pytest.mark.parametrize("kind", [FaultKind.ASLEEP, FaultKind.EXCEPTION])
def test_a_unit_that_sleeps_or_refuses_obeys_no_write(kind: FaultKind) -> None:
    wire = OneLine()
    wire.line.faults.add(fault(kind))
    wire.answer(with_crc(bytes.fromhex("07 10 00 03 00 01 02 12 34")))
    assert wire.units[7].written == []


def test_a_fault_by_probability_hits_its_share_and_the_rest_is_sound() -> None:
    wire = OneLine()
    wire.line.faults.add(fault(FaultKind.SILENT, probability=0.25))
    answers = [wire.answer(READ_TEN) for _ in range(400)]
    assert set(answers) == {b"", ANSWER}
    assert 70 < answers.count(b"") < 130
    assert wire.line.counters.faults[FaultKind.SILENT] == answers.count(b"")


def test_some_modules_miss_some_broadcasts() -> None:
    wire = OneLine()
    wire.line.faults.add(Fault(FaultKind.DEAF, probability=0.5))
    for _ in range(100):
        wire.answer(WRITE_ALL)
    heard = [len(unit.heard) for unit in wire.units.values()]
    assert all(30 < number < 70 for number in heard)
    assert wire.line.counters.faults[FaultKind.DEAF] == 200 - sum(heard)


def test_a_range_is_drawn_anew_for_every_answer() -> None:
    wire = OneLine()
    sound_s = wire.send(READ_TEN)[0][0] - 10.0
    wire.line.faults.add(fault(FaultKind.LATE, delay_s=0.1, delay_to_s=0.4))
    delays = []
    for _ in range(50):
        wire.now += 1.0
        asked_s = wire.now
        delays.append(wire.send(READ_TEN)[0][0] - asked_s - sound_s)
    assert 0.1 <= min(delays) < 0.15
    assert 0.35 < max(delays) <= 0.4
    wire.line.faults.clear()
    wire.line.faults.add(fault(FaultKind.TRUNCATED, size=2, size_to=4))
    assert {len(wire.answer(READ_TEN)) for _ in range(50)} == {2, 3, 4}


def test_a_line_that_talks_by_itself_does_so_between_frames() -> None:
    wire = OneLine()
    wire.line.faults.add(Fault(FaultKind.CHATTER, size=3, every_s=0.5, count=20))
    heard = wire.listen()
    assert sum(len(data) for _, data in heard) == 60
    assert 3.0 < heard[-1][0] - 10.0 < 25.0
    assert wire.line.counters.faults == {FaultKind.CHATTER: 20}
    assert wire.answer(READ_TEN) == ANSWER


def test_a_request_into_chatter_reaches_nobody() -> None:
    wire = OneLine()
    wire.line.faults.add(Fault(FaultKind.CHATTER, size=30, every_s=0.01, count=1))
    wire.line.transmit(wire.now)
    wire.now = wire.line.next_due_s
    wire.line.transmit(wire.now)
    wire.now += wire.character_s
    wire.send(READ_TEN)
    assert wire.units[7].read_at == []


def test_a_port_that_is_lost_now_and_then_comes_back() -> None:
    wire = OneLine()
    wire.line.faults.add(Fault(FaultKind.PORT_LOSS, delay_s=2.0, every_s=1.0, count=1))
    wire.listen()
    lost_s = wire.now
    assert wire.line.absent_until_s == lost_s + 2.0
    wire.now = lost_s + 0.5
    assert wire.answer(READ_TEN) == b""
    wire.now = lost_s + 1.5
    assert wire.answer(READ_TEN) == ANSWER


def test_an_answer_overtaken_by_the_next_request_alike_is_counted() -> None:
    wire = OneLine()
    for delay_s, other, counted in ((0.5, READ_TEN, 1), (0.5, OTHER_UNIT, 1), (0.1, READ_TEN, 1)):
        wire.now += 10.0
        wire.line.faults.add(fault(FaultKind.LATE, delay_s=delay_s, count=1))
        wire.line.receive(READ_TEN, wire.now)
        wire.line.transmit(wire.now + 0.3)
        wire.now += 0.3
        wire.send(other)
        assert wire.line.counters.mistakable == counted


def test_the_same_seed_brings_the_same_faults() -> None:
    def listen() -> list[tuple[float, bytes]]:
        wire = OneLine()
        wire.line.faults.add(Fault(FaultKind.BURST, size=5, size_to=50, probability=0.5))
        wire.line.faults.add(Fault(FaultKind.TWIN, probability=0.3))
        wire.line.faults.add(Fault(FaultKind.CHATTER, size=2, size_to=9, every_s=0.3, count=30))
        heard = []
        for _ in range(30):
            wire.now += 0.2
            heard += wire.send(READ_TEN)
        return heard

    assert listen() == listen()
