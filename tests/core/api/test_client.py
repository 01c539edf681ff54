from __future__ import annotations

import json
import math
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bacs_core.api.client import (
    ClientError,
    CommandRefusedError,
    EngineClient,
    EngineUnreachableError,
    VersionMismatchError,
)
from bacs_core.api.messages import Login
from bacs_core.model import AlarmState


class Foreign:
    """Some other server, which answers everything in the way the test says."""

    def __init__(self) -> None:
        self.status = 200
        self.body = "{}"
        self.headers: dict[str, str] = {}
        self.frames: list[str | bytes] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/stream") and self.frames:
            websocket = web.WebSocketResponse()
            await websocket.prepare(request)
            for frame in self.frames:
                if isinstance(frame, str):
                    await websocket.send_str(frame)
                else:
                    await websocket.send_bytes(frame)
            await websocket.close()
            return websocket
        return web.Response(status=self.status, text=self.body, headers=self.headers)


@pytest.fixture
async def foreign() -> AsyncIterator[Foreign]:
    server = Foreign()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


@pytest.fixture
def client(session: aiohttp.ClientSession, foreign: Foreign) -> EngineClient:
    return EngineClient(session, foreign.url, "token")


async def test_nobody_there_is_unreachable_and_may_be_tried_again(
    session: aiohttp.ClientSession,
) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        client = EngineClient(session, f"http://127.0.0.1:{bound.getsockname()[1]}", None)
        with pytest.raises(EngineUnreachableError) as failed:
            await client.health()
        with pytest.raises(EngineUnreachableError):
            async with client.stream():
                pass
    assert failed.value.retryable


@pytest.mark.parametrize("pinned", [None, bytes(32)], ids=["any", "pinned"])
async def test_why_there_is_no_connection_is_told_in_words(
    session: aiohttp.ClientSession, pinned: bytes | None
) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{bound.getsockname()[1]}"
        client = EngineClient(session, f"https://{address}", None, fingerprint=pinned)
        with pytest.raises(EngineUnreachableError) as failed:
            await client.health()
    told = str(failed.value)
    assert told.startswith(f"no connection to the engine at {address}: Connect call failed")
    assert "<" not in told
    assert "ssl" not in told


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, "<html>router</html>", VersionMismatchError),
        (200, "{}", VersionMismatchError),
        (204, "", VersionMismatchError),
        (302, "", VersionMismatchError),
        (404, "<html>router</html>", VersionMismatchError),
        (404, '{"code": "not_found", "reason": "Not Found"}', VersionMismatchError),
        (404, '{"code": "unknown_discharge", "reason": "there is none"}', CommandRefusedError),
        (500, "", EngineUnreachableError),
        (503, "busy", EngineUnreachableError),
    ],
)
async def test_only_an_engine_that_says_what_it_does_not_have_is_taken_for_one(
    foreign: Foreign, client: EngineClient, status: int, body: str, error: type[ClientError]
) -> None:
    foreign.status, foreign.body = status, body
    with pytest.raises(error):
        await client.health()
    with pytest.raises(error):
        await client.login(Login(user="tina", secret="right"))


async def test_a_redirect_does_not_carry_the_token_away(
    foreign: Foreign, client: EngineClient
) -> None:
    foreign.status, foreign.headers = 302, {"Location": "http://evil.invalid/"}
    with pytest.raises(VersionMismatchError):
        await client.me()


def snapshot(sequence: int) -> dict[str, Any]:
    return {
        "type": "snapshot",
        "sequence": sequence,
        "at": "2026-11-21T06:00:00Z",
        "strings": [],
        "managers": [],
        "lines": [],
        "alarms": [],
    }


def changes(sequence: int) -> dict[str, Any]:
    return {"type": "changes", "sequence": sequence, "at": "2026-11-21T06:00:01Z", "strings": []}


def _voltages(value: float) -> dict[str, Any]:
    columns = {"voltage_v": {"index": [0], "value": [value]}}
    return {"strings": [{"key": "ups/1", "columns": columns}]}


@pytest.mark.parametrize(
    ("frames", "good", "error"),
    [
        ([snapshot(4), changes(5), changes(7)], 2, EngineUnreachableError),
        ([snapshot(4), changes(4)], 1, EngineUnreachableError),
        ([snapshot(4), snapshot(9), changes(10)], 3, EngineUnreachableError),
        ([changes(5)], 0, EngineUnreachableError),
        ([snapshot(4), {"type": "surprise"}], 1, VersionMismatchError),
        ([snapshot(4), changes(5) | _voltages(math.nan)], 1, VersionMismatchError),
        ([snapshot(4), changes(5) | _voltages(-math.inf)], 1, VersionMismatchError),
    ],
)
async def test_a_gap_or_a_foreign_message_ends_the_stream(
    foreign: Foreign,
    client: EngineClient,
    frames: list[dict[str, Any]],
    good: int,
    error: type[ClientError],
) -> None:
    foreign.frames = [json.dumps(frame) for frame in frames]
    async with client.stream() as stream:
        for _ in range(good):
            await anext(stream)
        with pytest.raises(error):
            await anext(stream)


def _alarm(number: int, state: str = "unacknowledged") -> dict[str, Any]:
    told = {"id": f"a{number}", "rule": "cell_voltage_high", "severity": "warning", "state": state}
    return {**told, "cell": number, "raised_at": "2026-11-21T06:00:00Z", "text": "high"}


async def test_an_alarm_that_is_told_again_as_it_was_is_the_same_object_again(
    foreign: Foreign, client: EngineClient
) -> None:
    said = [
        snapshot(1) | {"alarms": [_alarm(1), _alarm(2)]},
        changes(2) | {"alarms": [_alarm(1), _alarm(2, "acknowledged"), _alarm(3)]},
        changes(3),
        changes(4) | {"alarms": [_alarm(3)]},
    ]
    foreign.frames = [json.dumps(each, separators=(",", ":")) for each in said]
    async with client.stream() as stream:
        first, second, nothing, last = [(await anext(stream)).alarms for _ in said]
    assert first is not None
    assert second is not None
    assert last is not None
    assert [alarm.id for alarm in second] == ["a1", "a2", "a3"]
    assert second[0] is first[0]
    assert second[1].state is AlarmState.ACKNOWLEDGED
    assert nothing is None
    assert last == [second[2]]
    assert last[0] is second[2]


@pytest.mark.parametrize(
    "alarms", ["[{}]", '[{"id":[1]},2]', f'[{json.dumps(_alarm(1))[:-1]},"value":NaN}}]', "[{"]
)
async def test_alarms_that_are_none_end_the_stream(
    foreign: Foreign, client: EngineClient, alarms: str
) -> None:
    told = json.dumps(snapshot(1) | {"alarms": "HERE"}, separators=(",", ":"))
    foreign.frames = [told.replace('"HERE"', alarms)]
    async with client.stream() as stream:
        with pytest.raises(VersionMismatchError):
            await anext(stream)


async def test_a_binary_message_ends_the_stream(foreign: Foreign, client: EngineClient) -> None:
    foreign.frames = [b"\x00"]
    async with client.stream() as stream:
        with pytest.raises(VersionMismatchError):
            await anext(stream)


async def test_fields_of_a_newer_engine_are_ignored(foreign: Foreign, client: EngineClient) -> None:
    foreign.frames = [json.dumps({**snapshot(1), "new": {"field": 1}})]
    async with client.stream() as stream:
        assert (await anext(stream)).sequence == 1


async def test_a_pinned_certificate_is_never_forgotten_over_a_plain_address(
    session: aiohttp.ClientSession,
) -> None:
    with pytest.raises(ClientError, match="https"):
        EngineClient(session, "http://panel.local:8480", "token", fingerprint=bytes(32))


def test_the_client_library_needs_nothing_of_the_server() -> None:
    code = (
        "import sys\n"
        "for name in ('numpy', 'fastapi', 'uvicorn', 'orjson', 'cryptography', 'starlette'):\n"
        "    sys.modules[name] = None\n"
        "import bacs_core.api.live\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("url", ["http://[", "http://x:999999", "ftp://x", "http://", "x"])
async def test_what_is_no_address_is_told_in_one_line(url: str) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(EngineUnreachableError, match="is no address of an engine"):
            EngineClient(http, url, None)
