from __future__ import annotations

import socket

import pytest

from bacs_core.api.guard import refusal
from tests.core.api.conftest import Engine


def scope(*, server: str = "127.0.0.1", scheme: str = "http", **headers: str) -> dict[str, object]:
    return {
        "type": "http",
        "scheme": scheme,
        "server": (server, 8480),
        "headers": [
            (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
        ],
    }


NAMES = frozenset({"panel", "panel.local"})


@pytest.mark.parametrize(
    ("server", "host"),
    [
        ("127.0.0.1", "127.0.0.1:8480"),
        ("127.0.0.1", "localhost:8480"),
        ("127.0.0.1", "LOCALHOST"),
        ("::1", "[::1]:8480"),
        ("192.168.1.20", "192.168.1.20:8480"),
        ("192.168.1.20", "panel.local:8480"),
        ("192.168.1.20", "Panel"),
        ("fd00::20", "[fd00::20]:8480"),
        ("fd00::20", "[FD00:0::20]:8480"),
    ],
)
def test_own_names_and_addresses_are_let_in(server: str, host: str) -> None:
    assert refusal(scope(server=server, host=host), NAMES) is None


@pytest.mark.parametrize(
    ("server", "host"),
    [
        ("127.0.0.1", "evil.example:8480"),
        ("127.0.0.1", "panel.local:8480"),
        ("127.0.0.1", "192.168.1.20:8480"),
        ("127.0.0.1", ""),
        ("192.168.1.20", "evil.example"),
        ("192.168.1.20", "localhost"),
        ("192.168.1.20", "192.168.1.21"),
        ("192.168.1.20", "192.168.1.20.evil.example"),
        ("192.168.1.20", "[fd00::20"),
    ],
)
def test_foreign_names_are_refused(server: str, host: str) -> None:
    refused = refusal(scope(server=server, host=host), NAMES)
    assert refused is not None
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("scheme", "origin", "let_in"),
    [
        ("http", "http://localhost:8480", True),
        ("ws", "http://localhost:8480", True),
        ("https", "https://localhost:8480", True),
        ("https", "http://localhost:8480", False),
        ("http", "http://localhost:8080", False),
        ("ws", "http://evil.example", False),
        ("http", "null", False),
        ("http", "", False),
    ],
)
def test_only_pages_of_the_engine_itself_may_use_it(scheme: str, origin: str, let_in: bool) -> None:
    judged = refusal(scope(scheme=scheme, host="localhost:8480", origin=origin), NAMES)
    assert (judged is None) is let_in


async def test_a_foreign_host_is_refused_over_the_wire(engine: Engine) -> None:
    headers = {"Host": "evil.example"}
    async with engine.session.get(f"{engine.url}/api/v1/health", headers=headers) as response:
        assert response.status == 403
        assert (await response.json())["code"] == "host_refused"


async def test_a_foreign_page_gets_neither_a_command_nor_the_stream(engine: Engine) -> None:
    headers = {"Origin": "http://evil.example", "Authorization": "Bearer operator"}
    url = f"{engine.url}/api/v1"
    async with engine.session.post(f"{url}/commands", headers=headers, data="{}") as response:
        assert response.status == 403
        assert (await response.json())["code"] == "origin_refused"
    async with engine.session.get(
        f"{url}/stream",
        headers={
            **headers,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        },
    ) as response:
        assert response.status == 403
        assert (await response.json())["code"] == "origin_refused"


async def test_a_request_without_a_host_is_refused(engine: Engine) -> None:
    with socket.create_connection(("127.0.0.1", engine.server.port)) as plain:
        plain.setblocking(False)
        plain.send(b"GET /api/v1/health HTTP/1.0\r\n\r\n")
        # The server shares this loop: let it work before reading.
        await engine.told()
        assert plain.recv(1000).startswith(b"HTTP/1.1 403")
