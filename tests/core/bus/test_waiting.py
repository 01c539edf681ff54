"""Waiting to the microsecond, or as well as the system can."""

from __future__ import annotations

import asyncio
import time

import pytest

from bacs_core.bus import waiting
from bacs_core.bus.waiting import Waiter, next_lead_s


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


@pytest.mark.parametrize(("wakes_after_s", "most_spun_s"), [(100e-6, 60e-6), (5e-6, 20e-6)])
def test_the_timer_is_set_as_much_earlier_as_waking_takes(
    wakes_after_s: float, most_spun_s: float
) -> None:
    lead_s, late = 20e-6, 0
    for _ in range(500):
        in_time = wakes_after_s < lead_s
        late += not in_time
        assert lead_s - wakes_after_s <= most_spun_s
        lead_s = next_lead_s(lead_s, in_time=in_time)
    assert abs(lead_s - max(wakes_after_s, 20e-6)) < 15e-6
    assert late < 0.7 * 500


def test_a_machine_that_wakes_very_late_is_not_made_to_turn_for_long() -> None:
    lead_s = 20e-6
    for _ in range(1000):
        lead_s = next_lead_s(lead_s, in_time=False)
    assert lead_s <= 300e-6
