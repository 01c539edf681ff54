"""Asks the engine again while a page is open: at every so many ticks, or until it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from bacs_core.api.client import EngineClient
from bacs_hmi.asking import Asking

Answer = TypeVar("Answer")

#: After a refusal the engine is asked this rarely (ticks).
PATIENT_TICKS: Final = 5


class Patience:
    """Does once more, some ticks later, what has failed; call `tick` at each tick."""

    def __init__(self, again: Callable[[], None]) -> None:
        self._again = again
        self._left: int | None = None

    def failed(self) -> None:
        """Begin to wait."""
        self._left = PATIENT_TICKS

    def over(self) -> None:
        """Wait no more: it has succeeded, or is done already."""
        self._left = None

    def tick(self) -> None:
        """Count a tick."""
        if self._left is None:
            return
        self._left -= 1
        if self._left <= 0:
            self._left = None
            self._again()


class Rereading(Generic[Answer]):
    """Asks at each `every`th tick, one question at a time.

    `failed` gets words of the panel, and whether the engine was asked in the name of a person.
    """

    def __init__(
        self,
        ask: Asking,
        name: str,
        *,
        read: Callable[[EngineClient, str | None], Awaitable[Answer]],
        then: Callable[[Answer], None],
        failed: Callable[[str, bool], None],
        every: int,
    ) -> None:
        self._ask = ask
        self._name = name
        self._read = read
        self._then = then
        self._on_failure = failed
        self._every = every
        self._left = 0
        self._is_asking = False
        self._is_person = False

    def soon(self) -> None:
        """Ask at the next tick: something has changed."""
        self._left = 0

    def tick(self) -> None:
        """Ask if it is time."""
        if self._is_asking:
            return
        if self._left > 0:
            self._left -= 1
            return
        self._left = self._every - 1
        self._is_asking = True
        self._ask.engine(self._name, self._asked, self._told, self._failed)

    async def _asked(self, client: EngineClient, token: str | None) -> Answer:
        self._is_person = token is not None
        return await self._read(client, token)

    def _told(self, answer: Answer) -> None:
        self._is_asking = False
        self._then(answer)

    def _failed(self, problem: str) -> None:
        self._is_asking = False
        self._left = max(self._every, PATIENT_TICKS) - 1
        self._on_failure(problem, self._is_person)
