"""Conditions: whether an alarm of a cell, string, manager, accessory or site is active."""

from collections.abc import Mapping
from typing import Final, override

from homeassistant.components.binary_sensor import (  # type: ignore[attr-defined]  # not in __all__
    DOMAIN as BINARY_SENSOR,
    BinarySensorDeviceClass,
)
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import Condition, EntityStateConditionBase

from .own_entities import own_entities


class _ProblemCondition(EntityStateConditionBase):
    """The problem sensor of a place has one of some states."""

    _domain_specs: Mapping[str, DomainSpec] = {
        BINARY_SENSOR: DomainSpec(device_class=BinarySensorDeviceClass.PROBLEM)
    }

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Leave out problems that are not of a battery."""
        return own_entities(self._hass, self._domain_specs, entities)


class AlarmIsActive(_ProblemCondition):
    """There is an active alarm."""

    _states: set[str | bool] = {STATE_ON}  # noqa: RUF012 - declared by Home Assistant


class AlarmIsNotActive(_ProblemCondition):
    """It is known that there is no active alarm."""

    _states: set[str | bool] = {STATE_OFF}  # noqa: RUF012 - declared by Home Assistant


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "alarm_is_active": AlarmIsActive,
    "alarm_is_not_active": AlarmIsNotActive,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Tell Home Assistant which conditions there are."""
    return CONDITIONS
