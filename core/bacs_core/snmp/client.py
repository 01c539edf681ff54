"""Asks one SNMP agent over UDP, one question at a time.

A question that stays unanswered is repeated under a new number, so that a late answer to an old one
is never taken for a new one. Whatever else arrives is counted and thrown away.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from bacs_core.bus.network import resolve
from bacs_core.bus.owner import Statistics
from bacs_core.errors import BusTimeoutError, FrameError, PortGoneError
from bacs_core.snmp import ber, pdu
from bacs_core.snmp.community import Community
from bacs_core.snmp.errors import AgentRefusedError, AnswerTooBigError
from bacs_core.snmp.user import User
from bacs_core.snmp.usm import AgentLearnedError, UserSecurity

ATTEMPTS: Final = 3
ANSWER_WITHIN_S: Final = 2.0
#: Values in one answer: about 1300 bytes, so that no network has to cut it in pieces.
VALUES_PER_ANSWER: Final = 60
#: An agent introduces itself, then tells its time, then answers.
_STEPS: Final = 3
_WAITING_DATAGRAMS: Final = 32

Column = dict[bytes, ber.Value]
"""Values of one column by the instance of their row: what follows the column in their names."""


class Envelope(Protocol):
    """How requests are protected on their way."""

    def wrap(self, request: bytes, message_id: int, now: float) -> bytes:
        """Make the message that carries a request."""

    def unwrap(self, data: bytes, message_id: int, now: float) -> pdu.Pdu:
        """Return what a message carries, or raise."""


class SnmpClient:
    """Asks the agent at `host`:`port`; open until `close`."""

    def __init__(
        self,
        inbox: _Inbox,
        transport: asyncio.DatagramTransport,
        envelope: Envelope,
        seen: Statistics,
    ) -> None:
        """Use `open_client` instead."""
        self._inbox = inbox
        self._transport = transport
        self._envelope = envelope
        self._statistics = seen
        self._values_per_answer = VALUES_PER_ANSWER

    def close(self) -> None:
        """Give the socket back."""
        self._transport.abort()

    async def get(self, names: Sequence[bytes]) -> list[ber.Value]:
        """Return what stands at these names, `None` where there is nothing.

        Raises `BusTimeoutError`, `AgentRefusedError` or `FrameError`.
        """
        answer = await self._ask(lambda number: pdu.get(number, names))
        if [name for name, _ in answer.bindings] != list(names):
            raise FrameError("SNMP: the agent answers with other names")
        return [value for _, value in answer.bindings]

    async def walk(self, columns: Sequence[bytes], most_rows: int) -> list[Column]:
        """Return all values of these columns of a table.

        Each column ends where the agent leaves it. Raises like `get`, and where an agent goes in
        circles or has more than `most_rows`.
        """
        found: list[Column] = [{} for _ in columns]
        last = list(columns)
        unfinished = list(range(len(columns)))
        while unfinished:
            answer = await self._followers([last[column] for column in unfinished])
            width = len(unfinished)
            unfinished = [
                column
                for place, column in enumerate(unfinished)
                if _take(answer[place::width], columns[column], found[column])
            ]
            for column in unfinished:
                last[column] = columns[column] + next(reversed(found[column]), b"")
                if len(found[column]) > most_rows:
                    message = f"SNMP: a table has more than {most_rows} rows"
                    raise FrameError(message)
        return found

    async def _followers(self, names: Sequence[bytes]) -> list[pdu.Binding]:
        """Ask for what follows each name, as much as the agent can put into one answer."""
        while (rows := max(self._values_per_answer // len(names), 1)) > 1:
            try:
                return await self._bulk(names, rows)
            except AnswerTooBigError:
                self._values_per_answer = rows * len(names) // 2
        return await self._bulk(names, 1)

    async def _bulk(self, names: Sequence[bytes], rows: int) -> list[pdu.Binding]:
        answer = await self._ask(lambda number: pdu.get_bulk(number, names, rows))
        if not answer.bindings:
            raise FrameError("SNMP: the agent answers without any value")
        return answer.bindings

    async def _ask(self, make: Callable[[int], bytes]) -> pdu.Pdu:
        for _ in range(_STEPS):
            try:
                return await self._repeatedly(make)
            except AgentLearnedError:
                continue
        raise AgentRefusedError("the agent tells its identity and time again and again")

    async def _repeatedly(self, make: Callable[[int], bytes]) -> pdu.Pdu:
        for _ in range(ATTEMPTS):
            number = 1 + secrets.randbelow(pdu.MAX_ID)
            self._statistics.requests += 1
            message = self._envelope.wrap(make(number), number, time.monotonic())
            self._inbox.expect(ANSWER_WITHIN_S)
            self._transport.sendto(message)
            try:
                return await self._answer(number)
            except TimeoutError:
                self._statistics.timeouts += 1
            except ConnectionRefusedError as error:
                self._statistics.timeouts += 1
                raise BusTimeoutError("no SNMP agent listens there") from error
            finally:
                self._inbox.relax()
        raise BusTimeoutError("the agent does not answer")

    async def _answer(self, number: int) -> pdu.Pdu:
        while True:
            data = await self._inbox.next()
            try:
                answer = self._envelope.unwrap(data, number, time.monotonic())
                if answer.request_id != number:
                    raise FrameError("SNMP: an answer to another request", data)  # noqa: TRY301
                answer.check()
            except AgentLearnedError:
                raise
            except AgentRefusedError:
                self._statistics.refusals += 1
                raise
            except FrameError:
                self._statistics.frame_errors += 1
            else:
                return answer


def _take(followers: Sequence[pdu.Binding], column: bytes, found: Column) -> bool:
    """Put the values of one column into `found`; return whether the column may go on."""
    start = len(column)
    for name, value in followers:
        instance = name[start:]
        if value is None or not instance or name[:start] != column:
            return False
        if instance in found:
            raise FrameError("SNMP: the agent shows the rows of a table in circles")
        found[instance] = value
    return True


async def open_client(
    host: str, port: int, access: Community | User, seen: Statistics
) -> SnmpClient:
    """Open a socket towards an agent; nothing is sent yet.

    Raises `PortGoneError` where the name has no address or there is no way to it.
    """
    inbox = _Inbox()
    transport = await _endpoint(host, port, inbox)
    envelope: Envelope = access if isinstance(access, Community) else _security(access)
    return SnmpClient(inbox, transport, envelope, seen)


async def _endpoint(host: str, port: int, inbox: _Inbox) -> asyncio.DatagramTransport:
    """Open a socket towards the first address of a host to which there is a way."""
    loop = asyncio.get_running_loop()
    failure = OSError(f"{host} has no address")
    for _family, address in await resolve(host, port, socket.SOCK_DGRAM):
        try:
            transport, _ = await loop.create_datagram_endpoint(
                lambda: inbox, remote_addr=(str(address[0]), port)
            )
        except OSError as error:
            failure = error
        else:
            return transport
    raise PortGoneError(f"{host}: {failure.strerror or failure}") from failure


def _security(user: User) -> UserSecurity:
    return UserSecurity(user, secrets.randbits(64))


class _Inbox(asyncio.DatagramProtocol):
    """What arrived since the last question and nobody looked at yet."""

    def __init__(self) -> None:
        self._datagrams: list[bytes] = []
        self._failure: type[OSError] | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._patience: asyncio.TimerHandle | None = None

    def expect(self, within_s: float) -> None:
        """Forget what came too late for the last question, and wait `within_s` from now on.

        A timer of our own: `asyncio.timeout` would take a third of the time of a whole poll.
        """
        self.relax()
        self._datagrams.clear()
        self._failure = None
        loop = asyncio.get_running_loop()
        self._patience = loop.call_later(within_s, self._fail, TimeoutError)

    def relax(self) -> None:
        """Wait for nothing any more."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    async def next(self) -> bytes:
        """Wait for the next datagram.

        Raises `TimeoutError`, or `ConnectionRefusedError` where nobody listens.
        """
        while not self._datagrams:
            if self._failure is not None:
                raise self._failure
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        return self._datagrams.pop(0)

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002
        """Keep a datagram; a flood is cut off."""
        if len(self._datagrams) < _WAITING_DATAGRAMS:
            self._datagrams.append(data)
        self._wake()

    def error_received(self, exc: Exception) -> None:
        """Notice that the computer is there, but nobody listens on the port."""
        if isinstance(exc, ConnectionRefusedError):
            self._fail(ConnectionRefusedError)

    def _fail(self, failure: type[OSError]) -> None:
        self._failure = failure
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
