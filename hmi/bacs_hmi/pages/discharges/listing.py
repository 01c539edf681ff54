"""The list of discharges: of a string or of all, what runs on top, then the newest first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from nicegui.elements.mixins.text_element import TextElement

from bacs_core.api.discharge_messages import Discharge, DischargeAnalysis
from bacs_core.api.history_client import HistoryClient
from bacs_core.model import AlarmSeverity, ChargePhase
from bacs_hmi.charts.reading import ReadingNote
from bacs_hmi.conclusions import today_of
from bacs_hmi.pages.discharges import telling
from bacs_hmi.pages.discharges.report import report_button
from bacs_hmi.pages.discharges.running import row_facts
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import arrow, box, button, label, sheet, symbol
from bacs_hmi.rereading import Patience
from bacs_hmi.views import View, ViewName
from bacs_hmi.wording import string_of

ROWS: Final = 20
#: While one runs, the list is read this often; else only when a discharge begins or ends.
READ_EVERY_S: Final = 15.0
READ_IDLE_S: Final = 120.0


class DischargesPage:
    """Shows the discharges of the string that `view` names, or of all strings."""

    def __init__(self, around: Surroundings, view: View) -> None:
        self._around = around
        self._string = string_of(around.site, view.key)
        self._told: list[Discharge] | None = None
        self._shown = ROWS
        self._lowest: dict[int, str] = {}
        self._lowest_labels: dict[int, TextElement] = {}
        self._analyses: dict[int, DischargeAnalysis] = {}
        """Of those that run."""
        self._facts: dict[int, dict[str, _Labels]] = {}
        """Of those that run, by the names of `row_facts`."""
        self._read_at = 0.0
        self._running: frozenset[str] = frozenset()
        self._patience = Patience(self._read_lowest)
        self._build_title()
        self._note = ReadingNote(around.texts, self._read)
        self._rows = box("bacs-discharges")
        self._read()

    def refresh(self, *, alarms_changed: bool) -> None:
        """Read again when a discharge began or ended, and now and then while one runs."""
        del alarms_changed
        self._note.tick()
        self._patience.tick()
        running = self._in_discharge()
        every_s = READ_EVERY_S if self._any_runs() else READ_IDLE_S
        if running != self._running or self._now() - self._read_at > every_s:
            self._read()
        for one in self._told or []:
            if one.id in self._facts:
                self._tell_running(one)

    def close(self) -> None:
        """Nothing to stop."""

    def _build_title(self) -> None:
        around, texts, string = self._around, self._around.texts, self._string
        with box("bacs-title"):
            if string is not None:
                back = View(ViewName.STRING, string.key)
                arrow("back", texts["back"], lambda: around.open(back))
            with box("bacs-title-text"):
                label(texts["discharges"], tag="h1")
                label(texts["all_strings"] if string is None else string.name, "bacs-quiet")
            if string is not None:
                report_button(around, string)
            if len(around.site.strings) > 1:
                button(texts["choose_string_of_list"], self._choose)

    def _choose(self) -> None:
        around, texts = self._around, self._around.texts
        with sheet(around.over, texts["choose_string_of_list"]):
            with box("bacs-string-choice"):
                button(texts["all_strings"], partial(self._open_list, ""))
                for string in around.site.strings:
                    button(string.name, partial(self._open_list, string.key))
            with box("bacs-actions"):
                button(texts["cancel"], around.over.clear)

    def _open_list(self, key: str) -> None:
        self._around.over.clear()
        self._around.open(View(ViewName.DISCHARGES, key))

    def _read(self) -> None:
        self._read_at = self._now()
        self._running = self._in_discharge()
        if self._told is None:
            self._note.reading()
        key = None if self._string is None else self._string.key
        self._around.ask.history(
            "discharges", lambda history: history.discharges(key), self._arrived, self._failed
        )

    def _failed(self, why: str) -> None:
        if self._told is None:
            self._note.failed(why)

    def _arrived(self, told: list[Discharge]) -> None:
        if told == self._told:
            return
        self._told = told
        texts = self._around.texts
        self._note.say("" if told else texts["no_discharges"])
        self._build_rows()

    def _build_rows(self) -> None:
        told = self._in_order()
        self._rows.clear()
        self._lowest_labels.clear()
        self._facts.clear()
        with self._rows:
            for one in told[: self._shown]:
                self._row(one)
            if len(told) > self._shown:
                button(self._around.texts["older_discharges"], self._more)
        self._read_lowest()

    def _in_order(self) -> list[Discharge]:
        return sorted(self._told or [], key=lambda one: one.ended_at is not None)

    def _more(self) -> None:
        self._shown += ROWS
        self._build_rows()

    def _row(self, told: Discharge) -> None:
        around, texts, numbers = self._around, self._around.texts, self._around.numbers
        running = told.ended_at is None
        name = telling.started(told, today_of(around.live), texts)
        with box("bacs-discharge", "button").props("type=button") as row:
            row.props(f"data-discharge={told.id}")
            if running:
                row.classes("running")
            with box("bacs-discharge-when"):
                label(name, "bacs-discharge-start")
                label(told.battery.name, "bacs-quiet")
            lasted = _fact(texts["discharge_duration"], telling.lasted(told, texts))
            depth = telling.depth(told.figures, texts, numbers)
            drawn = _fact(texts["discharge_drawn"], depth)
            lowest = _fact(texts["discharge_lowest"], self._lowest.get(told.id, ""))
            if running:
                self._facts[told.id] = {
                    "discharge_duration": lasted,
                    "discharge_drawn": drawn,
                    "discharge_lowest": lowest,
                }
                self._tell_running(told)
            else:
                self._lowest_labels[told.id] = lowest.value
            with box("bacs-discharge-end"):
                if running:
                    symbol(AlarmSeverity.WARNING)
                with box("bacs-discharge-words"):
                    label(telling.outcome(told, texts), "bacs-discharge-outcome")
                    label(telling.kind(told, texts), "bacs-quiet")
        row.on("click", lambda _: around.open(View(ViewName.DISCHARGE, number=told.id)))

    def _tell_running(self, told: Discharge) -> None:
        """Tell the figures of now of a discharge that runs, and how old the others are."""
        around = self._around
        shown = row_facts(
            told, self._analyses.get(told.id), around.live, around.texts, around.numbers
        )
        for name, fact in shown.items():
            labels = self._facts[told.id][name]
            labels.heading.set_text(fact.heading)
            labels.value.set_text(fact.value)

    def _read_lowest(self) -> None:
        """Read which cell was lowest: only the analysis of each discharge knows it."""
        self._patience.over()
        shown = self._in_order()[: self._shown]
        wanted = [one.id for one in shown if one.ended_at is None or one.id not in self._lowest]
        if wanted:
            self._around.ask.history(
                "lowest",
                lambda history: _analyses(history, wanted, self._lowest_arrived),
                lambda _: None,
                lambda _: self._patience.failed(),
            )

    def _lowest_arrived(self, analysis: DischargeAnalysis) -> None:
        number = analysis.discharge.id
        texts, numbers = self._around.texts, self._around.numbers
        if analysis.discharge.ended_at is None:
            self._analyses[number] = analysis
            return
        self._lowest[number] = telling.lowest_cell(analysis, texts, numbers)
        if number in self._lowest_labels:
            self._lowest_labels[number].set_text(self._lowest[number])

    def _any_runs(self) -> bool:
        return any(one.ended_at is None for one in self._told or [])

    def _in_discharge(self) -> frozenset[str]:
        return frozenset(
            key
            for key, mirror in self._around.live.strings.items()
            if mirror.brain is not None and mirror.brain.phase is ChargePhase.DISCHARGE
        )

    def _now(self) -> float:
        return self._around.live.at or 0.0


async def _analyses(
    history: HistoryClient, numbers: list[int], arrived: Callable[[DischargeAnalysis], None]
) -> None:
    """Read the analyses one after the other, so that the engine has time for others."""
    for number in numbers:
        arrived(await history.discharge(number))


@dataclass(frozen=True, slots=True)
class _Labels:
    """Heading and value of one figure of a row."""

    heading: TextElement
    value: TextElement


def _fact(name: str, value: str) -> _Labels:
    with box("bacs-discharge-fact"):
        return _Labels(label(name, "bacs-quiet"), label(value, "bacs-discharge-value"))
