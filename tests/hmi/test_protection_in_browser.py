"""A trip on the real panel: the real engine, a simulated string that trips, and a technician."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from bacs_core.simulator.control import SimulatorControl
from tests.hmi.browser import TIMEOUT_MS, PanelProgram, free_port, open_page
from tests.hmi.screen import hold, keep_picture, sign_in
from tests.processes import PATIENCE_S, Cabinet, Engine, bacs

expect.set_options(timeout=TIMEOUT_MS)
pytestmark = [pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="module")]

SITE = """
[site]
name = "Breaker room"

[[line]]
id = "rack"
port = "ports/rack"
baud = 115200

[[manager]]
id = "telecom"
name = "Telecom"
device = "engine"

[[manager.string]]
number = 1
name = "Telecom string"
chemistry = "vrla"
cells = 6
cell_voltage = "2 V"
capacity = "500 Ah"
module_type = "C44"
modules = { line = "rack", units = "1-6" }
breaker.box = "box"
breaker.relay = 2
breaker.input = 3
breaker.open_when = "closed contact"
breaker.trips_by = "closing"
limits = { voltage_trip_high = "2.55 V" }

[[device]]
id = "box"
name = "Relay box"
device = "panel_relay_box"
line = "rack"
unit = 245
inputs = ["Door", "Smoke", "Breaker"]
relays = ["Horn", "Trip"]
breakers = [2]
"""
KEY, TRIP_RELAY = "telecom/1", 1
FLOAT_V, OVERCHARGE_V = 13.62, 16.2
PASSWORD, PIN = "a long pass phrase", "258036"


@dataclass
class BreakerRoom:
    """A simulated string with a breaker, and the panel of its engine."""

    simulator: SimulatorControl
    panel: PanelProgram

    def charge(self, *, voltage_v: float) -> None:
        """Let the charger hold this voltage."""
        self.simulator.string(KEY, charger_voltage_v=voltage_v)

    def breaker(self, *, is_open: bool) -> None:
        """Let the breaker move, as its contact tells."""
        self.simulator.accessory("box", inputs=[False, False, is_open])

    async def trip_relay(self, *, closed: bool) -> None:
        """Wait until the engine has switched the relay that trips."""
        await until(
            lambda: self.simulator.relays("box").contacts[TRIP_RELAY] is closed, "the trip relay"
        )


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until `condition` holds, or fail."""
    async with asyncio.timeout(2 * PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.05)
    assert condition(), what


def add_technician(engine: Engine) -> None:
    for arguments, secret in (
        (("add", "tina", "--role", "technician"), PASSWORD),
        (("set-pin", "tina"), PIN),
    ):
        done = bacs("user", *arguments, "--state", engine.state, stdin=f"{secret}\n")
        assert done.returncode == 0, done.stderr


@asynccontextmanager
async def breaker_room(folder: Path) -> AsyncIterator[BreakerRoom]:
    """Run cabinet, engine and panel as programs of their own."""
    written = folder / "written.toml"
    written.write_text(SITE, encoding="utf-8")
    cabinet = Cabinet(folder, written, "--speed", "60", "--noise-mv", "0")
    engine = Engine(folder, cabinet.site)
    panel = PanelProgram(engine.url, engine.panel_token_file, free_port())
    try:
        await asyncio.to_thread(cabinet.start)
        await asyncio.to_thread(engine.start)
        await asyncio.to_thread(add_technician, engine)
        await panel.start()
        yield BreakerRoom(SimulatorControl(cabinet.control), panel)
    finally:
        await panel.stop()
        await asyncio.to_thread(engine.stop)
        await asyncio.to_thread(cabinet.stop)


async def confirm_reclosing(page: Page) -> None:
    """Touch the button of the band, and the one of the sheet that asks."""
    await page.locator(".bacs-protection").get_by_role("button", name="End the trip").tap()
    sheet = page.locator(".bacs-sheet:not(.bacs-login)")
    await expect(sheet).to_contain_text("End the trip of Telecom string?")
    await expect(sheet).to_contain_text(re.compile(r"It tripped: over-voltage, cell 0\d\."))
    await hold(page, sheet.get_by_role("button", name="End the trip"))
    await expect(sheet).to_have_count(0)


async def reclose(page: Page) -> str | None:
    """Try to close the breaker, and return what the panel says of it."""
    # The notice of the try before is taken away, so that the next one is seen as a new one.
    await page.evaluate("document.querySelector('.bacs-notice').id = 'before'")
    await confirm_reclosing(page)
    return await page.locator(".bacs-notice:not(#before)").text_content()


async def test_a_tripped_string_is_seen_and_closed_again_by_a_technician_at_the_cabinet(
    browser: Browser, tmp_path: Path
) -> None:
    async with breaker_room(tmp_path) as room:
        page = await open_page(browser)
        await page.goto(room.panel.url)
        tile = page.locator(f'button[data-string="{KEY}"]')
        await expect(tile).to_be_visible()
        room.charge(voltage_v=OVERCHARGE_V)
        await room.trip_relay(closed=True)
        room.breaker(is_open=True)
        await expect(tile).to_have_attribute("aria-label", re.compile("Protection: tripped"))
        trip = page.get_by_role("alertdialog", name="Breaker tripped: Telecom string")
        await expect(trip).to_contain_text(re.compile(r"Over-voltage, cell 0\d"))
        await expect(trip).to_contain_text("Breaker open")
        await keep_picture(page, "trip-notice")
        await trip.get_by_role("button", name="To the string").tap()
        await expect(trip).to_be_hidden()
        band = page.locator(".bacs-protection")
        await expect(band).to_contain_text("Tripped since")
        await expect(band).to_contain_text(re.compile(r"over-voltage, cell 0\d · breaker open"))
        await keep_picture(page, "tripped")
        await page.reload()
        await expect(band).to_contain_text("Tripped since")
        await expect(trip).to_be_hidden()
        # Nobody is signed in: the confirmation comes first, then the question who it is.
        await confirm_reclosing(page)
        await sign_in(page, "tina", PIN)
        notice = page.locator(".bacs-notice")
        await expect(notice).to_have_text("Refused: the cause of the trip still stands.")
        assert room.simulator.relays("box").contacts[TRIP_RELAY]
        room.charge(voltage_v=FLOAT_V)
        # The engine refuses for as long as the cells are too high; then it takes the order back.
        async with asyncio.timeout(2 * PATIENCE_S):
            while await reclose(page) != "Trip ended, the breaker can be closed now":
                pass
        await room.trip_relay(closed=False)
        await expect(band).to_contain_text("Breaker is open, nobody here ordered it")
        room.breaker(is_open=False)
        await expect(band).to_be_hidden()
        await expect(page.get_by_role("button", name="Protection", exact=True)).to_be_visible()
