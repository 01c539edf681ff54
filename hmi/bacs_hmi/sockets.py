"""Whose socket may speak for whose page.

NiceGUI asks for the random identity of a page and for nothing else. Here a socket of the network
never speaks for a page of the cabinet, nor the other way round, and elsewhere only for pages of its
own visit.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from nicegui import Client, core
from starlette.requests import HTTPConnection

from bacs_hmi.door import is_elsewhere
from bacs_hmi.visits import key_of

#: What a browser says that names a page.
MESSAGES: Final = ("handshake", "event", "javascript_response", "ack", "log")
_NAMESPACE: Final = "/"
#: Asks for a page that never was: NiceGUI refuses it in the words that make a browser load anew.
_OF_NO_PAGE: Final = "implicit_handshake=true&client_id=none"


def keep_apart() -> None:
    """Let nothing through to the pages of others; once, after NiceGUI has registered itself."""
    handlers = core.sio.handlers[_NAMESPACE]
    for name in MESSAGES:
        handlers[name] = _message(handlers[name])
    handlers["connect"] = _connect(handlers["connect"])


def may_speak(socket: HTTPConnection, page: HTTPConnection) -> bool:
    """Tell whether who opened `socket` is who was given `page`."""
    elsewhere = is_elsewhere(socket)
    if elsewhere is not is_elsewhere(page):
        return False
    return not elsewhere or key_of(socket.scope) == key_of(page.scope)


def _is_own(environ: Mapping[str, Any] | None, client_id: object) -> bool:
    if environ is None or not isinstance(client_id, str):
        return False
    client = Client.instances.get(client_id)
    # Of a page that is gone NiceGUI itself says so.
    return client is None or may_speak(HTTPConnection(environ["asgi.scope"]), client.request)


def _message(handle: Callable[..., Any]) -> Callable[..., Any]:
    async def checked(sid: str, message: object = None) -> Any:  # noqa: ANN401 - NiceGUI's answer
        client_id = message.get("client_id") if isinstance(message, dict) else None
        if not _is_own(core.sio.get_environ(sid), client_id):
            return False
        told = handle(sid, message)
        return await told if inspect.isawaitable(told) else told

    return checked


def _connect(handle: Callable[..., Any]) -> Callable[..., Any]:
    async def checked(sid: str, environ: Mapping[str, Any], auth: object = None) -> Any:  # noqa: ANN401 - NiceGUI's answer
        named = parse_qs(environ.get("QUERY_STRING", "")).get("client_id")
        if named is not None and not _is_own(environ, named[0]):
            environ = {**environ, "QUERY_STRING": _OF_NO_PAGE}
        return await handle(sid, environ, auth)

    return checked
