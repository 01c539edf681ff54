"""The one task that feeds all browsers: at each tick every shown view is packed once.

A view content (the overview, or one string) has a channel. The first browser that shows it makes
the channel, the last one that leaves ends it. A tick comes with each message of the engine, and
after a while without one, so that a browser can tell a silent engine from a dead panel server.
"""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from bacs_core.api.live import LiveSite
from bacs_hmi.frames import OverviewContent, StringContent, pack_overview, pack_string
from bacs_hmi.live import Link
from bacs_hmi.overview_content import OverviewReader
from bacs_hmi.string_content import StringReader

#: The engine sends each second: longer than that, or a message and the end of the wait race, and
#: half of what the browsers get says nothing new. Twice it is longer than the silence after which
#: the engine counts as gone (`live.LATE_AFTER_S`), and within the 3 s in which the page says so.
SILENT_TICK_S: Final = 1.3
OVERVIEW: Final = ""

Content = TypeVar("Content", OverviewContent, StringContent)
Receive = Callable[[str], None]
Leave = Callable[[], None]

_log = logging.getLogger(__name__)


class Channel(Generic[Content]):
    """One view content and the browsers that show it."""

    def __init__(
        self,
        read: Callable[[], Content | None],
        pack: Callable[[Content, Content | None, int, float], bytes],
        clock: Callable[[], float],
    ) -> None:
        self._read: Callable[[], Content | None] = read
        self._pack: Callable[[Content, Content | None, int, float], bytes] = pack
        self._clock = clock
        self._receivers: dict[object, Receive] = {}
        self._content: Content | None = read()
        self._sequence = 0
        self._full: str | None = None

    @property
    def used(self) -> bool:
        """Whether a browser shows this content."""
        return bool(self._receivers)

    def full(self) -> str | None:
        """Pack everything as it was at the last tick, so that the next changes fit to it."""
        if self._full is None and self._content is not None:
            self._full = _text(self._pack(self._content, None, self._sequence, self._clock()))
        return self._full

    def join(self, receive: Receive) -> Leave:
        """Send all further frames to `receive`; the returned function ends that."""
        ticket = object()
        self._receivers[ticket] = receive

        def leave() -> None:
            self._receivers.pop(ticket, None)

        return leave

    def tick(self) -> None:
        """Pack what changed and send it to all."""
        content = self._read()
        if content is None:
            return
        self._sequence += 1
        frame = _text(self._pack(content, self._content, self._sequence, self._clock()))
        self._content = content
        self._full = None
        for receive in tuple(self._receivers.values()):
            receive(frame)


class Broadcast:
    """All channels, and those who want to know of each tick."""

    def __init__(self, link: Link, clock: Callable[[], float]) -> None:
        self._link = link
        self._clock = clock
        self._overview: Channel[OverviewContent] | None = None
        self._strings: dict[str, Channel[StringContent]] = {}
        self._listeners: dict[object, Callable[[], None]] = {}

    def overview(self) -> Channel[OverviewContent]:
        """Return the channel of the overview."""
        if self._overview is None:
            reader = OverviewReader()
            self._overview = Channel(
                lambda: _read(self._link.live, reader.read), pack_overview, self._clock
            )
        return self._overview

    def string(self, key: str) -> Channel[StringContent]:
        """Return the channel of one string."""
        channel = self._strings.get(key)
        if channel is None:
            reader = StringReader(key)
            channel = Channel(lambda: _read(self._link.live, reader.read), pack_string, self._clock)
            self._strings[key] = channel
        return channel

    def listen(self, listener: Callable[[], None]) -> Leave:
        """Call `listener` at each tick; the returned function ends that."""
        ticket = object()
        self._listeners[ticket] = listener

        def leave() -> None:
            self._listeners.pop(ticket, None)

        return leave

    async def run(self) -> None:
        """Tick for ever."""
        while True:
            await self._next()
            self._drop_unused()
            await self._link.watch_raw(self._strings)
            for listener in (self._tick_channels, *self._listeners.values()):
                try:
                    listener()
                except Exception:  # noqa: BLE001 - one broken browser must not stop the others
                    _log.exception("a view failed at a tick")

    async def _next(self) -> None:
        try:
            async with asyncio.timeout(SILENT_TICK_S):
                await self._link.wake.wait()
        except TimeoutError:
            return
        self._link.wake.clear()

    def _tick_channels(self) -> None:
        if self._overview is not None:
            self._overview.tick()
        for channel in self._strings.values():
            channel.tick()

    def _drop_unused(self) -> None:
        if self._overview is not None and not self._overview.used:
            self._overview = None
        unused = [key for key, channel in self._strings.items() if not channel.used]
        for key in unused:
            del self._strings[key]


def _read(live: LiveSite | None, read: Callable[[LiveSite], Content]) -> Content | None:
    """Read a content; there is none while nothing was received or the string is gone."""
    if live is None:
        return None
    try:
        return read(live)
    except KeyError:
        return None


def _text(frame: bytes) -> str:
    return b64encode(frame).decode("ascii")
