"""A component of Home Assistant that watches it from inside, for `./dev bench home-assistant`.

It is copied into `custom_components/bacs_bench/`. Its command `bacs_bench/read` tells how long the
event loop was blocked at most since the last call, and in which order states were written.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

import probatio as vol
from homeassistant.components import websocket_api
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.decorators import websocket_command
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.typing import ConfigType

DOMAIN: Final = "bacs_bench"
BEAT_S: Final = 0.01


class Probe:
    """What was seen since the last look."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._loop = hass.loop
        self.reset()
        self._beat(self._loop.time(), time.thread_time())
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._written)

    def reset(self) -> None:
        """Forget everything."""
        self.blocked_s = 0.0
        self.computed_s = 0.0
        self.changes = 0
        self.first_value: int | None = None
        self.last_alarm: int | None = None

    def _beat(self, expected: float, computed: float) -> None:
        """Notice how late this beat comes, and how much was computed since the one before."""
        now, used = self._loop.time(), time.thread_time()
        self.blocked_s = max(self.blocked_s, now - expected)
        self.computed_s = max(self.computed_s, used - computed)
        self._loop.call_at(now + BEAT_S, self._beat, now + BEAT_S, used)

    @callback
    def _written(self, event: Event[EventStateChangedData]) -> None:
        """Notice the order in which states of the integration are written."""
        entity_id, state = event.data["entity_id"], event.data["new_state"]
        if state is None:
            return
        if entity_id.startswith("binary_sensor.") and state.state == "on":
            self.last_alarm = self.changes
        elif self.first_value is None and state.attributes.get("device_class") == "voltage":
            self.first_value = self.changes
        self.changes += 1


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Start to watch."""
    probe = Probe(hass)

    @callback
    @websocket_command({vol.Required("type"): f"{DOMAIN}/read"})
    def read(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
        connection.send_result(
            msg["id"],
            {
                "blocked_s": probe.blocked_s,
                "computed_s": probe.computed_s,
                "changes": probe.changes,
                "first_value": probe.first_value,
                "last_alarm": probe.last_alarm,
            },
        )
        probe.reset()

    websocket_api.async_register_command(hass, read)
    await asyncio.sleep(0)
    return True
