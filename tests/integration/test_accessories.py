"""Relay boxes and environment sensors as devices of their own, and the annunciation of the site."""

import pytest
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from pytest_homeassistant_custom_component.common import MockConfigEntry

from bacs_core.api.messages import AccessoryStatus, Annunciation, Measured, Problem
from bacs_core.model import Role
from custom_components.bacs.const import DOMAIN
from custom_components.bacs.plant_readings import led
from custom_components.bacs.readings import UNAVAILABLE, Shown, look
from tests.integration.mirrors import MirroredSite
from tests.integration.scripted_engine import SITE_ID, ScriptedEngine, alarm
from tests.integration.waiting import until, until_state

HORN = "switch.relay_box_horn"
BREAKER = "binary_sensor.relay_box_breaker"


def box(**changes: object) -> AccessoryStatus:
    told = {"id": "box", "online": True, "inputs": [False, True], "relays": [False] * 4}
    return AccessoryStatus.model_validate(told | changes)


def room(**values: float) -> AccessoryStatus:
    measured = {name: Measured(value=value, read_at=0) for name, value in values.items()}
    return AccessoryStatus.model_validate({"id": "room", "online": True} | measured)


async def test_accessories_are_devices_below_their_site(
    hass: HomeAssistant, alone: MockConfigEntry, device_registry: dr.DeviceRegistry
) -> None:
    entry_id = alone.entry_id
    site = device_registry.async_get_device_by_identifier((DOMAIN, SITE_ID), entry_id)
    relay_box = device_registry.async_get_device_by_identifier(
        (DOMAIN, f"{SITE_ID}/accessory/box"), entry_id
    )
    assert site is not None
    assert relay_box is not None
    assert (relay_box.name, relay_box.serial_number) == ("Relay box", "9")
    assert relay_box.via_device_id == site.id


async def test_a_german_home_assistant_reads_german(
    hass: HomeAssistant,
    alone: MockConfigEntry,
    scripted: ScriptedEngine,
    device_registry: dr.DeviceRegistry,
) -> None:
    hass.config.language = "de"
    assert await hass.config_entries.async_reload(alone.entry_id)
    relay_box = device_registry.async_get_device_by_identifier(
        (DOMAIN, f"{SITE_ID}/accessory/box"), alone.entry_id
    )
    assert relay_box is not None
    assert relay_box.model == "Relaisbox"
    silent = alarm("accessory_silent", string_key=None, cell=None, accessory_id="box", note="Box")
    await scripted.tell(alarms=[silent])
    await until_state(hass, "binary_sensor.test_room_alarm", "on")
    reason = "Test room: Box antwortet nicht oder wird nicht geglaubt"
    state = hass.states.get("binary_sensor.test_room_alarm")
    assert state is not None
    assert state.attributes["reasons"] == [reason]
    issues = [issue for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN]
    told = [issue.translation_placeholders for issue in issues]
    assert told == [{"site": "Test room", "reason": reason}]


async def test_only_a_released_relay_can_be_switched_and_never_a_breaker(
    hass: HomeAssistant, alone: MockConfigEntry, scripted: ScriptedEngine
) -> None:
    assert hass.states.async_entity_ids("switch") == [HORN]
    breaker = hass.states.get(BREAKER)
    assert breaker is not None
    assert breaker.attributes["trips"] == ["telecom/1"]
    alarm_relay = hass.states.get("binary_sensor.relay_box_all_is_well")
    assert alarm_relay is not None
    assert alarm_relay.attributes["alarm_relay"] is True

    await hass.services.async_call("switch", "turn_on", {"entity_id": HORN}, blocking=True)
    await hass.services.async_call("switch", "turn_off", {"entity_id": HORN}, blocking=True)
    order = {"command": "switch_relay", "device_id": "box", "relay": 1}
    assert scripted.commands == [order | {"closed": True}, order | {"closed": False}]
    # What is shown is the contact, not the order.
    await until_state(hass, HORN, "off")
    await scripted.tell(accessories=[box(relays=[True, False, True, False]), room()])
    await until_state(hass, HORN, "on")
    await until_state(hass, "binary_sensor.relay_box_smoke", "on")


async def test_a_refusal_of_the_engine_is_told_in_words(
    hass: HomeAssistant, alone: MockConfigEntry, scripted: ScriptedEngine
) -> None:
    scripted.refusal = Problem(code="not_released", reason="relay 1 is not released")
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call("switch", "turn_on", {"entity_id": HORN}, blocking=True)
    assert refused.value.translation_key == "refused_not_released"


async def test_a_viewer_sees_the_relay_but_has_no_switch(
    hass: HomeAssistant, scripted: ScriptedEngine, scripted_site: MockConfigEntry
) -> None:
    scripted.role = Role.VIEWER
    assert await hass.config_entries.async_setup(scripted_site.entry_id)
    await until_state(hass, "binary_sensor.relay_box_horn", "off")
    assert hass.states.async_entity_ids("switch") == []


async def test_with_another_role_the_relay_changes_its_kind_and_who_misses_the_switch_is_told(
    hass: HomeAssistant,
    alone: MockConfigEntry,
    scripted: ScriptedEngine,
    entity_registry: er.EntityRegistry,
    issue_registry: ir.IssueRegistry,
) -> None:
    as_sensor = "binary_sensor.relay_box_horn"
    scripted.role = Role.VIEWER
    assert await hass.config_entries.async_reload(alone.entry_id)
    await until_state(hass, as_sensor, "off")
    assert entity_registry.async_get(HORN) is None
    assert hass.states.get(HORN) is None
    issue = issue_registry.async_get_issue(DOMAIN, f"{SITE_ID}/role_fell")
    assert issue is not None
    assert issue.translation_placeholders == {
        "site": "Test room",
        "role": "viewer",
        "relays": f"Relay box Horn ({HORN})",
    }
    scripted.role = Role.OPERATOR
    assert await hass.config_entries.async_reload(alone.entry_id)
    await until_state(hass, HORN, "off")
    assert entity_registry.async_get(as_sensor) is None
    assert issue_registry.async_get_issue(DOMAIN, f"{SITE_ID}/role_fell") is None


async def test_a_relay_that_is_no_longer_released_is_no_switch_and_nobody_is_blamed(
    hass: HomeAssistant,
    alone: MockConfigEntry,
    scripted: ScriptedEngine,
    entity_registry: er.EntityRegistry,
    issue_registry: ir.IssueRegistry,
) -> None:
    box, *others = scripted.site.accessories
    kept = box.model_copy(update={"released": []})
    scripted.site = scripted.site.model_copy(update={"accessories": [kept, *others]})
    assert await hass.config_entries.async_reload(alone.entry_id)
    await until_state(hass, "binary_sensor.relay_box_horn", "off")
    assert entity_registry.async_get(HORN) is None
    assert issue_registry.issues == {}


async def test_a_site_that_is_removed_leaves_no_warning_of_its_role(
    hass: HomeAssistant,
    alone: MockConfigEntry,
    scripted: ScriptedEngine,
    issue_registry: ir.IssueRegistry,
) -> None:
    scripted.role = Role.VIEWER
    assert await hass.config_entries.async_reload(alone.entry_id)
    assert len(issue_registry.issues) == 1
    await hass.config_entries.async_remove(alone.entry_id)
    assert issue_registry.issues == {}


async def test_a_contact_without_a_name_is_there_to_be_switched_on(
    alone: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    entity_id = entity_registry.async_get_entity_id(
        "binary_sensor", DOMAIN, f"{SITE_ID}/accessory/box/relay/4"
    )
    assert entity_id is not None
    entry = entity_registry.async_get(entity_id)
    assert entry is not None
    assert entry.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert entry.original_name == "Relay 4"


async def test_what_an_environment_sensor_measures_appears_with_its_first_value(
    hass: HomeAssistant, alone: MockConfigEntry, scripted: ScriptedEngine
) -> None:
    await until_state(hass, "sensor.battery_room_hydrogen", "0.1")
    assert hass.states.get("sensor.battery_room_temperature") is None
    await scripted.tell(accessories=[box(), room(hydrogen_percent=0.2, temperature_c=21.5)])
    await until_state(hass, "sensor.battery_room_temperature", "21.5")
    await until_state(hass, "sensor.battery_room_hydrogen", "0.2")
    assert hass.states.get("sensor.battery_room_humidity") is None
    # Known from then on, also where nothing is measured at the start.
    scripted.accessories = [box(), room()]
    assert await hass.config_entries.async_reload(alone.entry_id)
    await until_state(hass, "sensor.battery_room_temperature", "unknown")


async def test_an_accessory_that_does_not_answer_tells_nothing_but_its_problem(
    hass: HomeAssistant, alone: MockConfigEntry, scripted: ScriptedEngine
) -> None:
    silent = room().model_copy(update={"online": False, "problem": "has not answered yet"})
    lost = alarm("accessory_silent", string_key=None, cell=None, accessory_id="room")
    await scripted.tell(accessories=[box(), silent], alarms=[lost])
    await until_state(hass, "binary_sensor.battery_room_connection", "off")
    await until_state(hass, "sensor.battery_room_hydrogen", STATE_UNAVAILABLE)
    await until_state(hass, "binary_sensor.battery_room_problem", "on")
    await until_state(hass, "binary_sensor.relay_box_problem", "off")
    state = hass.states.get("binary_sensor.battery_room_connection")
    assert state is not None
    assert state.attributes["reason"] == "has not answered yet"


async def test_the_buzzer_of_the_site_is_shown(
    hass: HomeAssistant, alone: MockConfigEntry, scripted: ScriptedEngine
) -> None:
    await until_state(hass, "binary_sensor.test_room_buzzer", "off")
    loud = Annunciation(sounding=True, muted=False, led="red_blinking")
    await scripted.tell(annunciation=loud)
    await until_state(hass, "binary_sensor.test_room_buzzer", "on")


def test_an_led_is_known_by_its_colour_and_a_new_word_is_none() -> None:
    site = MirroredSite()
    assert led(look(site.live)) == UNAVAILABLE
    for colour, value in (("red_blinking", "red_blinking"), ("ultraviolet", None)):
        site.publish(annunciation=Annunciation(sounding=False, muted=False, led=colour))
        assert led(look(site.live)) == Shown(available=True, value=value)


async def test_an_accessory_that_the_site_no_longer_has_is_removed(
    hass: HomeAssistant,
    alone: MockConfigEntry,
    scripted: ScriptedEngine,
    device_registry: dr.DeviceRegistry,
) -> None:
    await scripted.stop()
    scripted.site = scripted.site.model_copy(
        update={"accessories": scripted.site.accessories[:1], "lines": []}
    )
    await scripted.start()

    def there() -> set[str | None]:
        devices = dr.async_entries_for_config_entry(device_registry, alone.entry_id)
        return {device.name for device in devices}

    await until(lambda: there() == {"Test room", "Relay box"})
