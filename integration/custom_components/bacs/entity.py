"""What all entities of the integration have in common."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import batched
from typing import Any, ClassVar, Final, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import ChildDeviceInfo, DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .dead_bands import NONE, DeadBand, distance_bands
from .feed import Feed, Source
from .readings import NO_ATTRIBUTES, Shown, View

#: Adding one entity takes a millisecond or two; then the event loop gets a turn.
ADDING_S: Final = 0.015
ADD_ENTITIES: Final = 4
#: Held by whoever adds: platforms of several entries at once would sum up.
ADDING: HassKey[asyncio.Lock] = HassKey(f"{DOMAIN}_adding")

type Read = Callable[[View | None], Shown]


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entity is about: its place, how it is read, and what makes it change.

    `entity_id` is what it is called in automations where Home Assistant does not know it yet and
    nobody has chosen another one; `None` leaves it to Home Assistant. `band` is the dead band of
    the engine, in the unit shown.
    """

    unique_id: str
    device: DeviceInfo | ChildDeviceInfo
    read: Read
    sources: tuple[Source, ...]
    entity_id: str | None = None
    band: DeadBand = NONE


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
        if subject.entity_id is not None:
            self.entity_id = subject.entity_id
        self._feed = feed
        self._read = subject.read
        self._band = subject.band
        self._shown: Shown | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Start to follow; Home Assistant writes the first state after this."""
        await super().async_added_to_hass()
        self.async_on_remove(self._feed.add(self))
        self.refresh()

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """What stands beside the value; no copy is made of it."""
        return NO_ATTRIBUTES if self._shown is None else self._shown.attributes

    def strayed_bands(self) -> float:
        """Tell how many dead bands what is shown is away from what is true by now."""
        return distance_bands(self._shown, self._read(self._feed.view), self._band)

    def refresh(self) -> bool:
        """Read again what is shown; tells whether that is something new."""
        shown = self._read(self._feed.view)
        if shown == self._shown:
            return False
        self._shown = shown
        self._attr_available = shown.available
        self.show(shown)
        return True

    def withdraw(self) -> None:
        """Be unavailable until something can be shown again."""
        self._shown = None
        self._attr_available = False

    def show(self, shown: Shown) -> None:
        """Put the value where the platform looks for it."""
        raise NotImplementedError


async def add_in_portions(
    hass: HomeAssistant, add: AddConfigEntryEntitiesCallback, entities: Iterable[BacsEntity]
) -> None:
    """Add entities without blocking the event loop for all of them at once."""
    left = batched(entities, ADD_ENTITIES, strict=False)
    is_left = True
    while is_left:
        async with hass.data[ADDING]:
            is_left = _add_some(hass, add, left)
            await asyncio.sleep(0)


def _add_some(
    hass: HomeAssistant,
    add: AddConfigEntryEntitiesCallback,
    left: Iterator[tuple[BacsEntity, ...]],
) -> bool:
    """Add for as long as nobody notices; tell whether there may be more."""
    ends_at_s = hass.loop.time() + ADDING_S
    for portion in left:
        add(portion)
        if hass.loop.time() >= ends_at_s:
            return True
    return False
