"""Asks one SNMP agent over UDP, one question at a time, with the library `snmp`.

The library makes the questions and judges the answers: version, number, community, user, digest,
encryption, the agent's time, and whether the names follow from those asked for. A question that
stays unanswered is repeated under a new number, so that a late answer to an old one is never taken
for a new one. Whatever else arrives is counted and thrown away.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from snmp import (  # type: ignore[import-untyped]
    OID,
    ErrorResponse,
    ErrorStatus,
    ImproperResponse,
    Timeout,
)
from snmp.async_engine import AsyncEngine  # type: ignore[import-untyped]
from snmp.security.usm import auth, priv  # type: ignore[import-untyped]
from snmp.security.usm.timekeeper import TimeKeeper  # type: ignore[import-untyped]
from snmp.smi import Counter64, Integer32, OctetString, Unsigned32  # type: ignore[import-untyped]
from snmp.v3.manager import (  # type: ignore[import-untyped]
    AuthenticationFailure,
    PrivacyFailure,
    RequestError,
    UnknownUserName,
    UnsupportedSecurityLevel,
)

from bacs_core.bus.owner import Statistics
from bacs_core.errors import BusTimeoutError, FrameError
from bacs_core.snmp.errors import AgentRefusedError, AnswerTooBigError
from bacs_core.snmp.secrets import Community, User
from bacs_core.snmp.tables import Column, Value
from bacs_core.snmp.wire import Wire, open_wire

ATTEMPTS: Final = 3
ANSWER_WITHIN_S: Final = 2.0
#: Values in one answer: some 700 bytes, which no network has to cut in pieces. The library reads
#: them in about two milliseconds; more would hold the event loop longer, and save little CPU.
VALUES_PER_ANSWER: Final = 32
#: The library counts the time of an agent by this computer's clock; RFC 3414 allows 150 s.
_CLOCK_WAS_SET_S: Final = 10.0

_DIGESTS: Final = {
    "md5": auth.HmacMd5,
    "sha1": auth.HmacSha,
    "sha224": auth.HmacSha224,
    "sha256": auth.HmacSha256,
    "sha384": auth.HmacSha384,
    "sha512": auth.HmacSha512,
}
_CIPHERS: Final = {None: None, "aes": priv.AesCfb128}

#: What an agent of version 3 reports about the user, who is named behind it.
_REPORTS: Final = {
    UnsupportedSecurityLevel: "does not offer this security level (auth, priv) to user",
    UnknownUserName: "does not know user",
    AuthenticationFailure: "does not accept the authentication (auth, auth_key) of user",
    PrivacyFailure: "cannot decrypt with the privacy key (priv, priv_key) of user",
}
#: RFC 3416, section 3; those that a read can meet.
_REASONS: Final = {
    ErrorStatus.noSuchName: "does not know what it was asked for",
    ErrorStatus.genErr: "failed inside",
    ErrorStatus.noAccess: "does not let this community or user read it",
    ErrorStatus.resourceUnavailable: "is out of resources",
    ErrorStatus.authorizationError: "does not let this community or user read it",
}
_NUMBERS: Final = (Integer32, Unsigned32, Counter64)

# The library has no types.
Bindings = Any
"""Names with what stands there, in the order of the answer."""
Manager = Any
"""Makes the questions to one agent; each of its requests can be awaited."""
Oid = Any
Question = Callable[..., Any]
"""Asks a manager within time limits and returns its request."""


class SnmpClient:
    """Asks the agent at the other end of `wire`; open until `close`."""

    def __init__(self, wire: Wire, access: Community | User, seen: Statistics) -> None:
        """Use `open_client` instead."""
        self._wire = wire
        self._access = access
        self._statistics = seen
        self._engine = AsyncEngine(loop=asyncio.get_running_loop())
        self._manager = _manager(self._engine, wire, access)
        self._clock_ahead_s = _clock_ahead_s()
        self._values_per_answer = VALUES_PER_ANSWER
        wire.listen(self._engine.decoder.hear)

    def close(self) -> None:
        """Give the socket back."""
        self._wire.close()

    async def get(self, names: Sequence[str]) -> list[Value]:
        """Return what stands at these names, `None` where there is nothing.

        Raises `BusTimeoutError`, `AgentRefusedError` or `FrameError`.
        """
        answer = await self._ask(lambda **limits: self._manager.get(*names, **limits))
        return [_value(binding.value) for binding in answer]

    async def walk(self, columns: Sequence[str], most_rows: int) -> list[Column]:
        """Return all values of these columns of a table.

        Each column ends where the agent leaves it. Raises like `get`, and where an agent has more
        than `most_rows`.
        """
        starts = [OID.parse(column) for column in columns]
        found: list[Column] = [{} for _ in columns]
        last = list(starts)
        unfinished = list(range(len(columns)))
        while unfinished:
            answer = await self._followers([last[column] for column in unfinished])
            width = len(unfinished)
            goes_on = []
            for place, column in enumerate(unfinished):
                followers = answer[place::width]
                if _take(followers, starts[column], found[column]):
                    last[column] = followers[-1].name
                    goes_on.append(column)
                if len(found[column]) > most_rows:
                    message = f"SNMP: a table has more than {most_rows} rows"
                    raise FrameError(message)
            unfinished = goes_on
        return found

    async def _followers(self, names: Sequence[Oid]) -> Bindings:
        """Ask for what follows each name, as much as the agent can put into one answer."""
        while (rows := max(self._values_per_answer // len(names), 1)) > 1:
            try:
                return await self._bulk(names, rows)
            except (AnswerTooBigError, FrameError):
                # Some agents say that it is too much; others end their answer within a row.
                self._values_per_answer = rows * len(names) // 2
        return await self._bulk(names, 1)

    async def _bulk(self, names: Sequence[Oid], rows: int) -> Bindings:
        return await self._ask(
            lambda **limits: self._manager.getBulk(*names, maxRepetitions=rows, **limits)
        )

    async def _ask(self, question: Question) -> Bindings:
        self._notice_a_set_clock()
        for _ in range(ATTEMPTS):
            try:
                return await self._once(question)
            except Timeout as timeout:
                self._statistics.timeouts += 1
                if self._wire.nobody_listens:
                    raise BusTimeoutError("no SNMP agent listens there") from timeout
                self._forget_time()
        raise BusTimeoutError("the agent does not answer")

    async def _once(self, question: Question) -> Bindings:
        # The library would send a question again by itself; it shall not within one attempt.
        request = question(timeout=ANSWER_WITHIN_S, refreshPeriod=2 * ANSWER_WITHIN_S)
        self._wire.expect(request.expire)
        try:
            return await request
        except ErrorResponse as error:
            self._statistics.refusals += 1
            raise _refused(error) from error
        except RequestError as error:
            self._statistics.refusals += 1
            raise self._reported(error) from error
        except ImproperResponse as error:
            raise FrameError(
                "SNMP: the names of an answer do not follow those asked for"
            ) from error
        finally:
            self._wire.relax()

    def _reported(self, error: Exception) -> AgentRefusedError:
        reason = _REPORTS.get(type(error))
        if reason is None or isinstance(self._access, Community):
            return AgentRefusedError(f"the agent reports: {error}")
        return AgentRefusedError(f"the agent {reason} {self._access.name!r}")

    def _notice_a_set_clock(self) -> None:
        ahead_s = _clock_ahead_s()
        if abs(ahead_s - self._clock_ahead_s) > _CLOCK_WAS_SET_S:
            self._forget_time()
        self._clock_ahead_s = ahead_s

    def _forget_time(self) -> None:
        """Let an agent of version 3 tell its time again, before its next answer."""
        self._engine.usm.timekeeper = TimeKeeper()


def _manager(engine: AsyncEngine, wire: Wire, access: Community | User) -> Manager:
    if isinstance(access, Community):
        return engine.v2cManager(wire, autowait=False, community=access.name.encode())
    engine.addUser(
        access.name,
        authProtocol=_DIGESTS[access.auth],
        authSecret=access.auth_key.encode(),
        privProtocol=_CIPHERS[access.priv],
        privSecret=None if access.priv_key is None else access.priv_key.encode(),
    )
    return engine.v3Manager(wire, autowait=False)


def _clock_ahead_s() -> float:
    return time.time() - time.monotonic()


def _refused(error: ErrorResponse) -> AgentRefusedError:
    if error.status == ErrorStatus.tooBig:
        return AnswerTooBigError("the agent cannot put so much into one answer")
    reason = _REASONS.get(error.status, f"answers with error status {error.status.name}")
    return AgentRefusedError(f"the agent {reason}")


def _take(followers: Bindings, column: Oid, found: Column) -> bool:
    """Put the values of one column into `found`; return whether the column may go on."""
    start = len(column)
    for binding in followers:
        value = _value(binding.value)
        if value is None or not binding.name.startswith(column):
            return False
        found[binding.name[start:]] = value
    return True


def _value(value: object) -> Value:
    if isinstance(value, _NUMBERS):
        return int(value.value)
    return bytes(value.data) if isinstance(value, OctetString) else None


async def open_client(
    host: str, port: int, access: Community | User, seen: Statistics
) -> SnmpClient:
    """Open a socket towards an agent; nothing is sent yet.

    Raises `PortGoneError` where the name has no address or there is no way to it.
    """
    return SnmpClient(await open_wire(host, port, seen), access, seen)
