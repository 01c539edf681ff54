"""The list of units that answered, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from bacs_core.api.messages import FoundUnit
from bacs_hmi.pages.commissioning.job import MODULE, unit_facts, unit_name
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import arrow, box, button, label

PER_PAGE: Final = 6


class FoundList:
    """Shows what was found; the newest page follows while a job runs.

    `on_identify` and `on_readdress` are offered for modules of our own map.
    """

    def __init__(
        self,
        around: Surroundings,
        on_identify: Callable[[FoundUnit], None],
        on_readdress: Callable[[FoundUnit], None],
    ) -> None:
        self._around = around
        self._on_identify = on_identify
        self._on_readdress = on_readdress
        self._units: tuple[FoundUnit, ...] = ()
        self._offers: tuple[bool, bool] = (False, False)
        self._page = 0
        texts = around.texts
        with box("bacs-found") as self._whole:
            with box("bacs-found-head"):
                self._title = label("", tag="h2")
                with box("bacs-turn") as self._turning:
                    arrow("up", texts["page_up"], lambda: self._turn(-1))
                    self._place = label("", "bacs-quiet")
                    arrow("down", texts["page_down"], lambda: self._turn(1))
            self._list = box("bacs-found-list", "ul")
        self._draw()

    def show(
        self, units: Sequence[FoundUnit], *, can_identify: bool, can_readdress: bool, follow: bool
    ) -> None:
        """Show these units; with `follow` the last page, where the newest stand."""
        shown, offers = tuple(units), (can_identify, can_readdress)
        if (shown, offers) == (self._units, self._offers):
            return
        self._units, self._offers = shown, offers
        if follow:
            self._page = max(0, (len(shown) - 1) // PER_PAGE)
        self._draw()

    def _turn(self, step: int) -> None:
        self._page += step
        self._draw()

    def _draw(self) -> None:
        texts, count = self._around.texts, len(self._units)
        pages = max(1, -(-count // PER_PAGE))
        self._page = max(0, min(self._page, pages - 1))
        self._title.set_text(texts["found_count"].format(count=count) if count else "")
        self._place.set_text(texts["page_of"].format(page=self._page + 1, pages=pages))
        self._turning.set_visibility(pages > 1)
        self._whole.set_visibility(count > 0)
        self._list.clear()
        with self._list:
            for unit in self._units[self._page * PER_PAGE : (self._page + 1) * PER_PAGE]:
                self._row(unit)

    def _row(self, unit: FoundUnit) -> None:
        texts, numbers = self._around.texts, self._around.numbers
        can_identify, can_readdress = self._offers
        with box("bacs-found-row", "li").props(f"data-unit={unit.unit}"):
            label(str(unit.unit), "bacs-found-unit").props["title"] = texts["unit"].format(
                unit=unit.unit
            )
            with box("bacs-found-what"):
                label(unit_name(unit, texts, numbers), "bacs-found-name bacs-found-kind")
                label(unit_facts(unit, texts, numbers), "bacs-quiet")
            if unit.device == MODULE and can_identify:
                button(texts["identify"], partial(self._on_identify, unit))
            if unit.device == MODULE and can_readdress and unit.serial_number is not None:
                button(texts["new_address"], partial(self._on_readdress, unit))
