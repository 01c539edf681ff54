"""The routes of pairing: a technician at the cabinet asks for a code, a program comes with it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from fastapi.requests import HTTPConnection

from bacs_core.access import rights
from bacs_core.api.messages import API_PREFIX
from bacs_core.api.pairing_messages import Pair, PairingStatus, PairResult, StartPairing
from bacs_core.api.routes import TOKEN_NEEDED, Caller, Served
from bacs_core.errors import RefusedError

PAIRING_ROUTES: Final = APIRouter(prefix=API_PREFIX)


@PAIRING_ROUTES.post("/pairing", dependencies=TOKEN_NEEDED)
async def start_pairing(asked: StartPairing, parts: Served, caller: Caller) -> PairingStatus:
    """Make a code that lets one program in; only while the network is on."""
    rights.require_right(caller, rights.PAIRING)
    fingerprint = parts.network.fingerprint if parts.network.network_enabled else None
    if fingerprint is None:
        raise RefusedError("the network is switched off", code="network_off")
    return await parts.logins(caller).run(parts.pairing.open, fingerprint, asked.role, caller.name)


@PAIRING_ROUTES.get("/pairing", dependencies=TOKEN_NEEDED)
async def pairing(parts: Served, caller: Caller) -> PairingStatus:
    """Tell the code as long as it counts, and who came in with it."""
    rights.require_right(caller, rights.PAIRING)
    return parts.pairing.status()


@PAIRING_ROUTES.delete("/pairing", dependencies=TOKEN_NEEDED, status_code=HTTPStatus.NO_CONTENT)
async def end_pairing(parts: Served, caller: Caller) -> None:
    """Let nobody in any more with the code."""
    rights.require_right(caller, rights.PAIRING)
    await parts.logins(caller).run(parts.pairing.end, caller.name)


@PAIRING_ROUTES.post("/pair")
async def pair(asked: Pair, parts: Served, connection: HTTPConnection) -> PairResult:
    """Give a token to the program that shows the secret of the code; needs no token."""
    address = connection.client.host if connection.client else "an unknown address"
    token, role = await parts.logins(None).run(
        parts.pairing.redeem, asked.secret, asked.name, address
    )
    health = parts.service.health()
    return PairResult(token=token, role=role, site_id=health.site_id, site_name=health.site_name)
