"""The client of an engine, without the engine: what it would answer is worked out here.

So a manager that is monitored directly is mirrored, shown and written like any other; whatever
only an engine can do is refused.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http import HTTPMethod
from typing import Final, NoReturn, override

from aiohttp import ClientSession
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from pydantic import BaseModel, TypeAdapter, ValidationError

import bacs_core
from bacs_core.api.broadcast import Broadcast
from bacs_core.api.built import lines_of
from bacs_core.api.client import (
    REQUEST_TIMEOUT_S,
    CommandRefusedError,
    EngineClient,
    EngineUnreachableError,
    Stream,
)
from bacs_core.api.messages import (
    API_VERSION,
    EngineState,
    Health,
    Me,
    SiteInfo,
    StreamMessage,
)
from bacs_core.model import Role
from custom_components.bacs.const import CONF_SERIAL_NUMBER, FIRST_POLL_TIMEOUT_S

from .description import Data
from .polling import Poller, poller_of

LOOK_EVERY_S: Final = 0.1
#: Nothing is ever sent there.
NOWHERE: Final = "http://invalid"

_LOGGER = logging.getLogger(__name__)
_MESSAGE: Final[TypeAdapter[StreamMessage]] = TypeAdapter(StreamMessage)


class DirectStream(Stream):
    """The stream of a poller, as it is encoded for everybody; see `Stream`."""

    def __init__(self, broadcast: Broadcast) -> None:
        self._raw: frozenset[str] = frozenset()
        self._messages = broadcast.follow(lambda: self._raw)

    @override
    async def __anext__(self) -> StreamMessage:
        """Wait for the next message."""
        told = await anext(self._messages)
        try:
            return _MESSAGE.validate_json(told)
        except ValidationError as error:
            text = "what was read of the manager makes no message"
            raise EngineUnreachableError(text) from error

    @override
    async def subscribe(self, raw: Iterable[str]) -> None:
        """Take raw values of these strings each tick, and of no others."""
        self._raw = frozenset(raw)


class DirectClient(EngineClient):
    """Answers for one manager that is polled here, as long as somebody follows the stream."""

    def __init__(self, session: ClientSession, poller: Poller, site_id: str) -> None:
        super().__init__(session, NOWHERE, None)
        settings = poller.wiring.settings
        self._poller = poller
        self._was_there = False
        health = Health(
            version=bacs_core.__version__,
            api_version=API_VERSION,
            state=EngineState.RUNNING,
            site_id=site_id,
            site_name=settings.site.name,
            started_at=datetime.now(UTC),
        )
        info = SiteInfo(
            site_id=site_id,
            version=bacs_core.__version__,
            state=EngineState.RUNNING,
            site=settings.site,
            network_enabled=False,
            lines=lines_of(settings),
        )
        me = Me(name="home assistant", role=Role.VIEWER, at_cabinet=False)
        self._answers: Mapping[str, Callable[[], bytes]] = {
            "health": lambda: health.model_dump_json().encode(),
            "me": lambda: me.model_dump_json().encode(),
            "site": lambda: info.model_dump_json().encode(),
        }

    @override
    @asynccontextmanager
    async def stream(self) -> AsyncIterator[Stream]:
        """Poll the manager while the stream is followed; at first it has to be there."""
        polling = asyncio.create_task(self._poller.run(), name="polling")
        try:
            await self._appeared(polling)
            self._poller.publish()
            yield DirectStream(self._poller.broadcast)
        finally:
            polling.cancel()
            (ended,) = await asyncio.gather(polling, return_exceptions=True)
            if isinstance(ended, Exception):
                _LOGGER.error("polling ended", exc_info=ended)

    async def _appeared(self, polling: asyncio.Task[None]) -> None:
        try:
            async with asyncio.timeout(FIRST_POLL_TIMEOUT_S):
                while not self._was_there:
                    if polling.done():
                        raise EngineUnreachableError("polling has ended")
                    if (trouble := self._poller.trouble()) is not None:
                        raise EngineUnreachableError(trouble)
                    self._was_there = self._poller.manager().online is True
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError as error:
            raise EngineUnreachableError("the manager does not answer") from error

    @override
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
        answer = self._answers.get(path)
        if method != HTTPMethod.GET or answer is None:
            raise _not_offered()
        return answer()

    @override
    def download(
        self,
        path: str,
        query: Mapping[str, str | int | Sequence[str]],
        *,
        session_token: str | None = None,
        patience_s: float = REQUEST_TIMEOUT_S,
    ) -> NoReturn:
        """Refuse: there is no history."""
        raise _not_offered()


async def connect(hass: HomeAssistant, site_id: str, data: Data, limits: Data) -> DirectClient:
    """Make the client that the data of an entry describes; raises `MonitoringError`."""
    poller = await hass.async_add_executor_job(
        poller_of, data, limits, data.get(CONF_SERIAL_NUMBER)
    )
    return DirectClient(async_get_clientsession(hass), poller, site_id)


def _not_offered() -> CommandRefusedError:
    return CommandRefusedError(
        "this manager is only monitored: that takes an engine", code="not_offered"
    )
