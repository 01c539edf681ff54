"""A simulated cabinet on real pseudo-terminals, polled by the engine's own lines."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bacs_core import sitefile
from bacs_core.polling.wiring import Wiring, wire
from bacs_core.simulator.cabinet import SimulatedCabinet
from bacs_core.simulator.faults import Fault, FaultKind

SITE = """
[site]
name = "Test room"

[[line]]
id = "managers"
port = "ports/managers"
baud = 115200

[[line]]
id = "modules"
port = "ports/modules"
baud = 115200
parity = "even"

[[manager]]
id = "ups"
name = "UPS"
device = "panel_manager"
line = "managers"
unit = 9

[[manager.string]]
number = 1
chemistry = "vrla"
cells = 130
cell_voltage = "2 V"
capacity = "500 Ah"
module_type = "C44"

[[manager.string]]
number = 2
chemistry = "vrla"
cells = 7
cell_voltage = "2 V"
capacity = "500 Ah"
module_type = "C44"

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
modules = { line = "modules", units = "11-18" }
current_sensor = { line = "modules", unit = 241 }

[[device]]
id = "relays"
name = "Relays"
device = "panel_relay_box"
line = "modules"
unit = 245
inputs = ["Door"]
relays = ["Horn", "Fan"]
released = [2]

[[device]]
id = "air"
name = "Air"
device = "panel_environment_sensor"
line = "modules"
unit = 246
"""

#: A guard only: nothing here takes so long.
PATIENCE_S = 60.0


@dataclass
class Room:
    """A cabinet and the wiring that polls it."""

    cabinet: SimulatedCabinet
    wiring: Wiring

    def fault(self, line_id: str, kind: FaultKind, **parameters: object) -> None:
        """Switch a fault on."""
        with self.cabinet.lock:
            line = self.cabinet.ports[line_id].line
            line.faults.add(Fault(kind, **parameters))  # type: ignore[arg-type]

    def clear(self, line_id: str) -> None:
        """Switch all faults of a line off."""
        with self.cabinet.lock:
            self.cabinet.ports[line_id].line.faults.clear()

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until `condition` holds, or fail."""
        give_up_at = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < give_up_at, f"never came: {what}"
            await asyncio.sleep(0.02)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    """Run both until the test ends."""
    path = tmp_path / "site.toml"
    path.write_text(SITE, encoding="utf-8")
    (tmp_path / "ports").mkdir()
    settings = sitefile.load(path)
    async with SimulatedCabinet(settings, tmp_path / "ports") as cabinet:
        wiring = wire(settings, time.time)
        running = asyncio.gather(*(owner.run() for owner in wiring.lines.values()))
        yield Room(cabinet, wiring)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
