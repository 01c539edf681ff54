"""Values of cells, strings and accessories, and how many alarms there are."""

from collections.abc import Iterator
from functools import partial
from typing import override

from homeassistant.components.sensor import SensorEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from bacs_core.api.live import Update
from bacs_core.model import String

from .cell_sensors import CELL_SENSORS
from .const import DOMAIN
from .devices import cell_device, cell_entity_id, device_of, identity
from .entity import BacsEntity, Subject, add_in_portions
from .feed import ACCESSORIES, ANNUNCIATION, Feed, alarms_source
from .plant_readings import led, measured
from .plant_sensors import ALARM_COUNT, ENVIRONMENT_SENSORS, LED
from .readings import SITE, Place, Shown, accessory_key, alarm_count
from .runtime import BacsConfigEntry, ManagerRuntime, SiteRuntime, is_manager
from .string_sensors import STRING_SENSORS

PARALLEL_UPDATES = 0


class BacsSensor(BacsEntity, SensorEntity):
    """A value."""

    @override
    def show(self, shown: Shown) -> None:
        """Put the value where the platform looks for it."""
        self._attr_native_value = shown.value
        if self.entity_description.state_class is not None:
            # The logbook tells of no values; of states it would name one as the cause of others.
            self.async_set_context(self._feed.context)


async def async_setup_entry(
    hass: HomeAssistant, entry: BacsConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors of a site or of a manager."""
    if is_manager(entry):
        await add_in_portions(hass, async_add_entities, manager_sensors(entry.runtime_data))
        return
    async_add_entities(_site_sensors(entry.runtime_data, str(entry.unique_id)))
    environment = _Environment(hass, entry.runtime_data, str(entry.unique_id), async_add_entities)
    entry.async_on_unload(entry.runtime_data.live.listen(environment.look))
    environment.look(None)


class _Environment:
    """Adds what environment sensors measure as soon as it is measured: no sensor has everything."""

    def __init__(
        self,
        hass: HomeAssistant,
        runtime: SiteRuntime,
        site_id: str,
        add: AddConfigEntryEntitiesCallback,
    ) -> None:
        self._registry = er.async_get(hass)
        self._runtime = runtime
        self._site_id = site_id
        self._add = add
        self._known: set[tuple[str, str]] = set()

    @callback
    def look(self, update: Update | None) -> None:
        """Add what is measured for the first time, or was before Home Assistant was restarted."""
        if update is None or update.accessories:
            self._add([*self._new()])

    def _new(self) -> Iterator[BacsSensor]:
        for accessory_id, status in self._runtime.live.accessories.items():
            for description in ENVIRONMENT_SENSORS:
                name = identity(self._site_id, accessory_key(accessory_id))
                unique_id = f"{name}/{description.key}"
                if (accessory_id, description.key) in self._known or (
                    getattr(status, description.measurand) is None
                    and self._registry.async_get_entity_id("sensor", DOMAIN, unique_id) is None
                ):
                    continue
                self._known.add((accessory_id, description.key))
                read = partial(measured, accessory_id=accessory_id, measurand=description.measurand)
                subject = Subject(unique_id, device_of(name), read, (ACCESSORIES,))
                yield BacsSensor(self._runtime.feed, subject, description)


def _site_sensors(runtime: SiteRuntime, site_id: str) -> Iterator[BacsSensor]:
    """Make the sensors of the site."""
    yield _alarm_count(runtime.feed, site_id, SITE)
    if runtime.client is None:
        # It is the engine that has an LED.
        return
    subject = Subject(identity(site_id, LED.key), device_of(site_id), led, (ANNUNCIATION,))
    yield BacsSensor(runtime.feed, subject, LED)


def _alarm_count(feed: Feed, name: str, place: Place) -> BacsSensor:
    """Count the alarms of the site or of a manager."""
    subject = Subject(
        f"{name}/{ALARM_COUNT.key}",
        device_of(name),
        partial(alarm_count, place=place),
        (alarms_source(place),),
    )
    return BacsSensor(feed, subject, ALARM_COUNT)


def manager_sensors(runtime: ManagerRuntime) -> Iterator[BacsSensor]:
    """Make the sensors of a manager and of all its strings and cells."""
    name = identity(runtime.site_id, runtime.manager.id)
    yield _alarm_count(runtime.feed, name, Place(runtime.manager.id))
    for string in runtime.manager.strings:
        yield from _string_sensors(runtime, string)
        for index in range(string.cell_count):
            yield from _cell_sensors(runtime, string, index)


def _string_sensors(runtime: ManagerRuntime, string: String) -> Iterator[BacsSensor]:
    """Make the sensors of one string."""
    name = identity(runtime.site_id, string.key)
    for description in STRING_SENSORS:
        if description.needs_engine and not runtime.has_engine:
            continue
        subject = Subject(
            f"{name}/{description.key}",
            device_of(name),
            partial(description.read, key=string.key),
            description.sources(string.key),
        )
        yield BacsSensor(runtime.feed, subject, description)


def _cell_sensors(runtime: ManagerRuntime, string: String, index: int) -> Iterator[BacsSensor]:
    """Make the sensors of one cell (index from 0)."""
    name = identity(runtime.site_id, string.key, index + 1)
    device = cell_device(runtime.site_id, string, index + 1, runtime.string_devices[string.key])
    for description in CELL_SENSORS:
        if description.needs_engine and not runtime.has_engine:
            continue
        subject = Subject(
            f"{name}/{description.key}",
            device,
            partial(description.read, key=string.key, index=index),
            description.sources(string.key, index),
            cell_entity_id(Platform.SENSOR, string, index + 1, description.key),
            description.band(string),
        )
        yield BacsSensor(runtime.feed, subject, description)
