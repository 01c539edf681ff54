"""What a person sees who opens the panel over the network, in a real browser."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Browser, Page, expect

from bacs_core.model import AlarmSeverity, AlarmState
from bacs_hmi.preferences import FILE_NAME
from tests.hmi.browser import TIMEOUT_MS
from tests.hmi.screen import keep_picture
from tests.hmi.standin_engine import password_of
from tests.hmi.test_network import Room, room

expect.set_options(timeout=TIMEOUT_MS)
pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(600),
    pytest.mark.asyncio(loop_scope="module"),
]
__all__ = ["room"]


async def from_elsewhere(browser: Browser) -> Page:
    context = await browser.new_context(
        viewport={"width": 1024, "height": 768}, locale="en", ignore_https_errors=True
    )
    context.set_default_timeout(TIMEOUT_MS)
    return await context.new_page()


async def enter(page: Page, user: str) -> None:
    await page.locator("input[name=user]").fill(user)
    await page.locator("input[name=secret]").fill(password_of(user))
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator(".bacs-who")).to_have_text(f"{user} · Sign out")
    # What is drawn first is not connected yet.
    await expect(page.locator("body[data-truth=live]")).to_be_visible()
    await expect(page.locator("#bacs-early")).to_have_count(0)


async def test_whoever_signs_in_over_the_network_sees_and_does_what_the_cabinet_does_not_keep(
    room: Room, browser: Browser
) -> None:
    room.engine.plant.raise_alarm("voltage_high", "ups-b/1", 3, severity=AlarmSeverity.WARNING)
    await room.switch(enabled=True)
    page = await from_elsewhere(browser)
    await page.goto(f"{room.url}/?view=settings")
    await keep_picture(page, "network-sign-in")
    await enter(page, "tina")
    await expect(page).to_have_url(f"{room.url}/?view=settings")
    parts = page.locator(".bacs-parts button")
    await expect(parts).to_have_text(["Limits", "Modules", "People", "Network"])
    await parts.nth(3).click()
    await expect(page.locator("body")).to_contain_text(f"{room.url}/")
    await keep_picture(page, "network-settings")
    await expect(page.get_by_role("button", name="Switch the network off")).to_have_count(0)
    await page.goto(f"{room.url}/?view=system&part=test")
    await expect(parts).to_have_text(["State", "Storage", "About"])
    await page.get_by_role("button", name="Deutsch").click()
    await expect(page.locator(".bacs-who")).to_have_text("tina · Abmelden")
    kept = room.state / FILE_NAME
    assert not kept.exists() or json.loads(kept.read_text())["language"] is None
    await page.get_by_role("button", name="English").click()
    await expect(page.locator(".bacs-who")).to_have_text("tina · Sign out")
    await page.goto(f"{room.url}/?view=alarms")
    await page.get_by_role("button", name="Acknowledge").first.click()
    await expect(page.locator(".bacs-notice.done")).to_be_visible()
    assert AlarmState.ACKNOWLEDGED in {each.state for each in room.engine.plant.alarms.values()}
    await page.locator(".bacs-who").click()
    await expect(page.locator("input[name=user]")).to_be_visible()
    assert await page.locator(".bacs").count() == 0
    await page.context.close()


async def test_a_page_on_the_network_comes_back_to_the_sign_in_after_the_network_was_off(
    room: Room, browser: Browser
) -> None:
    await room.switch(enabled=True)
    page = await from_elsewhere(browser)
    await page.goto(room.url)
    await enter(page, "olga")
    await room.switch(enabled=False)
    await room.switch(enabled=True)
    await expect(page.locator("input[name=user]")).to_be_visible()
    await page.context.close()
