"""The page of one string: its values, its cells in any look, and the panel of a touched cell."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from bacs_core.api.messages import CommandName
from bacs_core.api.rule_messages import Rules
from bacs_core.model import String, TripState
from bacs_hmi import conclusions, wording
from bacs_hmi.canvas.string_view import Said, StringView
from bacs_hmi.conclusions import today_of, trip_of
from bacs_hmi.measures import MEASURES, limits_shown, place_of
from bacs_hmi.pages.cell import CellPanel
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.protection import ProtectionBand, SwitchOffSheet
from bacs_hmi.parts import arrow, box, button, choose, label
from bacs_hmi.views import Look, Sort, View, ViewName

#: Letters of a name that have room in one line of the title.
LONG_NAME: Final = 28


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
        self._limits = limits_shown(string, None, around.texts)
        self._said = self._say(self._reasons(), self._danger())
        around.ask.engine("rules", lambda client, _: client.rules(), self._ruled, lambda _: None)
        with box("bacs-string-body") as self._body:
            self._cells = StringView(
                string,
                around.texts,
                channel.full(),
                start=view if self._is_cell(view.cell) else replace(view, cell=None),
                said=self._said,
                on_cell=self._touched,
                on_look=self._look,
                on_resync=self._resync,
            )
        self._channel = channel
        self._leave = channel.join(partial(around.carry, self._cells.show))
        if view.cell is not None and self._is_cell(view.cell):
            self._open_cell(view.cell)

    def refresh(self, *, alarms_changed: bool) -> None:
        """Follow the newest values in the cell panel; the canvas follows by itself."""
        reasons = self._reasons() if alarms_changed else self._said.reasons
        danger = self._danger() if alarms_changed else self._said.danger
        self._refresh_conclusions()
        self._said = self._say(reasons, danger)
        self._cells.say(self._said)
        self._protection.refresh()
        if self._panel is not None:
            self._panel.refresh(alarms_changed=alarms_changed)

    def close(self) -> None:
        """Stop the frames."""
        self._leave()

    def _is_cell(self, cell: int | None) -> bool:
        return cell is not None and 1 <= cell <= self._string.cell_count

    def _build_title(self) -> None:
        around, texts, string = self._around, self._around.texts, self._string
        strings = around.site.strings
        place = next(index for index, other in enumerate(strings) if other.key == string.key)
        with box("bacs-title bacs-string-title") as title:
            choose(title, "long", len(string.name) > LONG_NAME)
            arrow("back", texts["back"], lambda: around.open(View()))
            with box("bacs-title-text"):
                label(string.name, tag="h1")
                label(self._facts(), "bacs-quiet")
                self._concluded = label("", "bacs-concluded")
            button(texts["string_discharges"], self._discharges)
            self._off = button(texts["protection"], self._switch_off)
            for step, text, way in ((-1, "previous_string", "left"), (1, "next_string", "right")):
                other = strings[(place + step) % len(strings)]
                arrow(way, texts[text], partial(self._other, other.key))
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

    def _say(self, reasons: dict[int, str], danger: list[int]) -> Said:
        return Said(reasons, self._mode(), self._concluded.text, danger, self._limits)

    def _discharges(self) -> None:
        self._around.open(View(ViewName.DISCHARGES, self._string.key))

    def _switch_off(self) -> None:
        SwitchOffSheet(self._around, self._string)

    def _other(self, key: str) -> None:
        self._around.open(replace(self._view, key=key, cell=None))

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

    def _look(self, told: object) -> None:
        """Write what the browser chose to the address."""
        view = looked_at(told, self._view)
        if view is not None:
            self._view = view
            self._around.note(view)

    def _touched(self, told: object) -> None:
        """Show a cell beside its string where there is room for both, else go to its page."""
        match touched(told, self._string.cell_count):
            case cell, True:
                self._open_cell(cell)
            case cell, False:
                self._more(cell)

    def _more(self, cell: int) -> None:
        """Go to the page of a cell, which comes back to the look that is left."""
        self._around.open(replace(self._view, name=ViewName.CELL, cell=cell, part=""))

    def _open_cell(self, cell: int) -> None:
        self._close_cell()
        with self._body:
            self._panel = CellPanel(
                self._around,
                self._string,
                cell,
                on_close=lambda: self._note_cell(None),
                on_more=partial(self._more, cell),
            )
        self._note_cell(cell)

    def _note_cell(self, cell: int | None) -> None:
        if cell is None:
            self._close_cell()
        self._cells.highlight(cell)
        self._view = replace(self._view, cell=cell)
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

    def _danger(self) -> list[int]:
        """Name the cells that are looked at before all others."""
        key = self._string.key
        own = (each for each in self._around.live.alarms.values() if each.string_key == key)
        dangers = wording.most_dangerous_first(own)
        return list(dict.fromkeys(alarm.cell for alarm in dangers if alarm.cell is not None))

    def _ruled(self, rules: Rules) -> None:
        self._limits = limits_shown(self._string, rules, self._around.texts)

    def _resync(self) -> None:
        frame = self._channel.full()
        if frame is not None:
            self._cells.show(frame)


def touched(told: object, cell_count: int) -> tuple[int, bool] | None:
    """Read which cell was touched, and whether there is room beside; `None` for anything else."""
    match told:
        case {"cell": int(cell), "wide": bool(wide)} if (
            not isinstance(cell, bool) and 1 <= cell <= cell_count
        ):
            return cell, wide
    return None


def looked_at(told: object, view: View) -> View | None:
    """Return the view as the browser chose it; `None` for what is no choice."""
    match told:
        case {"look": str(look), "sort": str(sort), "measure": str(measure)} if (
            look in set(Look)
            and sort in set(Sort)
            and measure in {measure.key for measure in MEASURES}
        ):
            quantity, part = place_of(measure)
            return replace(view, look=Look(look), sort=Sort(sort), quantity=quantity, part=part)
    return None
