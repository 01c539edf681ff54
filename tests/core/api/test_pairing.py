"""A program is paired: real TLS, real certificates, the real client."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bacs_core.access import pairing_code
from bacs_core.access.pairing import MOST_WRONG
from bacs_core.access.principal import Principal
from bacs_core.api.client import (
    CertificateError,
    CommandRefusedError,
    EngineClient,
    EngineUnreachableError,
    NotAuthorizedError,
)
from bacs_core.api.pairing_client import BadCodeError, Paired, pair
from bacs_core.api.pairing_messages import Pair
from bacs_core.api.people_client import PeopleClient
from bacs_core.api.tls import own_certificate
from bacs_core.history.database import open_database
from bacs_core.history.events import EventKind, select_events
from bacs_core.model import Role
from tests.core.api.conftest import Engine
from tests.core.api.test_server import network_address


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing_code, "_LOG2_ROUNDS", 4)


@pytest.fixture
async def cabinet(engine: Engine) -> PeopleClient:
    """What a technician at the cabinet does, with the network switched on."""
    await engine.server.set_network(enabled=True)
    engine.gate.principals["tessa"] = Principal("tessa", Role.TECHNICIAN, at_cabinet=True)
    return PeopleClient(engine.client("panel"), session_token="tessa")


async def code_of(cabinet: PeopleClient, role: Role = Role.VIEWER) -> str:
    assert role is not Role.TECHNICIAN
    assert role is not Role.ADMINISTRATOR
    status = await cabinet.start_pairing(role)
    assert status.code is not None
    return status.code


async def paired(engine: Engine, code: str, name: str = "home") -> Paired:
    return await pair(engine.session, network_address(), engine.server.port, code, name)


def other_secret(code: str) -> str:
    """The same engine, another secret: its proof is worked out anew, as an attacker could not."""
    return code[:-1] + ("0" if code[-1] != "0" else "1")


@asynccontextmanager
async def somebody_between(folder: Path) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Serve TLS with another certificate, and keep what is sent there."""
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            heard.append(await reader.read())
        except (OSError, ssl.SSLError):
            heard.append(b"")
        writer.transport.abort()

    certificate = own_certificate(folder, ["somebody"], datetime.now(UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.path)
    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


async def test_the_code_on_the_screen_brings_a_token_that_works_over_the_network(
    engine: Engine, cabinet: PeopleClient, tmp_path: Path
) -> None:
    code = await code_of(cabinet, Role.OPERATOR)
    assert (await cabinet.pairing()).code == code
    got = await paired(engine, code.lower().replace("-", ""), "Home-Assistant")
    assert got.fingerprint == engine.server.fingerprint
    assert (got.role, got.site_id, got.site_name) == (Role.OPERATOR, "test", "Test site")
    assert got.token not in repr(got)
    (token,) = await PeopleClient(administrator(engine)).tokens()
    assert (token.name, token.role, token.created_by) == (
        "home-assistant",
        Role.OPERATOR,
        "tessa",
    )
    status = await cabinet.pairing()
    assert status.code is None
    assert status.paired is not None
    assert (status.paired.name, status.paired.address) == ("home-assistant", network_address())

    database = open_database(tmp_path)
    events = [stored.event for stored in select_events(database, limit=2)]
    database.close()
    assert [event.kind for event in events] == [EventKind.TOKEN_CHANGED] * 2
    assert events[0].data["address"] == network_address()
    assert all(code[-6:].replace("-", "") not in event.text for event in events)


def administrator(engine: Engine) -> EngineClient:
    engine.gate.principals["olga"] = Principal("olga", Role.ADMINISTRATOR)
    return engine.client("olga")


async def test_a_certificate_that_does_not_fit_the_code_is_told_nothing(
    engine: Engine, cabinet: PeopleClient, tmp_path: Path
) -> None:
    (tmp_path / "between").mkdir()
    code = await code_of(cabinet)
    async with somebody_between(tmp_path / "between") as (port, heard):
        with pytest.raises(CertificateError, match="does not belong"):
            await pair(engine.session, "127.0.0.1", port, code, "home")
        async with asyncio.timeout(20):
            while not heard:
                await asyncio.sleep(0.01)
    assert heard == [b""]
    assert (await cabinet.pairing()).code == code


async def test_a_mistyped_code_is_told_before_anybody_is_asked(engine: Engine) -> None:
    # Nobody listens there: a connection would fail in another way.
    with pytest.raises(BadCodeError, match="16 characters"):
        await pair(engine.session, "127.0.0.1", 1, "0123-4567", "home")


async def test_wrong_secrets_end_the_code_for_everybody(
    engine: Engine, cabinet: PeopleClient
) -> None:
    code = await code_of(cabinet)
    client = engine.client(None)
    for _ in range(MOST_WRONG):
        with pytest.raises(CommandRefusedError) as refused:
            await client.send("POST", "pair", Pair(secret="000000", name="home"))
        assert refused.value.code == "wrong_code"
    with pytest.raises(CommandRefusedError) as refused:
        await paired(engine, code)
    assert refused.value.code == "pairing_closed"


async def test_a_code_whose_secret_was_mistyped_fits_no_certificate_either(
    engine: Engine, cabinet: PeopleClient
) -> None:
    with pytest.raises(CertificateError):
        await paired(engine, other_secret(await code_of(cabinet)))
    assert (await cabinet.pairing()).wrong == 0


async def test_a_code_is_used_once_and_a_taken_name_can_be_mended(
    engine: Engine, cabinet: PeopleClient
) -> None:
    await paired(engine, await code_of(cabinet))
    code = await code_of(cabinet)
    with pytest.raises(CommandRefusedError) as refused:
        await paired(engine, code)
    assert refused.value.code == "name_taken"
    await paired(engine, code, "home-2")
    with pytest.raises(CommandRefusedError) as refused:
        await paired(engine, code, "home-3")
    assert refused.value.code == "pairing_closed"


async def test_nobody_is_paired_while_the_network_is_off(
    engine: Engine, cabinet: PeopleClient
) -> None:
    await code_of(cabinet)
    await engine.server.set_network(enabled=False)
    assert (await cabinet.pairing()).code is None
    with pytest.raises(CommandRefusedError) as refused:
        await cabinet.start_pairing()
    assert refused.value.code == "network_off"


async def test_a_code_asked_for_while_the_network_goes_off_is_refused(
    engine: Engine, cabinet: PeopleClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()

    def slow_code(fingerprint: bytes) -> pairing_code.PairingCode:
        off = engine.server.set_network(enabled=False)
        asyncio.run_coroutine_threadsafe(off, loop).result(timeout=60)
        return pairing_code.new_code(fingerprint)

    monkeypatch.setattr("bacs_core.access.pairing.new_code", slow_code)
    with pytest.raises(CommandRefusedError) as refused:
        await cabinet.start_pairing()
    assert refused.value.code == "network_off"
    assert (await cabinet.pairing()).code is None


async def test_a_code_is_ended_by_hand(engine: Engine, cabinet: PeopleClient) -> None:
    code = await code_of(cabinet)
    await cabinet.end_pairing()
    await cabinet.end_pairing()
    with pytest.raises(CommandRefusedError) as refused:
        await paired(engine, code)
    assert refused.value.code == "pairing_closed"


@pytest.mark.parametrize(
    ("somebody", "code"),
    [
        (Principal("panel", Role.VIEWER, at_cabinet=True), "forbidden"),
        (Principal("otto", Role.OPERATOR, at_cabinet=True), "forbidden"),
        (Principal("tessa", Role.TECHNICIAN), "cabinet_only"),
        (Principal("tessa", Role.TECHNICIAN, at_cabinet=True, must_change=True), "must_change"),
    ],
)
async def test_only_a_technician_at_the_cabinet_lets_programs_in(
    engine: Engine, somebody: Principal, code: str
) -> None:
    await engine.server.set_network(enabled=True)
    engine.gate.principals["somebody"] = somebody
    client = PeopleClient(engine.client("somebody"))
    for call in (client.start_pairing, client.pairing, client.end_pairing):
        with pytest.raises(CommandRefusedError) as refused:
            await call()
        assert refused.value.code == code


async def test_without_a_token_there_is_no_code(engine: Engine, cabinet: PeopleClient) -> None:
    await code_of(cabinet)
    with pytest.raises(NotAuthorizedError):
        await PeopleClient(engine.client(None)).pairing()


async def test_where_nobody_speaks_tls_the_program_is_told_so(
    engine: Engine, cabinet: PeopleClient
) -> None:
    code = await code_of(cabinet)
    with pytest.raises(EngineUnreachableError, match="no encrypted connection"):
        await pair(engine.session, "127.0.0.1", engine.server.port, code, "home")


async def test_a_program_is_never_more_than_an_operator(
    engine: Engine, cabinet: PeopleClient
) -> None:
    url = f"{engine.url}/api/v1/pairing"
    headers = {"Authorization": "Bearer tessa"}
    for role in ("technician", "administrator"):
        async with engine.session.post(url, headers=headers, json={"role": role}) as response:
            assert response.status == 422
