"""What a cell, a string, a manager and the site show, and as which devices."""

from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from bacs_core.simulator.control import SimulatorControl
from bacs_core.simulator.faults import FaultKind
from custom_components.bacs.const import DOMAIN
from tests.integration.waiting import settled, until, until_state
from tests.processes import Engine

ENABLED_PER_CELL = {"voltage", "temperature", "resistance", "charge", "problem"}
DISABLED_PER_CELL = {"duty", "status", "health", "bled"}


@pytest.fixture
async def managers(
    hass: HomeAssistant, site_entry: MockConfigEntry, manager_entries: list[MockConfigEntry]
) -> list[MockConfigEntry]:
    """Both managers, with values in all cells."""
    assert await hass.config_entries.async_setup(site_entry.entry_id)
    await until(lambda: all(entry.state is ConfigEntryState.LOADED for entry in manager_entries))
    await until(
        lambda: all(
            settled(hass, state.entity_id)
            for state in hass.states.async_all("sensor")
            if state.entity_id.endswith("_voltage")
        )
    )
    return manager_entries


def state_of(hass: HomeAssistant, entity_id: str) -> State:
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return state


def published(engine: Engine, token: str, key: str) -> dict[str, Any]:
    strings = engine.get("snapshot", token)["strings"]
    return next(string for string in strings if string["key"] == key)


async def test_a_cell_has_five_entities_and_four_more_to_switch_on(
    hass: HomeAssistant,
    managers: list[MockConfigEntry],
    site_id: str,
    entity_registry: er.EntityRegistry,
) -> None:
    entries = er.async_entries_for_config_entry(entity_registry, managers[0].entry_id)
    prefix = f"{site_id}/ups-a/1/7/"
    cell = {
        entry.unique_id.removeprefix(prefix): entry.disabled_by
        for entry in entries
        if entry.unique_id.startswith(prefix)
    }
    assert {name for name, disabled in cell.items() if disabled is None} == ENABLED_PER_CELL
    assert {name for name, disabled in cell.items() if disabled} == DISABLED_PER_CELL


async def test_lines_are_there_to_be_switched_on(
    hass: HomeAssistant,
    managers: list[MockConfigEntry],
    site_entry: MockConfigEntry,
    site_id: str,
    entity_registry: er.EntityRegistry,
) -> None:
    name = f"{site_id}/line/modules"
    entity_id = entity_registry.async_get_entity_id("binary_sensor", DOMAIN, name)
    assert entity_id is not None
    assert hass.states.get(entity_id) is None

    entity_registry.async_update_entity(entity_id, disabled_by=None)
    assert await hass.config_entries.async_reload(site_entry.entry_id)
    await until_state(hass, entity_id, "on")
    assert state_of(hass, entity_id).name == "Test room Line modules"


async def test_the_values_of_a_cell_carry_their_units_and_classes(
    hass: HomeAssistant, managers: list[MockConfigEntry]
) -> None:
    def shown(name: str) -> tuple[Any, ...]:
        state = state_of(hass, f"sensor.ups_a_string_1_cell_07_{name}")
        return tuple(
            state.attributes.get(attribute)
            for attribute in ("device_class", "state_class", "unit_of_measurement")
        )

    assert shown("voltage") == ("voltage", "measurement", "V")
    assert shown("temperature") == ("temperature", "measurement", "°C")
    assert shown("resistance") == (None, "measurement", "mΩ")
    assert shown("charge") == ("battery", "measurement", "%")


async def test_every_value_is_the_published_one(
    hass: HomeAssistant, managers: list[MockConfigEntry], engine: Engine, token: str
) -> None:
    names = {
        "voltage_v": ("voltage", 1.0),
        "temperature_c": ("temperature", 1.0),
        "resistance_ohm": ("resistance", 1e3),
        "charge_percent": ("charge", 1.0),
    }

    def agrees(key: str, entity: str, cells: int) -> bool:
        columns = published(engine, token, key)["columns"]
        for quantity, (name, scale) in names.items():
            column = columns.get(quantity) or [None] * cells
            for index, value in enumerate(column):
                state = state_of(hass, f"sensor.{entity}_cell_{index + 1:02}_{name}").state
                if value is None:
                    if state not in (STATE_UNKNOWN, STATE_UNAVAILABLE):
                        return False
                elif not settled(hass, f"sensor.{entity}_cell_{index + 1:02}_{name}") or float(
                    state
                ) != pytest.approx(value * scale):
                    return False
        return True

    # Values move on between the two looks, so both must agree at some moment, not at each.
    await until(lambda: agrees("ups-a/1", "ups_a_string_1", 12))
    await until(lambda: agrees("telecom/1", "telecom_string", 6))


async def test_a_string_shows_the_line_below_its_table(
    hass: HomeAssistant, managers: list[MockConfigEntry], engine: Engine, token: str
) -> None:
    names = {
        "sum_voltage_v": "sum_voltage",
        "target_voltage_v": "target_voltage",
        "mean_charge_percent": "mean_charge",
        "current_a": "current",
        "power_w": "power",
        "ac_current_a": "ac_current",
    }

    def agrees() -> bool:
        scalars = published(engine, token, "telecom/1")["scalars"]
        for name, entity in names.items():
            state = state_of(hass, f"sensor.telecom_string_{entity}").state
            if (state == STATE_UNKNOWN) != (scalars[name] is None):
                return False
            if state != STATE_UNKNOWN and float(state) != pytest.approx(scalars[name]):
                return False
        return True

    await until(agrees)
    column = published(engine, token, "telecom/1")["columns"]["voltage_v"]
    lowest = state_of(hass, "sensor.telecom_string_lowest_cell_voltage")
    assert float(lowest.state) == pytest.approx(min(column), abs=0.02)
    assert 1 <= lowest.attributes["cell"] <= len(column)
    for entity in ("charge_phase", "protection", "thermal_runaway", "worst_cell"):
        state = state_of(hass, f"sensor.telecom_string_{entity}")
        assert state.state != STATE_UNAVAILABLE
    equalization = state_of(hass, "sensor.telecom_string_equalization")
    assert equalization.state in equalization.attributes["options"]
    assert isinstance(equalization.attributes["inhibited_by"], list)


async def test_cells_are_parts_of_their_string_which_hangs_below_its_manager(
    hass: HomeAssistant,
    managers: list[MockConfigEntry],
    site_entry: MockConfigEntry,
    site_id: str,
    device_registry: dr.DeviceRegistry,
) -> None:
    entry_id = managers[0].entry_id
    site = device_registry.async_get_device_by_identifier((DOMAIN, site_id), site_entry.entry_id)
    manager = device_registry.async_get_device_by_identifier((DOMAIN, f"{site_id}/ups-a"), entry_id)
    string = device_registry.async_get_device_by_identifier(
        (DOMAIN, f"{site_id}/ups-a/1"), entry_id
    )
    cell = device_registry.async_get_child_device_by_identifier(
        (DOMAIN, f"{site_id}/ups-a/1/7"), entry_id
    )
    assert site is not None
    assert manager is not None
    assert string is not None
    assert cell is not None
    assert (manager.via_device_id, string.via_device_id) == (site.id, manager.id)
    assert cell.parent_device_id == string.id
    assert (manager.name, string.name) == ("UPS A", "UPS A string 1")
    assert (manager.model, string.model) == (
        "Web manager",
        "12 V, 100 Ah, valve-regulated lead-acid (VRLA)",
    )
    # Of two strings each has a cell 7: history, logbook and messages tell them apart.
    assert cell.name == "UPS A string 1 cell 07"
    voltage = state_of(hass, "sensor.ups_a_string_1_cell_07_voltage")
    assert voltage.name == "UPS A string 1 cell 07 Voltage"
    assert manager.serial_number


async def test_a_module_that_falls_silent_makes_its_cell_unavailable_and_a_problem(
    hass: HomeAssistant, managers: list[MockConfigEntry], control: SimulatorControl
) -> None:
    cell = "sensor.telecom_string_cell_03_voltage"
    problem = "binary_sensor.telecom_string_cell_03_problem"
    await until_state(hass, problem, "off")
    control.fault("modules", FaultKind.SILENT, unit=3)
    await until_state(hass, cell, STATE_UNAVAILABLE)
    await until_state(hass, problem, "on")
    assert state_of(hass, problem).attributes["reasons"]
    assert settled(hass, "sensor.telecom_string_cell_02_voltage")
    for above in ("telecom_string_problem", "telecom_48_v_problem", "test_room_alarm"):
        await until_state(hass, f"binary_sensor.{above}", "on")
    assert int(state_of(hass, "sensor.test_room_active_alarms").state) >= 1
    told = state_of(hass, "event.telecom_string_alarms").attributes
    assert (told["event_type"], told["cell"], told["rule"]) == ("raised", 3, "module_silent")

    acknowledge = {"alarm_id": told["alarm_id"]}
    await hass.services.async_call(DOMAIN, "acknowledge", acknowledge, blocking=True)
    await until(
        lambda: (
            state_of(hass, "event.telecom_string_alarms").attributes["event_type"] == "acknowledged"
        )
    )

    control.clear("modules")
    await until(lambda: settled(hass, cell))
    await until_state(hass, problem, "off")


async def test_a_silent_manager_makes_all_its_cells_unavailable_and_one_problem(
    hass: HomeAssistant, managers: list[MockConfigEntry], control: SimulatorControl
) -> None:
    control.fault("managers", FaultKind.SILENT, unit=1)
    await until_state(hass, "binary_sensor.ups_a_connection", "off")
    await until_state(hass, "sensor.ups_a_string_1_cell_07_voltage", STATE_UNAVAILABLE)
    await until_state(hass, "binary_sensor.ups_a_string_1_problem", STATE_UNAVAILABLE)
    await until_state(hass, "binary_sensor.ups_a_problem", "on")
    assert settled(hass, "sensor.telecom_string_cell_03_voltage")

    control.clear("managers")
    await until_state(hass, "binary_sensor.ups_a_connection", "on")
    await until(lambda: settled(hass, "sensor.ups_a_string_1_cell_07_voltage"))


async def test_a_device_that_the_site_no_longer_has_is_removed(
    hass: HomeAssistant,
    managers: list[MockConfigEntry],
    site_id: str,
    device_registry: dr.DeviceRegistry,
) -> None:
    gone = device_registry.async_get_or_create(
        config_entry_id=managers[0].entry_id,
        identifiers={(DOMAIN, f"{site_id}/ups-a/9")},
        name="A string that was taken down",
    )
    assert await hass.config_entries.async_reload(managers[0].entry_id)
    assert device_registry.async_get(gone.id) is None
    kept = dr.async_entries_for_config_entry(device_registry, managers[0].entry_id)
    assert {device.name for device in kept} == {"UPS A", "UPS A string 1", "UPS A string 2"}
    assert len(dr.async_child_entries_for_config_entry(device_registry, managers[0].entry_id)) == 16


async def test_a_released_relay_is_switched_on_the_line_and_shown_as_its_contact(
    hass: HomeAssistant, managers: list[MockConfigEntry]
) -> None:
    horn = "switch.relay_box_horn"
    for action, state in (("turn_on", "on"), ("turn_off", "off")):
        await hass.services.async_call("switch", action, {"entity_id": horn}, blocking=True)
        await until_state(hass, horn, state)
    assert hass.states.async_entity_ids("switch") == [horn]
    assert settled(hass, "binary_sensor.relay_box_breaker")
    assert settled(hass, "sensor.battery_room_temperature")


async def test_no_entity_polls(hass: HomeAssistant, managers: list[MockConfigEntry]) -> None:
    platforms = hass.data["entity_platform"][DOMAIN]
    entities = [entity for platform in platforms for entity in platform.entities.values()]
    assert entities
    assert not any(entity.should_poll for entity in entities)
