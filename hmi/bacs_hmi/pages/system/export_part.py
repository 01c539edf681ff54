"""The part about the stick: what is on it, the copy with its progress, and what it contains."""

from __future__ import annotations

from typing import Final

from bacs_core.api.messages import CommandName, ExportToStick, StickStatus
from bacs_core.stick.states import StickPhase, StickProblem
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import box, button, choose, label
from bacs_hmi.stick import AT_WORK, OFFERED, waiting, words
from bacs_hmi.views import View, ViewName

#: What stands on a stick afterwards.
CONTENTS: Final = (
    "export_datalog",
    "export_event",
    "export_system",
    "export_cells",
    "export_backup",
)


class ExportPart:
    """Shows the stick that is plugged in; a copy can be asked for while it is not being written."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        texts = around.texts
        with box("bacs-form"):
            label(texts["stick_title"], tag="h2")
            with box("bacs-export").props("role=status") as self._band:
                self._words = label("", "bacs-spot-name")
                self._more = label("", "bacs-quiet")
                with box("bacs-meter large") as self._meter:
                    self._filled = box("bacs-meter-filled")
            with box("bacs-buttons"):
                what = texts["export_now"]
                self._copy = button(
                    what,
                    lambda: around.order(ExportToStick(), what),
                    "bacs-button bacs-action primary",
                )
                button(
                    texts["stick_to_setting"],
                    lambda: around.open(View(ViewName.SETTINGS, part="stick")),
                    "bacs-button bacs-action",
                )
        with box("bacs-form"):
            label(texts["export_contents"], tag="h2")
            with box("bacs-dots", "ul"):
                for name in CONTENTS:
                    label(texts[name], tag="li")
            label(texts["export_how"], "bacs-quiet", tag="p")

    def refresh(self) -> None:
        """Follow the copy."""
        around, texts = self._around, self._around.texts
        annunciation = around.live.annunciation
        told = None if annunciation is None else annunciation.stick
        self._words.set_text(stick_words(told, around))
        self._more.set_text("" if told is None else waiting(told, texts))
        at_work = told is not None and told.phase in AT_WORK
        choose(self._band, "failed", told is not None and told.phase is StickPhase.PROBLEM)
        self._meter.set_visibility(at_work)
        if told is not None:
            self._filled.style(f"width: {told.percent}%")
        self._copy.set_visibility(
            told is not None
            and told.phase in OFFERED
            and told.problem is not StickProblem.PULLED
            and around.may(CommandName.EXPORT_TO_STICK)
        )
        if at_work:
            self._band.props("data-stay")
        else:
            self._band.props(remove="data-stay")


def stick_words(told: StickStatus | None, around: Surroundings) -> str:
    """Say how the stick stands, also where there is none."""
    if told is None:
        return around.texts["stick_unknown"]
    if told.phase is StickPhase.NONE:
        return around.texts["stick_none"]
    return words(told, around.texts, around.numbers)
