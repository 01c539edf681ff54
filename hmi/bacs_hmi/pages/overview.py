"""The overview: all managers, strings and cells on one screen, and what stands out in them."""

from __future__ import annotations

import time
from functools import partial
from typing import Final

from bacs_hmi.attention import Item, attention
from bacs_hmi.canvas.overview import OverviewCanvas
from bacs_hmi.conclusions import worst_finding
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.views import View, ViewName

#: The strip does not follow every breath of a voltage: it would never stand still.
TOLD_EVERY_S: Final = 5.0


class OverviewPage:
    """Shows the overview until it is closed."""

    def __init__(self, around: Surroundings) -> None:
        channel = around.broadcast.overview()
        self._around = around
        self._told_at = time.monotonic()
        canvas = OverviewCanvas(
            around.site,
            around.texts,
            channel.full(),
            items=self._items(),
            findings=self._findings(),
            on_open=lambda key: around.open(View(ViewName.STRING, key)),
            on_attend=self._attend,
            on_resync=self._resync,
        )
        self._channel = channel
        self._canvas = canvas
        self._leave = channel.join(partial(around.carry, canvas.show))

    def refresh(self, *, alarms_changed: bool) -> None:
        """Say what stands out; the canvas follows the values by itself."""
        now = time.monotonic()
        if alarms_changed or now - self._told_at >= TOLD_EVERY_S:
            self._told_at = now
            self._canvas.explain(self._items(), self._findings())

    def close(self) -> None:
        """Stop the frames."""
        self._leave()

    def _items(self) -> tuple[Item, ...]:
        around = self._around
        return attention(around.live, around.site, around.texts, around.numbers)

    def _findings(self) -> dict[str, str]:
        around = self._around
        told = {
            key: worst_finding(mirror, around.texts, around.numbers)
            for key, mirror in around.live.strings.items()
        }
        return {key: finding for key, finding in told.items() if finding}

    def _attend(self, key: str, cell: int | None, wide: bool) -> None:  # noqa: FBT001 - of an event
        """Go to what stands out: its cell beside its string where there is room for both."""
        if not key:
            view = View(ViewName.ALARMS)
        elif cell is None or wide:
            view = View(ViewName.STRING, key, cell)
        else:
            view = View(ViewName.CELL, key, cell)
        self._around.open(view)

    def _resync(self) -> None:
        frame = self._channel.full()
        if frame is not None:
            self._canvas.show(frame)
