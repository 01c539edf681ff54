"""The alarm list: the worst first, a few per page; each can be acknowledged or shelved by touch.

What was put aside stands below what is active, with another shape and its reason.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from nicegui.elements.mixins.text_element import TextElement

from bacs_core.alarms.rules import RULE_OF
from bacs_core.api.messages import Acknowledge, Alarm, CommandName, ShelveAlarm, UnshelveAlarm
from bacs_core.model import AlarmState
from bacs_hmi import people, wording
from bacs_hmi.conclusions import today_of
from bacs_hmi.format import day_and_clock
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import arrow, box, button, label, symbol
from bacs_hmi.views import View, ViewName

PER_PAGE: Final = 7
SHELVED_MINUTES: Final = 60
_OPEN: Final = (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED)


class AlarmsPage:
    """Shows the raised alarms until it is closed."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._page = 0
        self._conditions: dict[str, TextElement] = {}
        texts = around.texts
        with box("bacs-title"):
            arrow("back", texts["back"], lambda: around.open(View()))
            with box("bacs-title-text"):
                label(texts["alarms"], tag="h1")
                self._count = label("", "bacs-quiet bacs-alarms-known")
                label("", "bacs-quiet bacs-alarms-unknown")
            self._all = button(
                texts["acknowledge_all"],
                lambda: around.order(Acknowledge(), texts["acknowledge_all"]),
                "bacs-button bacs-action",
            )
            needs = people.who_may(CommandName.ACKNOWLEDGE, texts["acknowledge"], texts)
            self._needs = label(needs, "bacs-needs")
            with box("bacs-turn") as self._turning:
                arrow("up", texts["page_up"], lambda: self._turn(-1))
                self._place = label("", "bacs-quiet")
                arrow("down", texts["page_down"], lambda: self._turn(1))
        self._list = box("bacs-alarms", "ul")
        self._fill()

    def refresh(self, *, alarms_changed: bool) -> None:
        """Follow the newest alarms, and the values they are about."""
        if alarms_changed:
            self._fill()
            return
        self._say_how_many()
        around = self._around
        for alarm_id, text in self._conditions.items():
            alarm = around.live.alarms.get(alarm_id)
            if alarm is not None:
                text.set_text(wording.condition(alarm, around.site, around.texts, around.live))

    def close(self) -> None:
        """Nothing to stop."""

    def _turn(self, step: int) -> None:
        self._page += step
        self._fill()

    def _fill(self) -> None:
        texts = self._around.texts
        alarms = wording.worst_first(self._around.live.alarms.values())
        pages = max(1, -(-len(alarms) // PER_PAGE))
        self._page = max(0, min(self._page, pages - 1))
        self._say_how_many()
        self._place.set_text(texts["page_of"].format(page=self._page + 1, pages=pages))
        self._turning.set_visibility(pages > 1)
        anything_open = any(alarm.state in _OPEN for alarm in alarms)
        offered = self._around.may(CommandName.ACKNOWLEDGE)
        self._all.set_visibility(anything_open and offered)
        self._needs.set_visibility(anything_open and not offered)
        self._list.clear()
        self._conditions.clear()
        with self._list:
            for alarm in alarms[self._page * PER_PAGE : (self._page + 1) * PER_PAGE]:
                self._row(alarm, offered=offered)

    def _say_how_many(self) -> None:
        live, texts = self._around.live, self._around.texts
        aside = sum(alarm.state in wording.PUT_ASIDE for alarm in live.alarms.values())
        told = len(live.alarms) - aside
        parts = [f"{told}" if told else texts["no_alarms"]]
        if aside:
            parts.append(texts["put_aside"].format(count=aside))
        if live.annunciation is not None and live.annunciation.muted:
            parts.append(texts["buzzer_muted"])
        self._count.set_text(" · ".join(parts))

    def _row(self, alarm: Alarm, *, offered: bool) -> None:
        around, texts = self._around, self._around.texts
        aside = alarm.state in wording.PUT_ASIDE
        classes = f"bacs-alarm {alarm.severity.value} {alarm.state.value}"
        with box(classes + (" aside" if aside else ""), "li"):
            symbol(alarm.severity, hollow=aside)
            with box("bacs-alarm-text"):
                with box("bacs-alarm-place"):
                    label(wording.place(alarm, around.site, texts))
                    if alarm.first_out:
                        label(texts["first_out"], "bacs-first-out")
                what = wording.condition(alarm, around.site, texts, around.live)
                self._conditions[alarm.id] = label(what, "bacs-alarm-what")
            with box("bacs-alarm-when"):
                label(day_and_clock(alarm.raised_at, texts["day_format"]))
                label(wording.state(alarm, texts, today_of(around.live)), "bacs-alarm-state")
            if offered:
                self._buttons(alarm)
            with box("bacs-alarm-do bacs-alarm-go"):
                if alarm.string_key is not None:
                    view = View(ViewName.STRING, alarm.string_key, alarm.cell)
                    arrow("right", texts["string"], lambda: around.open(view))

    def _buttons(self, alarm: Alarm) -> None:
        """Offer what can be done with this alarm; what tells of protection is never put aside."""
        around, texts = self._around, self._around.texts
        offers: list[tuple[str, Acknowledge | ShelveAlarm | UnshelveAlarm]] = []
        if alarm.state in _OPEN:
            offers.append(("acknowledge", Acknowledge(alarm_id=alarm.id)))
        known = RULE_OF.get(alarm.rule)
        if alarm.active and (known is None or not known.stands):
            offers.append(("shelve", ShelveAlarm(alarm_id=alarm.id, minutes=SHELVED_MINUTES)))
        if alarm.state is AlarmState.SHELVED:
            offers.append(("unshelve", UnshelveAlarm(alarm_id=alarm.id)))
        with box("bacs-alarm-do"):
            for name, command in offers:
                text = texts[name]
                button(text, partial(around.order, command, text), "bacs-button bacs-action")
