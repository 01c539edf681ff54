"""The page of one string: values, strip, table, and the panel of a touched cell."""

from __future__ import annotations

from functools import partial

from bacs_core.api.messages import CommandName
from bacs_core.model import String, TripState
from bacs_hmi import conclusions, wording
from bacs_hmi.canvas.string_table import StringTable
from bacs_hmi.conclusions import today_of, trip_of
from bacs_hmi.pages.cell import CellPanel
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.protection import ProtectionBand, SwitchOffSheet
from bacs_hmi.parts import arrow, box, button, choose, label
from bacs_hmi.views import Sort, View, ViewName


class StringPage:
    """Shows one string until it is closed."""

    def __init__(self, around: Surroundings, string: String, view: View) -> None:
        self._around = around
        self._string = string
        self._view = view
        self._panel: CellPanel | None = None
        self._build_title()
        self._protection = ProtectionBand(around, string)
        channel = around.broadcast.string(string.key)
        with box("bacs-string-body") as self._body:
            self._table = StringTable(
                string,
                around.texts,
                channel.full(),
                sort=view.sort.value,
                on_cell=self._open_cell,
                on_resync=self._resync,
            )
        self._channel = channel
        self._leave = channel.join(self._table.show)
        self._table.explain(self._reasons())
        self._table.say_mode(self._mode())
        if view.cell is not None and 1 <= view.cell <= string.cell_count:
            self._open_cell(view.cell)

    def refresh(self, *, alarms_changed: bool) -> None:
        """Follow the newest values in the cell panel; the canvas follows by itself."""
        if alarms_changed:
            self._table.explain(self._reasons())
        self._refresh_conclusions()
        self._table.say_mode(self._mode())
        self._protection.refresh()
        if self._panel is not None:
            self._panel.refresh(alarms_changed=alarms_changed)

    def close(self) -> None:
        """Stop the frames."""
        self._leave()

    def _build_title(self) -> None:
        around, texts, string = self._around, self._around.texts, self._string
        strings = around.site.strings
        place = next(index for index, other in enumerate(strings) if other.key == string.key)
        with box("bacs-title"):
            arrow("back", texts["back"], lambda: around.open(View()))
            with box("bacs-title-text"):
                label(string.name, tag="h1")
                label(self._facts(), "bacs-quiet")
                self._concluded = label("", "bacs-concluded")
            self._off = button(texts["protection"], self._switch_off)
            with box("bacs-segments").props("role=group"):
                self._sort_buttons = {
                    sort: button(texts[f"sort_{sort.value}"], partial(self._sort, sort))
                    for sort in Sort
                }
            for step, text, way in ((-1, "previous_string", "left"), (1, "next_string", "right")):
                other = strings[(place + step) % len(strings)]
                arrow(way, texts[text], partial(self._other, other.key))
        self._show_sort()
        self._refresh_conclusions()

    def _refresh_conclusions(self) -> None:
        """Say what is concluded of the string; offer to switch armed protection off."""
        around = self._around
        mirror = around.live.strings[self._string.key]
        told = conclusions.facts(mirror, around.texts, around.numbers, today_of(around.live))
        self._concluded.set_text(told)
        self._concluded.set_visibility(bool(told))
        state = trip_of(around.live, self._string.key).state
        may = around.may(CommandName.SWITCH_PROTECTION_OFF)
        self._off.set_visibility(may and state in {TripState.ARMED, TripState.DEFERRED})

    def _mode(self) -> str:
        mirror = self._around.live.strings[self._string.key]
        return conclusions.mode(mirror, self._around.texts)

    def _switch_off(self) -> None:
        SwitchOffSheet(self._around, self._string)

    def _other(self, key: str) -> None:
        self._around.open(View(ViewName.STRING, key, sort=self._view.sort))

    def _facts(self) -> str:
        string, numbers = self._string, self._around.numbers
        voltage = numbers.text(string.cell_voltage_v, 0 if string.cell_voltage_v % 1 == 0 else 1)
        return " · ".join(
            (
                f"{string.cell_count} × {voltage} V",
                f"{numbers.text(string.capacity_ah, 0)} Ah",
                string.module_type,
            )
        )

    def _sort(self, sort: Sort) -> None:
        self._view = View(ViewName.STRING, self._string.key, self._view.cell, sort)
        self._table.sort_by(sort.value)
        self._show_sort()
        self._around.note(self._view)

    def _show_sort(self) -> None:
        for sort, element in self._sort_buttons.items():
            chosen = sort is self._view.sort
            choose(element, "chosen", chosen)
            element.props(f"aria-pressed={str(chosen).lower()}")

    def _open_cell(self, cell: int) -> None:
        self._close_cell()
        with self._body:
            self._panel = CellPanel(
                self._around, self._string, cell, on_close=lambda: self._note_cell(None)
            )
        self._note_cell(cell)

    def _note_cell(self, cell: int | None) -> None:
        if cell is None:
            self._close_cell()
        self._table.highlight(cell)
        self._view = View(ViewName.STRING, self._string.key, cell, self._view.sort)
        self._around.note(self._view)

    def _close_cell(self) -> None:
        if self._panel is not None:
            self._panel.delete()
            self._panel = None

    def _reasons(self) -> dict[int, str]:
        """Name the worst alarm of each cell that has one."""
        around = self._around
        own = wording.worst_first(
            alarm
            for alarm in around.live.alarms.values()
            if alarm.string_key == self._string.key and alarm.active
        )
        return {
            alarm.cell: wording.rule(alarm, around.site, around.texts)
            for alarm in reversed(own)
            if alarm.cell is not None
        }

    def _resync(self) -> None:
        frame = self._channel.full()
        if frame is not None:
            self._table.show(frame)
