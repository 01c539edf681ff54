"""A relay box with two breakers and the alarm relay, on a real pseudo-terminal."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bacs_core import sitefile
from bacs_core.bus.frames import Request
from bacs_core.bus.owner import Owner, Priority
from bacs_core.devices.guard import register_address
from bacs_core.devices.panel_relay_box import SET_LOSS, SWITCH
from bacs_core.errors import PortGoneError
from bacs_core.polling.wiring import Wiring, wire
from bacs_core.simulator.cabinet import SimulatedCabinet
from bacs_core.simulator.faults import Fault, FaultKind
from bacs_core.simulator.relay_boxes import RelayBox
from bacs_core.simulator.served import order

SITE = """
[site]
name = "Relay room"
alarm_relay = { box = "box", relay = 4 }

[[line]]
id = "rack"
port = "ports/rack"
baud = 115200

[[manager]]
id = "telecom"
name = "Telecom"
device = "engine"

[[manager.string]]
number = 1
chemistry = "vrla"
cells = 1
cell_voltage = "2 V"
capacity = "500 Ah"
module_type = "C44"
modules = { line = "rack", units = "1" }
breaker.box = "box"
breaker.relay = 2
breaker.input = 3
breaker.open_when = "closed contact"
breaker.trips_by = "closing"

[[manager.string]]
number = 2
chemistry = "vrla"
cells = 1
cell_voltage = "2 V"
capacity = "500 Ah"
module_type = "C44"
modules = { line = "rack", units = "2" }
breaker.box = "box"
breaker.relay = 3
breaker.input = 4
breaker.open_when = "open contact"
breaker.trips_by = "opening"

[[device]]
id = "box"
name = "Box"
device = "panel_relay_box"
line = "rack"
unit = 245
inputs = ["Door", "Smoke", "Breaker 1", "Breaker 2"]
relays = ["Horn", "Trip 1", "Trip 2", "Alarm"]
released = [1]
breakers = [2, 3]
"""
SHUNT, RELEASE = "telecom/1", "telecom/2"
UNIT = 245
PATIENCE_S = 30.0


@dataclass
class RelayRoom:
    """The box, who polls it, and every order that the box took."""

    cabinet: SimulatedCabinet
    wiring: Wiring
    box: RelayBox
    switched: list[tuple[int, bool, float]] = field(default_factory=list)
    """Relay (from 1), closed, and lease in seconds."""

    def silence(self) -> None:
        """Let the box answer no more."""
        with self.cabinet.lock:
            self.cabinet.ports["rack"].line.faults.add(Fault(FaultKind.SILENT, unit=UNIT))

    def speak(self) -> None:
        """Let it answer again."""
        with self.cabinet.lock:
            self.cabinet.ports["rack"].line.faults.clear()

    def orders_to(self, relay: int) -> list[tuple[bool, float]]:
        """What one relay was ordered, in order."""
        return [(closed, lease_s) for to, closed, lease_s in self.switched if to == relay]

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until `condition` holds, or fail."""
        give_up_at = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < give_up_at, f"never came: {what}"
            await asyncio.sleep(0.02)


@asynccontextmanager
async def relay_room(folder: Path) -> AsyncIterator[RelayRoom]:
    """Run cabinet and line."""
    path = folder / "site.toml"
    path.write_text(SITE, encoding="utf-8")
    (folder / "ports").mkdir()
    settings = sitefile.load(path)
    async with SimulatedCabinet(settings, folder / "ports") as cabinet:
        wiring = wire(settings, time.time)
        units = cabinet.devices.on_line["rack"]
        box = next(unit for unit in units if isinstance(unit, RelayBox))
        room = RelayRoom(cabinet, wiring, box)
        with _noting(room):
            running = asyncio.gather(*(owner.run() for owner in wiring.lines.values()))
            yield room
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running


@contextlib.contextmanager
def _noting(room: RelayRoom) -> Iterator[None]:
    """Let the breakers of the room follow their relays, and note what is ordered."""
    box, write = room.box, room.box.write

    def noted(address: int, payload: bytes, now: float) -> None:
        write(address, payload, now)
        if register_address(address) == SWITCH.address:
            values = order(SWITCH, UNIT, address, payload)
            told = (values["relay"] or 0, values["closed"] == 1, values["lease_s"] or 0.0)
            room.switched.append((int(told[0]), told[1], told[2]))
        # A shunt trip opens on a closed relay, an undervoltage release on an open one.
        contacts = box.contacts
        box.inputs[2] = box.inputs[2] or contacts[1]
        box.inputs[3] = contacts[2]

    box.write = noted  # type: ignore[method-assign]
    yield


class RecordingLine:
    """Stands in for an owner: takes each command at once, or fails."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Priority, bytes]] = []
        self.gone = False

    def command(
        self, name: str, priority: Priority, make: Callable[[], Request]
    ) -> asyncio.Future[bytes]:
        """Note the command."""
        sent: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        if self.gone:
            sent.set_exception(PortGoneError("gone"))
            return sent
        self.sent.append((name, priority, make().pdu))
        sent.set_result(b"")
        return sent

    def switched(self) -> list[tuple[int, bool, float]]:
        """Relay (from 1), closed, and lease in seconds of each command."""
        found = []
        for _, _, pdu in self.sent:
            asked = int.from_bytes(pdu[1:3], "big")
            assert register_address(asked) == SWITCH.address != SET_LOSS.address
            values = order(SWITCH, UNIT, asked, pdu[6:])
            relay, lease_s = int(values["relay"] or 0), values["lease_s"] or 0.0
            found.append((relay, values["closed"] == 1, lease_s))
        return found

    def as_owner(self) -> Owner:
        """Pass for an owner."""
        return self  # type: ignore[return-value]
