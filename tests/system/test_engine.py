"""The engine as a process: what it says, what it refuses, and how it ends."""

from __future__ import annotations

import signal
import urllib.error
import urllib.parse
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from bacs_core.simulator.faults import FaultKind
from tests.processes import PATIENCE_S, Engine, bacs, free_port
from tests.system.conftest import HIGH_CELL, SITE, TELECOM, Room, until

LEASE_S = 20.0
AT_ONCE_S = 0.001


def exported(room: Room, name: str, *options: str) -> list[str]:
    """Export the history and return the rows of one of its files."""
    with TemporaryDirectory(dir=room.folder) as folder:
        out = Path(folder) / "out"
        done = bacs("export", "--state", room.engine.state, "--out", out, *options)
        assert done.returncode == 0, done.stderr
        return (out / name).read_text().splitlines()


def test_a_newer_value_reaches_the_api_within_its_dead_band_of_the_truth(room: Room) -> None:
    published = room.string()["columns"]["voltage_v"]
    truth = room.simulator.truth(TELECOM).voltage_v
    # Dead band 5 mV, noise and resolution 2 mV, drift of the plant within a second.
    assert max(abs(a - b) for a, b in zip(published, truth, strict=True)) < 0.01


def test_what_was_recorded_is_read_from_the_running_engine(room: Room) -> None:
    token = room.engine.panel_token

    def asked(path: str, **query: object) -> Any:
        return room.engine.get(f"history/{path}?{urllib.parse.urlencode(query)}", token)

    until(lambda: asked("extent")["last"], "the first sample")
    sample = asked("sample", string=TELECOM)["strings"][0]
    stretch = {"from": "2020-01-01T00:00:00Z", "to": datetime.now(UTC).isoformat()}
    series = asked("series", string=TELECOM, cell=1, name="voltage_v", points=10, **stretch)
    (place,) = (place for place, count in enumerate(series["count"]) if count)
    voltage = sample["columns"]["voltage_v"][0]
    assert series["minimum"][place] <= voltage <= series["maximum"][place]
    started = asked("events", kind="engine_started", limit=1)["events"]
    assert [event["kind"] for event in started] == ["engine_started"]


def test_a_clean_stop_ends_all_bypass_at_once(bypassed_room: Room) -> None:
    assert bypassed_room.engine.stop(signal.SIGTERM) == 0
    # The modules hear it as soon as the line has carried it, and long before the lease ends.
    until(lambda: bypassed_room.bypass_a() == 0, "the end of all bypass", patience_s=LEASE_S / 2)


def test_bypass_ends_with_its_lease_when_the_engine_is_killed(bypassed_room: Room) -> None:
    bypassed_room.engine.kill()
    # The last thing the engine said may have been a hold, which ends within a second.
    until(lambda: bypassed_room.bypass_a() > 0, "bypass that goes on", patience_s=LEASE_S / 4)
    until(lambda: bypassed_room.bypass_a() == 0, "the end of the lease", patience_s=2 * LEASE_S)


def test_a_module_that_is_silent_loses_its_bypass(bypassed_room: Room) -> None:
    bypassed_room.simulator.fault("modules", FaultKind.SILENT, unit=HIGH_CELL)
    until(lambda: bypassed_room.bypass_a() == 0, "the end of bypass without a reading")
    until(lambda: bypassed_room.string()["status"][HIGH_CELL - 1] == 3, "the mark 'silent'")
    until(
        lambda: any(
            alarm["rule"] == "module_silent" and alarm["cell"] == HIGH_CELL
            for alarm in bypassed_room.alarms()
        ),
        "the alarm of the silent module",
    )
    bypassed_room.simulator.clear("modules")
    until(lambda: bypassed_room.string()["status"][HIGH_CELL - 1] != 3, "the return of the module")


def test_a_person_can_pause_bypass_and_the_pause_outlives_a_restart(bypassed_room: Room) -> None:
    operator = bypassed_room.engine.add_token("building", "operator")
    command = {"command": "pause_equalization", "string_key": TELECOM}
    result = bypassed_room.engine.post("commands", command, operator)
    assert result["by"] == "building"
    until(lambda: bypassed_room.bypass_a() == 0, "the pause")
    assert "manual_stop" in bypassed_room.string()["scalars"]["inhibited_by"]
    bypassed_room.engine.kill()
    bypassed_room.engine.start()
    until(bypassed_room.complete, "values after the restart")
    assert "manual_stop" in bypassed_room.string()["scalars"]["inhibited_by"]


def test_after_a_kill_the_engine_comes_back_with_its_identity_and_history(room: Room) -> None:
    site_id = room.engine.get("health")["site_id"]
    until(lambda: any(TELECOM in row for row in exported(room, "DataLog.csv")), "the first sample")
    killed_at = datetime.now(UTC).isoformat()
    room.engine.kill()
    room.engine.start()
    until(room.complete, "values after the restart")
    assert room.engine.get("health")["site_id"] == site_id
    until_then = ("--to", killed_at)
    assert any(TELECOM in row for row in exported(room, "DataLog.csv", *until_then))
    assert any("engine started" in row for row in exported(room, "Event.csv", *until_then))


def test_a_running_engine_is_backed_up_but_nothing_is_restored_over_it(room: Room) -> None:
    system = exported(room, "System.csv")
    assert any(row.startswith(f"devices,{TELECOM} cell 1,") for row in system)
    with TemporaryDirectory(dir=room.folder) as folder:
        done = bacs("backup", "--state", room.engine.state, "--out", folder)
        assert done.returncode == 0, done.stderr
        (backup,) = Path(folder).iterdir()
        refused = bacs("restore", backup, "--state", room.engine.state)
        assert refused.returncode == 1
        assert "an engine runs with the state" in refused.stderr
        taken = bacs("restore", backup, "--state", Path(folder) / "new")
        assert taken.returncode == 0, taken.stderr
        site = Path(folder) / "new/site/from-backup.toml"
        assert site.read_text() == room.cabinet.site.read_text()


def test_a_port_that_vanishes_is_one_alarm_and_everything_comes_back(room: Room) -> None:
    room.simulator.vanish("modules", duration_s=2 * PATIENCE_S)
    until(lambda: any(alarm["rule"] == "line_gone" for alarm in room.alarms()), "the alarm")
    until(lambda: set(room.string()["status"]) == {3}, "the mark 'silent' on every cell")
    assert room.string()["scalars"]["sum_voltage_v"] is None
    assert [alarm["rule"] for alarm in room.alarms() if alarm["state"] != "acknowledged"] == [
        "line_gone"
    ]
    room.simulator.vanish("modules", duration_s=AT_ONCE_S)
    until(lambda: set(room.string()["status"]) == {0}, "the return")


def test_a_viewer_may_look_but_not_command(room: Room) -> None:
    viewer = room.engine.add_token("wall-tablet", "viewer")
    assert room.engine.get("me", viewer)["role"] == "viewer"
    with pytest.raises(urllib.error.HTTPError) as refused:
        room.engine.post("commands", {"command": "acknowledge"}, viewer)
    assert refused.value.code == 403


def test_nobody_comes_in_without_a_token(room: Room) -> None:
    for token in (None, "wrong"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            room.engine.get("snapshot", token)
        assert refused.value.code == 401


def test_without_a_site_file_the_engine_waits_in_commissioning_mode(tmp_path: Path) -> None:
    engine = Engine(tmp_path, None)
    engine.start()
    try:
        assert engine.get("health")["state"] == "commissioning"
        assert engine.get("site", engine.panel_token)["site"]["managers"] == []
    finally:
        assert engine.stop() == 0


def test_a_wrong_site_file_is_refused_with_line_and_reason(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text(SITE.read_text().replace('capacity = "100 Ah"', 'capacity = "100 mV"'))
    done = bacs("run", site, "--state", tmp_path / "state", "--port", str(free_port()))
    assert done.returncode != 0
    assert "line 29" in done.stderr
    assert "'mV' is not a unit of capacity" in done.stderr


def test_a_second_engine_with_the_same_state_is_refused_and_harms_nothing(room: Room) -> None:
    token = room.engine.panel_token
    done = bacs("run", room.cabinet.site, "--state", room.engine.state, "--port", str(free_port()))
    assert done.returncode == 1
    assert "another engine already runs with the state" in done.stderr
    assert room.engine.panel_token == token
    assert room.engine.get("me", token)["name"] == "panel"


def test_a_site_file_that_is_not_there_is_an_error_and_no_commissioning(tmp_path: Path) -> None:
    done = bacs("run", tmp_path / "sote.toml", "--state", tmp_path / "state")
    assert done.returncode == 1
    assert "sote.toml" in done.stderr


def test_a_second_simulator_does_not_take_the_ports_away(room: Room) -> None:
    done = bacs("simulate", room.cabinet.site, "--ports", room.folder / "ports")
    assert done.returncode == 1
    assert "another simulator" in done.stderr
    assert (room.folder / "ports" / "modules").exists()


def test_status_tells_the_plant_in_words(room: Room) -> None:
    token_file = room.engine.panel_token_file
    address = room.engine.url.removeprefix("http://")
    done = bacs("status", "--engine", address, "--token-file", token_file)
    assert done.returncode in (0, 3), done.stderr
    assert "UPS A: online" in done.stdout
    assert "line modules (serial): open" in done.stdout
    done = bacs("status", "--engine", address, "--token-file", room.folder / "nowhere")
    assert done.returncode == 1
    assert "no token at" in done.stderr


def test_a_second_engine_on_the_same_lines_is_refused_the_port(room: Room, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    second = Engine(other, room.cabinet.site)
    second.start()
    try:
        until(
            lambda: "has it open" in second.log.read_text(),
            "the message of the second engine",
        )
        assert room.complete()
    finally:
        second.stop()


def test_every_command_stands_in_the_exported_events_with_its_name(room: Room) -> None:
    operator = room.engine.add_token("building", "operator")
    room.engine.post("commands", {"command": "acknowledge"}, operator)
    # Events are written as soon as the disk takes them; no command waits for that.
    until(
        lambda: any(
            "acknowledge" in row and "building" in row for row in exported(room, "Event.csv")
        ),
        "the command among the events",
    )
