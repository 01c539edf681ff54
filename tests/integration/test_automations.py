"""Own triggers, conditions and device triggers, used by real automations."""

from typing import Any

import pytest
from homeassistant.components.device_automation import (
    DeviceAutomationType,
    async_get_device_automations,
)
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from bacs_core.model import AlarmState
from custom_components.bacs.alarm_events import AlarmEventType
from custom_components.bacs.const import DOMAIN
from tests.integration.scripted_engine import ScriptedEngine, alarm
from tests.integration.test_actions import device
from tests.integration.waiting import until, until_state

PROBLEM = "binary_sensor.ups_a_string_1_problem"
CELL_PROBLEM = "binary_sensor.ups_a_string_1_cell_02_problem"
EVENTS = "event.ups_a_string_1_alarms"


@pytest.fixture
def noted(hass: HomeAssistant) -> list[dict[str, Any]]:
    """What the automations under test tell."""
    noted: list[dict[str, Any]] = []

    async def note(call: ServiceCall) -> None:
        noted.append(dict(call.data))

    hass.services.async_register("test", "note", note)
    return noted


async def automate(hass: HomeAssistant, *rows: dict[str, Any]) -> None:
    config = [{"alias": str(number), **row} for number, row in enumerate(rows)]
    assert await async_setup_component(hass, "automation", {"automation": config})
    await hass.async_block_till_done()


def note(**data: str) -> dict[str, Any]:
    return {"action": "test.note", "data": data}


async def test_own_triggers_and_conditions_follow_the_alarms_of_a_place(
    hass: HomeAssistant,
    loaded: list[MockConfigEntry],
    scripted: ScriptedEngine,
    noted: list[dict[str, Any]],
) -> None:
    hass.states.async_set("binary_sensor.somebody_elses", "off", {"device_class": "problem"})
    targets = {"entity_id": [PROBLEM, "binary_sensor.somebody_elses"]}

    def row(trigger: str, condition: str) -> dict[str, Any]:
        return {
            "triggers": [{"trigger": f"{DOMAIN}.{trigger}", "target": targets}],
            "conditions": [
                {
                    "condition": f"{DOMAIN}.{condition}",
                    "target": {"entity_id": CELL_PROBLEM},
                    "options": {"behavior": "any"},
                }
            ],
            "actions": [note(trigger=trigger, entity="{{ trigger.entity_id }}")],
        }

    await automate(
        hass,
        row("alarm_became_active", "alarm_is_active"),
        row("alarm_became_active", "alarm_is_not_active"),
        row("alarm_no_longer_active", "alarm_is_not_active"),
    )
    hass.states.async_set("binary_sensor.somebody_elses", "on", {"device_class": "problem"})
    await scripted.tell(alarms=[alarm(cell=2)])
    await until(lambda: len(noted) == 1)
    await scripted.tell(alarms=[])
    await until(lambda: len(noted) == 2)
    assert noted == [
        {"trigger": "alarm_became_active", "entity": PROBLEM},
        {"trigger": "alarm_no_longer_active", "entity": PROBLEM},
    ]


async def test_a_string_a_cell_and_a_site_have_device_triggers_and_a_manager_has_none(
    hass: HomeAssistant, loaded: list[MockConfigEntry]
) -> None:
    assert await async_setup_component(hass, "device_automation", {})
    types = {f"alarm_{type_}" for type_ in AlarmEventType}
    for place, expected in (
        ("", types),
        ("ups-a/1", types),
        ("ups-a/1/2", types),
        ("ups-a", set()),
        ("accessory/box", set()),
    ):
        offered = await async_get_device_automations(
            hass, DeviceAutomationType.TRIGGER, [device(hass, place)]
        )
        ours = {
            each["type"]
            for triggers in offered.values()
            for each in triggers
            if each["domain"] == DOMAIN
        }
        assert ours == expected, place


async def test_a_device_trigger_names_the_cell_and_that_of_a_cell_hears_no_other(
    hass: HomeAssistant,
    loaded: list[MockConfigEntry],
    scripted: ScriptedEngine,
    noted: list[dict[str, Any]],
) -> None:
    def row(place: str, type_: str) -> dict[str, Any]:
        return {
            "triggers": [
                {
                    "trigger": "device",
                    "domain": DOMAIN,
                    "device_id": device(hass, place),
                    "type": type_,
                }
            ],
            "actions": [
                note(
                    place=place,
                    cell="{{ trigger.to_state.attributes.cell }}",
                    reason="{{ trigger.description }}",
                )
            ],
        }

    await automate(
        hass,
        row("ups-a/1", "alarm_raised"),
        row("ups-a/1/3", "alarm_raised"),
        row("ups-a/1", "alarm_cleared"),
    )
    await scripted.tell(alarms=[alarm(cell=2)])
    await until(lambda: len(noted) == 1)
    await scripted.tell(alarms=[alarm(cell=3), alarm(cell=2, state=AlarmState.ACKNOWLEDGED)])
    await until(lambda: len(noted) == 3)
    reason = "ups-a/1/3: cell_voltage_low"
    assert noted[0] == {"place": "ups-a/1", "cell": 2, "reason": "ups-a/1/2: cell_voltage_low"}
    assert {(each["place"], each["cell"], each["reason"]) for each in noted[1:]} == {
        ("ups-a/1", 3, reason),
        ("ups-a/1/3", 3, reason),
    }
    # An entity that comes back shows its last event again, which is none.
    await scripted.stop()
    await until_state(hass, EVENTS, STATE_UNAVAILABLE)
    await scripted.start()
    await until(lambda: getattr(hass.states.get(EVENTS), "state", "") != STATE_UNAVAILABLE)
    assert len(noted) == 3


async def test_a_new_name_of_the_event_entity_is_no_event(
    hass: HomeAssistant,
    loaded: list[MockConfigEntry],
    scripted: ScriptedEngine,
    noted: list[dict[str, Any]],
    entity_registry: er.EntityRegistry,
) -> None:
    trigger = {
        "trigger": "device",
        "domain": DOMAIN,
        "device_id": device(hass, "ups-a/1"),
        "type": "alarm_raised",
    }
    await automate(hass, {"triggers": [trigger], "actions": [note(told="yes")]})
    await scripted.tell(alarms=[alarm(cell=2)])
    await until(lambda: len(noted) == 1)
    entity_registry.async_update_entity(EVENTS, name="Another name")
    await until(lambda: getattr(hass.states.get(EVENTS), "name", "").endswith("Another name"))
    await hass.async_block_till_done()
    assert len(noted) == 1


async def test_a_device_trigger_needs_a_device_with_alarms_of_its_own(
    hass: HomeAssistant,
    loaded: list[MockConfigEntry],
    caplog: pytest.LogCaptureFixture,
    device_registry: dr.DeviceRegistry,
) -> None:
    trigger = {
        "trigger": "device",
        "domain": DOMAIN,
        "device_id": device(hass, "ups-a"),
        "type": "alarm_raised",
    }
    await automate(hass, {"triggers": [trigger], "actions": []})
    assert "no alarms of its own" in caplog.text
    caplog.clear()
