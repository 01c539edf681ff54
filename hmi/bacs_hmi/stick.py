"""The band about a stick, on every page: how far its copy is, and whether it may be removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from bacs_core.api.messages import Command, ExportToStick, StickStatus
from bacs_core.stick.states import StickPhase, StickProblem
from bacs_hmi.format import Numbers
from bacs_hmi.parts import box, button, choose, label
from bacs_hmi.texts import Texts

#: The copy goes on: pulling the stick out now loses it.
AT_WORK: Final = frozenset(
    {StickPhase.FOUND, StickPhase.CHECKING, StickPhase.WRITING, StickPhase.FLUSHING}
)
#: A person may ask for a copy.
OFFERED: Final = frozenset({StickPhase.HELD, StickPhase.PROBLEM})
UNITS: Final = (("GB", 1e9, 1), ("MB", 1e6, 1), ("kB", 1e3, 0))
_PLUG: Final = '<path d="M6 2h8v5H6zM4 8h12v10H4z"/>'
_CHECK: Final = '<path d="M2 11l5 5L18 4" fill="none" stroke="currentColor" stroke-width="3"/>'
_TRIANGLE: Final = '<path d="M10 1.5 19.5 18H.5Z"/>'
_SHAPES: Final = {StickPhase.DONE: _CHECK, StickPhase.PROBLEM: _TRIANGLE}


@dataclass(frozen=True, slots=True)
class _Parts:
    """What stands in the band."""

    shape: ui.html
    words: TextElement
    more: TextElement
    copy: TextElement
    bar: Element
    filled: Element


class StickBand:
    """Shows what is told of a stick; nothing where there is none."""

    def __init__(
        self, texts: Texts, numbers: Numbers, order: Callable[[Command, str], None]
    ) -> None:
        """`order` gives a command; the text is that of the touched button."""
        self._texts = texts
        self._numbers = numbers
        self._order = order
        self._shown: StickStatus | None = None
        self._band = box("bacs-stick").props("role=status")
        self._band.set_visibility(False)
        # Filled with the first stick: most panels never see one.
        self._parts: _Parts | None = None

    def show(self, told: StickStatus | None) -> None:
        """Follow the newest that is told; nothing is sent for what stays as it was."""
        if told == self._shown:
            return
        self._shown = told
        if told is None or told.phase is StickPhase.NONE:
            self._band.set_visibility(False)
            return
        if self._parts is None:
            self._parts = self._fill()
        parts = self._parts
        for phase in StickPhase:
            choose(self._band, phase.value, phase is told.phase)
        shape = _SHAPES.get(told.phase, _PLUG)
        parts.shape.set_content(
            f'<svg class="bacs-symbol" viewBox="0 0 20 20" aria-hidden="true">{shape}</svg>'
        )
        parts.words.set_text(words(told, self._texts, self._numbers))
        parts.more.set_text(waiting(told, self._texts))
        is_there = told.problem is not StickProblem.PULLED
        parts.copy.set_visibility(told.phase in OFFERED and is_there)
        parts.bar.set_visibility(told.phase in AT_WORK)
        parts.filled.style(f"width: {told.percent}%")
        self._band.set_visibility(True)

    def _fill(self) -> _Parts:
        with self._band:
            shape = ui.html("", sanitize=False)
            with box("bacs-stick-words"):
                said = label("", "bacs-stick-what")
                more = label("", "bacs-stick-more")
            what = self._texts["stick_copy"]
            copy = button(what, lambda: self._order(ExportToStick(), what))
            with box("bacs-stick-bar") as bar:
                filled = box("bacs-stick-filled")
        return _Parts(shape, said, more, copy, bar, filled)


def words(told: StickStatus, texts: Texts, numbers: Numbers) -> str:
    """Say in a sentence or two how the stick stands, and what to do."""
    problem = "" if told.problem is None else f"_{told.problem}"
    coarse = "_coarse" if told.phase is StickPhase.DONE and told.step_s else ""
    return texts[f"stick_{told.phase}{problem}{coarse}"].format(
        label=told.label,
        percent=told.percent,
        files=told.files,
        size=size(numbers, told.size_bytes),
        step=numbers.with_unit(told.step_s / 60, 0, "min"),
        needed=size(numbers, told.needed_bytes or 0),
        free=size(numbers, told.free_bytes or 0),
    )


def waiting(told: StickStatus, texts: Texts) -> str:
    """Say that further sticks are plugged in, and what becomes of them."""
    if told.waiting == 0:
        return ""
    return texts["stick_waits" if told.waiting == 1 else "sticks_wait"].format(count=told.waiting)


def size(numbers: Numbers, size_bytes: int) -> str:
    """Write a number of bytes in the largest unit that fits."""
    for unit, factor, decimals in UNITS:
        if size_bytes >= factor:
            return numbers.with_unit(size_bytes / factor, decimals, unit)
    return numbers.with_unit(size_bytes, 0, "bytes")
