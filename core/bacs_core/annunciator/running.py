"""Follows the engine and shows it on the outputs, for ever."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import aiohttp

from bacs_core.annunciator.signs import AT_END, STEP_S, Outputs, Told, alarm_is_active, outputs
from bacs_core.api.client import EngineClient
from bacs_core.api.live import LiveSite, Update, UpdateKind

TOKEN_RETRY_S: Final = 1.0
_GONE: Final = (UpdateKind.LOST, UpdateKind.REFUSED)


class Shown(Protocol):
    """What shows outputs."""

    def show(self, wanted: Outputs) -> None:
        """Switch what has changed."""


class Annunciator:
    """Keeps what the engine told last, and shows it step by step."""

    def __init__(self, shown: Shown, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin without an engine; `clock` (s) never jumps."""
        self._shown = shown
        self._clock = clock
        self._told = Told(None, alarm_active=False, since_s=clock())
        #: Counts the steps that were shown: what the service manager takes for life.
        self.steps = 0

    def hear(self, live: LiveSite, update: Update) -> None:
        """Take over what an update of the mirror tells."""
        was_gone = self._told.annunciation is None
        calling = None if update.kind in _GONE else live.annunciation
        is_gone = calling is None
        since_s = self._told.since_s if was_gone is is_gone else self._clock()
        self._told = Told(calling, alarm_is_active(live.alarms.values()), since_s)

    def step(self) -> None:
        """Show what is so now. Raises `AnnunciatorError`."""
        self._shown.show(outputs(self._told, self._clock()))
        self.steps += 1

    async def run(self) -> None:
        """Show for ever; at the end the outputs take their safe side."""
        try:
            while True:
                self.step()
                await asyncio.sleep(STEP_S)
        finally:
            self._shown.show(AT_END)


async def follow(annunciator: Annunciator, url: str, token_file: Path) -> None:
    """Follow the engine for ever, with the token that it leaves anew at each of its starts."""
    async with aiohttp.ClientSession() as session:
        token = ""
        while True:
            token = await _next_token(token_file, token)
            live = LiveSite(EngineClient(session, url, token))
            refused = asyncio.Event()

            def heard(update: Update, live: LiveSite = live, end: asyncio.Event = refused) -> None:
                annunciator.hear(live, update)
                if update.kind is UpdateKind.REFUSED:
                    end.set()

            live.listen(heard)
            following = asyncio.create_task(live.run())
            try:
                await refused.wait()
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)


async def _next_token(path: Path, before: str) -> str:
    """Wait until the file holds another token than the refused one."""
    while True:
        token = _read(path)
        if token not in {"", before}:
            return token
        await asyncio.sleep(TOKEN_RETRY_S)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
