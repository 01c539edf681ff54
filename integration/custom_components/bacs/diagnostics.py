"""What a person may send to whoever helps: how the plant is built and does, without secrets."""

from dataclasses import asdict
from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_HOST, CONF_TOKEN
from homeassistant.core import HomeAssistant

from bacs_core.api.live import LiveSite

from .const import CONF_FINGERPRINT
from .runtime import BacsConfigEntry, ManagerRuntime, is_manager, loaded_site

TO_REDACT: Final = {CONF_HOST, CONF_TOKEN, CONF_FINGERPRINT}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: BacsConfigEntry
) -> dict[str, Any]:
    """Describe a site or a manager."""
    data = {"entry": async_redact_data(dict(entry.data), TO_REDACT)}
    if not is_manager(entry):
        return data | _site(entry.runtime_data.live)
    site_entry = loaded_site(hass, entry.runtime_data.site_id)
    return data | {
        "site_loaded": site_entry is not None,
        "manager": asdict(entry.runtime_data.manager),
        "strings": {}
        if site_entry is None
        else _strings(site_entry.runtime_data.live, entry.runtime_data),
    }


def _site(live: LiveSite) -> dict[str, Any]:
    """Describe the connection, the lines, the managers and the alarms."""
    return {
        "connected": live.connected,
        "problem": live.problem,
        "at": live.at,
        "received_at": live.received_at,
        "site": None if live.info is None else live.info.model_dump(mode="json"),
        "managers": [manager.model_dump(mode="json") for manager in live.managers.values()],
        "lines": [line.model_dump(mode="json") for line in live.lines.values()],
        "alarms": [alarm.model_dump(mode="json") for alarm in live.alarms.values()],
    }


def _strings(live: LiveSite, runtime: ManagerRuntime) -> dict[str, Any]:
    """Describe every value of a manager, with the time of its reading."""
    return {
        key: {
            "scalars": mirror.scalars.model_dump(mode="json"),
            "columns": mirror.columns,
            "read_at": mirror.read_at,
            "status": mirror.status,
        }
        for string in runtime.manager.strings
        if (mirror := live.strings.get(key := string.key)) is not None
    }
