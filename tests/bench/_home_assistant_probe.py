"""A component of Home Assistant that watches it from inside, for `./dev bench home-assistant`.

It is copied into `custom_components/bacs_bench/`. Its command `bacs_bench/read` tells how long the
event loop was blocked at most since the last call, how much of it Python's garbage collection took,
and in which order states were written. `bacs_bench/collect` times one full collection.
"""

from __future__ import annotations

import asyncio
import gc
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
        self._expected_s = self._loop.time()
        self._began_s = self._collected_s = 0.0
        self._uncounted_s: float | None = None
        self.reset()
        gc.callbacks.append(self._collecting)
        self._beat(time.thread_time())
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._written)

    def reset(self) -> None:
        """Forget everything."""
        self.blocked_s = 0.0
        self.collection_s = 0.0
        self.blocked_otherwise_s = 0.0
        self.computed_s = 0.0
        self.changes = 0
        self.first_value: int | None = None
        self.last_alarm: int | None = None

    def _beat(self, computed_s: float) -> None:
        """Notice how late this beat comes, and how much was computed since the one before."""
        now, used = self._loop.time(), time.thread_time()
        late = now - self._expected_s
        if self._uncounted_s is not None:
            # It is over, but its thread has not come to say so yet.
            self._count_collection(self._uncounted_s, now)
            self._uncounted_s = now
        self.blocked_s = max(self.blocked_s, late)
        self.blocked_otherwise_s = max(self.blocked_otherwise_s, late - self._collected_s)
        self.computed_s = max(self.computed_s, used - computed_s)
        self._collected_s = 0.0
        self._expected_s = now + BEAT_S
        self._loop.call_at(self._expected_s, self._beat, used)

    def _collecting(self, phase: str, info: dict[str, int]) -> None:
        """Time a garbage collection: all threads stand still, whichever of them carries it out."""
        now = self._loop.time()
        if phase == "start":
            self._began_s = self._uncounted_s = now
            return
        self.collection_s = max(self.collection_s, now - self._began_s)
        if self._uncounted_s is not None:
            self._count_collection(self._uncounted_s, now)
        self._uncounted_s = None

    def _count_collection(self, began_s: float, ended_s: float) -> None:
        """Count what delays the next beat, and not what falls into the wait for it."""
        self._collected_s += max(0.0, ended_s - max(began_s, self._expected_s))

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
                "collection_s": probe.collection_s,
                "blocked_otherwise_s": probe.blocked_otherwise_s,
                "computed_s": probe.computed_s,
                "changes": probe.changes,
                "first_value": probe.first_value,
                "last_alarm": probe.last_alarm,
            },
        )
        probe.reset()

    @callback
    @websocket_command({vol.Required("type"): f"{DOMAIN}/collect"})
    def collect(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
        begun = time.monotonic()
        gc.collect()
        connection.send_result(msg["id"], {"collection_s": time.monotonic() - begun})

    websocket_api.async_register_command(hass, read)
    websocket_api.async_register_command(hass, collect)
    await asyncio.sleep(0)
    return True
