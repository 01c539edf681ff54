"""What a real agent answers, bent in every way before the library sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from snmp.security.usm import implementation  # type: ignore[import-untyped]

from bacs_core.bus.owner import Statistics
from bacs_core.errors import BusError
from bacs_core.snmp import client as client_module, wire as wire_module
from bacs_core.snmp.client import SnmpClient, open_client
from bacs_core.snmp.secrets import Community, User
from bacs_core.snmp.tables import Value
from tests.core.snmp.agent import AUTH_KEY, COMMUNITY, HOST, MODULES, PRIV_KEY, USER, Agent
from tests.core.snmp.made_messages import plain_answers
from tests.core.snmp.meddler import Meddler, meddler

VOLTAGE_5 = f"{MODULES}.2.5"
OPEN = Community(COMMUNITY)
SECRET = User(USER, "sha1", AUTH_KEY, "aes", PRIV_KEY)
#: RFC 3414, 2.2.3.
WINDOW_S = 150


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave questions open while their answers are bent, and cut no flood off."""
    monkeypatch.setattr(client_module, "ANSWER_WITHIN_S", 60.0)
    monkeypatch.setattr(wire_module, "_MOST_STRANGERS", 1_000_000)


@dataclass
class OpenQuestion:
    """A question that the agent has answered, and whose answer is kept back."""

    client: SnmpClient
    answer: bytes
    asked: asyncio.Task[list[Value]]
    between: Meddler

    def hear(self, datagram: bytes) -> None:
        """Let the client hear something in place of the answer."""
        self.client._wire._unjudged += 1
        self.client._wire._judge(datagram)

    def is_open(self) -> bool:
        return not self.asked.done() and self.client._wire._give_up is not None


@asynccontextmanager
async def open_question(agent: Agent, access: Community | User) -> AsyncIterator[OpenQuestion]:
    async with meddler(agent.port) as between:
        client = await open_client(HOST, between.port, access, Statistics())
        assert await client.get([VOLTAGE_5]) == [1204]
        kept: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def keep_back(request: bytes, answer: bytes) -> Sequence[bytes]:
            kept.set_result(answer)
            return []

        between.change = keep_back
        asked = asyncio.create_task(client.get([VOLTAGE_5]))
        try:
            yield OpenQuestion(client, await kept, asked, between)
        finally:
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)
            client.close()


async def expect_only_the_answer(question: OpenQuestion, bent: Sequence[bytes]) -> None:
    for datagram in bent:
        question.hear(datagram)
    await asyncio.sleep(0)
    assert question.is_open()
    question.hear(question.answer)
    assert await question.asked == [1204]


async def test_no_single_turned_bit_of_a_signed_answer_is_accepted(steady_agent: Agent) -> None:
    async with open_question(steady_agent, SECRET) as question:
        number = int.from_bytes(question.answer, "big")
        size = len(question.answer)
        bent = [(number ^ 1 << bit).to_bytes(size, "big") for bit in range(8 * size)]
        await expect_only_the_answer(question, bent)


@pytest.mark.parametrize("access", [OPEN, SECRET], ids=["2c", "3"])
async def test_no_cut_answer_is_accepted(steady_agent: Agent, access: Community | User) -> None:
    async with open_question(steady_agent, access) as question:
        cut = [question.answer[:length] for length in range(len(question.answer))]
        await expect_only_the_answer(question, cut)


async def test_a_plain_answer_to_a_secret_question_is_not_accepted(steady_agent: Agent) -> None:
    """With the right numbers, agent and user, but without or with an empty or made-up digest."""
    async with open_question(steady_agent, SECRET) as question:
        (request_number,) = question.client._manager.requests
        forged = plain_answers(question.answer, request_number, VOLTAGE_5)
        await expect_only_the_answer(question, forged)


async def test_an_answer_that_is_kept_back_too_long_is_not_accepted(
    steady_agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = implementation.time
    async with open_question(steady_agent, SECRET) as question:
        monkeypatch.setattr(implementation, "time", lambda: now() + WINDOW_S + 2)
        question.hear(question.answer)
        await asyncio.sleep(0)
        assert question.is_open()


async def test_an_open_answer_that_is_bent_breaks_nothing(steady_agent: Agent) -> None:
    """Nothing protects version 2c: what is bent may be read, but is a number or an error."""
    async with open_question(steady_agent, OPEN) as question:
        for place in range(len(question.answer)):
            for byte in (0x00, 0x7F, 0x80, 0xFF):
                data = bytearray(question.answer)
                data[place] = byte
                if not question.asked.done():
                    question.hear(bytes(data))
        question.hear(question.answer)
        (told,) = await asyncio.gather(question.asked, return_exceptions=True)
        assert isinstance(told, BusError | list)


async def test_a_flood_is_cut_off_until_the_next_question(
    steady_agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire_module, "_MOST_STRANGERS", 5)
    async with open_question(steady_agent, OPEN) as question:
        for _ in range(9):
            question.hear(b"noise")
        question.hear(question.answer)
        await asyncio.sleep(0)
        assert question.is_open()
        assert question.client._statistics.frame_errors == 5
        question.asked.cancel()
        await asyncio.gather(question.asked, return_exceptions=True)
        question.between.change = lambda _, answer: [answer]
        assert await question.client.get([VOLTAGE_5]) == [1204]


async def test_no_more_datagrams_are_kept_than_can_be_judged(steady_agent: Agent) -> None:
    async with open_question(steady_agent, OPEN) as question:
        wire = question.client._wire
        for _ in range(wire_module._MOST_UNJUDGED + 9):
            wire.datagram_received(b"noise", None)
        for _ in range(wire_module._MOST_UNJUDGED + 9):
            await asyncio.sleep(0)
        assert question.client._statistics.frame_errors == wire_module._MOST_UNJUDGED
        wire.datagram_received(question.answer, None)
        assert await question.asked == [1204]


async def test_what_was_cancelled_leaves_nothing_behind(steady_agent: Agent) -> None:
    async with open_question(steady_agent, SECRET) as question:
        question.asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await question.asked
        question.hear(question.answer)
        assert question.client._statistics.frame_errors == 0
        question.client.close()
        wire = question.client._wire
        assert (wire._socket, wire._give_up) == (None, None)


async def test_a_secret_question_cannot_be_read_on_the_way(steady_agent: Agent) -> None:
    async with meddler(steady_agent.port) as between:
        client = await open_client(HOST, between.port, SECRET, Statistics())
        assert await client.get([VOLTAGE_5]) == [1204]
        client.close()
    last_numbers = bytes((33, 5, 2, 5, 1, 2, 5))
    assert not any(last_numbers in request for request in between.requests)
