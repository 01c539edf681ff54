"""A line that says that something is being read, that there is nothing, or why it failed."""

from __future__ import annotations

from collections.abc import Callable

from bacs_hmi.parts import box, button, label
from bacs_hmi.rereading import Patience
from bacs_hmi.texts import Texts


class ReadingNote:
    """Stands where values will be; `again` is what the button after a failure does.

    After some ticks it does so by itself: what failed while the engine was away comes back alone.
    """

    def __init__(self, texts: Texts, again: Callable[[], None]) -> None:
        self._texts = texts
        self._read = again
        self._patience = Patience(self._read_by_itself)
        self._is_by_itself = False
        with box("bacs-reading").props("role=status") as self._box:
            self._words = label("", "bacs-quiet")
            self._again = button(texts["reading_again"], again)
        self.reading()

    def tick(self) -> None:
        """Count the ticks after a failure; its words stay until there is an answer."""
        self._patience.tick()

    def reading(self) -> None:
        """Say that it is being read."""
        if not self._is_by_itself:
            self._show(self._texts["reading_now"], again=False)

    def failed(self, why: str) -> None:
        """Say why it could not be read, and offer to try again."""
        self._show(why, again=True)
        self._patience.failed()

    def say(self, text: str) -> None:
        """Say something else, such as that there is nothing yet; an empty text hides the line."""
        self._show(text, again=False)

    def _read_by_itself(self) -> None:
        self._is_by_itself = True
        try:
            self._read()
        finally:
            self._is_by_itself = False

    def _show(self, text: str, *, again: bool) -> None:
        self._patience.over()
        self._words.set_text(text)
        self._again.set_visibility(again)
        self._box.set_visibility(bool(text))
