"""The environment: what is measured of the rooms, with age, limits and the trend of a day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Final

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from bacs_core.api.history_messages import SeriesMessage
from bacs_core.api.rule_messages import Rules
from bacs_hmi.conclusions import today_of
from bacs_hmi.pages.environment_facts import (
    POINTS,
    ROOM,
    Measurement,
    measurements,
    sparkline,
)
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.paging import Turning
from bacs_hmi.parts import arrow, box, choose, label, symbol, symbol_svg
from bacs_hmi.room_trends import Trend
from bacs_hmi.views import View, ViewName

PER_PAGE: Final = 6
DAY: Final = timedelta(hours=24)
#: The trend of a day is read anew after so many ticks.
READ_EVERY_TICKS: Final = 300


@dataclass(slots=True)
class _Row:
    """The elements of one measured value."""

    sign: ui.html
    labels: dict[str, TextElement]
    trend: ui.html


class EnvironmentPage:
    """Shows what is measured of the rooms until it is closed."""

    def __init__(self, around: Surroundings, view: View) -> None:
        self._around = around
        self._view = view
        self._rules: Rules | None = None
        self._keys: list[str] = []
        self._rows: list[_Row] = []
        self._ticks = 0
        texts = around.texts
        with box("bacs-title"):
            arrow("back", texts["back"], lambda: around.open(View(ViewName.MENU)))
            with box("bacs-title-text"):
                label(texts["environment"], tag="h1")
            self._turning = Turning(texts, PER_PAGE, view.number or 0, self._turned)
        with box("bacs-scrolled bacs-truth"):
            self._empty = label(texts["nothing_measured"], "bacs-nothing")
            self._list = box("bacs-rows", "ul")
        around.ask.engine(
            "rules", lambda client, _: client.rules(), self._told_rules, lambda _: None
        )
        self._follow()

    def refresh(self, *, alarms_changed: bool) -> None:  # noqa: ARG002 - read at each tick
        """Follow the newest values; read the trends again from time to time."""
        self._ticks += 1
        if self._ticks >= READ_EVERY_TICKS:
            self._ticks = 0
            self._read_trends()
        self._follow()

    def close(self) -> None:
        """Nothing to stop."""

    def _told_rules(self, rules: Rules) -> None:
        self._rules = rules
        self._follow()

    def _shown(self) -> list[Measurement]:
        around = self._around
        every = measurements(around.live, self._rules, around.texts, around.numbers)
        self._empty.set_visibility(not every)
        first, last = self._turning.show(len(every))
        return every[first:last]

    def _follow(self) -> None:
        shown = self._shown()
        keys = [each.key for each in shown]
        if keys != self._keys:
            self._keys = keys
            self._list.clear()
            with self._list:
                self._rows = [_draw(each) for each in shown]
            self._read_trends()
        for row, each in zip(self._rows, shown, strict=True):
            row.sign.set_content(symbol_svg(each.severity))
            for name, element in row.labels.items():
                element.set_text(getattr(each, name))
            choose(row.labels["value"], "bacs-old", each.old)

    def _read_trends(self) -> None:
        around = self._around
        end = today_of(around.live)
        for row, each in zip(self._rows, self._shown(), strict=True):
            if each.sensor is not None:
                trend = around.rooms.trend(*each.sensor)
                if trend is not None:
                    self._draw_trend(row, each, trend)
            elif each.trend is not None:
                key = each.trend
                around.ask.history(
                    f"trend {key}",
                    lambda history, key=key: history.series(  # type: ignore[misc]
                        key, None, ROOM, end - DAY, end, POINTS
                    ),
                    partial(self._draw_trend, row, each),
                    partial(self._no_trend, row),
                )

    def _draw_trend(self, row: _Row, each: Measurement, series: SeriesMessage | Trend) -> None:
        drawn = sparkline(series, each, self._around.numbers, self._around.texts)
        if drawn:
            row.trend.set_content(drawn)
        else:
            self._no_trend(row)

    def _no_trend(self, row: _Row, _: str = "") -> None:
        words = self._around.texts["no_day_trend"]
        row.trend.set_content(f'<span class="bacs-spark-words bacs-quiet">{words}</span>')

    def _turned(self, page: int) -> None:
        self._view = replace(self._view, number=page or None)
        self._around.note(self._view)
        self._follow()


def _draw(each: Measurement) -> _Row:
    labels: dict[str, TextElement] = {}
    with box("bacs-row bacs-measured", "li").props(f'data-key="{each.key}"'):
        sign = symbol(each.severity)
        with box("bacs-row-who"):
            labels["place"] = label("", "bacs-row-name")
            labels["name"] = label("", "bacs-quiet")
        with box("bacs-measured-value"):
            labels["value"] = label("", "bacs-number")
            labels["age"] = label("", "bacs-quiet")
        labels["limits"] = label("", "bacs-measured-limits bacs-quiet")
        trend = ui.html("", sanitize=False).classes("bacs-measured-trend")
    return _Row(sign, labels, trend)
