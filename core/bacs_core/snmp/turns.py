"""Spreads the judging of datagrams, so that it never holds the event loop for long.

Judging one takes the library a millisecond or two, and the same loop times the lines. When several
agents answer at once, their datagrams wait for each other, and the lines come in between.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final
from weakref import WeakKeyDictionary

Work = Callable[[], None]
"""Does one thing and raises nothing."""


class Turns:
    """Does one work per turn of the event loop, in the order in which they came."""

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self._waiting: deque[Work] = deque()

    def add(self, work: Work) -> None:
        """Do `work` in a turn of its own."""
        self._waiting.append(work)
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        self._waiting[0]()
        self._waiting.popleft()
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._next)


_of_loop: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, Turns]] = WeakKeyDictionary()


def turns() -> Turns:
    """Return the turns of the running event loop: all its agents share them."""
    return _of_loop.setdefault(asyncio.get_running_loop(), Turns())
