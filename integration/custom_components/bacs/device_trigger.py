"""Device triggers: what happens to the alarms of a site, a string or a cell.

All of them follow the event entity of the string or of the site; for a cell only its own count.
"""

from collections.abc import Mapping
from typing import Final

import probatio as vol
from homeassistant.components.device_automation import DEVICE_TRIGGER_BASE_SCHEMA
from homeassistant.components.device_automation.exceptions import InvalidDeviceAutomationConfig
from homeassistant.components.event import ATTR_EVENT_TYPE
from homeassistant.const import (
    CONF_DEVICE_ID,
    CONF_DOMAIN,
    CONF_PLATFORM,
    CONF_TYPE,
    STATE_UNAVAILABLE,
    Platform,
)
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HassJob,
    HomeAssistant,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.helpers.trigger import TriggerActionType, TriggerInfo
from homeassistant.helpers.typing import ConfigType

from .alarm_events import AlarmEventType
from .const import DOMAIN
from .devices import identity
from .event import ALARMS
from .readings import Place
from .targets import place_of_device

#: What a person chooses, and what the event entity calls it.
TYPES: Final[Mapping[str, AlarmEventType]] = {
    f"alarm_{type_.value}": type_ for type_ in AlarmEventType
}

TRIGGER_SCHEMA: Final = DEVICE_TRIGGER_BASE_SCHEMA.extend({vol.Required(CONF_TYPE): vol.In(TYPES)})


async def async_get_triggers(hass: HomeAssistant, device_id: str) -> list[dict[str, str]]:
    """List the triggers of a device; a manager and an accessory have none."""
    if _event_entity(hass, device_id) is None:
        return []
    return [
        {
            CONF_PLATFORM: "device",
            CONF_DOMAIN: DOMAIN,
            CONF_DEVICE_ID: device_id,
            CONF_TYPE: type_,
        }
        for type_ in TYPES
    ]


async def async_attach_trigger(
    hass: HomeAssistant, config: ConfigType, action: TriggerActionType, trigger_info: TriggerInfo
) -> CALLBACK_TYPE:
    """Call `action` with everything that is known of the alarm."""
    found = _event_entity(hass, config[CONF_DEVICE_ID])
    if found is None:
        raise InvalidDeviceAutomationConfig(
            translation_domain=DOMAIN, translation_key="no_device_trigger"
        )
    entity_id, place = found
    wanted, job = TYPES[config[CONF_TYPE]], HassJob(action)

    @callback
    def on_change(event: Event[EventStateChangedData]) -> None:
        before, after = event.data["old_state"], event.data["new_state"]
        # Back from being unavailable, an entity shows its last event again.
        if after is None or before is None or before.state == STATE_UNAVAILABLE:
            return
        # Each event has a state of its own; anything else, such as a new name, is none.
        if before.state == after.state:
            return
        told = after.attributes
        if told.get(ATTR_EVENT_TYPE) != wanted or (place.cell and told.get("cell") != place.cell):
            return
        trigger = {
            **trigger_info["trigger_data"],
            "platform": "device",
            "domain": DOMAIN,
            "device_id": config[CONF_DEVICE_ID],
            "type": config[CONF_TYPE],
            "entity_id": entity_id,
            "to_state": after,
            "description": told.get("reason"),
        }
        hass.async_run_hass_job(job, {"trigger": trigger}, event.context)

    return async_track_state_change_event(hass, entity_id, on_change)


@callback
def _event_entity(hass: HomeAssistant, device_id: str) -> tuple[str, Place] | None:
    """Find the event entity that tells of a device, and the place of the device."""
    try:
        site_id, place = place_of_device(hass, device_id)
    except ServiceValidationError:
        return None
    name = identity(site_id, place.key) if place.key else site_id
    unique_id = f"{name}/{ALARMS.key}"
    entity_id = er.async_get(hass).async_get_entity_id(Platform.EVENT, DOMAIN, unique_id)
    return None if entity_id is None else (entity_id, place)
