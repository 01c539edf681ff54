"""The past of a cell and of a string on the real panel: trends, maintenance, discharges."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from bacs_core.api.messages import CellReplaced, Identify
from tests.hmi.browser import TIMEOUT_MS, PanelProgram, open_page
from tests.hmi.conftest import running_engine, running_panel, write_token
from tests.hmi.discharged_plant import (
    EXCHANGED,
    KEY,
    RUNNING,
    SECOND,
    TRENDED,
    discharged_plant,
    write_past,
)
from tests.hmi.screen import hold, keep_picture, sign_in, type_in
from tests.hmi.standin_engine import StandIn

expect.set_options(timeout=TIMEOUT_MS)
pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="module"),
]

CELL = f"?view=cell&key={KEY}&cell={TRENDED}"
#: Nothing on the page may be wider than the screen, and no text cut by its box.
CUT = """() => [...document.querySelectorAll('.bacs-view *')].filter((element) =>
    element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1 &&
    getComputedStyle(element).overflowX !== 'visible').map((element) => element.className)"""
#: A corner of a chart by day and by night; what the panel itself chose comes back at its next tick.
CORNERS = """async () => {
    const corner = () => [...document.querySelector('.bacs-bars-plot canvas').getContext('2d')
        .getImageData(2, 2, 1, 1).data].join();
    const read = [corner()];
    document.documentElement.dataset.palette = 'night';
    await Promise.resolve();
    read.push(corner());
    return read;
}"""
ROW_ABOVE = """() => {
    const find = (name) => document.querySelector(`.bacs-trend ${name}`);
    const top = (name) => find(name)?.getBoundingClientRect().top;
    return top('.u-over') - top('.bacs-chart-plot') > 30;
}"""
WIDE = "document.documentElement.scrollWidth > innerWidth"


@dataclass
class Room:
    engine: StandIn
    panel: PanelProgram


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    folder = tmp_path_factory.mktemp("past")
    write_past(folder, datetime.now(UTC))
    async with (
        running_engine(discharged_plant(), folder) as engine,
        running_panel(engine, write_token(folder)) as panel,
    ):
        yield Room(engine, panel)


async def touch(page: Page, plot: Locator, share: float) -> None:
    """Touch a plot so far from its left edge, as a share of its width."""
    box = await plot.bounding_box()
    assert box is not None
    await page.touchscreen.tap(box["x"] + share * box["width"], box["y"] + box["height"] / 2)


async def test_a_touch_on_a_trend_says_the_value_and_a_gap_has_none(
    room: Room, browser: Browser
) -> None:
    page = await open_page(browser)
    await page.goto(f"{room.panel.url}{CELL}&part=hour")
    values = page.locator('.bacs-value[data-quantity="voltage_v"]')
    await expect(values).to_contain_text("module with address 7 on line modules")
    plot = page.locator(".bacs-trend .u-over")
    readout = page.locator(".bacs-trend .bacs-chart-readout")
    await expect(readout).to_contain_text("Touch the curve")
    await touch(page, plot, 0.25)
    await expect(readout).to_contain_text(re.compile(r"Mean 2\.2\d\d\sV"))
    await touch(page, plot, 0.58)
    await expect(readout).to_contain_text("Mean —")
    await keep_picture(page, "cell-trend")
    await page.get_by_role("button", name="Temp.", exact=True).tap()
    await expect(readout).to_contain_text("Touch the curve")
    # Its limits lie beyond the scale: their words have a row of their own above it.
    await page.wait_for_function(ROW_ABOVE)
    await keep_picture(page, "cell-trend-warm")

    await page.get_by_role("button", name="Ri", exact=True).tap()
    await page.get_by_role("button", name="Day", exact=True).tap()
    await page.get_by_role("button", name="Earlier").tap()
    await expect(page).to_have_url(re.compile(r"quantity=resistance_ohm.*part=day%40\d+"))
    await page.reload()
    await expect(page.get_by_role("button", name="Ri", exact=True)).to_have_class(
        re.compile("chosen")
    )
    await expect(page.get_by_text("Nothing was recorded in this time.")).to_be_visible()
    await page.get_by_role("button", name="Now", exact=True).tap()
    await expect(page).to_have_url(re.compile(r"part=day(&|$)"))
    await page.get_by_role("button", name="Next cell").tap()
    await expect(page).to_have_url(re.compile(rf"cell={TRENDED + 1}"))
    await page.get_by_role("button", name="Back").tap()
    await expect(page).to_have_url(re.compile(r"view=string.*quantity=resistance_ohm"))


async def test_an_exchange_is_noted_by_holding_and_the_led_says_until_when_it_blinks(
    room: Room, browser: Browser
) -> None:
    page = await open_page(browser)
    await page.goto(f"{room.panel.url}?view=cell&key={KEY}&cell={EXCHANGED}&part=maintenance")
    await expect(page.locator(".bacs-maintenance")).to_contain_text("from the shelf")
    await expect(page.locator(".bacs-baseline")).to_contain_text("mΩ")
    await page.get_by_role("button", name="Let LED blink").tap()
    await sign_in(page, "tina", "2580")
    await expect(page.get_by_role("button", name=re.compile("Blinks until"))).to_be_visible()
    await page.get_by_role("button", name="Cell replaced").tap()
    sheet = page.locator(".bacs-sheet")
    await type_in(page, sheet.locator("input").first, "new")
    await page.locator(".bacs-keyboard").get_by_role("button", name="Done").tap()
    await keep_picture(page, "cell-replaced")
    await hold(page, sheet.get_by_role("button", name="Cell replaced"))
    await expect(page.locator(".bacs-notice.done")).to_have_text("The new cell is noted")
    await expect(sheet).to_have_count(0)
    given = [command for _, command in room.engine.commands]
    assert given == [
        Identify(line_id="modules", unit=EXCHANGED, seconds=60),
        CellReplaced(string_key=KEY, cell=EXCHANGED, note="new"),
    ]


async def test_a_discharge_is_found_replayed_without_the_server_and_compared(
    room: Room, browser: Browser
) -> None:
    page = await open_page(browser)
    sent: list[object] = []

    def frame_sent(frame: object) -> None:
        sent.append(frame)

    page.on("websocket", lambda socket: socket.on("framesent", frame_sent))
    await page.goto(f"{room.panel.url}?view=discharges&key=ups-a/1")
    await expect(page.get_by_text("No discharge was recorded yet.")).to_be_visible()
    await page.get_by_role("button", name="Choose string").tap()
    await page.locator(".bacs-sheet").get_by_role("button", name="All strings").tap()
    rows = page.locator(".bacs-discharge")
    await expect(rows).to_have_count(3)
    await expect(rows.first).to_contain_text("Runs now")
    await expect(rows.nth(1)).to_contain_text("Cell 04: 1.")
    await keep_picture(page, "discharges")
    await rows.nth(1).tap()
    lowest = page.locator('[data-total="lowest"]')
    await expect(lowest).to_contain_text("Cell")
    before = await lowest.text_content()
    await page.get_by_role("button", name="600 times as fast").tap()
    await page.locator(".bacs-player-slider").fill("2400")
    sent.clear()
    await page.get_by_role("button", name="Play", exact=True).tap()
    await expect(page.locator('[data-total="elapsed"]')).to_contain_text("0:49:30")
    assert await lowest.text_content() != before
    assert len(sent) < 5
    player = page.locator(".bacs-player-box")
    await page.get_by_role("button", name="1 times as fast", exact=True).tap()
    await page.locator(".bacs-player-slider").fill("0")
    await expect(player).not_to_have_attribute("data-stay", "")
    await page.get_by_role("button", name="Play", exact=True).tap()
    await expect(player).to_have_attribute("data-stay", "")
    await expect(page.locator(".bacs-player-order")).to_contain_text("first on the left")
    await keep_picture(page, "discharge-replay")

    await page.get_by_role("button", name="Cells", exact=True).tap()
    await expect(page.locator(".bacs-discharge-cells")).to_contain_text("weak: empty well before")
    await expect(page.locator(".bacs-bars .bacs-chart-readout")).to_contain_text("Touch a bar")
    day, night = await page.evaluate(CORNERS)
    assert day != night
    await page.get_by_role("button", name="Compare").tap()
    await page.locator(".bacs-compare-choice").last.tap()
    changed = page.locator(".bacs-compare .bacs-cell-row")
    await expect(changed.first).to_contain_text(re.compile(r"Cell 04.*−\d+\smV against the others"))
    await keep_picture(page, "discharge-compare")
    await changed.first.get_by_role("button", name="Open").tap()
    await expect(page).to_have_url(re.compile(r"view=cell.*cell=4"))


async def test_a_running_discharge_says_how_long_it_lasts_and_fits_a_small_screen_in_german(
    room: Room, browser: Browser
) -> None:
    page = await open_page(browser, language="de", width=800, height=480)
    await page.goto(f"{room.panel.url}?view=discharge&number={RUNNING}")
    await expect(page.locator(".bacs-time-left")).to_contain_text(re.compile(r"etwa \d\sh"))
    await expect(page.locator(".bacs-live")).to_contain_text(
        "dem gemessenen Anteil von 500\u00a0Ah"
    )
    await expect(page.locator('[data-fact="discharge_lowest"]')).to_contain_text(
        "Tiefste Zelle jetzt"
    )
    await expect(page.locator('[data-fact="discharge_drawn"]')).to_contain_text(" alt")
    for name, query, there in (
        ("discharge-live-de", None, ".bacs-cell-row"),
        ("discharge-replay-de", f"?view=discharge&number={SECOND}", '[data-total="lowest"]'),
        ("cell-de", f"{CELL}&part=hour", ".u-over"),
        ("cell-events-de", f"{CELL}&part=events", ".bacs-cell-event"),
    ):
        if query is not None:
            await page.goto(room.panel.url + query)
        await expect(page.locator(there).first).to_be_visible()
        assert not await page.evaluate(WIDE), name
        assert await page.evaluate(CUT) == [], name
        await keep_picture(page, name)
    await expect(page.locator(".bacs-events")).to_contain_text("gekommen: Temperatur hoch")
