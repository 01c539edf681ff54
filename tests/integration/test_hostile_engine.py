"""What an engine sends that no engine should: nothing is shown as live that is not."""

import asyncio
from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from bacs_core.api import live as live_module
from bacs_core.api.live import LiveSite
from bacs_core.api.messages import CellChanges, StringChanges
from bacs_core.model import Quantity
from custom_components.bacs.const import DOMAIN
from tests.integration.scripted_engine import SITE_ID, ScriptedEngine
from tests.integration.waiting import until, until_state

KEY = "ups-a/1"
CELL = "sensor.ups_a_string_1_cell_01_voltage"


def of_string(**changes: Any) -> dict[str, Any]:
    return {"strings": [{"key": KEY, **changes}]}


@pytest.mark.parametrize(
    "message",
    [
        {"at": "0001-01-01T00:00:00"},
        of_string(columns={"voltage_v": {"index": [-1], "value": [9.9]}}),
        of_string(columns={"voltage_v": {"index": [0], "value": [float("inf")]}}),
    ],
    ids=["time", "index", "infinite"],
)
async def test_an_engine_that_sent_what_cannot_be_is_followed_anew(
    hass: HomeAssistant,
    scripted: ScriptedEngine,
    loaded: list[MockConfigEntry],
    monkeypatch: pytest.MonkeyPatch,
    message: dict[str, Any],
) -> None:
    monkeypatch.setattr(live_module, "FIRST_RETRY_S", 0.3)
    await until_state(hass, CELL, "2.25")
    await scripted.tell_as_it_is(message)
    await until_state(hass, CELL, STATE_UNAVAILABLE)
    await until_state(hass, CELL, "2.25")
    changes = CellChanges(index=[0], value=[2.3])
    await scripted.tell([StringChanges(key=KEY, columns={Quantity.VOLTAGE: changes})])
    await until_state(hass, CELL, "2.3")


async def test_what_cannot_be_written_is_not_shown_any_more(
    hass: HomeAssistant,
    scripted: ScriptedEngine,
    loaded: list[MockConfigEntry],
    entity_registry: er.EntityRegistry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = entity_registry.async_get_entity_id("sensor", DOMAIN, f"{SITE_ID}/{KEY}/runaway")
    assert stage is not None
    await until_state(hass, stage, "none")
    cells = scripted.site.site.strings[0].cell_count
    # Nobody has given this number a name.
    await scripted.tell_as_it_is(of_string(codes={"runaway_stage": [[77, cells]]}))
    await until_state(hass, stage, STATE_UNAVAILABLE)
    assert "could not be written" in caplog.text
    await scripted.tell_as_it_is(of_string(codes={"runaway_stage": [[0, cells]]}))
    await until_state(hass, stage, "none")
    caplog.clear()


async def test_an_entry_that_follows_nothing_any_more_is_set_up_again(
    hass: HomeAssistant,
    scripted_entries: list[MockConfigEntry],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    run, breaks = LiveSite.run, asyncio.Event()

    async def run_until_it_breaks(live: LiveSite) -> None:
        following = asyncio.create_task(run(live))
        try:
            await breaks.wait()
        finally:
            following.cancel()
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(LiveSite, "run", run_until_it_breaks)
    site = scripted_entries[0]
    assert await hass.config_entries.async_setup(site.entry_id)
    await until_state(hass, CELL, "2.25")
    await until(lambda: all(each.state is ConfigEntryState.LOADED for each in scripted_entries))
    before = site.runtime_data.live
    monkeypatch.setattr(LiveSite, "run", run)
    breaks.set()
    await until(lambda: site.state is ConfigEntryState.LOADED and site.runtime_data.live != before)
    await until_state(hass, CELL, "2.25")
    assert "broken on purpose" in caplog.text
    caplog.clear()


async def test_an_engine_of_another_site_at_the_address_is_asked_again_later(
    hass: HomeAssistant, scripted: ScriptedEngine, scripted_site: MockConfigEntry
) -> None:
    scripted.site = scripted.site.model_copy(update={"site_id": "another"})
    assert not await hass.config_entries.async_setup(scripted_site.entry_id)
    assert scripted_site.state is ConfigEntryState.SETUP_RETRY
    assert scripted_site.error_reason_translation_key == "wrong_site"
