"""Trends of a cell: which quantity, how long, earlier and later, and the chart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from nicegui.elements.mixins.text_element import TextElement

from bacs_core.api.client import CommandRefusedError
from bacs_core.api.history_client import HistoryClient
from bacs_core.api.rule_messages import Rules
from bacs_core.model import Quantity, String, cell_label
from bacs_hmi.charts.line_chart import Limit, LineChart
from bacs_hmi.charts.reading import ReadingNote
from bacs_hmi.conclusions import today_of
from bacs_hmi.format import SHOWN
from bacs_hmi.pages.cell_page.baseline import Baseline
from bacs_hmi.pages.cell_page.limits import limits_of
from bacs_hmi.pages.cell_page.periods import POINTS, Period, Stretch, span_words
from bacs_hmi.pages.cell_page.trend_chart import COMPARED, NOTHING, Asked, Trend, chart_of
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import arrow, box, button, choose, label

#: A trend that follows the clock is read again once a bucket is over, but not more often.
READ_EVERY_S: Final = 10.0
#: Limits may be changed elsewhere meanwhile.
RULES_EVERY_S: Final = 30.0
_NO_HISTORY: Final = "no_history"
_QUANTITIES: Final = {
    Quantity.VOLTAGE: "trend_voltage",
    Quantity.TEMPERATURE: "trend_temperature",
    Quantity.RESISTANCE: "trend_resistance",
    Quantity.CHARGE: "trend_charge",
    Quantity.DUTY: "trend_duty",
}


class TrendPart:
    """Shows one quantity over one stretch; `changed` is told of each choice."""

    def __init__(
        self,
        around: Surroundings,
        string: String,
        cell: int,
        quantity: Quantity,
        stretch: Stretch,
        changed: Callable[[Quantity, Stretch], None],
    ) -> None:
        self._around = around
        self._string = string
        self._cell = cell
        self._quantity = quantity
        self._stretch = stretch
        self._changed = changed
        self._rules: Rules | None = None
        self._rules_read_at = 0.0
        self._baseline: Baseline | None = None
        self._trend: Trend | None = None
        self._times = stretch.times(self._now())
        self._read_at = 0.0
        self._build()
        self._read_rules()
        self._read()

    def refresh(self) -> None:
        """Read again when there is something new."""
        self._note.tick()
        if self._stretch.end is not None:
            return
        if self._now().timestamp() - self._rules_read_at >= RULES_EVERY_S:
            self._read_rules()
        every_s = max(READ_EVERY_S, self._stretch.bucket_s)
        if self._now().timestamp() - self._read_at >= every_s:
            self._read()

    def set_baseline(self, baseline: Baseline | None) -> None:
        """Draw what the resistance is compared with."""
        self._baseline = baseline
        self._draw()

    def _build(self) -> None:
        texts = self._around.texts
        with box("bacs-trend"):
            with box("bacs-trend-choice bacs-segments").props("role=group") as row:
                row.props["aria-label"] = texts["trend_quantity"]
                self._quantities = {
                    quantity: button(texts[name], partial(self._choose, quantity))
                    for quantity, name in _QUANTITIES.items()
                }
            with box("bacs-trend-plot"):
                self._chart = LineChart(texts, self._around.language)
                self._note = ReadingNote(texts, self._read)
            with box("bacs-trend-times"):
                with box("bacs-segments").props("role=group") as row:
                    row.props["aria-label"] = texts["trend_period"]
                    self._periods = {
                        period: button(texts[f"period_{period.value}"], partial(self._take, period))
                        for period in Period
                    }
                with box("bacs-trend-steps"):
                    arrow("left", texts["trend_earlier"], self._earlier)
                    self._later = arrow("right", texts["trend_later"], self._go_later)
                    self._to_now = button(texts["trend_now"], self._go_now)
            self._span = label("", "bacs-quiet bacs-trend-span")
        self._mark()

    def _choose(self, quantity: Quantity) -> None:
        self._turn(quantity, self._stretch)

    def _take(self, period: Period) -> None:
        self._turn(self._quantity, self._stretch.of(period))

    def _earlier(self) -> None:
        self._turn(self._quantity, self._stretch.earlier(self._now()))

    def _go_later(self) -> None:
        self._turn(self._quantity, self._stretch.later(self._now()))

    def _go_now(self) -> None:
        self._turn(self._quantity, Stretch(self._stretch.period))

    def _turn(self, quantity: Quantity, stretch: Stretch) -> None:
        if (quantity, stretch) == (self._quantity, self._stretch):
            return
        self._quantity, self._stretch = quantity, stretch
        self._trend = None
        self._changed(quantity, stretch)
        self._mark()
        self._read()

    def _mark(self) -> None:
        for quantity, element in self._quantities.items():
            _press(element, pressed=quantity is self._quantity)
        for period, element in self._periods.items():
            _press(element, pressed=period is self._stretch.period)
        follows = self._stretch.end is None
        for element in (self._later, self._to_now):
            element.props["disabled"] = follows
            element.update()

    def _read(self) -> None:
        around, quantity, stretch = self._around, self._quantity, self._stretch
        now = self._now()
        self._read_at = now.timestamp()
        times = stretch.times(now)
        if self._trend is None:
            self._note.reading()
        self._tell_span(*times)
        around.ask.history(
            "trend",
            lambda history: _read_trend(
                history, self._string.key, self._cell, quantity, times, POINTS[stretch.period]
            ),
            partial(self._arrived, times),
            self._failed,
        )

    def _read_rules(self) -> None:
        """Limits that people changed are drawn once they are known; until then the usual ones."""

        def arrived(rules: Rules) -> None:
            if rules != self._rules:
                self._rules = rules
                self._draw()

        self._rules_read_at = self._now().timestamp()
        self._around.ask.engine("rules", lambda client, _: client.rules(), arrived, lambda _: None)

    def _failed(self, why: str) -> None:
        if self._trend is None:
            self._note.failed(why)

    def _arrived(self, times: tuple[datetime, datetime], trend: Trend) -> None:
        self._times, self._trend = times, trend
        self._draw()

    def _draw(self) -> None:
        trend, texts = self._trend, self._around.texts
        if trend is None:
            return
        self._note.say("" if trend.has_values else texts["no_trend"])
        start, end = self._times
        name = texts["cell_title"].format(cell=cell_label(self._cell, self._string.cell_count))
        asked = Asked(
            quantity=self._quantity,
            string=self._string,
            label=f"{name}: {texts[_QUANTITIES[self._quantity]]}",
            start=start.timestamp(),
            end=end.timestamp(),
            limits=self._limits(),
        )
        self._chart.show(chart_of(asked, trend, texts))

    def _limits(self) -> tuple[Limit, ...]:
        texts = self._around.texts
        found = limits_of(self._quantity, self._string, self._cell, self._rules, texts)
        if self._quantity is Quantity.RESISTANCE and self._baseline is not None:
            level = self._baseline.ohm * SHOWN[Quantity.RESISTANCE].factor
            found = (*found, Limit(level, "baseline", texts["limit_baseline"]))
        return found

    def _tell_span(self, start: datetime, end: datetime) -> None:
        day_format = self._around.texts["day_format"]
        self._span.set_text(span_words(start, end, self._now(), day_format))

    def _now(self) -> datetime:
        return today_of(self._around.live)


def _press(element: TextElement, *, pressed: bool) -> None:
    choose(element, "chosen", pressed)
    element.props(f"aria-pressed={str(pressed).lower()}")


async def _read_trend(
    history: HistoryClient,
    key: str,
    cell: int,
    quantity: Quantity,
    times: tuple[datetime, datetime],
    points: int,
) -> Trend:
    try:
        own = await history.series(key, cell, quantity.value, *times, points)
    except CommandRefusedError as refusal:
        # A new site has no history yet, and that is no failure.
        if refusal.code != _NO_HISTORY:
            raise
        return Trend(NOTHING)
    compared = COMPARED.get(quantity)
    if compared is None:
        return Trend(own)
    beside = await history.series(key, None, compared, *times, points)
    return Trend(own, beside if any(beside.count) else None)
