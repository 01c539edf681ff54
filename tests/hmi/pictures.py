"""Takes pictures of the panel: `python -m tests.hmi.pictures --help`.

Without an engine it shows the stand-in plants; with one it shows what that engine runs.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import Page

from bacs_core.model import AlarmSeverity, EqualizationState, Inhibit, Quantity
from tests.hmi.browser import HEIGHT, WIDTH, PanelProgram, free_port, open_browser, open_page
from tests.hmi.standin_engine import PANEL_TOKEN, Plant, StandIn, full_site, small_site

SETTLE_MS = 1800


def demo_plant() -> Plant:
    """Show the demonstration cabinet with a few things wrong."""
    plant = Plant(small_site())
    plant.noise_v = 0.0015
    hot = plant.strings["ups-a/2"].values[Quantity.TEMPERATURE]
    hot[6] = 41.2
    plant.raise_alarm("cell_temperature_high", "ups-a/2", 7, value=41.2, limit=35.0)
    plant.strings["ups-b/1"].values[Quantity.VOLTAGE][11] = 2.158
    plant.raise_alarm("cell_voltage_low", "ups-b/1", 12, value=2.158, limit=2.2, minutes_ago=44)
    plant.silence("ups-b/1", 31, since_s=75)
    plant.strings["ups-a/1"].equalization = EqualizationState.INHIBITED
    plant.strings["ups-a/1"].inhibited_by = (Inhibit.DISCHARGE,)
    plant.remove("ups-b/1", Quantity.CHARGE)
    return plant


def full_plant() -> Plant:
    """Show the largest site with a few things wrong."""
    plant = Plant(full_site())
    plant.noise_v = 0.0015
    for cell in (5, 6, 19, 30):
        plant.strings["ups-3/3"].values[Quantity.VOLTAGE][cell - 1] = 13.05
        plant.raise_alarm("cell_voltage_low", "ups-3/3", cell, value=13.05, limit=13.2)
    plant.strings["ups-5/9"].values[Quantity.TEMPERATURE][11] = 52.3
    plant.raise_alarm(
        "cell_temperature_critical",
        "ups-5/9",
        12,
        severity=AlarmSeverity.ALARM,
        value=52.3,
        limit=50.0,
    )
    plant.silence("ups-6/2", 17, since_s=200)
    plant.online["ups-7"] = False
    return plant


async def shoot(page: Page, url: str, query: str, path: Path) -> None:
    """Open a view, wait until it moves, and keep its picture."""
    await page.goto(url + query)
    await page.wait_for_timeout(SETTLE_MS)
    await page.screenshot(path=path)


async def pictures_of_stand_ins(folder: Path) -> None:
    """Take pictures of both stand-in plants in all views."""
    views = {
        "small": (
            demo_plant(),
            {
                "overview": "",
                "string": "?view=string&string=ups-b/1",
                "string-worst": "?view=string&string=ups-b/1&sort=worst",
                "string-12v": "?view=string&string=ups-a/2&cell=7",
                "telecom": "?view=string&string=telecom/1",
                "alarms": "?view=alarms",
                "lines": "?view=lines",
            },
        ),
        "full": (
            full_plant(),
            {"overview": "", "string": "?view=string&string=ups-3/3", "alarms": "?view=alarms"},
        ),
    }
    with tempfile.TemporaryDirectory() as scratch:
        token_file = Path(scratch, "token")
        token_file.write_text(PANEL_TOKEN)
        for plant_name, (plant, queries) in views.items():
            engine = StandIn(plant, Path(scratch))
            await engine.start()
            panel = PanelProgram(engine.url, token_file, free_port())
            await panel.start()
            try:
                async with open_browser() as browser:
                    for language in ("en", "de"):
                        page = await open_page(browser, language=language)
                        for name, query in queries.items():
                            path = folder / f"{plant_name}-{name}-{language}.png"
                            await shoot(page, panel.url, query, path)
            finally:
                await panel.stop()
                await engine.stop()


async def pictures_of_engine(folder: Path, engine_url: str, token_file: Path) -> None:
    """Take the overview and the first string of a running engine."""
    panel = PanelProgram(engine_url, token_file, free_port())
    await panel.start()
    try:
        async with open_browser() as browser:
            page = await open_page(browser)
            await shoot(page, panel.url, "", folder / "overview.png")
            await page.locator(".bacs-hits > button").first.click()
            await page.wait_for_timeout(SETTLE_MS)
            await page.screenshot(path=folder / "string.png")
            await shoot(page, panel.url, "?view=alarms", folder / "alarms.png")
    finally:
        await panel.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=f"Takes pictures at {WIDTH}x{HEIGHT}.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--engine", metavar="URL")
    parser.add_argument("--token-file", type=Path, metavar="FILE")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.engine is None:
        asyncio.run(pictures_of_stand_ins(options.folder))
    else:
        asyncio.run(pictures_of_engine(options.folder, options.engine, options.token_file))


if __name__ == "__main__":
    main()
