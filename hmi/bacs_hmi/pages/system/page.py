"""The page about the system: its parts, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from bacs_hmi.heading import Heading
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.system.about_part import AboutPart
from bacs_hmi.pages.system.export_part import ExportPart
from bacs_hmi.pages.system.state_part import StatePart
from bacs_hmi.pages.system.storage_part import StoragePart
from bacs_hmi.pages.system.test_part import TestPart
from bacs_hmi.parts import box
from bacs_hmi.views import View, ViewName


class Part(Protocol):
    """One part, built where it stands."""

    def refresh(self) -> None:
        """Follow the newest values; called at each tick."""


PARTS: Final[Mapping[str, Callable[[Surroundings], Part]]] = {
    "state": StatePart,
    "storage": StoragePart,
    "stick": ExportPart,
    "test": TestPart,
    "about": AboutPart,
}
FIRST: Final = "state"
#: These concern the screen and the sockets of the panel computer.
AT_THE_PANEL: Final = frozenset({"stick", "test"})


class SystemPage:
    """Shows one part of the system; `View.part` names it."""

    def __init__(self, around: Surroundings, view: View) -> None:
        self._around = around
        offered = [name for name in PARTS if not around.elsewhere or name not in AT_THE_PANEL]
        part = view.part if view.part in offered else FIRST
        texts = around.texts
        heading = Heading(
            around,
            texts["system"],
            {name: texts[f"system_{name}"] for name in offered},
            self._go,
        )
        heading.show(part)
        with box("bacs-part"):
            self._part = PARTS[part](around)
        self._part.refresh()

    def refresh(self, *, alarms_changed: bool) -> None:  # noqa: ARG002 - told of no alarm
        """Follow the newest values."""
        self._part.refresh()

    def close(self) -> None:
        """Nothing to stop: the shell drops what was asked."""

    def _go(self, part: str) -> None:
        self._around.open(View(ViewName.SYSTEM, part=part))
