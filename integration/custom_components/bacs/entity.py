"""What all entities of the integration have in common."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import batched
from typing import ClassVar, Final, override

from homeassistant.helpers.device_registry import ChildDeviceInfo, DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .feed import Feed, Source
from .readings import Shown, View

#: So many entities are added before the event loop gets a turn.
ADD_ENTITIES: Final = 128

type Read = Callable[[View | None], Shown]


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entity is about: its place, how it is read, and what makes it change."""

    unique_id: str
    device: DeviceInfo | ChildDeviceInfo
    read: Read
    sources: tuple[Source, ...]


class BacsEntity(Entity):
    """An entity that a feed keeps up to date; it never asks by itself."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    urgent: ClassVar[bool] = False

    def __init__(self, feed: Feed, subject: Subject, description: EntityDescription) -> None:
        self.entity_description = description
        self.sources = subject.sources
        self._attr_unique_id = subject.unique_id
        self._attr_device_info = subject.device
        self._feed = feed
        self._read = subject.read
        self._shown: Shown | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Start to follow; Home Assistant writes the first state after this."""
        await super().async_added_to_hass()
        self.async_on_remove(self._feed.add(self))
        self.refresh()

    def refresh(self) -> bool:
        """Read again what is shown; tells whether that is something new."""
        shown = self._read(self._feed.view)
        if shown == self._shown:
            return False
        self._shown = shown
        self._attr_available = shown.available
        self._attr_extra_state_attributes = dict(shown.attributes)
        self.show(shown)
        return True

    def show(self, shown: Shown) -> None:
        """Put the value where the platform looks for it."""
        raise NotImplementedError


async def add_in_portions(
    add: AddConfigEntryEntitiesCallback, entities: Iterable[BacsEntity]
) -> None:
    """Add entities without blocking the event loop for all of them at once."""
    for portion in batched(entities, ADD_ENTITIES, strict=False):
        add(portion)
        await asyncio.sleep(0)
