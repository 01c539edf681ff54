"""The panel's connection to the engine: one mirror for all browsers, kept alive for ever.

The token file may come later than the panel, and may be replaced while it runs: it is read again
whenever the engine refuses the token. Values of before stay in the mirror, aging, until the new
connection has its first snapshot.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import aiohttp

from bacs_core.api.client import ClientError, EngineClient, EngineUnreachableError
from bacs_core.api.live import LiveSite, Update, UpdateKind
from bacs_core.api.messages import EngineState
from bacs_hmi.visits import Visit

#: The engine sends each second; after this silence the screen says that values are old.
LATE_AFTER_S: Final = 2.5
TOKEN_RETRY_S: Final = 1.0

_log = logging.getLogger(__name__)


class ConnectionState(StrEnum):
    """What the panel can show."""

    WAITING = "waiting"
    """Nothing was ever received."""
    COMMISSIONING = "commissioning"
    LIVE = "live"
    LOST = "lost"
    """There are values, but they are old."""


class Obstacle(StrEnum):
    """What keeps the panel from connecting."""

    TOKEN_MISSING = "token_missing"  # noqa: S105 - the name of a text, not a secret
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - as above
    TOKEN_NOT_GIVEN = "token_not_given"  # noqa: S105 - as above
    ENGINE_SILENT = "engine_silent"


@dataclass(frozen=True, slots=True)
class Connection:
    """How the panel stands to the engine: since when (unix seconds), and what is in the way."""

    state: ConnectionState
    since: float | None = None
    obstacle: Obstacle | None = None


class Link:
    """Holds the client and the newest mirror; `wake` is set whenever something changed."""

    def __init__(
        self,
        url: str,
        token_file: Path | None,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.url = url
        self.token_file = token_file
        self.live: LiveSite | None = None
        self.client: EngineClient | None = None
        #: Brings no token of its own: for browsers that are not at the cabinet.
        self.stranger: EngineClient | None = None
        self.wake = asyncio.Event()
        #: Counts changes of the alarms, so that a browser redraws them only then.
        self.alarms_version = 0
        self._clock = clock
        self._sleep = sleep
        self._raw: frozenset[str] = frozenset()
        self._newest: LiveSite | None = None
        self._refused = asyncio.Event()
        self._obstacle = Obstacle.ENGINE_SILENT

    def client_for(self, visit: Visit) -> EngineClient | None:
        """Return the client for a browser: the panel's token is for those at the cabinet alone."""
        if not visit.elsewhere:
            return self.client
        if self.stranger is None or visit.session is None:
            return self.stranger
        return self.stranger.as_person(visit.session.token)

    def connection(self) -> Connection:
        """Tell how the panel stands to the engine now."""
        live = self.live
        if live is None or live.info is None or live.received_at is None:
            return Connection(ConnectionState.WAITING, None, self._obstacle)
        late = self._clock() - live.received_at > LATE_AFTER_S
        if late or not live.connected:
            return Connection(ConnectionState.LOST, live.received_at, self._obstacle)
        if live.info.state is EngineState.COMMISSIONING:
            return Connection(ConnectionState.COMMISSIONING)
        return Connection(ConnectionState.LIVE)

    async def watch_raw(self, keys: Iterable[str]) -> None:
        """Ask for raw values of the strings that a browser shows."""
        wanted = frozenset(keys)
        if wanted == self._raw:
            return
        self._raw = wanted
        if self._newest is not None:
            await self._newest.watch_raw(wanted)

    async def run(self) -> None:
        """Connect, follow, reconnect; ends only when cancelled."""
        async with aiohttp.ClientSession() as session:
            self.stranger = EngineClient(session, self.url, None)
            token = await self._token(session)
            while True:
                await self._follow(session, token)
                token = await self._token(session)

    async def _follow(self, session: aiohttp.ClientSession, token: str | None) -> None:
        """Follow the engine with this token until it is refused and the file holds another."""
        self._refused.clear()
        self._obstacle = Obstacle.ENGINE_SILENT
        client = EngineClient(session, self.url, token)
        mirror = LiveSite(client, clock=self._clock)
        mirror.listen(lambda update: self._heard(mirror, update))
        await mirror.watch_raw(self._raw)
        self.client = client
        self._newest = mirror
        following = asyncio.create_task(mirror.run())
        try:
            await self._refused.wait()
            while await self._token(session) == token:
                await self._sleep(TOKEN_RETRY_S)
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    def _heard(self, mirror: LiveSite, update: Update) -> None:
        if update.kind is UpdateKind.CONNECTED:
            self._obstacle = Obstacle.ENGINE_SILENT
            self.live = mirror
        elif update.kind is UpdateKind.LOST:
            self._obstacle = Obstacle.ENGINE_SILENT
        elif update.kind is UpdateKind.REFUSED:
            given = self.token_file is not None
            self._obstacle = Obstacle.TOKEN_REFUSED if given else Obstacle.TOKEN_NOT_GIVEN
            self._refused.set()
        if (
            update.kind is UpdateKind.CONNECTED
            or update.alarms_raised
            or update.alarms_changed
            or update.alarms_cleared
        ):
            self.alarms_version += 1
        self.wake.set()

    async def _token(self, session: aiohttp.ClientSession) -> str | None:
        """Read the token file; wait for it as long as it takes."""
        if self.token_file is None:
            return None
        warned = False
        while True:
            try:
                token = self.token_file.read_text(encoding="utf-8").strip()
            except OSError as error:
                token = ""
                if not warned:
                    _log.warning("waiting for the token file: %s", error)
                    warned = True
            if token:
                return token
            self._obstacle = await self._why_no_token(session)
            await self._sleep(TOKEN_RETRY_S)

    async def _why_no_token(self, session: aiohttp.ClientSession) -> Obstacle:
        """Tell a missing file from an engine that is not started: the engine makes the file."""
        try:
            await EngineClient(session, self.url, None).health()
        except ClientError as error:
            if isinstance(error, EngineUnreachableError):
                return Obstacle.ENGINE_SILENT
        return Obstacle.TOKEN_MISSING
