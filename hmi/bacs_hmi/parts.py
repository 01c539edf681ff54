"""The few page elements that all views are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from bacs_core.model import AlarmSeverity
from bacs_hmi.texts import DEFAULT_LANGUAGE, Texts, texts_of

#: Where a browser's page remembers its language.
LANGUAGE_KEY: Final = "language"

#: The same shapes as in `canvas/shared/bacs_look.js`: triangle = warning, square = alarm.
_SHAPES: Final = {
    AlarmSeverity.ALARM: '<rect x="2" y="2" width="16" height="16"/>',
    AlarmSeverity.WARNING: '<path d="M10 1.5 19.5 18H.5Z"/>',
}
_BUZZER: Final = (
    '<path d="M2 7h4l5-5v16l-5-5H2Z"/>'
    '<path d="M13.5 6a5 5 0 0 1 0 8M15.5 3a9 9 0 0 1 0 14"'
    ' fill="none" stroke="currentColor" stroke-width="2"/>'
)
_RING: Final = '<circle cx="10" cy="10" r="7" fill="none" stroke-width="2"/>'


def texts_here() -> Texts:
    """Return the texts in the language of the page that is being built."""
    return texts_of(str(ui.context.client.storage.get(LANGUAGE_KEY, DEFAULT_LANGUAGE)))


def box(classes: str, tag: str = "div") -> Element:
    """Make a container."""
    return Element(tag).classes(classes)


def label(text: str, classes: str = "", tag: str = "span") -> TextElement:
    """Make a text."""
    return TextElement(tag=tag, text=text).classes(classes)


def button(text: str, on_click: Callable[[], Any], classes: str = "bacs-button") -> TextElement:
    """Make a button, at least 44 px high by its class."""
    element = TextElement(tag="button", text=text).classes(classes).props("type=button")
    element.on("click", lambda _: on_click())
    return element


def arrow(way: str, name: str, on_click: Callable[[], Any]) -> TextElement:
    """Make a square button with an arrowhead to the left, right, up or down."""
    element = button("", on_click, f"bacs-button bacs-arrow {way}")
    element.props["aria-label"] = name
    return element


def choose(element: Element, name: str, wanted: bool) -> None:  # noqa: FBT001
    """Give an element a class, or take it away; nothing is sent if that changes nothing."""
    if (name in element.classes) != wanted:
        element.classes(add=name if wanted else None, remove=None if wanted else name)


def switch_off(element: Element, off: bool) -> None:  # noqa: FBT001 - as `choose`
    """Make a button do nothing, or work again; nothing is sent if that changes nothing."""
    if ("disabled" in element.props) != off:
        element.props(add="disabled" if off else None, remove=None if off else "disabled")


def sheet(over: Element, title: str) -> Element:
    """Begin a sheet in front of the page, with its title; clearing `over` closes it."""
    over.clear()
    with over, box("bacs-sheet").props("role=dialog aria-modal=true") as element:
        element.props["aria-label"] = title
        label(title, tag="h2")
    return element


def symbol(severity: AlarmSeverity | None, *, hollow: bool = False) -> ui.html:
    """Make the shape of a severity; a ring means that nothing is wrong."""
    return ui.html(symbol_svg(severity, hollow=hollow), sanitize=False)


def buzzer_svg() -> str:
    """Draw a sounding loudspeaker."""
    return f'<svg class="bacs-symbol" viewBox="0 0 20 20" aria-hidden="true">{_BUZZER}</svg>'


def symbol_svg(severity: AlarmSeverity | None, *, hollow: bool = False) -> str:
    """Draw the shape of a severity; a hollow one was put aside."""
    kind = "none" if severity is None else severity.value + (" hollow" if hollow else "")
    inner = _RING if severity is None else _SHAPES[severity]
    return f'<svg class="bacs-symbol {kind}" viewBox="0 0 20 20" aria-hidden="true">{inner}</svg>'
