"""An HTTP server on sockets of our own, as a guest in a running event loop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import Generator, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, Self

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.exceptions import InvalidState

from bacs_core.errors import BacsError

_log = logging.getLogger(__name__)

#: A client that takes nothing for so long is cut off.
PATIENCE_S: Final = 30.0
#: A panel, Home Assistant and a few programs; counted for loopback and the network apart.
MAX_CONNECTIONS: Final = 100
#: So many from one address of the network; a stream and a few requests need no more.
MAX_OF_ONE_ADDRESS: Final = 32
#: So long a request may take to come, from the opening of its connection or its first byte.
REQUEST_WITHIN_S: Final = 10.0
#: How long nobody is taken once the system has no more connections to give.
ACCEPT_AGAIN_S: Final = 0.2
#: A stream's client says little.
MAX_STREAM_MESSAGE_BYTES: Final = 64 * 1024
#: So long an open request may take once the listener closes.
LAST_REQUESTS_S: Final = 2

#: States of the other side in which the rest of a request is still to come.
_STILL_COMING: Final = (h11.IDLE, h11.SEND_BODY)
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
        listener = cls(_Server(_config(app, patience_s, certificate), patience_s), sockets)
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
    """uvicorn as a guest: signals belong to the engine, and so does who is let in.

    uvicorn takes every connection and counts only requests. Here the quietest gives way to one
    too many; where all are at work, that one is closed before it costs more than that. An encrypted
    connection has to come about soon.
    """

    def __init__(self, config: uvicorn.Config, patience_s: float) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()
        self._patience_s = min(patience_s, REQUEST_WITHIN_S)
        self._accepting: list[asyncio.Task[None]] = []
        self._opening: dict[asyncio.Task[None], str] = {}

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await self.lifespan.startup()
        self.servers = []
        for bound in sockets or ():
            bound.setblocking(False)  # noqa: FBT003 - no other way to say it
            bound.listen(self.config.backlog)
            self._accepting.append(asyncio.create_task(self._accept(bound)))
        self.started = True
        self.listening.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        ending = [*self._accepting, *self._opening]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        await super().shutdown(sockets)

    async def _accept(self, bound: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, (address, *_) = await loop.sock_accept(bound)
            except OSError as error:
                _log.warning("no connection can be taken: %s", error.strerror)
                await asyncio.sleep(ACCEPT_AGAIN_S)
                continue
            if not self._has_room_for(address) and not self._quietest_gives_way(address):
                connection.close()
                continue
            task = asyncio.create_task(self._open(connection))
            self._opening[task] = address
            task.add_done_callback(self._opening.pop)

    async def _open(self, connection: socket.socket) -> None:
        encrypted = self.config.ssl is not None
        # Whoever breaks off while a connection comes about has made no fault of ours.
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().connect_accepted_socket(
                self._protocol,
                connection,
                ssl=self.config.ssl,
                ssl_handshake_timeout=self._patience_s if encrypted else None,
                ssl_shutdown_timeout=self._patience_s if encrypted else None,
            )

    def _has_room_for(self, address: str) -> bool:
        clients = [getattr(known, "client", None) for known in self.server_state.connections]
        known = [client[0] if client else "" for client in clients] + [*self._opening.values()]
        if len(known) >= MAX_CONNECTIONS:
            return False
        return ip_address(address).is_loopback or known.count(address) < MAX_OF_ONE_ADDRESS

    def _quietest_gives_way(self, address: str) -> bool:
        """End the connection that has asked for nothing for longest; tell whether there was room.

        A program that opens connections and says nothing shuts nobody out.
        """
        quiet = [
            known
            for known in self.server_state.connections
            if isinstance(known, _PunctualProtocol) and known.asks_for_nothing
        ]
        if not quiet:
            return False
        oldest = min(quiet, key=lambda known: known.heard_at)
        self.server_state.connections.discard(oldest)
        if not self._has_room_for(address):
            self.server_state.connections.add(oldest)
            return False
        oldest.transport.abort()
        return True

    def _protocol(self) -> _PunctualProtocol:
        return _PunctualProtocol(
            self.config, self.server_state, self.lifespan.state, within_s=self._patience_s
        )


class _PunctualProtocol(H11Protocol):
    """HTTP of one connection, whose requests have to come whole within a time.

    uvicorn waits for ever for the first request of a connection, and for the rest of any.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        *,
        within_s: float,
    ) -> None:
        super().__init__(config, server_state, app_state)
        self._within_s = within_s
        self._overdue: asyncio.TimerHandle | None = None
        #: When it said something last, by the clock of the loop.
        self.heard_at = self.loop.time()

    @property
    def asks_for_nothing(self) -> bool:
        """Whether no whole request of it is being answered."""
        return self.conn.their_state in _STILL_COMING and self.transport.get_protocol() is self

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        self._has_come()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self.heard_at = self.loop.time()
        super().data_received(data)
        if self.transport.get_protocol() is not self:
            return
        if self.conn.their_state in _STILL_COMING:
            self._expect()
        else:
            self._has_come()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._has_come()
        super().handle_websocket_upgrade(event)

    def _expect(self) -> None:
        if self._overdue is None and not self.transport.is_closing():
            self._overdue = self.loop.call_later(self._within_s, self.transport.abort)

    def _has_come(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None


class _WebSocket(WebSocketsSansIOProtocol):
    """A websocket that can be shut down while it closes already.

    uvicorn fails there, and with it the shutdown of everything else.
    """

    def shutdown(self) -> None:
        try:
            super().shutdown()
        except InvalidState:
            self.transport.close()


def _config(app: ASGIApp, patience_s: float, certificate: Path | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        ws=_WebSocket,
        log_config=None,
        access_log=False,
        # Nobody forwards to us: such headers would only let a client pretend to be another.
        proxy_headers=False,
        server_header=False,
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
