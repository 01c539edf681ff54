"""Relays that the site file releases; one that trips a breaker is never among them."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final, override

from homeassistant.components.switch import (  # type: ignore[attr-defined]  # not in __all__
    SwitchDeviceClass,
    SwitchEntity,
    SwitchEntityDescription,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from bacs_core.api.messages import SwitchRelay

from .contacts import ContactPoint, contacts_of
from .devices import device_of, identity
from .entity import BacsEntity, Subject
from .feed import ACCESSORIES
from .orders import give_order
from .plant_readings import contact
from .readings import Shown, accessory_key
from .runtime import BacsConfigEntry, SiteConfigEntry, is_manager

#: One at a time, as a person would.
PARALLEL_UPDATES = 1

RELAY: Final = SwitchEntityDescription(
    key="relay", translation_key="relay", device_class=SwitchDeviceClass.SWITCH
)


class RelaySwitch(BacsEntity, SwitchEntity):
    """A relay: on is what its contact does, not what was ordered."""

    def __init__(self, entry: SiteConfigEntry, subject: Subject, point: ContactPoint) -> None:
        super().__init__(entry.runtime_data.feed, subject, RELAY)
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
        async_add_entities(_switches(entry))


def _switches(entry: SiteConfigEntry) -> Iterator[RelaySwitch]:
    """Make the switches of all accessories."""
    runtime = entry.runtime_data
    for accessory in runtime.accessories:
        name = identity(str(entry.unique_id), accessory_key(accessory.id))
        status = runtime.live.accessories.get(accessory.id)
        for point in contacts_of(accessory, status, runtime.role):
            if not point.switchable:
                continue
            read = partial(
                contact,
                accessory_id=accessory.id,
                kind=point.kind,
                number=point.number,
                use=point.use,
            )
            subject = Subject(
                f"{name}/{RELAY.key}/{point.number}", device_of(name), read, (ACCESSORIES,)
            )
            yield RelaySwitch(entry, subject, point)
