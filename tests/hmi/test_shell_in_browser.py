"""What every page has: who is signed in, what happens when nobody is there, palettes, languages."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bacs_core.model import AlarmSeverity, TripCause, TripState
from bacs_core.snapshot import TripSummary
from bacs_hmi.live import LATE_AFTER_S
from bacs_hmi.preferences import FILE_NAME
from tests.hmi.browser import TIMEOUT_MS, PanelProgram, free_port, open_page
from tests.hmi.conftest import TICK_S, plant_at_rest, running_engine, write_token
from tests.hmi.screen import keep_picture, sign_in
from tests.hmi.standin_brain import brain_of
from tests.hmi.standin_engine import Plant, StandIn

expect.set_options(timeout=TIMEOUT_MS)
pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="module"),
]

DIM_LEVEL, SET_LEVEL = "10", "80"


@dataclass
class Cabinet:
    """A panel with a state folder and a backlight, and what stands behind it."""

    panel: PanelProgram
    engine: StandIn
    plant: Plant
    state: Path
    backlight: Path

    def level(self) -> str:
        return (self.backlight / "brightness").read_text().strip()

    def kept(self) -> dict[str, object]:
        told: dict[str, object] = json.loads((self.state / FILE_NAME).read_text())
        return told


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cabinet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cabinet]:
    folder = tmp_path_factory.mktemp("cabinet")
    (folder / "max_brightness").write_text("100")
    (folder / "brightness").write_text("100")
    kept = {"palette": "clock", "brightness_percent": int(SET_LEVEL), "dim_s": 900}
    (folder / FILE_NAME).write_text(json.dumps(kept))
    plant = plant_at_rest()
    async with running_engine(plant, folder) as engine:
        options = ("--state", str(folder), "--backlight", str(folder))
        panel = PanelProgram(engine.url, write_token(folder), free_port(), *options)
        await panel.start()
        yield Cabinet(panel, engine, plant, folder, folder)
        await panel.stop()


async def at_noon(browser: Browser) -> Page:
    """Open an empty page whose clock the test moves: nobody waits for minutes here."""
    page = await open_page(browser)
    await page.clock.install(time=datetime(2026, 6, 1, 12, 0))  # noqa: DTZ001 - local time
    return page


async def pass_time(page: Page, minutes: int, seconds: int = 0) -> None:
    await page.clock.fast_forward(1000 * (60 * minutes + seconds))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(TIMEOUT_MS / 1000):
        while not condition():
            await asyncio.sleep(0.05)


async def show(cabinet: Cabinet, page: Page, query: str = "") -> None:
    await page.goto(cabinet.panel.url + query)
    await expect(page.locator(".bacs-alarmbar-text")).to_contain_text("cell 12")


async def enter(page: Page) -> None:
    await page.get_by_role("button", name="Sign in").tap()
    await sign_in(page, "tina", "2580")
    await expect(page.locator(".bacs-who")).to_contain_text("tina")


async def test_a_sign_in_lasts_over_a_reload_and_another_language_until_it_is_ended(
    cabinet: Cabinet, browser: Browser
) -> None:
    page = await open_page(browser)
    await show(cabinet, page, "?view=string&key=ups-b/1&sort=worst")
    await enter(page)
    await page.reload()
    who = page.locator(".bacs-who")
    await expect(who).to_have_text("tina · Sign out")
    await page.get_by_role("button", name="Deutsch").tap()
    await expect(who).to_have_text("tina · Abmelden")
    await expect(page.locator("h1")).to_have_text("UPS B string 1")
    assert page.url.endswith("?view=string&key=ups-b/1&sort=worst")
    assert await page.evaluate("document.documentElement.lang") == "de"
    assert cabinet.kept()["language"] == "de"
    cookies = {each["name"]: each for each in await page.context.cookies()}
    assert cookies["bacs-visit"]["httpOnly"]
    assert cookies["bacs-visit"]["sameSite"] == "Strict"
    other = await open_page(browser)
    await other.goto(cabinet.panel.url)
    # The cabinet speaks German now; nobody is signed in at this browser.
    await expect(other.locator(".bacs-who")).to_have_text("Anmelden")
    await who.tap()
    await expect(who).to_have_text("Anmelden")
    await page.get_by_role("button", name="English").tap()
    await expect(who).to_have_text("Sign in")
    await other.context.close()


async def test_nobody_there_for_five_minutes_signs_out_and_for_ten_shows_the_overview(
    cabinet: Cabinet, browser: Browser
) -> None:
    page = await at_noon(browser)
    await show(cabinet, page, "?view=alarms")
    await enter(page)
    who, countdown = page.locator(".bacs-who"), page.locator(".bacs-countdown")
    await pass_time(page, 4, 50)
    await expect(countdown).to_have_text(re.compile(r"Signing out in \d+ s\. Touch the screen"))
    await keep_picture(page, "countdown")
    await page.locator("h1").tap()
    await expect(countdown).to_be_hidden()
    await pass_time(page, 4, 50)
    await expect(who).to_have_text("tina · Sign out")
    await pass_time(page, 0, 20)
    await expect(who).to_have_text("Sign in")
    await pass_time(page, 4, 45)
    await expect(countdown).to_have_text(re.compile(r"Back to the overview in \d+ s\."))
    await page.evaluate("document.querySelector('h1').dataset.stay = ''")
    await pass_time(page, 1)
    await expect(countdown).to_be_hidden()
    await expect(page.locator("h1")).to_be_visible()
    await page.evaluate("delete document.querySelector('h1').dataset.stay")
    await pass_time(page, 0, 2)
    await expect(page.locator(".bacs-hits > button")).to_have_count(4)


async def test_the_first_touch_on_a_dim_screen_only_wakes_it_and_a_new_alarm_does_so_too(
    cabinet: Cabinet, browser: Browser
) -> None:
    page = await at_noon(browser)
    await show(cabinet, page)
    assert cabinet.level() == SET_LEVEL
    tab = page.locator(".bacs-nav").get_by_role("button", name="Menu")
    box = await tab.bounding_box()
    assert box is not None
    place = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await pass_time(page, 15, 1)
    dim = page.locator(".bacs-dim")
    await expect(dim).to_contain_text("cell 12")
    await expect(dim).to_contain_text("12:15")
    assert await page.evaluate("document.body.style.translate") != ""
    await until(lambda: cabinet.level() == DIM_LEVEL)
    await keep_picture(page, "dim")
    await page.touchscreen.tap(*place)
    await expect(dim).to_have_count(0)
    await expect(page.locator(".bacs-hits > button")).to_have_count(4)
    assert await page.evaluate("document.body.style.translate") == ""
    await pass_time(page, 15, 1)
    await expect(dim).to_be_visible()
    cabinet.plant.raise_alarm("cell_voltage_low", "ups-a/1", 3, value=2.1, limit=2.2)
    await expect(dim).to_have_count(0)
    await pass_time(page, 15, 1)
    await expect(dim).to_be_visible()
    del cabinet.plant.alarms["cell_voltage_low/ups-a/1/3"]
    await page.touchscreen.tap(*place)
    await expect(dim).to_have_count(0)
    await page.touchscreen.tap(*place)
    await expect(page.locator("h1")).to_have_text("Menu")
    async with tripped(cabinet.plant):
        await expect(page.get_by_role("alertdialog")).to_be_visible()
        await pass_time(page, 15, 1)
        await page.wait_for_function("document.body.style.translate !== ''")
        await expect(dim).to_have_count(0)
        assert cabinet.level() == SET_LEVEL


async def test_the_night_palette_comes_with_the_hour_without_a_reload(
    cabinet: Cabinet, browser: Browser
) -> None:
    page = await at_noon(browser)
    await show(cabinet, page)
    corner = (
        "() => [...document.querySelector('.bacs-canvas canvas').getContext('2d')"
        ".getImageData(1, 1, 1, 1).data].slice(0, 3)"
    )
    assert min(await page.evaluate(corner)) > 0xC0
    await pass_time(page, 8 * 60)
    await page.wait_for_function("document.documentElement.dataset.palette === 'night'")
    await page.wait_for_function(f"Math.max(...({corner})()) < 0x40")
    await page.locator(".bacs-dim").tap()
    await expect(page.locator(".bacs-dim")).to_have_count(0)
    await keep_picture(page, "night")


@asynccontextmanager
async def tripped(plant: Plant) -> AsyncIterator[None]:
    """Let a string trip for a while, with its alarm and the buzzer."""
    string = plant.strings["telecom/1"]
    trip = TripSummary(TripState.TRIPPED, (TripCause.THERMAL_RUNAWAY,), 7, contact_open=True)
    string.brain = replace(brain_of(string.string), trip=trip)
    alarm = plant.raise_alarm("runaway_trip", "telecom/1", 7, severity=AlarmSeverity.ALARM)
    plant.annunciation = replace(plant.annunciation, sounding=True)
    try:
        yield
    finally:
        over = TripSummary(TripState.ARMED, contact_open=False)
        string.brain = replace(brain_of(string.string), trip=over)
        del plant.alarms[alarm.id]
        plant.annunciation = replace(plant.annunciation, sounding=False)


@pytest.mark.parametrize(("width", "height"), [(1024, 768), (800, 480), (390, 844)])
async def test_a_trip_fills_the_screen_below_the_alarm_bar_until_somebody_has_seen_it(
    cabinet: Cabinet, browser: Browser, width: int, height: int
) -> None:
    page = await open_page(browser, width=width, height=height)
    async with tripped(cabinet.plant):
        await page.goto(f"{cabinet.panel.url}?view=alarms")
        notice = page.get_by_role("alertdialog")
        await expect(notice).to_contain_text("Breaker tripped")
        await expect(notice).to_contain_text("Thermal runaway, cell 07")
        await keep_picture(page, f"trip-{width}")
        box, bar = await notice.bounding_box(), await page.locator(".bacs-top").bounding_box()
        assert box is not None
        assert bar is not None
        assert box["y"] >= bar["y"] + bar["height"] - 1
        assert box["y"] + box["height"] >= height - 1
        await page.get_by_role("button", name="Buzzer sounds: Mute").tap()
        await page.locator(".bacs-login").get_by_role("button", name="Cancel").tap()
        # Silent for longer than the page waits, again and again.
        cabinet.engine.tick_s = 2 * LATE_AFTER_S
        await page.wait_for_function(
            "getComputedStyle(document.querySelector('.bacs-trip'), '::after')"
            ".backgroundImage.includes('gradient')"
        )
        cabinet.engine.tick_s = TICK_S
        await expect(page.locator(".bacs-band")).to_be_hidden()
        await notice.get_by_role("button", name="Seen").tap()
        await expect(notice).to_be_hidden()
        await page.reload()
        await expect(page.locator("h1")).to_have_text("Alarms")
        await expect(notice).to_be_hidden()
        await page.get_by_role("button", name="Sign in").tap()
        await page.locator(".bacs-login input[name=user]").tap()
        await expect(page.locator(".bacs-keyboard")).to_be_visible()
        await keep_picture(page, f"sheet-below-bar-{width}")
        await page.get_by_role("button", name="Buzzer sounds: Mute").tap()
        await expect(page.locator(".bacs-login h2")).to_have_text("Sign in: Mute")
    await page.context.close()


async def test_the_header_is_whole_at_every_size(cabinet: Cabinet, browser: Browser) -> None:
    page = await open_page(browser)
    await page.goto(cabinet.panel.url)
    await enter(page)
    for language in ("English", "Deutsch"):
        if await page.get_by_role("button", name=language).count():
            await page.get_by_role("button", name=language).tap()
            await expect(page.get_by_role("button", name=language)).to_have_count(0)
        for width, height in ((1024, 768), (800, 480), (390, 844), (3840, 2160)):
            await page.set_viewport_size({"width": width, "height": height})
            await keep_picture(page, f"header-{width}-{language[:2].lower()}")
            await check_header(page, width)
    await page.context.close()


async def check_header(page: Page, width: int) -> None:
    parts = await page.locator(".bacs-header button, .bacs-clock").evaluate_all(
        """parts => parts.map(part => {
            const box = part.getBoundingClientRect();
            return { text: part.textContent, left: box.left, right: box.right, width: box.width,
                     height: box.height, cut: part.scrollWidth > part.clientWidth };
        })"""
    )
    assert [part["text"] for part in parts if part["cut"]] == []
    assert [part["text"] for part in parts if part["left"] < 0 or part["right"] > width] == []
    buttons = parts[:-1]
    assert min(part["height"] for part in buttons) >= 44
    assert min(part["width"] for part in buttons) >= 44
    root = await page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
    assert root == pytest.approx(32 if width == 3840 else 16, abs=0.1)
