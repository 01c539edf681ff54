"""Setting up a manager entry, which borrows the connection of its site entry."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryNotReady

from bacs_core.api.live import Update, UpdateKind
from bacs_core.api.messages import SiteInfo
from bacs_core.model import Manager

from .const import CONF_MANAGER_ID, CONF_SITE_ID, DOMAIN
from .devices import present_devices, register_manager, remove_stale_devices
from .feed import Feed
from .runtime import (
    PLATFORMS,
    ManagerConfigEntry,
    ManagerRuntime,
    SiteConfigEntry,
    SiteRuntime,
    loaded_site,
)
from .wording import speech_here
from .writer import WRITER


async def async_setup_manager(hass: HomeAssistant, entry: ManagerConfigEntry) -> None:
    """Register devices and entities of a manager and follow the stream of its site."""
    site_id, manager_id = entry.data[CONF_SITE_ID], entry.data[CONF_MANAGER_ID]
    site_entry = loaded_site(hass, site_id)
    if site_entry is None:
        raise ConfigEntryNotReady(translation_domain=DOMAIN, translation_key="site_not_ready")
    live = site_entry.runtime_data.live
    manager = find_manager(live.info, manager_id)
    if manager is None:
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key="manager_gone",
            translation_placeholders={"manager": entry.title},
        )

    string_devices = _register(hass, entry, site_entry, manager)
    feed = Feed(
        hass.data[WRITER],
        site_id,
        (string.key for string in manager.strings),
        lambda update: _on_update(hass, entry, update),
        speech_here(hass),
    )
    has_engine = site_entry.runtime_data.client is not None
    entry.runtime_data = ManagerRuntime(site_id, manager, string_devices, feed, has_engine)
    feed.attach(live)
    entry.async_on_unload(feed.detach)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    remove_stale_devices(hass, entry.entry_id, present_devices(site_id, manager))


async def async_unload_manager(hass: HomeAssistant, entry: ManagerConfigEntry) -> bool:
    """Remove the entities; what the entry borrowed is given back after that."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


@callback
def attach_manager(hass: HomeAssistant, entry: ManagerConfigEntry, site: SiteRuntime) -> None:
    """Give a manager the connection of its site, which was set up (again)."""
    if entry.state is ConfigEntryState.SETUP_RETRY:
        hass.config_entries.async_schedule_reload(entry.entry_id)
    elif entry.state is ConfigEntryState.LOADED:
        feed = entry.runtime_data.feed
        feed.attach(site.live)
        if feed.view is not None:
            _reload_if_rebuilt(hass, entry, site.live.info)


@callback
def detach_manager(entry: ManagerConfigEntry) -> None:
    """Take the connection away: the site entry is being unloaded."""
    if entry.state is ConfigEntryState.LOADED:
        entry.runtime_data.feed.detach()


def find_manager(info: SiteInfo | None, manager_id: str) -> Manager | None:
    """Find a manager in what the engine says of the site."""
    managers = () if info is None else info.site.managers
    return next((manager for manager in managers if manager.id == manager_id), None)


def shape(manager: Manager) -> tuple[object, ...]:
    """Name what devices and entities depend on; another limit needs no new entities."""
    return (
        manager.name,
        manager.device,
        *(
            (
                string.key,
                string.name,
                string.cell_count,
                string.cell_voltage_v,
                string.capacity_ah,
                string.chemistry,
                string.module_type,
            )
            for string in manager.strings
        ),
    )


@callback
def _on_update(hass: HomeAssistant, entry: ManagerConfigEntry, update: Update) -> None:
    """Look at how the plant is built each time the connection came back."""
    runtime = entry.runtime_data
    site_entry = loaded_site(hass, runtime.site_id)
    if site_entry is None or runtime.feed.view is None:
        return
    if update.managers:
        # A manager that answers at last tells its serial number.
        _register(hass, entry, site_entry, runtime.manager)
    if update.kind is UpdateKind.CONNECTED:
        _reload_if_rebuilt(hass, entry, site_entry.runtime_data.live.info)


@callback
def _register(
    hass: HomeAssistant, entry: ManagerConfigEntry, site_entry: SiteConfigEntry, manager: Manager
) -> dict[str, str]:
    """Register the devices of a manager with what it says of itself by now."""
    status = site_entry.runtime_data.live.managers.get(manager.id)
    site_id = entry.data[CONF_SITE_ID]
    return register_manager(hass, entry.entry_id, site_entry.entry_id, site_id, manager, status)


@callback
def _reload_if_rebuilt(
    hass: HomeAssistant, entry: ManagerConfigEntry, info: SiteInfo | None
) -> None:
    """Set the entry up again if its manager was changed or taken away."""
    built = entry.runtime_data.manager
    manager = find_manager(info, built.id)
    if manager is None or shape(manager) != shape(built):
        hass.config_entries.async_schedule_reload(entry.entry_id)
