"""What is declared about the sensors of a cell: one row per entity."""

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
    EntityCategory,
    UnitOfElectricPotential,
    UnitOfRatio,
    UnitOfTemperature,
)

from bacs_core.api.messages import CellCode, CellFigure
from bacs_core.model import CellStatus, Quantity, String

from .dead_bands import NONE, DeadBand, dead_band
from .feed import Source, cell_figure_source, cell_status_source, cell_value_source
from .readings import Shown, cell_status, cell_value
from .string_readings import cell_figure

#: Home Assistant has neither a device class nor a unit for these.
MILLIOHM: Final = "mΩ"
AMPERE_HOUR: Final = "Ah"


@dataclass(frozen=True, kw_only=True)
class CellSensorDescription(SensorEntityDescription):
    """A sensor of a cell: `read` takes `view`, `key` and `index`, `sources` key and index.

    `band` tells the dead band of a string's cells in the unit shown.
    """

    read: Callable[..., Shown]
    sources: Callable[[str, int], tuple[Source, ...]]
    band: Callable[[String], DeadBand] = lambda _string: NONE
    needs_engine: bool = False


def _value_sources(quantity: Quantity) -> Callable[[str, int], tuple[Source, ...]]:
    return lambda key, index: (
        cell_value_source(key, quantity, index),
        cell_status_source(key, index),
    )


def _figure_sources(figure: CellFigure) -> Callable[[str, int], tuple[Source, ...]]:
    return lambda key, index: (cell_figure_source(key, figure, index),)


CELL_SENSORS: Final = (
    CellSensorDescription(
        key="voltage",
        translation_key="cell_voltage",
        read=partial(cell_value, quantity=Quantity.VOLTAGE),
        sources=_value_sources(Quantity.VOLTAGE),
        band=partial(dead_band, Quantity.VOLTAGE),
        device_class=SensorDeviceClass.VOLTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        suggested_display_precision=3,
    ),
    CellSensorDescription(
        key="temperature",
        translation_key="cell_temperature",
        read=partial(cell_value, quantity=Quantity.TEMPERATURE),
        sources=_value_sources(Quantity.TEMPERATURE),
        band=partial(dead_band, Quantity.TEMPERATURE),
        device_class=SensorDeviceClass.TEMPERATURE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        suggested_display_precision=1,
    ),
    CellSensorDescription(
        key="resistance",
        translation_key="cell_resistance",
        read=partial(cell_value, quantity=Quantity.RESISTANCE, scale=1e3),
        sources=_value_sources(Quantity.RESISTANCE),
        band=partial(dead_band, Quantity.RESISTANCE),
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=MILLIOHM,
        suggested_display_precision=3,
    ),
    CellSensorDescription(
        key="charge",
        translation_key="cell_charge",
        read=partial(cell_value, quantity=Quantity.CHARGE),
        sources=_value_sources(Quantity.CHARGE),
        band=partial(dead_band, Quantity.CHARGE),
        device_class=SensorDeviceClass.BATTERY,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
    ),
    CellSensorDescription(
        key="health",
        translation_key="cell_health",
        read=partial(
            cell_figure,
            figure=CellFigure.HEALTH,
            uncertainty=CellFigure.HEALTH_UNCERTAINTY,
            basis=CellCode.HEALTH_BASIS,
        ),
        sources=_figure_sources(CellFigure.HEALTH),
        needs_engine=True,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    CellSensorDescription(
        key="duty",
        translation_key="cell_duty",
        read=partial(cell_value, quantity=Quantity.DUTY),
        sources=_value_sources(Quantity.DUTY),
        band=partial(dead_band, Quantity.DUTY),
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    CellSensorDescription(
        key="bled",
        translation_key="cell_bled",
        read=partial(cell_figure, figure=CellFigure.BLED),
        sources=_figure_sources(CellFigure.BLED),
        needs_engine=True,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=AMPERE_HOUR,
        suggested_display_precision=3,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    CellSensorDescription(
        key="status",
        translation_key="cell_status",
        read=cell_status,
        sources=lambda key, index: (cell_status_source(key, index),),
        device_class=SensorDeviceClass.ENUM,
        options=[status.name.lower() for status in CellStatus],
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)
