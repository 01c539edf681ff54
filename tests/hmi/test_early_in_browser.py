"""The first view, before the scripts that make the page live are there."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.hmi.browser import TIMEOUT_MS, PanelProgram, open_page

expect.set_options(timeout=TIMEOUT_MS)
pytestmark = [pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="module")]


@contextlib.asynccontextmanager
async def early_page(
    browser: Browser, url: str, late: str = r"/(nicegui|vue[^/]*)\.js"
) -> AsyncIterator[tuple[Page, Locator]]:
    """A page whose `late` scripts do not come before the end of the block, and its early view."""
    page = await open_page(browser, until_live=False)
    may_go_on = asyncio.Event()

    async def hold_back(route: Route) -> None:
        await may_go_on.wait()
        await route.continue_()

    await page.route(re.compile(late), hold_back)
    await page.goto(url, wait_until="commit")
    early = page.locator("#bacs-early")
    yield page, early
    may_go_on.set()
    await expect(early).to_have_count(0)


async def test_the_first_view_is_there_before_the_scripts_and_a_touch_on_it_counts(
    shown: PanelProgram, browser: Browser
) -> None:
    async with early_page(browser, shown.url) as (page, early):
        await expect(early.locator(".bacs-hits > button[aria-label]")).to_have_count(4)
        await expect(early.locator(".bacs-alarmbar-text")).not_to_be_empty()
        # Without its scripts nobody knows whether anything still lives.
        await expect(early.locator(".bacs-band")).to_contain_text(
            "Panel server not reachable since"
        )
        await expect(early.locator(".bacs-alarmbar-unknown")).to_contain_text(
            "Alarms unknown since"
        )
        await expect(page.locator("body[data-truth=old]")).to_be_attached()
        await early.locator('button[data-string="telecom/1"]').tap()
    await expect(page.locator("h1")).to_be_visible()
    await expect(page.locator("body[data-truth=live]")).to_be_attached()
    await expect(page).to_have_url(re.compile("key=telecom%2F1|key=telecom/1"))


async def test_a_page_whose_view_does_not_draw_itself_is_painted_all_the_same(
    shown: PanelProgram, browser: Browser
) -> None:
    async with early_page(browser, shown.url, r"/bacs_overview\.js") as (page, early):
        # Without a frame on the screen no callback of one runs.
        await page.evaluate("new Promise((drawn) => requestAnimationFrame(drawn))")
        await expect(early.locator("[data-early] canvas")).to_have_count(0)


async def test_a_touch_on_a_button_before_the_scripts_counts_unless_the_button_says_something_else(
    shown: PanelProgram, browser: Browser
) -> None:
    url = f"{shown.url}?view=string&key=telecom/1"
    async with early_page(browser, url) as (page, early):
        await early.get_by_role("button", name="Menu").tap()
    await expect(page).to_have_url(re.compile("view=menu"))
    async with early_page(browser, url) as (page, early):
        menu = early.get_by_role("button", name="Menu")
        await menu.evaluate("(button) => { button.firstChild.data = 'Close'; }")
        await early.get_by_role("button", name="Close").tap()
    await expect(page.locator("body[data-truth=live]")).to_be_attached()
    await expect(page).to_have_url(re.compile("view=string"))
