"""The step about names: what everything is called, and where that is said."""

from __future__ import annotations

from functools import partial

from nicegui.element import Element

from bacs_core.api.messages import Commissioning
from bacs_hmi.pages.commissioning.guide import Guide
from bacs_hmi.parts import box, button, label
from bacs_hmi.views import View, ViewName


class NamesStep:
    """Lists the names of the site file; the engine has no order that changes one."""

    def __init__(self, guide: Guide) -> None:
        around, texts = guide.around, guide.around.texts
        with box("bacs-form wide"):
            label(texts["names_title"], tag="h2")
            label(texts["names_what"], tag="p")
        with box("bacs-names"):
            if not around.site.managers:
                label(texts["names_none"], "bacs-empty", tag="p")
                return
            _row(texts["site"], around.site.name, "[site]")
            for manager in around.site.managers:
                _row(texts["manager"], manager.name, f'[[manager]] id = "{manager.id}"')
                for string in manager.strings:
                    with _row(
                        texts["string"],
                        string.name,
                        f"[[manager.string]] number = {string.number}",
                        inside=True,
                    ):
                        go = partial(around.open, View(ViewName.STRING, string.key))
                        button(texts["show"], go)
            info = around.live.info
            for accessory in () if info is None else info.accessories:
                _row(texts["device"], accessory.name, f'[[device]] id = "{accessory.id}"')

    def show(self, job: Commissioning | None) -> None:
        """Nothing here changes."""


def _row(kind: str, name: str, where: str, *, inside: bool = False) -> Element:
    with box("bacs-name-row inside" if inside else "bacs-name-row") as row:
        label(kind, "bacs-quiet")
        label(name, "bacs-found-name")
        label(where, "bacs-code")
    return row
