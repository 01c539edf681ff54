"""A list of names and values that follows the plant; only what changed is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nicegui.elements.mixins.text_element import TextElement

from bacs_core.model import AlarmSeverity
from bacs_hmi.hold import hold_button
from bacs_hmi.parts import box, button, choose, label, symbol


@dataclass(frozen=True, slots=True)
class Fact:
    """One name and its value; `note` explains it, `old` says that it was not read for a while.

    A fact with a `severity` has its shape in front; one that leads somewhere has a button named
    `way`, whose touch is told with `target`; it is `held` where that switches something.
    """

    name: str
    value: str = ""
    note: str = ""
    old: bool = False
    severity: AlarmSeverity | None = None
    way: str = ""
    target: object = None
    held: bool = False


class Facts:
    """Shows facts; `go` is called with the target of a fact whose button was touched."""

    def __init__(self, go: Callable[[object], None] | None = None, classes: str = "") -> None:
        self._go = go
        self._list = box(f"bacs-told-list {classes}".strip())
        self._built: tuple[object, ...] = ()
        self._shown: list[Fact] = []
        self._rows: list[tuple[TextElement, TextElement, TextElement]] = []

    def show(self, facts: Sequence[Fact]) -> None:
        """Show these facts instead of those before."""
        built = tuple((fact.way, fact.held, fact.severity, bool(fact.note)) for fact in facts)
        self._shown = list(facts)
        if built != self._built:
            self._built = built
            self._list.clear()
            with self._list:
                self._rows = [self._build(place, fact) for place, fact in enumerate(facts)]
        for fact, (name, value, note) in zip(facts, self._rows, strict=True):
            name.set_text(fact.name)
            value.set_text(fact.value)
            note.set_text(fact.note)
            choose(value, "bacs-old", fact.old)
        self._list.set_visibility(bool(facts))

    def _build(self, place: int, fact: Fact) -> tuple[TextElement, TextElement, TextElement]:
        with box("bacs-told"):
            if fact.severity is not None:
                symbol(fact.severity)
            with box("bacs-told-name"):
                name = label("")
                note = label("", "bacs-told-note bacs-quiet")
            value = label("", "bacs-told-value")
            if fact.way and fact.held:
                hold_button(fact.way, lambda: self._touched(place))
            elif fact.way:
                button(fact.way, lambda: self._touched(place), "bacs-button bacs-told-way")
        return name, value, note

    def _touched(self, place: int) -> None:
        if self._go is not None and place < len(self._shown):
            self._go(self._shown[place].target)
