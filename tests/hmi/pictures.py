"""Takes pictures of the panel: `python -m tests.hmi.pictures --help`.

Without an engine it shows the stand-in plants; with one it shows what that engine runs.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from playwright.async_api import Page

from bacs_core.model import (
    AlarmSeverity,
    AlarmState,
    EqualizationState,
    Inhibit,
    Quantity,
    RunawayStage,
    TripCause,
    TripState,
)
from bacs_core.snapshot import Annunciation, CellFinding, TripSummary
from tests.hmi.browser import HEIGHT, WIDTH, PanelProgram, free_port, open_browser, open_page
from tests.hmi.standin_brain import brain_of
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


def tripped_plant() -> Plant:
    """Show a battery room on a bad day: a trip, protection off, alarms that were put aside."""
    plant = Plant(small_site())
    for key, plant_string in plant.strings.items():
        if key != "ups-b/1":
            plant_string.brain = brain_of(plant_string.string)
    plant.annunciation = Annunciation(sounding=True, muted=False, led="red_blinking")
    telecom, ups = plant.strings["telecom/1"], plant.strings["ups-a/1"]
    assert telecom.brain is not None
    assert ups.brain is not None
    now = time.time()
    tripped = TripSummary(
        TripState.TRIPPED, (TripCause.THERMAL_RUNAWAY,), 7, now - 240, contact_open=True
    )
    stage = np.zeros(24, np.uint8)
    stage[6] = RunawayStage.TRIP
    stuck = np.arange(24) == 6
    finding = CellFinding(
        7, "resistance_above_baseline_rising", 23.4, "Ri 23 % above its baseline and rising", 7.1
    )
    telecom.brain = replace(
        telecom.brain, trip=tripped, stage=stage, stuck_on=stuck, findings=(finding,)
    )
    telecom.values[Quantity.TEMPERATURE][6] = 61.3
    telecom.current_a = 0.0
    off = TripSummary(
        TripState.OFF,
        since=now - 600,
        by="tina",
        reason="Work on the battery",
        until=now + 3600,
        contact_open=False,
    )
    ups.brain = replace(ups.brain, trip=off)
    armed = plant.strings["ups-a/2"]
    assert armed.brain is not None
    ready = TripSummary(TripState.ARMED, since=now - 9000, contact_open=False)
    armed.brain = replace(armed.brain, trip=ready, exhausted=np.arange(40) == 4)
    first = plant.raise_alarm(
        "runaway_trip", "telecom/1", 7, severity=AlarmSeverity.ALARM, minutes_ago=5
    )
    plant.alarms[first.id] = first.model_copy(update={"first_out": True})
    plant.raise_alarm("breaker_tripped", "telecom/1", severity=AlarmSeverity.ALARM, minutes_ago=4)
    plant.raise_alarm("protection_off", "ups-a/1", severity=AlarmSeverity.ALARM, minutes_ago=10)
    plant.raise_alarm("recharge_overdue", "ups-a/2", severity=AlarmSeverity.ALARM, minutes_ago=2)
    plant.raise_alarm("cell_resistance_rise", "telecom/1", 7, value=23.4, limit=20.0)
    for alarm, changes in (
        (
            plant.raise_alarm("cell_resistance_high", "ups-a/2", 9, value=6.6e-3, limit=6.5e-3),
            {
                "state": AlarmState.SHELVED,
                "shelved_until": datetime.now(UTC) + timedelta(minutes=41),
            },
        ),
        (
            plant.raise_alarm("charge_low", "ups-b/1", severity=AlarmSeverity.ALARM, value=22.0),
            {"state": AlarmState.SUPPRESSED, "suppressed_by": "battery_test"},
        ),
        (
            plant.raise_alarm("bypass_stuck_off", "ups-b/1", 3),
            {"state": AlarmState.OUT_OF_SERVICE, "suppressed_by": "tina"},
        ),
    ):
        plant.alarms[alarm.id] = alarm.model_copy(update=changes)
    plant.strings["ups-b/1"].status[:] = 0
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
    tripped = plant.strings["ups-6/9"]
    trip = TripSummary(TripState.TRIPPED, (TripCause.OVER_TEMPERATURE,), 3, contact_open=True)
    tripped.brain = replace(brain_of(tripped.string), trip=trip)
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
                "string": "?view=string&key=ups-b/1",
                "string-worst": "?view=string&key=ups-b/1&sort=worst",
                "string-12v": "?view=string&key=ups-a/2&cell=7",
                "telecom": "?view=string&key=telecom/1",
                "alarms": "?view=alarms",
                "lines": "?view=lines",
            },
        ),
        "tripped": (
            tripped_plant(),
            {
                "overview": "",
                "string": "?view=string&key=telecom/1",
                "cell": "?view=string&key=telecom/1&cell=7",
                "off": "?view=string&key=ups-a/1&cell=3",
                "armed": "?view=string&key=ups-a/2",
                "alarms": "?view=alarms",
            },
        ),
        "full": (
            full_plant(),
            {"overview": "", "string": "?view=string&key=ups-3/3", "alarms": "?view=alarms"},
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
