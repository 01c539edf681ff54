"""Bypass goes off before a line is lent, and no plan brings it back meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bacs_core.bypass import LEASE_S
from bacs_core.commissioning import loans
from tests.core.plant import (
    CELLS,
    FLOAT_V,
    HandDriven,
    hand_driven,
    ordered_duty,
    waiting_commands,
)

ONE_HIGH = [FLOAT_V + 0.04, *[FLOAT_V] * (CELLS - 1)]
LINE = "modules"
#: A guard only: nothing here takes so long.
PATIENCE_S = 20.0


@pytest.fixture
async def plant(tmp_path: Path) -> HandDriven:
    plant = hand_driven(tmp_path)
    plant.run(600, ONE_HIGH)
    assert ordered_duty(plant)[1] > 0
    # The clock of the engine is the one of the readings that these tests write.
    plant.engine.loans._clock = lambda: plant.now
    return plant


@asynccontextmanager
async def taken(plant: HandDriven) -> AsyncIterator[list[dict[int, float]]]:
    """A line that sends every command at once; yields the duties it was told."""
    told: list[dict[int, float]] = []
    waiting = waiting_commands(plant)

    async def send() -> None:
        while True:
            if "bypass" in waiting:
                told.append(ordered_duty(plant))
                waiting.pop("bypass").succeed(b"")
            await asyncio.sleep(0)

    sending = asyncio.create_task(send())
    yield told
    sending.cancel()


def is_off(told: list[dict[int, float]]) -> bool:
    """Whether the newest duties that the line was told switch everything off."""
    return bool(told) and set(told[-1].values()) == {0}


async def until(reached: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not reached():
            await asyncio.sleep(0.001)


async def test_a_line_is_withheld_only_when_every_module_says_that_its_bypass_is_off(
    plant: HandDriven, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loans, "LOOK_EVERY_S", 0.001)
    async with taken(plant) as told:
        withholding = asyncio.create_task(plant.engine.loans.withhold(LINE))
        await until(lambda: is_off(told))
        assert not withholding.done()
        plant.run(1, ONE_HIGH)
        await asyncio.wait_for(withholding, PATIENCE_S)
        del told[:]
        plant.run(5, ONE_HIGH)
        await until(lambda: told)
        assert all(set(duty.values()) == {0} for duty in told)
        plant.engine.loans.release(LINE)
        plant.run(2, ONE_HIGH)
        await until(lambda: told[-1][1] > 0)


async def test_without_a_word_of_the_modules_the_lease_has_to_run_out(
    plant: HandDriven, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loans, "LOOK_EVERY_S", 0.001)
    async with taken(plant):
        withholding = asyncio.create_task(plant.engine.loans.withhold(LINE))
        await asyncio.sleep(0.05)
        assert not withholding.done()
        plant.engine.loans._bypassed_at[LINE] -= LEASE_S
        await asyncio.wait_for(withholding, PATIENCE_S)


async def test_after_a_restart_the_leases_of_the_engine_before_may_still_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loans, "LOOK_EVERY_S", 0.001)
    plant = hand_driven(tmp_path)
    async with taken(plant) as told:
        withholding = asyncio.create_task(plant.engine.loans.withhold(LINE))
        await until(lambda: is_off(told))
        assert not withholding.done()
        plant.engine.loans._bypassed_at[LINE] -= LEASE_S
        await asyncio.wait_for(withholding, PATIENCE_S)


async def test_on_a_lent_line_nothing_is_ordered(plant: HandDriven) -> None:
    owner: Any = plant.wiring.lines[LINE]
    waiting_commands(plant).clear()
    owner.lent = True
    plant.run(10, ONE_HIGH)
    assert "bypass" not in waiting_commands(plant)
    tick = plant.engine.board.latest
    assert tick is not None
    assert [alarm.rule for alarm in tick.alarms] == ["line_lent"]
