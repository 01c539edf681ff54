"""Commissioning through a real engine and real lines: scan, address, swap, kill."""

from __future__ import annotations

import subprocess
import urllib.error
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bacs_core.access import users
from bacs_core.history.database import open_database
from bacs_core.model import Role
from bacs_core.simulator.control import SimulatorControl
from tests.processes import PATIENCE_S, PYTHON, Cabinet, Engine
from tests.system.conftest import TELECOM, Room, until

PASSWORD = "correct horse battery staple"
STRINGS = ("room/1", "room/2")
SITE = """
[site]
name = "Two racks"

[[line]]
id = "a"
port = "ports/a"
baud = {baud}
max_turnaround = "100 ms"

[[line]]
id = "b"
port = "ports/b"
baud = 115200
max_turnaround = "100 ms"

[[manager]]
id = "room"
name = "Room"
device = "engine"
""" + "".join(
    f"""
[[manager.string]]
number = {number}
chemistry = "vrla"
cells = 3
cell_voltage = "2 V"
capacity = "500 Ah"
module_type = "C44"
modules = {{{{ line = "{line}", units = "1-3" }}}}
"""
    for number, line in ((1, "a"), (2, "b"))
)


class Racks:
    """Two lines of three modules each, and an engine whose site file may know a wrong speed."""

    def __init__(self, folder: Path) -> None:
        site = folder / "racks.toml"
        site.write_text(SITE.format(baud=115200), encoding="utf-8")
        self.cabinet = Cabinet(folder, site)
        self.simulator = SimulatorControl(self.cabinet.control)
        self.engine = Engine(folder, self.cabinet.site)
        self.ports = folder / "ports"
        self.password = folder / "password"
        self.password.write_text(PASSWORD)

    def voltages(self) -> list[list[float | None]]:
        strings = self.engine.get("snapshot", self.engine.panel_token)["strings"]
        return [string["columns"].get("voltage_v", [None]) for string in strings]

    def complete(self) -> bool:
        return all(voltage and None not in voltage for voltage in self.voltages())

    def scan(self, *arguments: str | Path) -> subprocess.Popen[str]:
        """Start `bacs scan` in the name of a technician."""
        command = (PYTHON, "-m", "bacs_core.cli", "scan", *map(str, arguments))
        rest = ("--user", "miller", "--password-file", self.password, "--engine", self.engine.url)
        return subprocess.Popen(
            [*command, *map(str, rest)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def racks(tmp_path: Path) -> Iterator[Racks]:
    racks = Racks(tmp_path)
    racks.cabinet.start()
    try:
        yield racks
    finally:
        racks.engine.stop()
        racks.cabinet.stop()


def session(engine: Engine, name: str = "miller") -> str:
    """Add a technician, as `bacs user` does, and log in."""
    with closing(open_database(engine.state)) as database:
        if users.find_user(database, name) is None:
            change = users.Change("test", datetime.now(UTC))
            users.add_user(database, change, name, Role.TECHNICIAN, PASSWORD)
    login = {"user": name, "secret": PASSWORD}
    return str(engine.post("session", login, engine.panel_token)["token"])


def refusal(engine: Engine, command: dict[str, Any], token: str) -> tuple[int, str]:
    """Give a command that is refused."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        engine.post("commands", command, token)
    return refused.value.code, refused.value.read().decode()


def begin(engine: Engine, command: dict[str, Any], token: str) -> None:
    """Give a command for a line that may have to be polled for a while first."""

    def begun() -> bool:
        try:
            engine.post("commands", command, token)
        except urllib.error.HTTPError as refused:
            if "line_not_polled_yet" not in refused.read().decode():
                raise
            return False
        return True

    until(begun, "a line that may be lent")


def has_polled(engine: Engine, line_id: str) -> bool:
    """Whether a line has polled a whole round."""
    lines = engine.get("snapshot", engine.panel_token)["lines"]
    return any(line["id"] == line_id and line["round_s"] is not None for line in lines)


def rules(engine: Engine) -> dict[str, str]:
    """The places and texts of all active alarms, by rule."""
    alarms = engine.get("alarms", engine.panel_token)
    return {
        alarm["rule"]: alarm["text"]
        for alarm in alarms
        if alarm["state"] != "returned_unacknowledged"
    }


def test_a_scan_finds_modules_at_another_speed_than_the_site_file_says(racks: Racks) -> None:
    engine = racks.engine
    racks.cabinet.site.write_text(SITE.format(baud=9600), encoding="utf-8")
    engine.start()
    token = session(engine)
    until(lambda: None not in racks.voltages()[1], "the values of the other line")
    until(lambda: has_polled(engine, "a"), "a round of the line at another speed")
    scanning = racks.scan("a", "--units", "2-8")
    until(lambda: "line_lent" in rules(engine), "the alarm of the lent line")
    assert "(miller)" in rules(engine)["line_lent"]
    scan = {"command": "start_scan", "line_id": "b"}
    assert "miller is at it" in refusal(engine, scan, token)[1]
    operator = engine.add_token("building", "operator")
    assert refusal(engine, scan, operator)[0] == 403
    with pytest.raises(urllib.error.HTTPError, match="403"):
        engine.get("commissioning", operator)
    out, err = scanning.communicate(timeout=PATIENCE_S)
    assert scanning.returncode == 0, err
    assert "waking sleeping modules" in err
    assert [row.split()[:3] for row in out.splitlines()[1:3]] == [
        ["2", "115200", "none"],
        ["3", "115200", "none"],
    ]
    assert "baud = 115200" in out
    assert 'units = "2-3"' in out
    until(lambda: "line_lent" not in rules(engine), "the end of the alarm")
    assert engine.get("commissioning", token)["state"] == "done"
    begin(engine, scan, token)
    until(lambda: "line_lent" in rules(engine), "the alarm of the other line")
    engine.kill()
    engine.start()
    until(lambda: None not in racks.voltages()[1], "values after the kill")


@pytest.mark.soak
def test_bypass_is_off_while_a_line_is_lent_also_when_the_engine_is_killed(
    bypassed_room: Room,
) -> None:
    engine = bypassed_room.engine
    token = session(engine)
    scan = {"command": "start_scan", "line_id": "modules", "first_unit": 100, "bauds": [19200]}
    begin(engine, scan, token)
    until(lambda: "line_lent" in rules(engine), "the alarm of the lent line")
    assert bypassed_room.bypass_a() == 0
    engine.kill()
    assert bypassed_room.bypass_a() == 0
    engine.start()
    until(bypassed_room.complete, "values after the restart")
    until(lambda: bypassed_room.bypass_a() > 0, "bypass after the restart")
    token = session(engine)
    begin(engine, scan, token)
    until(lambda: engine.get("commissioning", token)["done"] > 0, "progress")
    assert bypassed_room.bypass_a() == 0
    engine.post("commands", {"command": "cancel_commissioning"}, token)
    until(lambda: engine.get("commissioning", token)["state"] == "cancelled", "the end")
    until(lambda: bypassed_room.bypass_a() > 0, "equalization after the scan")
    assert set(bypassed_room.string(TELECOM)["status"]) <= {0, 1}


@pytest.mark.soak
def test_modules_are_addressed_along_their_chain_and_one_is_moved(racks: Racks) -> None:
    engine = racks.engine
    engine.start()
    until(racks.complete, "the first values")
    for cell in (1, 2, 3):
        racks.simulator.module(STRINGS[0], cell, address=247)
    token = session(engine)
    order = {"command": "start_addressing", "mode": "automatic", "first_unit": 1, "count": 3}
    begin(engine, order | {"line_id": "a"}, token)
    until(lambda: engine.get("commissioning", token)["state"] == "done", "three addresses")
    assert engine.get("commissioning", token)["message"] == "3 modules have an address"
    views = racks.simulator.modules(STRINGS[0])
    assert [view.addresses for view in views] == [[1], [2], [3]]
    until(racks.complete, "values of the modules at their addresses")
    order = {"command": "identify", "line_id": "a", "unit": 2, "seconds": 60}
    engine.post("commands", order, token)
    assert [view.blinks for view in racks.simulator.modules(STRINGS[0])] == [False, True, False]
    assert "no_answer" in refusal(engine, order | {"unit": 99}, token)[1]
    serial = views[2].serial_number
    move = {"command": "readdress_module", "line_id": "a", "unit": 3, "new_unit": 9}
    begin(engine, move | {"serial_number": serial}, token)
    until(lambda: engine.get("commissioning", token)["state"] == "done", "the move")
    assert racks.simulator.modules(STRINGS[0])[2].addresses == [9]


def test_swapped_adapters_never_show_foreign_cells_until_somebody_confirms(racks: Racks) -> None:
    engine = racks.engine
    engine.start()
    until(racks.complete, "the first values")
    engine.stop()
    first, second = racks.ports / "a", racks.ports / "b"
    target_a, target_b = first.readlink(), second.readlink()
    for path, target in ((first, target_b), (second, target_a)):
        path.unlink()
        path.symlink_to(target)
    engine.start()
    until(lambda: "devices_exchanged" in rules(engine), "the alarm")
    exchanged = [
        alarm["string_key"]
        for alarm in engine.get("alarms", engine.panel_token)
        if alarm["state"] == "unacknowledged"
    ]
    assert sorted(exchanged) == sorted(STRINGS)
    assert all(voltage in ([None] * 3, [], [None]) for voltage in racks.voltages())
    token = session(engine)
    confirm = {"command": "confirm_devices", "key": STRINGS[0]}
    engine.post("commands", confirm, token)
    until(lambda: None not in racks.voltages()[0], "the values of the confirmed string")
    assert racks.voltages()[1] in ([None] * 3, [], [None])
    engine.post("commands", confirm | {"key": "all"}, token)
    until(racks.complete, "all values")


@pytest.mark.soak
def test_without_a_site_file_a_port_is_scanned_by_its_path(racks: Racks, tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    folder.mkdir()
    racks.engine = Engine(folder, None)
    racks.engine.start()
    session(racks.engine)
    scanning = racks.scan(racks.ports / "a", "--units", "1-4", "--speeds", "115200")
    out, err = scanning.communicate(timeout=PATIENCE_S)
    assert scanning.returncode == 0, err
    assert "[site]" in out
    assert 'units = "1-3"' in out
    assert f'port = "{racks.ports / "a"}"' in out
