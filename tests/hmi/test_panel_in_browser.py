"""The whole panel: the program, a real browser, and touches on its screen."""

from __future__ import annotations

import re
import signal
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.async_api import Browser, Page, Request, expect

from bacs_core.api.messages import (
    Acknowledge,
    SwitchProtectionOff,
)
from bacs_core.errors import RefusedError
from bacs_core.model import (
    EqualizationState,
    Inhibit,
    Quantity,
    RunawayStage,
    TripCause,
    TripState,
)
from bacs_core.snapshot import TripSummary
from bacs_hmi.format import Numbers
from tests.hmi.browser import HEIGHT, TIMEOUT_MS, WIDTH, PanelProgram, free_port, open_page
from tests.hmi.conftest import running_engine, running_panel
from tests.hmi.pictures import full_plant
from tests.hmi.screen import hold, keep_picture, sign_in, type_in
from tests.hmi.standin_brain import brain_of
from tests.hmi.standin_engine import PANEL_TOKEN, Plant, StandIn, small_site

expect.set_options(timeout=TIMEOUT_MS)
# One loop for all of them: they share a browser, and those that only look share a panel.
pytestmark = [pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="module")]


async def row_texts(page: Page, cell: int) -> dict[str, str]:
    """Read what is drawn in the row of a cell (counted from 1)."""
    row = page.locator(f'.bacs-mirror tr[data-cell="{cell}"]')
    await expect(row).to_have_count(1)
    cells = await row.locator("td").all()
    return {
        str(await cell.get_attribute("data-column")): (await cell.text_content() or "")
        for cell in cells
    }


async def touch_string(page: Page, key: str) -> None:
    await page.locator(f'button[data-string="{key}"]').tap()
    await expect(page.locator(".bacs-string")).to_be_visible()


async def test_a_touch_leads_from_the_overview_to_a_string_to_a_cell_and_back(
    shown: PanelProgram, browser: Browser
) -> None:
    page = await open_page(browser)
    strangers: list[str] = []

    def watch(request: Request) -> None:
        if urlsplit(request.url).hostname not in {"127.0.0.1", None}:
            strangers.append(request.url)

    page.on("request", watch)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(shown.url)
    await expect(page.locator(".bacs-hits > button")).to_have_count(4)
    await touch_string(page, "ups-b/1")
    await page.locator(".bacs-scroll").tap(position={"x": 300, "y": 24})
    await expect(page.locator(".bacs-cell h2")).to_have_text("Cell 01")
    await page.get_by_role("button", name="Close").tap()
    await expect(page.locator(".bacs-cell")).to_have_count(0)
    await page.get_by_role("button", name="Back").tap()
    await expect(page.locator(".bacs-hits > button")).to_have_count(4)
    await page.locator(".bacs-alarmbar").tap()
    await expect(page.locator(".bacs-alarm")).to_have_count(2)
    await page.locator(".bacs-alarm-open").first.tap()
    await page.get_by_role("button", name="To the string").tap()
    await expect(page.locator("h1")).to_have_text("UPS B string 1")
    await keep_picture(page, "cell")
    assert strangers == []
    assert errors == []


async def test_the_table_draws_the_values_that_the_engine_publishes(
    shown: PanelProgram, browser: Browser, shown_plant: Plant
) -> None:
    page = await open_page(browser)
    await page.goto(shown.url)
    await touch_string(page, "telecom/1")
    texts = await row_texts(page, 3)
    values = shown_plant.strings["telecom/1"].values
    numbers = Numbers(".")
    assert texts["voltage"] == numbers.text(values[Quantity.VOLTAGE][2], 3)
    assert texts["temperature"] == numbers.text(values[Quantity.TEMPERATURE][2], 1)
    assert texts["resistance"] == numbers.text(values[Quantity.RESISTANCE][2] * 1e3, 3)
    assert texts["charge"] == numbers.text(values[Quantity.CHARGE][2], 0)
    assert texts["duty"] == numbers.text(values[Quantity.DUTY][2], 0)
    assert texts["status"] == "normal"
    sum_voltage = page.locator("[data-value=sum_voltage]")
    await expect(sum_voltage).to_have_text(
        f"{numbers.text(float(values[Quantity.VOLTAGE].sum()), 2)} V"
    )
    await expect(page.locator("[data-value=equalization]")).to_contain_text("by the engine")


async def test_a_value_that_changes_in_the_plant_changes_on_the_screen(
    shown: PanelProgram, browser: Browser, shown_plant: Plant
) -> None:
    page = await open_page(browser)
    await page.goto(f"{shown.url}?view=string&key=telecom/1")
    cell = page.locator('tr[data-cell="3"] td[data-column=temperature]')
    await expect(cell).not_to_have_text("31.7")
    shown_plant.strings["telecom/1"].values[Quantity.TEMPERATURE][2] = 31.7
    await expect(cell).to_have_text("31.7")


async def test_a_column_that_a_manager_does_not_give_is_a_dash_and_never_zero(
    shown: PanelProgram, browser: Browser
) -> None:
    page = await open_page(browser)
    await page.goto(f"{shown.url}?view=string&key=ups-b/1")
    assert (await row_texts(page, 1))["charge"] == "—"
    await expect(page.locator("[data-value=mean_charge]")).to_have_text("—")


async def test_a_cell_of_which_nothing_is_known_is_not_called_normal(
    shown: PanelProgram, browser: Browser, shown_plant: Plant
) -> None:
    page = await open_page(browser)
    await page.goto(f"{shown.url}?view=string&key=telecom/1")
    status = page.locator('tr[data-cell="5"] td[data-column=status]')
    await expect(status).to_have_text("normal")
    values = shown_plant.strings["telecom/1"].values
    before = {quantity: column[4] for quantity, column in values.items()}
    for column in values.values():
        column[4] = float("nan")
    await expect(status).to_have_text("—")
    for quantity, column in values.items():
        column[4] = before[quantity]
    await expect(status).to_have_text("normal")


async def test_a_silent_cell_says_how_old_its_values_are(
    shown: PanelProgram, browser: Browser
) -> None:
    page = await open_page(browser)
    await page.goto(f"{shown.url}?view=string&key=ups-b/1&sort=worst")
    silent = page.locator('tr[data-cell="31"] td[data-column=status]')
    # It has been silent for longer by as much as the tests before this one took.
    await expect(silent).to_contain_text(re.compile(r"silent,\s[1-9]\d*\smin\sold"))


async def test_worst_first_puts_the_cell_with_the_alarm_on_top(
    shown: PanelProgram, browser: Browser
) -> None:
    page = await open_page(browser)
    await page.goto(f"{shown.url}?view=string&key=ups-b/1")
    await row_texts(page, 1)
    await page.get_by_role("button", name="Worst first").tap()
    first = page.locator(".bacs-mirror tbody tr").first
    await expect(first).to_have_attribute("data-cell", "12")
    await expect(first.locator("td[data-column=status]")).to_have_text("voltage low")


async def test_the_table_scrolls_by_its_buttons(shown: PanelProgram, browser: Browser) -> None:
    page = await open_page(browser)
    await page.goto(f"{shown.url}?view=string&key=ups-b/1")
    first = page.locator(".bacs-mirror tbody tr").first
    await expect(first).to_have_attribute("data-cell", "1")
    await page.get_by_role("button", name="Down", exact=True).tap()
    await expect(first).not_to_have_attribute("data-cell", "1")
    await page.get_by_role("button", name="Up", exact=True).tap()
    await expect(first).to_have_attribute("data-cell", "1")


async def test_the_strings_before_and_after_are_to_the_left_and_to_the_right(
    shown: PanelProgram, browser: Browser
) -> None:
    page = await open_page(browser)
    await page.goto(f"{shown.url}?view=string&key=ups-a/2")
    title = page.locator(".bacs-title")
    await title.locator(".bacs-arrow.right").tap()
    await expect(page.locator("h1")).to_have_text("UPS B string 1")
    await title.get_by_role("button", name="Previous string").tap()
    await expect(page.locator("h1")).to_have_text("UPS A string 2")
    await expect(title.locator(".bacs-arrow.up, .bacs-arrow.down")).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "de"])
async def test_every_reason_that_inhibits_equalization_stands_whole_on_the_screen(
    panel: PanelProgram, browser: Browser, plant: Plant, language: str
) -> None:
    string = plant.strings["ups-a/1"]
    string.equalization = EqualizationState.INHIBITED
    string.inhibited_by = (Inhibit.STALE_READING, Inhibit.RESISTANCE_MEASUREMENT)
    page = await open_page(browser, language=language)
    await page.goto(f"{panel.url}?view=string&key=ups-a/1")
    value = page.locator("[data-value=equalization]")
    last = {"en": "by the manager", "de": "durch den Manager"}[language]
    await expect(value).to_contain_text(last)
    await keep_picture(page, f"inhibited-{language}")
    box = await value.evaluate("value => value.getBoundingClientRect().toJSON()")
    row = await page.locator(".bacs-scalars").evaluate(
        "row => row.getBoundingClientRect().toJSON()"
    )
    assert box["right"] <= 1024
    assert box["bottom"] <= row["bottom"]
    assert await value.evaluate("value => value.scrollWidth <= value.clientWidth")
    assert row["height"] <= 72


async def test_a_string_that_is_silent_as_a_whole_still_counts_its_warnings(
    panel: PanelProgram, browser: Browser, plant: Plant
) -> None:
    for cell in range(1, 41):
        plant.silence("ups-a/2", cell, since_s=75)
    page = await open_page(browser)
    await page.goto(panel.url)
    tile = page.locator('[data-string="ups-a/2"]')
    await expect(tile).to_have_attribute("aria-label", re.compile("1 warning, 40 silent"))


async def test_the_alarm_bar_tells_the_value_of_now(
    panel: PanelProgram, browser: Browser, plant: Plant
) -> None:
    del plant.alarms["cell_voltage_low/ups-b/1/12"]
    page = await open_page(browser)
    await page.goto(panel.url)
    text = page.locator(".bacs-alarmbar-text")
    await expect(text).to_contain_text("temperature high 41.2 °C (limit 35.0 °C)")
    plant.strings["ups-a/2"].values[Quantity.TEMPERATURE][6] = 43.9
    await expect(text).to_contain_text("temperature high 43.9 °C (limit 35.0 °C)")


async def test_a_reload_and_the_back_button_come_to_the_view_that_was_there(
    shown: PanelProgram, browser: Browser
) -> None:
    page = await open_page(browser)
    await page.goto(shown.url)
    await touch_string(page, "ups-a/2")
    await page.reload()
    await expect(page.locator("h1")).to_have_text("UPS A string 2")
    await page.get_by_role("button", name="Sign in").tap()
    await expect(page.locator(".bacs-sheet")).to_be_visible()
    await page.go_back()
    await expect(page.locator(".bacs-hits > button")).to_have_count(4)
    await expect(page.locator(".bacs-sheet")).to_have_count(0)


async def test_german_has_german_words_and_decimal_commas(
    shown: PanelProgram, browser: Browser
) -> None:
    page = await open_page(browser)
    await page.goto(f"{shown.url}?view=string&key=telecom/1")
    await row_texts(page, 1)
    await page.get_by_role("button", name="Deutsch").tap()
    await expect(page.get_by_role("button", name="Übersicht")).to_be_visible()
    assert (await row_texts(page, 1))["voltage"].count(",") == 1
    assert await page.evaluate("document.documentElement.lang") == "de"
    await page.reload()
    await expect(page.get_by_role("button", name="Übersicht")).to_be_visible()


async def test_an_alarm_is_acknowledged_in_the_name_of_the_person_who_signed_in(
    panel: PanelProgram, browser: Browser, engine: StandIn
) -> None:
    page = await open_page(browser)
    await page.goto(f"{panel.url}?view=alarms")
    await page.get_by_role("button", name="Acknowledge", exact=True).first.tap()
    await keep_picture(page, "sign-in")
    await sign_in(page, "olga", "4712")
    await expect(page.locator(".bacs-problem")).to_have_text("User, or PIN or password, is wrong.")
    await type_in(page, page.locator(".bacs-login input[name=secret]"), "4711")
    await page.locator(".bacs-login button[type=submit]").tap()
    low = page.locator(".bacs-alarm", has_text="cell 12")
    await expect(low).to_contain_text("acknowledged by olga")
    [(by, command)] = engine.commands
    assert by == "olga"
    assert isinstance(command, Acknowledge)


async def test_a_sheet_hides_neither_a_trip_nor_the_buzzer_and_keeps_what_was_typed(
    panel: PanelProgram, browser: Browser, plant: Plant, engine: StandIn
) -> None:
    page = await open_page(browser)
    await page.goto(f"{panel.url}?view=lines")
    await page.get_by_role("button", name="Sign in").tap()
    name, keyboard = page.locator(".bacs-login input[name=user]"), page.locator(".bacs-keyboard")
    await type_in(page, name, "ol")
    string = plant.strings["telecom/1"]
    trip = TripSummary(TripState.FAILED, (TripCause.OVER_VOLTAGE,), 7, contact_open=False)
    string.brain = replace(brain_of(string.string), trip=trip)
    plant.annunciation = replace(plant.annunciation, sounding=True)
    notice = page.get_by_role("alertdialog")
    await expect(keyboard).to_be_hidden()
    await keep_picture(page, "trip-over-sheet")
    await notice.get_by_role("button", name="Seen").tap()
    await expect(name).to_have_value("ol")
    mute = page.get_by_role("button", name="Buzzer sounds: Mute")
    await mute.tap()
    await expect(page.locator(".bacs-login h2")).to_have_text("Sign in: Mute")
    await sign_in(page, "olga", "4711")
    await expect(mute).to_be_hidden()
    await page.locator(".bacs-alarmbar").tap()
    await expect(page.locator(".bacs-title")).to_contain_text("buzzer muted")
    assert [by for by, _ in engine.commands] == ["olga"]


async def test_what_protection_offers_is_for_technicians_and_asks_for_reason_and_hours(
    panel: PanelProgram, browser: Browser, plant: Plant, engine: StandIn
) -> None:
    string = plant.strings["telecom/1"]
    armed = TripSummary(TripState.ARMED, contact_open=False)
    string.brain = replace(brain_of(string.string), trip=armed)
    page = await open_page(browser)
    await page.goto(f"{panel.url}?view=string&key=telecom/1&cell=3")
    await expect(page.locator(".bacs-concluded")).to_contain_text("float charge")
    await expect(page.locator("[data-figure=capacity]")).to_contain_text("measured in a discharge")
    protection = page.get_by_role("button", name="Protection", exact=True)
    await page.get_by_role("button", name="Sign in").tap()
    await sign_in(page, "olga", "4711")
    await expect(protection).to_be_hidden()
    await page.get_by_role("button", name="olga · Sign out").tap()
    await page.get_by_role("button", name="Sign in").tap()
    await sign_in(page, "tina", "2580")
    await protection.tap()
    sheet = page.locator(".bacs-sheet")
    await sheet.get_by_role("button", name="Faulty sensor").tap()
    await sheet.get_by_role("button", name="4 h", exact=True).tap()
    await keep_picture(page, "protection-off")
    await hold(page, sheet.get_by_role("button", name="Switch protection off"))
    await expect(page.locator(".bacs-notice")).to_have_text("Protection is off")
    [(by, command)] = engine.commands
    assert by == "tina"
    assert command == SwitchProtectionOff(string_key="telecom/1", reason="Faulty sensor", hours=4.0)
    await expect(page.locator(".bacs-protection")).to_be_hidden()
    stages = np.where(np.arange(24) == 6, RunawayStage.ALARM, 0).astype(np.uint8)
    string.brain = replace(string.brain, stage=stages)
    defer = page.locator(".bacs-protection").get_by_role("button", name="Defer 30 min")
    await hold(page, defer)
    await expect(page.locator(".bacs-notice")).to_have_text("Trip deferred for 30 min")


async def test_who_may_not_acknowledge_reads_who_may_and_is_offered_no_button(
    panel: PanelProgram, browser: Browser, engine: StandIn
) -> None:
    page = await open_page(browser)
    await page.goto(f"{panel.url}?view=alarms")
    await page.get_by_role("button", name="Acknowledge all").tap()
    await expect(page.locator(".bacs-login h2")).to_have_text("Sign in to acknowledge")
    await sign_in(page, "viktor", "0815")
    needed = "Acknowledging needs the role operator or a higher one."
    await expect(page.locator(".bacs-notice")).to_have_text(needed)
    await expect(page.locator(".bacs-needs")).to_have_text(needed)
    acknowledge = page.get_by_role("button", name="Acknowledge")
    await expect(acknowledge).to_have_count(0)
    await keep_picture(page, "viewer")
    assert engine.commands == []
    await page.get_by_role("button", name="viktor · Sign out").tap()
    await expect(acknowledge).to_have_count(3)


async def test_a_refused_sign_in_says_why_and_not_that_something_is_wrong(
    panel: PanelProgram, browser: Browser, engine: StandIn
) -> None:
    page = await open_page(browser)
    await page.goto(panel.url)
    engine.doorman.refusal = RefusedError("too many; try again in 30 s", code="locked_out")
    await page.get_by_role("button", name="Sign in").tap()
    await expect(page.locator(".bacs-login h2")).to_have_text("Sign in")
    await sign_in(page, "olga", "4711")
    await expect(page.locator(".bacs-problem")).to_have_text(
        "Too many wrong tries. Try again in 30 s."
    )


async def test_a_lost_engine_is_said_at_once_and_recovers_by_itself(
    panel: PanelProgram, browser: Browser, engine: StandIn, tmp_path: Path
) -> None:
    page = await open_page(browser)
    await page.goto(f"{panel.url}?view=string&key=ups-b/1")
    await row_texts(page, 1)
    port = engine.port
    await engine.stop()
    band = page.locator(".bacs-band")
    await expect(band).to_contain_text("Engine not reachable since")
    await expect(band).to_contain_text("all values are old")
    assert await page.evaluate("document.body.dataset.truth") == "old"
    bar = page.locator(".bacs-alarmbar")
    await expect(bar).to_contain_text(
        re.compile(r"Alarms unknown since \d\d:\d\d:\d\d, last known:")
    )
    await expect(bar).to_contain_text(re.compile(r"V at .*\d\d:\d\d \(limit"))
    await keep_picture(page, "engine-lost")
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.wait_for_function(
        "document.querySelector('.bacs-alarmbar-text').clientWidth > innerWidth / 2"
    )
    await page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    await bar.tap()
    await expect(page.locator(".bacs-title")).to_contain_text("Alarms unknown since")
    await keep_picture(page, "engine-lost-alarms")
    await page.get_by_role("button", name="Acknowledge all").tap()
    await sign_in(page, "olga", "4711")
    await expect(page.locator(".bacs-problem")).to_have_text("The engine does not answer.")
    again = StandIn(engine.plant, tmp_path, port=port)
    await again.start()
    try:
        await expect(band).to_be_hidden()
        assert await page.evaluate("document.body.dataset.truth") == "live"
    finally:
        await again.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_a_lost_panel_server_is_said_by_the_browser_and_recovers_by_itself(
    panel: PanelProgram, browser: Browser, number: signal.Signals
) -> None:
    page = await open_page(browser)
    await page.goto(f"{panel.url}?view=string&key=ups-b/1")
    await row_texts(page, 1)
    code = await panel.stop(number)
    assert code == (0 if number is signal.SIGTERM else -number)
    band = page.locator(".bacs-band")
    await expect(band).to_contain_text("Panel server not reachable since")
    await expect(page.locator("#popup")).to_be_hidden()
    await keep_picture(page, "server-lost")
    await panel.start()
    await expect(band).to_be_hidden()
    await expect(page.locator("h1")).to_have_text("UPS B string 1")
    await row_texts(page, 1)


async def test_a_calm_plant_is_not_called_calm_when_nobody_knows(
    browser: Browser, token_file: Path, tmp_path: Path
) -> None:
    async with (
        running_engine(Plant(small_site()), tmp_path) as engine,
        running_panel(engine, token_file) as panel,
    ):
        page = await open_page(browser)
        await page.goto(f"{panel.url}?view=alarms")
        calm = page.get_by_text("No active alarm")
        await expect(calm.first).to_be_visible()
        await engine.stop()
        unknown = page.get_by_text(re.compile(r"^Alarms unknown since \d\d:\d\d:\d\d$"))
        await expect(unknown).to_have_count(2)
        for place in await unknown.all():
            await expect(place).to_be_visible()
        for place in await calm.all():
            await expect(place).to_be_hidden()
        await keep_picture(page, "alarms-unknown")


async def test_a_panel_without_a_token_file_says_that_none_was_given(
    browser: Browser, engine: StandIn
) -> None:
    without = PanelProgram(engine.url, None, free_port())
    await without.start()
    try:
        page = await open_page(browser)
        await page.goto(without.url)
        await expect(page.locator(".bacs-plain")).to_contain_text("no token file was given")
    finally:
        await without.stop()


async def test_a_panel_started_before_its_token_file_and_the_engine_waits_for_both(
    browser: Browser, plant: Plant, tmp_path: Path
) -> None:
    token_file = tmp_path / "late.token"
    port = free_port()
    panel = PanelProgram(f"http://127.0.0.1:{port}", token_file, free_port())
    await panel.start()
    engine = StandIn(plant, tmp_path, port=port)
    try:
        page = await open_page(browser)
        await page.goto(panel.url)
        plain = page.locator(".bacs-plain")
        await expect(plain).to_contain_text("Waiting for the engine")
        await expect(plain).to_contain_text("The engine does not answer.")
        await expect(plain).not_to_contain_text("token file")
        bar = page.locator(".bacs-alarmbar")
        await expect(bar).to_contain_text("Alarms unknown, no connection to the engine yet")
        await keep_picture(page, "waiting")
        await engine.start()
        await expect(plain).to_contain_text(f"The token file {token_file} is missing")
        token_file.write_text("wrong")
        await expect(plain).to_contain_text(f"does not accept the token file {token_file}")
        token_file.write_text(PANEL_TOKEN)
        await expect(page.locator(".bacs-hits > button")).to_have_count(4)
    finally:
        await engine.stop()
        await panel.stop()


async def test_an_engine_in_commissioning_mode_leads_to_the_next_step(
    browser: Browser, token_file: Path, tmp_path: Path
) -> None:
    from bacs_core.model import Site

    engine = StandIn(Plant(Site("New", ())), tmp_path, commissioning=True)
    await engine.start()
    panel = PanelProgram(engine.url, token_file, free_port())
    await panel.start()
    try:
        page = await open_page(browser)
        await page.goto(panel.url)
        await expect(page.locator(".bacs-plain")).to_contain_text("bacs run SITE.toml")
        await expect(page.locator(".bacs-alarmbar")).to_have_text("No plant is watched")
        await keep_picture(page, "commissioning")
    finally:
        await panel.stop()
        await engine.stop()


async def test_4096_cells_stand_on_one_screen_with_targets_for_a_finger(
    browser: Browser, token_file: Path, tmp_path: Path
) -> None:
    engine = StandIn(full_plant(), tmp_path)
    await engine.start()
    panel = PanelProgram(engine.url, token_file, free_port())
    await panel.start()
    try:
        page = await open_page(browser)
        await page.goto(panel.url)
        tiles = page.locator(".bacs-hits > button")
        await expect(tiles).to_have_count(128)
        boxes = await tiles.evaluate_all(
            "tiles => tiles.map(tile => tile.getBoundingClientRect().toJSON())"
        )
        assert min(box["height"] for box in boxes) >= 67
        assert max(box["bottom"] for box in boxes) <= 768
        assert max(box["right"] for box in boxes) <= 1024
        scrolls = "document.documentElement.scrollHeight > innerHeight"
        assert not await page.evaluate(scrolls)
        for width, height in ((800, 480), (390, 844)):
            await page.set_viewport_size({"width": width, "height": height})
            plant = page.locator(".bacs-plant")
            await plant.evaluate("plant => plant.scrollTo(0, plant.scrollHeight)")
            await expect(tiles.last).to_be_in_viewport(ratio=1)
            box = await tiles.last.evaluate("tile => tile.getBoundingClientRect().toJSON()")
            assert box["width"] >= 44
            assert box["height"] >= 67
            assert await plant.evaluate("plant => plant.scrollWidth <= plant.clientWidth")
        await page.set_viewport_size({"width": 1024, "height": 768})
        await expect(page.locator('[data-string="ups-3/3"]')).to_have_attribute(
            "aria-label",
            "UPS 3 string 3, 32 cells, 434\u00a0V, 0.4\u00a0A, Equalization working, 4 warnings",
        )
        bar = page.locator(".bacs-alarmbar-text")
        await expect(bar).to_have_text(
            "UPS 5 string 9, cell 12: temperature critical 52.3 °C (limit 50.0 °C)"
        )
    finally:
        await panel.stop()
        await engine.stop()
