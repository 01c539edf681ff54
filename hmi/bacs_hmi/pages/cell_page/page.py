"""The page of one cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Final

from bacs_core.api.history_client import HistoryClient
from bacs_core.api.history_messages import MaintenanceMessage
from bacs_core.model import Quantity, String, cell_label
from bacs_hmi import wording
from bacs_hmi.contents import value_of
from bacs_hmi.pages.cell_page import baseline as baselines
from bacs_hmi.pages.cell_page.baseline import Baseline
from bacs_hmi.pages.cell_page.happenings import EventsPart
from bacs_hmi.pages.cell_page.identify import IdentifyButton
from bacs_hmi.pages.cell_page.maintenance import MaintenancePart
from bacs_hmi.pages.cell_page.periods import Stretch, stretch_of
from bacs_hmi.pages.cell_page.sources import module_of
from bacs_hmi.pages.cell_page.trend import TrendPart
from bacs_hmi.pages.cell_page.values import ValuesPane
from bacs_hmi.pages.discharges.report import report_button
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import arrow, box, button, choose, label
from bacs_hmi.rereading import Patience
from bacs_hmi.views import View, ViewName

TREND, EVENTS, MAINTENANCE = "trend", "events", "maintenance"
_TABS: Final = {TREND: "trend", EVENTS: "events", MAINTENANCE: "maintenance"}
#: The first values of a history that a baseline is the mean of.
FIRST_DAYS: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Past:
    """What was done to a cell, and what the history has to compare its resistance with."""

    entries: list[MaintenanceMessage]
    baseline: Baseline | None


class CellPage:
    """Shows one cell (`view.cell`, from 1) of a string until it is closed."""

    def __init__(self, around: Surroundings, string: String, cell: int, view: View) -> None:
        self._around = around
        self._string = string
        self._cell = cell
        self._view = view
        self._quantity = self._first_quantity(view)
        self._stretch = stretch_of(view.part) or Stretch()
        self._tab = view.part if view.part in {EVENTS, MAINTENANCE} else TREND
        self._trend: TrendPart | None = None
        self._events: EventsPart | None = None
        self._maintenance: MaintenancePart | None = None
        self._identify: IdentifyButton | None = None
        self._past: _Past | None = None
        self._past_failed = ""
        self._patience = Patience(self._read_past)
        self._build_title()
        with box("bacs-cell-page"):
            self._values = ValuesPane(around, string, cell)
            self._side = box("bacs-cell-side")
        self._build_tab()
        self._read_past()

    def refresh(self, *, alarms_changed: bool) -> None:
        """Follow the newest values."""
        del alarms_changed
        self._values.refresh()
        self._patience.tick()
        self._tell_baseline()
        if self._trend is not None:
            self._trend.refresh()
        if self._events is not None:
            self._events.refresh()
        if self._maintenance is not None:
            self._maintenance.refresh()
        if self._identify is not None:
            self._identify.refresh()

    def close(self) -> None:
        """Nothing to stop."""

    def _build_title(self) -> None:
        around, texts, string = self._around, self._around.texts, self._string
        name = texts["cell_title"].format(cell=cell_label(self._cell, string.cell_count))
        with box("bacs-title bacs-past-title"):
            arrow("back", texts["back"], self._back)
            with box("bacs-title-text"):
                label(name, tag="h1")
                label(string.name, "bacs-quiet")
            lines = () if around.live.info is None else around.live.info.lines
            place = module_of(lines, string.key, self._cell)
            if place is not None:
                self._identify = IdentifyButton(around, place)
            with box("bacs-segments").props("role=group"):
                self._tabs = {
                    tab: button(texts[text], partial(self._turn, tab))
                    for tab, text in _TABS.items()
                }
            for step, text, way in ((-1, "previous_cell", "left"), (1, "next_cell", "right")):
                arrow(way, texts[text], partial(self._step, step))
        self._show_tabs()

    def _first_quantity(self, view: View) -> Quantity:
        """Return what the worst alarm of the cell is about, where nothing was chosen yet."""
        if view.part or view.quantity is not Quantity.VOLTAGE:
            return view.quantity
        alarms = self._around.live.alarms.values()
        about = wording.quantity_of_worst(alarms, self._string.key, self._cell)
        return view.quantity if about is None else about

    def _back(self) -> None:
        """Return to the string as it was left: its look, its order, at this cell."""
        self._around.open(replace(self._view, name=ViewName.STRING, part=""))

    def _step(self, step: int) -> None:
        cell = (self._cell - 1 + step) % self._string.cell_count + 1
        self._around.open(replace(self._view, cell=cell))

    def _turn(self, tab: str) -> None:
        self._tab = tab
        self._note(self._quantity)
        self._show_tabs()
        self._build_tab()

    def _note(self, quantity: Quantity) -> None:
        part = self._stretch.part() if self._tab == TREND else self._tab
        self._view = replace(self._view, part=part, quantity=quantity)
        self._around.note(self._view)

    def _show_tabs(self) -> None:
        for tab, element in self._tabs.items():
            choose(element, "chosen", tab == self._tab)
            element.props(f"aria-pressed={str(tab == self._tab).lower()}")

    def _build_tab(self) -> None:
        around, string, cell = self._around, self._string, self._cell
        self._side.clear()
        self._trend = self._events = self._maintenance = None
        with self._side:
            match self._tab:
                case "events":
                    self._events = EventsPart(around, string, cell)
                case "maintenance":
                    self._maintenance = MaintenancePart(around, string, cell, self._read_past)
                    report_button(around, string)
                case _:
                    self._trend = TrendPart(
                        around, string, cell, self._quantity, self._stretch, self._chosen
                    )
        self._show_past()

    def _chosen(self, quantity: Quantity, stretch: Stretch) -> None:
        self._stretch, self._quantity = stretch, quantity
        self._note(quantity)

    def _read_past(self) -> None:
        key, cell = self._string.key, self._cell
        self._around.ask.history(
            "past", lambda history: _read_past(history, key, cell), self._arrived, self._failed
        )

    def _arrived(self, past: _Past) -> None:
        self._past = past
        self._patience.over()
        self._show_past()

    def _failed(self, why: str) -> None:
        self._past_failed = why
        self._patience.failed()
        self._show_past()

    def _show_past(self) -> None:
        self._tell_baseline()
        past = self._past
        if self._trend is not None and past is not None:
            self._trend.set_baseline(self._baseline())
        if self._maintenance is not None:
            self._maintenance.show(None if past is None else past.entries, self._past_failed)

    def _baseline(self) -> Baseline | None:
        """Return what the resistance is compared with, once the history has told its part."""
        if self._past is None:
            return None
        mirror = self._around.live.strings[self._string.key]
        return baselines.chosen(self._past.baseline, baselines.learnt(mirror, self._cell - 1))

    def _tell_baseline(self) -> None:
        baseline = self._baseline()
        if baseline is None:
            return
        around, string = self._around, self._string
        mirror = around.live.strings[string.key]
        now_ohm = value_of(mirror, Quantity.RESISTANCE, self._cell - 1)
        self._values.tell_baseline(
            baselines.words(baseline, now_ohm, string.cell_voltage_v, around.texts, around.numbers)
        )


async def _read_past(history: HistoryClient, key: str, cell: int) -> _Past:
    entries = await history.maintenance(key, cell)
    return _Past(entries, await _baseline(history, key, cell, entries))


async def _baseline(
    history: HistoryClient, key: str, cell: int, entries: Sequence[MaintenanceMessage]
) -> Baseline | None:
    """Return the value of the exchange; else the mean of the first days that are known since."""
    exchanged = baselines.exchange(entries)
    known = None if exchanged is None else baselines.from_exchange(exchanged)
    if known is not None:
        return known
    start = (await history.extent()).first if exchanged is None else exchanged.at
    if start is None:
        return None
    series = await history.series(
        key, cell, Quantity.RESISTANCE.value, start, start + FIRST_DAYS, 1
    )
    return baselines.from_first_values(series)
