"""A real Home Assistant, booted from nothing, with the released integration and a real engine.

The screenshots are left beside the figures, to be looked at.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from integration.release.build import ZIP, Release, build, build_wheel
from tests.hmi.browser import TIMEOUT_MS, open_browser, open_page
from tests.processes import HOST
from tests.system.conftest import TELECOM, Room, installation
from tests.system.home_assistant_process import HomeAssistantProcess
from tests.system.home_assistant_upgrade import NEXT_VERSION, UpgradedEngine
from tests.system.home_assistant_wire import Wire

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]

RELEASE = Release("https://example.org/bacs", ("@nobody",))
CELLS = 12
ATTEMPTS = 20
DASHBOARD = "battery-room"
LEVELS = ("WARNING", "ERROR", "CRITICAL")
SAID = ("a custom integration bacs which", "(MainThread) [bacs_core.api.live]")
#: What the card tells of itself; the canvas counts as drawn when it shows more than one colour.
LIVE = "card => card.model.state === 'live' && card.layout !== undefined"
DRAWN = """card => {
  const { width, height } = card.canvas;
  const pixels = new Uint32Array(
    card.canvas.getContext('2d').getImageData(0, 0, width, height).data.buffer);
  return new Set(pixels).size;
}"""


@dataclass
class Installed:
    """Home Assistant beside the room whose engine it shows."""

    room: Room
    home: HomeAssistantProcess
    site_id: str
    wire: Wire

    @property
    def string_id(self) -> str:
        return f"{self.site_id}/{TELECOM}"

    def entity_of(self, cell: int, key: str = "voltage") -> str:
        """Find the entity of a value of a cell by its unique id."""
        listed: list[dict[str, Any]] = self.home.command("config/entity_registry/list")
        wanted = f"{self.string_id}/{cell}/{key}"
        return next(str(each["entity_id"]) for each in listed if each["unique_id"] == wanted)

    def entities(self) -> dict[str, str]:
        """Return the states of all cell voltages of the string by unique id."""
        states = {each["entity_id"]: each["state"] for each in self.home.command("get_states")}
        return {
            each["unique_id"]: states[each["entity_id"]]
            for each in self.home.command("config/entity_registry/list")
            if each["unique_id"].startswith(self.string_id)
            and each["unique_id"].endswith("/voltage")
        }

    def published(self) -> dict[str, float]:
        """Return what the engine publishes, by the unique id that the entity must have."""
        values = self.room.string(TELECOM)["columns"]["voltage_v"]
        return {
            f"{self.string_id}/{cell}/voltage": value for cell, value in enumerate(values, start=1)
        }


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """Build the release, install it as HACS does, and add the site through the dialogs."""
    folder = tmp_path_factory.mktemp("release")
    build(folder, RELEASE)
    home = HomeAssistantProcess(tmp_path_factory.mktemp("home") / "config")
    with zipfile.ZipFile(folder / ZIP) as packed:
        packed.extractall(home.components / "bacs")
    # A wheel is a zip too, and Home Assistant finds the version in it.
    home.packages = folder / "packages"
    with zipfile.ZipFile(build_wheel(folder)) as packed:
        packed.extractall(home.packages)
    with installation(tmp_path_factory.mktemp("room")) as room, Wire(room.engine.port) as wire:
        home.start()
        try:
            home.onboard()
            token = room.engine.add_token("home-assistant", "operator")
            home.add_engine(HOST, wire.port, token)
            home.take_offers()
            site_id = str(room.engine.get("health")["site_id"])
            now = Installed(room, home, site_id, wire)
            home.wait(lambda: has_values(now), "the values of all cells")
            save_dashboard(now)
            yield now
        finally:
            home.stop()


def save_dashboard(installed: Installed) -> None:
    """Make a dashboard that is nothing but the card."""
    card = {"type": "custom:bacs-string-card", "string": installed.string_id}
    config = {"views": [{"title": "Batteries", "type": "panel", "cards": [card]}]}
    home, path = installed.home, {"url_path": DASHBOARD}
    home.command("lovelace/dashboards/create", title="Batteries", mode="storage", **path)
    home.command("lovelace/config/save", config=config, **path)


def has_values(installed: Installed) -> bool:
    values = installed.entities().values()
    return len(values) == CELLS and not {"unavailable", "unknown"} & set(values)


def are_all(installed: Installed, state: str) -> Callable[[], bool]:
    return lambda: set(installed.entities().values()) == {state}


@asynccontextmanager
async def opened(
    home: HomeAssistantProcess, path: str, *, width: int, height: int, dark: bool, language: str
) -> AsyncIterator[tuple[Page, list[str]]]:
    """Open a page of the frontend as somebody who has signed in; also what went wrong on it."""
    async with open_browser() as browser:
        page = await open_page(browser, language=language, width=width, height=height)
        await page.emulate_media(color_scheme="dark" if dark else "light")
        kept = {"hassTokens": home.browser_tokens(), "selectedLanguage": json.dumps(language)}
        await page.add_init_script(f"Object.assign(localStorage, {json.dumps(kept)})")
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        await page.goto(f"{home.url}{path}")
        yield page, wrong


async def the_card(page: Page) -> Locator:
    """Wait for the card with its values."""
    card = page.locator("bacs-string-card").first
    await expect(card.locator(".plane")).to_be_visible(timeout=TIMEOUT_MS)
    handle = await card.element_handle()
    await page.wait_for_function(LIVE, arg=handle, timeout=TIMEOUT_MS)
    return card


async def keep_picture(page: Page, name: str) -> None:
    if folder := os.environ.get("BACS_FIGURES"):
        await page.screenshot(path=Path(folder) / f"{name}.png")


def complaints(home: HomeAssistantProcess) -> list[str]:
    """Return the lines of the log in which the integration comes up, unless it is to be said.

    Said is once that the integration is not one of Home Assistant's own, and once each time that
    the connection to the engine was lost.
    """
    return [
        line
        for line in home.log.splitlines()
        if ("bacs" in line and any(f" {level} " in line for level in LEVELS))
        if not any(words in line for words in SAID)
    ] + [line for line in home.log.splitlines() if "custom_components/bacs" in line]


def test_every_cell_has_the_value_that_the_engine_publishes(installed: Installed) -> None:
    # A value may be published anew between two looks; then both are read again.
    for _ in range(ATTEMPTS):
        before = installed.published()
        shown = {unique_id: float(state) for unique_id, state in installed.entities().items()}
        if installed.published() == before == shown:
            break
    assert shown == before


async def test_the_card_draws_the_string_and_leads_to_the_page_of_a_cell(
    installed: Installed,
) -> None:
    home = installed.home
    sizes = (("phone", 390, 844, False, "en"), ("wall tablet", 1280, 800, True, "de"))
    for name, width, height, dark, language in sizes:
        async with opened(
            home, f"/{DASHBOARD}/0", width=width, height=height, dark=dark, language=language
        ) as (page, wrong):
            card = await the_card(page)
            assert await card.evaluate(DRAWN) > 4
            await keep_picture(page, f"home-assistant card {name}")
            await card.locator(".ends button").first.tap()
            await expect(card.locator(".cell h3")).to_contain_text(
                {"en": "Cell", "de": "Zelle"}[language]
            )
            await card.locator(".cell button").last.tap()
            await page.wait_for_url("**/config/devices/device/*", timeout=TIMEOUT_MS)
            # The server names entities in its own language.
            voltage = page.locator("ha-config-device-page").get_by_text("Voltage", exact=True)
            await expect(voltage).to_be_visible(timeout=TIMEOUT_MS)
            await keep_picture(page, f"home-assistant cell {name}")
            assert wrong == []


async def test_an_engine_that_dies_and_comes_back_is_seen_on_the_card_and_in_every_entity(
    installed: Installed,
) -> None:
    home, engine = installed.home, installed.room.engine
    async with opened(
        home, f"/{DASHBOARD}/0", width=1280, height=800, dark=False, language="en"
    ) as (page, wrong):
        card = await the_card(page)
        engine.kill()
        await expect(card.locator(".note")).to_contain_text("No connection", timeout=TIMEOUT_MS)
        home.wait(are_all(installed, "unavailable"), "entities without a value")
        await keep_picture(page, "home-assistant card without engine")
        engine.start()
        await expect(card.locator(".note")).to_be_empty(timeout=TIMEOUT_MS)
        home.wait(lambda: has_values(installed), "values after the restart of the engine")
        assert wrong == []


async def test_a_network_that_carries_nothing_any_more_is_noticed_without_being_told(
    installed: Installed,
) -> None:
    home, wire = installed.home, installed.wire
    async with opened(
        home, f"/{DASHBOARD}/0", width=820, height=1180, dark=False, language="de"
    ) as (page, wrong):
        card = await the_card(page)
        wire.cut()
        try:
            home.wait(are_all(installed, "unavailable"), "entities without a value")
            await expect(card.locator(".note")).to_contain_text("Keine Verb", timeout=TIMEOUT_MS)
            await keep_picture(page, "home-assistant card network cut")
        finally:
            wire.mend()
        home.wait(lambda: has_values(installed), "values over the mended network")
        await expect(card.locator(".note")).to_be_empty(timeout=TIMEOUT_MS)
        assert wrong == []


async def test_the_history_of_a_cell_opens_from_the_card(installed: Installed) -> None:
    async with opened(
        installed.home, f"/{DASHBOARD}/0", width=390, height=844, dark=True, language="en"
    ) as (page, wrong):
        card = await the_card(page)
        await card.locator(".ends button").first.tap()
        await card.locator(".cell .row").last.get_by_role("button").first.tap()
        dialog = page.locator("ha-more-info-dialog")
        await expect(dialog.locator("ha-more-info-history")).to_be_visible(timeout=TIMEOUT_MS)
        await expect(dialog.get_by_text("Voltage").first).to_be_visible(timeout=TIMEOUT_MS)
        await keep_picture(page, "home-assistant history phone dark")
        assert wrong == []


async def test_the_card_is_changed_in_the_editor_of_the_dashboard(installed: Installed) -> None:
    home = installed.home
    async with opened(
        home, f"/{DASHBOARD}/0?edit=1", width=1280, height=800, dark=False, language="en"
    ) as (page, wrong):
        await the_card(page)
        await page.locator("hui-card-options").get_by_text("Edit", exact=True).first.click()
        editor = page.locator("hui-dialog-edit-card")
        # By its name, not by the id that is kept.
        chosen = editor.get_by_text("Telecom · Telecom string 1").filter(visible=True)
        await expect(chosen.first).to_be_visible(timeout=TIMEOUT_MS)
        await editor.locator('input[name="title"]').fill("Telecom battery")
        await keep_picture(page, "home-assistant card editor")
        await editor.get_by_text("Save", exact=True).click()
        await expect(page.locator("bacs-string-card h2").first).to_have_text(
            "Telecom battery", timeout=TIMEOUT_MS
        )
        assert wrong == []
    saved = home.command("lovelace/config", url_path=DASHBOARD)
    assert saved["views"][0]["cards"][0]["title"] == "Telecom battery"


def test_an_engine_that_was_upgraded_is_followed_with_its_new_layout(installed: Installed) -> None:
    home, room = installed.home, installed.room
    site = room.cabinet.site
    before = site.read_text()

    def has_issue() -> bool:
        issues = home.command("repairs/list_issues")["issues"]
        return any(
            issue["domain"] == "bacs"
            and issue["translation_key"] == "version_mismatch"
            and issue["translation_placeholders"]["engine"] == NEXT_VERSION
            for issue in issues
        )

    def names() -> set[str]:
        return {device["name"] for device in home.command("config/device_registry/list")}

    upgraded = UpgradedEngine(room.engine, site)
    room.engine.stop()
    site.write_text(before.replace('name = "Telecom"', 'name = "Exchange"'))
    upgraded.start()
    try:
        home.wait(has_issue, "a thing to repair")
        home.wait(lambda: "Exchange" in names(), "the new name of the manager")
        home.wait(lambda: has_values(installed), "values of the upgraded engine")
    finally:
        upgraded.stop()
        site.write_text(before)
        room.engine.start()
    home.wait(lambda: not has_issue() and "Telecom" in names(), "the old engine")
    home.wait(lambda: has_values(installed), "values of the old engine")


async def test_the_card_comes_back_by_itself_when_home_assistant_was_restarted(
    installed: Installed,
) -> None:
    home = installed.home
    async with opened(
        home, f"/{DASHBOARD}/0", width=1280, height=800, dark=False, language="en"
    ) as (page, _):
        card = await the_card(page)
        home.stop()
        await expect(card.locator(".note")).to_contain_text("No connection", timeout=TIMEOUT_MS)
        home.start()
        await the_card(page)
        home.wait(lambda: has_values(installed), "values after the restart")


def test_home_assistant_has_nothing_to_complain_about(installed: Installed) -> None:
    assert complaints(installed.home) == []
