"""Polls the modules of a string that the engine manages itself.

Each round starts with a hold: all modules of the line pause their bypass and latch their
measurements at the same instant; the read-out then goes on while the bypass works.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from bacs_core.bus.frames import BROADCAST_UNIT, Request, read_registers, write_registers
from bacs_core.bus.schedule import Job
from bacs_core.devices import panel_module
from bacs_core.devices.panel_map import KIND_MODULE
from bacs_core.devices.registers import Block
from bacs_core.errors import FrameError
from bacs_core.model import Quantity, String
from bacs_core.polling.identity import Identity, identity_job
from bacs_core.polling.image import StringImage
from bacs_core.settings import Address

SLOW_EVERY_S: Final = 60.0
#: Long enough for the bypass current to settle and the module to latch, short against the round.
HOLD_S: Final = 0.03


@dataclass(slots=True)
class HoldCounter:
    """The sequence number of the hold broadcasts of one line."""

    sequence: int = 0

    def request(self) -> Request:
        """Build the next hold."""
        self.sequence = self.sequence % 255 + 1
        payload = panel_module.HOLD.encode({"sequence": self.sequence, "duration_s": HOLD_S})
        return write_registers(BROADCAST_UNIT, panel_module.HOLD.address, payload)


@dataclass(slots=True)
class ModulePoll:
    """One module: where it is, which cell it sits on, and what it echoes."""

    address: Address
    image: StringImage
    cell: int
    identity: Identity
    hold: HoldCounter
    echoed_sequence: int | None = None
    echoed_at: float = 0.0


@dataclass(slots=True)
class LineModules:
    """All modules of one line."""

    modules: list[ModulePoll] = field(default_factory=list)
    hold: HoldCounter = field(default_factory=HoldCounter)


def module_poll(
    string: String, cell: int, address: Address, image: StringImage, hold: HoldCounter
) -> ModulePoll:
    """Prepare the polling of the module on `cell` (counted from 0)."""
    number = float(string.module_type.removeprefix("C"))
    identity = Identity(address.unit, KIND_MODULE, {"module_type": number})
    return ModulePoll(address, image, cell, identity, hold)


def jobs(modules: LineModules, answers: Callable[[int], bool | None]) -> list[Job]:
    """Build every job for the modules of one line; the hold comes first in each round."""
    hold = Job(
        name="hold",
        unit=BROADCAST_UNIT,
        make=modules.hold.request,
        deliver=_nothing_to_deliver,
        pause_s=HOLD_S,
    )
    return [hold, *_all_jobs(modules.modules, answers)]


def _all_jobs(modules: Sequence[ModulePoll], answers: Callable[[int], bool | None]) -> list[Job]:
    return [
        job
        for module in modules
        for job in (
            identity_job(module.identity, partial(answers, module.address.unit)),
            _block_job(module, panel_module.MEASUREMENT, _deliver_measurement, None),
            _block_job(module, panel_module.SLOW, _deliver_slow, SLOW_EVERY_S),
        )
    ]


def _block_job(
    module: ModulePoll,
    block: Block,
    deliver: Callable[[ModulePoll, bytes, float], None],
    interval_s: float | None,
) -> Job:
    unit = module.address.unit
    return Job(
        name=f"unit {unit} {block.name}",
        unit=unit,
        make=partial(read_registers, unit, block.address, block.count),
        deliver=partial(deliver, module),
        interval_s=interval_s,
        wanted=module.identity.is_believed,
    )


def _deliver_measurement(module: ModulePoll, payload: bytes, read_at: float) -> None:
    values = panel_module.MEASUREMENT.decode(payload)
    module.echoed_sequence = _checked_echo(module, values, payload)
    module.echoed_at = read_at
    image, cell = module.image, module.cell
    quantities = [Quantity.TEMPERATURE, Quantity.DUTY]
    if values["hold_sequence"] == module.hold.sequence:
        # Without the hold the bypass current falsifies the voltage by some 20 mV.
        quantities.append(Quantity.VOLTAGE)
    for quantity in quantities:
        image.put(quantity, cell, [values[quantity]], read_at)
    image.module_status[cell] = int(values["status"] or 0)


def _deliver_slow(module: ModulePoll, payload: bytes, read_at: float) -> None:
    values = panel_module.SLOW.decode(payload)
    _checked_echo(module, values, payload)
    for quantity in (Quantity.RESISTANCE, Quantity.CHARGE):
        module.image.put(quantity, module.cell, [values[quantity]], read_at)


def _checked_echo(module: ModulePoll, values: dict[str, float | None], payload: bytes) -> int:
    unit, sequence = divmod(int(values["echo"] or 0), 256)
    if unit != module.address.unit:
        msg = f"module {unit} answered for module {module.address.unit}"
        raise FrameError(msg, payload)
    return sequence


def _nothing_to_deliver(_payload: bytes, _read_at: float) -> None:
    """A broadcast has no answer."""
