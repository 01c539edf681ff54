"""Bars of all cells of a string: end-of-discharge voltages, capacities, differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from nicegui.element import Element

from bacs_core.model import cell_label
from bacs_hmi.charts.line_chart import LIBRARIES
from bacs_hmi.charts.packing import packed
from bacs_hmi.texts import Texts

#: Steps of the values as they travel, per unit that is shown.
STEPS_PER_UNIT: Final = 1000

#: `least` draws a bar hollow: the value is at least so much.
Mark = Literal["warning", "alarm", "least"]


@dataclass(frozen=True, slots=True)
class Level:
    """A line across all bars, with its value at the side."""

    value: float
    kind: Literal["alarm", "plain"] = "plain"


@dataclass(frozen=True, slots=True)
class Bars:
    """How bars are drawn. Values are in the unit that is shown; cells count from 1.

    Bars run from `base` within `low` to `high`; `order` names the cells from left to right.
    """

    name: str
    order: Sequence[int]
    low: float
    high: float
    base: float
    unit: str
    decimals: int
    levels: tuple[Level, ...] = ()

    def plain(self, texts: Texts) -> dict[str, Any]:
        """Write it as the browser reads it, where cells count from 0."""
        count = len(self.order)
        return {
            "name": self.name,
            "order": [cell - 1 for cell in self.order],
            "numbered": list(self.order) == sorted(self.order),
            "low": self.low,
            "high": self.high,
            "base": self.base,
            "unit": self.unit,
            "decimals": self.decimals,
            "levels": [{"value": level.value, "kind": level.kind} for level in self.levels],
            "digits": len(cell_label(1, count)),
            "mark": texts["decimal_mark"],
            "factor": 1 / STEPS_PER_UNIT,
            "cell": texts["cell_title"],
            "touch": texts["bars_touch"],
        }


class CellBars(Element, component="cell_bars.js", dependencies=LIBRARIES):
    """Draws the bars; a touched cell is told with its value and note."""

    def __init__(
        self, texts: Texts, bars: Bars, *, on_cell: Callable[[int], None] | None = None
    ) -> None:
        super().__init__()
        self._texts = texts
        self._on_cell = on_cell
        self.classes("bacs-bars-box")
        self._props["plan"] = bars.plain(texts)
        self._props["values"] = ""
        self._props["marks"] = {}
        self._props["notes"] = {}
        self._props["chosen"] = 0
        self.on("cell", lambda event: self._chosen(int(event.args)))

    def show(
        self,
        values: Sequence[float | None],
        *,
        bars: Bars | None = None,
        marks: Mapping[int, Mark] | None = None,
        notes: Mapping[int, str] | None = None,
    ) -> None:
        """Draw these values (one per cell); what is not given stays as it was."""
        told = {
            "plan": None if bars is None else bars.plain(self._texts),
            "values": packed(values, STEPS_PER_UNIT),
            "marks": None if marks is None else {cell - 1: mark for cell, mark in marks.items()},
            "notes": None if notes is None else dict(notes),
        }
        new = {name: value for name, value in told.items() if value is not None}
        if any(self._props[name] != value for name, value in new.items()):
            for name, value in new.items():
                self._props[name] = value
            self.update()

    def _chosen(self, cell: int) -> None:
        self._props["chosen"] = cell
        self.update()
        if self._on_cell is not None:
            self._on_cell(cell)
