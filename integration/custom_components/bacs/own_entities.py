"""Picks the entities of this integration out of those that a trigger or condition targets."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.automation import DomainSpec, filter_by_domain_specs

from .const import DOMAIN


@callback
def own_entities(
    hass: HomeAssistant, specs: Mapping[str, DomainSpec], entities: set[str]
) -> set[str]:
    """Leave out what does not fit `specs`, and what other integrations brought."""
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in filter_by_domain_specs(hass, specs, entities)
        if (entry := registry.async_get(entity_id)) is not None and entry.platform == DOMAIN
    }
