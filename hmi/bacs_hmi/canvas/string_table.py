"""The canvas of a string page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui.element import Element

from bacs_core.model import String, cell_label
from bacs_hmi.contents import SCALARS
from bacs_hmi.format import SHOWN
from bacs_hmi.frames import DEVIATION_SPAN, QUANTITIES
from bacs_hmi.texts import Texts


class StringTable(Element, component="string_table.js", dependencies=["shared/*.js"]):
    """Draws values, strip and table from frames; `first` is a full frame."""

    def __init__(
        self,
        string: String,
        texts: Texts,
        first: str | None,
        *,
        sort: str,
        on_cell: Callable[[int], None],
        on_resync: Callable[[], None],
    ) -> None:
        super().__init__()
        self._props["plan"] = _plan(string, texts)
        self._props["texts"] = dict(texts)
        self._props["first"] = first
        self._props["sort"] = sort
        self._props["marked"] = 0
        self._props["reasons"] = {}
        self._props["mode"] = ""
        self.on("cell", lambda event: on_cell(int(event.args)))
        self.on("resync", lambda _: on_resync())

    def show(self, frame: str) -> None:
        """Send a frame to this browser."""
        self.run_method("show", frame)

    def sort_by(self, sort: str) -> None:
        """Order the rows by `number` or by `worst`."""
        self._props["sort"] = sort
        self.update()

    def explain(self, reasons: dict[int, str]) -> None:
        """Say of abnormal cells (counted from 1) what is wrong with them."""
        if reasons != self._props["reasons"]:
            self._props["reasons"] = reasons
            self.update()

    def say_mode(self, mode: str) -> None:
        """Say when the string is equalized."""
        if mode != self._props["mode"]:
            self._props["mode"] = mode
            self.update()

    def highlight(self, cell: int | None) -> None:
        """Mark the row of the cell (counted from 1) whose panel is open."""
        self._props["marked"] = cell or 0
        self.update()


def _plan(string: String, texts: Texts) -> dict[str, Any]:
    return {
        "name": string.name,
        "cells": string.cell_count,
        "digits": len(cell_label(1, string.cell_count)),
        "span": round(string.cell_voltage_v * DEVIATION_SPAN * 1e3),
        "decimals": [
            *(SHOWN[quantity].decimals(string.cell_voltage_v) for quantity in QUANTITIES),
            0,
        ],
        "scalars": [
            {"text": scalar.text, "unit": scalar.unit, "decimals": scalar.decimals(string)}
            for scalar in SCALARS
        ],
        "equalizedBy": texts[f"by_{string.equalized_by.value}"],
    }
