"""The part of the settings about sticks: written by themselves, or only when somebody asks."""

from __future__ import annotations

from typing import Final

from bacs_core.api.messages import CommandName, SetStickExport
from bacs_hmi.choosing import OneOf, Option
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import box, button, label
from bacs_hmi.views import View, ViewName

ALONE: Final = "alone"
ASKED: Final = "asked"


class StickPart:
    """Shows and sets whether a stick is written unattended."""

    def __init__(self, around: Surroundings, view: View) -> None:  # noqa: ARG002 - one form only
        self._around = around
        texts = around.texts
        with box("bacs-form"):
            label(texts["stick_title"], tag="h2")
            self._state = label("", "bacs-spot-name")
            self._choice = OneOf(
                texts["stick_when"],
                [Option(ALONE, texts["stick_alone"]), Option(ASKED, texts["stick_asked"])],
                None,
                self._choose,
            )
            label(texts["stick_what"], "bacs-quiet", tag="p")
            if not around.may(CommandName.SET_STICK_EXPORT):
                label(texts["stick_administrator"], "bacs-quiet", tag="p")
            button(texts["stick_to_system"], self._to_system, "bacs-button bacs-action")

    def refresh(self, *, alarms_changed: bool) -> None:  # noqa: ARG002 - told of no alarm
        """Follow what the engine says, whatever was touched."""
        unattended = self._unattended()
        texts = self._around.texts
        if unattended is None:
            self._state.set_text(texts["stick_unknown"])
            self._choice.show(None)
            return
        self._state.set_text(texts["stick_alone_now" if unattended else "stick_asked_now"])
        self._choice.show(ALONE if unattended else ASKED)

    def _unattended(self) -> bool | None:
        told = self._around.live.annunciation
        return None if told is None or told.stick is None else told.stick.unattended

    def _choose(self, value: str) -> None:
        order = SetStickExport(enabled=value == ALONE)
        self._around.order(order, self._around.texts["stick_when"])

    def _to_system(self) -> None:
        self._around.open(View(ViewName.SYSTEM, part="stick"))
