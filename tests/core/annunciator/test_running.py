from __future__ import annotations

import asyncio
from contextlib import suppress
from types import SimpleNamespace
from typing import cast

from bacs_core.annunciator.running import Annunciator
from bacs_core.annunciator.signs import AT_END, LOST_PATIENCE_S, STEP_S, Outputs
from bacs_core.api.live import LiveSite, Update, UpdateKind
from bacs_core.api.messages import Annunciation


class _Shown:
    def __init__(self) -> None:
        self.newest: Outputs = AT_END
        self.count = 0

    def show(self, wanted: Outputs) -> None:
        self.newest = wanted
        self.count += 1


def _live(led: str) -> LiveSite:
    calling = Annunciation(sounding=False, muted=False, led=led)
    return cast("LiveSite", SimpleNamespace(annunciation=calling, alarms={}))


def test_it_follows_what_the_engine_tells_and_notices_its_loss() -> None:
    shown = _Shown()
    now_s = [1000.0]
    annunciator = Annunciator(shown, lambda: now_s[0])
    annunciator.step()
    assert not shown.newest.relay
    annunciator.hear(_live("green"), Update(UpdateKind.CONNECTED))
    annunciator.step()
    assert (shown.newest.green, shown.newest.relay) == (True, True)
    now_s[0] += 5000
    annunciator.hear(_live("green"), Update(UpdateKind.LOST))
    annunciator.step()
    assert (shown.newest.green, shown.newest.relay, shown.newest.buzzer) == (False, False, False)
    # Further tries that fail do not begin the patience anew.
    now_s[0] += LOST_PATIENCE_S - STEP_S
    annunciator.hear(_live("green"), Update(UpdateKind.LOST))
    now_s[0] += STEP_S
    annunciator.step()
    assert shown.newest.buzzer


async def test_when_it_ends_the_outputs_take_their_safe_side() -> None:
    shown = _Shown()
    annunciator = Annunciator(shown)
    annunciator.hear(_live("green"), Update(UpdateKind.CONNECTED))
    running = asyncio.create_task(annunciator.run())
    async with asyncio.timeout(60):
        while shown.count == 0:
            await asyncio.sleep(0.01)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert shown.newest == AT_END
