"""From the devices that a person chose to the sites, strings, cells and alarms behind them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from bacs_core.api.messages import Alarm, SiteInfo

from .const import DOMAIN
from .orders import invalid
from .readings import SITE, Place, places_of
from .runtime import BacsConfigEntry, SiteConfigEntry, is_manager, loaded_site


@dataclass(slots=True)
class Target:
    """What was chosen of one site."""

    entry: SiteConfigEntry
    places: list[Place] = field(default_factory=list)

    @property
    def site_id(self) -> str:
        """Which site it is."""
        return str(self.entry.unique_id)

    @property
    def site(self) -> SiteInfo:
        """How the plant is built."""
        info = self.entry.runtime_data.live.info
        if info is None or not self.entry.runtime_data.live.connected:
            raise invalid("not_connected", site=self.entry.title)
        return info

    def alarms(self) -> list[Alarm]:
        """Find the alarms of the chosen places, in whatever state they are."""
        chosen = set(self.places)
        return [
            alarm
            for alarm in self.entry.runtime_data.live.alarms.values()
            if not chosen.isdisjoint(places_of(alarm))
        ]

    def strings(self) -> dict[str, list[int]]:
        """Name the chosen strings by key, each with its chosen cells (from 1), or none for all.

        A manager or a site stands for all its strings.
        """
        found: dict[str, list[int]] = {}
        whole: set[str] = set()
        for place in self.places:
            if place.cell:
                found.setdefault(place.key, []).append(place.cell)
                continue
            for string in self.site.site.strings:
                if place == SITE or place.key in (string.key, string.manager_id):
                    found.setdefault(string.key, [])
                    whole.add(string.key)
        return {key: [] if key in whole else sorted(set(cells)) for key, cells in found.items()}


@callback
def targets_of(hass: HomeAssistant, device_ids: Iterable[str]) -> list[Target]:
    """Find what devices stand for; raises `ServiceValidationError` for one that is not ours."""
    found: dict[str, Target] = {}
    for device_id in device_ids:
        site_id, place = place_of_device(hass, device_id)
        entry = loaded_site(hass, site_id)
        if entry is None:
            raise invalid("site_not_loaded")
        found.setdefault(site_id, Target(entry)).places.append(place)
    return list(found.values())


@callback
def place_of_device(hass: HomeAssistant, device_id: str) -> tuple[str, Place]:
    """Find the site and the place of a device; raises `ServiceValidationError`."""
    device = dr.async_get(hass).async_get(device_id)
    names = () if device is None else device.identifiers
    name = next((name for domain, name in names if domain == DOMAIN), None)
    if name is None:
        raise invalid("unknown_device", device=device_id)
    site_id, *parts = name.split("/")
    return site_id, place_named(parts)


def place_named(parts: list[str]) -> Place:
    """Read a place out of what follows the site in the name of a device."""
    match parts:
        case []:
            return SITE
        case [manager_id]:
            return Place(manager_id)
        case [*string, number, cell] if string:
            return Place("/".join((*string, number)), int(cell))
        case _:
            return Place("/".join(parts))


@callback
def loaded_sites(hass: HomeAssistant) -> list[SiteConfigEntry]:
    """Find all sites that are connected, or will be again by themselves."""
    entries: list[BacsConfigEntry] = hass.config_entries.async_entries(DOMAIN)
    return [
        entry
        for entry in entries
        if not is_manager(entry) and entry.state is ConfigEntryState.LOADED
    ]
