"""The page of help: topics on one side, what is said on the other."""

from __future__ import annotations

from functools import partial

from nicegui.elements.mixins.text_element import TextElement

from bacs_core.model import AlarmSeverity
from bacs_hmi.pages.help.legend import legend
from bacs_hmi.pages.help.topics import (
    EMERGENCY,
    MARKS,
    emergency_steps,
    paragraphs,
    topics,
    whom_to_call,
)
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import arrow, box, button, choose, label, symbol
from bacs_hmi.views import View, ViewName

#: Views that need no further name; the help leads straight to them.
OPENED: frozenset[ViewName] = frozenset(ViewName) - {
    ViewName.STRING,
    ViewName.CELL,
    ViewName.DISCHARGE,
    ViewName.HELP,
}


class HelpPage:
    """Shows one topic; `View.part` names it. All of it is on this computer."""

    def __init__(self, around: Surroundings, view: View) -> None:
        self._around = around
        texts = around.texts
        known = topics(texts)
        names = {topic.name for topic in known}
        self._part = view.part if view.part in names else EMERGENCY
        self._tabs: dict[str, TextElement] = {}
        with box("bacs-title"):
            arrow("back", texts["back"], self._back)
            with box("bacs-title-text"):
                label(texts["help"], tag="h1")
        with box("bacs-handbook"):
            with box("bacs-handbook-topics", "nav"):
                for topic in known:
                    self._tabs[topic.name] = button(topic.title, partial(self._go, topic.name))
            self._body = box("bacs-handbook-text", "article").props("tabindex=0")
        self._build()

    def refresh(self, *, alarms_changed: bool) -> None:
        """Nothing here changes."""

    def close(self) -> None:
        """Nothing to stop."""

    def _back(self) -> None:
        """Go back to the view that the topic is about, else to the menu."""
        view = next((name for name in OPENED if name.value == self._part), ViewName.MENU)
        self._around.open(View(view))

    def _go(self, part: str) -> None:
        self._part = part
        self._around.note(View(ViewName.HELP, part=part))
        self._build()

    def _build(self) -> None:
        texts = self._around.texts
        for name, tab in self._tabs.items():
            choose(tab, "chosen", name == self._part)
        self._body.clear()
        with self._body:
            if self._part == EMERGENCY:
                self._emergency()
                return
            if self._part == MARKS:
                legend(texts)
                return
            label(self._tabs[self._part].text, tag="h2")
            for text in paragraphs(self._part, texts):
                label(text, tag="p")
            with box("bacs-buttons"):
                button(texts["help_title_marks"], partial(self._go, MARKS))

    def _emergency(self) -> None:
        texts = self._around.texts
        with box("bacs-handbook-emergency"):
            symbol(AlarmSeverity.ALARM)
            label(texts["help_title_emergency"], tag="h2")
        info = self._around.live.info
        contact = "" if info is None else info.contact
        if contact:
            label(whom_to_call(contact, texts), "bacs-spot-name", tag="p")
        label(texts["emergency_when"], tag="p")
        with box("bacs-numbered large", "ol"):
            for step in emergency_steps(texts):
                label(step, tag="li")
        label(texts["emergency_limits"], tag="p")
        if not contact:
            label(whom_to_call(contact, texts), tag="p")
