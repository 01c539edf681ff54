"""A Home Assistant that adds the integration through its own dialogs and tells its states.

Runs under Home Assistant's Python as a process of its own:

    home_assistant.py HOST PORT TOKEN

It answers each line on standard input, the unique id of a sensor, with its state as one JSON line.
"""

# Before the harness looks: it brings a package `custom_components` of its own.
import custom_components.bacs  # noqa: F401, I001

import asyncio
import json
import sys

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import async_test_home_assistant

DOMAIN = "bacs"
PATIENCE_S = 60


async def add_site(hass: HomeAssistant, host: str, port: int, token: str) -> None:
    """Type in the address, then confirm every manager that is offered."""
    flows = hass.config_entries.flow
    menu = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
    form = await flows.async_configure(menu["flow_id"], {"next_step_id": "engine"})
    typed = {"host": host, "port": port, "token": token}
    created = await flows.async_configure(form["flow_id"], typed)
    assert created["type"] == "create_entry", created
    async with asyncio.timeout(PATIENCE_S):
        while not (offered := flows.async_progress_by_handler(DOMAIN)):
            await asyncio.sleep(0.1)
    for flow in offered:
        confirmed = await flows.async_configure(flow["flow_id"], {})
        assert confirmed["type"] == "create_entry", confirmed
    async with asyncio.timeout(PATIENCE_S):
        while not all(
            entry.state is ConfigEntryState.LOADED
            for entry in hass.config_entries.async_entries(DOMAIN)
        ):
            await asyncio.sleep(0.1)


def state_of(hass: HomeAssistant, unique_id: str) -> str | None:
    """Return the state of the entity with a unique id."""
    entity_id = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, unique_id)
    state = None if entity_id is None else hass.states.get(entity_id)
    return None if state is None else state.state


async def main(host: str, port: int, token: str) -> None:
    """Serve questions until standard input ends."""
    async with async_test_home_assistant() as hass:
        hass.data.pop(DATA_CUSTOM_COMPONENTS)
        # The harness starts a bare core; these come before every integration in a real one.
        assert await async_setup_component(hass, "network", {})
        assert await async_setup_component(hass, "zeroconf", {})
        await add_site(hass, host, port, token)
        print(json.dumps("ready"), flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(state_of(hass, line.rstrip("\n"))), flush=True)
        await hass.async_stop(force=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
