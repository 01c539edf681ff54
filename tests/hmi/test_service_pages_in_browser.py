"""Commissioning, settings, system and help on a real screen."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bacs_core.api.messages import (
    CancelCommissioning,
    CommandName,
    Commissioning,
    CommissioningState,
    ExportToStick,
    FoundUnit,
    Identify,
    ReaddressModule,
    SetAlarmLimit,
    SetNetwork,
    StartScan,
    Told,
    Wording,
)
from bacs_core.model import Site
from bacs_core.settings import Parity
from bacs_core.stick.states import StickPhase, StickState
from tests.hmi.browser import TIMEOUT_MS, PanelProgram, open_page
from tests.hmi.conftest import plant_at_rest
from tests.hmi.screen import hold, keep_picture, sign_in, type_in
from tests.hmi.standin_engine import Plant
from tests.hmi.standin_service import ServiceStandIn, running_service

expect.set_options(timeout=TIMEOUT_MS)
pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="module"),
]

Service = tuple[ServiceStandIn, PanelProgram]
#: Every part of the four pages.
PARTS = (
    *(f"commissioning&part={part}" for part in ("search", "addresses", "confirm", "names")),
    *(f"settings&part={part}" for part in ("limits", "modules", "screen", "network", "stick")),
    *(f"system&part={part}" for part in ("state", "storage", "stick", "test", "about")),
    *(f"help&part={part}" for part in ("emergency", "marks", "settings")),
)
#: What must not be left by itself.
STAYS = ".bacs-view [data-stay]"
SIZES = ((1024, 768), (800, 480), (390, 844))
PROPOSAL = '[[line]]\nid = "modules"\n\n[[manager.string]]\ncells = 2\n#? chemistry = "vrla"\n'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    async with running_service(plant_at_rest(), folder) as running:
        yield running


def module(unit: int, generation: int = 4) -> FoundUnit:
    return FoundUnit(
        unit=unit,
        baud=19200,
        parity=Parity.EVEN,
        stop_bits=1,
        device="panel_module",
        title="Battery module of our own map",
        serial_number=4710 + unit,
        firmware_version="2.0",
        hardware_generation=generation,
        module_type="C44",
    )


async def sign_in_by_name(page: Page, user: str, secret: str) -> None:
    """Type the name, also where the names of others are offered."""
    by_name = page.get_by_role("button", name="Name and password")
    typed = page.locator(".bacs-login input[name=user]")
    await expect(by_name.or_(typed).first).to_be_visible()
    if await by_name.is_visible():
        await by_name.tap()
    await sign_in(page, user, secret)


async def go(page: Page, query: str) -> None:
    """Change to another view without loading the page anew."""
    await page.evaluate(
        """(query) => {
          for (const each of document.querySelectorAll(".bacs-view > *")) each.dataset.old = "";
          history.pushState(null, "", query);
          dispatchEvent(new PopStateEvent("popstate"));
        }""",
        query,
    )
    await expect(page.locator(".bacs-view > [data-old]")).to_have_count(0)
    await expect(page.locator(".bacs-view h1")).to_have_count(1)


async def what_is_cut(page: Page) -> list[str]:
    """List what a finger cannot touch or an eye cannot read on the open page."""
    return list(
        await page.evaluate(
            """() => {
              const odd = [];
              if (document.documentElement.scrollWidth > innerWidth) odd.push("scrolls sideways");
              for (const each of document.querySelectorAll(".bacs-view button, .bacs-view input")) {
                const { width, height, right } = each.getBoundingClientRect();
                if (!width) continue;
                const name = each.textContent.trim();
                if (width < 43.5 || height < 43.5) odd.push(`small: ${name}`);
                if (right > innerWidth + 1) odd.push(`outside: ${name}`);
                if (each.scrollWidth > each.clientWidth + 1) odd.push(`cut: ${name}`);
              }
              return odd;
            }"""
        )
    )


async def test_a_technician_searches_a_line_and_gives_a_found_module_another_address(
    service: Service, browser: Browser
) -> None:
    engine, panel = service
    page = await open_page(browser)
    await page.goto(f"{panel.url}?view=menu")
    await page.get_by_role("button", name="Commissioning").tap()
    await expect(page.locator(".bacs-job-note")).to_contain_text("Only a technician")
    await page.get_by_role("button", name="Line modules").tap()
    await hold(page, page.get_by_role("button", name="Search the line"))
    await sign_in_by_name(page, "tina", "2580")
    await expect(page.locator(".bacs-notice.done")).to_have_text("The search begins")
    assert ("tina", StartScan(line_id="modules")) in engine.commands

    ends = datetime.now(UTC) + timedelta(minutes=10)
    engine.job = Commissioning(
        state=CommissioningState.RUNNING,
        command=CommandName.START_SCAN,
        line_id="modules",
        by="tina",
        ends_at_latest=ends,
        done=60,
        total=247,
        remaining_s=95.0,
        found=[module(7)],
    )
    paused = page.locator(".bacs-pause")
    await expect(paused).to_contain_text(f"until {ends.astimezone():%H:%M} at the latest")
    await expect(page.locator(".bacs-job")).to_contain_text("60 of 247")
    await expect(page.locator(".bacs-found-row")).to_contain_text("serial no. 4717")
    await expect(page.locator(STAYS)).to_have_class(re.compile("bacs-job"))
    await keep_picture(page, "commissioning-search")
    await page.get_by_role("button", name="End it now").tap()
    await expect(page.locator(".bacs-notice.done")).to_contain_text("Ended")
    assert ("tina", CancelCommissioning()) in engine.commands

    engine.job = engine.job.model_copy(
        update={
            "state": CommissioningState.CANCELLED,
            "told": [Told(text="", wording=Wording(code="ended_by", arguments={"name": "tina"}))],
            "proposal": PROPOSAL,
        }
    )
    await expect(paused).to_be_hidden()
    await expect(page.locator(STAYS)).to_have_count(0)
    await expect(page.locator(".bacs-job")).to_contain_text("Ended early: ended by tina")
    await page.locator('[data-unit="7"]').get_by_role("button", name="LED").tap()
    await expect(page.locator(".bacs-notice.done")).to_contain_text("LED")
    assert ("tina", Identify(line_id="modules", unit=7, seconds=60)) in engine.commands
    await page.get_by_role("button", name="Site file").tap()
    await expect(page.locator(".bacs-toml .gap")).to_have_text('#? chemistry = "vrla"\n')
    await page.get_by_role("button", name="Search", exact=True).tap()
    await page.locator('[data-unit="7"]').get_by_role("button", name="New address").tap()
    fields = page.locator(".bacs-fields-row input")
    await expect(fields.nth(1)).to_have_value("4717")
    await type_in(page, fields.nth(2), "31")
    await page.locator(".bacs-keyboard").get_by_role("button", name="Done").tap()
    await hold(page, page.get_by_role("button", name="Give the new address"))
    await expect(page.locator(".bacs-notice.done")).to_contain_text("its new address")
    assert engine.commands[-1][1] == ReaddressModule(
        line_id="modules", unit=7, serial_number=4717, new_unit=31, baud=19200
    )

    engine.job = engine.job.model_copy(
        update={"proposal": None, "found": [module(1, 3), module(2, 4), module(3, 4)]}
    )
    conflict = page.locator(".bacs-job-conflict")
    await expect(conflict).to_contain_text("generation 3 at 1; generation 4 at 2-3")
    await page.get_by_role("button", name="Site file").tap()
    await expect(page.locator(".bacs-proposal")).to_contain_text("generation 3 at 1")
    # A reload comes back to the same step.
    await page.reload()
    await expect(page.locator(".bacs-proposal")).to_contain_text("generation 3 at 1")
    engine.job = Commissioning()


async def test_without_a_site_the_first_page_leads_to_a_search(
    browser: Browser, tmp_path: Path
) -> None:
    empty = Plant(Site("", ()))
    async with running_service(empty, tmp_path, commissioning=True) as (_, panel):
        page = await open_page(browser)
        await page.goto(panel.url)
        await page.get_by_role("button", name="Search a line now").tap()
        await page.get_by_role("button", name="Another port …").tap()
        await expect(page.locator(".bacs-field input").first).to_be_visible()
        await hold(page, page.get_by_role("button", name="Search the line"))
        await expect(page.locator(".bacs-problem")).to_contain_text("Choose a line or a port")
        for view in ("settings", "system", "help"):
            await go(page, f"?view={view}")


async def test_a_limit_is_changed_within_its_range_and_the_screen_locked_until_an_alarm(
    service: Service, browser: Browser
) -> None:
    engine, panel = service
    page = await open_page(browser)
    await page.goto(f"{panel.url}?view=settings&key=telecom/1")
    row = page.locator("[data-rule=cell_temperature_high]")
    await expect(row).to_contain_text("35.0")
    await row.get_by_role("button", name="Change").tap()
    field = page.locator(".bacs-sheet .bacs-field input")
    await field.fill("")
    await type_in(page, field, "99")
    await expect(page.locator(".bacs-sheet .bacs-field")).to_contain_text("20.0")
    await page.get_by_role("button", name="Set", exact=True).tap()
    await expect(page.locator(".bacs-sheet .bacs-problem")).to_contain_text("within the range")
    await field.fill("37.5")
    await page.get_by_role("button", name="Set", exact=True).tap()
    await sign_in_by_name(page, "tina", "2580")
    await expect(page.locator(".bacs-notice.done")).to_have_text("The limit is changed")
    order = engine.commands[-1][1]
    assert isinstance(order, SetAlarmLimit)
    assert (order.rule, order.place.string_key, order.limit) == (
        "cell_temperature_high",
        "telecom/1",
        37.5,
    )

    await page.goto(f"{panel.url}?view=settings&part=screen")
    await page.locator(".bacs-part").get_by_role("button", name="Deutsch").tap()
    await expect(page.locator("h1")).to_have_text("Einstellungen")
    await page.locator(".bacs-part").get_by_role("button", name="English").tap()
    await page.get_by_role("button", name="Lock for 30 s").tap()
    lock = page.locator(".bacs-cleaning")
    await expect(lock).to_be_visible()
    await page.touchscreen.tap(460, 28)
    await page.touchscreen.tap(40, 146)
    await expect(lock).to_be_visible()
    await expect(page).to_have_url(f"{panel.url}?view=settings&part=screen")
    await keep_picture(page, "cleaning")
    engine.plant.raise_alarm("cell_voltage_low", "ups-b/1", 14)
    await expect(lock).to_have_count(0)


async def test_the_network_is_switched_by_holding_and_the_first_administrator_made(
    service: Service, browser: Browser
) -> None:
    engine, panel = service
    page = await open_page(browser)
    await page.goto(f"{panel.url}?view=settings&part=users")
    await page.get_by_role("button", name="First administrator").tap()
    sheet = page.locator(".bacs-sheet")
    fields = sheet.locator(".bacs-field input")
    for place, text in enumerate(("anna", "Correct-horse-7", "111111")):
        await fields.nth(place).fill(text)
    await sheet.get_by_role("button", name="Make", exact=True).tap()
    await expect(sheet.locator(".bacs-problem")).to_contain_text("PIN")
    await fields.nth(2).fill("471193")
    await sheet.get_by_role("button", name="Make", exact=True).tap()
    await expect(page.locator(".bacs-notice.done")).to_contain_text("You can sign in now")

    await page.goto(f"{panel.url}?view=settings&part=network")
    await hold(page, page.get_by_role("button", name="Switch the network on"))
    await (
        page.get_by_role("button", name="Name and password")
        .or_(page.locator(".bacs-login input[name=user]"))
        .first.tap()
    )
    await sign_in_by_name(page, "tina", "2580")
    await page.get_by_role("button", name="Show a code").tap()
    code = page.locator(".bacs-code-large")
    await expect(code).to_have_text(re.compile(r"^\w{4}-\w{4}-\w{4}-\w{4}$"))
    assert ("tina", SetNetwork(enabled=True)) in engine.commands
    await hold(page, page.get_by_role("button", name="Switch the network off"))
    await expect(code).to_have_count(0)


async def test_the_screen_tests_itself_and_the_stick_shows_its_progress(
    service: Service, browser: Browser
) -> None:
    engine, panel = service
    page = await open_page(browser)
    await page.goto(f"{panel.url}?view=system&part=test")
    await page.get_by_role("button", name="Begin").nth(1).tap()
    grid = page.locator(".bacs-touch-test > span")
    await expect(grid).to_have_count(16 * 12)
    await page.mouse.move(32, 32)
    await page.mouse.down()
    for row in range(12):
        for column in range(16):
            await page.mouse.move(column * 64 + 32, row * 64 + 32)
    await page.mouse.up()
    await expect(page.locator(".bacs-test-result").nth(1)).to_have_text("All 192 fields answered.")
    await page.get_by_role("button", name="Begin").first.tap()
    for _ in range(7):
        await page.locator(".bacs-colour-test").tap()
    await expect(page.locator(".bacs-test-result").first).to_have_text("All colours were shown.")

    held = StickState(StickPhase.HELD, label="KINGSTON")
    engine.plant.annunciation = replace(engine.plant.annunciation, stick=held)
    await page.goto(f"{panel.url}?view=system&part=stick")
    await page.get_by_role("button", name="Copy everything to the stick").tap()
    await sign_in_by_name(page, "olga", "4711")
    await expect(page.locator(".bacs-notice.done")).to_have_text("The copy begins.")
    assert ("olga", ExportToStick()) in engine.commands
    writing = StickState(StickPhase.WRITING, label="KINGSTON", percent=41)
    engine.plant.annunciation = replace(engine.plant.annunciation, stick=writing)
    await expect(page.locator(".bacs-export")).to_contain_text("41 %")
    await expect(page.locator(".bacs-export .bacs-meter-filled")).to_have_attribute(
        "style", "width: 41%;"
    )
    await expect(page.locator(STAYS)).to_have_count(1)
    engine.plant.annunciation = replace(engine.plant.annunciation, stick=StickState())
    await expect(page.locator(STAYS)).to_have_count(0)


async def test_nothing_is_cut_or_too_small_on_any_part_of_any_screen(
    service: Service, browser: Browser
) -> None:
    _, panel = service
    page = await open_page(browser, language="de")
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    await page.goto(f"{panel.url}?view=menu")
    await expect(page.locator(".bacs-view h1")).to_be_visible()
    for part in PARTS:
        await go(page, f"?view={part}")
        for width, height in SIZES:
            await page.set_viewport_size({"width": width, "height": height})
            problems += [f"{part} at {width}: {each}" for each in await what_is_cut(page)]
            await keep_picture(page, f"{part.replace('&part=', '-')}-de-{width}")
    assert problems == []


async def test_the_question_mark_explains_the_open_page_and_leads_back(
    service: Service, browser: Browser
) -> None:
    _, panel = service
    page = await open_page(browser)
    await page.goto(f"{panel.url}?view=settings&part=screen")
    await page.locator(".bacs-help").tap()
    await expect(page.locator(".bacs-handbook-text h2")).to_have_text("Settings")
    await page.get_by_role("button", name="What the marks mean").first.tap()
    await expect(page.locator(".bacs-legend-sign")).to_have_count(13)
    await page.get_by_role("button", name="In an emergency").tap()
    await expect(page.locator(".bacs-handbook-text ol > li")).to_have_count(7)
    await page.locator(".bacs-handbook-topics").get_by_role("button", name="System").tap()
    await page.get_by_role("button", name="Back").tap()
    await expect(page.locator("h1")).to_have_text("System")
