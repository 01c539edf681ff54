"""Monitoring without an engine, as the rest of the integration sees it.

What it is made of (`direct`) needs libraries that nobody else does: it is loaded when a person
chooses it, beside the event loop.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.importlib import async_import_module

from bacs_core.api.client import EngineClient

from .const import CONF_LINK, CONF_SNMP


class MonitoringError(Exception):
    """A manager cannot be monitored. `key` names the sentence for people, the text tells more."""

    def __init__(self, key: str, detail: str) -> None:
        super().__init__(detail)
        self.key = key


@dataclass(frozen=True, slots=True)
class Answer:
    """Who answered.

    `string_cells` has the cells of each string, `None` where it tells none; `asks` names what only
    a person can tell of this kind of device.
    """

    device_kind: str
    title: str
    serial_number: int | None
    string_cells: tuple[int | None, ...]
    asks: frozenset[str]


#: Before anybody was asked.
NOBODY: Final = Answer("", "", None, (), frozenset())


def is_direct(data: Mapping[str, Any]) -> bool:
    """Tell an entry that monitors a manager by itself from one that goes to an engine."""
    return CONF_LINK in data


async def ask_manager(hass: HomeAssistant, data: Mapping[str, Any]) -> Answer:
    """Ask who is there; raises `MonitoringError`."""
    await async_import_module(hass, f"{__package__}.direct")
    from .direct import probing  # noqa: PLC0415 - see above

    if CONF_SNMP in data:
        return await probing.look_for_agent(hass, data)
    return await probing.look_for_unit(data)


async def check_entry(
    hass: HomeAssistant, data: Mapping[str, Any], limits: Mapping[str, Any]
) -> None:
    """Raise `MonitoringError` where an entry with this data and these options has no sense."""
    await async_import_module(hass, f"{__package__}.direct")
    from .direct import description  # noqa: PLC0415 - see above

    await hass.async_add_executor_job(description.settings_of, data, limits)


async def direct_client(
    hass: HomeAssistant, site_id: str, data: Mapping[str, Any], limits: Mapping[str, Any]
) -> EngineClient:
    """Make what stands in for the client of an engine; raises `MonitoringError`."""
    await async_import_module(hass, f"{__package__}.direct")
    from .direct import client  # noqa: PLC0415 - see above

    return await client.connect(hass, site_id, data, limits)
