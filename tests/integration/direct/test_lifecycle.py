"""A manager without an engine over time: away, back, exchanged, moved, other limits."""

from typing import Any

import pytest
from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from bacs_core.api.client import CommandRefusedError
from bacs_core.api.live import Update, UpdateKind
from bacs_core.simulator.cabinet import SimulatedCabinet
from custom_components.bacs.config_flow import BacsConfigFlow
from custom_components.bacs.const import DOMAIN
from custom_components.bacs.diagnostics import async_get_config_entry_diagnostics
from custom_components.bacs.direct.polling import Poller
from custom_components.bacs.monitoring import direct_client
from tests.integration.waiting import settled, until, until_state
from tests.processes import HOST, free_port

CELL = "sensor.ups_a_string_1_cell_03_voltage"


async def set_up(hass: HomeAssistant, site: MockConfigEntry) -> MockConfigEntry:
    """Set up an entry and the manager that belongs to it; return that."""
    manager = MockConfigEntry(
        domain=DOMAIN,
        title="UPS A",
        unique_id=f"{site.unique_id}_manager",
        data={"site_id": site.unique_id, "manager_id": "manager"},
    )
    manager.add_to_hass(hass)
    assert await hass.config_entries.async_setup(site.entry_id)
    await until(lambda: manager.state is ConfigEntryState.LOADED)
    await until(lambda: settled(hass, CELL))
    return manager


def unavailable(hass: HomeAssistant) -> list[str]:
    """Name the entities without a value."""
    return [each.entity_id for each in hass.states.async_all() if each.state == STATE_UNAVAILABLE]


async def test_a_manager_that_goes_away_is_unavailable_until_it_is_back(
    hass: HomeAssistant, entry_on_lan: MockConfigEntry, managers: SimulatedCabinet
) -> None:
    await set_up(hass, entry_on_lan)
    # Nothing is promised that only an engine could tell.
    await until(lambda: not unavailable(hass))
    managers.ports["lan"].vanish(duration_s=3600.0)
    await until_state(hass, CELL, STATE_UNAVAILABLE)
    await until_state(hass, "binary_sensor.ups_a_connection", "off")
    managers.ports["lan"].vanish(duration_s=0.0)
    await until(lambda: settled(hass, CELL))
    assert entry_on_lan.state is ConfigEntryState.LOADED


async def test_an_entry_whose_manager_is_not_there_says_why_and_tries_again(
    hass: HomeAssistant, entry_on_lan: MockConfigEntry
) -> None:
    port = free_port()
    hass.config_entries.async_update_entry(entry_on_lan, data=entry_on_lan.data | {"port": port})
    assert not await hass.config_entries.async_setup(entry_on_lan.entry_id)
    assert entry_on_lan.state is ConfigEntryState.SETUP_RETRY
    assert entry_on_lan.error_reason_translation_key == "cannot_connect"
    assert str(port) in (entry_on_lan.reason or "")


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"serial_number": 5}, "not 5"), ({"battery": {"cells": [3]}}, "string")],
)
async def test_another_manager_in_its_place_is_not_believed(
    hass: HomeAssistant, entry_on_lan: MockConfigEntry, change: dict[str, Any], reason: str
) -> None:
    data = {**entry_on_lan.data, **change}
    data["battery"] = {**entry_on_lan.data["battery"], **change.get("battery", {})}
    hass.config_entries.async_update_entry(entry_on_lan, data=data)
    assert not await hass.config_entries.async_setup(entry_on_lan.entry_id)
    assert entry_on_lan.state is ConfigEntryState.SETUP_RETRY
    assert reason in (entry_on_lan.reason or "")


async def test_an_entry_that_makes_no_sense_any_more_is_refused(
    hass: HomeAssistant, entry_on_lan: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    data = {**entry_on_lan.data, "device_kind": "of another time"}
    hass.config_entries.async_update_entry(entry_on_lan, data=data)
    assert not await hass.config_entries.async_setup(entry_on_lan.entry_id)
    assert entry_on_lan.state is ConfigEntryState.SETUP_ERROR
    assert entry_on_lan.error_reason_translation_key == "not_possible"
    caplog.clear()


async def test_other_limits_count_at_once_and_wrong_ones_are_refused(
    hass: HomeAssistant, entry_on_lan: MockConfigEntry
) -> None:
    await set_up(hass, entry_on_lan)
    options = hass.config_entries.options
    form = await options.async_init(entry_on_lan.entry_id)
    wrong = await options.async_configure(form["flow_id"], {"voltage_low": 14.0})
    assert wrong["errors"] == {"base": "not_possible"}
    await options.async_configure(form["flow_id"], {"voltage_high": 14.6})

    def limit() -> float | None:
        info = entry_on_lan.runtime_data.live.info
        return None if info is None else info.site.strings[0].limits.voltage_high_v

    await until(lambda: entry_on_lan.state is ConfigEntryState.LOADED and limit() == 14.6)
    await until(lambda: settled(hass, CELL))


def test_a_site_with_an_engine_has_no_options_here() -> None:
    engine = MockConfigEntry(domain=DOMAIN, data={"host": HOST, "port": 1, "token": "secret"})
    assert not BacsConfigFlow.async_supports_options_flow(engine)


async def test_its_place_and_its_battery_can_be_changed_although_it_holds_the_port(
    hass: HomeAssistant,
    entry_on_wire: MockConfigEntry,
    on_wire: dict[str, Any],
    battery: dict[str, Any],
) -> None:
    await set_up(hass, entry_on_wire)
    flows = hass.config_entries.flow
    form = await entry_on_wire.start_reconfigure_flow(hass)
    assert form["step_id"] == "serial"
    elsewhere = on_wire | {"serial_port": "/dev/not-there"}
    gone = await flows.async_configure(form["flow_id"], elsewhere)
    assert gone["errors"] == {"base": "port_closed"}
    form = await flows.async_configure(form["flow_id"], on_wire)
    assert form["step_id"] == "battery", form
    done = await flows.async_configure(form["flow_id"], battery | {"capacity": 120.0})
    assert done["reason"] == "reconfigure_successful"
    assert entry_on_wire.data["battery"]["capacity"] == 120.0
    await until(lambda: settled(hass, CELL))


async def test_diagnostics_do_not_tell_how_an_agent_is_asked(
    hass: HomeAssistant, entry_on_lan: MockConfigEntry
) -> None:
    await set_up(hass, entry_on_lan)
    secrets = {"version": "2c", "community": "a secret of ours"}
    data = {**entry_on_lan.data, "snmp": secrets}
    hass.config_entries.async_update_entry(entry_on_lan, data=data)
    told = await async_get_config_entry_diagnostics(hass, entry_on_lan)
    assert told["entry"]["snmp"] == "**REDACTED**"
    assert "a secret of ours" not in str(told)


async def test_an_entry_cannot_become_that_of_another_manager(
    hass: HomeAssistant, entry_on_lan: MockConfigEntry, on_lan: dict[str, Any]
) -> None:
    data = {**entry_on_lan.data, "serial_number": 5}
    hass.config_entries.async_update_entry(entry_on_lan, data=data)
    form = await entry_on_lan.start_reconfigure_flow(hass)
    done = await hass.config_entries.flow.async_configure(form["flow_id"], on_lan)
    assert done["reason"] == "wrong_manager"
    await hass.async_block_till_done()


async def test_a_manager_that_was_removed_alone_is_offered_again(
    hass: HomeAssistant, entry_on_lan: MockConfigEntry
) -> None:
    manager = await set_up(hass, entry_on_lan)
    await hass.config_entries.async_remove(manager.entry_id)
    assert await hass.config_entries.async_reload(entry_on_lan.entry_id)
    await until(lambda: hass.config_entries.flow.async_progress_by_handler(DOMAIN))
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_INTEGRATION_DISCOVERY


async def test_polling_that_fails_is_told_and_nothing_is_shown(
    hass: HomeAssistant,
    entry_on_lan: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fails(_poller: Poller) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(Poller, "run", fails)
    assert not await hass.config_entries.async_setup(entry_on_lan.entry_id)
    assert entry_on_lan.state is ConfigEntryState.SETUP_RETRY
    assert "broken on purpose" in caplog.text
    caplog.clear()


async def test_raw_values_come_for_the_strings_that_are_watched(
    hass: HomeAssistant, entry_on_lan: MockConfigEntry
) -> None:
    await set_up(hass, entry_on_lan)
    live = entry_on_lan.runtime_data.live
    changes: list[Update] = []
    stop = live.listen(changes.append)
    await live.watch_raw(["manager/1"])
    # The noise of a measurement stays within the dead band, and is told all the same.
    await until(lambda: any("manager/1" in update.strings for update in changes))
    assert all(update.kind is UpdateKind.CHANGES for update in changes)
    stop()


async def test_nothing_is_ever_ordered_without_an_engine(
    hass: HomeAssistant, entry_on_lan: MockConfigEntry
) -> None:
    client = await direct_client(hass, "site", entry_on_lan.data, {})
    for ask in (client.system, client.rules, client.snapshot):
        with pytest.raises(CommandRefusedError) as refused:
            await ask()
        assert refused.value.code == "not_offered"
    with pytest.raises(CommandRefusedError):
        client.download("history/samples.csv", {})
