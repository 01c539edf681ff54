"""A chart of curves: what it shows as plain data, and the element that draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from nicegui.element import Element

from bacs_hmi.texts import Texts

#: How languages write dates; English as in most of the world, the day before the month.
LOCALES: Final = {"en": "en-GB", "de": "de-DE"}
#: What all canvases of the panel share: numbers, colours, shapes.
CANVAS_SHARED: Final = str(Path(__file__).parents[1] / "canvas" / "shared" / "*.js")
LIBRARIES: Final[list[str | Path]] = ["vendored/uplot.js", "shared/*.js", CANVAS_SHARED]

Column = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Axis:
    """What runs from left to right: unix seconds (`time`), or a number with its unit."""

    kind: Literal["time", "number"]
    start: float
    end: float
    unit: str = ""
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale at the side: the unit, and the least that it spans; `zero` keeps 0 in sight."""

    unit: str
    decimals: int
    least: float
    zero: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: its name for the readout, the scale it belongs to (0 left, 1 right), its values.

    `main` and `other` are what is compared, `thin` is for orientation, `edge` bounds a band and is
    not drawn itself. `stepped` values hold until the next one.
    """

    name: str
    values: Column
    style: Literal["main", "other", "thin", "edge"] = "main"
    scale: int = 0
    stepped: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """A level across the chart, on the left scale; one that is far away is named at the edge."""

    value: float
    severity: Literal["warning", "alarm", "baseline"]
    name: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart. All columns have one place per place of `at`; None is a gap and stays one.

    `bands` names by their place upper edge, lower edge and the curve to which they belong.
    """

    label: str
    axis: Axis
    at: Sequence[float]
    lines: tuple[Line, ...]
    scales: tuple[Scale, ...]
    bands: tuple[tuple[int, int, int], ...] = ()
    limits: tuple[Limit, ...] = ()

    def plain(self, texts: Texts, language: str) -> dict[str, Any]:
        """Write the chart as the browser reads it."""
        return {
            "axis": asdict(self.axis),
            "scales": [asdict(scale) for scale in self.scales],
            "lines": [
                {
                    "name": line.name,
                    "style": line.style,
                    "scale": line.scale,
                    "stepped": line.stepped,
                }
                for line in self.lines
            ],
            "columns": [list(self.at), *(list(line.values) for line in self.lines)],
            "bands": [list(band) for band in self.bands],
            "limits": [asdict(limit) for limit in self.limits],
            "mark": texts["decimal_mark"],
            "locale": LOCALES.get(language, language),
            "words": {"label": self.label, "touch": texts["chart_touch"]},
        }


class LineChart(Element, component="line_chart.js", dependencies=LIBRARIES):
    """Draws a chart; one touch says the values under the finger."""

    def __init__(self, texts: Texts, language: str) -> None:
        super().__init__()
        self._texts = texts
        self._language = language
        self.classes("bacs-chart-box")
        self._props["spec"] = None

    def show(self, chart: Chart) -> None:
        """Draw another chart."""
        plain = chart.plain(self._texts, self._language)
        if plain != self._props["spec"]:
            self._props["spec"] = plain
            self.update()
