"""Lines and devices: how each line does, and what every device on it says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import arrow, box, choose, label, symbol, symbol_svg
from bacs_hmi.texts import Texts
from bacs_hmi.views import View, ViewName
from bacs_hmi.wires import SEPARATOR, Row, rows

PER_PAGE: Final = 7


@dataclass(frozen=True, slots=True)
class _Drawn:
    """The elements of one row."""

    box: Element
    symbol: ui.html
    labels: dict[str, TextElement]
    fold: Element
    summary: TextElement
    more: TextElement


class LinesPage:
    """Shows lines and devices until it is closed."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._page = 0
        self._drawn: list[_Drawn] = []
        texts = around.texts
        with box("bacs-title"):
            arrow("back", texts["back"], lambda: around.open(View(ViewName.MENU)))
            with box("bacs-title-text"):
                label(texts["lines_title"], tag="h1")
            with box("bacs-turn") as self._turning:
                arrow("up", texts["page_up"], lambda: self._turn(-1))
                self._place = label("", "bacs-quiet")
                arrow("down", texts["page_down"], lambda: self._turn(1))
        self._list = box("bacs-wires", "ul")
        self._build()

    def refresh(self, *, alarms_changed: bool) -> None:  # noqa: ARG002 - told of no alarm
        """Follow the newest values."""
        shown = self._shown()
        if len(shown) != len(self._drawn):
            self._build()
            return
        for row, drawn in zip(shown, self._drawn, strict=True):
            _fill(row, drawn, self._around.texts)

    def close(self) -> None:
        """Nothing to stop."""

    def _turn(self, step: int) -> None:
        self._page += step
        self._build()

    def _shown(self) -> tuple[Row, ...]:
        around = self._around
        every = rows(around.live, around.texts, around.numbers)
        pages = max(1, -(-len(every) // PER_PAGE))
        self._page = max(0, min(self._page, pages - 1))
        self._place.set_text(around.texts["page_of"].format(page=self._page + 1, pages=pages))
        self._turning.set_visibility(pages > 1)
        return every[self._page * PER_PAGE : (self._page + 1) * PER_PAGE]

    def _build(self) -> None:
        self._list.clear()
        with self._list:
            self._drawn = [_draw(row, self._around.texts) for row in self._shown()]


def _draw(row: Row, texts: Texts) -> _Drawn:
    labels: dict[str, TextElement] = {}
    with box(f"bacs-wire {row.kind.value}", "li").props(f'data-key="{row.key}"') as whole:
        mark = symbol(None)
        for side, names in (
            ("who", ("name", "facts")),
            ("how", ("state", "reason")),
            ("what", ("values", "counts")),
        ):
            with box(f"bacs-wire-{side}"):
                labels |= {name: label("", f"bacs-wire-{name}") for name in names}
        with box("bacs-wire-fold", "details") as fold:
            summary = label("", tag="summary")
            more = label("", "bacs-wire-more")
    drawn = _Drawn(whole, mark, labels, fold, summary, more)
    _fill(row, drawn, texts)
    return drawn


def _fill(row: Row, drawn: _Drawn, texts: Texts) -> None:
    """Write a row; nothing is sent for what stays as it was."""
    for name, element in drawn.labels.items():
        element.set_text(getattr(row, name))
    drawn.symbol.set_content(symbol_svg(row.severity))
    choose(drawn.labels["values"], "bacs-old", row.old)
    drawn.fold.set_visibility(bool(row.more))
    drawn.summary.set_text(texts["more_numbers"].format(count=len(row.more)))
    drawn.more.set_text(SEPARATOR.join(row.more))
