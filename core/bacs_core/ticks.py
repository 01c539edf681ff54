"""Hands each tick to whoever follows the engine; nobody who follows can hold it up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from bacs_core.api.service import Tick


class TickSubscription:
    """The newest tick for one follower; a slow one skips those in between."""

    def __init__(self, board: TickBoard) -> None:
        """Start with the newest tick, if there is one."""
        self._board = board
        self._newest = board.latest
        self._changed = asyncio.Event()
        self._closed = False
        if self._newest is not None:
            self._changed.set()

    async def __aiter__(self) -> AsyncIterator[Tick]:
        """Give ticks until `close`."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._closed:
                return
            tick, self._newest = self._newest, None
            if tick is not None:
                yield tick

    def offer(self, tick: Tick) -> None:
        """Replace the tick that waits."""
        self._newest = tick
        self._changed.set()

    def close(self) -> None:
        """End the iteration; may be called twice."""
        self._closed = True
        self._changed.set()
        self._board.forget(self)


class TickBoard:
    """Keeps the newest tick and its followers."""

    def __init__(self) -> None:
        """Begin without a tick."""
        self.latest: Tick | None = None
        self._followers: set[TickSubscription] = set()

    def publish(self, tick: Tick) -> None:
        """Show `tick` to all followers; returns at once."""
        self.latest = tick
        for follower in self._followers:
            follower.offer(tick)

    def subscribe(self) -> TickSubscription:
        """Begin to follow."""
        follower = TickSubscription(self)
        self._followers.add(follower)
        return follower

    def forget(self, follower: TickSubscription) -> None:
        """Stop following."""
        self._followers.discard(follower)
