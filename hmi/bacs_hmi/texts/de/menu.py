"""German texts of the menu."""

from __future__ import annotations

from typing import Final

TEXTS: Final = {
    "menu": "Menü",
    "about_lines": "Was an jeder Leitung hängt, wie es antwortet und was gezählt wurde",
}
