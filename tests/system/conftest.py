"""A whole installation per test: simulated cabinet and engine as real processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bacs_core.simulator.control import SimulatorControl
from tests.processes import PATIENCE_S, Cabinet, Engine

SITE = Path(__file__).with_name("site.toml")
TELECOM = "telecom/1"


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


@pytest.fixture
def prepared(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Room]:
    """A running cabinet and an engine that is not started yet.

    A test may give options of `bacs simulate` by `@pytest.mark.parametrize(..., indirect=True)`.
    """
    options = getattr(request, "param", ())
    cabinet = Cabinet(tmp_path, SITE, *options)
    engine = Engine(tmp_path, cabinet.site)
    cabinet.start()
    try:
        yield Room(cabinet, engine, SimulatorControl(cabinet.control), tmp_path)
    finally:
        engine.stop()
        cabinet.stop()


@pytest.fixture
def room(prepared: Room) -> Room:
    """A running installation with every value read once."""
    prepared.engine.start()
    until(prepared.complete, "the first values")
    return prepared
