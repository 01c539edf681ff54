"""Triggers: an alarm of a cell, string, manager, accessory or site became active, or is over."""

from collections.abc import Mapping
from typing import Final, override

from homeassistant.components.binary_sensor import (  # type: ignore[attr-defined]  # not in __all__
    DOMAIN as BINARY_SENSOR,
    BinarySensorDeviceClass,
)
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.trigger import EntityTargetStateTriggerBase, Trigger

from .own_entities import own_entities


class _ProblemTrigger(EntityTargetStateTriggerBase):
    """The problem sensor of a place turned to one of some states."""

    _domain_specs: Mapping[str, DomainSpec] = {
        BINARY_SENSOR: DomainSpec(device_class=BinarySensorDeviceClass.PROBLEM)
    }

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Leave out problems that are not of a battery."""
        return own_entities(self._hass, self._domain_specs, entities)


class AlarmBecameActive(_ProblemTrigger):
    """There was no active alarm, and now there is one."""

    _to_states = {STATE_ON}  # noqa: RUF012 - declared by Home Assistant


class AlarmNoLongerActive(_ProblemTrigger):
    """The last active alarm is over, or was put aside."""

    _to_states = {STATE_OFF}  # noqa: RUF012 - declared by Home Assistant


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "alarm_became_active": AlarmBecameActive,
    "alarm_no_longer_active": AlarmNoLongerActive,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Tell Home Assistant which triggers there are."""
    return TRIGGERS
