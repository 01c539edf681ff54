"""The events of one cell, the newest first."""

from __future__ import annotations

from typing import Final

from bacs_core.api.history_messages import EventMessage, EventPage, EventQuery
from bacs_core.model import String
from bacs_hmi.charts.reading import ReadingNote
from bacs_hmi.conclusions import today_of
from bacs_hmi.event_wording import event_words
from bacs_hmi.format import minute_of
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import box, button, label, symbol

PAGE: Final = 25


class EventsPart:
    """Reads the events of a cell (from 1) page by page."""

    def __init__(self, around: Surroundings, string: String, cell: int) -> None:
        self._around = around
        self._string = string
        self._cell = cell
        self._before: int | None = None
        self._any = False
        with box("bacs-events"):
            self._note = ReadingNote(around.texts, self._read)
            self._rows = box("bacs-event-rows")
            self._older = button(around.texts["older_events_of_cell"], self._read)
        self._older.set_visibility(False)
        self._read()

    def refresh(self) -> None:
        """What was read stays until the part is opened anew."""
        self._note.tick()

    def _read(self) -> None:
        self._note.reading()
        wanted = EventQuery(
            string=self._string.key, cell=self._cell, limit=PAGE, before=self._before
        )
        self._around.ask.history(
            "events", lambda history: history.events(wanted), self._arrived, self._note.failed
        )

    def _arrived(self, page: EventPage) -> None:
        self._before = page.next_before
        self._any |= bool(page.events)
        self._note.say("" if self._any else self._around.texts["no_events_of_cell"])
        self._older.set_visibility(page.next_before is not None)
        with self._rows:
            for event in page.events:
                self._row(event)

    def _row(self, event: EventMessage) -> None:
        around = self._around
        at = event.corrected_at or event.at
        with box("bacs-cell-event"):
            symbol(event.severity)
            label(
                minute_of(at, today_of(around.live), around.texts["day_format"]),
                "bacs-quiet bacs-event-at",
            )
            with box("bacs-event-words"):
                label(event_words(event, around.site, around.texts, around.numbers))
                if event.by:
                    label(around.texts["event_by"].format(name=event.by), "bacs-quiet")
