"""What arrives on a pair of wires when one device sends, and when two do."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st

from bacs_core.settings import Parity
from bacs_core.simulator.wire import CHUNK_BYTES, Received, Sending, Wire
from tests.core.simulator.plants import make_line

LINE = make_line("pair", 9600)


def arrived(wire: Wire) -> Received:
    """Listen until nothing more comes."""
    everything = Received()
    while (due_s := wire.next_due_s) < math.inf:
        received = wire.receive(due_s)
        everything.data += received.data
        everything.whole += received.whole
        everything.collided += received.collided
    return everything


def test_what_one_device_sends_alone_arrives_in_portions_at_the_pace_of_the_wire() -> None:
    wire = Wire(LINE)
    data = bytes(range(20))
    wire.send(Sending(5.0, data))
    assert wire.next_due_s == pytest.approx(5.0 + CHUNK_BYTES * LINE.character_s)
    assert wire.receive(5.0 + 15.9 * LINE.character_s).data == b""
    assert wire.receive(5.0 + 16 * LINE.character_s).data == data[:16]
    last = wire.receive(5.0 + 20 * LINE.character_s)
    assert last.data == data[16:]
    assert [sending.data for sending in last.whole] == [data]


def test_sendings_one_after_the_other_do_not_collide() -> None:
    wire = Wire(LINE)
    wire.send(Sending(0.0, b"abc"))
    wire.send(Sending(3 * LINE.character_s, b"def"))
    received = arrived(wire)
    assert received.data == b"abcdef"
    assert received.collided == []


def test_bytes_sent_in_step_are_mixed_bit_by_bit() -> None:
    wire = Wire(LINE)
    wire.send(Sending(1.0, b"\xf0\xff\x0f"))
    wire.send(Sending(1.0, b"\xff\x3c\x11"))
    received = arrived(wire)
    assert received.data == b"\xf0\x3c\x01"
    assert received.collided == [b"\xf0\x3c\x01"]
    assert received.whole == []


def test_bytes_sent_out_of_step_become_bytes_that_nobody_sent() -> None:
    wire = Wire(LINE)
    bit_s = LINE.character_s / LINE.bits_per_character
    wire.send(Sending(1.0, b"\xff"))
    wire.send(Sending(1.0 + 3 * bit_s, b"\xff"))
    # The second start bit is bit 2 of the first byte; the second stop bit ends an idle line.
    assert arrived(wire).data == b"\xfb"


def test_a_collision_leaves_what_was_said_before_it() -> None:
    wire = Wire(LINE)
    first, second = bytes(range(0x40, 0x60)), bytes(range(0x80, 0x90))
    wire.send(Sending(0.0, first))
    early = wire.receive(17 * LINE.character_s).data
    wire.send(Sending(20.5 * LINE.character_s, second))
    everything = early + arrived(wire).data
    assert everything[:20] == first[:20]
    assert everything != first + second
    assert second not in everything


@pytest.mark.parametrize("parity", list(Parity))
@given(data=st.binary(min_size=1, max_size=40))
def test_the_same_bytes_sent_twice_at_once_arrive_as_they_were_sent(
    parity: Parity, data: bytes
) -> None:
    wire = Wire(make_line("pair", 9600, parity))
    wire.send(Sending(1.0, data))
    wire.send(Sending(1.0, data))
    assert arrived(wire).data == data


@given(
    sendings=st.lists(
        st.tuples(st.floats(0.0, 0.05), st.binary(min_size=1, max_size=30)), max_size=6
    )
)
def test_every_sending_ends_and_no_more_bytes_arrive_than_were_sent(
    sendings: list[tuple[float, bytes]],
) -> None:
    wire = Wire(LINE)
    for start_s, data in sendings:
        wire.send(Sending(start_s, data))
    received = arrived(wire)
    assert len(received.data) <= sum(len(data) for _, data in sendings)
    assert wire.last_end_s(math.inf) >= max((start for start, _ in sendings), default=-math.inf)


def test_the_wire_knows_when_somebody_was_sending() -> None:
    wire = Wire(LINE)
    wire.send(Sending(1.0, b"abc"))
    end_s = 1.0 + 3 * LINE.character_s
    assert wire.is_busy(0.9, 1.001)
    assert not wire.is_busy(0.9, 1.0)
    wire.receive(2.0)
    assert wire.is_busy(end_s - 0.0001, 2.0)
    assert not wire.is_busy(end_s, 2.0)
    assert wire.last_end_s(2.0) == pytest.approx(end_s)
