"""Simulated devices on a pair of wires, borrowed in fake time: no port, no waiting."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from bacs_core import sitefile
from bacs_core.bus.frames import Request
from bacs_core.commissioning.scan import Speed
from bacs_core.errors import BusTimeoutError, DeviceError, FrameError
from bacs_core.settings import Parity
from bacs_core.simulator import modbus
from bacs_core.simulator.answering import Roster, answer_of
from bacs_core.simulator.building import PlantOptions
from bacs_core.simulator.modules import Module
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.populating import Devices, populate
from bacs_core.simulator.room import Room
from bacs_core.simulator.served import Unit

T = TypeVar("T")
SPEED = Speed(19200, Parity.EVEN)
ANSWER_S = 0.01
SITE = """
[site]
name = "Test room"

[[line]]
id = "rack"
port = "ports/rack"
parity = "even"

[[manager]]
id = "room"
name = "Room"
device = "engine"

[[manager.string]]
number = 1
chemistry = "vrla"
cells = {cells}
cell_voltage = "2 V"
capacity = "500 Ah"
module_type = "C44"
modules = {{ line = "rack", units = "1-{cells}" }}
current_sensor = {{ line = "rack", unit = 241 }}

[[manager]]
id = "ups"
name = "UPS"
device = "panel_manager"
line = "rack"
unit = 242

[[manager.string]]
number = 1
chemistry = "vrla"
cells = 6
cell_voltage = "12 V"
capacity = "100 Ah"
module_type = "C24"
"""


class _Hurrying(selectors.DefaultSelector):
    """Waits for nothing: the time that would have passed is told to the loop."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout:
            self.now += timeout
        return super().select(0)


class FakeTimeLoop(asyncio.SelectorEventLoop):
    """A loop in which an hour passes at once."""

    def __init__(self) -> None:
        self._hurrying = _Hurrying()
        super().__init__(self._hurrying)

    def time(self) -> float:
        return self._hurrying.now


def hurried(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` in fake time."""
    with asyncio.Runner(loop_factory=FakeTimeLoop) as runner:
        return runner.run(work)


@dataclass
class Pair:
    """The devices of a line, as who borrowed it reaches them (`bus.owner.Borrower`)."""

    units: list[Unit]
    speed: Speed = SPEED
    asked: list[tuple[Speed, int]] = field(default_factory=list)
    written: list[tuple[int, int]] = field(default_factory=list)
    """Unit and address of each write that was not a broadcast."""
    present_speed: Speed = SPEED

    async def ask(self, request: Request, max_turnaround_s: float | None = None) -> bytes:
        now = asyncio.get_running_loop().time()
        parsed = modbus.parse_body(bytes([request.unit]) + request.pdu)
        assert parsed is not None
        self.asked.append((self.present_speed, request.unit))
        if (self.present_speed.baud, self.present_speed.parity) != (
            self.speed.baud,
            self.speed.parity,
        ):
            return await self._silence(max_turnaround_s)
        roster = Roster(self.units)
        roster.sense(now)
        if parsed.is_write and request.unit:
            self.written.append((request.unit, parsed.address))
        if request.unit == 0:
            for unit in self.units:
                unit.hear(parsed.address, parsed.registers, now)
            return b""
        asked = roster.at(request.unit)
        if not asked:
            return await self._silence(max_turnaround_s)
        bodies = [answer_of(unit, parsed, (), now) for unit in asked]
        await asyncio.sleep(ANSWER_S)
        if len(bodies) > 1:
            raise FrameError("wrong CRC", b"\x17\x2a")
        body = bodies[0]
        if body[1] & 0x80:
            raise DeviceError(body[0], body[1] & 0x7F, body[2])
        return b"" if parsed.is_write else body[3:]

    async def set_speed(self, baud: int, parity: Parity, stop_bits: int) -> None:
        self.present_speed = Speed(baud, parity, stop_bits)

    async def _silence(self, max_turnaround_s: float | None) -> bytes:
        await asyncio.sleep(max_turnaround_s or 0.2)
        raise BusTimeoutError("no answer")


#: The batteries by number of cells: no test here changes them, and building them takes long.
_PLANTS: dict[int, Plant] = {}


def simulated(folder: Path, cells: int = 4) -> tuple[Pair, Devices]:
    """Build the devices of the site above."""
    path = folder / "site.toml"
    path.write_text(SITE.format(cells=cells), encoding="utf-8")
    settings = sitefile.load(path)
    if cells not in _PLANTS:
        _PLANTS[cells] = Plant(settings.site.strings, PlantOptions())
    plant = _PLANTS[cells]
    room = Room(plant, 1.0, 0.0)
    devices = populate(settings, plant, room, 0.0)
    room.install(devices.on_line["rack"])
    return Pair(devices.on_line["rack"]), devices


def modules_of(devices: Devices) -> list[Module]:
    """The modules that the engine drives, in cell order."""
    return devices.modules["room/1"]
