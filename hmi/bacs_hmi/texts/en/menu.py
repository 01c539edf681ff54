"""English texts of the menu."""

from __future__ import annotations

from typing import Final

TEXTS: Final = {
    "menu": "Menu",
    "about_lines": "What hangs on each line, how it answers, and what it counts",
}
