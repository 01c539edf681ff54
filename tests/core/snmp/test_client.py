"""Asking a real agent, also through somebody who meddles with its answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bacs_core.bus.owner import Statistics
from bacs_core.errors import BusTimeoutError, FrameError, PortGoneError
from bacs_core.snmp import ber, client as client_module, pdu
from bacs_core.snmp.client import SnmpClient, open_client
from bacs_core.snmp.community import Community
from bacs_core.snmp.errors import AgentRefusedError
from bacs_core.snmp.user import User
from tests.core.snmp.agent import AUTH_KEY, COMMUNITY, HOST, MODULES, PRIV_KEY, USER, Agent
from tests.core.snmp.conftest import CELLS
from tests.core.snmp.meddler import meddler

VOLTAGES = ber.oid(f"{MODULES}.2")
TEMPERATURES = ber.oid(f"{MODULES}.3")
VOLTAGE_5 = ber.oid(f"{MODULES}.2.5")
NOT_THERE = ber.oid(f"{MODULES}.2.999")

OPEN = Community(COMMUNITY)
SECRET = User(USER, "sha1", AUTH_KEY, "aes", PRIV_KEY)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "ANSWER_WITHIN_S", 0.3)


@asynccontextmanager
async def asking(port: int, access: Community | User) -> AsyncIterator[SnmpClient]:
    client = await open_client(HOST, port, access, Statistics())
    try:
        yield client
    finally:
        client.close()


@pytest.mark.parametrize("access", [OPEN, SECRET], ids=["2c", "3"])
async def test_values_come_as_the_agent_has_them(
    steady_agent: Agent, access: Community | User
) -> None:
    async with asking(steady_agent.port, access) as client:
        assert await client.get([VOLTAGE_5, NOT_THERE]) == [1204, None]
        voltages, temperatures = await client.walk([VOLTAGES, TEMPERATURES], CELLS)
    assert list(voltages.values()) == [1200 + cell for cell in range(CELLS)]
    assert list(temperatures.values()) == [215] * CELLS


@pytest.mark.parametrize("access", [OPEN, SECRET], ids=["2c", "3"])
@pytest.mark.parametrize("values", [1, 7, 5000])
async def test_a_table_is_whole_however_much_is_asked_at_once(
    steady_agent: Agent, access: Community | User, values: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "VALUES_PER_ANSWER", values)
    async with asking(steady_agent.port, access) as client:
        columns = await client.walk([VOLTAGES, TEMPERATURES], CELLS)
    assert [len(column) for column in columns] == [CELLS, CELLS]


async def test_an_agent_that_cannot_say_so_much_is_asked_for_less(steady_agent: Agent) -> None:
    def too_big(request: bytes, answer: bytes) -> Sequence[bytes]:
        if len(OPEN.unwrap(answer, 0, 0.0).bindings) <= 10:
            return [answer]
        number = OPEN.unwrap(answer, 0, 0.0).request_id
        return [OPEN.wrap(made_answer(number, error=1), 0, 0.0)]

    async with meddler(steady_agent.port) as between:
        between.change = too_big
        async with asking(between.port, OPEN) as client:
            (voltages,) = await client.walk([VOLTAGES], CELLS)
    assert len(voltages) == CELLS


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        (replace(SECRET, name="stranger"), "does not know user 'stranger'"),
        (replace(SECRET, auth_key="another-password"), "does not accept the authentication"),
        (replace(SECRET, auth="sha256"), "does not accept the authentication"),
        (replace(SECRET, priv=None, priv_key=None), "does not let this community or user read"),
    ],
)
async def test_the_agent_says_what_is_wrong_with_a_user(
    steady_agent: Agent, user: User, reason: str
) -> None:
    async with asking(steady_agent.port, user) as client:
        with pytest.raises(AgentRefusedError, match=reason):
            await client.get([VOLTAGE_5])


@pytest.mark.parametrize(
    "access", [Community("guessed"), replace(SECRET, priv_key="another-password")]
)
async def test_an_agent_is_silent_to_a_wrong_community_or_privacy_key(
    steady_agent: Agent, access: Community | User
) -> None:
    async with asking(steady_agent.port, access) as client:
        with pytest.raises(BusTimeoutError):
            await client.get([VOLTAGE_5])
        assert client._statistics.timeouts == client_module.ATTEMPTS


async def test_nobody_at_the_port_is_noticed_at_once(own_agent: Agent) -> None:
    own_agent.stop()
    async with asking(own_agent.port, OPEN) as client:
        with pytest.raises(BusTimeoutError, match="no SNMP agent listens there"):
            await client.get([VOLTAGE_5])
        assert client._statistics.requests == 1


async def test_a_name_without_an_address_is_told() -> None:
    with pytest.raises(PortGoneError, match=r"nowhere\.invalid"):
        await open_client("nowhere.invalid", 161, OPEN, Statistics())
    for host in ("10.0.0..5", "a" * 64 + ".lan"):
        with pytest.raises(PortGoneError, match="cannot be the name of a host"):
            await open_client(host, 161, OPEN, Statistics())


async def test_an_agent_that_was_restarted_is_followed(own_agent: Agent) -> None:
    async with asking(own_agent.port, SECRET) as client:
        assert await client.get([VOLTAGE_5]) == [1204]
        own_agent.stop()
        own_agent.start()
        assert await client.get([VOLTAGE_5]) == [1204]


async def test_a_lost_answer_is_asked_for_again(steady_agent: Agent) -> None:
    async with meddler(steady_agent.port) as between:
        between.change = lambda _, answer: [answer] if len(between.requests) > 1 else []
        async with asking(between.port, OPEN) as client:
            assert await client.get([VOLTAGE_5]) == [1204]
            assert client._statistics.timeouts == 1


@pytest.mark.parametrize("access", [OPEN, SECRET], ids=["2c", "3"])
async def test_a_late_answer_is_never_taken_for_the_next_one(
    steady_agent: Agent, access: Community | User
) -> None:
    late: list[bytes] = []

    def previous_first(request: bytes, answer: bytes) -> Sequence[bytes]:
        late.append(answer)
        return [*late[-2:-1], answer]

    async with meddler(steady_agent.port) as between:
        between.change = previous_first
        async with asking(between.port, access) as client:
            for cell in range(1, 20):
                assert await client.get([ber.oid(f"{MODULES}.2.{cell}")]) == [1199 + cell]
            assert client._statistics.frame_errors >= 18


async def test_a_forged_answer_of_a_user_is_never_a_value(steady_agent: Agent) -> None:
    def forged(request: bytes, answer: bytes) -> Sequence[bytes]:
        # The last byte is the end of the encrypted value; turning its bits turns the value's.
        return [answer[:-1] + bytes((answer[-1] ^ 1,))]

    async with meddler(steady_agent.port) as between, asking(between.port, SECRET) as client:
        assert await client.get([VOLTAGE_5]) == [1204]
        between.change = forged
        with pytest.raises(BusTimeoutError):
            await client.get([VOLTAGE_5])
        assert client._statistics.frame_errors == client_module.ATTEMPTS


async def test_a_flood_of_foreign_datagrams_does_not_hide_the_answer(steady_agent: Agent) -> None:
    async with meddler(steady_agent.port) as between:
        between.change = lambda request, answer: [request, b"", b"\x30", b"noise" * 50, answer]
        async with asking(between.port, OPEN) as client:
            assert await client.get([VOLTAGE_5]) == [1204]


async def test_only_questions_are_ever_sent(steady_agent: Agent) -> None:
    async with meddler(steady_agent.port) as between:
        async with asking(between.port, OPEN) as client:
            await client.get([VOLTAGE_5])
            await client.walk([VOLTAGES], CELLS)
        kinds = {
            request[ber.header(request, 0, len(request))[1] + 3 + 9] for request in between.requests
        }
    assert kinds == {pdu.GET, pdu.GET_BULK}


def made_answer(number: int, *names: bytes, error: int = 0) -> bytes:
    """An answer with the value 7 for each name."""
    bindings = (ber.sequence(ber.element(ber.OID, name), ber.integer(7)) for name in names)
    return ber.element(
        pdu.RESPONSE,
        ber.integer(number) + ber.integer(error) + ber.integer(0) + ber.sequence(*bindings),
    )


def counting_on(number: int, asked: int) -> bytes:
    return made_answer(number, VOLTAGES + bytes((asked % 120 + 1,)))


def in_circles(number: int, asked: int) -> bytes:
    return made_answer(number, VOLTAGES + bytes((asked % 3 + 1,)))


def empty(number: int, asked: int) -> bytes:
    return made_answer(number)


@pytest.mark.parametrize(
    ("lie", "reason"),
    [(counting_on, "more than 50 rows"), (in_circles, "in circles"), (empty, "without any value")],
)
async def test_a_table_without_an_end_is_given_up(
    steady_agent: Agent, lie: Callable[[int, int], bytes], reason: str
) -> None:
    async with meddler(steady_agent.port) as between:
        between.change = lambda _, answer: [
            OPEN.wrap(lie(OPEN.unwrap(answer, 0, 0.0).request_id, len(between.requests)), 0, 0.0)
        ]
        async with asking(between.port, OPEN) as client:
            with pytest.raises(FrameError, match=reason):
                await client.walk([VOLTAGES], 50)


async def test_a_table_that_ends_early_has_the_rows_that_came(steady_agent: Agent) -> None:
    async with meddler(steady_agent.port) as between:
        between.change = lambda _, answer: [
            answer
            if len(between.requests) == 1
            else OPEN.wrap(
                made_answer(OPEN.unwrap(answer, 0, 0.0).request_id, NOT_THERE[:-3]), 0, 0.0
            )
        ]
        async with asking(between.port, OPEN) as client:
            voltages, temperatures = await client.walk([VOLTAGES, TEMPERATURES], CELLS)
    assert 0 < len(voltages) == len(temperatures) < CELLS
