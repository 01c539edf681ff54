"""Waiting to the microsecond, or as well as the system can."""

from __future__ import annotations

import asyncio
import time

import pytest

from bacs_core.bus import waiting
from bacs_core.bus.waiting import Waiter


@pytest.fixture(params=["a timer of the system", "none"])
def waiter_kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "none":
        monkeypatch.setattr(waiting, "_create_timer", lambda: None)


@pytest.mark.usefixtures("waiter_kind")
async def test_nobody_is_woken_too_early() -> None:
    waiter = Waiter()
    for delay_s in (0.0, 0.0003, 0.002, 0.02):
        moment = time.monotonic() + delay_s
        await waiter.until(moment)
        assert time.monotonic() >= moment
    await waiter.until(time.monotonic() - 1.0)
    waiter.close()


@pytest.mark.usefixtures("waiter_kind")
async def test_whoever_gave_up_is_not_woken_and_the_next_one_waits_in_full() -> None:
    waiter = Waiter()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await waiter.until(time.monotonic() + 0.02)
    moment = time.monotonic() + 0.05
    await waiter.until(moment)
    assert time.monotonic() >= moment
    waiter.close()


async def test_this_system_has_such_timers() -> None:
    waiter = Waiter()
    assert waiter._timer is not None
    waiter.close()
    waiter.close()
