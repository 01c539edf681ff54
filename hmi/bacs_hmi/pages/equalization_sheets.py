"""Sheets that ask for how long equalization is to pause, and in which mode it is to work."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import partial
from typing import Final

from bacs_core.api.messages import PauseEqualization, SetEqualizationMode
from bacs_core.model import EqualizationMode, String
from bacs_hmi import wording
from bacs_hmi.conclusions import today_of
from bacs_hmi.hold import hold_button
from bacs_hmi.pages.equalization_facts import modes_of
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import box, button, choose, label, sheet

#: For how long a pause can be chosen with one touch.
PAUSED_MINUTES: Final = (60, 8 * 60, 24 * 60)
#: A pause until a day ends when people begin to work.
ENDS_AT: Final = time(8)
#: By so many days a touch moves the day.
DAY_STEPS: Final = (-7, -1, 1, 7)
LONGEST_PAUSE: Final = timedelta(days=366)


class PauseSheet:
    """Asks until when a string is to pause: some hours, a day in the calendar, or for good."""

    def __init__(self, around: Surroundings, string: String) -> None:
        self._around = around
        self._string = string
        self._day = _next_morning(today_of(around.live))
        texts = around.texts
        with sheet(around.over, texts["pause_title"].format(string=string.name)):
            label(texts["pause_means"], tag="p")
            with box("bacs-choice bacs-fit"):
                for minutes in PAUSED_MINUTES:
                    text = wording.duration(minutes, texts)
                    button(text, partial(self._for, minutes), "bacs-button bacs-action")
                button(texts["until_resumed"], lambda: self._send(None), "bacs-button bacs-action")
            label(texts["until_a_day"], "bacs-quiet")
            with box("bacs-choice bacs-days"):
                for step in DAY_STEPS[:2]:
                    self._step_button(step)
                self._until = button(
                    "", lambda: self._send(self._day), "bacs-button bacs-action until"
                )
                for step in DAY_STEPS[2:]:
                    self._step_button(step)
            with box("bacs-actions"):
                button(texts["cancel"], around.over.clear)
        self._move(0)

    def _step_button(self, step: int) -> None:
        texts = self._around.texts
        name = texts["days_later" if step > 0 else "days_earlier"].format(count=abs(step))
        element = button(f"{step:+d}".replace("-", "−"), partial(self._move, step))
        element.props["aria-label"] = name

    def _move(self, days: int) -> None:
        """Move the day; a pause ends tomorrow at the earliest and in a year at the latest."""
        now = today_of(self._around.live)
        day = self._day + timedelta(days=days)
        self._day = max(_next_morning(now), min(day, _next_morning(now + LONGEST_PAUSE)))
        texts = self._around.texts
        shown = f"{self._day.astimezone():{texts['day_format']} %H:%M}"
        self._until.set_text(texts["trip_until"].format(until=shown))

    def _for(self, minutes: int) -> None:
        self._send(today_of(self._around.live) + timedelta(minutes=minutes))

    def _send(self, until: datetime | None) -> None:
        around = self._around
        around.over.clear()
        command = PauseEqualization(string_key=self._string.key, until=until)
        around.order(command, around.texts["pause_equalization"].rstrip(" …"))


class ModeSheet:
    """Offers the modes that fit to a string; each says when it bypasses."""

    def __init__(self, around: Surroundings, string: String) -> None:
        self._around = around
        self._string = string
        texts = around.texts
        brain = around.live.strings[string.key].brain
        self._mode = string.equalization if brain is None else brain.mode
        with sheet(around.over, texts["mode_title"].format(string=string.name)):
            with box("bacs-modes").props("role=group"):
                self._modes = {each: self._offer(each) for each in modes_of(string)}
            with box("bacs-actions"):
                button(texts["cancel"], around.over.clear)
                hold_button(texts["set_this_mode"], self._send, "bacs-button bacs-action primary")
        self._choose(self._mode)

    def _offer(self, mode: EqualizationMode) -> object:
        texts = self._around.texts
        element = button("", partial(self._choose, mode), "bacs-button bacs-mode")
        with element:
            label(texts[f"mode_{mode.value}"], "bacs-mode-name")
            label(texts[f"mode_{mode.value}_means"], "bacs-quiet")
        return element

    def _choose(self, mode: EqualizationMode) -> None:
        self._mode = mode
        for each, element in self._modes.items():
            choose(element, "chosen", each is mode)  # type: ignore[arg-type]

    def _send(self) -> None:
        around = self._around
        around.over.clear()
        command = SetEqualizationMode(string_key=self._string.key, mode=self._mode)
        around.order(command, around.texts["set_this_mode"])


def _next_morning(now: datetime) -> datetime:
    """Return when the next day begins, as people here count it."""
    local = now.astimezone() + timedelta(days=1)
    return datetime.combine(local.date(), ENDS_AT).astimezone()
