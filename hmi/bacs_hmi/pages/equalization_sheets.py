"""Sheets that ask for how long equalization is to pause, and in which mode it is to work.

A touch chooses, holding gives the order.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import partial
from typing import Final

from nicegui.element import Element

from bacs_core.api.messages import PauseEqualization, SetEqualizationMode
from bacs_core.model import EqualizationMode, String
from bacs_hmi import wording
from bacs_hmi.conclusions import today_of
from bacs_hmi.hold import hold_button
from bacs_hmi.pages.equalization_facts import modes_of
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import box, button, choose, label, sheet

#: For how long a pause can be chosen with one touch; the first is chosen from the beginning.
PAUSED_MINUTES: Final = (60, 8 * 60, 24 * 60)
_UNTIL_RESUMED: Final = "until_resumed"
_UNTIL_A_DAY: Final = "until_a_day"
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
            with box("bacs-choice bacs-fit").props("role=group"):
                self._choices: dict[int | str, Element] = {
                    minutes: button(
                        wording.duration(minutes, texts), partial(self._choose, minutes)
                    )
                    for minutes in PAUSED_MINUTES
                }
                self._choices[_UNTIL_RESUMED] = button(
                    texts["until_resumed"], partial(self._choose, _UNTIL_RESUMED)
                )
            label(texts["until_a_day"], "bacs-quiet")
            with box("bacs-choice bacs-days").props("role=group"):
                for step in DAY_STEPS[:2]:
                    self._step_button(step)
                self._until = button("", partial(self._choose, _UNTIL_A_DAY), "bacs-button until")
                self._choices[_UNTIL_A_DAY] = self._until
                for step in DAY_STEPS[2:]:
                    self._step_button(step)
            with box("bacs-actions"):
                button(texts["cancel"], around.over.clear)
                text = texts["pause_equalization"].rstrip(" …")
                hold_button(text, self._send, "bacs-button bacs-action primary")
        self._show_day()
        self._choose(PAUSED_MINUTES[0])

    def _step_button(self, step: int) -> None:
        texts = self._around.texts
        name = texts["days_later" if step > 0 else "days_earlier"].format(count=abs(step))
        text = f"{step:+d}".replace("-", "−")
        element = button(text, partial(self._move, step))
        element.props["aria-label"] = name

    def _move(self, days: int) -> None:
        """Move the day; a pause ends tomorrow at the earliest and in a year at the latest."""
        now = today_of(self._around.live)
        day = self._day + timedelta(days=days)
        self._day = max(_next_morning(now), min(day, _next_morning(now + LONGEST_PAUSE)))
        self._show_day()
        self._choose(_UNTIL_A_DAY)

    def _show_day(self) -> None:
        texts = self._around.texts
        shown = f"{self._day.astimezone():{texts['day_format']} %H:%M}"
        self._until.set_text(texts["trip_until"].format(until=shown))

    def _choose(self, choice: int | str) -> None:
        self._chosen = choice
        for each, element in self._choices.items():
            choose(element, "chosen", each == choice)

    def _end(self) -> datetime | None:
        """Return when the chosen pause ends; one for hours begins only now."""
        match self._chosen:
            case int(minutes):
                return today_of(self._around.live) + timedelta(minutes=minutes)
            case str(name) if name == _UNTIL_A_DAY:
                return self._day
        return None

    def _send(self) -> None:
        around = self._around
        around.over.clear()
        command = PauseEqualization(string_key=self._string.key, until=self._end())
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
