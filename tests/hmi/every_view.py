"""A panel that shows every view with something in it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from playwright.async_api import Page, expect

from bacs_hmi.preferences import FILE_NAME
from bacs_hmi.views import ViewName
from tests.hmi.browser import PanelProgram, free_port
from tests.hmi.conftest import plant_at_rest, running_engine, write_token
from tests.hmi.discharged_plant import write_past
from tests.hmi.standin_history import a_day, write_events

#: A view that asked for something has its answer long before, on a machine that is not busy.
QUIET_MS: Final = 150
#: What stands behind `?view=NAME`, so that the view has something to show.
ADDRESSES: Final = {
    ViewName.OVERVIEW: "",
    ViewName.STRING: "&key=ups-b/1",
    ViewName.CELL: "&key=ups-b/1&cell=12",
    ViewName.ALARMS: "",
    ViewName.DISCHARGES: "",
    ViewName.DISCHARGE: "&number=1",
    ViewName.MENU: "",
    ViewName.EQUALIZATION: "",
    ViewName.RELAYS: "",
    ViewName.ENVIRONMENT: "",
    ViewName.LINES: "",
    ViewName.COMMISSIONING: "",
    ViewName.SETTINGS: "",
    ViewName.SYSTEM: "",
    ViewName.HELP: "",
}


@asynccontextmanager
async def panel_by_clock(folder: Path) -> AsyncIterator[PanelProgram]:
    """Run a panel whose palette follows the clock of the browser, and that never becomes dim.

    The buzzer sounds, so that every view has the button that mutes it.
    """
    (folder / FILE_NAME).write_text(json.dumps({"palette": "clock", "dim_s": 0}))
    plant = plant_at_rest()
    plant.annunciation = replace(plant.annunciation, sounding=True)
    async with running_engine(plant, folder) as engine:
        now = datetime.now(UTC)
        write_past(folder, now)
        write_events(folder, a_day(now))
        options = ("--state", str(folder))
        panel = PanelProgram(engine.url, write_token(folder), free_port(), *options)
        await panel.start()
        try:
            yield panel
        finally:
            await panel.stop()


async def travel(page: Page, name: ViewName) -> None:
    """Go to a view as the back button of a browser does, without loading the page again."""
    await page.evaluate(
        """query => {
            history.pushState(null, "", query);
            dispatchEvent(new PopStateEvent("popstate"));
        }""",
        f"?view={name}{ADDRESSES[name]}",
    )


async def settled(page: Page) -> None:
    """Wait until a view is there, and no part of it comes or goes any more."""
    await expect(page.locator(".bacs-view > *").first).to_be_visible()
    await expect(page.locator(".bacs-clock")).not_to_be_empty()
    await page.evaluate(
        """quietMs => new Promise((resolve) => {
            let timer = setTimeout(resolve, quietMs);
            new MutationObserver((changes) => {
                const isPart = ({ addedNodes, removedNodes }) =>
                    [...addedNodes, ...removedNodes].some((node) => node.nodeType === 1);
                if (!changes.some(isPart)) return;
                clearTimeout(timer);
                timer = setTimeout(resolve, quietMs);
            }).observe(document.querySelector(".bacs-view"), { childList: true, subtree: true });
        })""",
        QUIET_MS,
    )
