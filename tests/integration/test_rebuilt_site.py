"""A plant that is built differently after the engine was started again."""

from pathlib import Path
from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bacs import async_remove_config_entry_device
from custom_components.bacs.const import DOMAIN
from tests.integration.waiting import until
from tests.processes import HOST, Engine

ANOTHER_LINE = """
[[line]]
id = "spare"
port = "ports/spare"
baud = 9600
"""
ANOTHER_MANAGER = """
[[manager]]
id = "ups-b"
name = "UPS B"
device = "panel_manager"
line = "managers"
unit = 2

  [[manager.string]]
  number = 1
  name = "UPS B string 1"
  chemistry = "vrla"
  cells = 6
  cell_voltage = "2 V"
  capacity = "200 Ah"
  module_type = "C44"
"""


class Plant:
    """A site entry and the entry of its manager `ups-a`, on an engine of their own."""

    def __init__(self, hass: HomeAssistant, engine: Engine) -> None:
        self.hass = hass
        self.engine = engine
        self.token = engine.add_token("ha")
        self.site_id = str(engine.get("site", self.token)["site_id"])
        self.site = self._entry(
            self.site_id, {"host": HOST, "port": engine.port, "token": self.token}
        )
        self.manager = self._entry(
            f"{self.site_id}_ups-a", {"site_id": self.site_id, "manager_id": "ups-a"}
        )

    def _entry(self, unique_id: str, data: dict[str, Any]) -> MockConfigEntry:
        entry = MockConfigEntry(domain=DOMAIN, title=unique_id, unique_id=unique_id, data=data)
        entry.add_to_hass(self.hass)
        return entry

    async def load(self) -> None:
        assert await self.hass.config_entries.async_setup(self.site.entry_id)
        await until(lambda: self.manager.state is ConfigEntryState.LOADED)

    def rebuild(self, old: str, new: str) -> None:
        """Change the site file and start the engine again."""
        file: Path = self.engine.folder / "site.toml"
        text = file.read_text()
        assert old in text
        self.engine.stop()
        file.write_text(text.replace(old, new, 1))
        self.engine.start()

    def offered(self) -> set[str | None]:
        flows = self.hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        return {flow["context"].get("unique_id") for flow in flows}

    def cells(self) -> int:
        registry = dr.async_get(self.hass)
        return len(dr.async_child_entries_for_config_entry(registry, self.manager.entry_id))


@pytest.fixture
async def plant(hass: HomeAssistant, own_engine: Engine) -> Plant:
    plant = Plant(hass, own_engine)
    await plant.load()
    return plant


async def test_a_manager_that_comes_later_is_offered_too(plant: Plant) -> None:
    await until(lambda: plant.offered() == {f"{plant.site_id}_telecom"})
    plant.rebuild("[[manager]]", f"{ANOTHER_MANAGER}\n[[manager]]")
    await until(lambda: plant.offered() == {f"{plant.site_id}_telecom", f"{plant.site_id}_ups-b"})


async def test_a_line_that_comes_later_can_be_switched_on_too(
    plant: Plant, entity_registry: er.EntityRegistry
) -> None:
    plant.rebuild("[[manager]]", f"{ANOTHER_LINE}\n[[manager]]")
    name = f"{plant.site_id}/line/spare"
    await until(lambda: entity_registry.async_get_entity_id("binary_sensor", DOMAIN, name))


async def test_a_string_with_fewer_cells_loses_their_devices(plant: Plant) -> None:
    assert plant.cells() == 16
    plant.rebuild("cells = 12", "cells = 10")
    await until(lambda: plant.cells() == 14)
    await until(lambda: plant.manager.state is ConfigEntryState.LOADED)


async def test_a_manager_that_was_taken_away_waits_for_its_return(plant: Plant) -> None:
    plant.rebuild('id = "ups-a"', 'id = "ups-z"')
    await until(lambda: plant.manager.state is ConfigEntryState.SETUP_RETRY)
    assert plant.manager.error_reason_translation_key == "manager_gone"

    plant.rebuild('id = "ups-z"', 'id = "ups-a"')
    assert await plant.hass.config_entries.async_reload(plant.site.entry_id)
    await until(lambda: plant.manager.state is ConfigEntryState.LOADED)


async def test_values_of_another_site_at_the_same_address_are_not_shown(
    plant: Plant, caplog: pytest.LogCaptureFixture
) -> None:
    online = "binary_sensor.ups_a_connection"
    await until(lambda: _state(plant, online) == "off")
    plant.engine.stop()
    (plant.engine.folder / "state").rename(plant.engine.folder / "old state")
    plant.engine.start()
    # Another site has other tokens, so a person would now give one of its own.
    plant.hass.config_entries.async_update_entry(
        plant.site, data={**plant.site.data, "token": plant.engine.add_token("ha")}
    )
    assert not await plant.hass.config_entries.async_reload(plant.site.entry_id)
    assert plant.site.state is ConfigEntryState.SETUP_RETRY
    assert plant.site.error_reason_translation_key == "wrong_site"
    await until(lambda: _state(plant, online) == "unavailable")
    caplog.clear()


async def test_only_devices_that_are_gone_can_be_removed_by_hand(
    plant: Plant, device_registry: dr.DeviceRegistry
) -> None:
    present = device_registry.async_get_device_by_identifier(
        (DOMAIN, f"{plant.site_id}/ups-a/1"), plant.manager.entry_id
    )
    site = device_registry.async_get_device_by_identifier(
        (DOMAIN, plant.site_id), plant.site.entry_id
    )
    assert present is not None
    assert site is not None
    gone = device_registry.async_get_or_create(
        config_entry_id=plant.manager.entry_id, identifiers={(DOMAIN, "gone")}, name="Gone"
    )
    assert not await async_remove_config_entry_device(plant.hass, plant.manager, present)
    assert not await async_remove_config_entry_device(plant.hass, plant.site, site)
    assert await async_remove_config_entry_device(plant.hass, plant.manager, gone)


def _state(plant: Plant, entity_id: str) -> str | None:
    state = plant.hass.states.get(entity_id)
    return None if state is None else state.state
