"""Rows of large buttons to choose from: one of them, or some."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from nicegui.elements.mixins.text_element import TextElement

from bacs_hmi.parts import box, button, choose, label


class Option(NamedTuple):
    """Something that can be chosen, and what stands on its button."""

    value: str
    text: str


class OneOf:
    """A row of buttons of which one is chosen, or none yet."""

    def __init__(
        self,
        title: str,
        options: Sequence[Option],
        chosen: str | None,
        on_choose: Callable[[str], Any],
    ) -> None:
        self._on_choose = on_choose
        self._buttons = _row(title, options, self._touched)
        self.show(chosen)

    def show(self, chosen: str | None) -> None:
        """Mark what is chosen."""
        for value, element in self._buttons.items():
            _mark(element, wanted=value == chosen)

    def _touched(self, value: str) -> None:
        self.show(value)
        self._on_choose(value)


class SomeOf:
    """A row of buttons each of which can be chosen; `on_choose` gets all that are."""

    def __init__(
        self,
        title: str,
        options: Sequence[Option],
        chosen: frozenset[str],
        on_choose: Callable[[frozenset[str]], Any],
    ) -> None:
        self._chosen = chosen
        self._on_choose = on_choose
        self._buttons = _row(title, options, self._touched)
        self._show()

    def _touched(self, value: str) -> None:
        self._chosen ^= {value}
        self._show()
        self._on_choose(self._chosen)

    def _show(self) -> None:
        for value, element in self._buttons.items():
            _mark(element, wanted=value in self._chosen)


def _row(
    title: str, options: Sequence[Option], on_touch: Callable[[str], None]
) -> dict[str, TextElement]:
    if title:
        label(title, "bacs-choice-title")
    with box("bacs-options").props("role=group") as row:
        buttons = {value: button(text, partial(on_touch, value)) for value, text in options}
    row.props["aria-label"] = title
    return buttons


def _mark(element: TextElement, *, wanted: bool) -> None:
    choose(element, "chosen", wanted)
    element.props(f"aria-pressed={'true' if wanted else 'false'}")
