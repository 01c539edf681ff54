"""The whole cabinet on pseudo-terminals, read by a foreign master."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import serial
from pymodbus.client import ModbusSerialClient

from bacs_core.devices import (
    bacs_manager,
    huasu_cellcheck_tv,
    panel_current_sensor,
    panel_manager,
    panel_module,
)
from bacs_core.devices.panel_map import IDENTITY
from bacs_core.devices.registers import Block
from bacs_core.errors import SettingsError
from bacs_core.model import Site
from bacs_core.protection import Tuning
from bacs_core.settings import Accessory, Address, Parity
from bacs_core.simulator.cabinet import CabinetOptions, SimulatedCabinet, with_oddities
from bacs_core.simulator.control import ControlError, SimulatorControl
from bacs_core.simulator.control_server import ControlServer
from bacs_core.simulator.faults import FaultKind
from tests.core.simulator.plants import make_line, make_settings
from tests.core.simulator.still_room import words

PATIENCE_S = 20.0


@pytest.fixture
def ports(tmp_path: Path) -> Path:
    return tmp_path / "ports"


@pytest.fixture
def cabinet(ports: Path) -> Iterator[SimulatedCabinet]:
    with SimulatedCabinet(make_settings(), ports) as running:
        yield running


@pytest.fixture
def control(cabinet: SimulatedCabinet, tmp_path: Path) -> Iterator[SimulatorControl]:
    server = ControlServer(cabinet, tmp_path / "control")
    server.start()
    yield SimulatorControl(tmp_path / "control")
    server.stop()


BAUDS = {line_id: line.baud for line_id, line in make_settings().lines.items()}


class Master:
    """A foreign master: pymodbus's own client."""

    def __init__(self, path: Path, timeout_s: float = PATIENCE_S) -> None:
        baud = BAUDS[path.name]
        self.client = ModbusSerialClient(str(path), baudrate=baud, timeout=timeout_s, retries=0)
        assert self.client.connect()

    def close(self) -> None:
        self.client.close()  # type: ignore[no-untyped-call]

    def words(self, unit: int, address: int, count: int) -> bytes:
        answer = self.client.read_holding_registers(address, count=count, device_id=unit)
        assert not answer.isError(), answer
        return struct.pack(f">{len(answer.registers)}H", *answer.registers)

    def block(self, unit: int, block: Block) -> dict[str, float | None]:
        return block.decode(self.words(unit, block.address, block.count), unit=unit)

    def broadcast(self, address: int, payload: bytes) -> None:
        self.client.write_registers(address, words(payload), device_id=0, no_response_expected=True)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s, "waited in vain"
        time.sleep(0.02)


def test_a_foreign_master_reads_every_block_of_every_device(
    cabinet: SimulatedCabinet, ports: Path
) -> None:
    modules = Master(ports / "modules")
    truth = cabinet.plant.truth("telecom/1")
    for unit in range(1, 7):
        blocks = [modules.block(unit, block) for block in panel_module.READ_BLOCKS]
        assert blocks[0]["unit_address"] == unit
        assert blocks[1]["voltage_v"] == pytest.approx(truth.voltage_v[unit - 1], abs=0.005)
    for block in panel_current_sensor.READ_BLOCKS:
        modules.block(241, block)
    modules.close()

    managers = Master(ports / "managers")
    assert managers.block(1, IDENTITY)["cell_count"] == 140
    for number in (1, 2):
        assert managers.block(1, panel_manager.string_block(number))["cell_count"] == 70
    for column in panel_manager.COLUMNS:
        cells = 0
        for address, count, _first in column.pages(140):
            payload = managers.words(1, address, count)
            _age_s, values = column.decode(payload, unit=1, asked=address)
            cells += len(values)
        assert cells == 140
    managers.close()
    assert cabinet.ports["modules"].line.counters.bad_frames == 0


def test_a_bypass_broadcast_over_the_line_conducts_until_its_lease_ends(
    cabinet: SimulatedCabinet, ports: Path
) -> None:
    master = Master(ports / "modules")
    payload = panel_module.encode_bypass(9, 0.5, {2: 100.0})
    master.broadcast(panel_module.BYPASS_ADDRESS, payload)

    def bypass_a() -> float:
        return float(cabinet.plant.truth("telecom/1").bypass_current_a[1])

    wait_until(lambda: bypass_a() == pytest.approx(0.85))
    wait_until(lambda: bypass_a() == 0)
    measurement = master.block(2, panel_module.MEASUREMENT)
    assert measurement["status"] == panel_module.STATUS_LEASE_EXPIRED
    assert (measurement["unit_address"], measurement["bypass_sequence"]) == (2, 9)
    master.close()


def test_a_port_can_be_opened_again_and_again_also_with_parity(ports: Path) -> None:
    settings = make_settings()
    settings = replace(
        settings, lines={**settings.lines, "modules": make_line("modules", 57600, Parity.EVEN)}
    )
    with SimulatedCabinet(settings, ports):
        for _ in range(3):
            serial.Serial(str(ports / "modules"), 57600, parity=serial.PARITY_EVEN).close()
            # A terminal without parity takes a second wish for it only after a moment of rest.
            time.sleep(0.6)


def test_a_vanished_port_comes_back_at_the_same_path(
    cabinet: SimulatedCabinet, control: SimulatorControl, ports: Path
) -> None:
    path = ports / "modules"
    before = serial.Serial(str(path), 57600)
    control.vanish("modules", 600)
    wait_until(lambda: not path.exists())
    wait_until(lambda: not control.lines()["modules"].port_present)
    assert os.read(before.fileno(), 1) == b""
    before.close()
    control.vanish("modules", 0.01)
    wait_until(path.exists)
    after = Master(path)
    assert after.block(1, IDENTITY)["unit_address"] == 1
    after.close()


def test_stopping_removes_the_ports(ports: Path) -> None:
    with SimulatedCabinet(make_settings(), ports):
        assert sorted(path.name for path in ports.iterdir()) == ["managers", "modules"]
    assert list(ports.iterdir()) == []


async def test_the_cabinet_runs_inside_an_event_loop_too(ports: Path) -> None:
    async with SimulatedCabinet(make_settings(), ports) as cabinet:
        assert (ports / "modules").exists()
        assert cabinet.cell_count == 146
    assert not (ports / "modules").exists()


def test_plant_time_runs_as_fast_as_asked_for(ports: Path) -> None:
    with SimulatedCabinet(make_settings(), ports, CabinetOptions(speed=600.0)) as cabinet:
        started_s = time.monotonic()
        wait_until(lambda: cabinet.plant.time_s > 300)
        with cabinet.lock:
            assert cabinet.plant.time_s <= 600 * (time.monotonic() - started_s + 1)


@pytest.mark.parametrize("speed", [0.5, 601.0])
def test_a_speed_that_would_blur_the_plant_is_refused(speed: float) -> None:
    with pytest.raises(SettingsError, match="speed"):
        CabinetOptions(speed=speed)


def test_a_device_that_nobody_knows_is_refused(ports: Path) -> None:
    settings = make_settings()
    ups, telecom = settings.site.managers
    foreign = Site("Room", (replace(ups, device="abacus"), telecom))
    with pytest.raises(SettingsError, match="manager ups: a abacus cannot be simulated"):
        SimulatedCabinet(replace(settings, site=foreign), ports)
    with pytest.raises(SettingsError, match="string telecom/1: a abacus cannot be simulated"):
        SimulatedCabinet(replace(settings, module_devices={"telecom/1": "abacus"}), ports)
    horn = Accessory("horn", "Horn", "abacus", Address("modules", 242))
    with pytest.raises(SettingsError, match="device horn: a abacus cannot be simulated"):
        SimulatedCabinet(replace(settings, accessories=(horn,)), ports)


def test_foreign_devices_stand_in_the_cabinet_too(ports: Path) -> None:
    settings = make_settings()
    ups, telecom = settings.site.managers
    site = Site("Room", (replace(ups, device=bacs_manager.NAME), telecom))
    devices = {"telecom/1": huasu_cellcheck_tv.NAME}
    with SimulatedCabinet(replace(settings, site=site, module_devices=devices), ports) as cabinet:
        managers = Master(ports / "managers")
        assert managers.words(1, 1000, 1) != b"\0\0"
        managers.close()
        assert len(cabinet.devices.on_line["modules"]) == 7


def test_the_second_string_of_a_demonstration_has_a_weak_and_a_warm_cell(ports: Path) -> None:
    settings = make_settings()
    cabinet = SimulatedCabinet(settings, ports, with_oddities(CabinetOptions(), settings))
    truth = cabinet.plant.truth("ups/2")
    assert truth.resistance_ohm.max() > 1.5 * truth.resistance_ohm.mean()
    # The warm cell stands out, and gives no sign of thermal runaway from the start.
    spread_k = truth.temperature_c.max() - np.median(truth.temperature_c)
    assert 2.5 < spread_k < Tuning().pre_spread_k
    assert cabinet.plant.truth("ups/1").temperature_c.max() < truth.temperature_c.max()


def test_the_control_socket_switches_a_fault_of_one_unit(
    control: SimulatorControl, ports: Path
) -> None:
    control.fault("modules", FaultKind.EXCEPTION, unit=3, count=1, value=6)
    master = Master(ports / "modules")
    answer = master.client.read_holding_registers(0, count=1, device_id=3)
    assert answer.exception_code == 6
    assert master.words(3, 1, 1) == b"\x42\x50"
    report = control.lines()["modules"]
    assert report.requests == {3: 2}
    assert report.faults == {FaultKind.EXCEPTION: 1}
    assert bytes.fromhex(report.last_answer[3])[:5] == b"\x03\x03\x02\x42\x50"
    master.close()


def test_the_control_socket_changes_cells_and_strings_and_tells_the_truth(
    control: SimulatorControl,
) -> None:
    before = control.truth("telecom/1")
    control.cell("telecom/1", 2, resistance_ohm=0.002, stuck_bypass_percent=100.0)
    control.string("telecom/1", charger_on=False, load_a=20.0)
    wait_until(lambda: control.truth("telecom/1").string_current_a == -20.0)
    after = control.truth("telecom/1")
    assert after.resistance_ohm[1] == pytest.approx(0.002, rel=0.05)
    assert after.resistance_ohm[0] == pytest.approx(before.resistance_ohm[0], rel=0.01)
    assert after.bypass_current_a[1] == pytest.approx(0.85)
    assert after.voltage_v[0] < before.voltage_v[0]
    control.cell("telecom/1", 2, stuck_bypass_percent=None)
    control.string("telecom/1", charger_on=True, load_a=0.0)
    wait_until(lambda: control.truth("telecom/1").string_current_a > 0)
    assert control.truth("telecom/1").bypass_current_a[1] == 0


def test_lost_sensors_are_switched_by_the_control_socket(
    control: SimulatorControl, ports: Path
) -> None:
    master = Master(ports / "modules")
    control.cell("telecom/1", 4, temperature_absent=True)
    assert master.block(4, panel_module.MEASUREMENT)["temperature_c"] is None
    control.cell("telecom/1", 4, temperature_absent=False, temperature_offset_k=40.0)
    assert (master.block(4, panel_module.MEASUREMENT)["temperature_c"] or 0) > 55
    master.close()


def test_the_control_socket_says_what_is_wrong_with_a_command(control: SimulatorControl) -> None:
    with pytest.raises(ControlError, match="no line nowhere"):
        control.clear("nowhere")
    with pytest.raises(ControlError, match="no string nowhere/1"):
        control.truth("nowhere/1")
    with pytest.raises(ControlError, match="no cell 7"):
        control.cell("telecom/1", 7, resistance_ohm=0.001)


def test_the_command_says_when_it_is_ready_and_stops_on_sigterm(tmp_path: Path) -> None:
    program = tmp_path / "simulate.py"
    program.write_text(
        "import argparse, sys\n"
        "from bacs_core.simulator.command import add_arguments, options_from, run_simulator\n"
        "from tests.core.simulator.plants import make_settings\n"
        "parser = argparse.ArgumentParser()\n"
        "add_arguments(parser)\n"
        "arguments = parser.parse_args()\n"
        "options = options_from(arguments)\n"
        "sys.exit(run_simulator(make_settings(), arguments.ports, options))\n"
    )
    script = tmp_path / "script.toml"
    script.write_text(
        '[[step]]\nat_s = 0\ndo = "string"\nstring = "ups/1"\ncharger_on = false\nload_a = 7\n'
    )
    arguments: list[str | Path] = [
        *("site.toml", "--ports", tmp_path / "ports", "--control", tmp_path / "control"),
        *("--speed", "60", "--spread-mv", "30", "--script", script),
    ]
    with subprocess.Popen(
        [sys.executable, program, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line == "simulating 146 cells on lines managers, modules\n"
            for line_id in ("managers", "modules"):
                told = process.stdout.readline()
                assert told == f"  {line_id}: {tmp_path / 'ports' / line_id}\n"
            simulator = SimulatorControl(tmp_path / "control")
            wait_until(lambda: simulator.truth("ups/1").string_current_a < 0)
            truth = simulator.truth("telecom/1")
            assert 0.02 < max(truth.voltage_v) - min(truth.voltage_v) < 0.061
        finally:
            process.terminate()
        assert process.wait(PATIENCE_S) == 0
    assert list((tmp_path / "ports").iterdir()) == []
    assert not (tmp_path / "control").exists()
