"""Whoever opens connections and says nothing, little or too much takes nothing from others."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Final

import pytest
from starlette.types import Receive, Scope, Send

from bacs_core.access.principal import Principal
from bacs_core.api import login_thread, server as api_server
from bacs_core.api.client import (
    CommandRefusedError,
    EngineUnreachableError,
    Stream,
)
from bacs_core.api.listener import PATIENCE_S, Listener
from bacs_core.api.messages import Login, Session, SnapshotMessage, StreamMessage
from bacs_core.api.tls import Certificate, own_certificate
from tests.core.api.conftest import Engine
from tests.core.api.test_server import network_address, over_network

#: Far beyond what any of this takes; only a fault reaches it.
GUARD_S: Final = 60.0
MUCH: Final = 16 * 1024 * 1024
UPGRADE: Final = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)
HEAD: Final = b"POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 30\r\n"


@pytest.fixture
def patience_s(request: pytest.FixtureRequest) -> float:
    told: float = getattr(request, "param", 30.0)
    return told


@pytest.fixture
async def opened() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def connection(
    opened: AsyncExitStack, host: str, port: int, tls: ssl.SSLContext | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(host, port, ssl=tls)
    opened.callback(writer.transport.abort)
    return reader, writer


async def is_closed(reader: asyncio.StreamReader) -> bool:
    """Wait until the other side ends the connection, having said nothing."""
    async with asyncio.timeout(GUARD_S):
        try:
            return await reader.read() == b""
        except ConnectionError:
            return True


async def collected(stream: Stream) -> list[StreamMessage]:
    return [message async for message in stream]


@pytest.mark.parametrize("said", [b"", HEAD + b"\r\n{"], ids=["nothing", "half a body"])
async def test_connections_that_ask_for_nothing_shut_nobody_out(
    engine: Engine, opened: AsyncExitStack, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr("bacs_core.api.listener.MAX_CONNECTIONS", 5)
    held = [await connection(opened, "127.0.0.1", engine.server.port) for _ in range(5)]
    for _, writer in held:
        writer.write(said)
        await writer.drain()
    assert (await engine.client().me()).name == "home assistant"
    assert await is_closed(held[0][0])
    assert [reader.at_eof() for reader, _ in held[1:]] == [False] * 4


async def test_one_connection_too_many_is_closed_at_once_and_its_place_is_free_again(
    engine: Engine, opened: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bacs_core.api.listener.MAX_CONNECTIONS", 2)
    await engine.ready()
    first = await opened.enter_async_context(AsyncExitStack())
    for stack in (first, opened):
        # Each is at work: it is a stream by now.
        stream = await stack.enter_async_context(engine.client().stream())
        assert isinstance(await anext(stream), SnapshotMessage)
    reader, _ = await connection(opened, "127.0.0.1", engine.server.port)
    assert await is_closed(reader)
    await first.aclose()
    async with asyncio.timeout(GUARD_S):
        while True:
            try:
                await engine.client().me()
            except EngineUnreachableError:
                await asyncio.sleep(0.01)
            else:
                break


async def test_a_full_network_leaves_the_cabinet_alone(
    engine: Engine, opened: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bacs_core.api.listener.MAX_CONNECTIONS", 5)
    await engine.server.set_network(enabled=True)
    # None of these begins its handshake: they count as soon as they are there.
    held = [await connection(opened, network_address(), engine.server.port) for _ in range(6)]
    assert await is_closed(held[-1][0])
    with pytest.raises(EngineUnreachableError):
        await over_network(engine).me()
    assert (await engine.client().me()).name == "home assistant"


async def test_one_address_of_the_network_cannot_take_every_place(
    engine: Engine, opened: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bacs_core.api.listener.MAX_OF_ONE_ADDRESS", 3)
    await engine.server.set_network(enabled=True)
    held = [await connection(opened, network_address(), engine.server.port) for _ in range(4)]
    assert await is_closed(held[-1][0])
    # Panel, browsers and programs of this computer share one address.
    for _ in range(4):
        await connection(opened, "127.0.0.1", engine.server.port)
    assert (await engine.client().me()).name == "home assistant"


@pytest.mark.parametrize("patience_s", [0.3], indirect=True)
@pytest.mark.parametrize(
    "said",
    [b"", b"GET /api/v1/hea", HEAD, HEAD + b"\r\n{"],
    ids=["nothing", "half a line", "half a head", "half a body"],
)
async def test_a_request_that_does_not_come_whole_ends_its_connection(
    engine: Engine, opened: AsyncExitStack, said: bytes
) -> None:
    reader, writer = await connection(opened, "127.0.0.1", engine.server.port)
    writer.write(said)
    assert await is_closed(reader)


@pytest.mark.parametrize("patience_s", [0.3], indirect=True)
async def test_whoever_sends_a_byte_now_and_then_gets_no_more_time(
    engine: Engine, opened: AsyncExitStack
) -> None:
    reader, writer = await connection(opened, "127.0.0.1", engine.server.port)
    ended = asyncio.create_task(is_closed(reader))
    async with asyncio.timeout(GUARD_S):
        while not ended.done():
            writer.write(b"X")
            await asyncio.sleep(0.02)
    assert await ended


@pytest.mark.parametrize("patience_s", [0.3], indirect=True)
async def test_the_second_request_of_a_connection_has_no_more_time_than_the_first(
    engine: Engine, opened: AsyncExitStack
) -> None:
    reader, writer = await connection(opened, "127.0.0.1", engine.server.port)
    writer.write(b"GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    async with asyncio.timeout(GUARD_S):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        assert b'"api_version"' in await reader.readexactly(length)
    writer.write(HEAD)
    assert await is_closed(reader)


@pytest.mark.parametrize("patience_s", [0.3], indirect=True)
async def test_a_stream_may_last_as_long_as_its_client_listens(engine: Engine) -> None:
    await engine.ready()
    async with engine.client().stream() as stream:
        assert isinstance(await anext(stream), SnapshotMessage)
        for _ in range(5):
            await asyncio.sleep(0.1)
            engine.tick(2.25, 2.25, 2.25)
            assert (await anext(stream)).sequence


@pytest.mark.parametrize("patience_s", [0.3], indirect=True)
async def test_a_client_that_did_not_listen_learns_that_its_stream_is_over(
    engine: Engine,
) -> None:
    await engine.ready()
    async with engine.client().stream() as stream:
        assert isinstance(await anext(stream), SnapshotMessage)
        await asyncio.sleep(0.7)
        with pytest.raises(EngineUnreachableError):
            await collected(stream)


@pytest.mark.parametrize("patience_s", [0.3], indirect=True)
async def test_a_handshake_that_does_not_come_ends_its_connection(
    engine: Engine, opened: AsyncExitStack
) -> None:
    await engine.server.set_network(enabled=True)
    reader, _ = await connection(opened, network_address(), engine.server.port)
    assert await is_closed(reader)


class SlowGate:
    """Lets nobody in before it may; what it is asked for else is answered at once."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.asked = 0

    def login(self, login: Login, by: Principal | None) -> Session:
        self.asked += 1
        assert self.may.wait(GUARD_S)
        raise AssertionError


async def test_logins_wait_for_each_other_and_nobody_else_waits_for_them(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await engine.ready()
    slow = SlowGate()
    monkeypatch.setattr(engine.gate, "login", slow.login)

    async def log_in(token: str | None = None) -> str:
        try:
            await engine.client(token).login(Login(user="tessa", secret="right"))
        except CommandRefusedError as error:
            return error.code
        except EngineUnreachableError:
            return "failed"
        return "in"

    many = login_thread.MOST_AT_ONCE + 1
    logins = [asyncio.create_task(log_in()) for _ in range(many)]
    done, _ = await asyncio.wait(logins, return_when=asyncio.FIRST_COMPLETED)
    assert [task.result() for task in done] == ["too_many_logins"]
    assert slow.asked == 1
    # At the cabinet nobody waits for whoever tries elsewhere: the gate is asked at once.
    at_cabinet = asyncio.create_task(log_in("panel"))
    async with asyncio.timeout(GUARD_S):
        while slow.asked < 2:
            await asyncio.sleep(0.01)
    # Streams ask the gate in threads; with the logins in the same ones this would never begin.
    async with asyncio.timeout(GUARD_S), engine.client().stream() as stream:
        assert isinstance(await anext(stream), SnapshotMessage)
    slow.may.set()
    results = await asyncio.gather(*logins, at_cabinet)
    assert sorted(set(results)) == ["failed", "too_many_logins"]


async def test_the_certificate_is_made_while_everything_else_goes_on(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, going_on = asyncio.get_running_loop(), threading.Event()

    def slow(folder: Path, names: frozenset[str], now: datetime) -> Certificate:
        loop.call_soon_threadsafe(going_on.set)
        assert going_on.wait(GUARD_S)
        return own_certificate(folder, names, now)

    monkeypatch.setattr(api_server, "own_certificate", slow)
    await engine.server.set_network(enabled=True)
    assert engine.server.network_enabled


class Announcements:
    """What the server lets others know."""

    def __init__(self) -> None:
        self.told: list[tuple[int, bytes] | None] = []

    @property
    def name(self) -> str | None:
        return "Test site" if self.told and self.told[-1] else None

    def start(self, port: int, fingerprint: bytes) -> None:
        self.told.append((port, fingerprint))

    async def stop(self) -> None:
        self.told.append(None)


async def test_the_engine_is_announced_while_the_network_is_on_and_no_longer(
    engine: Engine,
) -> None:
    announcements = engine.server.announcer = Announcements()
    await engine.server.set_network(enabled=True)
    await engine.server.set_network(enabled=True)
    told = await engine.client().system()
    assert told.network.announced_as == "Test site"
    assert announcements.told == [(engine.server.port, engine.server.fingerprint)]
    await engine.server.stop()
    assert announcements.told[1:] == [None]


async def test_a_stream_whose_client_says_goodbye_and_takes_nothing_more_does_not_hold_up_the_end(
    opened: AsyncExitStack,
) -> None:
    said_goodbye = asyncio.Event()

    async def talkative(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        # More than the client's window takes: what is left keeps the connection from ending.
        await send({"type": "websocket.send", "bytes": bytes(MUCH)})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        said_goodbye.set()

    listener = await Listener.open(talkative, ("127.0.0.1",), 0, alone=False, patience_s=PATIENCE_S)
    reader, writer = await connection(opened, "127.0.0.1", listener.port)
    writer.write(UPGRADE)
    await reader.readuntil(b"\r\n\r\n")
    assert isinstance(writer.transport, asyncio.Transport)
    writer.transport.pause_reading()
    # A masked frame: close, 1000.
    writer.write(b"\x88\x82\0\0\0\0\x03\xe8")
    async with asyncio.timeout(GUARD_S):
        await said_goodbye.wait()
        await listener.close()
