"""The route of the USB store."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from bacs_core.api.messages import API_PREFIX
from bacs_core.api.routes import TOKEN_NEEDED, Served
from bacs_core.api.stick_messages import StickStatus, status_of
from bacs_core.errors import RefusedError

STICK_ROUTES: Final = APIRouter(prefix=API_PREFIX)


@STICK_ROUTES.get("/stick", dependencies=TOKEN_NEEDED)
async def stick(parts: Served) -> StickStatus:
    """Tell how far the copy to a stick is, the same that snapshot and stream tell."""
    tick = parts.service.latest()
    if tick is None:
        raise RefusedError("the engine has just started", code="starting")
    calling = tick.snapshot.annunciation
    return StickStatus() if calling is None or calling.stick is None else status_of(calling.stick)
