"""The part that tests the screen itself: colours, dead points, and the touch grid."""

from __future__ import annotations

from functools import partial
from typing import Final, Literal

from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement
from nicegui.events import GenericEventArguments

from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import box, button, label
from bacs_hmi.texts import Texts

Kind = Literal["colours", "touch"]
KINDS: Final[tuple[Kind, ...]] = ("colours", "touch")


class ScreenTest(Element, component="screen_test.js"):
    """Fills the whole screen until it is done; an alarm bar is not seen meanwhile.

    Told as ended are how many fields there were, and how many of them were touched; of colours
    nothing.
    """

    def __init__(self, texts: Texts, kind: Kind) -> None:
        super().__init__()
        names = ("test_next", "test_end", "test_touch_all", "test_left")
        self._props["kind"] = kind
        self._props["texts"] = {name: texts[name] for name in names}


class TestPart:
    """Offers the tests and tells the result of the last one."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._test: ScreenTest | None = None
        self._alarms = self._raised()
        texts = around.texts
        self._results: dict[Kind, TextElement] = {}
        for kind in KINDS:
            with box("bacs-form"):
                label(texts[f"test_{kind}"], tag="h2")
                label(texts[f"test_{kind}_what"], "bacs-quiet", tag="p")
                self._results[kind] = label("", "bacs-test-result", tag="p")
                button(
                    texts["test_begin"],
                    partial(self._begin, kind),
                    "bacs-button bacs-action primary",
                )

    def refresh(self) -> None:
        """End a test for a new alarm: it would not be seen."""
        raised = self._raised()
        if self._test is not None and raised - self._alarms:
            self._end()
        self._alarms = raised

    def _raised(self) -> frozenset[str]:
        return frozenset(alarm.id for alarm in self._around.live.alarms.values() if alarm.active)

    def _begin(self, kind: Kind) -> None:
        over = self._around.over
        over.clear()
        with over:
            self._test = ScreenTest(self._around.texts, kind)
        self._test.on("ended", lambda event: self._ended(kind, event))

    def _ended(self, kind: Kind, event: GenericEventArguments) -> None:
        self._end()
        texts = self._around.texts
        if kind == "colours":
            self._results[kind].set_text(texts["test_colours_done"])
            return
        fields, touched = counts_of(event.args)
        self._results[kind].set_text(touch_words(fields, touched, texts))

    def _end(self) -> None:
        self._test = None
        self._around.over.clear()


def counts_of(told: object) -> tuple[int, int]:
    """Read how many fields there were and how many were touched."""
    if not isinstance(told, dict):
        return 0, 0
    return int(told.get("fields", 0)), int(told.get("touched", 0))


def touch_words(fields: int, touched: int, texts: Texts) -> str:
    """Say whether every field answered."""
    missing = fields - touched
    if missing <= 0:
        return texts["test_touch_good"].format(count=fields)
    return texts["test_touch_bad"].format(missing=missing, count=fields)
