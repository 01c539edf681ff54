"""Judging many datagrams without holding the event loop."""

from __future__ import annotations

import asyncio

from bacs_core.snmp.turns import turns


async def test_other_things_come_between_two_works() -> None:
    done: list[str] = []
    for number in range(3):
        turns().add(lambda number=number: done.append(f"work {number}"))  # type: ignore[misc]
    for _ in range(4):
        await asyncio.sleep(0)
        done.append("line")
    assert done == ["work 0", "line", "work 1", "line", "work 2", "line", "line"]


async def test_all_agents_of_a_loop_share_its_turns() -> None:
    assert turns() is turns()


def test_every_loop_has_turns_of_its_own() -> None:
    async def own() -> object:
        return turns()

    first, second = asyncio.run(own()), asyncio.run(own())
    assert first is not second
