"""Relays that the site file releases; one that trips a breaker is never among them."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final, override

from homeassistant.components.switch import (  # type: ignore[attr-defined]  # not in __all__
    SwitchDeviceClass,
    SwitchEntity,
    SwitchEntityDescription,
)
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from bacs_core.api.messages import AccessoryInfo, SwitchRelay

from .const import DOMAIN
from .contacts import ContactPoint, contacts_of, may_operate
from .devices import device_of, identity
from .entity import BacsEntity, Subject
from .feed import ACCESSORIES
from .issues import forget_role_fell, tell_role_fell
from .orders import give_order
from .plant_readings import Contact, contact
from .readings import Shown, accessory_key
from .runtime import BacsConfigEntry, SiteConfigEntry, is_manager

#: One at a time, as a person would.
PARALLEL_UPDATES = 1

RELAY: Final = SwitchEntityDescription(
    key="relay", translation_key="relay", device_class=SwitchDeviceClass.SWITCH
)
UNNAMED_RELAY: Final = SwitchEntityDescription(
    key="relay", translation_key="unnamed_relay", device_class=SwitchDeviceClass.SWITCH
)


class RelaySwitch(BacsEntity, SwitchEntity):
    """A relay: on is what its contact does, not what was ordered."""

    def __init__(self, entry: SiteConfigEntry, subject: Subject, point: ContactPoint) -> None:
        description = RELAY if point.named else UNNAMED_RELAY
        super().__init__(entry.runtime_data.feed, subject, description)
        self._entry = entry
        self._point = point
        self._attr_translation_placeholders = {"contact": point.label}

    @override
    def show(self, shown: Shown) -> None:
        """Put the state where the platform looks for it."""
        self._attr_is_on = None if shown.value is None else bool(shown.value)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Close the contact."""
        await self._switch(closed=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Open the contact."""
        await self._switch(closed=False)

    async def _switch(self, *, closed: bool) -> None:
        point = self._point
        order = SwitchRelay(device_id=point.accessory_id, relay=point.number, closed=closed)
        await give_order(self.hass, self._entry, order)


async def async_setup_entry(
    hass: HomeAssistant, entry: BacsConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the relays of a site that may be switched."""
    if not is_manager(entry):
        _replace_entities(hass, entry)
        async_add_entities(_switches(entry))


@callback
def _replace_entities(hass: HomeAssistant, entry: SiteConfigEntry) -> None:
    """Remove the entities of relays that are now shown as the other kind, and tell who misses them.

    A relay is a switch only as long as the site file releases it and the token may switch it.
    """
    registry = er.async_get(hass)
    role, lost = entry.runtime_data.role, []
    for accessory, point in _relays(entry):
        stale = Platform.BINARY_SENSOR if point.switchable else Platform.SWITCH
        entity_id = registry.async_get_entity_id(stale, DOMAIN, _unique_id(entry, point))
        if entity_id is None:
            continue
        registry.async_remove(entity_id)
        if stale is Platform.SWITCH and not may_operate(role):
            lost.append(f"{accessory.name} {point.label} ({entity_id})")
    if lost:
        tell_role_fell(hass, str(entry.unique_id), entry.title, role, lost)
    elif may_operate(role):
        forget_role_fell(hass, str(entry.unique_id))


def _relays(entry: SiteConfigEntry) -> Iterator[tuple[AccessoryInfo, ContactPoint]]:
    """List the relays of all accessories."""
    runtime = entry.runtime_data
    for accessory in runtime.accessories:
        status = runtime.live.accessories.get(accessory.id)
        for point in contacts_of(accessory, status, runtime.role):
            if point.kind is Contact.RELAY:
                yield accessory, point


def _unique_id(entry: SiteConfigEntry, point: ContactPoint) -> str:
    key = accessory_key(point.accessory_id)
    return identity(str(entry.unique_id), key, RELAY.key, point.number)


def _switches(entry: SiteConfigEntry) -> Iterator[RelaySwitch]:
    """Make the switches of all accessories."""
    for accessory, point in _relays(entry):
        if not point.switchable:
            continue
        name = identity(str(entry.unique_id), accessory_key(accessory.id))
        read = partial(
            contact,
            accessory_id=accessory.id,
            kind=point.kind,
            number=point.number,
            use=point.use,
        )
        subject = Subject(_unique_id(entry, point), device_of(name), read, (ACCESSORIES,))
        yield RelaySwitch(entry, subject, point)
