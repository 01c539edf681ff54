"""The canvas of the overview, and the strip of what stands out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

from nicegui.element import Element

from bacs_core.model import EqualizationState, Site, TripState
from bacs_hmi.attention import Item
from bacs_hmi.contents import sum_decimals
from bacs_hmi.frames import DEVIATION_SPAN
from bacs_hmi.texts import Texts

#: What the browser says by itself; all other words come with what they tell.
_TEXTS: Final = (
    "decimal_mark",
    "attention",
    "cells",
    "age_of",
    "online",
    "offline",
    "not_asked",
    "not_known",
    "silent",
    "warnings",
    "warnings_one",
    "alarms_count",
    "alarms_count_one",
    "equalization",
    "protection",
    *(f"equalization_{state}" for state in EqualizationState),
    *(f"trip_{state}" for state in TripState),
)


class OverviewCanvas(Element, component="overview.js", dependencies=["shared/*.js"]):
    """Draws the overview from frames; `first` is a full frame, there when the page is painted.

    `findings` say of strings, by key, which cell stands out most and why; `items` stand in the
    strip.
    """

    #: How the view is called in the browser, where it stands, and the class of its element.
    view: Final = "OverviewView"
    module: Final = "bacs_overview"
    root_class: Final = "bacs-overview"

    def __init__(
        self,
        site: Site,
        texts: Texts,
        first: str | None,
        *,
        items: Sequence[Item],
        findings: dict[str, str],
        on_open: Callable[[str], None],
        on_attend: Callable[[str, int | None, bool], None],
        on_resync: Callable[[], None],
    ) -> None:
        """Draw the first frame.

        `on_attend` gets the key of a string or nothing, a cell counted from 1 or none, and whether
        the screen has room for a cell beside its string.
        """
        super().__init__()
        self._summary = _summary(site, texts)
        self._told = self._telling(items, findings)
        self._props["plan"] = _plan(site)
        self._props["texts"] = {name: texts[name] for name in _TEXTS if name in texts}
        self._props["first"] = first
        self._props["told"] = self._told
        self.on("open", lambda event: on_open(str(event.args)))
        self.on(
            "attend",
            lambda event: on_attend(event.args["key"], event.args["cell"], event.args["wide"]),
        )
        self.on("resync", lambda _: on_resync())

    def give_early(self) -> dict[str, Any]:
        """Hand out what the view is drawn from, which then stands nowhere else in the page."""
        return {name: self._props.pop(name) for name in ("plan", "texts", "first", "told")}

    def show(self, frame: str) -> None:
        """Send a frame to this browser."""
        self.run_method("show", frame)

    def explain(self, items: Sequence[Item], findings: dict[str, str]) -> None:
        """Replace what stands out."""
        told = self._telling(items, findings)
        if told != self._told:
            self._told = told
            self.run_method("explain", told)

    def _telling(self, items: Sequence[Item], findings: dict[str, str]) -> dict[str, Any]:
        return {
            "summary": self._summary,
            "items": [asdict(item) for item in items],
            "findings": findings,
        }


def _summary(site: Site, texts: Texts) -> tuple[str, str]:
    cells = sum(string.cell_count for string in site.strings)
    managers = len(site.managers)
    word = texts["managers" if managers > 1 else "manager"]
    return f"{cells} {texts['cells']}", f"{managers} {word}"


def _plan(site: Site) -> str:
    """Say as JSON where everything stands: NiceGUI would watch each list and dictionary of it.

    A string is its key, name, number, count of cells, decimals of its sum, and span in mV.
    """
    plan = {
        "managers": [
            {
                "name": manager.name,
                "strings": [
                    [
                        string.key,
                        string.name,
                        string.number,
                        string.cell_count,
                        sum_decimals(string),
                        round(string.cell_voltage_v * DEVIATION_SPAN * 1e3),
                    ]
                    for string in manager.strings
                ],
            }
            for manager in site.managers
        ]
    }
    return json.dumps(plan, ensure_ascii=False)
