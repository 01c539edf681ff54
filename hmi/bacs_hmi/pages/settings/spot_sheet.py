"""The sheet that asks for a string, and one of its cells if wanted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bacs_core.model import String
from bacs_hmi.fields import number_field
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.settings.limits import Spot
from bacs_hmi.parts import box, button, choose, label, sheet


class SpotSheet:
    """Lists the strings by manager; `on_spot` gets what was chosen."""

    def __init__(self, around: Surroundings, spot: Spot, on_spot: Callable[[Spot], None]) -> None:
        self._around = around
        self._on_spot = on_spot
        texts = around.texts
        with sheet(around.over, texts["limits_choose_string"]):
            with box("bacs-spots"):
                for manager in around.site.managers:
                    label(manager.name, "bacs-choice-title")
                    with box("bacs-options"):
                        for string in manager.strings:
                            _string_button(string, spot.string_key, self._choose)
            with box("bacs-actions"):
                button(texts["cancel"], around.over.clear)

    def _choose(self, string: String) -> None:
        _CellSheet(self._around, string, self._on_spot)


def _string_button(string: String, key: str, on_choose: Callable[[String], None]) -> None:
    element = button(string.name, partial(on_choose, string))
    choose(element, "chosen", string.key == key)


class _CellSheet:
    """Asks whether the whole string is meant, or one cell of it."""

    def __init__(
        self, around: Surroundings, string: String, on_spot: Callable[[Spot], None]
    ) -> None:
        self._around = around
        self._string = string
        self._on_spot = on_spot
        self._cell: int | None = None
        texts = around.texts
        with sheet(around.over, string.name):
            with box("bacs-buttons"):
                button(
                    texts["limits_whole_string"],
                    lambda: self._done(None),
                    "bacs-button bacs-action primary",
                )
            number_field(texts["one_cell"], None, self._typed, minimum=1, maximum=string.cell_count)
            self._problem = label("", "bacs-problem").props("role=alert")
            with box("bacs-actions"):
                button(texts["cancel"], around.over.clear)
                button(texts["this_cell"], self._take_cell)

    def _typed(self, number: float | None) -> None:
        self._cell = None if number is None else int(number)

    def _take_cell(self) -> None:
        if self._cell is None:
            self._problem.set_text(self._around.texts["limits_choose_cell"])
        else:
            self._done(self._cell)

    def _done(self, cell: int | None) -> None:
        self._around.over.clear()
        self._on_spot(Spot(self._string.key, cell))
