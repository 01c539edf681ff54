"""The panel of one cell: what is wrong with it, each value with unit and age, and estimates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from nicegui.elements.mixins.text_element import TextElement

from bacs_core.api.messages import Alarm
from bacs_core.model import AlarmSeverity, Quantity, RunawayStage, String, cell_label
from bacs_hmi import conclusions, wording
from bacs_hmi.conclusions import Figure
from bacs_hmi.contents import deviation_v, value_of
from bacs_hmi.format import ABSENT, SHOWN, age
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import arrow, box, button, choose, label, symbol

_TEXT_OF: Final = {
    Quantity.VOLTAGE: "voltage",
    Quantity.TEMPERATURE: "temperature",
    Quantity.RESISTANCE: "resistance",
    Quantity.CHARGE: "charge",
    Quantity.DUTY: "duty",
}
#: How a stage of thermal runaway is marked.
_STAGES: Final = {
    RunawayStage.PRE_ALERT: AlarmSeverity.WARNING,
    RunawayStage.ALARM: AlarmSeverity.ALARM,
    RunawayStage.TRIP: AlarmSeverity.ALARM,
}


class CellPanel:
    """Shows one cell (counted from 1) beside the table until it is deleted."""

    def __init__(
        self,
        around: Surroundings,
        string: String,
        cell: int,
        *,
        on_close: Callable[[], None],
        on_more: Callable[[], None],
    ) -> None:
        self._around = around
        self._string = string
        self._cell = cell
        texts = around.texts
        self._values: dict[Quantity, tuple[TextElement, TextElement]] = {}
        self._conditions: dict[str, TextElement] = {}
        self._told: tuple[RunawayStage, tuple[str, ...], tuple[Figure, ...]] | None = None
        with box("bacs-cell", "aside") as self._box:
            with box("bacs-cell-head"):
                title = texts["cell_title"].format(cell=cell_label(cell, string.cell_count))
                label(title, tag="h2")
                arrow("close", texts["close"], on_close)
            with box("bacs-cell-alarms-head"):
                label(texts["alarms_of_cell"], tag="h3")
                self._none = label(texts["no_alarms_of_cell"], "bacs-quiet bacs-alarms-known")
            label("", "bacs-quiet bacs-alarms-unknown")
            self._alarms = box("bacs-cell-alarms")
            self._remarks = box("bacs-cell-remarks")
            with box("bacs-cell-values"):
                for quantity, name in _TEXT_OF.items():
                    with box("bacs-cell-value").props(f"data-quantity={quantity.value}"):
                        label(texts[name], "bacs-quiet")
                        self._values[quantity] = (label("", "bacs-number"), label("", "bacs-age"))
            self._figures = box("bacs-cell-figures")
            button(texts["more_of_cell"], on_more, "bacs-button bacs-cell-more")
        self.refresh(alarms_changed=True)

    def refresh(self, *, alarms_changed: bool) -> None:
        """Follow the newest values."""
        for quantity, (number, note) in self._values.items():
            self._refresh_value(quantity, number, note)
        self._refresh_conclusions()
        if alarms_changed:
            self._refresh_alarms()
        around = self._around
        for alarm_id, text in self._conditions.items():
            alarm = around.live.alarms.get(alarm_id)
            if alarm is not None:
                text.set_text(wording.condition(alarm, around.site, around.texts, around.live))

    def delete(self) -> None:
        """Remove the panel from the page."""
        self._box.delete()

    def _refresh_value(self, quantity: Quantity, number: TextElement, note: TextElement) -> None:
        around, key, index = self._around, self._string.key, self._cell - 1
        mirror = around.live.strings[key]
        value = value_of(mirror, quantity, index)
        shown = SHOWN[quantity].text(around.numbers, value, self._string.cell_voltage_v)
        number.set_text(shown)
        if shown == ABSENT:
            note.set_text(around.texts["not_measured"])
            return
        parts = []
        if quantity is Quantity.VOLTAGE and (above_v := deviation_v(mirror, index)) is not None:
            sign = "+" if round(above_v * 1e3) > 0 else ""
            text = sign + around.numbers.with_unit(above_v * 1e3, 0, "mV")
            parts.append(around.texts["from_target"].format(deviation=text))
        if quantity is Quantity.CHARGE:
            parts.append(conclusions.charge_note(mirror, index, around.texts, around.numbers))
        stale = around.live.stale(key, quantity, index)
        age_text = age(around.numbers, around.live.age_s(key, quantity, index))
        parts.append(around.texts["age_of"].format(age=age_text))
        note.set_text(" · ".join(part for part in parts if part))
        choose(number, "bacs-old", stale)

    def _refresh_conclusions(self) -> None:
        """Say what was found out and estimated; nothing is built anew for what stayed as it was."""
        around, index = self._around, self._cell - 1
        mirror = around.live.strings[self._string.key]
        texts, numbers = around.texts, around.numbers
        rules = {alarm.rule for alarm in self._own_alarms() if alarm.active}
        stage = conclusions.stage(mirror, index)
        told = (
            RunawayStage.NONE if f"runaway_{stage.name.lower()}" in rules else stage,
            tuple(conclusions.remarks(mirror, index, rules, texts, numbers)),
            tuple(conclusions.figures(mirror, index, texts, numbers)),
        )
        if told == self._told:
            return
        self._told = told
        self._remarks.clear()
        with self._remarks:
            if told[0] in _STAGES:
                self._remark(texts[f"runaway_{stage.name.lower()}"], _STAGES[stage])
            for text in told[1]:
                self._remark(text, AlarmSeverity.WARNING)
        self._figures.clear()
        with self._figures:
            for figure in told[2]:
                with box("bacs-cell-figure").props(f"data-figure={figure.name}"):
                    label(texts[figure.name], "bacs-quiet")
                    label(figure.value, "bacs-figure")
                    label(figure.note, "bacs-age")

    def _own_alarms(self) -> list[Alarm]:
        return [
            alarm
            for alarm in self._around.live.alarms.values()
            if alarm.string_key == self._string.key and alarm.cell == self._cell
        ]

    def _remark(self, text: str, severity: AlarmSeverity) -> None:
        with box("bacs-cell-alarm"):
            symbol(severity)
            label(text)

    def _refresh_alarms(self) -> None:
        own = wording.worst_first(self._own_alarms())
        self._none.set_visibility(not own)
        self._alarms.clear()
        self._conditions.clear()
        with self._alarms:
            for alarm in own:
                with box("bacs-cell-alarm"):
                    aside = alarm.state in wording.PUT_ASIDE
                    symbol(alarm.severity, hollow=aside)
                    self._conditions[alarm.id] = label("")
