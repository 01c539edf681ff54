"""Measured values of cells and strings, and the number of alarms of the site."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    EntityCategory,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfPower,
    UnitOfRatio,
    UnitOfTemperature,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from bacs_core.model import CellStatus, EqualizationState, Quantity, String

from .devices import cell_device, device_of, identity
from .entity import BacsEntity, Subject, add_in_portions
from .feed import (
    Feed,
    alarms_source,
    cell_status_source,
    cell_value_source,
    string_source,
)
from .readings import (
    SITE,
    Shown,
    alarm_count,
    cell_status,
    cell_value,
    equalization,
    string_scalar,
)
from .runtime import BacsConfigEntry, ManagerRuntime, is_manager

PARALLEL_UPDATES = 0

#: Home Assistant has no device class and no unit for electric resistance.
MILLIOHM: Final = "mΩ"


@dataclass(frozen=True, kw_only=True)
class CellSensorDescription(SensorEntityDescription):
    """A value of a cell; `scale` turns the unit of the engine into the one shown."""

    quantity: Quantity
    scale: float = 1.0


CELL_SENSORS: Final = (
    CellSensorDescription(
        key="voltage",
        translation_key="cell_voltage",
        quantity=Quantity.VOLTAGE,
        device_class=SensorDeviceClass.VOLTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        suggested_display_precision=3,
    ),
    CellSensorDescription(
        key="temperature",
        translation_key="cell_temperature",
        quantity=Quantity.TEMPERATURE,
        device_class=SensorDeviceClass.TEMPERATURE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        suggested_display_precision=1,
    ),
    CellSensorDescription(
        key="resistance",
        translation_key="cell_resistance",
        quantity=Quantity.RESISTANCE,
        scale=1e3,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=MILLIOHM,
        suggested_display_precision=3,
    ),
    CellSensorDescription(
        key="charge",
        translation_key="cell_charge",
        quantity=Quantity.CHARGE,
        device_class=SensorDeviceClass.BATTERY,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
    ),
    CellSensorDescription(
        key="duty",
        translation_key="cell_duty",
        quantity=Quantity.DUTY,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)

CELL_STATUS: Final = SensorEntityDescription(
    key="status",
    translation_key="cell_status",
    device_class=SensorDeviceClass.ENUM,
    options=[status.name.lower() for status in CellStatus],
    entity_category=EntityCategory.DIAGNOSTIC,
    entity_registry_enabled_default=False,
)

#: The key is the name of the value in the messages of the engine.
STRING_SENSORS: Final = (
    SensorEntityDescription(
        key="sum_voltage_v",
        translation_key="sum_voltage",
        device_class=SensorDeviceClass.VOLTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        suggested_display_precision=2,
    ),
    SensorEntityDescription(
        key="target_voltage_v",
        translation_key="target_voltage",
        device_class=SensorDeviceClass.VOLTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        suggested_display_precision=3,
    ),
    SensorEntityDescription(
        key="mean_charge_percent",
        translation_key="mean_charge",
        device_class=SensorDeviceClass.BATTERY,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
    ),
    SensorEntityDescription(
        key="current_a",
        translation_key="current",
        device_class=SensorDeviceClass.CURRENT,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        suggested_display_precision=1,
    ),
    SensorEntityDescription(
        key="power_w",
        translation_key="power",
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
    ),
    SensorEntityDescription(
        key="ac_current_a",
        translation_key="ac_current",
        device_class=SensorDeviceClass.CURRENT,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        suggested_display_precision=1,
    ),
)

EQUALIZATION: Final = SensorEntityDescription(
    key="equalization",
    translation_key="equalization",
    device_class=SensorDeviceClass.ENUM,
    options=[state.value for state in EqualizationState if state is not EqualizationState.UNKNOWN],
)

ALARM_COUNT: Final = SensorEntityDescription(
    key="alarm_count",
    translation_key="alarm_count",
    state_class=SensorStateClass.MEASUREMENT,
)


class BacsSensor(BacsEntity, SensorEntity):
    """A value."""

    @override
    def show(self, shown: Shown) -> None:
        """Put the value where the platform looks for it."""
        self._attr_native_value = shown.value


async def async_setup_entry(
    hass: HomeAssistant, entry: BacsConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors of a site or of a manager."""
    if is_manager(entry):
        await add_in_portions(async_add_entities, _manager_sensors(entry.runtime_data))
    else:
        async_add_entities([_alarm_count(entry.runtime_data.feed, str(entry.unique_id))])


def _alarm_count(feed: Feed, site_id: str) -> BacsSensor:
    """Make the one sensor of the site."""
    subject = Subject(
        identity(site_id, ALARM_COUNT.key), device_of(site_id), alarm_count, (alarms_source(SITE),)
    )
    return BacsSensor(feed, subject, ALARM_COUNT)


def _manager_sensors(runtime: ManagerRuntime) -> Iterator[BacsSensor]:
    """Make the sensors of all strings and cells of a manager."""
    for string in runtime.manager.strings:
        yield from _string_sensors(runtime, string)
        for index in range(string.cell_count):
            yield from _cell_sensors(runtime, string, index)


def _string_sensors(runtime: ManagerRuntime, string: String) -> Iterator[BacsSensor]:
    """Make the sensors of one string."""
    name = identity(runtime.site_id, string.key)
    for description in (*STRING_SENSORS, EQUALIZATION):
        read = (
            partial(equalization, key=string.key)
            if description is EQUALIZATION
            else partial(string_scalar, key=string.key, name=description.key)
        )
        subject = Subject(
            f"{name}/{description.key}", device_of(name), read, (string_source(string.key),)
        )
        yield BacsSensor(runtime.feed, subject, description)


def _cell_sensors(runtime: ManagerRuntime, string: String, index: int) -> Iterator[BacsSensor]:
    """Make the sensors of one cell (index from 0)."""
    name = identity(runtime.site_id, string.key, index + 1)
    device = cell_device(runtime.site_id, string, index + 1, runtime.string_devices[string.key])
    status_source = cell_status_source(string.key, index)
    for description in CELL_SENSORS:
        subject = Subject(
            f"{name}/{description.key}",
            device,
            partial(
                cell_value,
                key=string.key,
                quantity=description.quantity,
                index=index,
                scale=description.scale,
            ),
            (cell_value_source(string.key, description.quantity, index), status_source),
        )
        yield BacsSensor(runtime.feed, subject, description)
    subject = Subject(
        f"{name}/{CELL_STATUS.key}",
        device,
        partial(cell_status, key=string.key, index=index),
        (status_source,),
    )
    yield BacsSensor(runtime.feed, subject, CELL_STATUS)
