from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    get_system_health_info,
)

import bacs_core
from custom_components.bacs.const import DOMAIN
from tests.integration.scripted_engine import ScriptedEngine, alarm
from tests.integration.waiting import until_state


async def test_system_health_sums_up_all_sites(
    hass: HomeAssistant, alone: MockConfigEntry, scripted: ScriptedEngine
) -> None:
    assert await async_setup_component(hass, "system_health", {})
    await scripted.tell(alarms=[alarm()])
    await until_state(hass, "sensor.test_room_active_alarms", "1")
    assert await get_system_health_info(hass, DOMAIN) == {
        "library_version": bacs_core.__version__,
        "engine_versions": bacs_core.__version__,
        "sites": 1,
        "sites_connected": 1,
        "managers_online": 2,
        "cells": 7,
        "active_alarms": 1,
    }


async def test_system_health_without_a_site_says_so(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "system_health", {})
    assert await async_setup_component(hass, DOMAIN, {})
    told = await get_system_health_info(hass, DOMAIN)
    assert (told["engine_versions"], told["sites"], told["cells"]) == ("-", 0, 0)
