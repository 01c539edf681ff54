"""The card's commands over a real websocket, and its files over real HTTP."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.bacs.const import DOMAIN
from custom_components.bacs.feed import Feed
from custom_components.bacs.frontend import FIRST_FILE, FRONTEND, WWW
from custom_components.bacs.runtime import ManagerRuntime
from custom_components.bacs.writer import WRITER
from tests.integration.mirrors import KEY, SITE_ID, MirroredSite, alarm

STRING = f"{SITE_ID}/{KEY}"


class Plant:
    """A manager entry whose site is moved by hand."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.hass = hass
        self.site = MirroredSite()
        self.entry = MockConfigEntry(
            domain=DOMAIN, data={"site_id": SITE_ID, "manager_id": "ups-a"}
        )
        self.entry.add_to_hass(hass)
        self.load()

    def load(self) -> None:
        """Set the entry up as the integration does, without an engine."""
        assert self.site.live.info is not None
        manager = self.site.live.info.site.managers[0]
        self.feed = Feed(self.hass.data[WRITER], SITE_ID, [KEY], lambda update: None)
        self.feed.attach(self.site.live)
        self.entry.runtime_data = ManagerRuntime(SITE_ID, manager, {}, self.feed)
        dr.async_get(self.hass).async_get_or_create(
            config_entry_id=self.entry.entry_id,
            identifiers={(DOMAIN, STRING)},
            name="UPS A string 1",
        )
        self.entry._async_set_state(self.hass, ConfigEntryState.LOADED, None)

    def unload(self) -> None:
        self.feed.detach()
        self.entry._async_set_state(self.hass, ConfigEntryState.NOT_LOADED, None)


type Subscribe = Callable[[], Awaitable[MockHAClientWebSocket]]


@pytest.fixture
async def component(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})


@pytest.fixture
async def plant(hass: HomeAssistant, component: None) -> Plant:
    return Plant(hass)


@pytest.fixture
def subscribe(hass_ws_client: WebSocketGenerator, component: None) -> Subscribe:
    async def subscribe() -> MockHAClientWebSocket:
        socket = await hass_ws_client()
        await socket.send_json_auto_id({"type": "bacs/string/subscribe", "string": STRING})
        assert (await socket.receive_json())["success"]
        return socket

    return subscribe


async def told(socket: MockHAClientWebSocket) -> dict[str, Any]:
    """Return the next thing the card is told."""
    message = await socket.receive_json()
    assert message["type"] == "event"
    event: dict[str, Any] = message["event"]
    return event


async def test_a_card_gets_the_string_and_then_what_changes(
    plant: Plant, subscribe: Subscribe
) -> None:
    socket = await subscribe()
    first = await told(socket)
    assert first["state"] == "live"
    assert first["string"] == {"name": "UPS A string 1", "cell_count": 4, "cell_voltage_v": 2.0}
    assert first["columns"]["voltage_v"] == [2.25] * 4
    plant.site.tick()
    plant.site.tick(voltages={2: 2.4}, alarms=[alarm(cell=3, text="the voltage is too high")])
    second = await told(socket)
    assert second["changed"] == {"voltage_v": [[2], [2.4]]}
    assert second["alarms"] == [{"cell": 3, "severity": "alarm", "text": "the voltage is too high"}]


async def test_a_card_is_told_of_a_lost_connection_and_gets_everything_after_it(
    plant: Plant, subscribe: Subscribe
) -> None:
    socket = await subscribe()
    await told(socket)
    plant.site.lose()
    assert await told(socket) == {"state": "lost", "name": "UPS A string 1"}
    plant.site.connect()
    assert (await told(socket))["state"] == "live"


async def test_a_card_outlives_a_reload_of_its_entry(plant: Plant, subscribe: Subscribe) -> None:
    socket = await subscribe()
    await told(socket)
    plant.unload()
    assert await told(socket) == {"state": "lost", "name": "UPS A string 1"}
    plant.load()
    assert (await told(socket))["state"] == "live"
    plant.site.tick(voltages={0: 2.3})
    assert (await told(socket))["changed"] == {"voltage_v": [[0], [2.3]]}


async def test_a_card_that_comes_before_its_entry_gets_the_string_later(
    hass: HomeAssistant, subscribe: Subscribe
) -> None:
    socket = await subscribe()
    assert await told(socket) == {"state": "missing"}
    Plant(hass)
    assert (await told(socket))["state"] == "live"


async def test_nobody_is_followed_after_a_card_was_closed(
    plant: Plant, subscribe: Subscribe
) -> None:
    socket = await subscribe()
    await told(socket)
    assert plant.feed._entities
    await socket.send_json_auto_id({"type": "unsubscribe_events", "subscription": 1})
    assert (await socket.receive_json())["success"]
    assert not plant.feed._entities
    assert not any(plant.feed._by_source.values())


async def test_a_change_of_a_foreign_entry_disturbs_no_card(
    hass: HomeAssistant, plant: Plant, subscribe: Subscribe
) -> None:
    socket = await subscribe()
    await told(socket)
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    other._async_set_state(hass, ConfigEntryState.LOADED, None)
    plant.site.tick(voltages={0: 2.3})
    assert (await told(socket)).keys() == {"changed"}


async def test_the_strings_of_loaded_managers_are_listed(
    plant: Plant, hass_ws_client: WebSocketGenerator
) -> None:
    socket = await hass_ws_client()
    await socket.send_json_auto_id({"type": "bacs/strings"})
    answer = await socket.receive_json()
    assert answer["result"] == [{"id": STRING, "name": "UPS A string 1", "manager": "UPS A"}]
    plant.unload()
    await socket.send_json_auto_id({"type": "bacs/strings"})
    assert (await socket.receive_json())["result"] == []


async def test_a_touched_cell_is_found_with_its_enabled_entities(
    hass: HomeAssistant, plant: Plant, hass_ws_client: WebSocketGenerator
) -> None:
    registry = er.async_get(hass)
    entities = {
        key: registry.async_get_or_create(
            "sensor", DOMAIN, f"{STRING}/2/{key}", config_entry=plant.entry, disabled_by=disabled_by
        )
        for key, disabled_by in (
            ("voltage", None),
            ("duty", er.RegistryEntryDisabler.INTEGRATION),
        )
    }
    socket = await hass_ws_client()
    question = {"type": "bacs/string/cell", "string": STRING, "cell": 2}
    await socket.send_json_auto_id(question)
    found = (await socket.receive_json())["result"]
    assert found == {"device_id": None, "entities": {"voltage_v": entities["voltage"].entity_id}}


@pytest.mark.parametrize(
    "question",
    [
        {"type": "bacs/string/subscribe", "string": STRING},
        {"type": "bacs/string/cell", "string": STRING, "cell": 1},
    ],
)
async def test_a_person_who_may_not_see_the_string_gets_nothing(
    plant: Plant,
    hass_ws_client: WebSocketGenerator,
    hass_admin_user: MockUser,
    question: dict[str, Any],
) -> None:
    hass_admin_user.groups = []
    hass_admin_user.invalidate_cache()
    socket = await hass_ws_client()
    await socket.send_json_auto_id(question)
    assert (await socket.receive_json())["error"]["code"] == "unauthorized"
    await socket.send_json_auto_id({"type": "bacs/strings"})
    assert (await socket.receive_json())["result"] == []


async def test_every_file_of_the_card_is_served_at_an_address_that_changes_with_it(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced: list[str] = []
    monkeypatch.setattr(
        "custom_components.bacs.frontend.add_extra_js_url",
        lambda hass, address: announced.append(address),
    )
    hass.config.components.add(FRONTEND)
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done()
    (address,) = announced
    assert address.endswith(f"/{FIRST_FILE}")
    client = await hass_client()
    for file in WWW.rglob("*.js"):
        answer = await client.get(address.removesuffix(FIRST_FILE) + str(file.relative_to(WWW)))
        assert await answer.text() == file.read_text()
        assert "max-age" in answer.headers["Cache-Control"]
