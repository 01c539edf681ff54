"""Alarms, equalization, contacts, environment and lines in a real browser."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from bacs_core.api.messages import (
    Acknowledge,
    PauseEqualization,
    PutBack,
    ResumeEqualization,
    ShelveAlarm,
    SwitchRelay,
    TakeOutOfService,
    UnshelveAlarm,
)
from tests.hmi.browser import TIMEOUT_MS, PanelProgram, open_page
from tests.hmi.conftest import plant_at_rest, running_engine, running_panel, write_token
from tests.hmi.screen import hold, keep_picture, sign_in
from tests.hmi.standin_engine import StandIn
from tests.hmi.standin_history import today, write_events

expect.set_options(timeout=TIMEOUT_MS)
pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="module"),
]


@dataclass(frozen=True)
class Cabinet:
    """A panel that shows a bit of everything, and the engine behind it."""

    engine: StandIn
    panel: PanelProgram


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cabinet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cabinet]:
    folder, plant = tmp_path_factory.mktemp("alarms"), plant_at_rest()
    for cell in range(1, 21):
        plant.raise_alarm("cell_voltage_low", "ups-a/1", cell, value=13.1, limit=13.2)
    write_events(folder, today())
    async with (
        running_engine(plant, folder) as engine,
        running_panel(engine, write_token(folder)) as panel,
    ):
        yield Cabinet(engine, panel)


async def test_twenty_cells_are_one_row_and_are_acknowledged_together(
    cabinet: Cabinet, browser: Browser
) -> None:
    page = await open_page(browser)
    await page.goto(f"{cabinet.panel.url}?view=alarms")
    await expect(page.locator(".bacs-alarm")).to_have_count(3)
    group = page.locator(".bacs-alarm", has_text="20 cells: voltage low")
    await expect(group).to_have_count(1)
    await keep_picture(page, "alarms-active")
    await group.locator(".bacs-alarm-open").tap()
    await expect(page.locator(".bacs-alarm")).to_have_count(6)
    await expect(page.locator(".bacs-turn")).to_contain_text("1 of 4")
    await page.get_by_role("button", name="Back").tap()
    await group.get_by_role("button", name="Acknowledge").tap()
    await sign_in(page, "olga", "4711")
    await expect(group).to_contain_text("acknowledged")
    await expect(group).not_to_contain_text("new")
    acknowledged = [command for by, command in cabinet.engine.commands if by == "olga"]
    assert [
        len(command.alarm_ids or []) for command in acknowledged if isinstance(command, Acknowledge)
    ] == [20]
    assert len(acknowledged) == 1
    await page.context.close()


async def test_a_shelved_alarm_moves_to_its_own_part_until_somebody_takes_it_up_again(
    cabinet: Cabinet, browser: Browser
) -> None:
    page = await open_page(browser)
    await page.goto(f"{cabinet.panel.url}?view=alarms")
    low = page.locator(".bacs-alarm", has_text="cell 12")
    await low.locator(".bacs-alarm-open").tap()
    sheet = page.locator(".bacs-alarm-sheet")
    await expect(sheet).to_contain_text("It comes back by itself")
    await keep_picture(page, "alarm-sheet")
    await sheet.get_by_role("button", name="15 min").tap()
    await sign_in(page, "olga", "4711")
    await expect(low).to_have_count(0)
    await expect(page.locator(".bacs-alarmbar")).not_to_contain_text("cell 12")
    await page.get_by_role("button", name="Shelved (1)").tap()
    await expect(low).to_contain_text(re.compile(r"shelved until .*\d\d:\d\d"))
    await expect(low.locator(".bacs-symbol.hollow")).to_have_count(1)
    await keep_picture(page, "alarms-aside")
    await page.reload()
    await low.get_by_role("button", name="Take up again").tap()
    await expect(low).to_have_count(0)
    kinds = [type(command) for _, command in cabinet.engine.commands[-2:]]
    assert kinds == [ShelveAlarm, UnshelveAlarm]
    shelved = cabinet.engine.commands[-2][1]
    assert isinstance(shelved, ShelveAlarm)
    assert shelved.minutes == 15
    await page.context.close()


async def test_a_technician_takes_a_rule_out_of_service_with_a_reason_and_puts_it_back(
    cabinet: Cabinet, browser: Browser
) -> None:
    page = await open_page(browser)
    await page.goto(f"{cabinet.panel.url}?view=alarms")
    hot = page.locator(".bacs-alarm", has_text="temperature high")
    await hot.locator(".bacs-alarm-open").tap()
    await page.get_by_role("button", name="Out of service …").tap()
    await page.get_by_role("button", name="Faulty sensor").tap()
    await keep_picture(page, "out-of-service")
    await hold(page, page.get_by_role("button", name="Take out of service"))
    await sign_in(page, "tina", "2580")
    await expect(page.locator(".bacs-login")).to_have_count(0)
    await page.get_by_role("button", name="Shelved").tap()
    stopped = page.locator(".bacs-stopped > li")
    await expect(stopped).to_contain_text("by tina: Faulty sensor")
    by, taken = cabinet.engine.commands[-1]
    assert by == "tina"
    assert isinstance(taken, TakeOutOfService)
    where = (taken.rule, taken.reason, taken.place.cell)
    assert where == ("cell_temperature_high", "Faulty sensor", 7)
    await stopped.get_by_role("button", name="Put back").tap()
    await expect(stopped).to_have_count(0)
    assert isinstance(cabinet.engine.commands[-1][1], PutBack)
    await page.context.close()


async def test_the_history_is_paged_and_filtered_and_a_reload_comes_back_to_it(
    cabinet: Cabinet, browser: Browser, tmp_path: Path
) -> None:
    page = await open_page(browser)
    await page.goto(f"{cabinet.panel.url}?view=alarms&part=history")
    rows = page.locator(".bacs-happenings > li")
    await expect(rows).to_have_count(8)
    await expect(rows.first).to_contain_text("Equalization paused, until")
    await keep_picture(page, "alarms-history")
    await page.get_by_role("button", name="Older").tap()
    await expect(rows).to_have_count(3)
    await expect(rows.last).to_contain_text("engine started")
    await page.reload()
    await expect(rows).to_have_count(3)
    await page.get_by_role("button", name="Newer").tap()
    await expect(rows).to_have_count(8)
    await page.locator(".bacs-filter", has_text="What").tap()
    await page.get_by_role("button", name="Settings, people").tap()
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("Alarm limit: much hydrogen in the air, 0.80")
    await page.reload()
    await expect(rows).to_have_count(2)
    await page.locator(".bacs-filter", has_text="What").tap()
    await page.locator(".bacs-sheet").get_by_role("button", name="Alarms", exact=True).tap()
    await expect(rows).to_have_count(3)
    await page.locator(".bacs-filter", has_text="Where").tap()
    await page.get_by_role("button", name="Telecom string").tap()
    await expect(page.get_by_text("Nothing of this happened in this time.")).to_be_visible()
    await page.context.close()


async def test_equalization_is_paused_for_a_time_and_resumed(
    cabinet: Cabinet, browser: Browser
) -> None:
    page = await open_page(browser)
    await page.goto(f"{cabinet.panel.url}?view=equalization")
    rows = page.locator(".bacs-row")
    await expect(rows).to_have_count(4)
    await expect(rows.first).to_contain_text("spread")
    await keep_picture(page, "equalization")
    await page.locator('[data-string="ups-b/1"]').tap()
    await expect(page.get_by_text("offers nothing")).to_be_visible()
    await expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    await page.get_by_role("button", name="Back").tap()
    await page.locator('[data-string="telecom/1"]').tap()
    await page.get_by_role("button", name="Pause …").tap()
    await page.get_by_role("button", name="8 h").tap()
    pause = page.locator(".bacs-sheet").get_by_role("button", name="Pause")
    await pause.tap()
    await expect(pause).to_contain_text("Hold until the bar is full")
    assert not any(isinstance(each, PauseEqualization) for _, each in cabinet.engine.commands)
    await hold(page, pause)
    await sign_in(page, "tina", "2580")
    await expect(page.get_by_text("stopped by hand")).to_be_visible()
    await keep_picture(page, "equalization-string")
    paused = cabinet.engine.commands[-1][1]
    assert isinstance(paused, PauseEqualization)
    assert paused.until is not None
    assert 7.9 < (paused.until - datetime.now(UTC)) / timedelta(hours=1) <= 8
    await hold(page, page.locator(".bacs-equalization-deeds .bacs-hold"))
    await expect(page.get_by_text("Nothing holds it")).to_be_visible()
    assert isinstance(cabinet.engine.commands[-1][1], ResumeEqualization)
    await page.context.close()


async def test_a_released_relay_is_switched_by_holding_and_a_breaker_never(
    cabinet: Cabinet, browser: Browser
) -> None:
    page = await open_page(browser)
    await page.goto(f"{cabinet.panel.url}?view=relays")
    horn = page.locator(".bacs-contact", has_text="Horn")
    await expect(horn).to_contain_text("closed by olga")
    await keep_picture(page, "relays")
    breaker = page.locator(".bacs-contact", has_text="String breaker")
    await expect(breaker).to_contain_text("never switched here")
    await expect(breaker.locator(".bacs-hold")).to_have_count(0)
    await horn.get_by_role("button", name="Open contact: Horn").tap()
    await hold(page, page.get_by_role("button", name="Open contact: Horn"))
    await sign_in(page, "olga", "4711")
    await expect(horn.locator(".bacs-contact-state")).to_have_text("contact open")
    switched = [each for _, each in cabinet.engine.commands if isinstance(each, SwitchRelay)]
    assert [(each.relay, each.closed) for each in switched] == [(1, False)]
    await page.context.close()


async def test_the_environment_and_the_lines_follow_the_engine(
    cabinet: Cabinet, browser: Browser
) -> None:
    page, plant = await open_page(browser), cabinet.engine.plant
    await page.goto(f"{cabinet.panel.url}?view=environment")
    hydrogen = page.locator('[data-key="room/hydrogen_percent"]')
    await expect(hydrogen).to_contain_text("alarm above 1.00\u00a0%")
    await keep_picture(page, "environment")
    await page.get_by_role("button", name="Back").tap()
    await page.get_by_role("button", name="Lines").tap()
    await expect(page.locator(".bacs-wire")).to_have_count(7)
    managers = page.locator('[data-key="managers"]')
    await expect(managers).to_contain_text("round 0.41\u00a0s · wire 0.40\u00a0s")
    plant.lines["managers"] = replace(plant.lines["managers"], silent_units=(7, 19))
    plant.registers["ups-a"] = {f"ups.register_{n}": n + 0.5 for n in range(54)}
    await expect(managers).to_contain_text("silent: 7, 19")
    fold = page.locator('[data-key="ups-a"] .bacs-wire-fold')
    await expect(fold).to_contain_text("54 more numbers")
    numbers = fold.locator(".bacs-wire-more")
    await expect(numbers).not_to_be_visible()
    await fold.locator("summary").tap()
    await expect(numbers).to_contain_text("ups.register_7 7.5")
    await keep_picture(page, "lines-unfolded")
    await page.context.close()
