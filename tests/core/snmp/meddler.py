"""Stands between client and agent on this machine: it can change, repeat or withhold answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Change = Callable[[bytes, bytes], Sequence[bytes]]
"""Takes a request and the agent's answer to it, returns what the client gets to see."""


class Meddler(asyncio.DatagramProtocol):
    """Listens in place of the agent; `requests` are what it has heard."""

    def __init__(self, agent: asyncio.DatagramTransport, heard: _FromAgent) -> None:
        self.change: Change = lambda _, answer: [answer]
        self.requests: list[bytes] = []
        self.port = 0
        self._agent = agent
        self._heard = heard

    def listen(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.requests.append(data)
        self._heard.tell = lambda answer: self._pass_on(data, answer, addr)
        self._agent.sendto(data)

    def _pass_on(self, request: bytes, answer: bytes, client: tuple[str, int]) -> None:
        for datagram in self.change(request, answer):
            self._transport.sendto(datagram, client)

    def close(self) -> None:
        self._transport.abort()
        self._agent.abort()


class _FromAgent(asyncio.DatagramProtocol):
    tell: Callable[[bytes], None]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.tell(data)


@asynccontextmanager
async def meddler(agent_port: int) -> AsyncIterator[Meddler]:
    """Stand in the way to the agent at `agent_port`."""
    loop = asyncio.get_running_loop()
    heard = _FromAgent()
    agent, _ = await loop.create_datagram_endpoint(
        lambda: heard, remote_addr=("127.0.0.1", agent_port)
    )
    transport, between = await loop.create_datagram_endpoint(
        lambda: Meddler(agent, heard), local_addr=("127.0.0.1", 0)
    )
    between.listen(transport)
    try:
        yield between
    finally:
        between.close()
