"""What hangs on which line, who may be commanded, and why somebody is not believed."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from bacs_core import sitefile
from bacs_core.alarms.keeping import keep
from bacs_core.bus.line import LineOwner
from bacs_core.bus.modbus_tcp import ModbusTcpOwner
from bacs_core.clock import SteadyClock
from bacs_core.engine import ALARMS_MEMORY, Engine
from bacs_core.polling.identity import Identity
from bacs_core.polling.modules import DEAF_AFTER_HOLDS
from bacs_core.polling.wiring import DOUBTS_TOLD, UNVERIFIED, Wiring, wire
from bacs_core.reasons import reason
from bacs_core.settings import ManagerOptions
from bacs_core.snapshot import Doubt, Doubts, Reading
from bacs_core.snmp.owner import SnmpOwner

NOW = 1_800_000_000.0
SITE = """
[site]
name = "Test room"

[[line]]
id = "one"
port = "ports/one"

[[line]]
id = "two"
port = "rtu-tcp://127.0.0.1:9"

[[line]]
id = "three"
port = "ports/three"

[[line]]
id = "gateway"
port = "modbus-tcp://127.0.0.1:502"

[[line]]
id = "lan"
port = "snmp://127.0.0.1:9"
snmp = { version = "2c", secrets = "ups.snmp.toml" }

[[manager]]
id = "telecom"
name = "Telecom"
device = "engine"

  [[manager.string]]
  number = 1
  chemistry = "vrla"
  cells = 8
  cell_voltage = "2 V"
  capacity = "500 Ah"
  module_type = "C44"
  modules = [{ line = "one", units = "1-6" }, { line = "two", units = "1-2" }]
  current_sensor = { line = "one", unit = 241 }

  [[manager.string]]
  number = 2
  chemistry = "vrla"
  cells = 4
  cell_voltage = "12 V"
  capacity = "100 Ah"
  modules = { line = "three", units = "11-14", device = "huasu_cellcheck_tv" }

[[manager]]
id = "ups"
name = "UPS"
device = "panel_manager"
line = "one"
unit = 243

  [[manager.string]]
  number = 1
  chemistry = "vrla"
  cells = 4
  cell_voltage = "12 V"
  capacity = "100 Ah"
  module_type = "C24"

[[manager]]
id = "bank"
name = "Bank"
device = "sunspec_803"
line = "gateway"
unit = 1

  [[manager.string]]
  number = 1
  chemistry = "lfp"
  cells = 16
  cell_voltage = "3.2 V"
  capacity = "280 Ah"

[[manager]]
id = "web"
name = "Web"
device = "bacs_manager_snmp"
line = "lan"

  [[manager.string]]
  number = 1
  chemistry = "vrla"
  cells = 4
  cell_voltage = "12 V"
  capacity = "100 Ah"
  module_type = "C24"

[[device]]
id = "room"
name = "Room"
device = "panel_environment_sensor"
line = "one"
unit = 242
"""


@pytest.fixture
def wiring(tmp_path: Path) -> Wiring:
    secrets = tmp_path / "ups.snmp.toml"
    secrets.write_text('community = "public"\n')
    secrets.chmod(0o600)
    path = tmp_path / "site.toml"
    path.write_text(SITE, encoding="utf-8")
    return wire(sitefile.load(path), time.time)


def answer_as(identity: Identity, problem: str | None) -> None:
    """Let a device answer that has this problem."""
    identity.answers = lambda: True
    identity.problem = problem


def test_each_link_has_its_owner(wiring: Wiring) -> None:
    kinds = {line_id: type(owner) for line_id, owner in wiring.lines.items()}
    assert kinds == {
        "one": LineOwner,
        "two": LineOwner,
        "three": LineOwner,
        "gateway": ModbusTcpOwner,
        "lan": SnmpOwner,
    }


def test_a_string_over_two_lines_names_the_line_of_each_cell(wiring: Wiring) -> None:
    assert wiring.line_of["telecom/1"] == ("one",) * 6 + ("two",) * 2
    assert wiring.line_of["telecom/2"] == "three"
    assert wiring.line_of["ups/1"] == wiring.line_of["ups"] == "one"
    assert wiring.line_of["web"] == "lan"


def test_nobody_is_known_before_the_lines_run(wiring: Wiring) -> None:
    online = {
        manager.id: wiring.manager_snapshot(manager, NOW).online
        for manager in wiring.settings.site.managers
    }
    assert online == {"telecom": True, "ups": False, "bank": False, "web": False}
    assert not any(line.port_open or line.lent for line in wiring.line_snapshots().values())
    assert wiring.accessory_snapshots(time.time())["room"].temperature_c is None


def test_bypass_is_driven_only_over_lines_that_may_command(wiring: Wiring) -> None:
    recorder = SimpleNamespace(event=None, remember=None, problem=None)
    engine = Engine(wiring, recorder, SteadyClock())  # type: ignore[arg-type]
    assert set(engine._drivers) == {"one"}


def test_modules_that_are_not_believed_are_told_with_their_cells(wiring: Wiring) -> None:
    assert wiring.doubts("telecom/1") == Doubts()
    modules = wiring.modules["telecom/1"]
    answer_as(modules[2].identity, "unit 3: module type is 20, the site file says 44")
    assert wiring.doubts("telecom/1") == Doubts(
        (Doubt(3, "unit 3: module type is 20, the site file says 44"),), 1
    )
    for module in modules:
        answer_as(module.identity, "another device")
    doubts = wiring.doubts("telecom/1")
    assert (len(doubts.told), doubts.count) == (DOUBTS_TOLD, 8)


def test_a_module_that_hears_no_broadcast_is_told(wiring: Wiring) -> None:
    module = wiring.modules["telecom/1"][0]
    answer_as(module.identity, None)
    module.missed_holds = DEAF_AFTER_HOLDS
    (doubt,) = wiring.doubts("telecom/1").told
    assert (doubt.reason, doubt.believed) == ("hears no broadcast and obeys no bypass", True)


def test_doubtful_thresholds_are_told_after_who_is_not_believed(wiring: Wiring) -> None:
    modules = wiring.modules["telecom/1"]
    usual = {"module_temperature_high_c": 70.0, "bypass_voltage_low_v": 1.8, "sleep_after_s": 0.0}
    for module in modules:
        answer_as(module.identity, None)
        module.image.thresholds.put(module.cell, usual)
    modules[0].image.thresholds.put(0, {**usual, "bypass_voltage_low_v": 2.5})
    answer_as(modules[4].identity, "another device")
    told = wiring.doubts("telecom/1").told
    assert [(doubt.cell, doubt.believed) for doubt in told] == [(5, False), (1, True)]
    assert "it is never equalized" in told[1].reason


def test_a_foreign_module_that_is_not_believed_is_told(wiring: Wiring) -> None:
    belief = wiring.beliefs["telecom/2"][2]
    belief.answers = lambda: True
    assert wiring.doubts("telecom/2") == Doubts()
    belief.judge("a check", reason("instead_of", what="address", found=7.0, expected=13.0))
    assert wiring.doubts("telecom/2") == Doubts((Doubt(3, "address is 7 instead of 13"),), 1)


def test_a_current_sensor_counts_as_lost_only_where_its_line_is_polled(wiring: Wiring) -> None:
    owner = wiring.lines["one"]
    wiring.lines["one"] = told = SimpleNamespace(
        port_open=False, lent=False, has_answered=lambda _unit: False, line=owner.line
    )
    assert wiring.sensors_online() == {"telecom/1": None}
    told.port_open = True
    assert wiring.sensors_online() == {"telecom/1": False}
    told.lent = True
    assert wiring.sensors_online() == {"telecom/1": None}


async def test_the_engine_raises_the_alarm_of_a_silent_accessory_by_its_name(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    recorder = SimpleNamespace(
        event=told.append,
        sample=told.append,
        remember=lambda *what: told.append(what),
        problem=None,
    )
    engine = Engine(wiring, recorder, SteadyClock())  # type: ignore[arg-type]
    monkeypatch.setattr(LineOwner, "has_answered", lambda _owner, unit: unit != 242)
    wiring.lines["one"].port_open = True
    ticks = [engine.tick(NOW + second) for second in range(20)]
    alarms = {alarm.rule: alarm for alarm in ticks[-1].alarms}
    assert alarms["accessory_silent"].text == "Line one: Room does not answer or is not believed"
    assert alarms["accessory_silent"].accessory_id == "room"
    again = Engine(wiring, recorder, SteadyClock())  # type: ignore[arg-type]
    again.restore({ALARMS_MEMORY: keep(engine.alarms)})
    assert "accessory_silent" in {alarm.rule.name for alarm in again.alarms.raised}


def test_managers_and_accessories_say_why_they_are_not_believed(wiring: Wiring) -> None:
    answer_as(wiring.identities["ups"], "unit 243: cell count is 8, the site file says 4")
    answer_as(wiring.accessories["room"].identity, "unit 242 is a module")
    ups = wiring.settings.site.managers[1]
    assert wiring.manager_snapshot(ups, NOW).problem == (
        "unit 243: cell count is 8, the site file says 4"
    )
    assert wiring.accessory_snapshots(time.time())["room"].problem == "unit 242 is a module"


def test_what_nobody_has_declared_of_a_manager_is_told(wiring: Wiring) -> None:
    bank = wiring.settings.site.managers[2]
    assert "current_scale_a is not declared" in wiring.manager_snapshot(bank, NOW).remarks[0]
    wiring.settings.manager_options["bank"] = ManagerOptions(current_scale_a=1.0)
    assert wiring.manager_snapshot(bank, NOW).remarks[0] == UNVERIFIED


def test_a_manager_with_strings_of_another_length_says_so(wiring: Wiring) -> None:
    identity = wiring.identities["ups"]
    answer_as(identity, None)
    identity.agrees[1] = False
    ups = wiring.settings.site.managers[1]
    told = wiring.manager_snapshot(ups, NOW).problem
    assert told == "its strings are not as long as the site file says"


def test_a_step_of_the_clock_moves_every_kept_time(wiring: Wiring) -> None:
    room = wiring.accessories["room"]
    room.temperature_c = Reading(21.0, 1000.0)
    wiring.shift(5.0)
    assert room.temperature_c == Reading(21.0, 1005.0)
