"""Writes changed entities in small portions, alarms first.

Home Assistant drops a websocket client that has 4096 unread messages; when a link is lost, every
entity changes at once. So states are written at most 128 at a time and for a few milliseconds, with
a pause between, by one writer for all entries, because the limit is of the whole Home Assistant.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from math import inf
from typing import Final, Protocol

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .pace import Budget
from .patience import WaitingRoom, patience_s

CHUNK_ENTITIES: Final = 128
#: No portion takes longer, however slow the computer is just now.
PORTION_S: Final = 0.008
PAUSE_S: Final = 0.02
#: Values that have used up their budget look again so soon.
LULL_S: Final = 0.05

_LOGGER = logging.getLogger(__name__)


class Writable(Protocol):
    """An entity, as far as the writer is concerned."""

    @property
    def urgent(self) -> bool:
        """Whether it goes before all that are not."""

    def strayed_bands(self) -> float:
        """Tell how far what is shown is from what is true by now; infinite if that is no number."""

    def refresh(self) -> bool:
        """Work out again what is shown; tells whether that is something new."""

    def withdraw(self) -> None:
        """Show nothing until there is something to show again."""

    def async_write_ha_state(self) -> None:
        """Hand what is shown to Home Assistant."""


#: A set that keeps the order; unlike a plain dictionary it gives up its first member at once.
type Queue = OrderedDict[Writable, None]


class ChunkedWriter:
    """The queues of entities that may have changed, and the task that empties them.

    Alarms come first, then what must be told now, such as the end of a connection. Values that
    only moved come last and within a budget: while everything moves all the time, each entity is
    written in turn with what it shows by then. One that did not move far waits until it is clear
    that it stays away; each update of the stream lets that time pass.
    """

    def __init__(
        self, hass: HomeAssistant, *, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._hass = hass
        self._clock_s = clock_s
        self._known: set[Writable] = set()
        self._urgent: Queue = OrderedDict()
        self._prompt: Queue = OrderedDict()
        self._moved: Queue = OrderedDict()
        self._waiting = WaitingRoom[Writable]()
        self._budget = Budget()
        self._task: asyncio.Task[None] | None = None

    @callback
    def enroll(self, entity: Writable) -> None:
        """Take note of an entity that will be written from now on."""
        self._known.add(entity)

    @callback
    def add(self, entities: Iterable[Writable]) -> None:
        """Queue entities that may have changed; one that already waits is not queued twice."""
        for entity in entities:
            (self._urgent if entity.urgent else self._prompt)[entity] = None
        self._start()

    @callback
    def add_moved(self, entities: Iterable[Writable]) -> None:
        """Queue entities whose value moved, and nothing else about them."""
        now_s = self._clock_s()
        for entity, waited_s in tuple(self._waiting.call(now_s)):
            self._weigh(entity, waited_s, now_s)
        weighed = 0
        for entity in entities:
            if entity.urgent:
                self._urgent[entity] = None
            elif entity in self._moved:
                continue
            elif weighed < CHUNK_ENTITIES:
                self._weigh(entity, 0.0, now_s)
                weighed += 1
            else:
                # So many at once are no noise, and to read them all would block the event loop.
                self._moved[entity] = None
        self._start()

    def _weigh(self, entity: Writable, waited_s: float, now_s: float) -> None:
        """Queue an entity that is far from what it shows, or let it wait on."""
        try:
            strayed = entity.strayed_bands()
        except Exception:  # noqa: BLE001 - whoever writes it sees the same, and deals with it
            strayed = inf
        if not strayed:
            return
        if waited_s >= (waits_s := patience_s(strayed)):
            self._moved[entity] = None
        else:
            self._waiting.seat(entity, waits_s, now_s)

    @callback
    def discard(self, entity: Writable) -> None:
        """Forget an entity that is being removed."""
        self._known.discard(entity)
        for queue in (self._urgent, self._prompt, self._moved):
            queue.pop(entity, None)
        self._waiting.dismiss(entity)

    @property
    def _waits(self) -> bool:
        return bool(self._urgent or self._prompt or self._moved)

    def _start(self) -> None:
        """Begin to write, unless that is under way."""
        if self._waits and (self._task is None or self._task.done()):
            # Not at once: the feeds of all entries hear of an update before its alarms are written.
            self._task = self._hass.async_create_background_task(
                self._empty(), f"{DOMAIN} write states", eager_start=False
            )

    async def _empty(self) -> None:
        """Write until nothing waits."""
        while self._waits:
            pause_s = self._write_portion()
            await asyncio.sleep(pause_s)

    def _write_portion(self) -> float:
        """Write the next portion; return how long to pause after it."""
        now_s = self._clock_s()
        ends_at_s = now_s + PORTION_S
        self._budget.fill(now_s, len(self._known))
        written = 0
        while written < CHUNK_ENTITIES and self._clock_s() < ends_at_s:
            queue = self._next_queue()
            if queue is None:
                return PAUSE_S if written else LULL_S
            entity, _ = queue.popitem(last=False)
            if self._write(entity):
                written += 1
                if queue is self._moved:
                    self._budget.spend()
        return PAUSE_S if written else 0.0

    def _next_queue(self) -> Queue | None:
        """Find the queue whose turn it is."""
        for queue in (self._urgent, self._prompt):
            if queue:
                return queue
        return self._moved if self._moved and not self._budget.is_empty else None

    def _write(self, entity: Writable) -> bool:
        """Write one entity if it shows something new; one that fails must not silence the rest."""
        try:
            if changed := entity.refresh():
                entity.async_write_ha_state()
        except Exception:
            _LOGGER.exception("an entity could not be written")
            _withdraw(entity)
            return True
        return changed


def _withdraw(entity: Writable) -> None:
    """Take back what an entity has shown so far: it is not true any more."""
    try:
        entity.withdraw()
        entity.async_write_ha_state()
    except Exception:
        _LOGGER.exception("an entity could not be made unavailable")


WRITER: HassKey[ChunkedWriter] = HassKey(f"{DOMAIN}_writer")
