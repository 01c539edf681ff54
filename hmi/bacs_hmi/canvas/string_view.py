"""The canvas of a string page."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from nicegui.element import Element

from bacs_core.model import CellStatus, EqualizationState, Inhibit, String, cell_label
from bacs_hmi.contents import SCALARS
from bacs_hmi.format import SHOWN
from bacs_hmi.frames import COLUMN_COUNT, DEVIATION_SPAN, QUANTITIES
from bacs_hmi.measures import Limits, measure_of, plan_of
from bacs_hmi.texts import Texts
from bacs_hmi.views import Look, View

#: What the browser says by itself; all other words come with what they tell.
_TEXTS: Final = (
    "decimal_mark",
    "number",
    "column_voltage",
    "column_deviation",
    "column_temperature",
    "column_resistance",
    "column_charge",
    "column_duty",
    "status",
    "age_of",
    "page_up",
    "page_down",
    "page_of",
    "equalization",
    "look",
    "quantity",
    "sort_worst",
    "choose_cell",
    "all_absent",
    "limit_named",
    "from_target_scale",
    "from_mean_scale",
    "from_zero_scale",
    *(f"look_{look}" for look in Look),
    *(f"status_{status.name.lower()}" for status in CellStatus),
    *(f"equalization_{state}" for state in EqualizationState),
    *(f"inhibit_{inhibit}" for inhibit in Inhibit),
    *(scalar.text for scalar in SCALARS),
)


@dataclass(frozen=True, slots=True)
class Said:
    """What is wrong with abnormal cells (counted from 1), and when the string is equalized.

    `concluded` is what the page says of the whole string where its title has no room for it;
    `danger` names the cells that must be looked at before all others, the most dangerous first;
    `limits` has those in force for each measure.
    """

    reasons: dict[int, str]
    mode: str
    concluded: str
    danger: list[int]
    limits: Limits


class StringView(Element, component="string_view.js", dependencies=["shared/*.js"]):
    """Draws the values of a string and its cells in any look; `first` is a full frame.

    The browser changes look, sort and measure by itself and tells it through `on_look`.
    """

    #: How the view is called in the browser, where it stands, and the class of its element.
    view: Final = "StringView"
    module: Final = "bacs_string"
    root_class: Final = "bacs-string"

    def __init__(
        self,
        string: String,
        texts: Texts,
        first: str | None,
        *,
        start: View,
        said: Said,
        on_cell: Callable[[object], None],
        on_look: Callable[[object], None],
        on_resync: Callable[[], None],
    ) -> None:
        """Draw the first frame.

        `on_cell` gets a `cell` counted from 1, and whether the screen is `wide` enough for it
        beside the string; `on_look` gets `look`, `sort` and `measure`. Both as the browser says it.
        """
        super().__init__()
        self._props["plan"] = _plan(string, texts)
        self._props["texts"] = {name: texts[name] for name in _TEXTS}
        self._props["first"] = first
        self._props["start"] = {
            "look": start.look.value,
            "sort": start.sort.value,
            "measure": measure_of(start),
        }
        self._props["marked"] = start.cell or 0
        self._props["reasons"] = said.reasons
        self._props["mode"] = said.mode
        self._props["concluded"] = said.concluded
        self._props["danger"] = said.danger
        self._props["limits"] = said.limits
        self.on("cell", lambda event: on_cell(event.args))
        self.on("look", lambda event: on_look(event.args))
        self.on("resync", lambda _: on_resync())

    def give_early(self) -> dict[str, Any]:
        """Hand out what the view is drawn from; what does not change stands nowhere else."""
        names = ("start", "marked", "reasons", "mode", "concluded", "danger", "limits")
        given = {name: self._props[name] for name in names}
        return given | {name: self._props.pop(name) for name in ("plan", "texts", "first")}

    def show(self, frame: str) -> None:
        """Send a frame to this browser."""
        self.run_method("show", frame)

    def say(self, said: Said) -> None:
        """Follow what is said of the string; nothing is sent for what stays as it was."""
        self._tell("reasons", said.reasons)
        self._tell("mode", said.mode)
        self._tell("concluded", said.concluded)
        self._tell("danger", said.danger)
        self._tell("limits", said.limits)

    def highlight(self, cell: int | None) -> None:
        """Mark the cell (counted from 1) whose panel is open."""
        self._tell("marked", cell or 0)

    def _tell(self, name: str, value: object) -> None:
        if value != self._props[name]:
            self._props[name] = value
            # The full frame is for a page that is built; later it would only be sent again.
            self._props["first"] = None
            self.update()


def _plan(string: String, texts: Texts) -> str:
    """Say as JSON what does not change: NiceGUI would watch each list and dictionary of it."""
    plan = {
        "name": string.name,
        "cells": string.cell_count,
        "columns": COLUMN_COUNT,
        "target": [scalar.text for scalar in SCALARS].index("target_voltage"),
        "digits": len(cell_label(1, string.cell_count)),
        "span": round(string.cell_voltage_v * DEVIATION_SPAN * 1e3),
        "decimals": [SHOWN[quantity].decimals(string.cell_voltage_v) for quantity in QUANTITIES],
        "measures": plan_of(string, texts),
        "scalars": [
            {"text": scalar.text, "unit": scalar.unit, "decimals": scalar.decimals(string)}
            for scalar in SCALARS
        ],
        "equalizedBy": texts[f"by_{string.equalized_by.value}"],
    }
    return json.dumps(plan, ensure_ascii=False)
