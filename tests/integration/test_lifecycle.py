"""Site and manager entries: set up, share, lose, find again, unload."""

from datetime import timedelta
from typing import Any

import pytest
from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.bacs.const import DOMAIN
from tests.integration.dialogs import type_in
from tests.integration.relay import Relay
from tests.integration.waiting import settled, until, until_state
from tests.processes import Engine

CELL = "sensor.ups_a_string_1_cell_07_voltage"
MANAGED_CELL = "sensor.telecom_string_cell_01_voltage"


async def set_up(
    hass: HomeAssistant, site: MockConfigEntry, managers: list[MockConfigEntry]
) -> None:
    # Setting up one entry of a domain sets up all of them.
    assert await hass.config_entries.async_setup(site.entry_id)
    await until(lambda: all(entry.state is ConfigEntryState.LOADED for entry in managers))
    await until(lambda: settled(hass, CELL) and settled(hass, MANAGED_CELL))


async def test_managers_are_offered_and_show_what_the_engine_publishes(
    hass: HomeAssistant, connection: dict[str, Any], engine: Engine, token: str
) -> None:
    result = await type_in(hass, connection)
    assert result["type"] == "create_entry"
    assert result["title"] == "Test room"
    await hass.async_block_till_done()

    await until(lambda: len(hass.config_entries.flow.async_progress_by_handler(DOMAIN)) == 2)
    for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN):
        assert flow["context"]["source"] == SOURCE_INTEGRATION_DISCOVERY
        done = await hass.config_entries.flow.async_configure(flow["flow_id"], {})
        assert done["type"] == "create_entry"
    await hass.async_block_till_done()
    await until(lambda: settled(hass, CELL) and settled(hass, MANAGED_CELL))

    def same_as_published(entity_id: str, key: str, index: int) -> bool:
        snapshot = engine.get("snapshot", token)
        string = next(string for string in snapshot["strings"] if string["key"] == key)
        state = hass.states.get(entity_id)
        assert state is not None
        return float(state.state) == pytest.approx(string["columns"]["voltage_v"][index])

    await until(lambda: same_as_published(CELL, "ups-a/1", 6))
    await until(lambda: same_as_published(MANAGED_CELL, "telecom/1", 0))


async def test_an_engine_that_starts_later_is_found(
    hass: HomeAssistant,
    engine: Engine,
    site_entry: MockConfigEntry,
    manager_entries: list[MockConfigEntry],
) -> None:
    engine.kill()
    assert not await hass.config_entries.async_setup(site_entry.entry_id)
    assert site_entry.state is ConfigEntryState.SETUP_RETRY
    assert all(entry.state is ConfigEntryState.SETUP_RETRY for entry in manager_entries)

    engine.start()
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=2))
    await until(lambda: site_entry.state is ConfigEntryState.LOADED)
    await until(lambda: settled(hass, CELL))


async def test_entities_of_a_killed_engine_are_unavailable_until_it_is_back(
    hass: HomeAssistant,
    engine: Engine,
    site_entry: MockConfigEntry,
    manager_entries: list[MockConfigEntry],
) -> None:
    await set_up(hass, site_entry, manager_entries)
    engine.kill()
    await until(lambda: all(state.state == STATE_UNAVAILABLE for state in hass.states.async_all()))
    engine.start()
    await until(lambda: settled(hass, CELL) and settled(hass, MANAGED_CELL))
    assert site_entry.state is ConfigEntryState.LOADED


async def test_a_cut_network_heals_by_itself(
    hass: HomeAssistant,
    relay: Relay,
    site_entry: MockConfigEntry,
    manager_entries: list[MockConfigEntry],
) -> None:
    hass.config_entries.async_update_entry(site_entry, data={**site_entry.data, "port": relay.port})
    await set_up(hass, site_entry, manager_entries)
    await relay.cut()
    await until_state(hass, CELL, STATE_UNAVAILABLE)
    await relay.open()
    await until(lambda: settled(hass, CELL))


async def test_all_managers_share_one_stream(
    hass: HomeAssistant,
    relay: Relay,
    site_entry: MockConfigEntry,
    manager_entries: list[MockConfigEntry],
) -> None:
    hass.config_entries.async_update_entry(site_entry, data={**site_entry.data, "port": relay.port})
    await set_up(hass, site_entry, manager_entries)
    assert relay.streams_open == 1

    assert await hass.config_entries.async_unload(site_entry.entry_id)
    await until(lambda: relay.streams_open == 0)


async def test_managers_are_unavailable_while_their_site_is_unloaded(
    hass: HomeAssistant, site_entry: MockConfigEntry, manager_entries: list[MockConfigEntry]
) -> None:
    await set_up(hass, site_entry, manager_entries)
    assert await hass.config_entries.async_unload(site_entry.entry_id)
    await until_state(hass, CELL, STATE_UNAVAILABLE)
    assert all(entry.state is ConfigEntryState.LOADED for entry in manager_entries)

    assert await hass.config_entries.async_setup(site_entry.entry_id)
    await until(lambda: settled(hass, CELL) and settled(hass, MANAGED_CELL))


async def test_a_manager_can_be_unloaded_and_loaded_alone(
    hass: HomeAssistant, site_entry: MockConfigEntry, manager_entries: list[MockConfigEntry]
) -> None:
    await set_up(hass, site_entry, manager_entries)
    assert await hass.config_entries.async_reload(manager_entries[0].entry_id)
    await until(lambda: settled(hass, CELL))

    assert await hass.config_entries.async_unload(manager_entries[0].entry_id)
    await until_state(hass, CELL, STATE_UNAVAILABLE)
    assert settled(hass, MANAGED_CELL)


async def test_a_revoked_token_asks_for_a_new_one(
    hass: HomeAssistant,
    engine: Engine,
    site_entry: MockConfigEntry,
    manager_entries: list[MockConfigEntry],
) -> None:
    hass.config_entries.async_update_entry(
        site_entry, data={**site_entry.data, "token": engine.add_token("soon-revoked")}
    )
    await set_up(hass, site_entry, manager_entries)
    engine.revoke_token("soon-revoked")
    await until(lambda: list(site_entry.async_get_active_flows(hass, {"reauth"})))
    await until_state(hass, CELL, STATE_UNAVAILABLE)

    (flow,) = site_entry.async_get_active_flows(hass, {"reauth"})
    wrong = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"token": "not a token"}
    )
    assert wrong["errors"] == {"base": "invalid_auth"}
    done = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"token": engine.add_token("new")}
    )
    assert done["reason"] == "reauth_successful"
    await until(lambda: settled(hass, CELL) and settled(hass, MANAGED_CELL))


async def test_removing_a_site_removes_its_managers_and_their_offers(
    hass: HomeAssistant, site_entry: MockConfigEntry, manager_entries: list[MockConfigEntry]
) -> None:
    await hass.config_entries.async_remove(manager_entries[0].entry_id)
    assert await hass.config_entries.async_setup(site_entry.entry_id)
    await until(lambda: hass.config_entries.flow.async_progress_by_handler(DOMAIN))

    await hass.config_entries.async_remove(site_entry.entry_id)
    await hass.async_block_till_done()
    assert hass.config_entries.async_entries(DOMAIN) == []
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []
