"""One discharge: how it goes or went, replayed, cell by cell, and against another one."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from nicegui.elements.mixins.text_element import TextElement

from bacs_core.api.discharge_messages import DischargeAnalysis
from bacs_hmi.charts.reading import ReadingNote
from bacs_hmi.pages.discharges import telling
from bacs_hmi.pages.discharges.cells import CellsPart
from bacs_hmi.pages.discharges.comparing import ComparePart
from bacs_hmi.pages.discharges.live import LivePart
from bacs_hmi.pages.discharges.part import Part
from bacs_hmi.pages.discharges.replaying import ReplayPart
from bacs_hmi.pages.discharges.running import facts
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import arrow, box, button, choose, label
from bacs_hmi.views import View, ViewName
from bacs_hmi.wording import string_of

REPLAY, CELLS, COMPARE = "", "cells", "compare"
_PARTS: Final = {
    REPLAY: "discharge_replay",
    CELLS: "discharge_cells",
    COMPARE: "discharge_compare",
}
#: The engine works a running discharge out anew once a minute: so much later it is here at most.
READ_EVERY_S: Final = 15.0


class DischargePage:
    """Shows the discharge `view.number`."""

    def __init__(self, around: Surroundings, view: View) -> None:
        self._around = around
        self._view = view if view.part in _PARTS else replace(view, part=REPLAY)
        self._analysis: DischargeAnalysis | None = None
        self._part: Part | None = None
        self._read_at = 0.0
        self._build_title()
        self._facts = box("bacs-discharge-figures")
        self._told: dict[str, tuple[TextElement, TextElement]] = {}
        self._remarks = label("", "bacs-discharge-remarks bacs-quiet")
        self._remarks.set_visibility(False)
        self._note = ReadingNote(around.texts, self._read)
        self._body = box("bacs-discharge-body")
        self._read()

    def refresh(self, *, alarms_changed: bool) -> None:
        """Follow what runs."""
        del alarms_changed
        self._note.tick()
        runs = self._analysis is not None and not self._analysis.final
        if runs and self._now() - self._read_at > READ_EVERY_S:
            self._read()
        if runs:
            self._tell_figures()
        if self._part is not None:
            self._part.refresh()

    def close(self) -> None:
        """Nothing to stop."""

    def _build_title(self) -> None:
        texts = self._around.texts
        with box("bacs-title bacs-past-title"):
            arrow("back", texts["back"], self._back)
            with box("bacs-title-text"):
                self._name = label(texts["discharge"], tag="h1")
                self._when = label("", "bacs-quiet")
            with box("bacs-segments").props("role=group"):
                self._tabs: dict[str, TextElement] = {
                    part: button(texts[text], partial(self._turn, part))
                    for part, text in _PARTS.items()
                }
            self._to_string = button(texts["string_page"], self._open_string)
        self._to_string.set_visibility(False)
        self._show_tabs()

    def _back(self) -> None:
        self._around.open(View(ViewName.DISCHARGES, self._view.key))

    def _open_string(self) -> None:
        if self._analysis is not None:
            key = self._analysis.discharge.battery.string_key
            self._around.open(View(ViewName.STRING, key))

    def _turn(self, part: str) -> None:
        self._view = replace(self._view, part=part)
        self._around.note(self._view)
        self._show_tabs()
        self._build_part()

    def _note_other(self, other: int | None) -> None:
        self._view = replace(self._view, other=other)
        self._around.note(self._view)

    def _show_tabs(self) -> None:
        for part, tab in self._tabs.items():
            chosen = part == self._view.part
            choose(tab, "chosen", chosen)
            tab.props(f"aria-pressed={str(chosen).lower()}")

    def _read(self) -> None:
        number = self._view.number
        if number is None:
            self._note.say(self._around.texts["no_such_discharge"])
            return
        self._read_at = self._now()
        if self._analysis is None:
            self._note.reading()
        self._around.ask.history(
            "discharge", lambda history: history.discharge(number), self._arrived, self._failed
        )

    def _failed(self, why: str) -> None:
        if self._analysis is None:
            self._note.failed(why)

    def _arrived(self, analysis: DischargeAnalysis) -> None:
        was, self._analysis = self._analysis, analysis
        self._note.say("")
        self._tell(analysis)
        if was is None or was.final != analysis.final:
            self._build_part()
        elif self._part is not None:
            self._part.follow(analysis)

    def _tell(self, analysis: DischargeAnalysis) -> None:
        texts = self._around.texts
        told = analysis.discharge
        self._name.set_text(told.battery.name)
        kind = telling.kind(told, texts)
        when = telling.began_exactly(told, texts)
        self._when.set_text(f"{kind} · {when}" if kind else when)
        known = string_of(self._around.site, told.battery.string_key) is not None
        self._to_string.set_visibility(known)
        live = not analysis.final
        self._tabs[REPLAY].set_text(texts["discharge_live" if live else "discharge_replay"])
        self._tell_figures()
        remarks = " · ".join(telling.remarks(told, texts))
        self._remarks.set_text(remarks)
        self._remarks.set_visibility(bool(remarks))

    def _tell_figures(self) -> None:
        around = self._around
        if self._analysis is None:
            return
        for name, fact in facts(self._analysis, around.live, around.texts, around.numbers).items():
            if name not in self._told:
                with self._facts, box("bacs-discharge-figure").props(f"data-fact={name}"):
                    self._told[name] = (
                        label("", "bacs-quiet"),
                        label("", "bacs-discharge-figure-value"),
                    )
            heading, value = self._told[name]
            heading.set_text(fact.heading)
            value.set_text(fact.value)

    def _build_part(self) -> None:
        analysis = self._analysis
        self._body.clear()
        self._part = None
        if analysis is None:
            return
        around, view = self._around, self._view
        with self._body:
            match view.part:
                case "cells":
                    self._part = CellsPart(around, analysis)
                case "compare":
                    self._part = ComparePart(around, analysis, view.other, self._note_other)
                case _ if analysis.final:
                    self._part = ReplayPart(around, analysis)
                case _:
                    self._part = LivePart(around, analysis)

    def _now(self) -> float:
        return self._around.live.at or 0.0
