"""The part of the settings that shows and changes alarm limits."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from bacs_core.api.client import EngineClient
from bacs_core.api.messages import CommandName
from bacs_core.api.rule_messages import Rules
from bacs_hmi.conclusions import today_of
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.settings.limit_sheet import LimitSheet
from bacs_hmi.pages.settings.limits import (
    Amount,
    Row,
    Spot,
    amount_of,
    change_words,
    limit_text,
    rows,
    rule_name,
    spot_name,
    usual_text,
)
from bacs_hmi.pages.settings.spot_sheet import SpotSheet
from bacs_hmi.parts import box, button, choose, label, symbol
from bacs_hmi.rereading import Rereading
from bacs_hmi.views import View

EVERY_TICKS = 4
_SCOPES = ("cell", "string", "manager", "accessory", "line", "site")


class LimitsPart:
    """Lists the limits at one spot; `View.key` and `View.cell` say which."""

    def __init__(self, around: Surroundings, view: View) -> None:
        self._around = around
        self._view = view
        self._rules: Rules | None = None
        self._shown: list[Row] | None = None
        texts = around.texts
        self._reading: Rereading[Rules] = Rereading(
            around.ask,
            "rules",
            read=_read,
            then=self._told,
            failed=self._failed,
            every=EVERY_TICKS,
        )
        with box("bacs-spot"):
            with box("bacs-spot-words"):
                label(texts["limits_of"], "bacs-quiet")
                self._name = label("", "bacs-spot-name")
            button(texts["whole_site"], lambda: self._look(Spot()), "bacs-button bacs-action")
            button(texts["limits_choose_string"], self._ask_spot, "bacs-button bacs-action")
        label(texts["limits_what"], "bacs-quiet", tag="p")
        self._list = box("bacs-limits")
        self._say(texts["being_read"])
        self._spot = Spot(view.key, view.cell)
        self._name_spot()

    def refresh(self, *, alarms_changed: bool) -> None:
        """Read the rules again now and then."""
        if alarms_changed:
            self._shown = None
            self._reading.soon()
        self._reading.tick()

    def _told(self, rules: Rules) -> None:
        self._rules = rules
        shown = rows(rules.rules, self._spot)
        if shown == self._shown:
            return
        self._shown = shown
        self._list.clear()
        with self._list:
            for scope in _SCOPES:
                of_scope = [row for row in shown if row.rule.scope == scope]
                if of_scope:
                    label(self._around.texts[f"limits_{scope}"], tag="h2")
                for row in of_scope:
                    self._row(row)
        if not shown:
            self._say(self._around.texts["no_limits"])

    def _failed(self, problem: str, _: bool) -> None:  # noqa: FBT001 - as it is told
        if self._rules is None:
            self._say(problem)

    def _say(self, text: str) -> None:
        self._list.clear()
        with self._list:
            label(text, "bacs-empty", tag="p")

    def _row(self, row: Row) -> None:
        around, texts, numbers = self._around, self._around.texts, self._around.numbers
        amount = amount_of(row)
        with box("bacs-limit").props(f'data-rule="{row.rule.name}"') as element:
            choose(element, "changed", row.is_changed)
            symbol(row.rule.severity)
            with box("bacs-limit-what"):
                label(rule_name(row.rule, texts), "bacs-limit-name")
                told = [each for each in (row.own, *row.others) if each is not None]
                for change in told[:3]:
                    words = change_words(
                        change, amount, around.site, texts, numbers, today_of(around.live)
                    )
                    label(words, "bacs-quiet")
                if len(told) > 3:  # noqa: PLR2004 - as above
                    label(texts["and_more"].format(count=len(told) - 3), "bacs-quiet")
            self._figure(texts["limit_usual"], usual_text(row, amount, numbers))
            in_force = limit_text(row, amount, numbers, texts)
            self._figure(texts["limit_now"], in_force, "bacs-limit-now")
            if around.may(CommandName.SET_ALARM_LIMIT):
                button(
                    texts["change"], partial(self._change, row, amount), "bacs-button bacs-action"
                )

    @staticmethod
    def _figure(title: str, value: str, classes: str = "") -> None:
        with box(f"bacs-limit-figure {classes}"):
            label(title, "bacs-quiet")
            label(value, "bacs-limit-value")

    def _change(self, row: Row, amount: Amount) -> None:
        LimitSheet(self._around, row, amount, self._spot, self._reading.soon, self._ask_spot)

    def _ask_spot(self) -> None:
        SpotSheet(self._around, self._spot, self._look)

    def _look(self, spot: Spot) -> None:
        self._spot = spot
        self._view = replace(self._view, key=spot.string_key, cell=spot.cell)
        self._around.note(self._view)
        self._name_spot()
        self._shown = None
        if self._rules is not None:
            self._told(self._rules)

    def _name_spot(self) -> None:
        self._name.set_text(spot_name(self._spot, self._around.site, self._around.texts))


async def _read(client: EngineClient, _: str | None) -> Rules:
    return await client.rules()
