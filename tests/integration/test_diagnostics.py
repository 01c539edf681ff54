import json

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bacs.diagnostics import async_get_config_entry_diagnostics
from tests.integration.waiting import until


async def test_diagnostics_say_everything_except_secrets(
    hass: HomeAssistant,
    token: str,
    site_entry: MockConfigEntry,
    manager_entries: list[MockConfigEntry],
) -> None:
    assert await hass.config_entries.async_setup(site_entry.entry_id)
    await until(lambda: all(entry.state is ConfigEntryState.LOADED for entry in manager_entries))

    site = await async_get_config_entry_diagnostics(hass, site_entry)
    assert site["connected"] is True
    assert {line["id"] for line in site["lines"]} == {"managers", "modules"}
    manager = await async_get_config_entry_diagnostics(hass, manager_entries[0])
    assert len(manager["strings"]["ups-a/1"]["columns"]["voltage_v"]) == 12

    text = json.dumps([site, manager])
    assert token not in text

    assert await hass.config_entries.async_unload(site_entry.entry_id)
    without_site = await async_get_config_entry_diagnostics(hass, manager_entries[0])
    assert without_site["site_loaded"] is False
    assert without_site["strings"] == {}
