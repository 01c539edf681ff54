"""Equalization: a row per string; a touch shows all about one string and what can be done."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from nicegui.elements.mixins.text_element import TextElement

from bacs_core.api.live import LiveString
from bacs_core.model import AlarmSeverity
from bacs_hmi import wording
from bacs_hmi.conclusions import mode
from bacs_hmi.format import ABSENT
from bacs_hmi.pages.equalization_facts import (
    bypass_of,
    is_odd,
    millivolts,
    spread_of,
    state_words,
)
from bacs_hmi.pages.equalization_string import StringEqualization
from bacs_hmi.pages.page import Page, Surroundings
from bacs_hmi.pages.paging import Turning
from bacs_hmi.parts import arrow, box, choose, label, symbol, symbol_svg
from bacs_hmi.views import View, ViewName

PER_PAGE: Final = 7


def equalization_page(around: Surroundings, view: View) -> Page:
    """Make the page of all strings, or that of the one which the view names."""
    string = wording.string_of(around.site, view.key)
    if string is None:
        return EqualizationPage(around, view)
    return StringEqualization(around, string)


class EqualizationPage:
    """Lists the strings; those with a finding come first, the others as they are in the site."""

    def __init__(self, around: Surroundings, view: View) -> None:
        self._around = around
        self._view = view
        self._keys: list[str] = []
        self._rows: list[_Row] = []
        texts = around.texts
        with box("bacs-title"):
            arrow("back", texts["back"], lambda: around.open(View(ViewName.MENU)))
            with box("bacs-title-text"):
                label(texts["equalization"], tag="h1")
            self._turning = Turning(texts, PER_PAGE, view.number or 0, self._turned)
        self._list = box("bacs-rows bacs-truth", "ul")
        self._fill()

    def refresh(self, *, alarms_changed: bool) -> None:  # noqa: ARG002 - told of no alarm
        """Follow the newest values."""
        self._fill()

    def close(self) -> None:
        """Nothing to stop."""

    def _fill(self) -> None:
        live = self._around.live
        mirrors = [live.strings[string.key] for string in self._around.site.strings]
        mirrors.sort(key=lambda mirror: not is_odd(mirror))
        first, last = self._turning.show(len(mirrors))
        shown = mirrors[first:last]
        keys = [mirror.string.key for mirror in shown]
        if keys != self._keys:
            self._keys = keys
            self._list.clear()
            with self._list:
                self._rows = [_Row(self._around, mirror) for mirror in shown]
        for row, mirror in zip(self._rows, shown, strict=True):
            row.fill(mirror)

    def _turned(self, page: int) -> None:
        self._view = replace(self._view, number=page or None)
        self._around.note(self._view)
        self._fill()


class _Row:
    """One string: who equalizes it and when, what it does, how far its cells are apart."""

    def __init__(self, around: Surroundings, mirror: LiveString) -> None:
        self._around = around
        string = mirror.string
        self._labels: dict[str, TextElement] = {}
        with box("bacs-row", "li"):
            with box("bacs-row-open", "button").props("type=button") as opener:
                self._mark = symbol(None)
                for side, names in (
                    ("who", ("name", "by")),
                    ("how", ("state",)),
                    ("what", ("spread", "bypass")),
                ):
                    with box(f"bacs-row-{side}"):
                        self._labels |= {name: label("", f"bacs-row-{name}") for name in names}
                box("bacs-chevron").props("aria-hidden=true")
            opener.props(f'data-string="{string.key}"')
            view = View(ViewName.EQUALIZATION, string.key)
            opener.on("click", lambda _: partial(around.open, view)())

    def fill(self, mirror: LiveString) -> None:
        """Say how the string is now."""
        around, texts, numbers = self._around, self._around.texts, self._around.numbers
        string = mirror.string
        spread, bypass = spread_of(around.live, mirror), bypass_of(around.live, mirror)
        severity = AlarmSeverity.WARNING if is_odd(mirror) else None
        self._mark.set_content(symbol_svg(severity))
        who = texts[f"by_{string.equalized_by.value}"]
        when = mode(mirror, texts)
        width = ABSENT if spread is None else millivolts(spread.width_v, numbers)
        working = ABSENT
        if bypass is not None:
            duty = numbers.with_unit(bypass.mean_percent, 0, "%")
            working = texts["cells_bled"].format(
                count=bypass.working, cells=bypass.count, duty=duty
            )
        told = {
            "name": string.name,
            "by": f"{who}, {when}" if when else who,
            "state": state_words(mirror, texts),
            "spread": texts["spread_of_cells"].format(spread=width),
            "bypass": working,
        }
        for name, text in told.items():
            self._labels[name].set_text(text)
        choose(self._labels["spread"], "bacs-old", spread is not None and spread.old)
        choose(self._labels["bypass"], "bacs-old", bypass is not None and bypass.old)
