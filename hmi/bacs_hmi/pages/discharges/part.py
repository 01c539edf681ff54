"""What the page of a discharge expects of its parts."""

from __future__ import annotations

from functools import partial
from typing import Protocol

from bacs_core.api.discharge_messages import Battery, DischargeAnalysis
from bacs_core.model import cell_label
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import arrow, box, label
from bacs_hmi.views import View, ViewName
from bacs_hmi.wording import string_of


class Part(Protocol):
    """One part of the page, rebuilt when another one is chosen."""

    def refresh(self) -> None:
        """Follow the newest values; called at each tick."""

    def follow(self, analysis: DischargeAnalysis) -> None:
        """Take up what the engine has worked out anew."""


def cell_row(around: Surroundings, battery: Battery, cell: int, words: str) -> None:
    """Make a row that tells of a cell and opens its page."""
    name = around.texts["cell_title"].format(cell=cell_label(cell, battery.cell_count))
    with box("bacs-cell-row"):
        label(name, "bacs-cell-row-name")
        label(words, "bacs-cell-row-words")
        string = string_of(around.site, battery.string_key)
        if string is not None and cell <= string.cell_count:
            view = View(ViewName.CELL, string.key, cell)
            arrow("right", around.texts["open_cell"], partial(around.open, view))
