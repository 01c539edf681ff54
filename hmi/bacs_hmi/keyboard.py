"""The keyboard of the page: a cabinet door has no other."""

from __future__ import annotations

from typing import Final

from nicegui.element import Element

from bacs_hmi.texts import Texts

_TEXTS: Final = (
    "keyboard",
    "key_space",
    "key_erase",
    "key_shift",
    "key_symbols",
    "key_letters",
    "key_minus",
    "key_done",
)


class Keyboard(Element, component="keyboard.js"):
    """Comes up below the page while a finger is in a field; there is one for all fields."""

    def __init__(self, texts: Texts, language: str) -> None:
        super().__init__()
        self._props["texts"] = {name: texts[name] for name in _TEXTS}
        self._props["language"] = language
