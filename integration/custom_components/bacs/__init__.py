"""Battery monitoring and equalization: a site entry connects, a manager entry shows its strings."""

import asyncio

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.device_registry import AnyDeviceEntry
from homeassistant.helpers.typing import ConfigType

from .actions import async_register_actions
from .const import CONF_SITE_ID, DOMAIN
from .devices import present_devices, present_site_devices
from .entity import ADDING
from .frontend import async_serve_card
from .issues import forget_role_fell
from .manager import async_setup_manager, async_unload_manager
from .runtime import BacsConfigEntry, is_manager, loaded_site
from .site import async_remove_site, async_setup_site, async_unload_site, offer_managers
from .websocket import async_register_commands
from .writer import WRITER, ChunkedWriter

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Make what all entries share: the writer, the actions and the string card."""
    hass.data[WRITER] = ChunkedWriter(hass)
    hass.data[ADDING] = asyncio.Lock()
    async_register_actions(hass)
    async_register_commands(hass)
    await async_serve_card(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: BacsConfigEntry) -> bool:
    """Set up a site or a manager."""
    if is_manager(entry):
        await async_setup_manager(hass, entry)
    else:
        await async_setup_site(hass, entry)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: BacsConfigEntry) -> bool:
    """Unload a site or a manager."""
    if is_manager(entry):
        return await async_unload_manager(hass, entry)
    return await async_unload_site(hass, entry)


async def async_remove_entry(hass: HomeAssistant, entry: BacsConfigEntry) -> None:
    """Without a site its managers are of no use; a manager alone is offered again."""
    if is_manager(entry):
        site = loaded_site(hass, entry.data[CONF_SITE_ID])
        if site is not None and site.runtime_data.live.info is not None:
            offer_managers(hass, site.runtime_data.live.info)
        return
    forget_role_fell(hass, str(entry.unique_id))
    await async_remove_site(hass, entry)


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: BacsConfigEntry, device: AnyDeviceEntry
) -> bool:
    """Let a person remove a device that the site no longer has."""
    if not is_manager(entry):
        info = entry.runtime_data.live.info
        return info is not None and not device.identifiers & present_site_devices(info)
    runtime = entry.runtime_data
    return not device.identifiers & present_devices(runtime.site_id, runtime.manager)
