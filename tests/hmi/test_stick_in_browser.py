"""The band about a stick on a real screen: on every page, in both languages, and its button."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from bacs_core.api.messages import ExportToStick
from bacs_core.stick.states import StickPhase, StickProblem, StickState
from tests.hmi.browser import TIMEOUT_MS, open_page
from tests.hmi.conftest import plant_at_rest, running_engine, running_panel, write_token
from tests.hmi.screen import keep_picture, sign_in
from tests.hmi.standin_engine import Plant

expect.set_options(timeout=TIMEOUT_MS)
pytestmark = [pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="module")]

KINGSTON = StickState(StickPhase.WRITING, label="KINGSTON", percent=41)


def tell(plant: Plant, stick: StickState) -> None:
    plant.annunciation = replace(plant.annunciation, stick=stick)


async def fits(page: Page) -> bool:
    """Whether no text of the band is cut off and the page below it still ends on the screen."""
    return bool(
        await page.evaluate(
            """() => {
              const band = document.querySelector(".bacs-stick").getBoundingClientRect();
              const view = document.querySelector(".bacs-view").getBoundingClientRect();
              const words = document.querySelector(".bacs-stick-words");
              return words.scrollWidth <= words.clientWidth && band.height <= 80
                && view.top >= band.bottom - 1 && view.bottom <= window.innerHeight + 1;
            }"""
        )
    )


async def test_a_stick_is_told_of_on_every_page_until_it_is_removed(
    browser: Browser, tmp_path: Path
) -> None:
    plant = plant_at_rest()
    async with (
        running_engine(plant, tmp_path) as engine,
        running_panel(engine, write_token(tmp_path)) as panel,
    ):
        page = await open_page(browser)
        band = page.locator(".bacs-stick")
        await page.goto(panel.url)
        await expect(page.locator(".bacs-alarmbar")).to_be_visible()
        await expect(band).to_be_hidden()
        tell(plant, KINGSTON)
        for name in ("Overview", "Alarms", "Menu"):
            await page.get_by_role("button", name=name, exact=True).tap()
            await expect(band).to_contain_text("Copying to the stick KINGSTON: 41 %.")
            assert await fits(page)
        await page.goto(f"{panel.url}?view=string&key=telecom/1")
        await expect(band).to_contain_text("Do not remove it.")
        assert await fits(page)
        await keep_picture(page, "stick-writing")
        done = replace(KINGSTON, phase=StickPhase.DONE, percent=100, files=17, size_bytes=8_400_000)
        tell(plant, replace(done, waiting=1))
        await expect(band).to_contain_text(
            "You may remove the stick KINGSTON. 17 files (8.4\u00a0MB)"
        )
        await expect(band).to_contain_text("Another stick waits")
        await expect(page.locator(".bacs-stick-bar")).to_be_hidden()
        assert await fits(page)
        await keep_picture(page, "stick-done")

        german = await open_page(browser, language="de")
        await german.goto(panel.url)
        german_band = german.locator(".bacs-stick")
        await expect(german_band).to_contain_text("Der Stick KINGSTON darf abgezogen werden.")
        problem = StickState(
            StickPhase.PROBLEM,
            label="KINGSTON",
            problem=StickProblem.NOT_ENOUGH_SPACE,
            needed_bytes=64_300_000_000,
            free_bytes=7_600_000_000,
        )
        tell(plant, problem)
        await expect(german_band).to_contain_text("64,3\u00a0GB werden gebraucht")
        assert await fits(german)
        await keep_picture(german, "stick-problem-de")

        await band.get_by_role("button", name="Copy now").tap()
        await sign_in(page, "olga", "4711")
        await expect(page.locator(".bacs-notice.done")).to_have_text("The copy begins.")
        assert engine.commands == [("olga", ExportToStick())]
        tell(plant, StickState())
        await expect(band).to_be_hidden()
        await expect(german_band).to_be_hidden()
