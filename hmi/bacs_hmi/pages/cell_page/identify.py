"""Lets the LED of the module of a cell blink, and says until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from bacs_core.api.messages import CommandName, CommandResult, Identify
from bacs_hmi.conclusions import today_of
from bacs_hmi.format import clock
from bacs_hmi.pages.cell_page.sending import send
from bacs_hmi.pages.cell_page.sources import ModulePlace
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import button, choose

#: Long enough to walk around a rack.
BLINK_S: Final = 60
_CLASSES: Final = "bacs-button bacs-action"


class IdentifyButton:
    """A button that starts the blinking, and ends it while it lasts."""

    def __init__(self, around: Surroundings, place: ModulePlace) -> None:
        self._around = around
        self._place = place
        self._until: datetime | None = None
        self._button = button(around.texts["cell_identify"], self._touched, _CLASSES)
        self.refresh()

    def refresh(self) -> None:
        """Say until when it blinks; offer it only to who may."""
        texts = self._around.texts
        if self._until is not None and self._until <= today_of(self._around.live):
            self._until = None
        blinks = self._until is not None
        self._button.set_visibility(self._around.may(CommandName.IDENTIFY))
        self._button.set_text(
            texts["cell_identify"]
            if self._until is None
            else texts["cell_identify_until"].format(until=clock(self._until))
        )
        choose(self._button, "primary", blinks)

    def _touched(self) -> None:
        seconds = BLINK_S if self._until is None else 0
        command = Identify(line_id=self._place.line_id, unit=self._place.unit, seconds=seconds)

        def done(result: CommandResult) -> None:
            self._until = result.at + timedelta(seconds=seconds) if seconds else None
            self.refresh()

        send(self._around, command, self._around.texts["cell_identify"], done)
