"""One Modbus TCP connection: sends requests, hands each answer to whoever waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from bacs_core.bus.frames import Request
from bacs_core.bus.mbap import OpenRequests
from bacs_core.bus.network import connect, reason
from bacs_core.errors import BusError, BusTimeoutError, FrameError, PortGoneError

#: A far end that leaves so many requests in a row without an answer is asked to begin anew.
SILENT_AFTER_TIMEOUTS: Final = 3


class Connection(asyncio.Protocol):
    """An open connection, until `ended` says why it is none any more.

    `PortGoneError`: the far end or the network ended it. Any other error: this side did, because
    the bytes made no sense or no answer came.
    """

    def __init__(self, place: str, requests: OpenRequests, on_end: Callable[[], None]) -> None:
        self.ended: BusError | None = None
        self.has_answered = False
        self._place = place
        self._requests = requests
        self._on_end = on_end
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._timeouts_in_a_row = 0
        self._transport: asyncio.Transport | None = None
        requests.begin_anew()

    @classmethod
    async def open(
        cls, place: str, requests: OpenRequests, on_end: Callable[[], None]
    ) -> Connection:
        """Connect to `place` (`host:port`); raises `PortGoneError`."""
        link = await connect(place)
        connection = cls(place, requests, on_end)
        await asyncio.get_running_loop().create_connection(lambda: connection, sock=link)
        return connection

    async def ask(self, request: Request, timeout_s: float) -> bytes:
        """Send a request and return the register bytes of its answer (none for a broadcast).

        Raises `BusError` (no answer, a misfit, the end of the connection) or `DeviceError`.
        """
        if self.ended is not None or self._transport is None:
            raise self.ended or PortGoneError(f"{self._place} is not connected")
        number, frame = self._requests.open(request)
        self._transport.write(frame)
        if request.is_broadcast:
            return b""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes] = loop.create_future()
        self._waiting[number] = answer
        timer = loop.call_later(timeout_s, self._expire, number, request)
        try:
            return await answer
        finally:
            timer.cancel()
            self._waiting.pop(number, None)
            self._requests.close(number)

    def close(self) -> None:
        """End the connection from this side."""
        self._end(PortGoneError(f"the connection to {self._place} was given up"))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over the transport."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - tells mypy what TCP gives
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the far end or the network ended the connection."""
        why = f"was lost: {reason(exc)}" if isinstance(exc, OSError) else "was closed by it"
        self._end(PortGoneError(f"the connection to {self._place} {why}"))

    def data_received(self, data: bytes) -> None:
        """Hand out the answers among the bytes."""
        try:
            answers = self._requests.receive(data)
        except FrameError as error:
            self._end(error)
            return
        for answer in answers:
            self._timeouts_in_a_row = 0
            self.has_answered = True
            waiting = self._waiting[answer.transaction]
            if waiting.done():
                continue
            if isinstance(answer.outcome, bytes):
                waiting.set_result(answer.outcome)
            else:
                waiting.set_exception(answer.outcome)

    def _expire(self, number: int, request: Request) -> None:
        waiting = self._waiting[number]
        if waiting.done():
            return
        waiting.set_exception(
            BusTimeoutError(f"unit {request.unit}, function {request.function}: no answer")
        )
        self._timeouts_in_a_row += 1
        if self._timeouts_in_a_row >= SILENT_AFTER_TIMEOUTS:
            self._end(BusTimeoutError(f"{self._place} accepts requests but answers none"))

    def _end(self, error: BusError) -> None:
        if self.ended is not None:
            return
        self.ended = error
        if self._transport is not None:
            self._transport.abort()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(error)
        self._on_end()
