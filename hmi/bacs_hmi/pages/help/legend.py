"""The marks of the panel, drawn by what draws them on the other pages, each with what it means."""

from __future__ import annotations

from typing import Final

from nicegui import ui
from nicegui.element import Element

from bacs_core.model import AlarmSeverity
from bacs_hmi.format import ABSENT, NO_BREAK
from bacs_hmi.parts import box, buzzer_svg, label, symbol_svg
from bacs_hmi.texts import Texts, numbers_of

WIDTH_PX: Final = 132
HEIGHT_PX: Final = 56
#: Drawn on a canvas, in this order; each has the text `mark_<name>`.
OF_CELLS: Final = (
    "normal",
    "warning",
    "alarm",
    "silent",
    "bars",
    "bars_abnormal",
    "off_scale",
    "absent",
    "old",
)
OF_STRINGS: Final = ("working", "inhibited", "idle", "breaker")


class LegendSign(Element, component="legend.js", dependencies=["../../canvas/shared/bacs_look.js"]):
    """One mark."""

    def __init__(self, sign: str) -> None:
        super().__init__()
        self._props["sign"] = sign
        self._props["width"] = WIDTH_PX
        self._props["height"] = HEIGHT_PX


def legend(texts: Texts) -> None:
    """Draw every mark with its meaning."""
    label(texts["marks_cells"], tag="h2")
    with box("bacs-legend"):
        for name in OF_CELLS:
            _canvas_row(name, texts)
    label(texts["marks_strings"], tag="h2")
    with box("bacs-legend"):
        for name in OF_STRINGS:
            _canvas_row(name, texts)
    label(texts["marks_alarms"], tag="h2")
    with box("bacs-legend"):
        for severity in AlarmSeverity:
            _svg_row(symbol_svg(severity), texts[f"mark_list_{severity}"])
        _svg_row(symbol_svg(AlarmSeverity.ALARM, hollow=True), texts["mark_put_aside"])
        _svg_row(symbol_svg(None), texts["mark_no_alarm"])
        _svg_row(buzzer_svg(), texts["mark_buzzer"])
    label(texts["marks_values"], tag="h2")
    with box("bacs-legend"):
        _text_row(ABSENT, "", texts["mark_dash"])
        example = numbers_of(texts).with_unit(2.271, 3, "V")
        _text_row(example, "bacs-old", texts["mark_hatched"])
        _text_row(f"±{NO_BREAK}5{NO_BREAK}%", "", texts["mark_estimate"])


def _canvas_row(name: str, texts: Texts) -> None:
    with box("bacs-legend-row"):
        LegendSign(name)
        label(texts[f"mark_{name}"])


def _svg_row(svg: str, text: str) -> None:
    with box("bacs-legend-row"):
        ui.html(svg, sanitize=False).classes("bacs-legend-sample")
        label(text)


def _text_row(sample: str, classes: str, text: str) -> None:
    with box("bacs-legend-row"):
        with box("bacs-legend-sample"):
            label(sample, classes)
        label(text)
