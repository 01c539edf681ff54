"""A script for `bacs simulate`: commands of the control socket, each at its moment.

The file is TOML, or JSON where its name ends in `.json`: a list `step`, in which each entry has
`at_s`, seconds after the start, and beside it one command as `control` describes it. Everything is
checked before the simulator starts.
"""

from __future__ import annotations

import json
import threading
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from bacs_core.errors import SettingsError
from bacs_core.simulator import control
from bacs_core.simulator.cabinet import SimulatedCabinet
from bacs_core.simulator.control_server import apply, check
from bacs_core.simulator.faults import FaultKind

_HELP: Final = """\
A script is a TOML file (or JSON, where its name ends in .json) with a list of steps. Each has at_s,
seconds after the start, and one command of the control socket with its numbers:

  [[step]]
  at_s = 0
  do = "fault"            # from now on, 5 % of the answers come 10 to 80 ms late
  line = "modules"
  kind = "late"
  probability = 0.05
  delay_s = 0.01
  delay_to_s = 0.08

  [[step]]
  at_s = 30
  do = "vanish"           # the port of the line is gone for 5 seconds
  line = "modules"
  duration_s = 5

  [[step]]
  at_s = 60
  do = "string"           # a power failure
  string = "telecom/1"
  charger_on = false
  load_a = 40

fault takes line, kind, and where wanted unit, probability, count or duration_s, delay_s, size,
value (each up to delay_to_s, size_to, value_to), every_s; clear ends the faults of a line or unit.
Kinds: {kinds}.
Others: cell, string, module, accessory, vanish; numbers as in bacs_core/simulator/control.py.
"""
HELP: Final = _HELP.format(kinds=", ".join(FaultKind))


@dataclass(frozen=True, slots=True)
class Step:
    """One command and when it comes, in seconds after the start."""

    at_s: float
    command: control.Command


def load(path: Path) -> tuple[Step, ...]:
    """Read a script, in order of time; raises `SettingsError` where something in it is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
        document: Any = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        msg = f"{path}: {error}"
        raise SettingsError(msg) from error
    steps = document.get("step") if isinstance(document, dict) else None
    if not isinstance(steps, list) or set(document) != {"step"}:
        msg = f"{path}: a script is a list of steps named step, and nothing else"
        raise SettingsError(msg)
    read = [_step(path, number, entry) for number, entry in enumerate(steps, start=1)]
    return tuple(sorted(read, key=lambda step: step.at_s))


def check_all(path: Path, steps: Sequence[Step], cabinet: SimulatedCabinet) -> None:
    """Raise `SettingsError` where a step names something that the cabinet does not have."""
    for step in steps:
        try:
            check(cabinet, step.command)
        except control.ControlError as error:
            msg = f"{path}: step at {step.at_s:g} s: {error}"
            raise SettingsError(msg) from error


class ScriptRunner:
    """Carries out a script between `start` and `stop`, in a thread of its own."""

    def __init__(self, cabinet: SimulatedCabinet, steps: Sequence[Step]) -> None:
        """Prepare; time begins with `start`."""
        self._cabinet = cabinet
        self._steps = steps
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="script", daemon=True)

    def start(self) -> None:
        """Let time run."""
        self._thread.start()

    def stop(self) -> None:
        """Leave the rest of the script."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        started_s = time.monotonic()
        for step in self._steps:
            if self._stopping.wait(max(started_s + step.at_s - time.monotonic(), 0.0)):
                return
            apply(self._cabinet, step.command)


def _step(path: Path, number: int, entry: object) -> Step:
    if not isinstance(entry, dict) or not isinstance(at_s := entry.get("at_s"), int | float):
        msg = f"{path}: step {number}: at_s has to be a number of seconds"
        raise SettingsError(msg)
    rest = {name: value for name, value in entry.items() if name != "at_s"}
    try:
        command = control.COMMAND.validate_python(rest)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        msg = f"{path}: step {number}: {place}: {first['msg']}"
        raise SettingsError(msg) from error
    if at_s < 0 or isinstance(command, control.Question):
        msg = f"{path}: step {number}: a step changes something, at 0 s or later"
        raise SettingsError(msg)
    return Step(float(at_s), command)
