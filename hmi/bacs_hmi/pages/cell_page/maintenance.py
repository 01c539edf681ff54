"""What people did to a cell: the list, and the sheets to note an exchange or other work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from nicegui.element import Element

from bacs_core.api.history_messages import MaintenanceMessage
from bacs_core.api.messages import (
    AddMaintenance,
    CellReplaced,
    CommandName,
    CommandResult,
    GivenByHand,
)
from bacs_core.model import MaintenanceWork, Quantity, String, cell_label
from bacs_hmi.conclusions import today_of
from bacs_hmi.fields import number_field, text_field
from bacs_hmi.format import SHOWN, Numbers, Shown, minute_of
from bacs_hmi.hold import hold_button
from bacs_hmi.pages.cell_page.sending import send
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import box, button, choose, label, sheet
from bacs_hmi.texts import Texts

#: Work that a person can note; a new cell has a sheet of its own.
WORKS: Final = (
    MaintenanceWork.INSPECTED,
    MaintenanceWork.TIGHTENED,
    MaintenanceWork.CLEANED,
    MaintenanceWork.MEASURED_BY_HAND,
)
LONGEST_NOTE: Final = 500
_AMPERE_HOURS: Final = Shown(1.0, "Ah", 1, 1)
#: How what was given by hand is shown.
_GIVEN: Final = {
    "voltage_v": ("voltage", SHOWN[Quantity.VOLTAGE]),
    "resistance_ohm": ("resistance", SHOWN[Quantity.RESISTANCE]),
    "temperature_c": ("temperature", SHOWN[Quantity.TEMPERATURE]),
    "capacity_ah": ("capacity", _AMPERE_HOURS),
}


@dataclass(frozen=True, slots=True)
class _Input:
    """A field for a value that was measured by hand, in the unit that is shown."""

    name: str
    text: str
    unit: str
    factor: float
    lowest: float
    highest: float
    decimals: int


_INPUTS: Final = (
    _Input("voltage_v", "voltage", "V", 1.0, 0.0, 50.0, 3),
    _Input("resistance_ohm", "resistance", "mΩ", 1e-3, 0.001, 1000.0, 3),
    _Input("temperature_c", "temperature", "°C", 1.0, -50.0, 150.0, 1),
    _Input("capacity_ah", "capacity", "Ah", 1.0, 0.1, 100_000.0, 1),
)


class MaintenancePart:
    """Lists the work on a cell (from 1) and its string; `done` is called once some was noted."""

    def __init__(
        self, around: Surroundings, string: String, cell: int, done: Callable[[], None]
    ) -> None:
        self._around = around
        self._string = string
        self._cell = cell
        self._done = done
        texts = around.texts
        with box("bacs-maintenance"):
            with box("bacs-maintenance-do"):
                self._replaced = button(
                    texts["cell_replaced"], self._ask_replaced, "bacs-button bacs-action"
                )
                self._other = button(texts["note_work"], self._ask_work, "bacs-button bacs-action")
            self._rows = box("bacs-event-rows")
        self.refresh()

    def refresh(self) -> None:
        """Offer only what the person who is signed in may do."""
        may = self._around.may
        self._replaced.set_visibility(may(CommandName.CELL_REPLACED))
        self._other.set_visibility(may(CommandName.ADD_MAINTENANCE))

    def show(self, entries: Sequence[MaintenanceMessage] | None, why: str = "") -> None:
        """Show the entries, the newest first; without any say why, or that they are being read."""
        texts = self._around.texts
        self._rows.clear()
        with self._rows:
            if entries is None:
                label(why or texts["reading_now"], "bacs-quiet")
                return
            if not entries:
                label(texts["no_maintenance"], "bacs-quiet")
            for entry in entries:
                self._row(entry)

    def _row(self, entry: MaintenanceMessage) -> None:
        around, texts = self._around, self._around.texts
        at = minute_of(entry.at, today_of(around.live), texts["day_format"])
        with box("bacs-cell-event"):
            label(at, "bacs-quiet bacs-event-at")
            with box("bacs-event-words"):
                work = texts[f"work_{entry.work.value}"]
                if entry.cell is None:
                    work = texts["work_on_string"].format(work=work)
                label(work, "bacs-event-what")
                for line in entry_lines(entry, self._string.cell_voltage_v, texts, around.numbers):
                    label(line)
                if entry.by:
                    label(texts["event_by"].format(name=entry.by), "bacs-quiet")

    def _ask_replaced(self) -> None:
        ReplacedSheet(self._around, self._string, self._cell, self._noted)

    def _ask_work(self) -> None:
        WorkSheet(self._around, self._string, self._cell, self._noted)

    def _noted(self, result: CommandResult) -> None:
        self._around.over.clear()
        self._around.tell(self._around.texts[f"done_{result.command.value}"], True)
        self._done()


class ReplacedSheet:
    """Asks for a note and values by hand; what was learnt is forgotten once the button was held."""

    def __init__(
        self,
        around: Surroundings,
        string: String,
        cell: int,
        noted: Callable[[CommandResult], None],
    ) -> None:
        self._around = around
        self._string = string
        self._cell = cell
        self._noted = noted
        self._note = ""
        self._given: dict[str, float | None] = {}
        texts = around.texts
        name = texts["cell_title"].format(cell=cell_label(cell, string.cell_count))
        title = texts["cell_replaced_title"].format(cell=name)
        with sheet(around.over, title) as page:
            page.classes("bacs-work-sheet")
            label(texts["cell_replaced_why"], tag="p")
            _fields(texts, self._keep_note, self._given)
            with box("bacs-actions"):
                button(texts["cancel"], around.over.clear)
                hold_button(texts["cell_replaced"], self._send, "bacs-button bacs-action primary")

    def _keep_note(self, text: str) -> None:
        self._note = text[:LONGEST_NOTE]

    def _send(self) -> None:
        command = CellReplaced(
            string_key=self._string.key,
            cell=self._cell,
            note=self._note,
            given=given_of(self._given),
        )
        send(self._around, command, self._around.texts["cell_replaced"], self._noted)


class WorkSheet:
    """Asks which work was done on a cell, a note, and values that were measured by hand."""

    def __init__(
        self,
        around: Surroundings,
        string: String,
        cell: int,
        noted: Callable[[CommandResult], None],
    ) -> None:
        self._around = around
        self._string = string
        self._cell = cell
        self._noted = noted
        self._work = WORKS[0]
        self._note = ""
        self._given: dict[str, float | None] = {}
        texts = around.texts
        name = texts["cell_title"].format(cell=cell_label(cell, string.cell_count))
        with sheet(around.over, texts["note_work_title"].format(cell=name)) as page:
            page.classes("bacs-work-sheet")
            with box("bacs-choice").props("role=group"):
                self._works = {
                    work: button(texts[f"work_{work.value}"], partial(self._choose, work))
                    for work in WORKS
                }
            _fields(texts, self._keep_note, self._given)
            with box("bacs-actions"):
                button(texts["cancel"], around.over.clear)
                button(texts["note_it"], self._send, "bacs-button bacs-action primary")
        self._choose(WORKS[0])

    def _choose(self, work: MaintenanceWork) -> None:
        self._work = work
        for other, element in self._works.items():
            choose(element, "chosen", other is work)

    def _keep_note(self, text: str) -> None:
        self._note = text[:LONGEST_NOTE]

    def _send(self) -> None:
        given = given_of(self._given)
        if self._work is MaintenanceWork.MEASURED_BY_HAND and given == GivenByHand():
            self._around.tell(self._around.texts["value_needed"], False)
            return
        command = AddMaintenance(
            string_key=self._string.key,
            cell=self._cell,
            work=self._work,
            note=self._note,
            given=given,
        )
        send(self._around, command, self._around.texts["note_work"], self._noted)


def entry_lines(
    entry: MaintenanceMessage, cell_voltage_v: float, texts: Texts, numbers: Numbers
) -> list[str]:
    """Say the note of an entry, what was given by hand, and what the module told."""
    lines = [entry.note] if entry.note else []
    given = [
        f"{texts[text]} {shown.text(numbers, entry.given[name], cell_voltage_v)}"
        for name, (text, shown) in _GIVEN.items()
        if name in entry.given
    ]
    told = [
        f"{texts[text]} {SHOWN[quantity].text(numbers, found.value, cell_voltage_v)}"
        for quantity, text in (
            (Quantity.VOLTAGE, "voltage"),
            (Quantity.RESISTANCE, "resistance"),
            (Quantity.TEMPERATURE, "temperature"),
        )
        if (found := entry.measured.get(quantity)) is not None
    ]
    if given:
        lines.append(texts["given_by_hand"].format(values=", ".join(given)))
    if told:
        lines.append(texts["told_by_module"].format(values=", ".join(told)))
    return lines


def given_of(typed: dict[str, float | None]) -> GivenByHand:
    """Make what was typed (in the units that are shown) what the engine is told, in SI."""
    factors = {each.name: each.factor for each in _INPUTS}
    return GivenByHand(
        **{name: value * factors[name] for name, value in typed.items() if value is not None}
    )


def _fields(
    texts: Texts, on_note: Callable[[str], None], given: dict[str, float | None]
) -> Element:
    with box("bacs-work-fields") as fields:
        text_field(texts["note"], "", on_note)
        label(texts["measured_by_hand"], "bacs-quiet")
        with box("bacs-work-values"):
            for each in _INPUTS:
                number_field(
                    texts[each.text],
                    None,
                    partial(given.__setitem__, each.name),
                    unit=each.unit,
                    minimum=each.lowest,
                    maximum=each.highest,
                    decimals=each.decimals,
                )
    return fields
