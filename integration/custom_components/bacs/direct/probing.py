"""Asks who is there before an entry is made."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import time
from typing import Final

from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant

from bacs_core.bus.owner import Borrower, Owner, Statistics
from bacs_core.bus.owners import owner_for
from bacs_core.commissioning import own_map
from bacs_core.commissioning.recognition import Ear
from bacs_core.commissioning.scan import Speed
from bacs_core.devices import bacs_manager_snmp, panel_manager
from bacs_core.devices.device import Role
from bacs_core.devices.panel_map import IDENTITY
from bacs_core.errors import BusError, DeviceError, PortGoneError
from bacs_core.polling.foreign_values import told_serial_number
from bacs_core.settings import Line, Link
from bacs_core.sitefile.checks import DECLARED
from bacs_core.sitefile.devices import FAMILY
from bacs_core.snmp.client import open_client
from custom_components.bacs.const import CONF_SNMP, CONF_UNIT
from custom_components.bacs.monitoring import Answer, MonitoringError

from .description import Data, access_of, line_to

#: Opening a port takes a moment, a connection to a far network a few.
OPEN_TIMEOUT_S: Final = 10.0
LOOK_EVERY_S: Final = 0.05
#: Modbus application protocol V1.1b3, section 7: no way to the unit, or no answer from it.
GATEWAY_WAITED_IN_VAIN: Final = (10, 11)


async def look_for_agent(hass: HomeAssistant, data: Data) -> Answer:
    """Ask the agent of a web manager; raises `MonitoringError`."""
    access = await hass.async_add_executor_job(access_of, data[CONF_SNMP])
    line_to(data)
    client = None
    try:
        client = await open_client(data[CONF_HOST], data[CONF_PORT], access, Statistics())
        rows = (
            bacs_manager_snmp.SERIAL_NUMBER,
            bacs_manager_snmp.STRING_COUNT,
            bacs_manager_snmp.MODULE_COUNT,
        )
        serial, strings, modules = await client.get(tuple(row.oid for row in rows))
    except BusError as error:
        raise MonitoringError("no_agent", str(error)) from error
    finally:
        if client is not None:
            client.close()
    if not isinstance(strings, int) and not isinstance(modules, int):
        raise MonitoringError("other_agent", "the agent tells neither strings nor modules")
    told = serial.decode("utf-8", "replace").strip() if isinstance(serial, bytes) else ""
    string_count = strings if isinstance(strings, int) else 0
    return Answer(
        device_kind=bacs_manager_snmp.NAME,
        title=bacs_manager_snmp.DEVICE.title,
        serial_number=told_serial_number(told),
        string_cells=_divided(modules if isinstance(modules, int) else None, string_count),
        asks=_asks(bacs_manager_snmp.NAME),
    )


async def look_for_unit(data: Data) -> Answer:
    """Ask a unit on a line; raises `MonitoringError`."""
    line = line_to(data)
    try:
        async with _opened(line) as owner, owner.borrow() as borrower:
            ear = Ear(borrower, line.max_turnaround_s)
            speed = Speed(line.baud, line.parity, line.stop_bits)
            found = await ear.look(data[CONF_UNIT], speed)
            if found is not None and found.device is None:
                await _ask_gateway(borrower, data[CONF_UNIT])
    except PortGoneError as error:
        key = "port_closed" if line.link is Link.SERIAL else "no_connection"
        raise MonitoringError(key, str(error)) from error
    if found is None:
        raise MonitoringError("unit_silent", f"unit {data[CONF_UNIT]} does not answer")
    if found.device is None or found.role is not Role.MANAGER:
        raise MonitoringError("no_manager", found.remark or found.title)
    return Answer(
        device_kind=found.device,
        title=found.title,
        serial_number=found.serial_number if found.device == panel_manager.NAME else None,
        string_cells=found.string_cells,
        asks=_asks(found.device),
    )


async def _ask_gateway(borrower: Borrower, unit: int) -> None:
    """Raise `MonitoringError` where a gateway answers only that nobody is there."""
    with contextlib.suppress(BusError):
        try:
            await borrower.ask(own_map.read(IDENTITY, unit))
        except DeviceError as error:
            if error.code in GATEWAY_WAITED_IN_VAIN:
                raise MonitoringError("unit_silent", str(error)) from error


@asynccontextmanager
async def _opened(line: Line) -> AsyncIterator[Owner]:
    """Own a line for a moment; raises `PortGoneError` where it cannot be opened."""
    owner = owner_for(line, [], time)
    not_tried = owner.message
    running = asyncio.create_task(owner.run(), name=f"probing {line.port}")
    try:
        await _tried(owner, not_tried)
        yield owner
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _tried(owner: Owner, not_tried: str) -> None:
    """Wait until the port is open; raises `PortGoneError` where it cannot be opened."""
    try:
        async with asyncio.timeout(OPEN_TIMEOUT_S):
            while not owner.port_open:
                if owner.message != not_tried:
                    raise PortGoneError(owner.message)
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError as error:
        raise PortGoneError(f"{owner.line.port} does not answer") from error


def _asks(device_kind: str) -> frozenset[str]:
    asks = set(DECLARED.get(device_kind, ())) & {"current_scale", "voltage_scale"}
    return frozenset(asks | ({"module_type"} if device_kind in FAMILY else set()))


def _divided(modules: int | None, strings: int) -> tuple[int | None, ...]:
    """Guess how modules are divided: evenly, where that is possible; a person confirms it."""
    if modules is None or strings < 1 or modules % strings:
        return (None,) * strings
    return (modules // strings,) * strings
