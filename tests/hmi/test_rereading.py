"""A question that is asked again and again while a page is open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from bacs_core.api.client import EngineClient
from bacs_hmi.asking import Asking
from bacs_hmi.rereading import PATIENT_TICKS, Patience, Rereading


class Desk:
    """Keeps each question until the test answers or refuses it."""

    def __init__(self, token: str | None = None) -> None:
        self.token = token
        self.asked = 0
        self._read: Callable[[EngineClient, str | None], Awaitable[Any]] | None = None
        self._waiting: tuple[Callable[[Any], None], Callable[[str], None]] | None = None

    def engine(
        self,
        name: str,
        read: Callable[[EngineClient, str | None], Awaitable[Any]],
        then: Callable[[Any], None],
        failed: Callable[[str], None],
    ) -> None:
        self.asked += 1
        self._read = read
        self._waiting = (then, failed)

    async def answer(self) -> None:
        assert self._waiting is not None
        self._waiting[0](await self._reading())

    async def refuse(self) -> None:
        assert self._waiting is not None
        await self._reading()
        self._waiting[1]("refused")

    async def _reading(self) -> object:
        assert self._read is not None
        return await self._read(cast("EngineClient", None), self.token)


def rereading(desk: Desk, told: list[object], every: int) -> Rereading[int]:
    async def read(_client: EngineClient, _token: str | None) -> int:
        await asyncio.sleep(0)
        return 7

    return Rereading(
        cast("Asking", desk),
        "seven",
        read=read,
        then=told.append,
        failed=lambda problem, is_person: told.append((problem, is_person)),
        every=every,
    )


async def test_it_asks_at_once_and_then_at_each_so_many_ticks() -> None:
    desk, told = Desk(), list[object]()
    reading = rereading(desk, told, every=3)
    for _ in range(7):
        reading.tick()
        await desk.answer() if desk.asked > len(told) else None
    assert desk.asked == 3
    assert told == [7, 7, 7]


async def test_it_asks_nothing_while_a_question_is_open_and_soon_when_told_to() -> None:
    desk, told = Desk(), list[object]()
    reading = rereading(desk, told, every=9)
    for _ in range(4):
        reading.tick()
    assert desk.asked == 1
    await desk.answer()
    reading.tick()
    assert desk.asked == 1
    reading.soon()
    reading.tick()
    assert desk.asked == 2


async def test_after_a_refusal_it_is_patient_and_says_whether_a_person_asked() -> None:
    for token in (None, "session"):
        desk, told = Desk(token), list[object]()
        reading = rereading(desk, told, every=1)
        reading.tick()
        await desk.refuse()
        assert told == [("refused", token is not None)]
        for _ in range(PATIENT_TICKS - 1):
            reading.tick()
        assert desk.asked == 1
        reading.tick()
        assert desk.asked == 2


def test_what_failed_is_done_again_some_ticks_later_until_it_succeeds() -> None:
    done: list[int] = []
    patience = Patience(lambda: done.append(1))
    for _ in range(2 * PATIENT_TICKS):
        patience.tick()
    assert done == []
    for count in (1, 2):
        patience.failed()
        for _ in range(PATIENT_TICKS - 1):
            patience.tick()
        assert len(done) == count - 1
        patience.tick()
        assert len(done) == count
    patience.failed()
    patience.over()
    for _ in range(2 * PATIENT_TICKS):
        patience.tick()
    assert len(done) == 2
