"""Problems of cells, strings, managers and the site, and whether managers and lines answer."""

from collections.abc import Iterator
from functools import partial
from typing import ClassVar, Final, override

from homeassistant.components.binary_sensor import (  # type: ignore[attr-defined]  # not in __all__
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from bacs_core.api.messages import AccessoryInfo

from .contacts import ContactPoint, contacts_of
from .devices import cell_device, cell_entity_id, device_of, identity
from .entity import BacsEntity, Subject, add_in_portions
from .feed import ACCESSORIES, ANNUNCIATION, LINES, alarms_source, cell_status_source
from .plant_readings import Contact, accessory_online, buzzer, contact
from .readings import (
    SITE,
    Place,
    Shown,
    accessory_key,
    cell_problem,
    line_connected,
    manager_online,
    place_problem,
    string_problem,
)
from .runtime import BacsConfigEntry, ManagerRuntime, SiteRuntime, is_manager

PARALLEL_UPDATES = 0

PROBLEM: Final = BinarySensorEntityDescription(
    key="problem",
    translation_key="problem",
    device_class=BinarySensorDeviceClass.PROBLEM,
)

ALARM: Final = BinarySensorEntityDescription(
    key="alarm",
    translation_key="alarm",
    device_class=BinarySensorDeviceClass.PROBLEM,
)

ONLINE: Final = BinarySensorEntityDescription(
    key="online",
    translation_key="online",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
)

LINE: Final = BinarySensorEntityDescription(
    key="line",
    translation_key="line",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
    entity_registry_enabled_default=False,
)

BUZZER: Final = BinarySensorEntityDescription(
    key="buzzer",
    translation_key="buzzer",
    device_class=BinarySensorDeviceClass.SOUND,
    entity_category=EntityCategory.DIAGNOSTIC,
)

#: Their names are those that the site file gives them.
CONTACTS: Final = {
    Contact.INPUT: BinarySensorEntityDescription(key="input", translation_key="input"),
    Contact.RELAY: BinarySensorEntityDescription(key="relay", translation_key="relay"),
}
#: Without one they are told apart by what they are and their number.
UNNAMED_CONTACTS: Final = {
    Contact.INPUT: BinarySensorEntityDescription(key="input", translation_key="unnamed_input"),
    Contact.RELAY: BinarySensorEntityDescription(key="relay", translation_key="unnamed_relay"),
}


class BacsBinarySensor(BacsEntity, BinarySensorEntity):
    """A condition; these are written before all values."""

    urgent: ClassVar[bool] = True

    @override
    def show(self, shown: Shown) -> None:
        """Put the condition where the platform looks for it."""
        self._attr_is_on = None if shown.value is None else bool(shown.value)


class NamedBinarySensor(BacsBinarySensor):
    """One of several of its kind, told apart by a name that people gave it."""

    def __init__(
        self,
        runtime: SiteRuntime,
        subject: Subject,
        description: BinarySensorEntityDescription,
        name: dict[str, str],
        *,
        enabled: bool = True,
    ) -> None:
        super().__init__(runtime.feed, subject, description)
        self._attr_translation_placeholders = name
        # The description of a line decides for all lines.
        self._attr_entity_registry_enabled_default = (
            enabled and description.entity_registry_enabled_default
        )


async def async_setup_entry(
    hass: HomeAssistant, entry: BacsConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the binary sensors of a site or of a manager."""
    if is_manager(entry):
        await add_in_portions(hass, async_add_entities, _manager_sensors(entry.runtime_data))
    else:
        async_add_entities(_site_sensors(entry.runtime_data, str(entry.unique_id)))


def _site_sensors(runtime: SiteRuntime, site_id: str) -> Iterator[BacsBinarySensor]:
    """Make the binary sensors of the site."""
    device = device_of(site_id)
    subject = Subject(
        identity(site_id, ALARM.key),
        device,
        partial(place_problem, place=SITE),
        (alarms_source(SITE),),
    )
    yield BacsBinarySensor(runtime.feed, subject, ALARM)
    if runtime.client is not None:
        # It is the engine that has a buzzer.
        subject = Subject(identity(site_id, BUZZER.key), device, buzzer, (ANNUNCIATION,))
        yield BacsBinarySensor(runtime.feed, subject, BUZZER)
    for accessory in runtime.accessories:
        yield from _accessory_sensors(runtime, site_id, accessory)
    for line_id in runtime.live.lines:
        subject = Subject(
            identity(site_id, LINE.key, line_id),
            device,
            partial(line_connected, line_id=line_id),
            (LINES,),
        )
        yield NamedBinarySensor(runtime, subject, LINE, {"line": line_id})


def _accessory_sensors(
    runtime: SiteRuntime, site_id: str, accessory: AccessoryInfo
) -> Iterator[BacsBinarySensor]:
    """Make the binary sensors of an accessory: what it says of itself, and its contacts."""
    name = identity(site_id, accessory_key(accessory.id))
    device = device_of(name)
    place = Place(accessory_key(accessory.id))
    online = Subject(
        f"{name}/{ONLINE.key}",
        device,
        partial(accessory_online, accessory_id=accessory.id),
        (ACCESSORIES,),
    )
    yield BacsBinarySensor(runtime.feed, online, ONLINE)
    problem = Subject(
        f"{name}/{PROBLEM.key}",
        device,
        partial(place_problem, place=place),
        (alarms_source(place),),
    )
    yield BacsBinarySensor(runtime.feed, problem, PROBLEM)
    status = runtime.live.accessories.get(accessory.id)
    for point in contacts_of(accessory, status, runtime.role):
        if not point.switchable:
            yield _contact_sensor(runtime, name, point)


def _contact_sensor(runtime: SiteRuntime, name: str, point: ContactPoint) -> BacsBinarySensor:
    """Make the binary sensor of a contact; one that nobody gave a name is there, but off."""
    description = (CONTACTS if point.named else UNNAMED_CONTACTS)[point.kind]
    read = partial(
        contact,
        accessory_id=point.accessory_id,
        kind=point.kind,
        number=point.number,
        use=point.use,
    )
    subject = Subject(
        f"{name}/{description.key}/{point.number}", device_of(name), read, (ACCESSORIES,)
    )
    label = {"contact": point.label}
    return NamedBinarySensor(runtime, subject, description, label, enabled=point.named)


def _manager_sensors(runtime: ManagerRuntime) -> Iterator[BacsBinarySensor]:
    """Make the binary sensors of a manager, its strings and their cells."""
    manager_id = runtime.manager.id
    name = identity(runtime.site_id, manager_id)
    place = Place(manager_id)
    online = Subject(
        f"{name}/{ONLINE.key}", device_of(name), partial(manager_online, manager_id=manager_id), ()
    )
    yield BacsBinarySensor(runtime.feed, online, ONLINE)
    problem = Subject(
        f"{name}/{PROBLEM.key}",
        device_of(name),
        partial(place_problem, place=place),
        (alarms_source(place),),
    )
    yield BacsBinarySensor(runtime.feed, problem, PROBLEM)
    for string in runtime.manager.strings:
        key = string.key
        name = identity(runtime.site_id, key)
        subject = Subject(
            f"{name}/{PROBLEM.key}",
            device_of(name),
            partial(string_problem, key=key),
            (alarms_source(Place(key)),),
        )
        yield BacsBinarySensor(runtime.feed, subject, PROBLEM)
        for index in range(string.cell_count):
            subject = Subject(
                f"{identity(runtime.site_id, key, index + 1)}/{PROBLEM.key}",
                cell_device(runtime.site_id, string, index + 1, runtime.string_devices[key]),
                partial(cell_problem, key=key, index=index),
                (alarms_source(Place(key, index + 1)), cell_status_source(key, index)),
                cell_entity_id(Platform.BINARY_SENSOR, string, index + 1, PROBLEM.key),
            )
            yield BacsBinarySensor(runtime.feed, subject, PROBLEM)
