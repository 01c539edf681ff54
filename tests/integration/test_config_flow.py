"""Adding a site and its managers, against the real engine."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.config_entries import (
    SOURCE_IGNORE,
    SOURCE_INTEGRATION_DISCOVERY,
    SOURCE_USER,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from bacs_core.api.messages import SiteInfo
from custom_components.bacs import entrance
from custom_components.bacs.connection import CommissioningError
from custom_components.bacs.const import DOMAIN
from tests.integration.dialogs import open_form, type_in
from tests.integration.relay import Relay
from tests.integration.waiting import until
from tests.processes import HOST, Engine, free_port


@pytest.fixture
async def other_server() -> AsyncIterator[int]:
    """A web server that has nothing to do with batteries."""
    async with TestServer(web.Application()) as server:
        assert server.port is not None
        yield server.port


async def test_a_menu_offers_an_engine_first_and_managers_without_one(hass: HomeAssistant) -> None:
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert menu["type"] is FlowResultType.MENU
    assert menu["menu_options"] == ["engine", "snmp_v2c", "snmp_v3", "modbus_tcp", "serial"]


async def test_the_form_asks_for_address_and_token(hass: HomeAssistant) -> None:
    result = await open_form(hass)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {}
    assert result["data_schema"] is not None
    assert result["data_schema"]({"host": HOST, "token": "x"})["port"] == 8480


async def test_a_site_is_added_with_its_own_name_and_id(
    hass: HomeAssistant, connection: dict[str, Any], site_id: str
) -> None:
    result = await type_in(hass, connection)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Test room"
    assert result["data"] == connection
    assert result["result"].unique_id == site_id
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({"token": "wrong"}, {"base": "invalid_auth"}),
        ({"fingerprint": "ab:cd"}, {"fingerprint": "invalid_fingerprint"}),
        ({"token": "0123-4567-89AB-CDEF"}, {"base": "code_over_loopback"}),
    ],
)
async def test_a_wrong_entry_is_named_and_can_be_corrected(
    hass: HomeAssistant,
    connection: dict[str, Any],
    change: dict[str, str],
    errors: dict[str, str],
) -> None:
    result = await type_in(hass, connection | change)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == errors

    result = await hass.config_entries.flow.async_configure(result["flow_id"], connection)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()


async def test_a_port_where_nobody_answers_is_named(
    hass: HomeAssistant, connection: dict[str, Any]
) -> None:
    result = await type_in(hass, connection | {"port": free_port()})
    assert result["errors"] == {"base": "cannot_connect"}


async def test_an_address_that_is_none_is_named_at_its_field(hass: HomeAssistant) -> None:
    typed = {"host": "the panel", "port": 8480, "token": "0" * 43}
    assert (await type_in(hass, typed))["errors"] == {"host": "invalid_host"}
    typed = {"host": "m:502", "port": 502, "unit": 1}
    form = await type_in(hass, typed, "modbus_tcp")
    assert form["errors"] == {"host": "invalid_host"}


async def test_an_engine_without_a_site_is_named(
    hass: HomeAssistant, commissioning_engine: Engine
) -> None:
    token = commissioning_engine.add_token("ha")
    result = await type_in(hass, {"host": HOST, "port": commissioning_engine.port, "token": token})
    assert result["errors"] == {"base": "commissioning"}


async def test_a_program_that_is_no_engine_is_named(
    hass: HomeAssistant, connection: dict[str, Any], other_server: int
) -> None:
    result = await type_in(hass, connection | {"port": other_server})
    assert result["errors"] == {"base": "wrong_version"}


async def test_a_site_is_added_once(
    hass: HomeAssistant, connection: dict[str, Any], site_entry: MockConfigEntry
) -> None:
    result = await type_in(hass, connection)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_a_site_can_move_to_another_address(
    hass: HomeAssistant, relay: Relay, site_entry: MockConfigEntry
) -> None:
    form = await site_entry.start_reconfigure_flow(hass)
    assert form["step_id"] == "reconfigure"

    wrong = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"host": HOST, "port": free_port()}
    )
    assert wrong["errors"] == {"base": "cannot_connect"}

    done = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"host": HOST, "port": relay.port}
    )
    assert done["reason"] == "reconfigure_successful"
    assert site_entry.data["port"] == relay.port
    assert "token" in site_entry.data
    await until(lambda: relay.streams_open == 1)


async def test_a_site_that_moves_may_bring_a_new_token(
    hass: HomeAssistant, engine: Engine, site_entry: MockConfigEntry, connection: dict[str, Any]
) -> None:
    hass.config_entries.async_update_entry(site_entry, data=connection | {"token": "old"})
    form = await site_entry.start_reconfigure_flow(hass)
    done = await hass.config_entries.flow.async_configure(form["flow_id"], connection)
    assert done["reason"] == "reconfigure_successful"
    assert site_entry.data == connection
    await hass.async_block_till_done()


async def test_a_code_that_worked_is_not_lost_when_something_else_is_wrong(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = {"host": "panel.local", "port": 8480, "token": "0123-4567-89AB-CDEF"}
    codes: list[str] = []

    async def pairs(_hass: HomeAssistant, host: str, port: int, code: str) -> dict[str, Any]:
        codes.append(code)
        return {"host": host, "port": port, "token": "x" * 43, "fingerprint": "ab" * 32}

    async def has_no_site(_client: object) -> SiteInfo:
        raise CommissioningError("no site yet")

    monkeypatch.setattr(entrance, "pair_site", pairs)
    monkeypatch.setattr(entrance, "probe", has_no_site)
    form = await type_in(hass, typed)
    for _ in range(2):
        assert form["errors"] == {"base": "commissioning"}
        form = await hass.config_entries.flow.async_configure(form["flow_id"], typed)
    assert codes == [typed["token"]]


async def test_a_site_cannot_become_another_site(
    hass: HomeAssistant, connection: dict[str, Any]
) -> None:
    entry = MockConfigEntry(domain=DOMAIN, unique_id="another site", data=connection)
    entry.add_to_hass(hass)
    form = await entry.start_reconfigure_flow(hass)
    done = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"host": HOST, "port": connection["port"]}
    )
    assert done["reason"] == "wrong_site"


async def test_the_address_of_a_manager_is_that_of_its_site(
    hass: HomeAssistant, manager_entries: list[MockConfigEntry]
) -> None:
    result = await manager_entries[0].start_reconfigure_flow(hass)
    assert result["reason"] == "manager_has_no_address"


async def test_an_ignored_manager_is_not_offered_again(
    hass: HomeAssistant, site_entry: MockConfigEntry, site_id: str
) -> None:
    MockConfigEntry(domain=DOMAIN, source=SOURCE_IGNORE, unique_id=f"{site_id}_ups-a").add_to_hass(
        hass
    )
    assert await hass.config_entries.async_setup(site_entry.entry_id)
    await hass.async_block_till_done()

    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["unique_id"] for flow in flows] == [f"{site_id}_telecom"]
    assert flows[0]["context"]["source"] == SOURCE_INTEGRATION_DISCOVERY
    assert flows[0]["context"]["title_placeholders"] == {"name": "Telecom 48 V"}
