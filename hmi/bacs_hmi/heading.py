"""The head of a page with several parts: way back, title, and a row of its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from nicegui.elements.mixins.text_element import TextElement

from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import arrow, box, button, choose, label
from bacs_hmi.views import View, ViewName


class Heading:
    """Names a page of the menu and its parts; a low screen has room for the parts alone."""

    def __init__(
        self,
        around: Surroundings,
        title: str,
        parts: Mapping[str, str],
        on_part: Callable[[str], None],
    ) -> None:
        """`parts` are texts by name; `on_part` gets the name of the one that is touched."""
        with box("bacs-parts-head"):
            with box("bacs-title"):
                arrow("back", around.texts["back"], lambda: around.open(View(ViewName.MENU)))
                with box("bacs-title-text"):
                    label(title, tag="h1")
            with box("bacs-parts", "nav").props(f'aria-label="{title}"'):
                self._tabs: dict[str, TextElement] = {
                    name: button(text, partial(on_part, name)) for name, text in parts.items()
                }

    def show(self, part: str) -> None:
        """Mark the part that is shown."""
        for name, tab in self._tabs.items():
            choose(tab, "chosen", name == part)
            if name == part:
                tab.props("aria-current=page")
            else:
                tab.props(remove="aria-current")
