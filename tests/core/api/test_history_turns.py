"""Turns: in the order of asking, one for each caller, and only a slow client gives its place up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bacs_core.api.history_turns import LEAST_BYTES_PER_S, SLOW_AFTER_S, Turn, Turns
from bacs_core.errors import RefusedError

GUARD_S = 120.0


class Clock:
    """Stands still until it is set."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def turns(clock: Clock) -> Turns:
    return Turns(2, patience_s=0.01, clock=clock)


@pytest.fixture
async def held() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def test_a_named_caller_has_one_place_and_the_other_is_free_for_others(
    turns: Turns, held: AsyncExitStack
) -> None:
    await held.enter_async_context(turns.turn("ada"))
    with pytest.raises(RefusedError, match="one download at a time for ada"):
        await held.enter_async_context(turns.turn("ada"))
    await held.enter_async_context(turns.turn("olga"))


async def test_places_are_handed_on_in_the_order_of_asking(clock: Clock) -> None:
    turns = Turns(1, patience_s=GUARD_S, clock=clock)
    served: list[str] = []

    async def ask(name: str) -> None:
        async with turns.turn(name):
            served.append(name)
            await asyncio.sleep(0)

    async with asyncio.timeout(GUARD_S), asyncio.TaskGroup() as group:
        for name in ("ada", "olga", "ada", "tessa"):
            group.create_task(ask(name))
    assert served == ["ada", "olga", "ada", "tessa"]


async def test_who_goes_away_while_waiting_leaves_no_place_taken(clock: Clock) -> None:
    turns = Turns(1, patience_s=GUARD_S, clock=clock)

    async def ask() -> None:
        async with turns.turn():
            await asyncio.sleep(0)

    async with turns.turn():
        gone, next_one = asyncio.create_task(ask()), asyncio.create_task(ask())
        await asyncio.sleep(0)
    # The place is handed to the one that is cancelled before it could run.
    gone.cancel()
    async with asyncio.timeout(GUARD_S):
        await next_one
        await ask()
    assert gone.cancelled()


def take(turn: Turn, clock: Clock, size: int, seconds: float) -> None:
    with turn.handing(size):
        clock.now_s += seconds


@pytest.mark.parametrize(
    ("bytes_per_s", "seconds", "gives_way"),
    [
        (LEAST_BYTES_PER_S - 1, SLOW_AFTER_S, True),
        (LEAST_BYTES_PER_S, SLOW_AFTER_S, False),
        (1, SLOW_AFTER_S - 1, False),
    ],
)
async def test_only_a_client_that_was_slow_for_long_gives_way(
    held: AsyncExitStack, clock: Clock, bytes_per_s: float, seconds: float, gives_way: bool
) -> None:
    turns, ended = Turns(1, patience_s=0.0, clock=clock), []
    turn = await held.enter_async_context(turns.turn("ada"))
    turn.end = lambda: ended.append("ada")
    take(turn, clock, round(bytes_per_s * seconds), seconds)
    # A program that needs long is no slow client.
    clock.now_s += 1000.0
    try:
        await held.enter_async_context(turns.turn("olga"))
    except RefusedError:
        turn.require()
    else:
        with pytest.raises(RefusedError, match="others waited"):
            take(turn, clock, 1, 0.0)
    assert ended == ["ada"] * gives_way


async def test_a_slow_client_keeps_its_place_while_nobody_waits(
    turns: Turns, held: AsyncExitStack, clock: Clock
) -> None:
    turn = await held.enter_async_context(turns.turn("ada"))
    take(turn, clock, 1, 10 * SLOW_AFTER_S)
    await held.enter_async_context(turns.turn("olga"))
    take(turn, clock, 1, SLOW_AFTER_S)


async def test_a_place_that_was_lost_is_not_given_free_twice(clock: Clock) -> None:
    turns = Turns(1, patience_s=0.0, clock=clock)
    async with AsyncExitStack() as slow:
        turn = await slow.enter_async_context(turns.turn("ada"))
        take(turn, clock, 1, SLOW_AFTER_S)
        async with turns.turn("olga"):
            await slow.aclose()
            with pytest.raises(RefusedError, match="ask again"):
                await slow.enter_async_context(turns.turn("tessa"))
