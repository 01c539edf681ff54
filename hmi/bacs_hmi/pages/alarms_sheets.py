"""What can be done with alarms, each thing explained: acknowledge, shelve, mute, out of service."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from bacs_core.api.messages import (
    Alarm,
    AlarmPlace,
    Command,
    CommandName,
    MuteBuzzer,
    ShelveAlarm,
    TakeOutOfService,
    UnshelveAlarm,
)
from bacs_core.model import AlarmState
from bacs_hmi import people, wording
from bacs_hmi.fields import text_field
from bacs_hmi.format import day_and_clock
from bacs_hmi.given_reasons import OUT_OF_SERVICE
from bacs_hmi.hold import hold_button
from bacs_hmi.pages.alarms_list import has_changed
from bacs_hmi.pages.alarms_orders import ManyOrders
from bacs_hmi.pages.alarms_rows import (
    AlarmRow,
    acknowledging,
    first_of_bursts,
    may_put_aside,
    texts_of_row,
)
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import arrow, box, button, choose, label, sheet, symbol
from bacs_hmi.views import View, ViewName

#: For how long an alarm can be shelved.
SHELVED_MINUTES: Final = (15, 60, 8 * 60, 24 * 60)
SHORTEST_REASON: Final = 3


class AlarmSheet:
    """Tells everything about one row of alarms, and offers what can be done with it."""

    def __init__(self, around: Surroundings, row: AlarmRow, many: ManyOrders) -> None:
        self._around = around
        self._row = row
        self._many = many
        texts, worst = around.texts, row.worst
        told = texts_of_row(row, around.site, texts, around.live)
        with sheet(around.over, told.place).classes("bacs-alarm-sheet"):
            arrow("close", texts["close"], around.over.clear)
            with box("bacs-alarm-sheet-what"):
                symbol(worst.severity, hollow=worst.state in wording.PUT_ASIDE)
                label(texts[f"severity_{worst.severity.value}"], "bacs-alarm-severity")
                label(told.what)
            self._facts(row, told.state)
            with box("bacs-deeds"):
                self._deeds()
            with box("bacs-actions"):
                self._ways()

    def _facts(self, row: AlarmRow, state: str) -> None:
        texts = self._around.texts
        since = day_and_clock(row.worst.raised_at, texts["day_format"])
        first = first_of_bursts(self._around.live.alarms.values())
        parts = [texts["alarm_raised_at"].format(at=since), state]
        if any(alarm.id in first for alarm in row.alarms):
            parts.append(texts["first_out_means"])
        label(". ".join(part[:1].upper() + part[1:] for part in parts) + ".", "bacs-quiet", tag="p")

    def _deeds(self) -> None:
        around, texts, alarms = self._around, self._around.texts, self._row.alarms
        acknowledge = acknowledging(alarms)
        if acknowledge is not None:
            with self._deed("acknowledge", CommandName.ACKNOWLEDGE) as offered:
                if offered:
                    self._offer(texts["acknowledge"], [acknowledge], None)
        told = around.live.annunciation
        if told is not None and told.sounding:
            with self._deed("mute", CommandName.MUTE_BUZZER) as offered:
                if offered:
                    self._offer(texts["mute"], [MuteBuzzer()], None)
        shelved = [alarm for alarm in alarms if alarm.state is AlarmState.SHELVED]
        if shelved:
            with self._deed("unshelve", CommandName.UNSHELVE_ALARM) as offered:
                if offered:
                    back = [UnshelveAlarm(alarm_id=alarm.id) for alarm in shelved]
                    self._offer(texts["unshelve"], back, shelved[0])
        elif not may_put_aside(self._row.worst):
            label(texts["stands_means"], "bacs-quiet", tag="p")
        elif self._row.worst.active:
            self._put_aside()

    def _put_aside(self) -> None:
        around, texts, alarms = self._around, self._around.texts, self._row.alarms
        with self._deed("shelve", CommandName.SHELVE_ALARM) as offered:
            for minutes in SHELVED_MINUTES if offered else ():
                commands = [ShelveAlarm(alarm_id=alarm.id, minutes=minutes) for alarm in alarms]
                self._offer(wording.duration(minutes, texts), commands, alarms[0])
        with self._deed("take_out_of_service", CommandName.TAKE_OUT_OF_SERVICE) as offered:
            if offered:
                text = texts["take_out_of_service"]
                button(
                    text,
                    lambda: OutOfServiceSheet(around, self._row),
                    "bacs-button bacs-action",
                )

    def _deed(self, name: str, command: CommandName) -> _Deed:
        return _Deed(self._around, name, command)

    def _offer(self, text: str, commands: Sequence[Command], first: Alarm | None) -> None:
        def give() -> None:
            self._around.over.clear()
            self._many.give(
                commands, text, lambda: first is not None and has_changed(self._around, first)
            )

        button(text, give, "bacs-button bacs-action")

    def _ways(self) -> None:
        """Lead to the cells of the row, to its string or its cell."""
        texts, worst = self._around.texts, self._row.worst
        key = worst.string_key
        if key is None:
            return
        if worst.cell is not None and not self._row.is_group:
            self._way(texts["to_cell"], View(ViewName.CELL, key, worst.cell))
        self._way(texts["to_string"], View(ViewName.STRING, key))
        if self._row.is_group:
            view = View(ViewName.ALARMS, key, part=f"active/{worst.rule}")
            self._way(texts["show_cells"], view)

    def _way(self, text: str, view: View) -> None:
        def go() -> None:
            self._around.over.clear()
            self._around.open(view)

        button(text, go)


class _Deed:
    """One thing that can be done: its buttons, and under them what it means."""

    def __init__(self, around: Surroundings, name: str, command: CommandName) -> None:
        self._around = around
        self._name = name
        self._offered = around.may(command)
        self._command = command

    def __enter__(self) -> bool:
        """Open the place for the buttons; tell whether they are offered to this person."""
        texts = self._around.texts
        self._box = box("bacs-deed")
        with self._box:
            with box("bacs-deed-words"):
                label(texts[f"{self._name}_deed"], "bacs-deed-name")
                label(texts[f"{self._name}_means"], "bacs-quiet")
                if not self._offered:
                    needed = people.who_may(self._command, texts[f"{self._name}_deed"], texts)
                    label(needed, "bacs-quiet")
            self._buttons = box("bacs-deed-buttons")
        self._buttons.__enter__()
        return self._offered

    def __exit__(self, *_: object) -> None:
        self._buttons.__exit__(*_)


class OutOfServiceSheet:
    """Asks why, and for what, a rule is to be stopped at a place."""

    def __init__(self, around: Surroundings, row: AlarmRow) -> None:
        self._around = around
        self._row = row
        texts = around.texts
        self._reason = texts[OUT_OF_SERVICE[0]]
        self._is_whole_string = row.is_group
        name = wording.rule_name(row.worst.rule, texts)
        with sheet(around.over, texts["take_out_title"].format(rule=name)):
            label(texts["take_out_of_service_means"], tag="p")
            self._where()
            label(texts["reason"], "bacs-quiet")
            with box("bacs-choice bacs-fit").props("role=group"):
                self._reasons = {
                    each: button(texts[each], partial(self._choose, each))
                    for each in OUT_OF_SERVICE
                }
            text_field(texts["another_reason"], "", self._typed)
            with box("bacs-actions"):
                button(texts["cancel"], around.over.clear)
                hold_button(
                    texts["take_out_of_service_deed"], self._send, "bacs-button bacs-action primary"
                )
        self._choose(OUT_OF_SERVICE[0])

    def _where(self) -> None:
        texts, worst = self._around.texts, self._row.worst
        if worst.cell is None or worst.string_key is None or self._row.is_group:
            return
        with box("bacs-choice bacs-fit").props("role=group"):
            self._places = {
                is_whole: button(texts[key], partial(self._set_place, is_whole))
                for key, is_whole in (("only_this_cell", False), ("whole_string", True))
            }
        self._set_place(False)

    def _set_place(self, is_whole: bool) -> None:  # noqa: FBT001 - one of two places
        self._is_whole_string = is_whole
        for each, element in self._places.items():
            choose(element, "chosen", each is is_whole)

    def _choose(self, reason: str) -> None:
        self._reason = self._around.texts[reason]
        self._mark(reason)

    def _typed(self, text: str) -> None:
        if len(text.strip()) >= SHORTEST_REASON:
            self._reason = text.strip()
            self._mark(None)

    def _mark(self, chosen: str | None) -> None:
        for name, element in self._reasons.items():
            choose(element, "chosen", name == chosen)

    def _send(self) -> None:
        around, worst = self._around, self._row.worst
        around.over.clear()
        command = TakeOutOfService(
            place=_place(worst, whole_string=self._is_whole_string),
            rule=worst.rule,
            reason=self._reason,
        )
        around.order(command, around.texts["take_out_of_service"])


def _place(alarm: Alarm, *, whole_string: bool) -> AlarmPlace:
    """Name the place of an alarm as a command does: by its most exact name."""
    if alarm.string_key is not None:
        return AlarmPlace(string_key=alarm.string_key, cell=None if whole_string else alarm.cell)
    if alarm.accessory_id is not None:
        return AlarmPlace(accessory_id=alarm.accessory_id)
    if alarm.line_id is not None:
        return AlarmPlace(line_id=alarm.line_id)
    return AlarmPlace(manager_id=alarm.manager_id)
