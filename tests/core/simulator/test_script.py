"""A script switches faults at its moments, and is refused where it cannot be right."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from bacs_core.errors import SettingsError
from bacs_core.simulator import script
from bacs_core.simulator.cabinet import SimulatedCabinet
from bacs_core.simulator.faults import FaultKind
from bacs_core.simulator.script import ScriptRunner
from tests.core.simulator.plants import make_settings

PATIENCE_S = 20.0
STEPS = """
[[step]]
at_s = 0.1
do = "string"
string = "telecom/1"
charger_on = false
load_a = 40

[[step]]
at_s = 0
do = "fault"
line = "modules"
kind = "late"
probability = 0.05
delay_s = 0.01
delay_to_s = 0.08
"""


def written(tmp_path: Path, text: str, name: str = "script.toml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_script_is_carried_out_in_the_order_of_its_times(tmp_path: Path) -> None:
    steps = script.load(written(tmp_path, STEPS))
    assert [step.at_s for step in steps] == [0, 0.1]
    with SimulatedCabinet(make_settings(), tmp_path / "ports") as cabinet:
        script.check_all(tmp_path, steps, cabinet)
        runner = ScriptRunner(cabinet, steps)
        runner.start()
        give_up_s = time.monotonic() + PATIENCE_S
        while cabinet.plant.strings["telecom/1"].load_a != 40:
            assert time.monotonic() < give_up_s
            time.sleep(0.01)
        (fault,) = cabinet.ports["modules"].line.faults.faults
        assert (fault.kind, fault.probability) == (FaultKind.LATE, 0.05)
        assert (fault.delay_s, fault.delay_to_s) == (0.01, 0.08)
        runner.stop()


def test_a_script_may_be_json(tmp_path: Path) -> None:
    step = {"at_s": 3, "do": "vanish", "line": "modules", "duration_s": 5}
    (read,) = script.load(written(tmp_path, json.dumps({"step": [step]}), "script.json"))
    assert read.at_s == 3
    assert read.command.do == "vanish"


def test_a_script_can_be_left_before_its_end(tmp_path: Path) -> None:
    steps = script.load(
        written(tmp_path, '[[step]]\nat_s = 3600\ndo = "clear"\nline = "modules"\n')
    )
    cabinet = SimulatedCabinet(make_settings(), tmp_path / "ports")
    runner = ScriptRunner(cabinet, steps)
    runner.start()
    runner.stop()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("step = 5", "a script is a list of steps"),
        ("steps = []", "a script is a list of steps"),
        ("[[step]", "Expected"),
        ('[[step]]\ndo = "clear"\nline = "modules"', "step 1: at_s has to be"),
        ('[[step]]\nat_s = -1\ndo = "clear"\nline = "modules"', "step 1: a step changes something"),
        ('[[step]]\nat_s = 1\ndo = "lines"', "step 1: a step changes something"),
        ('[[step]]\nat_s = 1\ndo = "explode"', "step 1: .*explode"),
        ('[[step]]\nat_s = 1\ndo = "clear"\nline = "modules"\nunits = 3', "step 1: clear.units"),
        (
            '[[step]]\nat_s = 1\ndo = "fault"\nline = "modules"\nkind = "bored"',
            "step 1: fault.kind: Input should be 'silent'",
        ),
        (
            '[[step]]\nat_s = 1\ndo = "fault"\nline = "a"\nkind = "late"\nsize = 2\nsize_to = 1',
            "step 1: fault: .*size_to is 1, but the range begins at 2",
        ),
    ],
)
def test_a_script_that_cannot_be_right_is_refused_with_its_step(
    tmp_path: Path, text: str, reason: str
) -> None:
    with pytest.raises(SettingsError, match=reason):
        script.load(written(tmp_path, text))


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ('do = "clear"\nline = "nowhere"', "step at 7 s: no line nowhere"),
        ('do = "string"\nstring = "ups/9"\nload_a = 1', "step at 7 s: no string ups/9"),
        ('do = "cell"\nstring = "ups/1"\ncell = 71', "step at 7 s: string ups/1 has no cell 71"),
        ('do = "module"\nstring = "ups/1"\ncell = 1', "string ups/1 has no modules of our own map"),
        ('do = "accessory"\nid = "horn"', "step at 7 s: no device horn"),
    ],
)
def test_a_script_that_names_what_is_not_there_is_refused(
    tmp_path: Path, command: str, reason: str
) -> None:
    path = written(tmp_path, f"[[step]]\nat_s = 7\n{command}\n")
    cabinet = SimulatedCabinet(make_settings(), tmp_path / "ports")
    with pytest.raises(SettingsError, match=reason):
        script.check_all(path, script.load(path), cabinet)
