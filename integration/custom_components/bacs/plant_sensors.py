"""What is declared about the sensors of the site, its managers and its accessories."""

from dataclasses import dataclass
from typing import Final

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfRatio, UnitOfTemperature

from .plant_readings import LED_COLOURS, Measurand

ALARM_COUNT: Final = SensorEntityDescription(
    key="alarm_count",
    translation_key="alarm_count",
    state_class=SensorStateClass.MEASUREMENT,
)

LED: Final = SensorEntityDescription(
    key="led",
    translation_key="led",
    device_class=SensorDeviceClass.ENUM,
    options=list(LED_COLOURS),
    entity_category=EntityCategory.DIAGNOSTIC,
    entity_registry_enabled_default=False,
)


@dataclass(frozen=True, kw_only=True)
class MeasurandDescription(SensorEntityDescription):
    """A value of an environment sensor."""

    measurand: Measurand


ENVIRONMENT_SENSORS: Final = (
    MeasurandDescription(
        key="temperature",
        translation_key="environment_temperature",
        measurand=Measurand.TEMPERATURE,
        device_class=SensorDeviceClass.TEMPERATURE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        suggested_display_precision=1,
    ),
    MeasurandDescription(
        key="humidity",
        translation_key="environment_humidity",
        measurand=Measurand.HUMIDITY,
        device_class=SensorDeviceClass.HUMIDITY,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
    ),
    MeasurandDescription(
        key="hydrogen",
        translation_key="environment_hydrogen",
        measurand=Measurand.HYDROGEN,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=2,
    ),
)
