"""Home Assistant's test harness, with the real engine and the real simulator behind it."""

# Before the harness looks: it brings a package `custom_components` of its own.
import custom_components.bacs  # noqa: F401, I001

import logging
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_socket
from bacs_core.simulator.control import SimulatorControl
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN
from homeassistant.core import HomeAssistant

from custom_components.bacs.const import DOMAIN
from tests.processes import HOST, Cabinet, Engine
from tests.integration.relay import Relay
from tests.integration.scripted_engine import SITE_ID, ScriptedEngine
from tests.integration.waiting import until
from pytest_homeassistant_custom_component.common import MockConfigEntry

SITE = Path(__file__).with_name("site.toml")


@pytest.fixture(autouse=True)
def _harness(
    enable_custom_integrations: None, socket_enabled: None, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """Load our integration, let only this machine be reached, and allow no error in the log."""
    pytest_socket.socket_allow_hosts([HOST], allow_unix_socket=True)
    yield
    complaints = [
        record.getMessage()
        for record in caplog.get_records("call")
        if record.levelno >= logging.ERROR
        or (record.levelno >= logging.WARNING and "custom integration 'bacs'" in record.message)
    ]
    assert complaints == []


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="session")
def cabinet(folder: Path) -> Iterator[Cabinet]:
    """The simulated cabinet."""
    cabinet = Cabinet(folder, SITE)
    cabinet.start()
    yield cabinet
    cabinet.stop()


@pytest.fixture(scope="session")
def shared_engine(folder: Path, cabinet: Cabinet) -> Iterator[Engine]:
    # Session fixtures start before the harness lets a single test use sockets.
    pytest_socket.enable_socket()
    engine = Engine(folder, cabinet.site)
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture
def commissioning_engine(tmp_path: Path, socket_enabled: None) -> Iterator[Engine]:
    """An engine that nobody has given a site yet."""
    engine = Engine(tmp_path, None)
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture
def engine(shared_engine: Engine, socket_enabled: None) -> Engine:
    """The running engine; a test may end it."""
    if not shared_engine.running:
        shared_engine.start()
    return shared_engine


@pytest.fixture
def control(engine: Engine, folder: Path) -> Iterator[SimulatorControl]:
    """The hand that breaks things in the cabinet; everything is sound again after the test."""
    control = SimulatorControl(folder / "control")
    yield control
    for line in ("managers", "modules"):
        control.clear(line)


@pytest.fixture
def own_engine(tmp_path: Path, socket_enabled: None) -> Iterator[Engine]:
    """An engine whose site a test may change; nothing answers on its lines."""
    shutil.copy(SITE, tmp_path)
    engine = Engine(tmp_path, tmp_path / "site.toml")
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture(scope="session")
def token(shared_engine: Engine) -> str:
    """The token of Home Assistant; a test that revokes one makes its own."""
    return shared_engine.add_token("ha")


@pytest.fixture
async def relay(engine: Engine) -> AsyncIterator[Relay]:
    relay = Relay(engine.port)
    await relay.open()
    yield relay
    await relay.cut()


@pytest.fixture
def connection(engine: Engine, token: str) -> dict[str, Any]:
    """What a person types in."""
    return {CONF_HOST: HOST, CONF_PORT: engine.port, CONF_TOKEN: token}


@pytest.fixture
def site_id(engine: Engine, token: str) -> str:
    return str(engine.get("site", token)["site_id"])


async def finish_setup(hass: HomeAssistant) -> None:
    """Let what a test has begun come to its end: entities are added little by little."""
    await until(
        lambda: (
            not any(
                entry.state is ConfigEntryState.SETUP_IN_PROGRESS
                for entry in hass.config_entries.async_entries(DOMAIN)
            )
        )
    )


@pytest.fixture
async def site_entry(
    hass: HomeAssistant, connection: dict[str, Any], site_id: str
) -> AsyncIterator[MockConfigEntry]:
    """The entry of the site, not yet set up."""
    entry = MockConfigEntry(domain=DOMAIN, title="Test room", unique_id=site_id, data=connection)
    entry.add_to_hass(hass)
    yield entry
    await finish_setup(hass)


@pytest.fixture
def manager_entries(hass: HomeAssistant, site_id: str) -> list[MockConfigEntry]:
    """The entries of both managers, not yet set up."""
    entries = [
        MockConfigEntry(
            domain=DOMAIN,
            title=title,
            unique_id=f"{site_id}_{manager_id}",
            data={"site_id": site_id, "manager_id": manager_id},
        )
        for manager_id, title in (("ups-a", "UPS A"), ("telecom", "Telecom 48 V"))
    ]
    for entry in entries:
        entry.add_to_hass(hass)
    return entries


@pytest.fixture
async def scripted(hass: HomeAssistant) -> AsyncIterator[ScriptedEngine]:
    """An engine whose plant the test moves by hand."""
    engine = ScriptedEngine()
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture
async def scripted_site(
    hass: HomeAssistant, scripted: ScriptedEngine
) -> AsyncIterator[MockConfigEntry]:
    """The entry of that site, not yet set up."""
    entry = MockConfigEntry(
        domain=DOMAIN, title="Test room", unique_id=SITE_ID, data=scripted.connection
    )
    entry.add_to_hass(hass)
    yield entry
    await finish_setup(hass)


@pytest.fixture
async def alone(hass: HomeAssistant, scripted_site: MockConfigEntry) -> MockConfigEntry:
    """The site without its managers, set up; enough for most, and much quicker."""
    assert await hass.config_entries.async_setup(scripted_site.entry_id)
    await hass.async_block_till_done()
    return scripted_site


@pytest.fixture
def scripted_entries(hass: HomeAssistant, scripted_site: MockConfigEntry) -> list[MockConfigEntry]:
    """The entries of that site and of both its managers, not yet set up."""
    entries = [
        MockConfigEntry(
            domain=DOMAIN,
            title=title,
            unique_id=f"{SITE_ID}_{manager_id}",
            data={"site_id": SITE_ID, "manager_id": manager_id},
        )
        for manager_id, title in (("ups-a", "UPS A"), ("telecom", "Telecom 48 V"))
    ]
    for entry in entries:
        entry.add_to_hass(hass)
    return [scripted_site, *entries]


@pytest.fixture
async def loaded(
    hass: HomeAssistant, scripted: ScriptedEngine, scripted_entries: list[MockConfigEntry]
) -> list[MockConfigEntry]:
    """The same entries, set up, with all first states written."""
    assert await hass.config_entries.async_setup(scripted_entries[0].entry_id)
    await until(lambda: all(entry.state is ConfigEntryState.LOADED for entry in scripted_entries))
    await hass.async_block_till_done()
    return scripted_entries
