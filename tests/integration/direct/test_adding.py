"""Adding a manager without an engine: it is asked who it is before anything is kept."""

from pathlib import Path
from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr

from bacs_core.snmp import client as snmp_client
from custom_components.bacs import config_flow
from custom_components.bacs.const import DOMAIN
from custom_components.bacs.monitoring import Answer
from tests.core.snmp.agent import AUTH_KEY, COMMUNITY, PRIV_KEY, USER, Agent
from tests.integration.dialogs import type_in
from tests.integration.direct.conftest import SENSOR_UNIT
from tests.integration.waiting import settled, until
from tests.processes import HOST, free_port

LAST_CELL = "sensor.ups_a_string_2_cell_02_voltage"


async def go_on(
    hass: HomeAssistant, form: ConfigFlowResult, typed: dict[str, Any]
) -> ConfigFlowResult:
    return await hass.config_entries.flow.async_configure(form["flow_id"], typed)


async def test_a_manager_is_added_with_its_strings_and_shows_its_cells(
    hass: HomeAssistant,
    battery: dict[str, Any],
    place: tuple[str, dict[str, Any]],
    device_registry: dr.DeviceRegistry,
) -> None:
    step, typed = place
    form = await type_in(hass, typed, step)
    assert form["step_id"] == "battery", form
    done = await go_on(hass, form, battery)
    assert done["type"] is FlowResultType.CREATE_ENTRY, done
    site, manager = hass.config_entries.async_entries(DOMAIN)
    assert site.title.startswith("UPS A (")
    assert manager.title == "UPS A"
    serial_number = site.data["serial_number"]
    assert site.unique_id == f"{site.data['device_kind']}-{serial_number}"
    await until(lambda: manager.state is ConfigEntryState.LOADED)
    await until(lambda: settled(hass, LAST_CELL))
    assert 13.2 < float(hass.states.get(LAST_CELL).state) < 14.0  # type: ignore[union-attr]
    assert hass.states.get("binary_sensor.ups_a_connection").state == "on"  # type: ignore[union-attr]
    device = device_registry.async_get_device_by_identifier(
        (DOMAIN, f"{site.unique_id}/manager"), manager.entry_id
    )
    assert device is not None
    assert device.serial_number == str(serial_number)
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []


async def test_what_the_device_tells_is_suggested(
    hass: HomeAssistant, on_lan: dict[str, Any]
) -> None:
    form = await type_in(hass, on_lan, "modbus_tcp")
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["device"] == "Web manager of our own map"
    assert form["data_schema"] is not None
    suggested = {
        str(marker): (marker.description or {}).get("suggested_value")
        for marker in form["data_schema"].schema
    }
    assert suggested["cells"] == "3, 2"
    assert "module_type" in suggested
    assert "current_scale" not in suggested


async def test_a_user_of_version_3_reads_encrypted(
    hass: HomeAssistant, agent: Agent, by_snmp: dict[str, Any], battery: dict[str, Any]
) -> None:
    typed = {"host": HOST, "port": agent.port, "user": USER, "auth": "sha1", "auth_key": AUTH_KEY}
    typed |= {"priv": "aes", "priv_key": PRIV_KEY}
    form = await type_in(hass, typed | {"auth_key": "a wrong password"}, "snmp_v3")
    assert form["errors"] == {"base": "no_agent"}
    form = await go_on(hass, form, typed)
    assert form["step_id"] == "battery", form


@pytest.mark.parametrize(
    ("place", "change", "error"),
    [
        ("modbus_tcp", {"port": 1}, "no_connection"),
        ("modbus_tcp", {"unit": 9}, "unit_silent"),
        ("modbus_tcp", {"unit": SENSOR_UNIT}, "no_manager"),
        ("modbus_tcp", {"host": "a..b"}, "not_possible"),
        ("serial", {"serial_port": "/dev/not-there"}, "port_closed"),
        ("snmp_v2c", {"community": "wrong"}, "no_agent"),
    ],
    indirect=["place"],
)
async def test_nothing_is_kept_of_a_manager_that_does_not_answer_and_the_reason_is_told(
    hass: HomeAssistant,
    place: tuple[str, dict[str, Any]],
    change: dict[str, Any],
    error: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(snmp_client, "ANSWER_WITHIN_S", 0.2)
    step, typed = place
    form = await type_in(hass, typed | change, step)
    assert form["errors"] == {"base": error}
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["detail"]
    assert (await go_on(hass, form, typed))["step_id"] == "battery"


async def test_an_agent_that_is_no_battery_manager_is_refused(
    hass: HomeAssistant, tmp_path: Path, socket_enabled: None
) -> None:
    with Agent(tmp_path, []) as other:
        typed = {"host": HOST, "port": other.port, "community": COMMUNITY}
        form = await type_in(hass, typed, "snmp_v2c")
    assert form["errors"] == {"base": "other_agent"}


async def test_a_manager_without_a_number_is_known_by_its_place(
    hass: HomeAssistant,
    on_lan: dict[str, Any],
    battery: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def tells_no_number(_hass: HomeAssistant, _data: object) -> Answer:
        return Answer("panel_manager", "A manager", None, (None, 2), frozenset({"module_type"}))

    monkeypatch.setattr(config_flow, "ask_manager", tells_no_number)
    form = await type_in(hass, on_lan, "modbus_tcp")
    assert form["data_schema"] is not None
    suggested = [marker.description for marker in form["data_schema"].schema if marker == "cells"]
    assert suggested == [{"suggested_value": "?, 2"}]
    done = await go_on(hass, form, battery)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert (await type_in(hass, on_lan, "modbus_tcp"))["reason"] == "already_configured"
    other_unit = await type_in(hass, on_lan | {"unit": 9}, "modbus_tcp")
    assert other_unit["step_id"] == "battery"
    await hass.async_block_till_done()


async def test_a_port_that_another_holds_is_told_with_its_holder(
    hass: HomeAssistant, on_wire: dict[str, Any], managers_port: None
) -> None:
    form = await type_in(hass, on_wire, "serial")
    assert form["errors"] == {"base": "port_closed"}
    assert form["description_placeholders"] is not None
    assert "has it open" in form["description_placeholders"]["detail"]


async def test_a_battery_that_cannot_be_is_refused_and_can_be_mended(
    hass: HomeAssistant, on_lan: dict[str, Any], battery: dict[str, Any]
) -> None:
    form = await type_in(hass, on_lan, "modbus_tcp")
    for change, errors in (
        ({"cells": "three"}, {"cells": "invalid_cells"}),
        ({"cell_voltage": 13.0}, {"base": "not_possible"}),
    ):
        refused = await go_on(hass, form, battery | change)
        assert refused["errors"] == errors
    done = await go_on(hass, form, battery)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()


async def test_a_manager_that_is_known_follows_to_its_new_address_instead(
    hass: HomeAssistant, on_lan: dict[str, Any], entry_on_lan: Any
) -> None:
    hass.config_entries.async_update_entry(
        entry_on_lan, data=entry_on_lan.data | {"port": free_port()}
    )
    done = await type_in(hass, on_lan, "modbus_tcp")
    assert done["reason"] == "already_configured"
    assert entry_on_lan.data["port"] == on_lan["port"]
