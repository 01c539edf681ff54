"""The devices: a site, its managers, their strings, and the cells as children of their string."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import ChildDeviceInfo, DeviceInfo
from homeassistant.util import slugify

from bacs_core.api.messages import AccessoryInfo, AccessoryStatus, ManagerStatus, SiteInfo
from bacs_core.model import Manager, String, cell_label

from .const import DOMAIN
from .readings import accessory_key
from .wording import Speech, speech_here


def identity(site_id: str, *parts: str | int) -> str:
    """Name a thing of a site for ever: `site`, `site/manager`, `site/manager/string/cell`."""
    return "/".join((site_id, *map(str, parts)))


def device_of(name: str) -> DeviceInfo:
    """Point at a device that is registered already."""
    return DeviceInfo(identifiers={(DOMAIN, name)})


def cell_device(site_id: str, string: String, cell: int, parent_device_id: str) -> ChildDeviceInfo:
    """Describe the child device of a cell (counted from 1)."""
    return ChildDeviceInfo(
        identifiers={(DOMAIN, identity(site_id, string.key, cell))},
        parent_device_id=parent_device_id,
        translation_key="cell",
        # States carry the name of their device, but not that of its parent.
        translation_placeholders={
            "string": string.name,
            "cell": cell_label(cell, string.cell_count),
        },
    )


def cell_entity_id(platform: Platform, string: String, cell: int, key: str) -> str:
    """Suggest the id of an entity of a cell (from 1).

    Home Assistant would put the name of the string before that of the cell, which has it already.
    """
    label = cell_label(cell, string.cell_count)
    return f"{platform}.{slugify(f'{string.name} cell {label} {key}')}"


def device_model(kind: str, speech: Speech) -> str:
    """Say what kind of device it is, by the name that the site file has for it."""
    words = speech.word("device", kind)
    return words[:1].upper() + words[1:]


def string_model(string: String, speech: Speech) -> str:
    """Say what the cells of a string are: Home Assistant shows it for its cells too."""
    voltage = speech.marked(f"{string.cell_voltage_v:g} V")
    capacity = speech.marked(f"{string.capacity_ah:g} Ah")
    return f"{voltage}, {capacity}, {speech.word('chemistry', string.chemistry.value)}"


@callback
def register_site(hass: HomeAssistant, entry_id: str, info: SiteInfo) -> None:
    """Register the site."""
    dr.async_get(hass).async_get_or_create(
        config_entry_id=entry_id,
        identifiers={(DOMAIN, info.site_id)},
        name=info.site.name,
        model=device_model("site", speech_here(hass)),
        sw_version=info.version,
        entry_type=dr.DeviceEntryType.SERVICE,
    )


@callback
def register_manager(
    hass: HomeAssistant,
    entry_id: str,
    site_entry_id: str,
    site_id: str,
    manager: Manager,
    status: ManagerStatus | None,
) -> dict[str, str]:
    """Register a manager and its strings; return the device id of each string by its key."""
    registry, speech = dr.async_get(hass), speech_here(hass)
    info = DeviceInfo(
        identifiers={(DOMAIN, identity(site_id, manager.id))},
        name=manager.name,
        model=device_model(manager.device, speech),
    )
    # What is not known yet, because the manager has not answered, must not erase what was known.
    if status is not None and status.serial_number is not None:
        info["serial_number"] = str(status.serial_number)
    if status is not None and status.firmware_version is not None:
        info["sw_version"] = status.firmware_version
    site = registry.async_get_device_by_identifier((DOMAIN, site_id), site_entry_id)
    if site is not None:
        info["via_device_id"] = site.id
    device = registry.async_get_or_create(config_entry_id=entry_id, **info)
    return {
        string.key: registry.async_get_or_create(
            config_entry_id=entry_id,
            identifiers={(DOMAIN, identity(site_id, string.key))},
            name=string.name,
            model=string_model(string, speech),
            model_id=string.module_type,
            via_device_id=device.id,
        ).id
        for string in manager.strings
    }


@callback
def register_accessory(
    hass: HomeAssistant,
    entry_id: str,
    site_id: str,
    accessory: AccessoryInfo,
    status: AccessoryStatus | None,
) -> None:
    """Register a relay box or an environment sensor, which hangs below its site."""
    registry = dr.async_get(hass)
    info = DeviceInfo(
        identifiers={(DOMAIN, identity(site_id, accessory_key(accessory.id)))},
        name=accessory.name,
        model=device_model(accessory.device, speech_here(hass)),
    )
    if status is not None and status.serial_number is not None:
        info["serial_number"] = str(status.serial_number)
    if status is not None and status.firmware_version is not None:
        info["sw_version"] = status.firmware_version
    site = registry.async_get_device_by_identifier((DOMAIN, site_id), entry_id)
    if site is not None:
        info["via_device_id"] = site.id
    registry.async_get_or_create(config_entry_id=entry_id, **info)


@callback
def present_site_devices(info: SiteInfo) -> set[tuple[str, str]]:
    """Name all devices that a site has beside its managers."""
    names = [info.site_id]
    names += [identity(info.site_id, accessory_key(each.id)) for each in info.accessories]
    return {(DOMAIN, name) for name in names}


@callback
def present_devices(site_id: str, manager: Manager) -> set[tuple[str, str]]:
    """Name all devices that a manager has."""
    names = [identity(site_id, manager.id)]
    for string in manager.strings:
        names.append(identity(site_id, string.key))
        names += [identity(site_id, string.key, cell + 1) for cell in range(string.cell_count)]
    return {(DOMAIN, name) for name in names}


@callback
def remove_stale_devices(hass: HomeAssistant, entry_id: str, present: set[tuple[str, str]]) -> None:
    """Remove the devices of an entry that the site no longer has, children before parents."""
    registry = dr.async_get(hass)
    for device in (
        *dr.async_child_entries_for_config_entry(registry, entry_id),
        *dr.async_entries_for_config_entry(registry, entry_id),
    ):
        if not device.identifiers & present:
            registry.async_remove_device(device.id)
