"""The socket towards one agent, in the shape of a channel of the library `snmp`.

The library's own sockets take answers from anybody, do not notice that nobody listens at the port
of the agent, and stay open when their engine is gone.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Final

from bacs_core.bus.network import resolve
from bacs_core.bus.owner import Statistics
from bacs_core.errors import PortGoneError
from bacs_core.snmp.turns import turns

#: What fits into a datagram; also told to agents of version 3.
_LONGEST_ANSWER: Final = 65507
#: After so many datagrams that are no answer, nothing is looked at until the next question.
_MOST_STRANGERS: Final = 100
_MOST_UNJUDGED: Final = 32

Hear = Callable[[bytes, object], None]
"""Takes a datagram and the channel it came from; raises where it answers no open question."""


class Wire(asyncio.DatagramProtocol):
    """Sends to one agent and passes on what it says while a question is open."""

    #: By these two the library knows a channel again.
    DOMAIN: Final = "one agent"
    address: Final = ("", 0)
    msgMaxSize: Final = _LONGEST_ANSWER  # noqa: N815  # the library's name

    def __init__(self, seen: Statistics) -> None:
        """Use `open_wire` instead."""
        self.transport = self
        self.nobody_listens = False
        self._statistics = seen
        self._socket: asyncio.DatagramTransport | None = None
        self._hear: Hear | None = None
        self._give_up: Callable[[], None] | None = None
        self._unjudged = 0
        self._strangers = 0
        self._turns = turns()

    def listen(self, hear: Hear) -> None:
        """Pass everything on to `hear` from now on."""
        self._hear = hear

    def expect(self, give_up: Callable[[], None]) -> None:
        """A question is open; `give_up` is called when nobody can answer it."""
        self._give_up = give_up
        self._strangers = 0
        self.nobody_listens = False

    def relax(self) -> None:
        """Wait for nothing any more."""
        self._give_up = None

    def send(self, data: bytes) -> None:
        """Send a datagram; where that fails there is no answer."""
        if self._socket is not None:
            self._statistics.requests += 1
            self._socket.sendto(data)

    def close(self) -> None:
        """Give the socket back."""
        if self._socket is not None:
            self._socket.abort()
            self._socket = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """Keep the socket."""
        self._socket = transport

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002
        """Keep a datagram until it can be judged; a flood is cut off."""
        if self._unjudged < _MOST_UNJUDGED:
            self._unjudged += 1
            self._turns.add(lambda: self._judge(data))

    def _judge(self, data: bytes) -> None:
        self._unjudged -= 1
        if self._hear is None or self._give_up is None or self._strangers >= _MOST_STRANGERS:
            return
        try:
            self._hear(data, self)
        except Exception:  # noqa: BLE001  # foreign bytes may break a decoder in any way
            self._strangers += 1
            self._statistics.frame_errors += 1

    def error_received(self, exc: Exception) -> None:
        """Notice that the computer is there, but nobody listens on the port."""
        if isinstance(exc, ConnectionRefusedError) and self._give_up is not None:
            self.nobody_listens = True
            self._give_up()


async def open_wire(host: str, port: int, seen: Statistics) -> Wire:
    """Open a socket towards the first address of a host to which there is a way.

    Nothing is sent yet. Raises `PortGoneError`.
    """
    loop = asyncio.get_running_loop()
    failure = OSError(f"{host} has no address")
    for _family, address in await resolve(host, port, socket.SOCK_DGRAM):
        try:
            _, wire = await loop.create_datagram_endpoint(
                lambda: Wire(seen), remote_addr=(str(address[0]), port)
            )
        except OSError as error:
            failure = error
        else:
            return wire
    raise PortGoneError(f"{host}: {failure.strerror or failure}") from failure
