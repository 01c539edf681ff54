"""A whole installation: simulated cabinet and engine as real processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bacs_core.simulator.control import SimulatorControl
from tests.processes import PATIENCE_S, Cabinet, Engine

SITE = Path(__file__).with_name("site.toml")
TELECOM = "telecom/1"
HIGH_CELL = 5


def until(condition: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
    """Wait until `condition` holds, or fail."""
    give_up_at = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < give_up_at, f"never came: {what}"
        time.sleep(0.1)


@dataclass
class Room:
    """One installation."""

    cabinet: Cabinet
    engine: Engine
    simulator: SimulatorControl
    folder: Path

    def string(self, key: str = TELECOM) -> dict[str, Any]:
        """One string as the API publishes it."""
        snapshot = self.engine.get("snapshot", self.engine.panel_token)
        return next(string for string in snapshot["strings"] if string["key"] == key)

    def alarms(self) -> list[dict[str, Any]]:
        """All raised alarms."""
        alarms: list[dict[str, Any]] = self.engine.get("alarms", self.engine.panel_token)
        return alarms

    def complete(self) -> bool:
        """Whether every cell of every string has a voltage."""
        snapshot = self.engine.get("snapshot", self.engine.panel_token)
        return all(
            None not in string["columns"]["voltage_v"] and string["columns"]["voltage_v"]
            for string in snapshot["strings"]
        )

    def bypass_a(self) -> float:
        """True bypass current of all cells of the string that the engine manages."""
        return sum(self.simulator.truth(TELECOM).bypass_current_a)


@contextmanager
def installation(folder: Path, *options: str) -> Iterator[Room]:
    """Run a cabinet, with options of `bacs simulate`, and an engine; every value was read once."""
    cabinet = Cabinet(folder, SITE, *options)
    engine = Engine(folder, cabinet.site)
    cabinet.start()
    try:
        room = Room(cabinet, engine, SimulatorControl(cabinet.control), folder)
        engine.start()
        until(room.complete, "the first values")
        yield room
    finally:
        engine.stop()
        cabinet.stop()


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """An installation for tests that leave it as it was."""
    with installation(tmp_path_factory.mktemp("room")) as room:
        yield room


@pytest.fixture
def bypassed_room(tmp_path: Path) -> Iterator[Room]:
    """An installation of its own in which one cell is bypassed.

    The plant is fast and the cell floats far too high, so that bypass begins within seconds.
    """
    with installation(tmp_path, "--speed", "600", "--noise-mv", "0") as room:
        room.simulator.cell(TELECOM, HIGH_CELL, float_shift_v=0.09)
        until(lambda: room.bypass_a() > 0, "the first bypass")
        yield room
