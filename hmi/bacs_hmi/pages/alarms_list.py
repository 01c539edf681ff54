"""Rows of alarms on the screen; a row that stays the same one is not built anew under a finger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from bacs_core.api.messages import Alarm, CommandName, UnshelveAlarm
from bacs_core.model import AlarmState
from bacs_hmi import wording
from bacs_hmi.pages.alarms_orders import ManyOrders
from bacs_hmi.pages.alarms_rows import OPEN, AlarmRow, acknowledging, first_of_bursts, texts_of_row
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import box, button, choose, label, switch_off, symbol

_TEXTS = ("place", "what", "when", "state")


@dataclass(slots=True)
class _Slot:
    """One place of the list, and the row that stands in it."""

    element: Element
    row: AlarmRow | None = None
    built: tuple[object, ...] = ()
    labels: dict[str, TextElement] = field(default_factory=dict)
    acknowledge: Element | None = None


class AlarmList:
    """Shows some rows; `opened` is called with the row that somebody touches."""

    def __init__(
        self, around: Surroundings, many: ManyOrders, opened: Callable[[AlarmRow], None]
    ) -> None:
        self._around = around
        self._many = many
        self._opened = opened
        self._list = box("bacs-alarms", "ul")
        self._slots: list[_Slot] = []
        self._first: frozenset[str] = frozenset()

    def show(self, rows: Sequence[AlarmRow]) -> None:
        """Show these rows; texts follow, and what became another row is built anew."""
        self._first = first_of_bursts(self._around.live.alarms.values())
        while len(self._slots) > len(rows):
            self._slots.pop().element.delete()
        with self._list:
            while len(self._slots) < len(rows):
                self._slots.append(_Slot(box("bacs-alarm", "li")))
        for slot, row in zip(self._slots, rows, strict=True):
            self._put(slot, row)
        self._mark_sending()

    def follow(self) -> None:
        """Follow the values that the rows are about."""
        live = self._around.live
        self._mark_sending()
        for slot in self._slots:
            if slot.row is not None and all(one.id in live.alarms for one in slot.row.alarms):
                self._fill(slot, slot.row)

    def _put(self, slot: _Slot, row: AlarmRow) -> None:
        may = self._around.may
        offered = (may(CommandName.ACKNOWLEDGE), may(CommandName.UNSHELVE_ALARM))
        states = frozenset(alarm.state for alarm in row.alarms)
        built = (row.key, row.worst.severity, states, self._is_first(row), offered)
        slot.row = row
        if built != slot.built:
            slot.built = built
            self._build(slot, row)
        self._fill(slot, row)

    def _build(self, slot: _Slot, row: AlarmRow) -> None:
        texts, worst = self._around.texts, row.worst
        aside = worst.state in wording.PUT_ASIDE
        look = ("bacs-alarm", worst.severity.value, worst.state.value, "aside" if aside else "")
        slot.element.classes(replace=" ".join(name for name in look if name))
        slot.element.props(f'data-state="{worst.state.value}"')
        slot.element.clear()
        with slot.element:
            with box("bacs-alarm-open", "button").props("type=button") as opener:
                with box("bacs-alarm-mark"):
                    symbol(worst.severity, hollow=aside)
                    label(texts[f"severity_{worst.severity.value}"], "bacs-alarm-severity")
                with box("bacs-alarm-text"):
                    with box("bacs-alarm-place"):
                        place = label("")
                        if self._is_first(row):
                            label(texts["first_out"], "bacs-first-out")
                    what = label("", "bacs-alarm-what")
                with box("bacs-alarm-when"):
                    when, state = label(""), label("", "bacs-alarm-state")
                box("bacs-chevron").props("aria-hidden=true")
            opener.on("click", lambda _: self._touched(slot))
            slot.labels = dict(zip(_TEXTS, (place, what, when, state), strict=True))
            with box("bacs-alarm-do") as deeds:
                self._quick(slot, row)
            choose(deeds, "empty", not deeds.default_slot.children)

    def _quick(self, slot: _Slot, row: AlarmRow) -> None:
        """Offer what is done most: acknowledge what is new, take up what was shelved."""
        texts, may = self._around.texts, self._around.may
        slot.acknowledge = None
        if any(alarm.state in OPEN for alarm in row.alarms):
            if may(CommandName.ACKNOWLEDGE):
                text = texts["acknowledge"]
                slot.acknowledge = button(
                    text, lambda: self._acknowledge(slot, text), "bacs-button bacs-action"
                )
        elif row.worst.state is AlarmState.SHELVED and may(CommandName.UNSHELVE_ALARM):
            text = texts["unshelve"]
            button(text, lambda: self._unshelve(slot, text), "bacs-button bacs-action")

    def _fill(self, slot: _Slot, row: AlarmRow) -> None:
        told = texts_of_row(row, self._around.site, self._around.texts, self._around.live)
        for name, element in slot.labels.items():
            element.set_text(getattr(told, name))

    def _touched(self, slot: _Slot) -> None:
        if slot.row is not None:
            self._opened(slot.row)

    def _acknowledge(self, slot: _Slot, text: str) -> None:
        command = acknowledging(_alarms(slot))
        if command is not None:
            self._around.order(command, text)
            self._mark_sending()

    def _mark_sending(self) -> None:
        """Switch the buttons off until the engine has answered: it may take a while."""
        is_sending = self._around.is_sending(CommandName.ACKNOWLEDGE)
        for slot in self._slots:
            if slot.acknowledge is not None:
                switch_off(slot.acknowledge, is_sending)

    def _is_first(self, row: AlarmRow) -> bool:
        return any(alarm.id in self._first for alarm in row.alarms)

    def _unshelve(self, slot: _Slot, text: str) -> None:
        wanted = [alarm for alarm in _alarms(slot) if alarm.state is AlarmState.SHELVED]
        if wanted:
            commands = [UnshelveAlarm(alarm_id=alarm.id) for alarm in wanted]
            self._many.give(commands, text, lambda: has_changed(self._around, wanted[0]))


def has_changed(around: Surroundings, alarm: Alarm) -> bool:
    """Tell whether an alarm is in another state by now, or over."""
    now = around.live.alarms.get(alarm.id)
    return now is None or now.state is not alarm.state


def _alarms(slot: _Slot) -> tuple[Alarm, ...]:
    return () if slot.row is None else slot.row.alarms
