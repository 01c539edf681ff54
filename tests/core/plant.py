"""A small engine whose lines never run: tests write the process image by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bacs_core import sitefile
from bacs_core.bus.commands import Command
from bacs_core.bus.line import LineOwner
from bacs_core.clock import SteadyClock
from bacs_core.devices.panel_module import DUTY_STEP_PERCENT, decode_bypass
from bacs_core.engine import Engine
from bacs_core.history.store import History
from bacs_core.model import Quantity
from bacs_core.polling.wiring import Wiring, wire
from bacs_core.recorder import Recorder
from bacs_core.run import KEPT_TWICE

KEY = "telecom/1"
CELLS = 8
SITE = """
[site]
name = "Test room"

[[line]]
id = "modules"
port = "ports/modules"

[[manager]]
id = "telecom"
name = "Telecom"
device = "engine"

[[manager.string]]
number = 1
chemistry = "vrla"
cells = {cells}
cell_voltage = "2 V"
capacity = "500 Ah"
module_type = "C44"
modules = {{ line = "modules", units = "1-{cells}" }}
"""
FLOAT_V = 2.27
START = 1_800_000_000.0


@dataclass
class HandDriven:
    """An engine, its recorder, and the image that a test writes."""

    engine: Engine
    recorder: Recorder
    wiring: Wiring
    now: float = START

    def read(self, voltage_v: list[float], temperature_c: float = 22.0) -> None:
        """Deliver fresh readings of every cell."""
        image = self.wiring.images[KEY]
        image.put(Quantity.VOLTAGE, 0, voltage_v, self.now)
        image.put(Quantity.TEMPERATURE, 0, [temperature_c] * CELLS, self.now)
        image.put(Quantity.DUTY, 0, [0.0] * CELLS, self.now)

    def run(self, seconds: int, voltage_v: list[float] | None, temperature_c: float = 22.0) -> None:
        """Tick once a second, with readings or without."""
        for _ in range(seconds):
            self.now += 1.0
            if voltage_v is not None:
                self.read(voltage_v, temperature_c)
            self.engine.tick(self.now)


def waiting_commands(plant: HandDriven) -> dict[str, Command]:
    """The commands that wait on the line, by the name of their slot."""
    owner = plant.wiring.lines["modules"]
    assert isinstance(owner, LineOwner)
    return owner._commands._slots


def ordered_duty(plant: HandDriven, cells: int = CELLS) -> dict[int, float]:
    """What the newest waiting bypass broadcast of the line orders, by unit address."""
    command = waiting_commands(plant)["bypass"]
    _, _, slots = decode_bypass(command.make().pdu[6:])
    return {unit: slots[unit - 1] * DUTY_STEP_PERCENT for unit in range(1, cells + 1)}


def hand_driven(folder: Path, cells: int = CELLS, site_folder: Path | None = None) -> HandDriven:
    """Build an engine with its history in `folder`; its one line counts as open."""
    path = (site_folder or folder) / "site.toml"
    path.write_text(SITE.format(cells=cells), encoding="utf-8")
    clock = SteadyClock()
    wiring = wire(sitefile.load(path), clock.now)
    wiring.lines["modules"].port_open = True
    for module in wiring.modules[KEY]:
        module.identity.problem = None
        module.identity.answers = lambda: True
    recorder = Recorder(History(folder), folder=folder, twice=KEPT_TWICE)
    return HandDriven(Engine(wiring, recorder, clock), recorder, wiring)
