"""What a real agent answered to a user, bent in every way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from bacs_core.bus.owner import Statistics
from bacs_core.errors import BusError, FrameError
from bacs_core.snmp import ber, pdu
from bacs_core.snmp.client import open_client
from bacs_core.snmp.user import User
from bacs_core.snmp.usm import WINDOW_S, UserSecurity
from tests.core.snmp.agent import AUTH_KEY, HOST, MODULES, PRIV_KEY, USER, Agent
from tests.core.snmp.meddler import meddler

VOLTAGE_5 = ber.oid(f"{MODULES}.2.5")
SECRET = User(USER, "sha1", AUTH_KEY, "aes", PRIV_KEY)


@dataclass
class Exchange:
    """An answer of the agent, the security that asked for it, and when."""

    security: UserSecurity
    answer: bytes
    number: int
    now: float


@pytest.fixture
async def exchange(steady_agent: Agent) -> Exchange:
    """Ask the agent once and keep what it said."""
    seen: list[tuple[bytes, int, float]] = []

    class Watching(UserSecurity):
        def unwrap(self, data: bytes, message_id: int, now: float) -> pdu.Pdu:
            seen.append((data, message_id, now))
            return super().unwrap(data, message_id, now)

    security = Watching(SECRET, salt=5)
    client = await open_client(HOST, steady_agent.port, SECRET, Statistics())
    client._envelope = security
    assert await client.get([VOLTAGE_5]) == [1204]
    client.close()
    return Exchange(security, *seen[-1])


def test_the_answer_itself_is_accepted(exchange: Exchange) -> None:
    answer = UserSecurity.unwrap(exchange.security, exchange.answer, exchange.number, exchange.now)
    assert answer.bindings == [(VOLTAGE_5, 1204)]


def test_no_single_turned_bit_is_accepted(exchange: Exchange) -> None:
    for bit in range(8 * len(exchange.answer)):
        data = bytearray(exchange.answer)
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(FrameError):
            exchange.security.unwrap(bytes(data), exchange.number, exchange.now)


def test_no_cut_answer_is_accepted(exchange: Exchange) -> None:
    for length in range(len(exchange.answer)):
        with pytest.raises(FrameError):
            exchange.security.unwrap(exchange.answer[:length], exchange.number, exchange.now)


def test_an_answer_to_another_request_is_not_accepted(exchange: Exchange) -> None:
    with pytest.raises(FrameError, match="another request"):
        exchange.security.unwrap(exchange.answer, exchange.number + 1, exchange.now)


def test_an_answer_that_is_kept_back_too_long_is_not_accepted(exchange: Exchange) -> None:
    with pytest.raises(FrameError, match="of the past"):
        exchange.security.unwrap(exchange.answer, exchange.number, exchange.now + WINDOW_S + 2)


def test_an_answer_without_a_digest_is_not_accepted(exchange: Exchange) -> None:
    """A plain answer with the right numbers and user, as anybody on the network can make it."""
    body = ber.sequence(
        ber.octets(exchange.security._engine_id), ber.octets(b""), _answer(exchange.number)
    )
    parameters = ber.sequence(
        ber.octets(exchange.security._engine_id),
        ber.integer(exchange.security._boots),
        ber.integer(exchange.security._time_s),
        ber.octets(USER.encode()),
        ber.octets(b""),
        ber.octets(b""),
    )
    for flags in range(8):
        head = ber.sequence(
            ber.integer(exchange.number),
            ber.integer(1500),
            ber.octets(bytes((flags,))),
            ber.integer(3),
        )
        forged = ber.sequence(ber.integer(3), head, ber.octets(parameters), body)
        with pytest.raises(BusError):
            exchange.security.unwrap(forged, exchange.number, exchange.now)


async def test_a_request_cannot_be_read_on_the_way(steady_agent: Agent) -> None:
    async with meddler(steady_agent.port) as between:
        client = await open_client(HOST, between.port, SECRET, Statistics())
        assert await client.get([VOLTAGE_5]) == [1204]
        client.close()
        answers: Sequence[bytes] = between.requests
    assert not any(VOLTAGE_5 in request for request in answers)


def _answer(number: int) -> bytes:
    binding = ber.sequence(ber.element(ber.OID, VOLTAGE_5), ber.integer(9999))
    return ber.element(
        pdu.RESPONSE,
        ber.integer(number) + ber.integer(0) + ber.integer(0) + ber.sequence(binding),
    )
