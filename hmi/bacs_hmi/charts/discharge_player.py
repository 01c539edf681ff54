"""The player of a recorded discharge: one replay goes to the browser, which plays it by itself."""

from __future__ import annotations

from typing import Any

from nicegui.element import Element

from bacs_hmi.charts.line_chart import LIBRARIES


class DischargePlayer(Element, component="discharge_player.js", dependencies=LIBRARIES):
    """Plays what `plan` holds (`pages.discharges.pictures.player_plan`)."""

    def __init__(self, plan: dict[str, Any]) -> None:
        super().__init__()
        self.classes("bacs-player-box")
        self._props["plan"] = plan
