"""A button for what switches something: it acts only after it was held."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from nicegui.element import Element

from bacs_hmi.parts import texts_here

#: Long enough that no brush of a sleeve does it, short enough for a gloved finger.
HOLD_S: Final = 1.2


class HoldButton(Element, component="hold.js"):
    """Fills while it is held with a finger, the mouse or a key, and acts once it is full.

    Let go of too early it does nothing and says so. To a screen reader it is an ordinary button
    that asks once more. `set_text` changes what stands on it.
    """

    def __init__(self, text: str, on_held: Callable[[], Any], classes: str) -> None:
        super().__init__()
        texts = texts_here()
        self.classes(classes)
        self._props["text"] = text
        self._props["off"] = False
        self._props["seconds"] = HOLD_S
        self._props["texts"] = {
            name: texts[name] for name in ("hold_longer", "hold_again", "hold_how", "hold_lost")
        }
        self.on("held", lambda _: on_held())

    def set_text(self, text: str) -> None:
        """Change what stands on the button."""
        if self._props["text"] != text:
            self._props["text"] = text
            self.update()

    def set_off(self, off: bool) -> None:  # noqa: FBT001 - one switch
        """Switch the button itself off while there is nothing that it could do."""
        if self._props["off"] is not off:
            self._props["off"] = off
            self.update()


def hold_button(
    text: str, on_held: Callable[[], Any], classes: str = "bacs-button bacs-action"
) -> HoldButton:
    """Make a button that has to be held for `HOLD_S` seconds before `on_held` is called."""
    return HoldButton(text, on_held, classes)
