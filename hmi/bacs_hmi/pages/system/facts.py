"""Cards of facts: titles and texts that are written again only where they changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nicegui.elements.mixins.text_element import TextElement

from bacs_core.model import AlarmSeverity
from bacs_hmi.parts import box, choose, label, symbol


class Fact(NamedTuple):
    """One line of a card; `odd` marks what somebody should look at."""

    title: str
    text: str
    odd: bool = False


Cards = Mapping[str, Sequence[Fact]]


class CardBoard:
    """Shows cards by their titles."""

    def __init__(self) -> None:
        self._board = box("bacs-sys-cards")
        self._layout: tuple[object, ...] = ()
        self._texts: list[TextElement] = []

    def show(self, cards: Cards) -> None:
        """Follow; built anew only where titles or marks changed."""
        layout = tuple(
            (title, tuple((fact.title, fact.odd) for fact in facts))
            for title, facts in cards.items()
        )
        if layout != self._layout:
            self._layout = layout
            self._build(cards)
        texts = [fact.text for facts in cards.values() for fact in facts]
        for element, text in zip(self._texts, texts, strict=True):
            element.set_text(text)

    def say(self, text: str) -> None:
        """Show one sentence in place of all cards."""
        self._layout = ()
        self._texts = []
        self._board.clear()
        with self._board:
            label(text, "bacs-empty", tag="p")

    def _build(self, cards: Cards) -> None:
        self._texts = []
        self._board.clear()
        with self._board:
            for title, facts in cards.items():
                with box("bacs-sys-card", "section"):
                    label(title, tag="h2")
                    with box("bacs-fact-list", "dl"):
                        for fact in facts:
                            self._line(fact)

    def _line(self, fact: Fact) -> None:
        label(fact.title, "bacs-quiet", tag="dt")
        with box("bacs-fact-line", "dd") as line:
            if fact.odd:
                symbol(AlarmSeverity.WARNING)
            self._texts.append(label(""))
        choose(line, "odd", fact.odd)
