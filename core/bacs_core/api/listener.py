"""An HTTP server on sockets of our own, as a guest in a running event loop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Final, Self

import uvicorn
from starlette.types import ASGIApp

from bacs_core.errors import BacsError

#: A client that takes nothing for so long is cut off.
PATIENCE_S: Final = 30.0
#: A panel, Home Assistant and a few programs.
MAX_CONNECTIONS: Final = 100
#: A stream's client says little.
MAX_STREAM_MESSAGE_BYTES: Final = 64 * 1024
#: So long an open request may take once the listener closes.
LAST_REQUESTS_S: Final = 2

#: This machine has no IPv6, or no address of that family.
_NO_SUCH_FAMILY: Final = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}


class PortError(BacsError):
    """The API cannot listen where it should."""


class Listener:
    """One or more addresses with one port, served until closed."""

    def __init__(self, server: _Server, sockets: list[socket.socket]) -> None:
        """Take over bound sockets; see `open`."""
        self.port: int = sockets[0].getsockname()[1]
        self._server = server
        self._serving = asyncio.create_task(server.serve(sockets))

    @classmethod
    async def open(
        cls,
        app: ASGIApp,
        addresses: Sequence[str],
        port: int,
        *,
        alone: bool,
        patience_s: float,
        certificate: Path | None = None,
    ) -> Self:
        """Serve `app`, with TLS if there is a certificate; raise `PortError`.

        `alone` refuses a port on which anybody else listens already. Port 0 takes a free one.
        """
        sockets = _bound(addresses, port, alone=alone, patience_s=patience_s)
        listener = cls(_Server(_config(app, patience_s, certificate)), sockets)
        await listener._opened()
        return listener

    async def close(self) -> None:
        """Close the sockets, end the connections and wait for it."""
        self._server.should_exit = True
        await self._serving

    async def _opened(self) -> None:
        listening = asyncio.create_task(self._server.listening.wait())
        await asyncio.wait({listening, self._serving}, return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        if self._serving.done():
            await self._serving


class _Server(uvicorn.Server):
    """uvicorn as a guest: signals belong to the engine."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


def _config(app: ASGIApp, patience_s: float, certificate: Path | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        ws="websockets-sansio",
        log_config=None,
        access_log=False,
        # Nobody forwards to us: such headers would only let a client pretend to be another.
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=LAST_REQUESTS_S,
        ws_max_size=MAX_STREAM_MESSAGE_BYTES,
        ws_ping_interval=patience_s / 2,
        ws_ping_timeout=patience_s / 2,
        # Compressing each message for each client costs more than the bytes it saves.
        ws_per_message_deflate=False,
        ssl_certfile=certificate,
    )


def _bound(
    addresses: Sequence[str], port: int, *, alone: bool, patience_s: float
) -> list[socket.socket]:
    """Bind the port on those addresses whose family this machine has; the first is needed."""
    with contextlib.ExitStack() as opened:
        sockets: list[socket.socket] = []
        for address in addresses:
            try:
                if alone and port and not sockets:
                    _require_free(address, port)
                bound = opened.enter_context(_socket(address, patience_s))
                bound.bind((address, port))
            except OSError as error:
                if sockets and error.errno in _NO_SUCH_FAMILY:
                    continue
                raise PortError(_explained(error, address, port)) from error
            sockets.append(bound)
            port = bound.getsockname()[1]
        opened.pop_all()
    return sockets


def _require_free(address: str, port: int) -> None:
    """Fail if somebody listens there: with SO_REUSEPORT a second engine would go unnoticed."""
    with socket.socket(_family(address)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((address, port))


def _socket(address: str, patience_s: float) -> socket.socket:
    listening = socket.socket(_family(address))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    # Handed on to each connection. Without it, a client that reads nothing but keeps its window
    # shut would hold its connection for ever: a closing transport first waits for its buffer.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(patience_s * 1000))
    if listening.family is socket.AF_INET6:
        listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    return listening


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _explained(error: OSError, address: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {address} is in use: is another engine running?"
    if error.errno == errno.EACCES:
        return f"port {port} may not be opened: ports below 1024 need special rights"
    return f"port {port} on {address} cannot be opened: {error.strerror}"
