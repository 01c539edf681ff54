"""The overview: all managers, strings and cells on one screen."""

from __future__ import annotations

from bacs_hmi.canvas.overview import OverviewCanvas
from bacs_hmi.conclusions import worst_finding
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.views import View, ViewName


class OverviewPage:
    """Shows the overview until it is closed."""

    def __init__(self, around: Surroundings) -> None:
        channel = around.broadcast.overview()
        self._around = around
        canvas = OverviewCanvas(
            around.site,
            around.texts,
            channel.full(),
            self._findings(),
            on_open=lambda key: around.open(View(ViewName.STRING, key)),
            on_resync=self._resync,
        )
        self._channel = channel
        self._canvas = canvas
        self._leave = channel.join(canvas.show)

    def refresh(self, *, alarms_changed: bool) -> None:  # noqa: ARG002 - a page may need it
        """Say which cells stand out; the canvas follows the values by itself."""
        self._canvas.explain(self._findings())

    def close(self) -> None:
        """Stop the frames."""
        self._leave()

    def _findings(self) -> dict[str, str]:
        around = self._around
        told = {
            key: worst_finding(mirror, around.texts, around.numbers)
            for key, mirror in around.live.strings.items()
        }
        return {key: finding for key, finding in told.items() if finding}

    def _resync(self) -> None:
        frame = self._channel.full()
        if frame is not None:
            self._canvas.show(frame)
