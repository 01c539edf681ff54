"""The alarm list: the worst first, a few per page, each can be acknowledged by touch."""

from __future__ import annotations

from typing import Final

from nicegui.elements.mixins.text_element import TextElement

from bacs_core.api.messages import Alarm
from bacs_core.model import AlarmState
from bacs_hmi import people, wording
from bacs_hmi.format import day_and_clock
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import arrow, box, button, label, symbol
from bacs_hmi.views import View, ViewName

PER_PAGE: Final = 7


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
                lambda: around.acknowledge(None),
                "bacs-button bacs-action",
            )
            self._needs = label(people.who_may_acknowledge(texts), "bacs-needs")
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
        self._count.set_text(f"{len(alarms)}" if alarms else texts["no_alarms"])
        self._place.set_text(texts["page_of"].format(page=self._page + 1, pages=pages))
        self._turning.set_visibility(pages > 1)
        anything_open = any(_open(alarm) for alarm in alarms)
        offered = self._around.may_acknowledge()
        self._all.set_visibility(anything_open and offered)
        self._needs.set_visibility(anything_open and not offered)
        self._list.clear()
        self._conditions.clear()
        with self._list:
            for alarm in alarms[self._page * PER_PAGE : (self._page + 1) * PER_PAGE]:
                self._row(alarm, offered=offered)

    def _row(self, alarm: Alarm, *, offered: bool) -> None:
        around, texts = self._around, self._around.texts
        with box(f"bacs-alarm {alarm.severity.value} {alarm.state.value}", "li"):
            symbol(alarm.severity)
            with box("bacs-alarm-text"):
                label(wording.place(alarm, around.site, texts), "bacs-alarm-place")
                what = wording.condition(alarm, around.site, texts, around.live)
                self._conditions[alarm.id] = label(what, "bacs-alarm-what")
            with box("bacs-alarm-when"):
                label(day_and_clock(alarm.raised_at, texts["day_format"]))
                label(wording.state(alarm, texts), "bacs-quiet")
            with box("bacs-alarm-do"):
                if _open(alarm) and offered:
                    button(
                        texts["acknowledge"],
                        lambda: around.acknowledge(alarm.id),
                        "bacs-button bacs-action",
                    )
            with box("bacs-alarm-do bacs-alarm-go"):
                if alarm.string_key is not None:
                    view = View(ViewName.STRING, alarm.string_key, alarm.cell)
                    arrow("right", texts["string"], lambda: around.open(view))


def _open(alarm: Alarm) -> bool:
    return alarm.state is not AlarmState.ACKNOWLEDGED
