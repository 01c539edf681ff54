"""What a user of Home Assistant may order: whoever may control an entity may order about its place.

Calls of automations have no user; what they may do was decided by whoever wrote them.
"""

from collections.abc import Iterable

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import CAT_ENTITIES, POLICY_CONTROL
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers import entity_registry as er

from .binary_sensor import ALARM, PROBLEM
from .const import DOMAIN
from .devices import identity
from .readings import SITE, Place, accessory_key
from .switch import RELAY


async def require_control(
    hass: HomeAssistant, call: ServiceCall, site_id: str, places: Iterable[Place]
) -> None:
    """Raise `Unauthorized` unless the caller may control the problem sensor of each place."""
    if (user := await _caller(hass, call)) is not None:
        for place in places:
            _check(call, user, _problem_of(hass, site_id, place))


async def require_control_of_relay(
    hass: HomeAssistant, call: ServiceCall, site_id: str, accessory_id: str, number: int
) -> None:
    """Raise `Unauthorized` unless the caller may control the entity of the relay."""
    if (user := await _caller(hass, call)) is not None:
        name = identity(site_id, accessory_key(accessory_id), RELAY.key, number)
        registry = er.async_get(hass)
        entity_id = registry.async_get_entity_id(Platform.SWITCH, DOMAIN, name)
        _check(call, user, entity_id)


async def require_admin(hass: HomeAssistant, call: ServiceCall) -> None:
    """Raise `Unauthorized` unless the caller is an administrator."""
    user = await _caller(hass, call)
    if user is not None and not user.is_admin:
        raise Unauthorized(context=call.context)


async def _caller(hass: HomeAssistant, call: ServiceCall) -> User | None:
    """Find who calls; `None` if that is nobody but Home Assistant itself."""
    user_id = call.context.user_id
    if user_id is None:
        return None
    user = await hass.auth.async_get_user(user_id)
    if user is None:
        raise UnknownUser(context=call.context, permission=POLICY_CONTROL)
    return user


def _check(call: ServiceCall, user: User, entity_id: str | None) -> None:
    """Check one entity; where there is none, only who may control all of them may go on."""
    if entity_id is None:
        allowed = user.permissions.access_all_entities(POLICY_CONTROL)
    else:
        allowed = user.permissions.check_entity(entity_id, POLICY_CONTROL)
    if not allowed:
        raise Unauthorized(
            context=call.context,
            entity_id=entity_id,
            permission=POLICY_CONTROL,
            perm_category=CAT_ENTITIES,
        )


@callback
def _problem_of(hass: HomeAssistant, site_id: str, place: Place) -> str | None:
    """Find the entity that tells of the problems of a place."""
    if place == SITE:
        name = identity(site_id, ALARM.key)
    else:
        cell = (place.cell,) if place.cell else ()
        name = identity(site_id, place.key, *cell, PROBLEM.key)
    return er.async_get(hass).async_get_entity_id(Platform.BINARY_SENSOR, DOMAIN, name)
