"""A finger goes through every view once in each language; what it finds there is judged here.

Each view is looked at by axe-core in both palettes, and on the sizes of cabinet screens; the long
runs add a telephone and the largest desktop.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    Page,
    Request,
    TimeoutError as PlaywrightTimeoutError,
    expect,
)

from bacs_hmi.pages.book import BOOK, TABS
from bacs_hmi.texts import texts_of
from bacs_hmi.views import ViewName
from tests.hmi.browser import TIMEOUT_MS, PanelProgram, open_page
from tests.hmi.every_view import ADDRESSES, panel_by_clock, settled, travel
from tests.hmi.screen import keep_picture

expect.set_options(timeout=TIMEOUT_MS)
pytestmark = [pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="module")]

NOON, NIGHT = datetime(2026, 6, 1, 12, 0), datetime(2026, 6, 1, 23, 0)  # noqa: DTZ001 - local time
SIZES: Final = ((1024, 768), (800, 480), (390, 844), (3840, 2160))
#: What is looked at outside the long runs: the longer words on the smaller screen.
USUAL_SIZES: Final = {"en": SIZES[:1], "de": SIZES[1:2]}
#: What a finger needs, and what a glove needs for what changes something.
LEAST_PX: Final = (44, 67)
#: Where a sheet comes from, and what opens it.
SHEETS: Final = {
    "alarm": ("?view=alarms", ".bacs-alarm-open"),
    "pause": ("?view=equalization&key=telecom/1", ".bacs-equalization-deeds button"),
    "work": (
        "?view=cell&key=ups-a/2&cell=7&part=maintenance",
        ".bacs-maintenance-do button:last-child",
    ),
}
TOUCHES: Final = 4
ARRIVED_MS: Final = 30_000
FITS: Final = Path(__file__).with_name("fits.js").read_text(encoding="utf-8").partition("\n")[2]
AXE: Final = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RUN_AXE: Final = """
async (rules) => {
    const found = await axe.run({ resultTypes: ["violations"], ...(rules && { runOnly: rules }) });
    return found.violations
        .filter((each) => ["serious", "critical"].includes(each.impact))
        .map((each) => [each.id, ...each.nodes.slice(0, 4).map((node) =>
            `${node.html.slice(0, 160)} | ${node.any[0]?.message ?? ""}`)]);
}
"""


@dataclass
class Walk:
    """What was found on the way; nothing is good."""

    unfit: dict[tuple[str, str, int], list[str]] = field(default_factory=dict)
    barriers: dict[tuple[str, str], list[list[str]]] = field(default_factory=dict)
    strangers: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seen: set[tuple[str, ViewName]] = field(default_factory=set)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def walk(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[Walk]:
    """Walk through everything once."""
    found = Walk()
    is_long = request.config.getoption("markexpr") != "not soak"
    async with panel_by_clock(tmp_path_factory.mktemp("walk")) as panel:
        for language in ("en", "de"):
            page = await open_page(browser, language=language)
            await page.clock.set_fixed_time(NOON)
            watch(page, panel, found)
            await page.goto(f"{panel.url}?view={ViewName.MENU}")
            await page.evaluate(AXE)
            for name in BOOK:
                await go(page, name, language)
                await settled(page)
                found.seen.add((language, name))
                if language == "en":
                    await look_for_barriers(page, name.value, found)
                sizes = SIZES if is_long else USUAL_SIZES[language]
                await look_at_sizes(page, name.value, language, sizes, found)
            if language == "en":
                await look_at_sign_in(page, found)
            if is_long:
                await look_at_sheets(page, panel, language, found)
            await page.context.close()
    yield found


def watch(page: Page, panel: PanelProgram, found: Walk) -> None:
    """Collect requests to elsewhere, and errors of scripts."""

    def requested(request: Request) -> None:
        if urlsplit(request.url).netloc not in {urlsplit(panel.url).netloc, ""}:
            found.strangers.append(request.url)

    page.on("request", requested)
    page.on("pageerror", lambda error: found.errors.append(str(error)))


async def go(page: Page, name: ViewName, language: str) -> None:
    """Go to a view; touch again as a person does whose touch fell into a lost connection."""
    arrived = f"location.search.startsWith('?view={name}')"
    for _ in range(TOUCHES):
        await touch_the_way(page, name, language)
        try:
            await page.wait_for_function(arrived, timeout=ARRIVED_MS)
        except PlaywrightTimeoutError:
            continue
        return
    pytest.fail(f"no touch leads to {name}")


async def touch_the_way(page: Page, name: ViewName, language: str) -> None:
    """Touch a tab, a tile of the menu, or a string of the overview."""
    texts = texts_of(language)
    nav = page.locator(".bacs-nav")
    if name in TABS:
        await nav.get_by_role("button", name=texts[name.value], exact=True).tap()
    elif BOOK[name].in_menu:
        await nav.get_by_role("button", name=texts["menu"], exact=True).tap()
        await page.locator(".bacs-tile", has_text=texts[name.value]).first.tap()
    elif name is ViewName.STRING:
        await page.locator('button[data-string="ups-b/1"]').tap()
    else:
        await travel(page, name)


async def look_at_sizes(
    page: Page, name: str, language: str, sizes: Sequence[tuple[int, int]], found: Walk
) -> None:
    for width, height in sizes:
        await page.set_viewport_size({"width": width, "height": height})
        await settled(page)
        await keep_picture(page, f"{name}-{width}-{language}")
        unfit: list[str] = await page.evaluate(FITS, LEAST_PX)
        if unfit:
            found.unfit[name, language, width] = unfit
    await page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})


async def look_at_sheets(page: Page, panel: PanelProgram, language: str, found: Walk) -> None:
    for name, (query, opener) in SHEETS.items():
        await page.goto(f"{panel.url}{query}")
        await page.locator(opener).first.tap()
        await expect(page.locator(".bacs-sheet")).to_be_visible()
        await look_at_sizes(page, name, language, SIZES, found)


async def look_for_barriers(page: Page, name: str, found: Walk) -> None:
    for time, palette, rules in ((NIGHT, "night", ["color-contrast"]), (NOON, "day", None)):
        await page.clock.set_fixed_time(time)
        await page.wait_for_function(f"document.documentElement.dataset.palette === '{palette}'")
        if palette == "night":
            await keep_picture(page, f"{name}-night")
        barriers: list[Any] = await page.evaluate(RUN_AXE, rules)
        if barriers:
            found.barriers[name, palette] = barriers


async def look_at_sign_in(page: Page, found: Walk) -> None:
    await page.locator(".bacs-who").tap()
    await page.locator(".bacs-login input[name=user]").tap()
    await expect(page.locator(".bacs-keyboard")).to_be_visible()
    await look_for_barriers(page, "sign in", found)


def test_the_walk_led_through_every_view_in_both_languages(walk: Walk) -> None:
    assert walk.seen == {(language, name) for language in ("en", "de") for name in ViewName}
    assert set(ADDRESSES) == set(BOOK)


def test_every_view_fits_the_screen_and_the_finger(walk: Walk) -> None:
    assert walk.unfit == {}


def test_no_view_has_a_serious_barrier_in_either_palette(walk: Walk) -> None:
    assert walk.barriers == {}


def test_no_view_asks_anybody_but_the_panel_and_no_script_fails(walk: Walk) -> None:
    assert walk.strangers == []
    assert walk.errors == []
