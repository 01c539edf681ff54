"""What is known of a cell now: what is wrong, each value with unit, age and source, estimates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nicegui.elements.mixins.text_element import TextElement

from bacs_core.api.live import LiveString
from bacs_core.api.messages import Alarm
from bacs_core.model import AlarmSeverity, CellStatus, Quantity, RunawayStage, String
from bacs_hmi import conclusions, wording
from bacs_hmi.contents import deviation_v, value_of
from bacs_hmi.format import ABSENT, SHOWN, age
from bacs_hmi.pages.cell_page import sources
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import box, choose, label, symbol

_NAMES: Final = {
    Quantity.VOLTAGE: "voltage",
    Quantity.TEMPERATURE: "temperature",
    Quantity.RESISTANCE: "resistance",
    Quantity.CHARGE: "charge",
    Quantity.DUTY: "duty",
}
_STAGES: Final = {
    RunawayStage.PRE_ALERT: AlarmSeverity.WARNING,
    RunawayStage.ALARM: AlarmSeverity.ALARM,
    RunawayStage.TRIP: AlarmSeverity.ALARM,
}


@dataclass(frozen=True, slots=True)
class _Shown:
    """The texts of one value."""

    number: TextElement
    note: TextElement
    source: TextElement


class ValuesPane:
    """Follows the values of one cell (from 1) until it is removed with its page."""

    def __init__(self, around: Surroundings, string: String, cell: int) -> None:
        self._around = around
        self._string = string
        self._cell = cell
        self._values: dict[Quantity, _Shown] = {}
        self._found: tuple[object, ...] = ()
        texts = around.texts
        with box("bacs-values"):
            self._status = box("bacs-cell-found")
            for quantity, name in _NAMES.items():
                with box("bacs-value").props(f"data-quantity={quantity.value}"):
                    label(texts[name], "bacs-value-name")
                    self._values[quantity] = _Shown(
                        label("", "bacs-number"),
                        label("", "bacs-value-note"),
                        label("", "bacs-value-source"),
                    )
            self._figures = box("bacs-value-figures")
            with box("bacs-value bacs-baseline") as self._baseline_row:
                label(texts["resistance_baseline"], "bacs-value-name")
                self._baseline = label("", "bacs-value-note")
            self._baseline_row.set_visibility(False)
        self.refresh()

    def refresh(self) -> None:
        """Follow the newest values."""
        for quantity, shown in self._values.items():
            self._tell_value(quantity, shown)
        self._tell_found()

    def tell_baseline(self, words: str) -> None:
        """Say what the resistance is compared with; an empty text hides the row."""
        self._baseline.set_text(words)
        self._baseline_row.set_visibility(bool(words))

    def _tell_value(self, quantity: Quantity, shown: _Shown) -> None:
        around, key, index = self._around, self._string.key, self._cell - 1
        texts, numbers = around.texts, around.numbers
        mirror = around.live.strings[key]
        value = value_of(mirror, quantity, index)
        text = SHOWN[quantity].text(numbers, value, self._string.cell_voltage_v)
        shown.number.set_text(text)
        if text == ABSENT:
            shown.note.set_text(texts["not_measured"])
            shown.source.set_text("")
            choose(shown.number, "bacs-old", False)
            return
        parts = []
        if quantity is Quantity.VOLTAGE and (above_v := deviation_v(mirror, index)) is not None:
            sign = "+" if round(above_v * 1e3) > 0 else ""
            deviation = sign + numbers.with_unit(above_v * 1e3, 0, "mV")
            parts.append(texts["from_target"].format(deviation=deviation))
        told_age = age(numbers, around.live.age_s(key, quantity, index))
        parts.append(texts["age_of"].format(age=told_age))
        shown.note.set_text(" · ".join(parts))
        lines = () if around.live.info is None else around.live.info.lines
        shown.source.set_text(
            sources.source(quantity, mirror, self._cell, around.site, lines, texts, numbers)
        )
        choose(shown.number, "bacs-old", around.live.stale(key, quantity, index))

    def _tell_found(self) -> None:
        """Say alarms, findings and estimates; nothing is built anew for what stayed as it was."""
        around, index = self._around, self._cell - 1
        texts, numbers = around.texts, around.numbers
        mirror = around.live.strings[self._string.key]
        alarms = wording.worst_first(self._own_alarms())
        rules = {alarm.rule for alarm in alarms if alarm.active}
        stage = conclusions.stage(mirror, index)
        if f"runaway_{stage.name.lower()}" in rules:
            stage = RunawayStage.NONE
        conditions = tuple(
            (alarm.id, wording.condition(alarm, around.site, texts, around.live))
            for alarm in alarms
        )
        found = (
            conditions,
            stage,
            tuple(conclusions.remarks(mirror, index, rules, texts, numbers)),
            tuple(conclusions.figures(mirror, index, texts, numbers)),
            how_it_is(mirror, index),
            tuple(alarm.state for alarm in alarms),
        )
        if found == self._found:
            return
        self._found = found
        self._status.clear()
        with self._status:
            for alarm, (_, text) in zip(alarms, conditions, strict=True):
                self._row(text, alarm.severity, hollow=alarm.state in wording.PUT_ASIDE)
            if stage in _STAGES:
                self._row(texts[f"runaway_{stage.name.lower()}"], _STAGES[stage])
            for text in found[2]:
                self._row(text, AlarmSeverity.WARNING)
            if not conditions and not found[2] and stage not in _STAGES:
                self._row(texts[found[4]], None, is_known=found[4] != "cell_is_unknown")
        self._figures.clear()
        with self._figures:
            for figure in found[3]:
                with box("bacs-value").props(f"data-figure={figure.name}"):
                    label(texts[figure.name], "bacs-value-name")
                    label(figure.value, "bacs-number")
                    label(figure.note, "bacs-value-note")

    def _row(
        self,
        text: str,
        severity: AlarmSeverity | None,
        *,
        hollow: bool = False,
        is_known: bool = True,
    ) -> None:
        with box("bacs-cell-finding"):
            if is_known:
                symbol(severity, hollow=hollow)
            else:
                label(ABSENT)
            label(text)

    def _own_alarms(self) -> list[Alarm]:
        return [
            alarm
            for alarm in self._around.live.alarms.values()
            if alarm.string_key == self._string.key and alarm.cell == self._cell
        ]


def how_it_is(mirror: LiveString, index: int) -> str:
    """Name the text for a cell (from 0) of which nothing is wrong, as far as anything is known."""
    if mirror.status[index] == CellStatus.SILENT:
        return "cell_is_silent"
    known = (value_of(mirror, quantity, index) for quantity in Quantity)
    return "cell_is_unknown" if all(value is None for value in known) else "cell_is_normal"
