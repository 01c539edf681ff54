"""A room whose time a test moves by hand."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from bacs_core.devices.panel_module import ADDRESSING, BYPASS_ADDRESS, HOLD, encode_bypass
from bacs_core.devices.registers import Block
from bacs_core.model import String
from bacs_core.simulator.addressing import Chain
from bacs_core.simulator.modules import Module
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.room import Room
from bacs_core.simulator.served import Unit


def words(payload: bytes) -> list[int]:
    """Return register bytes as pymodbus takes them."""
    return list(struct.unpack(f">{len(payload) // 2}H", payload))


def read(unit: Unit, block: Block, now: float) -> dict[str, float | None]:
    """Read a whole block at the one address that the unit has, as its guard words want it."""
    (address,) = unit.addresses
    payload = unit.read(block.function, block.address, block.count, now)
    return block.decode(payload, unit=address)


def write(unit: Unit, block: Block, now: float, values: Mapping[str, float | None]) -> None:
    """Write an order to the one address that the unit has."""
    (address,) = unit.addresses
    unit.write(block.address, block.encode(values, unit=address), now)


class ModuleRoom:
    """The modules of one string, starting at time 100 s; unit addresses are cell numbers."""

    def __init__(self, plant: Plant, string: String, speed: float = 1.0) -> None:
        self.plant = plant
        self.room = Room(plant, speed, now=100.0)
        simulated = plant.strings[string.key]
        chain = Chain()
        self.modules = [
            Module(cell + 1, simulated, cell, 1000 + cell, self.room, chain)
            for cell in range(string.cell_count)
        ]
        self.room.install(self.modules)
        self.key = string.key

    def bypass(
        self, now: float, duty: dict[int, float], *, lease_s: float, sequence: int = 1
    ) -> None:
        """Broadcast a bypass command."""
        payload = encode_bypass(sequence, lease_s, duty)
        for module in self.modules:
            module.hear(BYPASS_ADDRESS, payload, now)

    def hold(self, now: float, *, duration_s: float, sequence: int = 1) -> None:
        """Broadcast a hold."""
        self.broadcast(now, HOLD, sequence=sequence, duration_s=duration_s)

    def addressing(self, now: float, mode: int, duration_s: float = 60.0) -> None:
        """Broadcast that addressing opens or closes."""
        self.broadcast(now, ADDRESSING, mode=mode, duration_s=duration_s)

    def broadcast(self, now: float, block: Block, **values: float) -> None:
        """Let all modules hear an order."""
        payload = block.encode(values, unit=0)
        for module in self.modules:
            module.hear(block.address, payload, now)

    def conducted_a(self, now: float) -> list[float]:
        """Return what truly flows past each cell at `now`."""
        self.room.advance_to(now)
        return [float(bypass_a) for bypass_a in self.plant.truth(self.key).bypass_current_a]
