"""Alarms in three parts: what is active, what was put aside, and the history.

The list has the worst first and a few per page. Many cells of a string with the same alarm are one
row that opens to its cells.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final, Protocol

from nicegui.element import Element

from bacs_core.api.messages import Acknowledge, CommandName
from bacs_hmi import people, wording
from bacs_hmi.pages.alarms_aside import AsidePart
from bacs_hmi.pages.alarms_history import HistoryPart
from bacs_hmi.pages.alarms_list import AlarmList
from bacs_hmi.pages.alarms_orders import ManyOrders
from bacs_hmi.pages.alarms_rows import (
    OPEN,
    AlarmRow,
    active_rows,
    alarms_of_group,
    counts,
)
from bacs_hmi.pages.alarms_sheets import AlarmSheet
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.paging import Turning
from bacs_hmi.parts import arrow, box, button, choose, label, switch_off
from bacs_hmi.views import View, ViewName

PER_PAGE: Final = 6
ACTIVE: Final = "active"
ASIDE: Final = "aside"
HISTORY: Final = "history"
PARTS: Final = (ACTIVE, ASIDE, HISTORY)


class _Part(Protocol):
    def refresh(self, *, alarms_changed: bool) -> None: ...


class AlarmsPage:
    """Shows one part of the alarms until it is closed; `View.part` names it."""

    def __init__(self, around: Surroundings, view: View) -> None:
        self._around = around
        texts = around.texts
        name, _, rule = view.part.partition("/")
        self._name = name if name in PARTS else ACTIVE
        is_group = self._name == ACTIVE and bool(rule) and bool(view.key)
        with box("bacs-alarms-head") as self._head, box("bacs-title bacs-alarms-title"):
            back = View(ViewName.ALARMS) if is_group else View()
            arrow("back", texts["back"], lambda: around.open(back))
            with box("bacs-title-text"):
                label(texts["alarms"], tag="h1")
                self._muted = label("", "bacs-quiet bacs-alarms-known")
                label("", "bacs-quiet bacs-alarms-unknown")
            with box("bacs-segments").props("role=group"):
                self._tabs = {
                    each: button(texts[f"part_{each}"], partial(self._go, each)) for each in PARTS
                }
        for each, tab in self._tabs.items():
            choose(tab, "chosen", each == self._name)
            tab.props(f"aria-pressed={'true' if each == self._name else 'false'}")
        self._part = self._make(view, rule if is_group else "")
        self._tell_counts()

    def refresh(self, *, alarms_changed: bool) -> None:
        """Follow the newest alarms, and the values they are about."""
        if alarms_changed:
            self._tell_counts()
        told = self._around.live.annunciation
        is_muted = told is not None and told.muted
        self._muted.set_text(self._around.texts["buzzer_muted"] if is_muted else "")
        self._part.refresh(alarms_changed=alarms_changed)

    def close(self) -> None:
        """Nothing to stop."""

    def _make(self, view: View, rule: str) -> _Part:
        if self._name == HISTORY:
            return HistoryPart(self._around, view)
        if self._name == ASIDE:
            return AsidePart(self._around, view)
        return ActivePart(self._around, view, rule, self._head)

    def _go(self, name: str) -> None:
        if name != self._name:
            self._around.open(View(ViewName.ALARMS, part=name))

    def _tell_counts(self) -> None:
        """Say behind the names of the parts how much is in them."""
        texts = self._around.texts
        told, aside = counts(self._around.live.alarms.values())
        for name, count in ((ACTIVE, told), (ASIDE, aside)):
            text = texts[f"part_{name}"]
            self._tabs[name].set_text(f"{text} ({count})" if count else text)


class ActivePart:
    """What is active, and what is over and not acknowledged; of one group its cells."""

    def __init__(self, around: Surroundings, view: View, rule: str, head: Element) -> None:
        """`head` is the row that takes the tools as well where there is room for them."""
        self._around = around
        self._view = view
        self._rule = rule
        texts = around.texts
        with head, box("bacs-toolbar"):
            with box("bacs-toolbar-text"):
                label(self._group_name(), "bacs-group-name")
                self._doing = label("", "bacs-quiet").props("role=status")
            self._needs = label(
                people.who_may(CommandName.ACKNOWLEDGE, texts["acknowledge"], texts), "bacs-needs"
            )
            if rule:
                button(texts["all_at_once"], self._open_group, "bacs-button bacs-action")
            self._all = button(
                texts["acknowledge_all"], self._acknowledge_all, "bacs-button bacs-action"
            )
            self._turning = Turning(texts, PER_PAGE, view.number or 0, self._turned)
        self._many = ManyOrders(around, self._doing.set_text)
        self._list = AlarmList(around, self._many, self._opened)
        self._empty = label(texts["no_alarms"], "bacs-nothing bacs-alarms-known")
        self._fill()

    def refresh(self, *, alarms_changed: bool) -> None:
        """Follow the newest alarms, and the values they are about."""
        self._many.follow()
        self._mark_sending()
        if alarms_changed:
            self._fill()
        else:
            self._list.follow()

    def _acknowledge_all(self) -> None:
        self._around.order(Acknowledge(), self._around.texts["acknowledge_all"])
        self._mark_sending()
        self._list.follow()

    def _mark_sending(self) -> None:
        """Switch the button off until the engine has answered: it may take a while."""
        switch_off(self._all, self._around.is_sending(CommandName.ACKNOWLEDGE))

    def _rows(self) -> list[AlarmRow]:
        alarms = self._around.live.alarms.values()
        if not self._rule:
            return active_rows(alarms)
        own = alarms_of_group(alarms, self._rule, self._view.key)
        return [AlarmRow((alarm,)) for alarm in own if alarm.state not in wording.PUT_ASIDE]

    def _fill(self) -> None:
        rows = self._rows()
        first, last = self._turning.show(len(rows))
        self._list.show(rows[first:last])
        self._empty.set_visibility(not rows)
        anything_open = any(alarm.state in OPEN for row in rows for alarm in row.alarms)
        offered = self._around.may(CommandName.ACKNOWLEDGE)
        self._all.set_visibility(anything_open and offered and not self._rule)
        self._needs.set_visibility(anything_open and not offered)

    def _group_name(self) -> str:
        """Say which cells are listed where it is one group of them."""
        if not self._rule:
            return ""
        string = wording.string_of(self._around.site, self._view.key)
        place = self._view.key if string is None else string.name
        return f"{place} · {wording.rule_name(self._rule, self._around.texts)}"

    def _opened(self, row: AlarmRow) -> None:
        if row.is_group:
            worst = row.worst
            part = f"{ACTIVE}/{worst.rule}"
            self._around.open(View(ViewName.ALARMS, worst.string_key or "", part=part))
        else:
            AlarmSheet(self._around, row, self._many)

    def _open_group(self) -> None:
        alarms = tuple(alarm for row in self._rows() for alarm in row.alarms)
        if alarms:
            AlarmSheet(self._around, AlarmRow(alarms), self._many)

    def _turned(self, page: int) -> None:
        self._view = replace(self._view, number=page or None)
        self._around.note(self._view)
        self._fill()
