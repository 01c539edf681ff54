"""The menu: one large tile for each view that has no tab."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import arrow, box, button, label
from bacs_hmi.views import View, ViewName


class MenuPage:
    """Offers `tiles`, in this order."""

    def __init__(self, around: Surroundings, tiles: Sequence[ViewName]) -> None:
        texts = around.texts
        with box("bacs-title"):
            arrow("back", texts["back"], lambda: around.open(View()))
            with box("bacs-title-text"):
                label(texts["menu"], tag="h1")
        with box("bacs-tiles"):
            for name in tiles:
                with button("", partial(around.open, View(name)), "bacs-button bacs-tile"):
                    label(texts[name.value], "bacs-tile-name")
                    label(texts[f"about_{name.value}"], "bacs-quiet")

    def refresh(self, *, alarms_changed: bool) -> None:
        """Nothing here changes."""

    def close(self) -> None:
        """Nothing to stop."""
