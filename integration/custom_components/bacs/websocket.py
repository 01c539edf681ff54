"""What the string card asks over Home Assistant's websocket."""

from collections.abc import Mapping
from typing import Any

import probatio as vol
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components import websocket_api
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.const import ERR_UNAUTHORIZED
from homeassistant.components.websocket_api.decorators import websocket_command
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from bacs_core.model import Quantity

from .const import DOMAIN
from .string_watch import StringWatch, loaded_strings

HIDDEN = "this string is hidden from you"
#: The last part of the unique id of each value of a cell.
CELL_KEYS = {
    Quantity.VOLTAGE: "voltage",
    Quantity.TEMPERATURE: "temperature",
    Quantity.RESISTANCE: "resistance",
    Quantity.CHARGE: "charge",
    Quantity.DUTY: "duty",
}


@callback
def async_register_commands(hass: HomeAssistant) -> None:
    """Make the commands known."""
    websocket_api.async_register_command(hass, list_strings)
    websocket_api.async_register_command(hass, subscribe_string)
    websocket_api.async_register_command(hass, find_cell)


@callback
@websocket_command({vol.Required("type"): "bacs/strings"})
def list_strings(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """List the strings that a card can show."""
    found = [
        {"id": string_id, "name": string.name, "manager": runtime.manager.name}
        for string_id, (runtime, string) in loaded_strings(hass).items()
        if _may_read(hass, connection, string_id)
    ]
    connection.send_result(msg["id"], found)


@callback
@websocket_command({vol.Required("type"): "bacs/string/subscribe", vol.Required("string"): str})
def subscribe_string(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Send a string, then its changes, until the subscription ends."""
    string_id = msg["string"]
    if not _may_read(hass, connection, string_id):
        connection.send_error(msg["id"], ERR_UNAUTHORIZED, HIDDEN)
        return

    @callback
    def send(news: Mapping[str, Any]) -> None:
        connection.send_event(msg["id"], news)

    connection.send_result(msg["id"])
    connection.subscriptions[msg["id"]] = StringWatch(hass, string_id, send).start()


@callback
@websocket_command(
    {
        vol.Required("type"): "bacs/string/cell",
        vol.Required("string"): str,
        vol.Required("cell"): int,
    }
)
def find_cell(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Find the device of a cell (counted from 1), and the entity of each of its values."""
    string_id, cell = msg["string"], msg["cell"]
    if not _may_read(hass, connection, string_id):
        connection.send_error(msg["id"], ERR_UNAUTHORIZED, HIDDEN)
        return
    registry = er.async_get(hass)
    entries = {
        quantity.value: entry
        for quantity, key in CELL_KEYS.items()
        if (
            entity_id := registry.async_get_entity_id("sensor", DOMAIN, f"{string_id}/{cell}/{key}")
        )
        and (entry := registry.async_get(entity_id))
    }
    connection.send_result(
        msg["id"],
        {
            "device_id": next((entry.device_id for entry in entries.values()), None),
            "entities": {
                quantity: entry.entity_id
                for quantity, entry in entries.items()
                if entry.disabled_by is None
            },
        },
    )


def _may_read(hass: HomeAssistant, connection: ActiveConnection, string_id: str) -> bool:
    """Tell whether the person may see the string: whoever may see whether it has a problem."""
    permissions = connection.user.permissions
    if permissions.access_all_entities(POLICY_READ):
        return True
    entity_id = er.async_get(hass).async_get_entity_id(
        "binary_sensor", DOMAIN, f"{string_id}/problem"
    )
    return entity_id is not None and permissions.check_entity(entity_id, POLICY_READ)
