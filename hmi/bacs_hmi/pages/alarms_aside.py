"""What was put aside: shelved, suppressed or out of service; by whom, why and until when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from bacs_core.api.command_messages import ALL_RULES
from bacs_core.api.messages import AlarmPlace, CommandName, PutBack
from bacs_core.api.rule_messages import Rules, StoppedRule
from bacs_hmi import wording
from bacs_hmi.format import day_and_clock
from bacs_hmi.given_reasons import reason_words
from bacs_hmi.pages.alarms_list import AlarmList
from bacs_hmi.pages.alarms_orders import ManyOrders
from bacs_hmi.pages.alarms_rows import AlarmRow, aside_rows, held_back, place_name
from bacs_hmi.pages.alarms_sheets import AlarmSheet
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.paging import Turning
from bacs_hmi.parts import box, button, label
from bacs_hmi.views import View

PER_PAGE: Final = 6
#: What is out of service is not told by the stream: it is asked for again after so many ticks.
ASK_EVERY_TICKS: Final = 10
_QUESTION: Final = "rules"


@dataclass(frozen=True, slots=True)
class StoppedTexts:
    """What is said of one order that keeps a rule out of service."""

    place: str
    what: str
    why: str
    since: str


class AsidePart:
    """Lists what was put aside, and what is out of service although nothing is wrong there."""

    def __init__(self, around: Surroundings, view: View) -> None:
        self._around = around
        self._view = view
        self._stopped: list[StoppedRule] | None = None
        self._drawn: tuple[tuple[StoppedTexts, ...], bool] | None = None
        self._ticks = 0
        self._is_asking = False
        texts = around.texts
        with box("bacs-toolbar"):
            with box("bacs-toolbar-text"):
                label(texts["aside_means"], "bacs-quiet")
                self._told = label("", "bacs-quiet").props("role=status")
            self._turning = Turning(texts, PER_PAGE, view.number or 0, self._turned)
        with box("bacs-scrolled"):
            self._empty = label(texts["nothing_aside"], "bacs-nothing bacs-alarms-known")
            self._many = ManyOrders(around, self._told.set_text)
            self._list = AlarmList(around, self._many, self._opened)
            self._orders = box("bacs-stopped bacs-truth", "ul")
        self._ask()
        self._fill()

    def refresh(self, *, alarms_changed: bool) -> None:
        """Follow the newest alarms; ask from time to time what is out of service."""
        self._many.follow()
        self._ticks += 1
        if (alarms_changed or self._ticks >= ASK_EVERY_TICKS) and not self._is_asking:
            self._ask()
        if alarms_changed:
            self._fill()
        else:
            self._list.follow()

    def _ask(self) -> None:
        self._ticks = 0
        self._is_asking = True
        self._around.ask.engine(
            _QUESTION, lambda client, _: client.rules(), self._answered, self._failed
        )

    def _answered(self, rules: Rules) -> None:
        self._is_asking = False
        self._stopped = rules.out_of_service
        self._told.set_text("")
        self._fill()

    def _failed(self, words: str) -> None:
        self._is_asking = False
        self._told.set_text(self._around.texts["stopped_unknown"].format(reason=words))

    def _fill(self) -> None:
        stopped = self._stopped or []
        rows = aside_rows(self._around.live.alarms.values(), stopped)
        first, last = self._turning.show(len(rows) + len(stopped))
        self._list.show(rows[first:last])
        self._empty.set_visibility(not rows and not stopped and self._stopped is not None)
        self._fill_orders(stopped[max(0, first - len(rows)) : max(0, last - len(rows))])

    def _fill_orders(self, orders: list[StoppedRule]) -> None:
        told = tuple(self._texts(order) for order in orders)
        may = self._around.may(CommandName.PUT_BACK)
        if (told, may) == self._drawn:
            return
        self._drawn = (told, may)
        texts = self._around.texts
        self._orders.clear()
        with self._orders:
            for order, said in zip(orders, told, strict=True):
                with box("bacs-alarm aside out_of_service", "li"):
                    with box("bacs-alarm-open"):
                        label("∅", "bacs-alarm-mark bacs-stopped-mark").props("aria-hidden=true")
                        with box("bacs-alarm-text"):
                            label(said.place, "bacs-alarm-place")
                            label(said.what, "bacs-alarm-what")
                        with box("bacs-alarm-when"):
                            label(said.since)
                            label(said.why, "bacs-alarm-state")
                    with box("bacs-alarm-do"):
                        if may:
                            text = texts["put_back"]
                            button(text, partial(self._put_back, order), "bacs-button bacs-action")

    def _texts(self, order: StoppedRule) -> StoppedTexts:
        around, texts = self._around, self._around.texts
        info = around.live.info
        names = {} if info is None else {each.id: each.name for each in info.accessories}
        rule = texts["all_alarms"] if order.rule is None else wording.rule_name(order.rule, texts)
        held = len(held_back(order, around.live.alarms.values()))
        what = texts["stopped_rule"].format(rule=rule)
        if held:
            what = texts["stopped_rule_held"].format(rule=rule, count=held)
        return StoppedTexts(
            place_name(order.place, around.site, texts, names),
            what,
            texts["stopped_by"].format(name=order.by, reason=reason_words(order.reason, texts)),
            day_and_clock(order.since, texts["day_format"]),
        )

    def _put_back(self, order: StoppedRule) -> None:
        place = AlarmPlace.model_validate(_named(order))
        command = PutBack(place=place, rule=order.rule or ALL_RULES)
        # The answer comes with the next tick or two.
        self._ticks = ASK_EVERY_TICKS - 2
        self._around.order(command, self._around.texts["put_back"])

    def _opened(self, row: AlarmRow) -> None:
        AlarmSheet(self._around, row, self._many)

    def _turned(self, page: int) -> None:
        self._view = replace(self._view, number=page or None)
        self._around.note(self._view)
        self._fill()


def _named(order: StoppedRule) -> dict[str, str | int]:
    """Name the place of an order as a command does: by its most exact name alone."""
    place = order.place
    if place.string_key is not None:
        cell = {} if place.cell is None else {"cell": place.cell}
        return {"string_key": place.string_key, **cell}
    wider = {
        "accessory_id": place.accessory_id,
        "line_id": place.line_id,
        "manager_id": place.manager_id,
    }
    named = {name: value for name, value in wider.items() if value is not None}
    return dict(list(named.items())[:1])
