"""Asking a real agent, also through somebody who meddles with its answers."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from snmp import ErrorStatus  # type: ignore[import-untyped]
from snmp.pdu import GetBulkRequestPDU, GetRequestPDU  # type: ignore[import-untyped]
from snmp.security.usm import implementation  # type: ignore[import-untyped]

from bacs_core.bus.owner import Statistics
from bacs_core.errors import BusTimeoutError, FrameError, PortGoneError
from bacs_core.snmp import client as client_module
from bacs_core.snmp.client import SnmpClient, open_client
from bacs_core.snmp.errors import AgentRefusedError
from bacs_core.snmp.secrets import Community, User
from tests.core.snmp.agent import AUTH_KEY, COMMUNITY, HOST, MODULES, PRIV_KEY, USER, Agent
from tests.core.snmp.conftest import CELLS
from tests.core.snmp.made_messages import made_answer, read_message
from tests.core.snmp.meddler import meddler

VOLTAGES = f"{MODULES}.2"
TEMPERATURES = f"{MODULES}.3"
VOLTAGE_5 = f"{MODULES}.2.5"
NOT_THERE = f"{MODULES}.2.999"

#: A guard only.
PATIENCE_S = 20.0

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
        if len(read_message(answer).variableBindings) <= 10:
            return [answer]
        return [made_answer(answer, error=ErrorStatus.tooBig)]

    async with meddler(steady_agent.port) as between:
        between.change = too_big
        async with asking(between.port, OPEN) as client:
            (voltages,) = await client.walk([VOLTAGES], CELLS)
    assert len(voltages) == CELLS


async def test_an_agent_that_ends_its_answer_within_a_row_is_asked_for_less(
    steady_agent: Agent,
) -> None:
    """RFC 3416, 4.2.3: it may leave out what does not fit."""

    def cut(request: bytes, answer: bytes) -> Sequence[bytes]:
        bindings = read_message(answer).variableBindings
        return [answer if len(bindings) <= 6 else made_answer(answer, *bindings[:7])]

    async with meddler(steady_agent.port) as between:
        between.change = cut
        async with asking(between.port, OPEN) as client:
            columns = await client.walk([VOLTAGES, TEMPERATURES], CELLS)
    assert [len(column) for column in columns] == [CELLS, CELLS]


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


@pytest.mark.parametrize(
    ("boots", "engine_id", "costs_an_answer"),
    [(6, None, False), (4, None, True), (1, "80001f880401020304", False)],
    ids=["counts on", "counts anew", "is another one"],
)
async def test_an_agent_that_was_restarted_is_followed(
    own_agent: Agent,
    monkeypatch: pytest.MonkeyPatch,
    boots: int,
    engine_id: str | None,
    costs_an_answer: bool,
) -> None:
    within_s = 2.0 if costs_an_answer else PATIENCE_S
    monkeypatch.setattr(client_module, "ANSWER_WITHIN_S", within_s)
    own_agent.stop()
    own_agent.boots = 5
    own_agent.start()
    async with asking(own_agent.port, SECRET) as client:
        assert await client.get([VOLTAGE_5]) == [1204]
        own_agent.stop()
        own_agent.boots = boots
        own_agent.engine_id = engine_id or own_agent.engine_id
        own_agent.start()
        assert await client.get([VOLTAGE_5]) == [1204]
        assert (client._statistics.timeouts > 0) == costs_an_answer


@pytest.mark.parametrize("set_by_s", [86_400.0, -86_400.0])
async def test_a_clock_that_is_set_costs_no_answer(
    steady_agent: Agent, monkeypatch: pytest.MonkeyPatch, set_by_s: float
) -> None:
    monkeypatch.setattr(client_module, "ANSWER_WITHIN_S", PATIENCE_S)
    now = implementation.time
    async with asking(steady_agent.port, SECRET) as client:
        assert await client.get([VOLTAGE_5]) == [1204]
        for module in (implementation, time):
            monkeypatch.setattr(module, "time", lambda: now() + set_by_s)
        assert await client.get([VOLTAGE_5]) == [1204]
        assert client._statistics.timeouts == 0


async def test_numbers_and_texts_are_values_and_all_else_is_absent(own_agent: Agent) -> None:
    values: list[tuple[str, int | str]] = [
        ("integer", -150),
        ("counter", 4_000_000_000),
        ("gauge", 7),
        ("timeticks", 8),
        ("counter64", 1 << 62),
        ("string", "a text"),
        ("objectid", "1.3.6.1"),
    ]
    names = [f"{MODULES}.9.{place}" for place in range(len(values))]
    own_agent.serve(
        [(name, kind, value) for name, (kind, value) in zip(names, values, strict=True)]
    )
    async with asking(own_agent.port, OPEN) as client:
        told = await client.get(names)
    assert told == [-150, 4_000_000_000, 7, 8, 1 << 62, b"a text", None]


async def test_a_lost_answer_is_asked_for_again(steady_agent: Agent) -> None:
    async with meddler(steady_agent.port) as between:
        between.change = lambda _, answer: [answer] if len(between.requests) > 1 else []
        async with asking(between.port, OPEN) as client:
            assert await client.get([VOLTAGE_5]) == [1204]
            assert client._statistics.timeouts >= 1


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
                assert await client.get([f"{MODULES}.2.{cell}"]) == [1199 + cell]
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
        kinds = {type(read_message(request)) for request in between.requests}
    assert kinds == {GetRequestPDU, GetBulkRequestPDU}


def counting_on(answer: bytes, asked: int) -> bytes:
    return made_answer(answer, f"{VOLTAGES}.{asked}")


def in_circles(answer: bytes, asked: int) -> bytes:
    return made_answer(answer, f"{VOLTAGES}.{asked % 3 + 1}")


def empty(answer: bytes, asked: int) -> bytes:
    return made_answer(answer)


@pytest.mark.parametrize(
    ("lie", "reason"),
    [(counting_on, "more than 50 rows"), (in_circles, "do not follow"), (empty, "do not follow")],
)
async def test_a_table_without_an_end_is_given_up(
    steady_agent: Agent, lie: Callable[[bytes, int], bytes], reason: str
) -> None:
    async with meddler(steady_agent.port) as between:
        between.change = lambda _, answer: [lie(answer, len(between.requests))]
        async with asking(between.port, OPEN) as client:
            with pytest.raises(FrameError, match=reason):
                await client.walk([VOLTAGES], 50)


async def test_a_table_that_ends_early_has_the_rows_that_came(steady_agent: Agent) -> None:
    async with meddler(steady_agent.port) as between:
        between.change = lambda _, answer: [
            answer if len(between.requests) == 1 else made_answer(answer, *[f"{MODULES}.9.1"] * 2)
        ]
        async with asking(between.port, OPEN) as client:
            voltages, temperatures = await client.walk([VOLTAGES, TEMPERATURES], CELLS)
    assert 0 < len(voltages) == len(temperatures) < CELLS
