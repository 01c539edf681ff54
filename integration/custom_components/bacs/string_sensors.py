"""What is declared about the sensors of a string: one row per entity."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfPower,
    UnitOfRatio,
    UnitOfTemperature,
)

from bacs_core.model import (
    ChargePhase,
    EqualizationState,
    Quantity,
    RunawayStage,
    TripState,
)

from .cell_sensors import MILLIOHM
from .feed import Source, alarms_source, column_source, string_source
from .readings import Place, Shown, equalization, string_scalar
from .string_readings import (
    charge_phase,
    highest_of_cells,
    lowest_of_cells,
    mean_of_cells,
    runaway_stage,
    spread_of_cells,
    string_charge,
    trip_state,
    worst_cell,
)


def _whole(key: str) -> tuple[Source, ...]:
    return (string_source(key),)


def _column(quantity: Quantity) -> Callable[[str], tuple[Source, ...]]:
    return lambda key: (column_source(key, quantity),)


@dataclass(frozen=True, kw_only=True)
class StringSensorDescription(SensorEntityDescription):
    """A sensor of a string: `read` takes `view` and `key`, `sources` the key."""

    read: Callable[..., Shown]
    sources: Callable[[str], tuple[Source, ...]] = _whole
    needs_engine: bool = False


#: The key of a measured value is its name in the messages of the engine.
MEASURED: Final = (
    StringSensorDescription(
        key="sum_voltage_v",
        translation_key="sum_voltage",
        read=partial(string_scalar, name="sum_voltage_v"),
        device_class=SensorDeviceClass.VOLTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        suggested_display_precision=2,
    ),
    StringSensorDescription(
        key="target_voltage_v",
        translation_key="target_voltage",
        read=partial(string_scalar, name="target_voltage_v"),
        device_class=SensorDeviceClass.VOLTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        suggested_display_precision=3,
    ),
    StringSensorDescription(
        key="mean_charge_percent",
        translation_key="mean_charge",
        read=partial(string_scalar, name="mean_charge_percent"),
        device_class=SensorDeviceClass.BATTERY,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
    ),
    StringSensorDescription(
        key="current_a",
        translation_key="current",
        read=partial(string_scalar, name="current_a"),
        device_class=SensorDeviceClass.CURRENT,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        suggested_display_precision=1,
    ),
    StringSensorDescription(
        key="power_w",
        translation_key="power",
        read=partial(string_scalar, name="power_w"),
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
    ),
    StringSensorDescription(
        key="ac_current_a",
        translation_key="ac_current",
        read=partial(string_scalar, name="ac_current_a"),
        device_class=SensorDeviceClass.CURRENT,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        suggested_display_precision=1,
    ),
    StringSensorDescription(
        key="room_temperature_c",
        translation_key="room_temperature",
        read=partial(string_scalar, name="room_temperature_c"),
        device_class=SensorDeviceClass.TEMPERATURE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        suggested_display_precision=1,
        entity_registry_enabled_default=False,
    ),
)


def _voltage(key: str, read: Callable[..., Shown]) -> StringSensorDescription:
    return StringSensorDescription(
        key=key,
        translation_key=key,
        read=partial(read, quantity=Quantity.VOLTAGE),
        sources=_column(Quantity.VOLTAGE),
        device_class=SensorDeviceClass.VOLTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        suggested_display_precision=3,
    )


def _temperature(
    key: str, read: Callable[..., Shown], device_class: SensorDeviceClass
) -> StringSensorDescription:
    return StringSensorDescription(
        key=key,
        translation_key=key,
        read=partial(read, quantity=Quantity.TEMPERATURE),
        sources=_column(Quantity.TEMPERATURE),
        device_class=device_class,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        suggested_display_precision=1,
    )


#: What the cells of a string have together.
OF_CELLS: Final = (
    _voltage("mean_voltage", mean_of_cells),
    _voltage("lowest_voltage", lowest_of_cells),
    _voltage("highest_voltage", highest_of_cells),
    _voltage("voltage_spread", spread_of_cells),
    _temperature("lowest_temperature", lowest_of_cells, SensorDeviceClass.TEMPERATURE),
    _temperature("highest_temperature", highest_of_cells, SensorDeviceClass.TEMPERATURE),
    _temperature("temperature_spread", spread_of_cells, SensorDeviceClass.TEMPERATURE_DELTA),
    StringSensorDescription(
        key="highest_resistance",
        translation_key="highest_resistance",
        read=partial(highest_of_cells, quantity=Quantity.RESISTANCE, scale=1e3),
        sources=_column(Quantity.RESISTANCE),
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=MILLIOHM,
        suggested_display_precision=3,
    ),
)


#: What the engine concludes of a string, and what it does with it.
CONCLUDED: Final = (
    StringSensorDescription(
        key="charge",
        translation_key="string_charge",
        read=string_charge,
        needs_engine=True,
        device_class=SensorDeviceClass.BATTERY,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
    ),
    StringSensorDescription(
        key="phase",
        translation_key="charge_phase",
        read=charge_phase,
        needs_engine=True,
        device_class=SensorDeviceClass.ENUM,
        options=[phase.name.lower() for phase in ChargePhase if phase],
    ),
    StringSensorDescription(
        key="equalization",
        translation_key="equalization",
        read=equalization,
        device_class=SensorDeviceClass.ENUM,
        options=[
            state.value for state in EqualizationState if state is not EqualizationState.UNKNOWN
        ],
    ),
    StringSensorDescription(
        key="worst_cell",
        translation_key="worst_cell",
        read=worst_cell,
        sources=lambda key: (string_source(key), alarms_source(Place(key))),
    ),
    StringSensorDescription(
        key="runaway",
        translation_key="runaway",
        read=runaway_stage,
        needs_engine=True,
        device_class=SensorDeviceClass.ENUM,
        options=[stage.name.lower() for stage in RunawayStage],
    ),
    StringSensorDescription(
        key="trip",
        translation_key="trip",
        read=trip_state,
        needs_engine=True,
        device_class=SensorDeviceClass.ENUM,
        options=[state.value for state in TripState],
    ),
)

STRING_SENSORS: Final = (*MEASURED, *OF_CELLS, *CONCLUDED)
