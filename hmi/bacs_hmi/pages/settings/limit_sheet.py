"""The sheet that asks for another limit of one rule at one place."""

from __future__ import annotations

from collections.abc import Callable

from bacs_core.api.messages import LimitChoice, SetAlarmLimit
from bacs_hmi.fields import number_field
from bacs_hmi.hold import hold_button
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.settings.limits import (
    Amount,
    Row,
    Spot,
    limit_text,
    rule_name,
    spot_name,
    usual_text,
)
from bacs_hmi.parts import box, button, label, sheet


class LimitSheet:
    """Offers a number within the allowed range, off, and back to what is usual.

    `then` is called once something was ordered, `choose_string` where no one number fits all.
    """

    def __init__(
        self,
        around: Surroundings,
        row: Row,
        amount: Amount,
        spot: Spot,
        then: Callable[[], None],
        choose_string: Callable[[], None],
    ) -> None:
        self._around = around
        self._row = row
        self._amount = amount
        self._spot = spot
        self._then = then
        self._number = _of_now(row, amount)
        texts, numbers = around.texts, around.numbers
        name = rule_name(row.rule, texts)
        with sheet(around.over, f"{name} · {spot_name(spot, around.site, texts)}"):
            with box("bacs-fact-list", "dl"):
                in_force = limit_text(row, amount, numbers, texts)
                for title, text in (
                    (texts["limit_usual"], usual_text(row, amount, numbers)),
                    (texts["limit_now"], in_force),
                    (texts["limit_wrong_side"], texts[f"limit_{row.rule.beyond}"]),
                ):
                    label(title, "bacs-quiet", tag="dt")
                    label(text, tag="dd")
            if row.is_settable:
                self._field()
            else:
                label(texts["limits_differ"], "bacs-quiet", tag="p")
            self._problem = label("", "bacs-problem").props("role=alert")
            if row.rule.may_put_aside:
                with box("bacs-actions wide bacs-limit-off"):
                    hold_button(texts["limit_switch_off"], lambda: self._send(LimitChoice.OFF))
            with box("bacs-actions wide"):
                button(texts["cancel"], around.over.clear)
                if row.own is not None:
                    button(texts["limit_to_usual"], lambda: self._send(LimitChoice.DEFAULT))
                if row.is_settable:
                    button(texts["limit_set"], self._set, "bacs-button primary")
                else:
                    button(texts["limits_choose_string"], choose_string, "bacs-button primary")

    def _field(self) -> None:
        row, amount = self._row, self._amount
        assert row.lowest is not None  # noqa: S101 - settable
        assert row.highest is not None  # noqa: S101 - settable
        number_field(
            self._around.texts["limit_new"],
            self._number,
            self._typed,
            unit=amount.unit,
            minimum=row.lowest * amount.factor,
            maximum=row.highest * amount.factor,
            decimals=amount.decimals,
        )

    def _typed(self, number: float | None) -> None:
        self._number = number

    def _set(self) -> None:
        if self._number is None:
            self._problem.set_text(self._around.texts["limit_missing"])
            return
        self._send(self._number / self._amount.factor)

    def _send(self, limit: float | LimitChoice) -> None:
        around, texts = self._around, self._around.texts
        around.over.clear()
        order = SetAlarmLimit(rule=self._row.rule.name, place=self._spot.place(), limit=limit)
        around.order(order, texts["change"])
        self._then()


def _of_now(row: Row, amount: Amount) -> float | None:
    """Return the one limit that is in force, as the screen writes it; several are no start."""
    known = set(row.limit)
    value = next(iter(known)) if len(known) == 1 else None
    return None if value is None else round(value * amount.factor, amount.decimals)
