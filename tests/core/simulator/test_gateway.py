"""A Modbus TCP gateway answers each transaction with its number, and units out of order."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from bacs_core.simulator.faults import Fault, FaultKind
from bacs_core.simulator.gateway import Gateway
from bacs_core.simulator.served import NEVER
from tests.core.simulator.one_line import TenRegisters
from tests.core.simulator.plants import make_line

CLIENT = 3


def request(transaction: int, unit: int, count: int = 2) -> bytes:
    return struct.pack(">HHHBBHH", transaction, 0, 6, unit, 3, 0, count)


def answer(transaction: int, unit: int) -> bytes:
    return struct.pack(">HHHBBBHH", transaction, 0, 7, unit, 3, 4, 0, 1)


def exception(transaction: int, unit: int, code: int) -> bytes:
    return struct.pack(">HHHBBB", transaction, 0, 3, unit, 0x83, code)


@pytest.fixture
def gateway() -> Gateway:
    made = Gateway(
        make_line("gateway"),
        [TenRegisters(unit) for unit in range(1, 9)],
        turnaround_s=0.01,
        random=np.random.default_rng(1),
    )
    made.join(CLIENT)
    return made


def listen(gateway: Gateway) -> list[bytes]:
    heard = []
    while (due_s := gateway.next_due_s) < NEVER:
        heard += [data for client, data in gateway.transmit(due_s) if client == CLIENT]
    return heard


def test_an_answer_carries_the_number_of_its_transaction(gateway: Gateway) -> None:
    gateway.receive(CLIENT, request(0x1234, 7), 1.0)
    assert listen(gateway) == [answer(0x1234, 7)]


def test_requests_in_pieces_and_in_one_go_are_cut_by_their_length(gateway: Gateway) -> None:
    both = request(1, 7) + request(2, 7)
    gateway.receive(CLIENT, both[:5], 1.0)
    gateway.receive(CLIENT, both[5:], 1.1)
    assert listen(gateway) == [answer(1, 7), answer(2, 7)]


def test_units_overtake_each_other_and_one_unit_keeps_its_order(gateway: Gateway) -> None:
    asked = [(number, 1 + number % 8) for number in range(80)]
    gateway.receive(CLIENT, b"".join(request(*one) for one in asked), 1.0)
    heard = listen(gateway)
    numbers = [int.from_bytes(data[:2], "big") for data in heard]
    assert sorted(numbers) == list(range(80))
    assert numbers != sorted(numbers)
    for unit in range(1, 9):
        own = [number for number, data in zip(numbers, heard, strict=True) if data[6] == unit]
        assert own == sorted(own)


def test_a_unit_that_is_not_there_is_told_by_exception_11(gateway: Gateway) -> None:
    gateway.receive(CLIENT, request(5, 99), 1.0)
    assert listen(gateway) == [exception(5, 99, 11)]


def test_two_units_at_one_address_are_no_answer_for_a_gateway(gateway: Gateway) -> None:
    first, second = gateway.roster.units[:2]
    assert isinstance(first, TenRegisters)
    first.addresses = second.addresses
    gateway.receive(CLIENT, request(5, 2), 1.0)
    assert listen(gateway) == [exception(5, 2, 11)]


def test_a_broadcast_is_heard_by_all_and_not_answered(gateway: Gateway) -> None:
    body = bytes.fromhex("00 10 00 03 00 01 02 12 34")
    gateway.receive(CLIENT, struct.pack(">HHH", 9, 0, len(body)) + body, 1.0)
    assert listen(gateway) == []
    for unit in gateway.roster.units:
        assert isinstance(unit, TenRegisters)
        assert unit.heard == [(3, b"\x12\x34", 1.0)]


def test_faults_change_bodies_and_keep_the_header_true(gateway: Gateway) -> None:
    gateway.faults.add(Fault(FaultKind.FOREIGN_UNIT, 7, value=8, count=1))
    gateway.faults.add(Fault(FaultKind.SILENT, 6))
    gateway.receive(CLIENT, request(1, 7) + request(2, 6) + request(3, 7), 1.0)
    assert listen(gateway) == [answer(1, 8), answer(3, 7)]
    assert gateway.counters.faults == {FaultKind.FOREIGN_UNIT: 1, FaultKind.SILENT: 1}


def test_what_is_no_modbus_tcp_is_refused(gateway: Gateway) -> None:
    with pytest.raises(ValueError, match="no Modbus TCP header"):
        gateway.receive(CLIENT, b"GET / HTTP/1.1\r\n", 1.0)


def test_nothing_is_sent_to_a_client_that_left(gateway: Gateway) -> None:
    gateway.receive(CLIENT, request(1, 7), 1.0)
    gateway.leave(CLIENT)
    gateway.join(CLIENT + 1)
    assert gateway.transmit(9.0) == []
