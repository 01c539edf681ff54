"""Polls the modules of a string that the engine manages itself.

Each round starts with a hold: all modules of the line pause their bypass and latch their
measurements at the same instant; the read-out then goes on while the bypass works.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from bacs_core.bus.frames import BROADCAST_UNIT, Request, write_registers
from bacs_core.bus.schedule import Job
from bacs_core.devices import panel_module
from bacs_core.devices.panel_map import KIND_MODULE
from bacs_core.devices.registers import Block
from bacs_core.model import MODULE_TYPES, Quantity, String
from bacs_core.polling.guarded import Question, question
from bacs_core.polling.identity import Identity, identity_job
from bacs_core.polling.image import StringImage
from bacs_core.settings import Address

SLOW_EVERY_S: Final = 60.0
#: Somebody else may have set them; a module that was away may be another one.
THRESHOLDS_EVERY_S: Final = 600.0
#: Long enough for the bypass current to settle and the module to latch, short against the round.
HOLD_S: Final = 0.03
#: A single hold may be lost to noise; who misses so many in a row hears no broadcast at all.
DEAF_AFTER_HOLDS: Final = 3


@dataclass(slots=True)
class HoldCounter:
    """The sequence number of the hold broadcasts of one line."""

    sequence: int = 0

    def request(self) -> Request:
        """Build the next hold."""
        self.sequence = self.sequence % 255 + 1
        values = {"sequence": self.sequence, "duration_s": HOLD_S}
        payload = panel_module.HOLD.encode(values, unit=BROADCAST_UNIT)
        return write_registers(BROADCAST_UNIT, panel_module.HOLD.address, payload)


@dataclass(slots=True)
class ModulePoll:
    """One module: where it is, which cell it sits on, and what it echoes.

    `missed_holds` counts the holds in a row that it did not obey although it answers.
    `thresholds_of` is the introduction of the module whose thresholds are known.
    """

    address: Address
    image: StringImage
    cell: int
    identity: Identity
    hold: HoldCounter
    echoed_sequence: int | None = None
    echoed_at: float = 0.0
    missed_holds: int = 0
    thresholds_of: int = 0
    thresholds_due_at: float = 0.0

    @property
    def is_deaf(self) -> bool:
        """Whether it answers, but hears no broadcast: then it obeys no bypass either."""
        return self.missed_holds >= DEAF_AFTER_HOLDS and self.identity.is_known()

    def wants_thresholds(self) -> bool:
        """Whether its thresholds have to be read; cheap, as every round asks it of everybody."""
        known = self.thresholds_of == self.identity.introductions
        if known and self.echoed_at < self.thresholds_due_at:
            return False
        return self.identity.is_believed()

    def shift(self, step_s: float) -> None:
        """Move all kept times by a step of the clock."""
        self.echoed_at += step_s
        self.thresholds_due_at += step_s

    def threshold_doubt(self) -> str | None:
        """Say what is wrong with its thresholds, as far as they are its own."""
        found = self.image.thresholds.doubts().get(self.cell)
        return found if self.thresholds_of == self.identity.introductions else None


@dataclass(slots=True)
class LineModules:
    """All modules of one line."""

    modules: list[ModulePoll] = field(default_factory=list)
    hold: HoldCounter = field(default_factory=HoldCounter)


def module_poll(
    string: String, cell: int, address: Address, image: StringImage, hold: HoldCounter
) -> ModulePoll:
    """Prepare the polling of the module on `cell` (counted from 0)."""
    module_type = MODULE_TYPES[string.module_type]
    expected = {
        "module_type": float(module_type.name.removeprefix("C")),
        "hardware_generation": float(module_type.generation),
    }
    identity = Identity(
        address.unit, KIND_MODULE, expected, max_turnaround_s=address.max_turnaround_s
    )
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
            replace(
                _block_job(module, panel_module.THRESHOLDS, _deliver_thresholds, SLOW_EVERY_S),
                wanted=module.wants_thresholds,
            ),
        )
    ]


def mixed_generations(modules: Mapping[str, Sequence[ModulePoll]]) -> frozenset[str]:
    """Return the strings on whose lines modules of different generations or types answer.

    `modules` has those of each string key. Such modules must not work together, so none of a line
    may be equalized; a string that spans lines suffers with each of them.
    """
    generations: dict[str, set[int]] = defaultdict(set)
    mixed: set[str] = set()
    for polled in modules.values():
        for module in polled:
            found = module.identity.live_generation()
            if found is not None:
                generations[module.address.line_id].add(found)
                if module.identity.is_another_type():
                    mixed.add(module.address.line_id)
    mixed |= {line_id for line_id, found in generations.items() if len(found) > 1}
    return frozenset(
        key
        for key, polled in modules.items()
        if any(module.address.line_id in mixed for module in polled)
    )


def _block_job(
    module: ModulePoll,
    block: Block,
    deliver: Callable[[ModulePoll, Question, bytes, float], None],
    interval_s: float | None,
) -> Job:
    unit = module.address.unit
    asking = question(unit, module.identity.counter, block)
    return Job(
        name=f"unit {unit} {block.name}",
        unit=unit,
        make=asking.request,
        deliver=partial(deliver, module, asking),
        interval_s=interval_s,
        wanted=module.identity.is_believed,
        max_turnaround_s=module.address.max_turnaround_s,
    )


def _deliver_measurement(
    module: ModulePoll, asking: Question, payload: bytes, read_at: float
) -> None:
    values = panel_module.MEASUREMENT.decode(payload, unit=asking.unit, asked=asking.asked)
    module.echoed_sequence = int(values["bypass_sequence"] or 0)
    module.echoed_at = read_at
    image, cell = module.image, module.cell
    quantities = [Quantity.TEMPERATURE, Quantity.DUTY]
    if values["hold_sequence"] == module.hold.sequence:
        # Without the hold the bypass current falsifies the voltage by some 20 mV.
        quantities.append(Quantity.VOLTAGE)
        module.missed_holds = 0
    else:
        module.missed_holds += 1
    for quantity in quantities:
        image.put(quantity, cell, [values[quantity]], read_at)
    image.module_status[cell] = int(values["status"] or 0)


def _deliver_slow(module: ModulePoll, asking: Question, payload: bytes, read_at: float) -> None:
    values = panel_module.SLOW.decode(payload, unit=asking.unit, asked=asking.asked)
    for quantity in (Quantity.RESISTANCE, Quantity.CHARGE):
        module.image.put(quantity, module.cell, [values[quantity]], read_at)


def _deliver_thresholds(
    module: ModulePoll, asking: Question, payload: bytes, read_at: float
) -> None:
    values = panel_module.THRESHOLDS.decode(payload, unit=asking.unit, asked=asking.asked)
    module.image.thresholds.put(module.cell, values)
    module.thresholds_of = module.identity.introductions
    module.thresholds_due_at = read_at + THRESHOLDS_EVERY_S


def _nothing_to_deliver(_payload: bytes, _read_at: float) -> None:
    """A broadcast has no answer."""
