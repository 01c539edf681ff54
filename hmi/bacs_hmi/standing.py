"""Whether the engine still knows who is signed in: a restart forgets them, people are removed."""

from __future__ import annotations

import logging
from typing import Final

from nicegui import background_tasks

from bacs_core.api.client import ClientError, EngineClient, NotAuthorizedError
from bacs_hmi.live import ConnectionState, Link
from bacs_hmi.visits import Visit, Visits

_CONNECTED: Final = frozenset({ConnectionState.LIVE, ConnectionState.COMMISSIONING})

_log = logging.getLogger(__name__)


class Standing:
    """Asks for everybody at the cabinet whenever the engine is back; call `follow` at each tick."""

    def __init__(self, link: Link, visits: Visits) -> None:
        self._link = link
        self._visits = visits
        self._was_connected = False

    def follow(self) -> None:
        """Look whether the engine is back."""
        connected = self._link.connection().state in _CONNECTED
        back, self._was_connected = connected and not self._was_connected, connected
        if back:
            background_tasks.create(self._ask(), name="who is still signed in")

    async def _ask(self) -> None:
        for visit in self._visits.at_cabinet():
            if self._link.client is not None:
                await settle(self._link.client, self._visits, visit)


async def settle(client: EngineClient, visits: Visits, visit: Visit) -> None:
    """End a visit whose person the engine has removed or forgotten; take over a changed role."""
    session = visit.session
    if session is None:
        return
    try:
        told = await client.me(session_token=session.token)
    except NotAuthorizedError:
        if visit.session is session:
            visits.sign_out(visit)
    except ClientError as error:
        # An engine that is gone comes back, and knows then.
        _log.debug("nobody knows whether %s is signed in: %s", session.name, error)
    else:
        if visit.session is session and told.role is not session.role:
            visit.session = session.model_copy(update={"role": told.role})
            visit.tell()
