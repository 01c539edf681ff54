"""The blueprints that come with the integration, run by Home Assistant."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.automation import EVENT_AUTOMATION_RELOADED
from homeassistant.components.blueprint import models
from homeassistant.components.blueprint.schemas import BLUEPRINT_SCHEMA
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
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
AUTOMATION, RULE = "automation", "automation.automation_0"
#: Of the event loop; a run needs a few from one of its steps to the next.
TURNS = 50
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


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        (
            "notify_on_alarm.yaml",
            [
                "Battery warning: UPS A string 1, cell 02",
                "Battery warning is over: UPS A string 1, cell 02",
                "Battery warning",
            ],
        ),
        (
            "notify_on_alarm.de.yaml",
            [
                "Batteriewarnung: UPS A string 1, Zelle 02",
                "Batteriewarnung vorbei: UPS A string 1, Zelle 02",
                "Batteriewarnung",
            ],
        ),
    ],
)
async def test_an_alarm_is_notified_with_the_cell_named(
    hass: HomeAssistant,
    loaded: list[MockConfigEntry],
    scripted: ScriptedEngine,
    name: str,
    titles: list[str],
) -> None:
    sent: list[dict[str, Any]] = []

    async def note(call: ServiceCall) -> None:
        sent.append(dict(call.data))

    hass.services.async_register("notify", "persistent_notification", note)
    await use(hass, name, alarms=["event.ups_a_string_1_alarms", "event.test_room_alarms"])
    gas = alarm("hydrogen_high", string_key=None, cell=None, accessory_id="room")
    await scripted.tell(alarms=[alarm(cell=2)])
    await until(lambda: len(sent) == 1)
    await scripted.tell(alarms=[gas])
    await until(lambda: len(sent) == 3)
    assert sent[0] == {"title": titles[0], "message": "ups-a/1/2: cell_voltage_low"}
    assert {each["title"] for each in sent[1:]} == set(titles[1:])


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


async def test_of_a_burst_the_worst_are_told_one_by_one_and_the_others_by_one_message(
    hass: HomeAssistant, loaded: list[MockConfigEntry], scripted: ScriptedEngine
) -> None:
    sent: list[tuple[str, str]] = []

    async def note(call: ServiceCall) -> None:
        # Slower than the alarms come, as a phone is.
        await asyncio.sleep(0.01)
        sent.append((call.data["title"], call.data["message"]))

    hass.services.async_register("notify", "persistent_notification", note)
    await use(
        hass,
        "notify_on_alarm.yaml",
        alarms=["event.ups_a_string_1_alarms"],
        tell_when_over=False,
        one_by_one=3.0,
    )
    warnings = [alarm(f"rule_{number:03}") for number in range(128)]
    worst = alarm("cell_hot", cell=3, severity=AlarmSeverity.ALARM)
    await scripted.tell(alarms=[*warnings, worst])
    await until(lambda: len(sent) == 5)
    await scripted.tell(alarms=[])
    await scripted.tell(alarms=[alarm(cell=4)])
    await until(lambda: len(sent) == 6)
    assert [title for title, _ in sent] == [
        "Battery alarm: UPS A string 1, cell 03",
        *["Battery warning: UPS A string 1, cell 02"] * 3,
        "Battery warning: UPS A string 1, 125 more",
        "Battery warning: UPS A string 1, cell 04",
    ]
    assert sent[4][1] == "One of them: ups-a/1/2: rule_127"


@pytest.fixture
async def bare_room(hass: HomeAssistant) -> AsyncIterator[HomeAssistant]:
    """A room that the test furnishes; what looks each minute ends with it."""
    yield hass
    await hass.services.async_call(AUTOMATION, "turn_off", {"entity_id": RULE}, blocking=True)


@pytest.fixture
async def room(bare_room: HomeAssistant) -> HomeAssistant:
    """A room with a fan, in which all is well."""
    await furnish(bare_room)
    return bare_room


async def furnish(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"fan": {}}})
    hass.states.async_set(HYDROGEN, "0.1")
    hass.states.async_set(HEAT, "21", {"unit_of_measurement": "°C"})
    await use(
        hass,
        "ventilate.yaml",
        fan=[FAN],
        hydrogen=[HYDROGEN],
        temperature=[HEAT],
        run_on={"minutes": 10},
    )


class Minutes:
    """Lets minutes pass, one by one, with all that they set off."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        self._hass = hass
        self._freezer = freezer

    async def __call__(self, minutes: int) -> None:
        for _ in range(minutes):
            # First all runs have to wait for the time that is to pass.
            for _ in range(TURNS):
                await asyncio.sleep(0)
            self._freezer.tick(timedelta(minutes=1))
            async_fire_time_changed(self._hass)
        for _ in range(TURNS):
            await asyncio.sleep(0)


@pytest.fixture
def minutes(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Minutes:
    """The time of the room."""
    return Minutes(hass, freezer)


async def fan_after(hass: HomeAssistant, entity_id: str, state: str, **attributes: str) -> str:
    hass.states.async_set(entity_id, state, attributes)
    for _ in range(TURNS):
        await asyncio.sleep(0)
    return fan(hass)


def fan(hass: HomeAssistant) -> str:
    state = hass.states.get(FAN)
    assert state is not None
    return state.state


async def order_fan(hass: HomeAssistant, order: str) -> None:
    await hass.services.async_call("input_boolean", order, {"entity_id": FAN}, blocking=True)
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def test_the_fan_runs_on_hydrogen_or_heat_and_on_for_a_while(
    room: HomeAssistant, minutes: Minutes
) -> None:
    assert await fan_after(room, HYDROGEN, "0.5") == "off"
    assert await fan_after(room, HYDROGEN, "0.9") == "on"
    await minutes(13)
    assert await fan_after(room, HYDROGEN, "0.2") == "on"
    assert await fan_after(room, HEAT, "22") == "on"
    await minutes(9)
    assert fan(room) == "on"
    await minutes(3)
    assert await fan_after(room, HEAT, "23") == "off"
    assert await fan_after(room, HEAT, "31") == "on"


async def test_heat_during_the_run_on_keeps_the_fan_on(
    room: HomeAssistant, minutes: Minutes
) -> None:
    assert await fan_after(room, HYDROGEN, "0.9") == "on"
    assert await fan_after(room, HYDROGEN, "0.2") == "on"
    assert await fan_after(room, HEAT, "35") == "on"
    await minutes(15)
    assert await fan_after(room, HEAT, "36") == "on"


@pytest.mark.parametrize(
    ("lost", "told"), [(HYDROGEN, "unavailable"), (HEAT, "unknown"), (HYDROGEN, "nan")]
)
async def test_the_fan_runs_while_any_sensor_tells_nothing(
    room: HomeAssistant, minutes: Minutes, lost: str, told: str
) -> None:
    assert await fan_after(room, HYDROGEN, "2.0") == "on"
    await fan_after(room, lost, told)
    await fan_after(room, HEAT if lost == HYDROGEN else HYDROGEN, "0.1")
    await minutes(13)
    assert fan(room) == "on"


async def test_a_fan_that_is_switched_off_while_it_is_needed_comes_on_again(
    room: HomeAssistant,
) -> None:
    assert await fan_after(room, HYDROGEN, "2.0") == "on"
    await order_fan(room, "turn_off")
    assert fan(room) == "on"


async def test_a_fan_that_could_not_be_reached_comes_on_as_soon_as_it_is_back(
    room: HomeAssistant,
) -> None:
    await fan_after(room, FAN, "unavailable")
    await fan_after(room, HYDROGEN, "2.0")
    assert await fan_after(room, FAN, "off") == "on"


async def test_an_order_that_was_lost_is_given_again_within_a_minute(
    room: HomeAssistant, minutes: Minutes, caplog: pytest.LogCaptureFixture
) -> None:
    lost: list[ServiceCall] = []

    async def lose(call: ServiceCall) -> None:
        lost.append(call)
        raise HomeAssistantError

    works = room.services.async_services_for_domain("input_boolean")["turn_on"]
    room.services.async_register("input_boolean", "turn_on", lose)
    assert await fan_after(room, HYDROGEN, "2.0") == "off"
    await minutes(1)
    assert (fan(room), len(lost)) == ("off", 2)
    assert "Error executing script" in caplog.text
    caplog.clear()
    room.services.async_register("input_boolean", "turn_on", works.job.target)
    await minutes(1)
    assert fan(room) == "on"


async def test_the_fan_comes_on_after_a_reload_of_the_automations_while_it_is_needed(
    room: HomeAssistant, minutes: Minutes
) -> None:
    await fan_after(room, HYDROGEN, "2.0")
    await room.services.async_call(AUTOMATION, "turn_off", {"entity_id": RULE}, blocking=True)
    await order_fan(room, "turn_off")
    await room.services.async_call(AUTOMATION, "turn_on", {"entity_id": RULE}, blocking=True)
    await minutes(1)
    assert fan(room) == "on"


async def test_a_reload_during_the_run_on_does_not_leave_the_fan_on_for_ever(
    room: HomeAssistant, minutes: Minutes
) -> None:
    await fan_after(room, HYDROGEN, "2.0")
    await room.services.async_call(AUTOMATION, "turn_off", {"entity_id": RULE}, blocking=True)
    await fan_after(room, HYDROGEN, "0.1")
    await room.services.async_call(AUTOMATION, "turn_on", {"entity_id": RULE}, blocking=True)
    room.bus.async_fire(EVENT_AUTOMATION_RELOADED)
    await minutes(5)
    assert fan(room) == "on"
    await minutes(7)
    assert fan(room) == "off"


async def test_a_reload_or_a_fan_that_comes_back_starts_no_fan_that_is_off(
    room: HomeAssistant, minutes: Minutes
) -> None:
    room.bus.async_fire(EVENT_AUTOMATION_RELOADED)
    await fan_after(room, FAN, "unavailable")
    assert await fan_after(room, FAN, "off") == "off"
    await minutes(2)
    assert fan(room) == "off"


@pytest.mark.parametrize(("fahrenheit", "expected"), [("85", "off"), ("87", "on")])
async def test_the_limit_of_temperature_is_in_celsius_whatever_the_sensor_shows(
    room: HomeAssistant, fahrenheit: str, expected: str
) -> None:
    assert await fan_after(room, HEAT, fahrenheit, unit_of_measurement="°F") == expected


async def test_after_a_restart_the_fan_runs_until_all_has_been_well_for_a_while(
    bare_room: HomeAssistant, minutes: Minutes
) -> None:
    bare_room.set_state(CoreState.starting)
    await furnish(bare_room)
    bare_room.set_state(CoreState.running)
    bare_room.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await minutes(1)
    assert fan(bare_room) == "on"
    await minutes(12)
    assert fan(bare_room) == "off"
