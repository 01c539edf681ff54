"""The blueprints that come with the integration, run by Home Assistant."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.components.blueprint import models
from homeassistant.components.blueprint.schemas import BLUEPRINT_SCHEMA
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import load_yaml_dict
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

import custom_components.bacs
from bacs_core.model import AlarmSeverity
from tests.integration.scripted_engine import ScriptedEngine, alarm
from tests.integration.waiting import until

FOLDER = Path(custom_components.bacs.__file__).parents[2] / "blueprints/automation/bacs"
AUTOMATION = "automation"
FAN = "input_boolean.fan"
HYDROGEN, HEAT = "sensor.hydrogen", "sensor.heat"


async def use(hass: HomeAssistant, name: str, **inputs: Any) -> None:
    """Make an automation of a blueprint, as the frontend does."""
    blueprint = models.Blueprint(
        load_yaml_dict(FOLDER / name),
        expected_domain=AUTOMATION,
        path=name,
        schema=BLUEPRINT_SCHEMA,
    )
    with patch.object(models.DomainBlueprints, "_load_blueprint", return_value=blueprint):
        config = {"use_blueprint": {"path": name, "input": inputs}}
        assert await async_setup_component(hass, AUTOMATION, {AUTOMATION: config})
        await hass.async_block_till_done()
    assert hass.states.async_entity_ids(AUTOMATION)


async def test_an_alarm_is_notified_with_the_cell_named(
    hass: HomeAssistant, loaded: list[MockConfigEntry], scripted: ScriptedEngine
) -> None:
    sent: list[dict[str, Any]] = []

    async def note(call: ServiceCall) -> None:
        sent.append(dict(call.data))

    hass.services.async_register("notify", "persistent_notification", note)
    await use(
        hass,
        "notify_on_alarm.yaml",
        alarms=["event.ups_a_string_1_alarms", "event.test_room_alarms"],
    )
    gas = alarm("hydrogen_high", string_key=None, cell=None, accessory_id="room")
    await scripted.tell(alarms=[alarm(cell=2)])
    await until(lambda: len(sent) == 1)
    await scripted.tell(alarms=[gas])
    await until(lambda: len(sent) == 3)
    assert sent[0] == {
        "title": "Battery warning: UPS A string 1, cell 02",
        "message": "ups-a/1/2: cell_voltage_low",
    }
    assert {each["title"] for each in sent[1:]} == {
        "Battery warning is over: UPS A string 1, cell 02",
        "Battery warning",
    }


async def test_warnings_and_the_end_of_alarms_can_be_left_out(
    hass: HomeAssistant, loaded: list[MockConfigEntry], scripted: ScriptedEngine
) -> None:
    ran: list[ServiceCall] = []

    async def note(call: ServiceCall) -> None:
        ran.append(call)

    hass.services.async_register("test", "note", note)
    await use(
        hass,
        "notify_on_alarm.yaml",
        alarms=["event.ups_a_string_1_alarms"],
        severities=["alarm"],
        tell_when_over=False,
        message=[{"action": "test.note", "data": {"cell": "{{ cell }}"}}],
    )
    await scripted.tell(
        alarms=[alarm(cell=2), alarm("cell_hot", cell=3, severity=AlarmSeverity.ALARM)]
    )
    await until(lambda: len(ran) == 1)
    await scripted.tell(alarms=[])
    await hass.async_block_till_done()
    assert [call.data["cell"] for call in ran] == ["03"]


@pytest.fixture
async def room(hass: HomeAssistant) -> HomeAssistant:
    """A room with a fan, in which all is well."""
    await furnish(hass)
    return hass


async def furnish(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"fan": {}}})
    hass.states.async_set(HYDROGEN, "0.1")
    hass.states.async_set(HEAT, "21")
    await use(
        hass,
        "ventilate.yaml",
        fan={"entity_id": FAN},
        hydrogen=[HYDROGEN],
        temperature=[HEAT],
        run_on={"minutes": 10},
    )


async def pass_minutes(hass: HomeAssistant, minutes: int) -> None:
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=minutes))
    await hass.async_block_till_done()


async def fan_after(hass: HomeAssistant, entity_id: str, state: str) -> str:
    hass.states.async_set(entity_id, state)
    await hass.async_block_till_done()
    fan = hass.states.get(FAN)
    assert fan is not None
    return fan.state


async def test_the_fan_runs_on_hydrogen_or_heat_and_on_for_a_while(room: HomeAssistant) -> None:
    assert await fan_after(room, HYDROGEN, "0.5") == "off"
    assert await fan_after(room, HYDROGEN, "0.9") == "on"
    assert await fan_after(room, HYDROGEN, "0.2") == "on"
    assert await fan_after(room, HEAT, "22") == "on"
    await pass_minutes(room, 11)
    assert await fan_after(room, HEAT, "23") == "off"
    assert await fan_after(room, HEAT, "31") == "on"


async def test_heat_during_the_run_on_keeps_the_fan_on(room: HomeAssistant) -> None:
    assert await fan_after(room, HYDROGEN, "0.9") == "on"
    assert await fan_after(room, HYDROGEN, "0.2") == "on"
    assert await fan_after(room, HEAT, "35") == "on"
    await pass_minutes(room, 11)
    assert await fan_after(room, HEAT, "36") == "on"


async def test_the_fan_runs_while_no_sensor_tells_anything(room: HomeAssistant) -> None:
    assert await fan_after(room, HYDROGEN, "unavailable") == "off"
    assert await fan_after(room, HEAT, "unavailable") == "on"


async def test_after_a_restart_the_fan_runs_until_all_has_been_well_for_a_while(
    hass: HomeAssistant,
) -> None:
    hass.set_state(CoreState.starting)
    await furnish(hass)
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await until(lambda: hass.states.is_state(FAN, "on"))
    await pass_minutes(hass, 11)
    await until(lambda: hass.states.is_state(FAN, "off"))
