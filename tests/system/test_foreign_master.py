"""A Modbus master that we did not write reads what the register map page promises."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bacs_core.simulator.control import SimulatorControl
from tests.processes import ROOT, Cabinet
from tests.system.conftest import SITE, TELECOM

PAGE = (ROOT / "docs" / "REGISTER-MAP.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(0x[0-9a-f]{4})` \| `(\w+)` \|[^|]*\| (\w+) \| ([\d.e-]+) \|", re.MULTILINE)
WORD = re.compile(r"^\[\d+\]:\s+(-?\d+)", re.MULTILINE)
SERIAL = {"modules": ("19200", "none"), "managers": ("115200", "none")}


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


def words(port: Path, line: str, unit: int, address: int, count: int) -> list[int]:
    """Let mbpoll read holding registers, and return them unsigned."""
    baud, parity = SERIAL[line]
    done = subprocess.run(
        [
            *f"mbpoll -m rtu -b {baud} -P {parity} -a {unit} -0 -1 -t 4".split(),
            *f"-r {address} -c {count}".split(),
            str(port),
        ],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [int(word) & 0xFFFF for word in WORD.findall(done.stdout)]


def read(cabinet: Cabinet, line: str, unit: int, promise: Promise) -> float:
    """Read one value as the page says it is to be read."""
    wide = promise.kind in ("U32", "S32")
    port = cabinet.site.parent / "ports" / line
    raw = 0
    for word in words(port, line, unit, promise.address, 1 + wide):
        raw = raw << 16 | word
    bits = 32 if wide else 16
    if promise.kind.startswith("S") and raw >> (bits - 1):
        raw -= 1 << bits
    return raw * promise.scale


def test_a_module_answers_as_the_page_promises(cabinet: Cabinet) -> None:
    identity, rows = promises("Every device: identity"), promises("Module")
    truth = SimulatorControl(cabinet.control).truth(TELECOM)
    unit = 5
    assert read(cabinet, "modules", unit, identity["map_id"]) == 0x4250
    assert read(cabinet, "modules", unit, identity["device_kind"]) == 1
    assert read(cabinet, "modules", unit, identity["module_type"]) == 44
    assert read(cabinet, "modules", unit, identity["unit_address"]) == unit
    voltage_v = read(cabinet, "modules", unit, rows["voltage_v"])
    assert voltage_v == pytest.approx(truth.voltage_v[unit - 1], abs=0.02)
    temperature_c = read(cabinet, "modules", unit, rows["temperature_c"])
    assert temperature_c == pytest.approx(truth.temperature_c[unit - 1], abs=1.5)
    resistance_ohm = read(cabinet, "modules", unit, rows["resistance_ohm"])
    assert resistance_ohm == pytest.approx(truth.resistance_ohm[unit - 1], rel=0.1)
    assert read(cabinet, "modules", unit, rows["duty_percent"]) == 0


def test_a_current_sensor_answers_as_the_page_promises(cabinet: Cabinet) -> None:
    rows = promises("Current sensor")
    truth = SimulatorControl(cabinet.control).truth(TELECOM)
    error_a = read(cabinet, "modules", 241, rows["error_a"])
    current_a = read(cabinet, "modules", 241, rows["current_a"])
    assert error_a > 0
    assert current_a == pytest.approx(truth.string_current_a, abs=error_a)


def test_a_manager_answers_as_the_page_promises(cabinet: Cabinet) -> None:
    rows = promises("Manager")
    truth = SimulatorControl(cabinet.control).truth("ups-b/1")
    sum_v = read(cabinet, "managers", 2, rows["sum_voltage_v"])
    assert sum_v == pytest.approx(sum(truth.voltage_v), abs=0.2)
    # A column page begins with its own address and the age of its oldest value.
    column = promises("Manager")["voltage_v"]
    port = cabinet.site.parent / "ports" / "managers"
    page = words(port, "managers", 2, column.address, 2 + 24)
    assert page[0] == column.address
    assert [word * column.scale for word in page[2:]] == pytest.approx(truth.voltage_v, abs=0.02)


def test_a_register_that_is_not_on_the_page_is_refused(cabinet: Cabinet) -> None:
    with pytest.raises(AssertionError, match="Illegal data address"):
        words(cabinet.site.parent / "ports" / "modules", "modules", 5, 0x0900, 1)
