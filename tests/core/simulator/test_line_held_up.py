"""A virtual line that is served late blames its master only for what the master surely did."""

from __future__ import annotations

import pytest

from bacs_core.simulator.modbus import with_crc
from tests.core.simulator.one_line import ANSWER, READ_TEN, TURNAROUND_S, WRITE_ALL, OneLine

#: Two blocks of the same length.
READ_TWO, READ_OTHER_TWO = (
    with_crc(bytes.fromhex(f"07 03 00 0{address} 00 02")) for address in (0, 4)
)
READ_2000_BITS = with_crc(bytes.fromhex("07 01 00 00 07 d0"))
HELD_UP_S = 0.06


@pytest.fixture
def wire() -> OneLine:
    """A line of 9600 baud on which a first request was answered."""
    there = OneLine()
    there.answer(READ_TEN)
    return there


def violations(wire: OneLine) -> int:
    return wire.line.counters.silence_violations


def test_a_broadcast_that_was_noticed_late_does_not_make_the_next_frame_early(
    wire: OneLine,
) -> None:
    gap_s = wire.line.line.gap_s
    began_s = wire.now + gap_s
    noticed_s = began_s + HELD_UP_S
    wire.line.receive(WRITE_ALL, noticed_s, wire.now)
    next_s = began_s + len(WRITE_ALL) * wire.character_s + gap_s
    wire.line.receive(READ_TEN, max(next_s, noticed_s), noticed_s)
    assert violations(wire) == 0


def test_a_frame_too_close_behind_a_broadcast_is_counted_even_where_both_are_read_at_once(
    wire: OneLine,
) -> None:
    gap_s = wire.line.line.gap_s
    noticed_s = wire.now + gap_s + 0.001
    wire.line.receive(WRITE_ALL + READ_TEN, noticed_s, wire.now)
    assert violations(wire) == 1
    wire.listen()
    assert wire.line.counters.broadcasts == 1
    assert wire.line.counters.requests[7] == 2


def test_a_frame_too_close_behind_a_broadcast_that_came_close_behind_an_answer_is_counted(
    wire: OneLine,
) -> None:
    gap_s = wire.line.line.gap_s
    noticed_s = wire.now + gap_s + 0.001
    wire.line.receive(WRITE_ALL, noticed_s, wire.now)
    ended_s = noticed_s + len(WRITE_ALL) * wire.character_s
    wire.line.receive(READ_TEN, ended_s + gap_s / 2, noticed_s)
    assert violations(wire) == 1


def test_frames_that_kept_their_silence_may_be_read_at_once_by_whoever_comes_late(
    wire: OneLine,
) -> None:
    wire.line.receive(WRITE_ALL + READ_TEN, wire.now + HELD_UP_S, wire.now)
    assert violations(wire) == 0


def test_whoever_took_a_held_up_answer_for_ended_is_not_early(wire: OneLine) -> None:
    wire.now += wire.line.line.gap_s
    asked_s = wire.now
    wire.line.receive(READ_TEN, asked_s)
    wire.line.transmit(asked_s + 8 * wire.character_s)
    first_s = wire.line.next_due_s
    assert wire.line.transmit(first_s) == ANSWER[:16]
    # The rest is due, but nobody comes to send it before the master has given up.
    handed_over_s = first_s + HELD_UP_S
    assert wire.line.transmit(handed_over_s) == ANSWER[16:]
    wire.line.receive(READ_TEN, handed_over_s + 0.0001, first_s)
    assert violations(wire) == 0


def test_whoever_gave_up_an_answer_of_which_much_is_overdue_is_not_early(wire: OneLine) -> None:
    asked_s = wire.now + 1.0
    wire.line.receive(READ_2000_BITS, asked_s)
    wire.line.transmit(asked_s + 8 * wire.character_s)
    first_s = wire.line.next_due_s
    assert len(wire.line.transmit(first_s)) == 16
    wire.line.receive(READ_TEN, first_s + HELD_UP_S, first_s)
    assert violations(wire) == 0


def test_whoever_surely_wrote_behind_a_held_up_answer_has_to_keep_the_silence(
    wire: OneLine,
) -> None:
    wire.line.receive(READ_TEN, wire.now + 1.0)
    handed_over_s = wire.now + 1.0 + HELD_UP_S
    wire.line.transmit(handed_over_s)
    wire.line.transmit(handed_over_s)
    wire.line.receive(READ_TEN, handed_over_s + 0.002, handed_over_s + 0.001)
    assert violations(wire) == 1


def test_whoever_talks_into_an_answer_that_comes_in_time_is_counted(wire: OneLine) -> None:
    wire.now += wire.line.line.gap_s
    wire.line.receive(READ_TEN, wire.now, wire.now - 0.0001)
    wire.line.transmit(wire.now + 8 * wire.character_s)
    first_s = wire.line.next_due_s
    wire.line.transmit(first_s)
    talks_s = first_s + 5 * wire.character_s
    wire.line.receive(READ_TEN, talks_s, first_s - wire.character_s)
    assert violations(wire) == 1


def test_an_answer_that_was_overtaken_because_it_was_held_up_is_told_apart(
    wire: OneLine,
) -> None:
    counters = wire.line.counters
    wire.line.receive(READ_TWO, wire.now + 1.0)
    wire.line.transmit(wire.now + 1.0 + 8 * wire.character_s)
    wire.line.receive(READ_OTHER_TWO, wire.now + 1.0 + HELD_UP_S)
    wire.line.transmit(wire.now + 1.0 + HELD_UP_S)
    assert (counters.mistakable, counters.held_up) == (1, 1)


def test_an_answer_that_a_hasty_master_overtook_is_not_excused(wire: OneLine) -> None:
    counters = wire.line.counters
    asked_s = wire.now + 1.0
    wire.line.receive(READ_TWO, asked_s)
    wire.line.transmit(asked_s + 8 * wire.character_s)
    wire.line.receive(READ_OTHER_TWO, asked_s + 8 * wire.character_s + TURNAROUND_S)
    wire.listen()
    assert (counters.mistakable, counters.held_up) == (1, 0)
