"""Pairing by the code on the panel, discovery, and signing in again: with the real engine."""

import shutil
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import pytest_socket
from homeassistant.config_entries import (
    SOURCE_IGNORE,
    SOURCE_ZEROCONF,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from pytest_homeassistant_custom_component.common import MockConfigEntry

from bacs_core.api.messages import API_VERSION
from bacs_core.model import Role
from bacs_core.network_addresses import own_addresses
from custom_components.bacs.const import DOMAIN
from tests.integration.dialogs import type_in
from tests.integration.panel import Panel, sign_in
from tests.integration.waiting import until
from tests.processes import HOST, Engine

SITE = Path(__file__).with_name("site.toml")
#: Under which others reach this machine; within a test the harness tells another one.
ADDRESSES = own_addresses()
pytestmark = pytest.mark.skipif(not ADDRESSES, reason="this machine has no network address")


@pytest.fixture(scope="module")
def networked_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine whose site has nothing on its lines."""
    pytest_socket.enable_socket()
    folder = tmp_path_factory.mktemp("networked")
    shutil.copy(SITE, folder)
    engine = Engine(folder, folder / "site.toml")
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture(scope="module")
def signed_in(networked_engine: Engine) -> str:
    """The session of somebody at its panel: to sign in takes long, as it should."""
    return sign_in(networked_engine)


@pytest.fixture
async def panel(
    networked_engine: Engine, signed_in: str, socket_enabled: None
) -> AsyncIterator[Panel]:
    """The panel of that engine, with its network switched on."""
    pytest_socket.socket_allow_hosts([HOST, *ADDRESSES], allow_unix_socket=True)
    async with Panel(networked_engine, signed_in) as panel:
        await panel.set_network(enabled=True)
        yield panel


@pytest.fixture
def expected_lingering_timers() -> bool:
    """An encrypted connection waits a while for the good-bye of the other side."""
    return True


@pytest.fixture
def address(networked_engine: Engine, panel: Panel) -> dict[str, Any]:
    return {"host": ADDRESSES[0], "port": networked_engine.port}


@pytest.fixture
def announcement(networked_engine: Engine, panel: Panel) -> ZeroconfServiceInfo:
    """What the engine announces."""
    host = ip_address(ADDRESSES[0])
    health = networked_engine.get("health")
    return ZeroconfServiceInfo(
        ip_address=host,
        ip_addresses=[host],
        port=networked_engine.port,
        hostname="bacs-0011223344556677.local.",
        type="_bacs._tcp.local.",
        name="Test room._bacs._tcp.local.",
        properties={
            "site_id": health["site_id"],
            "name": "Test room",
            "version": health["version"],
            "api": str(API_VERSION),
            "fingerprint": "0011223344556677",
        },
    )


async def found(hass: HomeAssistant, announcement: ZeroconfServiceInfo) -> ConfigFlowResult:
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=announcement
    )


async def test_the_code_on_the_panel_brings_a_site_that_is_followed_and_paired_again(
    hass: HomeAssistant,
    address: dict[str, Any],
    announcement: ZeroconfServiceInfo,
    panel: Panel,
) -> None:
    code = await panel.code(Role.VIEWER)
    done = await type_in(hass, address | {"token": code.lower().replace("-", " ")})
    assert done["type"] is FlowResultType.CREATE_ENTRY, done
    entry = done["result"]
    assert entry.data | address == entry.data
    assert len(bytes.fromhex(entry.data["fingerprint"])) == 32
    assert code not in str(entry.data)
    first = await panel.paired()
    assert first is not None
    assert (first.name, first.role) == ("home-assistant", Role.VIEWER)
    await until(lambda: entry.state is ConfigEntryState.LOADED)
    await until(lambda: len(hass.config_entries.flow.async_progress_by_handler(DOMAIN)) == 2)

    # Another address is taken over if the certificate is there too.
    hass.config_entries.async_update_entry(entry, data={**entry.data, "host": HOST, "port": 1})
    assert (await found(hass, announcement))["reason"] == "already_configured"
    assert entry.data | address == entry.data
    await until(lambda: entry.state is ConfigEntryState.LOADED)
    announcement.port = 1
    assert (await found(hass, announcement))["reason"] == "already_configured"
    assert entry.data | address == entry.data

    # One new code is enough for the whole site.
    await panel.people.revoke(first.name)
    await until(lambda: list(entry.async_get_active_flows(hass, {"reauth"})))
    (flow,) = entry.async_get_active_flows(hass, {"reauth"})
    before = entry.data["token"]
    again = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"token": await panel.code()}
    )
    assert again["reason"] == "reauth_successful", again
    assert entry.data["token"] != before
    await until(lambda: entry.state is ConfigEntryState.LOADED)


async def test_what_is_wrong_with_a_code_is_told_and_can_be_mended(
    hass: HomeAssistant, address: dict[str, Any], panel: Panel
) -> None:
    flows = hass.config_entries.flow
    code = await panel.code()
    mistyped = code[:-1] + ("0" if code[-1] != "0" else "1")
    form = await type_in(hass, address | {"token": mistyped})
    assert form["errors"] == {"base": "code_of_another"}

    async def answered(typed: dict[str, Any]) -> dict[str, str] | None:
        return (await flows.async_configure(form["flow_id"], typed))["errors"]

    assert await answered(address | {"token": code[:-2]}) == {"base": "invalid_code"}
    on_this_machine = address | {"host": HOST, "token": code}
    assert await answered(on_this_machine) == {"base": "code_over_loopback"}
    await panel.people.end_pairing()
    assert await answered(address | {"token": code}) == {"base": "code_expired"}
    await panel.set_network(enabled=False)
    assert await answered(address | {"token": code}) == {"base": "network_off"}


async def test_an_engine_that_announces_itself_asks_for_the_code_alone(
    hass: HomeAssistant, announcement: ZeroconfServiceInfo, panel: Panel
) -> None:
    form = await found(hass, announcement)
    assert form["step_id"] == "pair"
    (progress,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert progress["context"]["title_placeholders"] == {"name": "Test room"}

    # A token alone does not tell which certificate to trust.
    flow_id = form["flow_id"]
    wrong = await hass.config_entries.flow.async_configure(flow_id, {"token": "x" * 43})
    assert wrong["errors"] == {"base": "invalid_code"}
    done = await hass.config_entries.flow.async_configure(flow_id, {"token": await panel.code()})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["title"] == "Test room"
    program = await panel.paired()
    assert program is not None
    assert program.name.startswith("home-assistant"), "a name that is taken is no hindrance"
    await hass.async_block_till_done()


async def test_an_announcement_of_another_site_is_not_believed(
    hass: HomeAssistant, announcement: ZeroconfServiceInfo, panel: Panel
) -> None:
    announcement.properties["site_id"] = "another"
    form = await found(hass, announcement)
    done = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"token": await panel.code()}
    )
    assert done["reason"] == "wrong_site"


@pytest.mark.parametrize(
    ("change", "reason"), [({"api": "99"}, "wrong_version"), ({"site_id": ""}, "no_engine")]
)
async def test_what_cannot_be_paired_is_not_offered(
    hass: HomeAssistant, announcement: ZeroconfServiceInfo, change: dict[str, str], reason: str
) -> None:
    announcement.properties |= change
    assert (await found(hass, announcement))["reason"] == reason


async def test_an_ignored_site_is_not_offered_again(
    hass: HomeAssistant, announcement: ZeroconfServiceInfo
) -> None:
    site_id = announcement.properties["site_id"]
    MockConfigEntry(domain=DOMAIN, source=SOURCE_IGNORE, unique_id=site_id).add_to_hass(hass)
    assert (await found(hass, announcement))["reason"] == "already_configured"


async def test_an_entry_without_a_certificate_never_follows_an_announcement(
    hass: HomeAssistant, announcement: ZeroconfServiceInfo
) -> None:
    data = {"host": HOST, "port": 1, "token": "secret"}
    site_id = announcement.properties["site_id"]
    entry = MockConfigEntry(domain=DOMAIN, unique_id=site_id, data=data)
    entry.add_to_hass(hass)
    assert (await found(hass, announcement))["reason"] == "already_configured"
    assert entry.data == data
