"""Modbus masters that we did not write read what the register map page promises."""

from __future__ import annotations

import binascii
import re
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from bacs_core.simulator.control import SimulatorControl
from tests.libmodbus import Context, LibmodbusError
from tests.processes import ROOT, Cabinet
from tests.system.conftest import SITE, TELECOM

PAGE = (ROOT / "docs" / "REGISTER-MAP.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(0x[0-9a-f]{4})` \| `(\w+)` \|[^|]*\| (\w+) \| ([\d.e-]+) \|", re.MULTILINE)
WORD = re.compile(r"^\[\d+\]:\s+(-?\d+)", re.MULTILINE)
BAUD = {"modules": 19200, "managers": 115200}
#: Guards only; mbpoll takes no longer one.
PATIENCE_S = 10
#: The request counter stands in the three high bits of an address.
COUNTED = 0x2000

#: Reads holding registers of a unit on a line, unsigned.
Master = Callable[["Place", int, int], list[int]]


@dataclass(frozen=True)
class Promise:
    """One row of the page."""

    address: int
    kind: str
    scale: float


def promises(heading: str) -> dict[str, Promise]:
    """Read the rows of one section of the page by name."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return {
        name: Promise(int(address, 16), kind, float(scale))
        for address, name, kind, scale in ROW.findall(section)
    }


@pytest.fixture(scope="module")
def cabinet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cabinet]:
    cabinet = Cabinet(tmp_path_factory.mktemp("cabinet"), SITE, "--noise-mv", "0")
    cabinet.start()
    yield cabinet
    cabinet.stop()


@dataclass(frozen=True)
class Place:
    """A unit on a line of the cabinet."""

    cabinet: Cabinet
    line: str
    unit: int

    @property
    def port(self) -> Path:
        return self.cabinet.site.parent / "ports" / self.line


def mbpoll(place: Place, address: int, count: int) -> list[int]:
    """Let the program mbpoll read."""
    done = subprocess.run(
        [
            *f"mbpoll -m rtu -b {BAUD[place.line]} -P none -a {place.unit} -0 -1 -t 4".split(),
            *f"-o {PATIENCE_S}".split(),
            *f"-r {address} -c {count}".split(),
            str(place.port),
        ],
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [int(word) & 0xFFFF for word in WORD.findall(done.stdout)]


def libmodbus(place: Place, address: int, count: int) -> list[int]:
    """Let the library libmodbus read."""
    with closing(Context.rtu(place.port, place.unit, BAUD[place.line])) as context:
        context.library.modbus_set_response_timeout(context.pointer, PATIENCE_S, 0)
        context.connect()
        return context.read_registers(address, count)


@pytest.fixture(params=[mbpoll, libmodbus])
def master(request: pytest.FixtureRequest) -> Master:
    chosen: Master = request.param
    return chosen


def read(master: Master, place: Place, promise: Promise) -> float:
    """Read one value as the page says it is to be read."""
    wide = promise.kind in ("U32", "S32")
    raw = 0
    for word in master(place, promise.address, 1 + wide):
        raw = raw << 16 | word
    if promise.kind == "HIGH_BYTE":
        raw >>= 8
    if promise.kind == "LOW_BYTE":
        raw &= 0xFF
    bits = 32 if wide else 16
    if promise.kind.startswith("S") and raw >> (bits - 1):
        raw -= 1 << bits
    return raw * promise.scale


def test_a_module_answers_as_the_page_promises(cabinet: Cabinet, master: Master) -> None:
    identity, rows = promises("Every device: identity"), promises("Module")
    truth = SimulatorControl(cabinet.control).truth(TELECOM)
    place = Place(cabinet, "modules", 5)
    assert read(master, place, identity["map_id"]) == 0x4250
    assert read(master, place, identity["map_version"]) == 2
    assert read(master, place, identity["device_kind"]) == 1
    assert read(master, place, identity["module_type"]) == 44
    assert read(master, place, identity["unit_address"]) == place.unit
    voltage_v = read(master, place, rows["voltage_v"])
    assert voltage_v == pytest.approx(truth.voltage_v[place.unit - 1], abs=0.02)
    temperature_c = read(master, place, rows["temperature_c"])
    assert temperature_c == pytest.approx(truth.temperature_c[place.unit - 1], abs=1.5)
    resistance_ohm = read(master, place, rows["resistance_ohm"])
    assert resistance_ohm == pytest.approx(truth.resistance_ohm[place.unit - 1], rel=0.1)
    assert read(master, place, rows["duty_percent"]) == 0


def test_a_current_sensor_answers_as_the_page_promises(cabinet: Cabinet, master: Master) -> None:
    rows = promises("Current sensor")
    truth = SimulatorControl(cabinet.control).truth(TELECOM)
    place = Place(cabinet, "modules", 241)
    error_a = read(master, place, rows["error_a"])
    assert error_a > 0
    current_a = read(master, place, rows["current_a"])
    assert current_a == pytest.approx(truth.string_current_a, abs=error_a)


def test_a_manager_answers_as_the_page_promises(cabinet: Cabinet, master: Master) -> None:
    rows = promises("Manager")
    truth = SimulatorControl(cabinet.control).truth("ups-b/1")
    place = Place(cabinet, "managers", 2)
    sum_v = read(master, place, rows["sum_voltage_v"])
    assert sum_v == pytest.approx(sum(truth.voltage_v), abs=0.2)
    # A column page begins with its own address and the age of its oldest value.
    column = rows["voltage_v"]
    page = master(place, column.address, 2 + 24)
    assert page[0] == column.address
    assert [word * column.scale for word in page[2:]] == pytest.approx(truth.voltage_v, abs=0.02)


def test_echo_and_check_are_what_the_page_says(cabinet: Cabinet, master: Master) -> None:
    first, last = (promises("Current sensor")[name].address for name in ("echo", "check"))
    sensor = Place(cabinet, "modules", 241)
    for counter in (0, 5):
        asked = first + counter * COUNTED
        *block, check = master(sensor, asked, last - first + 1)
        assert block[0] == asked
        covered = struct.pack(f">BBH{len(block)}H", sensor.unit, 3, asked, *block)
        assert binascii.crc_hqx(covered, 0xFFFF) == check


def test_a_register_that_is_not_on_the_page_is_refused(cabinet: Cabinet, master: Master) -> None:
    with pytest.raises((AssertionError, LibmodbusError), match="Illegal data address"):
        master(Place(cabinet, "modules", 5), 0x0900, 1)
