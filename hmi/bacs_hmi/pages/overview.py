"""The overview: all managers, strings and cells on one screen."""

from __future__ import annotations

from bacs_hmi.canvas.overview import OverviewCanvas
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.views import View, ViewName


class OverviewPage:
    """Shows the overview until it is closed."""

    def __init__(self, around: Surroundings) -> None:
        channel = around.broadcast.overview()
        canvas = OverviewCanvas(
            around.site,
            around.texts,
            channel.full(),
            on_open=lambda key: around.open(View(ViewName.STRING, key)),
            on_resync=self._resync,
        )
        self._channel = channel
        self._canvas = canvas
        self._leave = channel.join(canvas.show)

    def refresh(self, *, alarms_changed: bool) -> None:
        """Do nothing: the canvas follows by itself."""

    def close(self) -> None:
        """Stop the frames."""
        self._leave()

    def _resync(self) -> None:
        frame = self._channel.full()
        if frame is not None:
            self._canvas.show(frame)
