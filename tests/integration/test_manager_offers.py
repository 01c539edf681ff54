"""A manager that nobody has added is offered, also one that was removed."""

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bacs.const import DOMAIN
from tests.integration.scripted_engine import SITE_ID
from tests.integration.waiting import until


async def test_a_manager_that_was_removed_is_offered_again(
    hass: HomeAssistant, loaded: list[MockConfigEntry]
) -> None:
    flows = hass.config_entries.flow
    assert flows.async_progress_by_handler(DOMAIN) == []
    await hass.config_entries.async_remove(loaded[1].entry_id)
    await until(lambda: flows.async_progress_by_handler(DOMAIN))
    (offer,) = flows.async_progress_by_handler(DOMAIN)
    assert offer["context"]["source"] == SOURCE_INTEGRATION_DISCOVERY
    assert offer["context"]["unique_id"] == f"{SITE_ID}_ups-a"
