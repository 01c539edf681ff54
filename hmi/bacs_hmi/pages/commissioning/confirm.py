"""The step that finds a module by its LED, and confirms devices that were exchanged."""

from __future__ import annotations

from typing import Final

from bacs_core.api.messages import CommandName, Commissioning, ConfirmDevices, Identify
from bacs_hmi.fields import number_field
from bacs_hmi.hold import hold_button
from bacs_hmi.pages.commissioning.chosen import LAST_MODULE
from bacs_hmi.pages.commissioning.exchanged import Exchanged, exchanged
from bacs_hmi.pages.commissioning.guide import Guide
from bacs_hmi.pages.commissioning.place import PlaceChoice
from bacs_hmi.pages.commissioning.search import IDENTIFY_S
from bacs_hmi.parts import box, button, label

ALL: Final = "all"


class ConfirmStep:
    """Lets a LED blink, and lists what waits to be confirmed."""

    def __init__(self, guide: Guide) -> None:
        self._guide = guide
        self._shown: list[Exchanged] | None = None
        around, texts = guide.around, guide.around.texts
        with box("bacs-form"):
            label(texts["find_module"], tag="h2")
            label(texts["find_module_what"], "bacs-quiet", tag="p")
            PlaceChoice(around, guide.chosen.place, guide.place, ports=False)
            with box("bacs-fields-row"):
                number_field(
                    texts["field_unit"],
                    guide.chosen.unit,
                    guide.keep_whole("unit"),
                    minimum=1,
                    maximum=LAST_MODULE,
                )
            with box("bacs-buttons"):
                if around.may(CommandName.IDENTIFY):
                    start = texts["identify_for"].format(seconds=IDENTIFY_S)
                    button(start, lambda: self._identify(IDENTIFY_S), "bacs-button bacs-action")
                    button(
                        texts["identify_end"],
                        lambda: self._identify(0),
                        "bacs-button bacs-action",
                    )
            self._problem = label("", "bacs-problem").props("role=alert")
        with box("bacs-form"):
            label(texts["confirm_title"], tag="h2")
            label(texts["confirm_what"], "bacs-quiet", tag="p")
            self._list = box("bacs-found-list", "ul")

    def show(self, job: Commissioning | None) -> None:  # noqa: ARG002 - no job tells of exchanges
        """Follow what waits to be confirmed."""
        around = self._guide.around
        waiting = exchanged(around.live, around.site, around.texts)
        if waiting == self._shown:
            return
        self._shown = waiting
        texts = around.texts
        self._list.clear()
        with self._list:
            if not waiting:
                label(texts["nothing_exchanged"], "bacs-quiet", tag="li")
                return
            if len(waiting) > 1:
                every = texts["everything_exchanged"].format(count=len(waiting))
                self._row(Exchanged(ALL, every, ""), texts["confirm_all"])
            for each in waiting:
                self._row(each, texts["confirm"])

    def _row(self, each: Exchanged, text: str) -> None:
        with box("bacs-found-row", "li").props(f'data-key="{each.key}"'):
            with box("bacs-found-what"):
                label(each.name, "bacs-found-name")
                label(each.what, "bacs-quiet")
            if self._guide.around.may(CommandName.CONFIRM_DEVICES):
                hold_button(text, lambda: self._confirm(each.key, text))

    def _confirm(self, key: str, text: str) -> None:
        self._guide.around.order(ConfirmDevices(key=key), text)

    def _identify(self, duration_s: int) -> None:
        around, chosen = self._guide.around, self._guide.chosen
        line_id = chosen.line_id(self._guide.lines)
        if line_id is None or chosen.unit is None or not 1 <= chosen.unit <= LAST_MODULE:
            self._problem.set_text(around.texts["choose_line_and_unit"])
            return
        self._problem.set_text("")
        order = Identify(line_id=line_id, unit=chosen.unit, seconds=duration_s)
        around.order(order, around.texts["identify"])
