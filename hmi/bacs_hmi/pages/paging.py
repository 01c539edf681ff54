"""Two arrows that turn the pages of a list, and between them the page that is shown."""

from __future__ import annotations

from collections.abc import Callable

from bacs_hmi.parts import arrow, box, label
from bacs_hmi.texts import Texts


class Turning:
    """Turns pages of `per_page` rows; invisible while one page shows everything."""

    def __init__(
        self, texts: Texts, per_page: int, page: int, turned: Callable[[int], None]
    ) -> None:
        self._texts = texts
        self._per_page = per_page
        self._page = page
        self._turned = turned
        with box("bacs-turn") as self._box:
            arrow("up", texts["page_up"], lambda: self._turn(-1))
            self._place = label("", "bacs-quiet")
            arrow("down", texts["page_down"], lambda: self._turn(1))
        self._pages = 1

    def show(self, count: int) -> tuple[int, int]:
        """Return which rows of so many are on the page, from the first to before the last."""
        self._pages = max(1, -(-count // self._per_page))
        self._page = max(0, min(self._page, self._pages - 1))
        told = self._texts["page_of"].format(page=self._page + 1, pages=self._pages)
        self._place.set_text(told)
        self._box.set_visibility(self._pages > 1)
        return self._page * self._per_page, (self._page + 1) * self._per_page

    def _turn(self, step: int) -> None:
        page = max(0, min(self._page + step, self._pages - 1))
        if page != self._page:
            self._page = page
            self._turned(page)
