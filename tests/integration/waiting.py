"""Waiting for what the engine, the stream and the writer do in their own time."""

import asyncio
from collections.abc import Callable

from homeassistant.core import HomeAssistant

#: A guard only: nothing here takes so long.
TIMEOUT_S = 110.0


async def until(happened: Callable[[], object]) -> None:
    """Wait until `happened` returns something true."""
    async with asyncio.timeout(TIMEOUT_S):
        while not happened():
            await asyncio.sleep(0.02)


async def until_state(hass: HomeAssistant, entity_id: str, *states: str) -> None:
    """Wait until an entity has one of the given states."""

    def has_state() -> bool:
        state = hass.states.get(entity_id)
        return state is not None and state.state in states

    try:
        await until(has_state)
    except TimeoutError:
        raise AssertionError(f"{entity_id} is {hass.states.get(entity_id)}") from None


def settled(hass: HomeAssistant, entity_id: str) -> bool:
    """Tell whether an entity exists and has a value."""
    state = hass.states.get(entity_id)
    return state is not None and state.state not in ("unavailable", "unknown")
