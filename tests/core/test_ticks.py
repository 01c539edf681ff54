"""Ticks reach every follower; none of them can hold up the engine."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from bacs_core.api.service import Tick
from bacs_core.snapshot import Snapshot
from bacs_core.ticks import TickBoard


def tick(sequence: int) -> Tick:
    return Tick(Snapshot(sequence, datetime(2026, 1, 1, tzinfo=UTC), {}, {}, {}), ())


async def test_a_follower_starts_with_the_newest_tick() -> None:
    board = TickBoard()
    board.publish(tick(1))
    board.publish(tick(2))
    ticks = aiter(board.subscribe())
    assert (await anext(ticks)).snapshot.sequence == 2


async def test_a_slow_follower_skips_and_the_publisher_never_waits() -> None:
    board = TickBoard()
    ticks = aiter(board.subscribe())
    for sequence in range(1000):
        board.publish(tick(sequence))
    assert (await anext(ticks)).snapshot.sequence == 999
    waiting = asyncio.ensure_future(anext(ticks))
    await asyncio.sleep(0)
    assert not waiting.done()
    board.publish(tick(1000))
    assert (await waiting).snapshot.sequence == 1000


async def test_a_closed_subscription_ends_and_gets_nothing_more() -> None:
    board = TickBoard()
    subscription = board.subscribe()
    seen = asyncio.ensure_future(_all(subscription.__aiter__()))
    await asyncio.sleep(0)
    subscription.close()
    subscription.close()
    board.publish(tick(1))
    assert await seen == []


async def _all(ticks: object) -> list[Tick]:
    return [tick async for tick in ticks]  # type: ignore[attr-defined]
