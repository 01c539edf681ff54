"""Managers that answer without an engine: simulated ones on their lines, and a real SNMP agent."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_socket
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from bacs_core import sitefile
from bacs_core.bus.port import SerialPort
from bacs_core.settings import Line
from bacs_core.simulator.cabinet import SimulatedCabinet
from custom_components.bacs.const import DOMAIN
from custom_components.bacs.direct.description import line_to
from tests.core.snmp.agent import COMMUNITY, Agent, Tables
from tests.processes import HOST, free_port

UNIT = 3
#: Beside the manager that speaks Modbus TCP.
SENSOR_UNIT = 200
#: Two strings, of three and two cells.
CELLS = [3, 2]

_SITE = """
[site]
name = "Managers"
[[line]]
id = "wire"
port = "ports/wire"
baud = 115200
[[line]]
id = "lan"
port = "modbus-tcp://{host}:{port}"
"""
_MANAGER = """
[[manager]]
id = "{line}"
name = "Manager on {line}"
device = "panel_manager"
line = "{line}"
unit = {unit}
"""
_STRING = """
  [[manager.string]]
  number = {number}
  chemistry = "vrla"
  cells = {cells}
  cell_voltage = "12 V"
  capacity = "100 Ah"
  module_type = "C24"
"""
_SENSOR = """
[[device]]
id = "air"
name = "Air"
device = "panel_environment_sensor"
line = "lan"
unit = {unit}
"""


@pytest.fixture(scope="session")
def managers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedCabinet]:
    """A manager behind a serial port, and an equal one that speaks Modbus TCP."""
    pytest_socket.enable_socket()
    folder = tmp_path_factory.mktemp("managers")
    text = _SITE.format(host=HOST, port=free_port())
    for line in ("wire", "lan"):
        text += _MANAGER.format(line=line, unit=UNIT)
        for number, cells in enumerate(CELLS, start=1):
            text += _STRING.format(number=number, cells=cells)
    text += _SENSOR.format(unit=SENSOR_UNIT)
    file = folder / "site.toml"
    file.write_text(text, "utf-8")
    settings = sitefile.load(file)
    with SimulatedCabinet(settings, folder / "ports") as cabinet:
        # The thread that opens ports stays for good: not one test shall seem to have left it.
        asyncio.run(_open_once(settings.lines["wire"]))
        yield cabinet


async def _open_once(line: Line) -> None:
    port = await SerialPort.open(line)
    port.close()


@pytest.fixture
def serial_port(managers: SimulatedCabinet, socket_enabled: None) -> str:
    return managers.ports["wire"].place


@pytest.fixture
def on_wire(serial_port: str) -> dict[str, Any]:
    """What a person types of the manager behind the serial port."""
    return {"serial_port": serial_port, "baud": "115200", "parity": "none", "unit": UNIT}


@pytest.fixture
def on_lan(managers: SimulatedCabinet, socket_enabled: None) -> dict[str, Any]:
    """What a person types of the manager that speaks Modbus TCP."""
    host, _, port = managers.ports["lan"].place.rpartition(":")
    return {"host": host, "port": int(port), "unit": UNIT}


@pytest.fixture(scope="session")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """A real agent with five modules in two strings, of which it tells only the sums."""
    pytest_socket.enable_socket()
    tables = Tables([1300, 1310, 1320, 1330, 1340], [(-150, 3930, 1310), (0, 2670, 1335)])
    with Agent(tmp_path_factory.mktemp("agent"), tables.objects()) as agent:
        yield agent


@pytest.fixture
def by_snmp(agent: Agent, socket_enabled: None) -> dict[str, Any]:
    """What a person types of the manager behind the agent."""
    return {"host": HOST, "port": agent.port, "community": COMMUNITY}


@pytest.fixture(params=["modbus_tcp", "serial", "snmp_v2c"])
def place(
    request: pytest.FixtureRequest,
    on_lan: dict[str, Any],
    on_wire: dict[str, Any],
    by_snmp: dict[str, Any],
) -> tuple[str, dict[str, Any]]:
    """Each way to a manager: the step that asks for it, and what is typed there."""
    typed = {"modbus_tcp": on_lan, "serial": on_wire, "snmp_v2c": by_snmp}
    step: str = request.param
    return step, typed[step]


@pytest.fixture
def battery() -> dict[str, Any]:
    """What a person says of the battery."""
    return {
        "name": "UPS A",
        "cells": "3, 2",
        "chemistry": "vrla",
        "cell_voltage": 12.0,
        "capacity": 100.0,
        "module_type": "C24",
    }


@pytest.fixture
async def managers_port(serial_port: str) -> AsyncIterator[None]:
    """Somebody else has the serial port."""
    line = line_to({"link": "serial", "serial_port": serial_port, "baud": 115200, "parity": "none"})
    port = await SerialPort.open(line)
    yield
    port.close()


@pytest.fixture
def entry_on_lan(
    hass: HomeAssistant,
    managers: SimulatedCabinet,
    on_lan: dict[str, Any],
    battery: dict[str, Any],
) -> MockConfigEntry:
    """An entry for the manager that speaks Modbus TCP, not yet set up."""
    return _entry(hass, managers, "lan", {"link": "modbus-tcp", **on_lan}, battery)


@pytest.fixture
def entry_on_wire(
    hass: HomeAssistant,
    managers: SimulatedCabinet,
    on_wire: dict[str, Any],
    battery: dict[str, Any],
) -> MockConfigEntry:
    """An entry for the manager behind the serial port, not yet set up."""
    link = {"link": "serial", **on_wire, "baud": int(on_wire["baud"])}
    return _entry(hass, managers, "wire", link, battery)


def _entry(
    hass: HomeAssistant,
    managers: SimulatedCabinet,
    line: str,
    link: dict[str, Any],
    battery: dict[str, Any],
) -> MockConfigEntry:
    manager = managers.devices.on_line[line][0]
    serial_number = int(manager.plate.serial_number)  # type: ignore[attr-defined]
    data = {
        **link,
        "device_kind": "panel_manager",
        "serial_number": serial_number,
        "battery": battery | {"cells": CELLS},
    }
    unique_id = f"panel_manager-{serial_number}"
    entry = MockConfigEntry(domain=DOMAIN, title="UPS A (line)", unique_id=unique_id, data=data)
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
def expected_lingering_timers() -> bool:
    """The SNMP library lets the time of a request run out although it was answered."""
    return True
