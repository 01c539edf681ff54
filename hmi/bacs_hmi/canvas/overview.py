"""The canvas of the overview."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from bacs_core.model import Site
from bacs_hmi.contents import sum_decimals
from bacs_hmi.texts import Texts


class OverviewCanvas(Element, component="overview.js", dependencies=["shared/*.js"]):
    """Draws the overview from frames; `first` is a full frame, there when the page is painted.

    `findings` say of strings, by key, which cell stands out most and why.
    """

    def __init__(
        self,
        site: Site,
        texts: Texts,
        first: str | None,
        findings: dict[str, str],
        *,
        on_open: Callable[[str], None],
        on_resync: Callable[[], None],
    ) -> None:
        super().__init__()
        self._props["plan"] = _plan(site)
        self._props["texts"] = dict(texts)
        self._props["first"] = first
        self._props["findings"] = self._findings = findings
        self.on("open", lambda event: on_open(_key(event)))
        self.on("resync", lambda _: on_resync())

    def show(self, frame: str) -> None:
        """Send a frame to this browser."""
        self.run_method("show", frame)

    def explain(self, findings: dict[str, str]) -> None:
        """Replace the findings."""
        if findings != self._findings:
            self._findings = findings
            self.run_method("explain", findings)


def _plan(site: Site) -> dict[str, Any]:
    return {
        "managers": [
            {
                "name": manager.name,
                "strings": [
                    {
                        "key": string.key,
                        "name": string.name,
                        "number": string.number,
                        "cells": string.cell_count,
                        "sumDecimals": sum_decimals(string),
                    }
                    for string in manager.strings
                ],
            }
            for manager in site.managers
        ]
    }


def _key(event: GenericEventArguments) -> str:
    return str(event.args)
