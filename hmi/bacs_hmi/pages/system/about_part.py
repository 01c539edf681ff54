"""The part about the product: names, marks, safety, and the licences of what it rests on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bacs_core.api.client import EngineClient
from bacs_hmi import __version__
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.system.licences import Licence, installed
from bacs_hmi.parts import box, label


class AboutPart:
    """Says what this is, and whose work is in it."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        texts = around.texts
        with box("bacs-form"):
            label(texts["about_title"].format(version=__version__), tag="h2")
            for name in ("about_what", "about_marks", "about_safety", "about_fonts"):
                label(texts[name], tag="p")
        with box("bacs-form wide"):
            label(texts["licences_title"], tag="h2")
            self._list = box("bacs-licences")
            with self._list:
                label(texts["being_read"], "bacs-quiet")
        around.ask.engine("licences", _read, self._told, lambda _: None)

    def refresh(self) -> None:
        """Nothing here changes."""

    def _told(self, licences: Sequence[Licence]) -> None:
        self._list.clear()
        with self._list:
            for each in licences:
                with box("bacs-licence"):
                    label(f"{each.name} {each.version}")
                    label(each.licence or self._around.texts["licence_untold"], "bacs-quiet")


async def _read(_: EngineClient, __: str | None) -> tuple[Licence, ...]:
    return await asyncio.to_thread(installed)
