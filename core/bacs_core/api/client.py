"""The client library: how the panel, Home Assistant and the command line talk to the engine.

Needs aiohttp and pydantic only. It brings no rights of its own: each call carries a token, and the
engine decides. Every failure is a `ClientError` whose text a person understands.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import AsyncExitStack, asynccontextmanager
from copy import copy
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar, Final, Self, TypeVar

import aiohttp
from pydantic import BaseModel, TypeAdapter, ValidationError
from yarl import URL

from bacs_core.api.known_alarms import KnownAlarms
from bacs_core.api.messages import (
    API_PREFIX,
    API_VERSION,
    Alarm,
    ChangesMessage,
    Command,
    CommandResult,
    Commissioning,
    Health,
    Login,
    Me,
    Problem,
    Session,
    SiteInfo,
    SnapshotMessage,
    StreamMessage,
    Subscribe,
)
from bacs_core.api.rule_messages import Rules
from bacs_core.api.system_messages import System
from bacs_core.errors import BacsError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

REQUEST_TIMEOUT_S: Final = 10.0
#: The code of an address that an engine of this version does not have.
_NO_SUCH_ADDRESS: Final = "not_found"
#: The largest site with an alarm on each cell stays well below this.
MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
#: The engine closes a stream with this code once the token is no longer valid.
CLOSE_NOT_AUTHORIZED: Final = 4401

_ALARMS: Final[TypeAdapter[list[Alarm]]] = TypeAdapter(list[Alarm])

Answer = TypeVar("Answer")
Model = TypeVar("Model", bound=BaseModel)


class ClientError(BacsError):
    """The engine did not do what was asked; the text says why."""


class EngineUnreachableError(ClientError):
    """Nobody answers, the answer broke off, or the engine failed; asking again may help."""

    retryable: ClassVar[bool] = True


class CertificateError(ClientError):
    """The certificate is not the one this client was paired with; nothing was sent to it."""


class NotAuthorizedError(ClientError):
    """The token is missing, wrong, expired or revoked."""


class CommandRefusedError(ClientError):
    """The engine understood and refused: rights, a safe limit or the state of the plant."""

    def __init__(self, reason: str, *, code: str) -> None:
        """`code` is stable and for machines; `reason` is a sentence for people."""
        super().__init__(reason)
        self.reason = reason
        self.code = code


class VersionMismatchError(ClientError):
    """What answers speaks another version of the API, or is no engine at all."""


class Stream:
    """The live stream: one full snapshot, then changes, without a gap; see `EngineClient.stream`.

    A later snapshot replaces everything before it: the plant has changed, or this client was slow.
    """

    def __init__(self, websocket: aiohttp.ClientWebSocketResponse) -> None:
        """Follow an open WebSocket."""
        self._websocket = websocket
        self._sequence: int | None = None
        self._alarms = KnownAlarms()

    def __aiter__(self) -> Self:
        """Iterate over messages until the connection ends, which is always an error."""
        return self

    async def __anext__(self) -> StreamMessage:
        """Wait for the next message."""
        try:
            received = await self._websocket.receive()
        except (aiohttp.ClientError, OSError) as error:
            # A ping that came late is answered on a connection that is closed already.
            raise EngineUnreachableError(_connection_lost(error)) from error
        if received.type is not aiohttp.WSMsgType.TEXT:
            raise _ended(self._websocket, received)
        message = _decoded(self._alarms.decode, received.data)
        if isinstance(message, ChangesMessage) and message.sequence != (self._sequence or 0) + 1:
            text = f"message {message.sequence} came after {self._sequence}: some are missing"
            raise EngineUnreachableError(text)
        self._sequence = message.sequence
        return message

    async def subscribe(self, raw: Iterable[str]) -> None:
        """Ask for raw values of these strings each tick, and of no others."""
        try:
            await self._websocket.send_str(Subscribe(raw=sorted(raw)).model_dump_json())
        except (aiohttp.ClientError, OSError) as error:
            raise EngineUnreachableError(_connection_lost(error)) from error


class EngineClient:
    """One engine, addressed by its URL, e.g. `http://127.0.0.1:8480`.

    `fingerprint` is the SHA-256 of the certificate that was pinned at pairing (32 bytes).
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        token: str | None,
        *,
        fingerprint: bytes | None = None,
    ) -> None:
        """Borrow the session: the caller opens and closes it."""
        base = _address(url)
        if fingerprint is not None and base.scheme != "https":
            text = f"{url}: a pinned certificate needs an https address"
            raise ClientError(text)
        self._session = session
        self._api = base.joinpath(API_PREFIX.strip("/"))
        self._token = token
        self._ssl: aiohttp.Fingerprint | bool = (
            True if fingerprint is None else aiohttp.Fingerprint(fingerprint)
        )

    def as_person(self, session_token: str) -> EngineClient:
        """Return a client that asks everything in the name of a person."""
        client = copy(self)
        client._token = session_token  # noqa: SLF001 - another of the same kind
        return client

    async def health(self) -> Health:
        """Ask who is there, which needs no token; raise `VersionMismatchError` if not our API."""
        health = await self._get("health", Health)
        if health.api_version != API_VERSION:
            text = f"the engine speaks API version {health.api_version}, this is {API_VERSION}"
            raise VersionMismatchError(text)
        return health

    async def me(self, *, session_token: str | None = None) -> Me:
        """Ask who the engine takes us for, or a person if there is a session token."""
        body = await self._request("GET", "me", token=session_token)
        return _decoded(Me.model_validate_json, body)

    async def site(self) -> SiteInfo:
        """Read how the plant is built."""
        return await self._get("site", SiteInfo)

    async def snapshot(self) -> SnapshotMessage:
        """Read all published values once."""
        return await self._get("snapshot", SnapshotMessage)

    async def rules(self) -> Rules:
        """Read the alarm rules as they apply."""
        return await self._get("rules", Rules)

    async def system(self) -> System:
        """Read how the engine itself does."""
        return await self._get("system", System)

    async def alarms(self) -> list[Alarm]:
        """Read the raised alarms."""
        return _decoded(_ALARMS.validate_json, await self._request("GET", "alarms"))

    async def command(self, command: Command, *, session_token: str | None = None) -> CommandResult:
        """Give a command, in the name of a person if there is a session token."""
        body = await self._request("POST", "commands", command, token=session_token)
        return _decoded(CommandResult.model_validate_json, body)

    async def commissioning(self, *, session_token: str | None = None) -> Commissioning:
        """Read how far the job of commissioning is, as a technician."""
        body = await self._request("GET", "commissioning", token=session_token)
        return _decoded(Commissioning.model_validate_json, body)

    async def login(self, login: Login) -> Session:
        """Open a session for a person; raise `CommandRefusedError` if the secret is wrong."""
        return _decoded(Session.model_validate_json, await self._request("POST", "session", login))

    async def logout(self, session_token: str) -> None:
        """End a session."""
        await self._request("DELETE", "session", token=session_token)

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[Stream]:
        """Open the live stream."""
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                websocket = await self._session.ws_connect(
                    self._api / "stream",
                    headers=_authorization(self._token),
                    ssl=self._ssl,
                    max_msg_size=MAX_MESSAGE_BYTES,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                )
        except aiohttp.WSServerHandshakeError as error:
            # The body of a refused handshake is not available: only the status tells why.
            raise _refusal(error.status, b"") from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._unreachable(error) from error
        try:
            yield Stream(websocket)
        finally:
            await websocket.close()

    async def read(
        self,
        path: str,
        query: Mapping[str, str | int | Sequence[str]],
        *,
        session_token: str | None = None,
        patience_s: float = REQUEST_TIMEOUT_S,
    ) -> bytes:
        """Read what a route answers, as it came; for the rooms that know its message."""
        return await self._request(
            "GET", path, token=session_token, query=query, patience_s=patience_s
        )

    async def send(
        self,
        method: str,
        path: str,
        body: BaseModel | None = None,
        *,
        session_token: str | None = None,
        patience_s: float = REQUEST_TIMEOUT_S,
    ) -> bytes:
        """Ask for a change, and read what is answered as it came; for the rooms that know it."""
        return await self._request(method, path, body, token=session_token, patience_s=patience_s)

    @asynccontextmanager
    async def download(
        self,
        path: str,
        query: Mapping[str, str | int | Sequence[str]],
        *,
        session_token: str | None = None,
        patience_s: float = REQUEST_TIMEOUT_S,
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Read a long answer in pieces; leaving the block ends it. No piece waits too long.

        An answer that breaks off raises `EngineUnreachableError` from the pieces.
        """
        request = self._session.get(
            self._api / path,
            params=query,
            headers=_authorization(session_token or self._token),
            ssl=self._ssl,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=patience_s, sock_read=patience_s
            ),
        )
        async with AsyncExitStack() as opened:
            try:
                response = await opened.enter_async_context(request)
                refused = response.status >= HTTPStatus.MULTIPLE_CHOICES
                body = await response.read() if refused else b""
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                raise self._unreachable(error) from error
            if refused:
                raise _refusal(response.status, body)
            yield self._pieces(response)

    async def _pieces(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        try:
            async for piece in response.content.iter_any():
                yield piece
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._unreachable(error) from error

    async def _get(self, path: str, model: type[Model]) -> Model:
        return _decoded(model.model_validate_json, await self._request("GET", path))

    async def _request(
        self,
        method: str,
        path: str,
        body: BaseModel | None = None,
        *,
        token: str | None = None,
        query: Mapping[str, str | int | Sequence[str]] | None = None,
        patience_s: float = REQUEST_TIMEOUT_S,
    ) -> bytes:
        headers = _authorization(token or self._token)
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            async with self._session.request(
                method,
                self._api / path,
                params=query,
                headers=headers,
                data=None if body is None else body.model_dump_json().encode(),
                ssl=self._ssl,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=patience_s),
            ) as response:
                content = await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._unreachable(error) from error
        # A redirect is no answer: the token must not follow it.
        if response.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise _refusal(response.status, content)
        return content

    def _unreachable(self, error: Exception) -> ClientError:
        address = self._api.authority
        if isinstance(
            error,
            aiohttp.ServerFingerprintMismatch
            | aiohttp.ClientConnectorCertificateError
            | ssl.SSLCertVerificationError,
        ):
            return CertificateError(f"{address} shows another certificate than the paired one")
        if isinstance(error, TimeoutError):
            return EngineUnreachableError(f"the engine at {address} does not answer")
        return EngineUnreachableError(f"no connection to the engine at {address}: {_cause(error)}")


def _cause(error: Exception) -> str:
    """Say why there is no connection; what aiohttp says itself shows objects of Python."""
    if isinstance(error, aiohttp.ClientConnectorError):
        error = error.os_error
    told = error.strerror if isinstance(error, OSError) else str(error)
    return told or str(error) or type(error).__name__


def _address(url: str) -> URL:
    """Read the address of an engine; raises `EngineUnreachableError` for what is none."""
    try:
        address = URL(url)
        is_one = address.scheme in {"http", "https"} and bool(address.host)
    except ValueError:
        is_one = False
    if not is_one:
        text = f"{url!r} is no address of an engine, such as http://127.0.0.1:8480"
        raise EngineUnreachableError(text)
    return address


def _authorization(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def _decoded(decode: Callable[[str | bytes], Answer], content: str | bytes) -> Answer:
    try:
        return decode(content)
    except ValueError as error:
        text = f"the answer is no message of API version {API_VERSION}"
        raise VersionMismatchError(text) from error


def _refusal(status: int, content: bytes) -> ClientError:
    """Turn an HTTP status and, if the engine gave one, its `Problem` into an error."""
    problem = _problem(content)
    if status == HTTPStatus.UNAUTHORIZED and (
        problem is None or problem.code != "wrong_credentials"
    ):
        return NotAuthorizedError(problem.reason if problem else "the token is not valid")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return EngineUnreachableError(
            problem.reason if problem else f"the engine failed with HTTP status {status}"
        )
    if problem is None:
        no_engine = status != HTTPStatus.FORBIDDEN
    else:
        no_engine = status == HTTPStatus.NOT_FOUND and problem.code == _NO_SUCH_ADDRESS
    if no_engine:
        text = f"what answers is no engine of API version {API_VERSION} (HTTP status {status})"
        return VersionMismatchError(text)
    if problem is None:
        return CommandRefusedError("the engine refuses this connection", code="forbidden")
    return CommandRefusedError(problem.reason, code=problem.code)


def _problem(content: bytes) -> Problem | None:
    try:
        return Problem.model_validate_json(content)
    except ValidationError:
        return None


def _ended(websocket: aiohttp.ClientWebSocketResponse, received: aiohttp.WSMessage) -> ClientError:
    """Say why a stream gave something else than a text message."""
    if websocket.close_code == CLOSE_NOT_AUTHORIZED:
        return NotAuthorizedError("the token is no longer valid")
    if received.type is aiohttp.WSMsgType.BINARY:
        return VersionMismatchError("the stream carries something else than text messages")
    if received.type is aiohttp.WSMsgType.ERROR:
        return EngineUnreachableError(_connection_lost(received.data))
    return EngineUnreachableError("the engine closed the connection")


def _connection_lost(error: Exception) -> str:
    return f"the connection to the engine broke: {str(error) or type(error).__name__}"
