"""The programs of one plant of `./dev bench panel`: engine, panel, empty page, labels."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, Page

from tests.bench._panel_programs import Program, running
from tests.hmi.browser import open_page
from tests.hmi.standin_engine import PANEL_TOKEN
from tests.hmi.watching import WATCHER

EMPTY_IS_THERE: Final = "() => !!document.querySelector('.nicegui-content')"
LABELS_ARE_THERE: Final = "() => document.querySelectorAll('.cells > *').length >= 512"
#: The panel has its first values, and the labels are there, after so long.
SETTLE_S: Final = 4.0


@dataclass(frozen=True, slots=True)
class Plant:
    """Strings per manager, cells per string, and the string that the labels show (none: all)."""

    strings: int
    cells: int
    key: str
    tick_s: float = 1.0


FULL: Final = Plant(16, 32, "")
LONG: Final = Plant(1, 512, "m1/1")
#: Memory grows with each update, however fast they come.
QUICK: Final = Plant(1, 512, "m1/1", 0.2)


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of a program, and how it is known to be there."""

    program: Program
    query: str
    is_there: str

    @property
    def url(self) -> str:
        """Its address."""
        return self.program.url + self.query


@dataclass(frozen=True, slots=True)
class Running:
    """The programs, and the browser in front of them."""

    browser: Browser
    engine: Program
    panel: Program
    empty: Program
    labels: Program

    @property
    def programs(self) -> tuple[Program, ...]:
        """All of them."""
        return (self.engine, self.panel, self.empty, self.labels)

    @property
    def empty_page(self) -> Shown:
        """The limit."""
        return Shown(self.empty, "", EMPTY_IS_THERE)

    @property
    def label_page(self) -> Shown:
        """The peer."""
        return Shown(self.labels, "", LABELS_ARE_THERE)

    async def page(self) -> Page:
        """Open a touch screen that watches itself."""
        page = await open_page(self.browser, until_live=False)
        await page.add_init_script(WATCHER)
        return page


@asynccontextmanager
async def started(browser: Browser, plant: Plant) -> AsyncIterator[Running]:
    """Start everything, and end it afterwards."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        sizes = (str(plant.strings), str(plant.cells), str(plant.tick_s))
        engine = await stack.enter_async_context(
            running("tests.bench._panel_plant", "PORT", folder, *sizes)
        )
        url, token = engine.url.rstrip("/"), str(Path(folder, "panel.token"))
        panel_options = ("--engine", url, "--token-file", token, "--port", "PORT")
        panel = await stack.enter_async_context(running("bacs_hmi.main", *panel_options))
        peers = "tests.bench._panel_peers"
        empty = await stack.enter_async_context(running(peers, "empty", "PORT"))
        of_string = (plant.key,) if plant.key else ()
        labels = await stack.enter_async_context(
            running(peers, "labels", "PORT", url, PANEL_TOKEN, *of_string)
        )
        await asyncio.sleep(SETTLE_S)
        yield Running(browser, engine, panel, empty, labels)
