"""What is refused before anything else is looked at: foreign names, foreign pages, huge bodies.

A web page in somebody's browser can make that browser talk to the engine. The Host header unmasks a
foreign name that was made to point here (DNS rebinding), the Origin header a foreign page.
"""

from __future__ import annotations

import socket
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from typing import Final

from fastapi import Response, WebSocket
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from bacs_core.api.problems import problem_response

#: No command is anywhere near as long.
MAX_BODY_BYTES: Final = 64 * 1024

_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Guard:
    """ASGI middleware that lets only proper requests through."""

    def __init__(self, app: ASGIApp, *, host_names: frozenset[str] = frozenset()) -> None:
        """`host_names` are further names that this machine has in its network."""
        self._app = app
        self._host_names = host_names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an improper request with a `Problem`, pass on all others."""
        refused = None
        if scope["type"] in {"http", "websocket"}:
            refused = refusal(scope, self._host_names | own_names())
        if refused is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(refused)
        else:
            await refused(scope, receive, send)


def refusal(scope: Scope, host_names: frozenset[str]) -> Response | None:
    """Judge the head of a request; `None` lets it pass."""
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    address = scope["server"][0]
    names = _LOOPBACK_NAMES if on_loopback(scope) else host_names | {address}
    if _name_of(host) not in names:
        return problem_response(
            HTTPStatus.FORBIDDEN, "host_refused", f"this computer is not called {host!r}"
        )
    origin = headers.get("origin")
    secure = scope["scheme"] in {"https", "wss"}
    if origin is not None and origin != f"{'https' if secure else 'http'}://{host}":
        return problem_response(
            HTTPStatus.FORBIDDEN, "origin_refused", f"pages of {origin} may not use this engine"
        )
    return _body_refusal(headers)


def on_loopback(scope: Scope) -> bool:
    """Tell whether a request came to a loopback address, so from this machine."""
    return ip_address(scope["server"][0]).is_loopback


def _body_refusal(headers: Headers) -> Response | None:
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers or not length.isdecimal():
        return problem_response(
            HTTPStatus.LENGTH_REQUIRED, "length_required", "the length of the body must be told"
        )
    if int(length) > MAX_BODY_BYTES:
        return problem_response(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", "the body is too long"
        )
    return None


def _name_of(host: str) -> str:
    """Cut the port off a Host header; an IPv6 address gets its one short form."""
    if not host.startswith("["):
        return host.partition(":")[0].lower()
    try:
        return str(IPv6Address(host[1:].partition("]")[0]))
    except ValueError:
        return ""


def own_names() -> frozenset[str]:
    """Names of this machine, asked each time because an administrator may change them."""
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    return frozenset({name, short, f"{short}.local"})
