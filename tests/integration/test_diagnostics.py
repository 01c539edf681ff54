import json

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from pytest_homeassistant_custom_component.common import MockConfigEntry

from bacs_core.api.messages import LineInfo, LineStatus, ManagerStatus
from bacs_core.settings import Link
from custom_components.bacs.diagnostics import (
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from tests.integration.scripted_engine import TOKEN, ScriptedEngine, alarm
from tests.integration.test_actions import device
from tests.integration.waiting import until, until_state
from tests.processes import HOST


async def test_diagnostics_say_everything_except_secrets(
    hass: HomeAssistant, scripted_entries: list[MockConfigEntry], scripted: ScriptedEngine
) -> None:
    loaded = scripted_entries
    lines = [
        LineInfo(id="lan", link=Link.MODBUS_TCP, port="192.0.2.7:502"),
        LineInfo(id="bus", link=Link.SERIAL, port="/dev/ttyUSB0"),
    ]
    scripted.site = scripted.site.model_copy(update={"lines": lines})
    assert await hass.config_entries.async_setup(loaded[0].entry_id)
    await until(lambda: all(entry.state is ConfigEntryState.LOADED for entry in loaded))
    foreign = ManagerStatus(
        id="ups-a",
        online=True,
        serial_number=7,
        firmware_version="1.0",
        flags=["overtemperature"],
        registers={"ups.load": 0x1234},
    )
    refused = LineStatus(
        id="lan",
        port_open=False,
        message="192.0.2.7:502 refuses the connection",
        round_s=None,
        requests=0,
        timeouts=0,
        frame_errors=0,
    )
    await scripted.tell(
        managers=[foreign, *scripted.managers[1:]],
        lines=[refused],
        alarms=[alarm(acknowledged_by="Somebody")],
    )
    await until_state(hass, "binary_sensor.ups_a_string_1_problem", "on")

    site = await async_get_config_entry_diagnostics(hass, loaded[0])
    assert (site["connected"], site["role"]) == (True, "operator")
    assert site["managers"][0]["registers"] == {"ups.load": 0x1234}
    assert {accessory["id"] for accessory in site["accessories"]} == {"box", "room"}
    assert site["engine"]["network"]["port"] == 8480
    assert site["engine"]["versions"] == {"snmp": "1.4.0"}
    ports = [line["port"] for line in site["site"]["lines"]]
    assert ports == ["**REDACTED**", "/dev/ttyUSB0"]
    assert site["lines"][0]["message"] == "**REDACTED**:502 refuses the connection"
    manager = await async_get_config_entry_diagnostics(hass, loaded[1])
    assert manager["status"]["flags"] == ["overtemperature"]
    assert manager["strings"]["ups-a/1"]["columns"]["voltage_v"] == [2.25, 2.26, 2.27, 2.28]
    assert manager["strings"]["ups-a/1"]["brain"]["trip"]["state"] == "armed"

    text = json.dumps([site, manager])
    for secret in (TOKEN, HOST, "Somebody", "+49 000", "192.0.2.7"):
        assert secret not in text


async def test_diagnostics_of_a_device_are_about_its_string_or_cell(
    hass: HomeAssistant, loaded: list[MockConfigEntry], device_registry: dr.DeviceRegistry
) -> None:
    async def of(place: str) -> dict[str, object]:
        found = device_registry.async_get(device(hass, place))
        assert found is not None
        return await async_get_device_diagnostics(hass, loaded[1], found)

    string, cell, manager = await of("ups-a/1"), await of("ups-a/1/2"), await of("ups-a")
    assert string["status"] == [0, 0, 0, 0]
    assert (cell["cell"], cell["values"], cell["figures"]) == (
        2,
        {"voltage_v": 2.26},
        {"health": 95.0, "health_uncertainty": 5.0, "bled_ah": 0.5},
    )
    assert "strings" in manager


async def test_diagnostics_say_why_something_is_missing(
    hass: HomeAssistant,
    loaded: list[MockConfigEntry],
    scripted: ScriptedEngine,
    device_registry: dr.DeviceRegistry,
) -> None:
    scripted.broken = True
    site = await async_get_config_entry_diagnostics(hass, loaded[0])
    assert site["engine"] == "its log says why"
    await scripted.stop()
    await until_state(hass, "event.test_room_alarms", "unavailable")
    lost = await async_get_config_entry_diagnostics(hass, loaded[0])
    assert lost["connected"] is False
    assert lost["problem"]
    assert HOST not in json.dumps(lost)
    assert await hass.config_entries.async_unload(loaded[0].entry_id)
    manager = await async_get_config_entry_diagnostics(hass, loaded[1])
    assert (manager["site_loaded"], manager["strings"]) == (False, {})
    found = device_registry.async_get(device(hass, "ups-a/1"))
    assert found is not None
    assert await async_get_device_diagnostics(hass, loaded[1], found) == manager
