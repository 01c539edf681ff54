"""What lives as long as a loaded entry, and how the two kinds of entry are told apart."""

from dataclasses import dataclass
from typing import Final, TypeIs

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback

from bacs_core.api.client import EngineClient
from bacs_core.api.live import LiveSite
from bacs_core.api.messages import AccessoryInfo
from bacs_core.model import Manager, Role

from .const import CONF_MANAGER_ID, CONF_SITE_ID, DOMAIN
from .feed import Feed

PLATFORMS: Final = (Platform.BINARY_SENSOR, Platform.EVENT, Platform.SENSOR, Platform.SWITCH)


@dataclass(frozen=True, slots=True)
class SiteRuntime:
    """The connection to an engine; every manager entry of the site shares its stream."""

    client: EngineClient | None
    """Who carries out orders; nobody where managers are read without an engine."""
    live: LiveSite
    feed: Feed
    line_ids: frozenset[str]
    """The lines as they were when the entry was set up."""
    accessories: tuple[AccessoryInfo, ...] = ()
    """The accessories as they were when the entry was set up."""
    role: Role = Role.VIEWER
    """What the token may do."""


@dataclass(frozen=True, slots=True)
class ManagerRuntime:
    """A manager as it was built when the entry was set up."""

    site_id: str
    manager: Manager
    string_devices: dict[str, str]
    """Device id of each string, by string key."""
    feed: Feed
    has_engine: bool = True
    """Without an engine nobody concludes anything of a string."""


type SiteConfigEntry = ConfigEntry[SiteRuntime]
type ManagerConfigEntry = ConfigEntry[ManagerRuntime]
type BacsConfigEntry = SiteConfigEntry | ManagerConfigEntry


def is_manager(entry: BacsConfigEntry) -> TypeIs[ManagerConfigEntry]:
    """Tell a manager entry from a site entry."""
    return CONF_MANAGER_ID in entry.data


@callback
def loaded_site(hass: HomeAssistant, site_id: str) -> SiteConfigEntry | None:
    """Find the loaded entry of a site."""
    entry: SiteConfigEntry | None = hass.config_entries.async_entry_for_domain_unique_id(
        DOMAIN, site_id
    )
    return entry if entry is not None and entry.state is ConfigEntryState.LOADED else None


@callback
def manager_entries(hass: HomeAssistant, site_id: str) -> list[ManagerConfigEntry]:
    """Find the manager entries of a site, in whatever state they are."""
    return [
        entry
        for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False)
        if is_manager(entry) and entry.data[CONF_SITE_ID] == site_id
    ]
