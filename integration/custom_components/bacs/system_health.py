"""What the page "System information" tells about the connected sites."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

import bacs_core

from .const import DOMAIN
from .targets import loaded_sites


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Tell Home Assistant whom to ask."""
    register.async_register_info(system_health_info, f"/config/integrations/integration/{DOMAIN}")


async def system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Sum up all sites."""
    lives = [entry.runtime_data.live for entry in loaded_sites(hass)]
    infos = [live.info for live in lives if live.info is not None]
    return {
        "library_version": bacs_core.__version__,
        "engine_versions": ", ".join(sorted({info.version for info in infos})) or "-",
        "sites": len(lives),
        "sites_connected": sum(live.connected for live in lives),
        "managers_online": sum(
            status.online is True for live in lives for status in live.managers.values()
        ),
        "cells": sum(string.cell_count for info in infos for string in info.site.strings),
        "active_alarms": sum(alarm.active for live in lives for alarm in live.alarms.values()),
    }
