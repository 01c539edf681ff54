"""What the panel is held against: an empty page of NiceGUI, and a page of one label per cell.

`python -m tests.bench._panel_peers empty PORT`
`python -m tests.bench._panel_peers labels PORT ENGINE_URL TOKEN [STRING_KEY]`

The labels follow the same engine through the same client library, and only those of changed cells
are written, through bindings that push.
"""

from __future__ import annotations

import sys

import aiohttp
from nicegui import app, background_tasks, binding, ui

from bacs_core.api.client import EngineClient
from bacs_core.api.live import LiveSite, Update
from bacs_core.model import Quantity


@binding.bindable_dataclass
class Cell:
    """One number that a label shows."""

    text: str = ""


class Labels:
    """Mirrors the voltages of a site, or of one string of it, into bound labels."""

    def __init__(self, key: str | None) -> None:
        self._key = key
        self._live: LiveSite | None = None
        self._cells: dict[str, list[Cell]] = {}

    async def follow(self, url: str, token: str) -> None:
        """Follow the engine for ever."""
        async with aiohttp.ClientSession() as session:
            self._live = LiveSite(EngineClient(session, url, token))
            if self._key is not None:
                await self._live.watch_raw([self._key])
            self._live.listen(self._heard)
            await self._live.run()

    def build(self) -> None:
        """Make one label per cell."""
        with ui.grid(columns=64).classes("cells"):
            for cells in self._cells.values():
                for cell in cells:
                    ui.label().bind_text_from(cell, "text")

    def _heard(self, update: Update) -> None:
        live = self._live
        assert live is not None
        for key, changes in update.strings.items():
            if self._key not in {None, key}:
                continue
            column = live.strings[key].columns[Quantity.VOLTAGE]
            if key not in self._cells:
                self._cells[key] = [Cell() for _ in column]
            for index in changes.cells.get(Quantity.VOLTAGE, ()):
                value = column[index]
                self._cells[key][index].text = "" if value is None else f"{value:.3f}"


def main() -> None:
    """Serve one of the pages."""
    kind, port, *rest = sys.argv[1:]
    if kind == "empty":

        @ui.page("/")
        def empty() -> None:
            """Show nothing."""

    else:
        url, token, *key = rest
        labels = Labels(key[0] if key else None)
        ui.page("/")(labels.build)

        async def start() -> None:
            background_tasks.create(labels.follow(url, token), name="follow")

        app.on_startup(start)
    ui.run(host="127.0.0.1", port=int(port), show=False, reload=False, show_welcome_message=False)


if __name__ in {"__main__", "__mp_main__"}:
    main()
