"""Writes changed entities in small portions, alarms first.

Home Assistant drops a websocket client that has 4096 unread messages; when a link is lost, every
entity changes at once. So states are written at most 128 at a time with a pause between, by one
writer for all entries, because the limit is of the whole Home Assistant.
"""

import asyncio
import logging
from collections.abc import Iterable
from itertools import islice
from typing import Final, Protocol

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN

CHUNK_ENTITIES: Final = 128
PAUSE_S: Final = 0.02

_LOGGER = logging.getLogger(__name__)


class Writable(Protocol):
    """An entity, as far as the writer is concerned."""

    @property
    def urgent(self) -> bool:
        """Whether it goes before all that are not."""

    def refresh(self) -> bool:
        """Work out again what is shown; tells whether that is something new."""

    def async_write_ha_state(self) -> None:
        """Hand what is shown to Home Assistant."""


class ChunkedWriter:
    """The queue of entities that may have changed, and the task that empties it."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        # Dictionaries, because they are sets that keep the order.
        self._urgent: dict[Writable, None] = {}
        self._others: dict[Writable, None] = {}
        self._task: asyncio.Task[None] | None = None

    @callback
    def add(self, entities: Iterable[Writable]) -> None:
        """Queue entities that may have changed; one that already waits is not queued twice."""
        for entity in entities:
            (self._urgent if entity.urgent else self._others)[entity] = None
        if (self._urgent or self._others) and (self._task is None or self._task.done()):
            # Not at once: the feeds of all entries hear of an update before its alarms are written.
            self._task = self._hass.async_create_background_task(
                self._empty(), f"{DOMAIN} write states", eager_start=False
            )

    @callback
    def discard(self, entity: Writable) -> None:
        """Forget an entity that is being removed."""
        self._urgent.pop(entity, None)
        self._others.pop(entity, None)

    async def _empty(self) -> None:
        """Write until nothing waits."""
        while chunk := self._take():
            changed = [entity for entity in chunk if self._write(entity)]
            await asyncio.sleep(PAUSE_S if changed else 0)

    def _write(self, entity: Writable) -> bool:
        """Write one entity if it shows something new; one that fails must not silence the rest."""
        try:
            if changed := entity.refresh():
                entity.async_write_ha_state()
        except Exception:
            _LOGGER.exception("an entity could not be written")
            return True
        return changed

    def _take(self) -> list[Writable]:
        """Take the next portion out of the queue."""
        chunk: list[Writable] = []
        for queue in (self._urgent, self._others):
            taken = list(islice(queue, CHUNK_ENTITIES - len(chunk)))
            for entity in taken:
                del queue[entity]
            chunk += taken
        return chunk


WRITER: HassKey[ChunkedWriter] = HassKey(f"{DOMAIN}_writer")
