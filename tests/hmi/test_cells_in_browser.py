"""Cells on the overview and in the looks of a string: seen, found, and touched with a finger."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from bacs_core.model import Quantity
from tests.hmi.browser import TIMEOUT_MS, PanelProgram, open_page
from tests.hmi.growth import grown
from tests.hmi.screen import keep_picture
from tests.hmi.standin_engine import Plant, StandIn
from tests.hmi.watching import OVERVIEW_IS_THERE, WATCHER, painted_ms

expect.set_options(timeout=TIMEOUT_MS)
pytestmark = [pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="module")]

STRING = "?view=string&key=ups-b/1"
#: The growth that the issue allows, and how long a page lives here and in the long run.
MOST_GROWTH_PERCENT = 5.0
SHORT, LONG = (100, 40), (1000, 200)
#: Draws the whole overview anew (as a scroll does), and counts what differs from what stood there.
DIFFERENT_PIXELS = """async () => {
  const canvas = document.querySelector(".bacs-plant canvas");
  const pixels = () => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const before = pixels();
  document.querySelector(".bacs-plant").dispatchEvent(new Event("scroll"));
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const after = pixels();
  return before.filter((value, place) => value !== after[place]).length;
}"""


async def open_string(browser: Browser, panel: PanelProgram, query: str = "") -> Page:
    page = await open_page(browser)
    await page.goto(f"{panel.url}{STRING}{query}")
    await expect(page.locator(".bacs-mirror td").first).not_to_be_empty()
    return page


async def test_the_strip_of_the_overview_leads_to_the_worst_cell(
    shown: PanelProgram, browser: Browser
) -> None:
    page = await open_page(browser)
    await page.goto(shown.url)
    items = page.locator(".bacs-attention-item:visible")
    await expect(items.first).to_contain_text("UPS B string 1, cell 12")
    await expect(page.locator(".bacs-attention-sum")).to_have_text("164 cells3 managers")
    await items.first.tap()
    await expect(page.locator(".bacs-cell h2")).to_have_text("Cell 12")


async def test_look_quantity_and_order_stand_in_the_address_and_survive_a_reload(
    shown: PanelProgram, browser: Browser
) -> None:
    page = await open_string(browser, shown)
    for name in ("Map", "Temperature", "Worst first"):
        button = page.get_by_role("button", name=name, exact=True)
        await button.tap()
        await expect(button).to_have_attribute("aria-pressed", "true")
    await expect(page).to_have_url(re.compile("sort=worst&look=heat&quantity=temperature_c$"))
    await keep_picture(page, "heat")
    await page.reload()
    for name in ("Map", "Temperature", "Worst first"):
        button = page.get_by_role("button", name=name, exact=True)
        await expect(button).to_have_attribute("aria-pressed", "true")
    first = page.locator(".bacs-mirror tbody tr").first
    await expect(first).to_have_attribute("data-cell", "12")
    await page.get_by_role("button", name="Next string").tap()
    await expect(page).to_have_url(re.compile("key=telecom/1&sort=worst&look=heat"))


async def test_marks_too_small_for_a_finger_are_chosen_in_a_loupe(
    shown: PanelProgram, browser: Browser
) -> None:
    page = await open_string(browser, shown, "&look=bars")
    plane = page.locator(".bacs-plane")
    await plane.tap(position={"x": 300, "y": 120})
    cells = page.locator(".bacs-loupe-cell:visible")
    await expect(cells).to_have_count(7)
    await keep_picture(page, "loupe")
    boxes = await cells.evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().toJSON())"
    )
    assert min(min(box["width"], box["height"]) for box in boxes) >= 67
    number = await cells.nth(5).locator(".bacs-loupe-number").text_content()
    await cells.nth(5).tap()
    await expect(page.locator(".bacs-cell h2")).to_have_text(f"Cell {number}")
    await expect(page.locator(".bacs-loupe")).to_be_hidden()


async def test_dragging_in_the_loupe_chooses_and_lifting_opens(
    shown: PanelProgram, browser: Browser
) -> None:
    page = await open_string(browser, shown, "&look=bars")
    box = await page.locator(".bacs-plane").bounding_box()
    assert box is not None
    x, y = box["x"] + 300, box["y"] + 120
    await page.mouse.move(x, y)
    await page.mouse.down()
    chosen = page.locator(".bacs-loupe-cell.chosen .bacs-loupe-number")
    touched = int(await chosen.text_content() or "")
    await page.mouse.move(x + 70, y, steps=4)
    await expect(chosen).to_have_text(f"{touched + 3}")
    await page.mouse.up()
    await expect(page.locator(".bacs-cell h2")).to_have_text(f"Cell {touched + 3}")


async def test_a_keyboard_walks_from_cell_to_cell(shown: PanelProgram, browser: Browser) -> None:
    page = await open_string(browser, shown, "&look=heat")
    plane = page.get_by_role("slider", name="Choose a cell")
    await plane.focus()
    for _ in range(12):
        await page.keyboard.press("ArrowRight")
    await expect(plane).to_have_attribute(
        "aria-valuetext", re.compile(r"^12, 2\.158.*voltage low$")
    )
    await page.keyboard.press("Enter")
    await expect(page.locator(".bacs-cell h2")).to_have_text("Cell 12")


async def test_a_quantity_that_is_not_given_says_so_in_every_look(
    shown: PanelProgram, browser: Browser
) -> None:
    for look in ("bars", "heat"):
        page = await open_string(browser, shown, f"&look={look}&quantity=charge_percent")
        await expect(page.get_by_text("No cell of this string gives this value")).to_be_visible()
        await page.context.close()


async def test_a_small_screen_goes_straight_to_the_page_of_the_cell(
    shown: PanelProgram, browser: Browser
) -> None:
    page = await open_page(browser, width=800, height=480)
    await page.goto(f"{shown.url}{STRING}")
    await page.locator(".bacs-scroll").tap(position={"x": 300, "y": 24})
    await expect(page).to_have_url(re.compile("view=cell&key=ups-b/1&cell=1$"))


async def test_the_page_of_a_cell_comes_back_to_the_look_that_was_left(
    shown: PanelProgram, browser: Browser
) -> None:
    page = await open_string(browser, shown, "&cell=3&sort=worst&look=heat&quantity=temperature_c")
    await page.get_by_role("button", name="All of this cell").tap()
    await expect(page).to_have_url(re.compile(r"view=cell&key=ups-b/1&cell=3.*look=heat"))
    await page.get_by_role("button", name="Back").tap()
    await expect(page).to_have_url(re.compile("view=string.*sort=worst&look=heat&quantity=temp"))
    for width in (1024, 800, 390):
        await page.set_viewport_size({"width": width, "height": 480})
        title = page.locator(".bacs-string-title")
        assert await title.evaluate("box => box.scrollWidth <= box.clientWidth + 1"), width
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth"), width
    await page.locator(".bacs-view").get_by_role("button", name="Discharges").tap()
    await expect(page).to_have_url(re.compile("view=discharges&key=ups-b/1$"))


async def test_bars_that_are_drawn_one_by_one_look_as_if_all_were_drawn_together(
    panel: PanelProgram, browser: Browser, engine: StandIn, plant: Plant
) -> None:
    page = await open_page(browser)
    await page.add_init_script(WATCHER)
    await painted_ms(page, panel.url, OVERVIEW_IS_THERE)
    for cell, above_v in ((3, 0.09), (4, -0.2), (20, 0.4), (58, -0.04)):
        seen = await page.evaluate("watched.ages.length")
        voltages = plant.strings["ups-b/1"].values[Quantity.VOLTAGE]
        voltages[cell] += above_v
        voltages[cell + 1] -= above_v
        engine.tick()
        await page.wait_for_function(f"watched.ages.length > {seen}")
    assert await page.evaluate(DIFFERENT_PIXELS) == 0


@pytest.mark.parametrize(
    ("updates", "changes"), [SHORT, pytest.param(*LONG, marks=pytest.mark.soak)]
)
async def test_a_page_that_stays_open_does_not_grow(
    panel: PanelProgram, browser: Browser, engine: StandIn, updates: int, changes: int
) -> None:
    page = await open_page(browser)
    await page.add_init_script(WATCHER)
    await painted_ms(page, panel.url, OVERVIEW_IS_THERE)

    async def follow(count: int) -> None:
        """Let the engine tick as fast as the page follows."""
        for _ in range(count):
            seen = await page.evaluate("watched.ages.length")
            engine.tick()
            await page.wait_for_function(f"watched.ages.length > {seen}")

    growth = await grown(page, lambda: private_bytes(panel.pid), follow, updates, changes)
    assert growth.heap_percent <= MOST_GROWTH_PERCENT
    assert growth.server_percent <= MOST_GROWTH_PERCENT


def private_bytes(pid: int) -> int:
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return 1024 * sum(int(row.split()[1]) for row in rows if row.startswith("Private_"))
