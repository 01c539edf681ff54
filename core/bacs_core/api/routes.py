"""The routes of the API. They serve; whether a command is carried out decides the engine."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response, WebSocket
from fastapi.requests import HTTPConnection
from fastapi.security import HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param

from bacs_core.access.pairing import Pairing
from bacs_core.access.people import People
from bacs_core.access.principal import Principal
from bacs_core.api import problems
from bacs_core.api.broadcast import Broadcast
from bacs_core.api.guard import on_loopback
from bacs_core.api.login_thread import LoginThread
from bacs_core.api.messages import (
    API_PREFIX,
    Alarm,
    Command,
    CommandResult,
    Commissioning,
    Health,
    Login,
    Me,
    Session,
    SiteInfo,
    SnapshotMessage,
)
from bacs_core.api.rule_messages import Rules
from bacs_core.api.service import EngineService, Gate, Network
from bacs_core.api.stream import Connection
from bacs_core.errors import RefusedError

ROUTES: Final = APIRouter(prefix=API_PREFIX)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes work with; `create_app` puts it into the state of the application."""

    service: EngineService
    gate: Gate
    broadcast: Broadcast
    people: People
    pairing: Pairing
    network: Network
    logins_at_cabinet: LoginThread = field(default_factory=LoginThread)
    logins_elsewhere: LoginThread = field(default_factory=LoginThread)

    def logins(self, asking: Principal | None) -> LoginThread:
        """Where the secrets of `asking` are looked at: at the cabinet nobody waits for others."""
        at_cabinet = asking is not None and asking.at_cabinet
        return self.logins_at_cabinet if at_cabinet else self.logins_elsewhere


async def _parts(connection: HTTPConnection) -> Parts:
    parts: Parts = connection.app.state.parts
    return parts


Served = Annotated[Parts, Depends(_parts)]


# Not async: FastAPI runs it in a thread, because the gate may have to read from the disk.
def _visitor(connection: HTTPConnection, parts: Served) -> Principal | None:
    """Name the caller, `None` if no token came; refuse a token that is not valid."""
    principal = _principal(parts.gate, connection)
    if principal is None and bearer_of(connection) is not None:
        raise RefusedError("the token is not valid", code="unauthorized")
    return principal


Visitor = Annotated[Principal | None, Depends(_visitor)]


async def _known(visitor: Visitor) -> Principal:
    if visitor is None:
        raise RefusedError("a token is needed", code="unauthorized")
    return visitor


#: Somebody the engine knows, also who may do nothing yet but set a new password.
Known = Annotated[Principal, Depends(_known)]


async def _caller(known: Known) -> Principal:
    if known.must_change:
        raise RefusedError("the password must be changed first", code="must_change")
    return known


Caller = Annotated[Principal, Depends(_caller)]

#: The first only documents how a token is sent; `_visitor` reads it.
TOKEN_NEEDED: Final = [Depends(HTTPBearer(auto_error=False)), Depends(_caller)]
KNOWN_NEEDED: Final = [Depends(HTTPBearer(auto_error=False)), Depends(_known)]


@ROUTES.get("/health")
async def health(parts: Served) -> Health:
    """Tell who this is; needs no token."""
    return parts.service.health()


@ROUTES.get("/site", dependencies=TOKEN_NEEDED)
async def site(parts: Served) -> SiteInfo:
    """Tell how the plant is built."""
    return parts.service.site_info()


@ROUTES.get("/snapshot", dependencies=TOKEN_NEEDED, response_model=SnapshotMessage)
async def snapshot(parts: Served) -> Response:
    """Tell all published values, the same that the stream tells."""
    step = parts.broadcast.newest
    if step is None:
        raise RefusedError("the engine has just started", code="starting")
    return Response(step.snapshot(), media_type="application/json")


@ROUTES.get("/alarms", dependencies=TOKEN_NEEDED)
async def alarms(parts: Served) -> tuple[Alarm, ...]:
    """Tell the raised alarms."""
    tick = parts.service.latest()
    return () if tick is None else tick.alarms


@ROUTES.get("/rules", dependencies=TOKEN_NEEDED)
async def rules(parts: Served) -> Rules:
    """Tell the alarm rules as they apply, what people changed, and what is out of service."""
    return await parts.service.rules()


@ROUTES.get("/me", dependencies=KNOWN_NEEDED)
async def me(caller: Known) -> Me:
    """Tell who the engine takes the caller for."""
    return Me(
        name=caller.name,
        role=caller.role,
        at_cabinet=caller.at_cabinet,
        must_change=caller.must_change,
    )


@ROUTES.post("/commands", dependencies=TOKEN_NEEDED)
async def commands(command: Command, parts: Served, caller: Caller) -> CommandResult:
    """Carry out a command, in the name of the caller."""
    return await parts.service.execute(command, caller)


@ROUTES.get("/commissioning", dependencies=TOKEN_NEEDED)
async def commissioning(parts: Served, caller: Caller) -> Commissioning:
    """Tell a technician how far the job of commissioning is, and what it found."""
    return parts.service.commissioning(caller)


@ROUTES.post("/session")
async def log_in(login: Login, parts: Served, visitor: Visitor) -> Session:
    """Open a session for a person; a token tells who forwards the login."""
    return await parts.logins(visitor).run(parts.gate.login, login, visitor)


@ROUTES.delete("/session", dependencies=KNOWN_NEEDED, status_code=HTTPStatus.NO_CONTENT)
async def log_out(connection: HTTPConnection, parts: Served) -> None:
    """End the session whose token came with the request."""
    await asyncio.to_thread(parts.gate.logout, bearer_of(connection) or "")


@ROUTES.websocket("/stream")
async def stream(websocket: WebSocket, parts: Served) -> None:
    """Serve one client of the stream."""

    def authorized() -> bool:
        principal = _principal(parts.gate, websocket)
        return principal is not None and not principal.must_change

    if not await asyncio.to_thread(authorized):
        error = RefusedError("a valid token is needed", code="unauthorized")
        await websocket.send_denial_response(problems.refused(error))
        return
    await websocket.accept()
    await Connection(websocket, parts.broadcast, authorized).serve()


def bearer_of(connection: HTTPConnection) -> str | None:
    """Return the token that came with a request."""
    scheme, token = get_authorization_scheme_param(connection.headers.get("authorization"))
    return token if scheme.lower() == "bearer" and token else None


def _principal(gate: Gate, connection: HTTPConnection) -> Principal | None:
    principal = gate.authenticate(bearer_of(connection))
    if principal is not None and principal.at_cabinet and not on_loopback(connection.scope):
        # The cabinet's own token or session, seen on the network, has left the cabinet.
        return replace(principal, at_cabinet=False)
    return principal
