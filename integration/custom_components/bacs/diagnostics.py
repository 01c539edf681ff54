"""What a person may send to whoever helps: how the plant is built and does, without secrets."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.const import CONF_HOST, CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import AnyDeviceEntry
from pydantic import BaseModel

import bacs_core
from bacs_core.api.client import ClientError
from bacs_core.api.live import LiveString
from bacs_core.api.messages import SiteInfo
from bacs_core.settings import Link

from .const import CONF_FINGERPRINT, CONF_SNMP, DOMAIN
from .runtime import BacsConfigEntry, SiteConfigEntry, SiteRuntime, is_manager, loaded_site

#: Secrets, and what tells of people or of the network that the engine is in.
TO_REDACT: Final = {
    CONF_HOST,
    CONF_TOKEN,
    CONF_FINGERPRINT,
    "acknowledged_by",
    "addresses",
    "announced_as",
    "by",
    "community",
    "contact",
    "folder",
    "password",
}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: BacsConfigEntry
) -> dict[str, Any]:
    """Describe a site or a manager."""
    # The versions of an engine have one of that name too, and it is no secret.
    secrets = {CONF_SNMP: REDACTED} if CONF_SNMP in entry.data else {}
    told: dict[str, Any] = {"entry": {**entry.data, **secrets}}
    if not is_manager(entry):
        site = entry.runtime_data
        return redacted(told | _site(site) | await _engine(site), hosts_of(entry))
    runtime = entry.runtime_data
    site_entry = loaded_site(hass, runtime.site_id)
    told |= {"site_loaded": site_entry is not None, "manager": asdict(runtime.manager)}
    if site_entry is None:
        return redacted(told | {"status": None, "strings": {}})
    live = site_entry.runtime_data.live
    keys = [string.key for string in runtime.manager.strings]
    return redacted(
        told
        | {
            "status": _message(live.managers.get(runtime.manager.id)),
            "strings": {key: _string(live.strings[key]) for key in keys if key in live.strings},
        },
        hosts_of(site_entry),
    )


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: BacsConfigEntry, device: AnyDeviceEntry
) -> dict[str, Any]:
    """Describe one string or cell; whatever else is described with its entry."""
    names = {name for domain, name in device.identifiers if domain == DOMAIN}
    site = loaded_site(hass, entry.runtime_data.site_id) if is_manager(entry) else None
    if site is None:
        return await async_get_config_entry_diagnostics(hass, entry)
    live, site_id = site.runtime_data.live, str(site.unique_id)
    for key, mirror in live.strings.items():
        name = f"{site_id}/{key}"
        if name in names:
            return redacted({"string": asdict(mirror.string), **_string(mirror)})
        for index in range(mirror.string.cell_count):
            if f"{name}/{index + 1}" in names:
                return redacted({"string": key, "cell": index + 1, **_cell(mirror, index)})
    return await async_get_config_entry_diagnostics(hass, entry)


def hosts_of(site: SiteConfigEntry) -> list[str]:
    """Name the engine and everything on the network that it, or this entry, asks."""
    info = site.runtime_data.live.info
    lines = [] if info is None else info.lines
    ports = [line.port for line in lines if is_network(line.link)]
    hosts = [port.rpartition(":")[0] or port for port in ports]
    return [host for host in (*hosts, site.data.get(CONF_HOST)) if host]


def is_network(link: Link) -> bool:
    """Tell whether the port of a line is an address."""
    return link is not Link.SERIAL


def redacted(told: Mapping[str, Any], hosts: Iterable[str] = ()) -> dict[str, Any]:
    """Leave out what nobody else has to know, also where it stands inside a sentence."""
    hidden = async_redact_data(told, TO_REDACT)
    for host in hosts:
        hidden = _without(hidden, host)
    return dict(hidden)


def _without(told: Any, host: str) -> Any:
    """Leave an address out of every sentence."""
    match told:
        case str():
            return told.replace(host, REDACTED)
        case Mapping():
            return {key: _without(value, host) for key, value in told.items()}
        case list() | tuple():
            return [_without(value, host) for value in told]
    return told


def _site(runtime: SiteRuntime) -> dict[str, Any]:
    """Describe the connection and everything that is of no single string.

    The numbers of a manager in `registers` are what it told beyond cells and strings, as it told
    them; those of a line count its requests and what became of them.
    """
    live = runtime.live
    return {
        "library_version": bacs_core.__version__,
        "role": runtime.role,
        "connected": live.connected,
        "problem": live.problem,
        "at": live.at,
        "received_at": live.received_at,
        "site": _built(live.info),
        "managers": [_message(manager) for manager in live.managers.values()],
        "lines": [_message(line) for line in live.lines.values()],
        "accessories": [_message(accessory) for accessory in live.accessories.values()],
        "annunciation": _message(live.annunciation),
        "alarms": [_message(alarm) for alarm in live.alarms.values()],
    }


def _built(info: SiteInfo | None) -> dict[str, Any] | None:
    """Describe how the plant is built; of a line on the network only what carries it."""
    told = _message(info)
    for line in () if told is None else told["lines"]:
        if is_network(Link(line["link"])):
            line["port"] = REDACTED
    return told


async def _engine(runtime: SiteRuntime) -> dict[str, Any]:
    """Ask the engine how it does itself; why it does not tell is worth knowing as well."""
    if runtime.client is None:
        return {"engine": None}
    try:
        return {"engine": _message(await runtime.client.system())}
    except ClientError as error:
        return {"engine": str(error)}


def _string(mirror: LiveString) -> dict[str, Any]:
    """Describe every value of a string, with the time of its reading."""
    return {
        "scalars": _message(mirror.scalars),
        "brain": _message(mirror.brain),
        "columns": mirror.columns,
        "read_at": mirror.read_at,
        "status": mirror.status,
        "figures": mirror.figures,
        "codes": mirror.codes,
        "findings": [_message(finding) for finding in mirror.findings],
    }


def _cell(mirror: LiveString, index: int) -> dict[str, Any]:
    """Describe every value of a cell (index from 0)."""
    return {
        "values": {name: column[index] for name, column in mirror.columns.items()},
        "read_at": {name: column[index] for name, column in mirror.read_at.items()},
        "status": mirror.status[index],
        "figures": {name: column[index] for name, column in mirror.figures.items()},
        "codes": {name: column[index] for name, column in mirror.codes.items()},
        "findings": [_message(finding) for finding in mirror.findings if finding.cell == index + 1],
    }


def _message(message: BaseModel | None) -> dict[str, Any] | None:
    return None if message is None else message.model_dump(mode="json")
