from __future__ import annotations

import asyncio
import socket
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from bacs_core.api.client import EngineUnreachableError, NotAuthorizedError
from bacs_core.api.messages import ChangesMessage, SnapshotMessage, Subscribe
from bacs_core.model import Quantity
from tests.core.api.conftest import STRING, Engine
from tests.core.api.reader import Reader
from tests.core.api.stand_in import make_alarm

AUTHORIZED = {"Authorization": "Bearer viewer"}


async def test_the_stream_begins_with_everything_and_goes_on_with_changes(engine: Engine) -> None:
    await engine.ready()
    async with engine.client().stream() as stream:
        first = await anext(stream)
        assert isinstance(first, SnapshotMessage)
        assert first.strings[0].columns[Quantity.VOLTAGE] == [2.25, 2.25, 2.25]
        engine.tick(2.25, 2.251, 2.26, alarms=(make_alarm(3),))
        second = await anext(stream)
        assert isinstance(second, ChangesMessage)
        assert second.sequence == first.sequence + 1
        assert second.strings[0].columns[Quantity.VOLTAGE].model_dump() == {
            "index": [2],
            "value": [2.26],
        }
        assert second.alarms == [make_alarm(3)]
        assert second.managers is None


async def test_a_tick_without_any_change_is_told_too(engine: Engine) -> None:
    await engine.ready()
    async with engine.client().stream() as stream:
        await anext(stream)
        engine.tick(2.25, 2.25, 2.25)
        message = await anext(stream)
    assert isinstance(message, ChangesMessage)
    assert (message.strings, message.alarms) == ([], None)


async def test_a_client_gets_raw_values_of_the_strings_it_shows(engine: Engine) -> None:
    await engine.ready()
    async with engine.client().stream() as shown, engine.client().stream() as other:
        await anext(shown)
        await anext(other)
        await shown.subscribe(raw=[STRING.key])
        # An answered ping would not do: the subscription counts from the next tick after it came.
        await engine.told()
        engine.tick(2.251, 2.25, 2.25)
        raw, published = await anext(shown), await anext(other)
        assert isinstance(raw, ChangesMessage)
        assert isinstance(published, ChangesMessage)
        assert raw.strings[0].columns[Quantity.VOLTAGE].value == [2.251]
        assert published.strings == []
        await shown.subscribe(raw=[])
        await engine.told()
        engine.tick(2.251, 2.25, 2.25)
        back = await anext(shown)
        assert isinstance(back, ChangesMessage)
        assert back.strings[0].columns[Quantity.VOLTAGE].value == [2.25]


async def test_a_revoked_token_sees_no_further_message(engine: Engine) -> None:
    await engine.ready()
    async with engine.client().stream() as stream:
        await anext(stream)
        del engine.gate.principals["viewer"]
        engine.tick(2.3, 2.3, 2.3)
        with pytest.raises(NotAuthorizedError):
            await anext(stream)


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "not JSON",
        "[]",
        '{"type": "subscribe"}',
        '{"type": "subscribe", "raw": "ups/1"}',
        '{"type": "open_breaker"}',
        b"\x00\x01",
    ],
)
async def test_garbage_ends_the_stream_of_the_one_who_sent_it(
    engine: Engine, garbage: str | bytes
) -> None:
    await engine.ready()
    url = f"{engine.url}/api/v1/stream"
    async with (
        engine.client().stream() as other,
        engine.session.ws_connect(url, headers=AUTHORIZED) as websocket,
    ):
        await anext(other)
        if isinstance(garbage, str):
            await websocket.send_str(garbage)
        else:
            await websocket.send_bytes(garbage)
        while not websocket.closed:
            await websocket.receive()
        assert websocket.close_code == 1007
        engine.tick(2.3, 2.3, 2.3)
        assert isinstance(await anext(other), ChangesMessage)


async def test_a_message_that_is_too_long_ends_the_stream(engine: Engine) -> None:
    await engine.ready()
    url = f"{engine.url}/api/v1/stream"
    async with engine.session.ws_connect(url, headers=AUTHORIZED) as websocket:
        await websocket.send_str(Subscribe(raw=["x" * 100_000]).model_dump_json())
        while not websocket.closed:
            await websocket.receive()
        assert websocket.close_code == 1009


async def test_the_end_of_the_server_ends_the_stream(engine: Engine) -> None:
    await engine.ready()
    async with engine.client().stream() as stream:
        await anext(stream)
        await engine.server.stop()
        with pytest.raises(EngineUnreachableError):
            await anext(stream)


@asynccontextmanager
async def bare_stream(port: int) -> AsyncIterator[asyncio.StreamReader]:
    """Ask for the stream on a bare connection that takes little in until somebody reads."""
    client = socket.socket()
    # Wider than one segment of the loopback interface: a narrower window makes TCP crawl.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 * 1024)
    client.setblocking(False)
    await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=client)
    key = b64encode(bytes(16)).decode()
    writer.write(
        f"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer viewer\r\n"
        f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    try:
        await reader.readuntil(b"\r\n\r\n")
        yield reader
    finally:
        writer.transport.abort()


#: What a server asks from time to time; nobody answers here.
PING = 0x89


async def read_message(reader: asyncio.StreamReader) -> str:
    """Read one long text message of an unmasked WebSocket (RFC 6455, 5.2)."""
    while (head := await reader.readexactly(2))[0] == PING:
        await reader.readexactly(head[1])
    assert tuple(head) == (0x81, 127)
    return (await reader.readexactly(int.from_bytes(await reader.readexactly(8)))).decode()


#: Each message that carries them is so long that a few fill every buffer on the way.
ALARMS = tuple(make_alarm(number) for number in range(1, 2500))


async def test_a_slow_client_holds_nobody_up_and_then_gets_a_fresh_snapshot(
    engine: Engine,
) -> None:
    engine.tick(2.25, 2.25, 2.25, alarms=ALARMS)
    await engine.told()
    last = 40
    async with bare_stream(engine.server.port) as slow:
        async with engine.client().stream() as stream:
            await anext(stream)
            for count in range(2, last + 1):
                engine.tick(2.25, 2.25, 2.25, alarms=ALARMS[:-count])
                message = await anext(stream)
                assert isinstance(message, ChangesMessage)
                assert message.sequence == count
        reader, messages = Reader(), 0
        while reader.sequence != last:
            reader.take(await read_message(slow))
            messages += 1
    assert reader.snapshots == 2
    assert messages < last
    assert reader.alarms == list(ALARMS[:-last])


@pytest.mark.parametrize("patience_s", [0.5])
async def test_a_client_that_reads_nothing_is_cut_off_and_forgotten(engine: Engine) -> None:
    engine.tick(2.25, 2.25, 2.25, alarms=ALARMS)
    await engine.told()
    async with bare_stream(engine.server.port):
        listener = engine.server._loopback
        assert listener is not None
        connections = listener._server.server_state.connections
        (stuck,) = (each for each in connections if isinstance(each, WebSocketsSansIOProtocol))
        count = 2
        # Nobody reads and nobody closes: only the server can end this.
        while stuck in connections:
            engine.tick(2.25, 2.25, 2.25, alarms=ALARMS[:-count])
            await engine.told()
            count += 1
            assert stuck.transport.get_write_buffer_size() < 3_000_000
