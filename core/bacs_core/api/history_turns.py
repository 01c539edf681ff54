"""Whose turn it is to read the history: so many at a time, and the slow give way to who waits.

A client that takes what it gets drop by drop costs nothing but its place. It keeps that as long as
nobody else waits for one.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Final

from bacs_core.errors import RefusedError

#: So long a request waits for its turn.
PATIENCE_S: Final = 10.0
#: A turn is slow whose client took less than this on average, over at least so long.
LEAST_BYTES_PER_S: Final = 256 * 1024
SLOW_AFTER_S: Final = 60.0
BUSY: Final = "others are reading the history; ask again in a few seconds"
_OWN: Final = "one download at a time for {caller}: wait until the one that runs has ended"
_GAVE_WAY: Final = "it took too long: others waited; ask again"

Clock = Callable[[], float]


def _nothing() -> None:
    """End nothing."""


class Turn:
    """A place that `caller` holds; `None` is nobody in particular."""

    def __init__(self, caller: str | None, clock: Clock) -> None:
        """Nothing was handed to the client yet."""
        self.caller = caller
        self.end: Callable[[], None] = _nothing
        """Called once the place is given to somebody else."""
        self._clock = clock
        self._handed_bytes = 0
        self._taking_s = 0.0
        self._handed_at_s: float | None = None
        self._is_lost = False

    @contextlib.contextmanager
    def handing(self, size: int) -> Iterator[None]:
        """Measure how long the client takes for `size` bytes.

        Raises `RefusedError` (`busy`) where the place was given to somebody else meanwhile.
        """
        self._handed_bytes += size
        self._handed_at_s = self._clock()
        yield
        self._taking_s, self._handed_at_s = self._taking_until_now_s(), None
        self.require()

    def require(self) -> None:
        """Raise `RefusedError` (`busy`) where the place was given to somebody else."""
        if self._is_lost:
            raise RefusedError(_GAVE_WAY, code="busy")

    def lose(self) -> None:
        """Give the place up."""
        self._is_lost = True
        self.end()

    def is_slow(self) -> bool:
        """Tell whether its client, not its program, takes too long."""
        taking_s = self._taking_until_now_s()
        return taking_s >= SLOW_AFTER_S and self._handed_bytes < LEAST_BYTES_PER_S * taking_s

    def _taking_until_now_s(self) -> float:
        handed_at_s = self._handed_at_s
        return self._taking_s + (0.0 if handed_at_s is None else self._clock() - handed_at_s)


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    caller: str | None
    turn: asyncio.Future[Turn]


class Turns:
    """Gives `places` turns at a time, in the order of asking, and to each named caller one.

    Who has waited for `patience_s` gets the place of a slow one, or is refused.
    """

    def __init__(
        self, places: int, *, patience_s: float = PATIENCE_S, clock: Clock = time.monotonic
    ) -> None:
        """Begin with every place free."""
        self._places = places
        self._patience_s = patience_s
        self._clock = clock
        self._held: list[Turn] = []
        self._waiting: list[_Waiting] = []

    @contextlib.asynccontextmanager
    async def turn(self, caller: str | None = None) -> AsyncIterator[Turn]:
        """Wait for a turn. Raises `RefusedError` (`busy`)."""
        turn = self._begun(caller) if self._may(caller) else await self._waited_for(caller)
        try:
            yield turn
        finally:
            self._leave(turn)

    async def _waited_for(self, caller: str | None) -> Turn:
        waiting = _Waiting(caller, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        try:
            await asyncio.wait({waiting.turn}, timeout=self._patience_s)
        except asyncio.CancelledError:
            if waiting.turn.done():
                self._leave(waiting.turn.result())
            raise
        finally:
            with contextlib.suppress(ValueError):
                self._waiting.remove(waiting)
        return waiting.turn.result() if waiting.turn.done() else self._in_place_of_a_slow(caller)

    def _in_place_of_a_slow(self, caller: str | None) -> Turn:
        own = [turn for turn in self._held if caller is not None and turn.caller == caller]
        slow = next((turn for turn in own or self._held if turn.is_slow()), None)
        if slow is None:
            raise RefusedError(_OWN.format(caller=caller) if own else BUSY, code="busy")
        self._held.remove(slow)
        slow.lose()
        return self._begun(caller)

    def _may(self, caller: str | None) -> bool:
        is_free = len(self._held) < self._places
        return is_free and (caller is None or all(turn.caller != caller for turn in self._held))

    def _begun(self, caller: str | None) -> Turn:
        turn = Turn(caller, self._clock)
        self._held.append(turn)
        return turn

    def _leave(self, turn: Turn) -> None:
        """Hand the place on, unless it was lost before."""
        if turn not in self._held:
            return
        self._held.remove(turn)
        for waiting in tuple(self._waiting):
            if self._may(waiting.caller):
                self._waiting.remove(waiting)
                waiting.turn.set_result(self._begun(waiting.caller))
