"""The history of alarms, commands, settings and the system, as far as somebody asks for it.

What is asked for stands in the address: `part` is `history/SPAN/KINDS/SEVERITY`, `key` the string
and `number` the event before which the page begins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Self

from bacs_core.api.history_messages import EventMessage, EventPage, EventQuery
from bacs_core.model import AlarmSeverity
from bacs_hmi import wording
from bacs_hmi.conclusions import today_of
from bacs_hmi.event_wording import GROUPS, event_group, event_place, event_words
from bacs_hmi.format import day_and_clock
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import arrow, box, button, choose, label, sheet, symbol
from bacs_hmi.rereading import Patience
from bacs_hmi.texts import Texts
from bacs_hmi.views import View, ViewName

PER_PAGE: Final = 8
_COMMAND_LINE: Final = re.compile(r"command line \((?P<name>.+)\)")
#: A span of time in days, as it stands in the address; `None` is everything.
SPANS: Final[Mapping[str, int | None]] = {"today": 0, "7d": 7, "30d": 30, "all": None}
KINDS: Final = ("every", *GROUPS)
SEVERITIES: Final[Mapping[str, AlarmSeverity | None]] = {
    "any": None,
    "warning": AlarmSeverity.WARNING,
    "alarm": AlarmSeverity.ALARM,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for."""

    span: str = "7d"
    kinds: str = "every"
    severity: str = "any"
    string_key: str = ""
    before: int | None = None

    @classmethod
    def of(cls, view: View) -> Self:
        """Read it from an address; what is not understood is as usual."""
        told = [*view.part.split("/")[1:], "", "", ""]
        return cls(
            told[0] if told[0] in SPANS else cls().span,
            told[1] if told[1] in KINDS else cls().kinds,
            told[2] if told[2] in SEVERITIES else cls().severity,
            view.key,
            view.number,
        )

    def view(self) -> View:
        """Write it as an address."""
        part = f"history/{self.span}/{self.kinds}/{self.severity}"
        return View(ViewName.ALARMS, self.string_key, part=part, number=self.before)

    def query(self, now: datetime, limit: int) -> EventQuery:
        """Ask the engine for it; "today" begins at midnight of this place."""
        return EventQuery(
            start=self._start(now),
            string=self.string_key or None,
            kind=GROUPS.get(self.kinds, ()),
            severity=SEVERITIES[self.severity],
            limit=limit,
            before=self.before,
        )

    def _start(self, now: datetime) -> datetime | None:
        days = SPANS[self.span]
        if days is None:
            return None
        if days == 0:
            return now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        return now - timedelta(days=days)


class HistoryPart:
    """Shows one page of events; the newest first."""

    def __init__(self, around: Surroundings, view: View) -> None:
        self._around = around
        self._wanted = Wanted.of(view)
        self._older: int | None = None
        self._newer: list[int | None] = []
        self._events: list[EventMessage] = []
        self._is_asking = False
        self._patience = Patience(self._ask)
        texts = around.texts
        with box("bacs-toolbar bacs-filters"):
            for name, choices in self._choices().items():
                choice = button("", partial(self._choose, name, choices))
                choice.classes("bacs-filter").props("aria-haspopup=dialog")
                with choice:
                    label(texts[f"filter_{name}"], "bacs-quiet")
                    label(self._chosen(name, choices), "bacs-filter-value")
            with box("bacs-turn"):
                self._back = arrow("up", texts["newer_events"], self._turn_newer)
                self._forward = arrow("down", texts["older_events"], self._turn_older)
        with box("bacs-scrolled"):
            self._told = label("", "bacs-nothing").props("role=status")
            self._again = button(texts["try_again"], self._ask_anew)
            self._list = box("bacs-happenings", "ul")
        self._ask_anew()

    def refresh(self, *, alarms_changed: bool) -> None:
        """Read the newest page again when alarms changed, any page after it failed."""
        self._patience.tick()
        if alarms_changed and self._wanted.before is None and not self._is_asking:
            self._ask()

    def _choices(self) -> dict[str, Sequence[tuple[str, str]]]:
        """Return what can be chosen in each filter: a value and its text."""
        texts, site = self._around.texts, self._around.site
        strings = [(string.key, string.name) for string in site.strings]
        return {
            "span": [(span, texts[f"span_{span}"]) for span in SPANS],
            "kinds": [(kind, texts[f"events_{kind}"]) for kind in KINDS],
            "severity": [(name, texts[f"severities_{name}"]) for name in SEVERITIES],
            "string_key": [("", texts["every_place"]), *strings],
        }

    def _chosen(self, name: str, choices: Sequence[tuple[str, str]]) -> str:
        value = str(getattr(self._wanted, name))
        return dict(choices).get(value, value)

    def _choose(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        """Let somebody choose a value of a filter."""
        around, texts = self._around, self._around.texts
        current = getattr(self._wanted, name)
        with sheet(around.over, texts[f"filter_{name}"]):
            with box("bacs-choice bacs-long-choice").props("role=group"):
                for value, text in choices:
                    element = button(text, partial(self._set, name, value))
                    choose(element, "chosen", value == current)
            with box("bacs-actions"):
                button(texts["cancel"], around.over.clear)

    def _set(self, name: str, value: str) -> None:
        self._around.over.clear()
        # The event at which the page began belongs to another selection.
        changes: dict[str, Any] = {"before": None, name: value}
        wanted = replace(self._wanted, **changes)
        self._around.open(wanted.view())

    def _ask_anew(self) -> None:
        """Ask and say so; what is asked again by itself leaves the words of the failure."""
        self._again.set_visibility(False)
        self._told.set_text(self._around.texts["events_being_read"])
        self._ask()

    def _ask(self) -> None:
        self._is_asking = True
        self._patience.over()
        query = self._wanted.query(today_of(self._around.live), PER_PAGE)
        self._around.ask.history(
            "events", lambda history: history.events(query), self._answered, self._failed
        )

    def _answered(self, page: EventPage) -> None:
        texts = self._around.texts
        self._is_asking = False
        self._older = page.next_before
        self._told.set_text("" if page.events else texts["no_events"])
        self._again.set_visibility(False)
        self._show_arrows()
        if page.events == self._events:
            return
        self._events = page.events
        self._list.clear()
        with self._list:
            for event in page.events:
                self._row(event)

    def _failed(self, words: str) -> None:
        self._is_asking = False
        self._events = []
        self._list.clear()
        self._told.set_text(words)
        self._again.set_visibility(True)
        self._show_arrows()
        self._patience.failed()

    def _show_arrows(self) -> None:
        for element, wanted in (
            (self._back, self._wanted.before is not None),
            (self._forward, self._older is not None),
        ):
            element.props(remove="disabled") if wanted else element.props("disabled")

    def _row(self, event: EventMessage) -> None:
        around, texts = self._around, self._around.texts
        place = event_place(event, around.site, texts)
        with box(f"bacs-happening {event_group(event.kind)}", "li").props(f"data-event={event.id}"):
            with box("bacs-happening-when"):
                at = event.corrected_at or event.at
                label(day_and_clock(at, texts["day_format"]))
                if event.corrected_at is not None:
                    label(texts["clock_corrected"], "bacs-quiet")
            with box("bacs-happening-mark"):
                if event.severity is not None:
                    symbol(event.severity, hollow=not event.kind.endswith("_raised"))
            with box("bacs-happening-text"):
                label(place.name or around.site.name, "bacs-happening-place")
                words = event_words(event, around.site, texts, around.numbers, self._devices())
                label(words, "bacs-happening-words")
            label(_by(event, texts), "bacs-happening-by bacs-quiet")
            with box("bacs-happening-go"):
                string = wording.string_of(around.site, place.string_key)
                if string is not None:
                    self._way(string.key, place.cell)

    def _devices(self) -> dict[str, str]:
        info = self._around.live.info
        return {} if info is None else {each.id: each.name for each in info.accessories}

    def _way(self, key: str, cell: int | None) -> None:
        around, texts = self._around, self._around.texts
        if cell is None:
            view, name = View(ViewName.STRING, key), texts["to_string"]
        else:
            view, name = View(ViewName.CELL, key, cell), texts["to_cell"]
        arrow("right", name, lambda: around.open(view))

    def _turn_older(self) -> None:
        if self._older is not None:
            self._newer.append(self._wanted.before)
            self._turn(self._older)

    def _turn_newer(self) -> None:
        # After a reload nobody knows where the page before began: it goes to the newest.
        self._turn(self._newer.pop() if self._newer else None)

    def _turn(self, before: int | None) -> None:
        self._wanted = replace(self._wanted, before=before)
        self._events = []
        self._list.clear()
        self._around.note(self._wanted.view())
        self._ask_anew()


def _by(event: EventMessage, texts: Texts) -> str:
    """Name who did it; what nobody did has no name."""
    if event.by is None:
        return ""
    found = _COMMAND_LINE.fullmatch(event.by)
    if found is not None:
        return texts["told_by_command_line"].format(name=found["name"])
    return texts.get(f"done_by_{event.by}", event.by)
