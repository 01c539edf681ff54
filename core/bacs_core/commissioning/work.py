"""What each command of commissioning does with a borrowed line, and how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bacs_core.api.messages import AddressingMode, ReaddressModule, StartAddressing, StartScan
from bacs_core.bus.owner import Borrower
from bacs_core.commissioning import addressing, own_map, scan
from bacs_core.commissioning.found import Found
from bacs_core.commissioning.proposal import Wire, propose
from bacs_core.commissioning.recognition import Ear
from bacs_core.commissioning.scan import ScanPlan, Speed
from bacs_core.commissioning.words import say
from bacs_core.devices.panel_map import ADDRESSING_UNIT, IDENTITY, MAX_MODULE_UNIT
from bacs_core.devices.panel_module import (
    ADDRESSING_AUTOMATIC,
    ADDRESSING_MANUAL,
    MAX_ADDRESSING_S,
    WAKE_AFTER_S,
)
from bacs_core.errors import RefusedError
from bacs_core.settings import Line, Link, Parity

Order = StartScan | StartAddressing | ReaddressModule

#: Activity for a little longer than sleepers need.
WAKE_S: Final = WAKE_AFTER_S + 0.3
#: While sleepers are called nobody is expected to answer.
CALL_TURNAROUND_S: Final = 0.02
_MODES: Final = {
    AddressingMode.AUTOMATIC: ADDRESSING_AUTOMATIC,
    AddressingMode.MANUAL: ADDRESSING_MANUAL,
}


@dataclass(slots=True)
class Progress:
    """How far a job is; `message` tells how it ended, or what it waits for, `detail` what else.

    A screen says those that are a `Reason` in its own language.
    """

    done: int = 0
    total: int = 0
    speed: Speed | None = None
    found: list[Found] = field(default_factory=list)
    message: str = ""
    detail: str = ""
    proposal: str | None = None
    scan: ScanPlan | None = None
    began_at: float | None = None

    def remaining_s(self) -> float | None:
        """Estimate how long a scan still takes; of other work nobody knows."""
        if self.scan is None or self.began_at is None:
            return None
        elapsed_s = asyncio.get_running_loop().time() - self.began_at
        return scan.remaining_s(self.scan, self.done, elapsed_s)

    @property
    def told(self) -> tuple[str, ...]:
        """What there is to say, one sentence after the other."""
        return tuple(filter(None, (self.message, self.detail)))

    def conclude(self, wire: Wire) -> None:
        """Propose tables for what a scan found, also where it was ended early."""
        if self.scan is None or not self.found:
            return
        try:
            self.proposal = propose(wire, self.found)
        except RefusedError as refusal:
            self.detail = refusal.reason


@dataclass(frozen=True, slots=True)
class Bench:
    """A borrowed line; it is taken back after `loan_s`."""

    line: Line
    borrower: Borrower
    loan_s: float
    wake_s: float = WAKE_S

    def ear(self, max_turnaround_s: float | None = None) -> Ear:
        """Return what asks on this line."""
        return Ear(self.borrower, max_turnaround_s or self.line.max_turnaround_s)


async def carry_out(bench: Bench, order: Order, progress: Progress) -> None:
    """Do what `order` says; raises `RefusedError`, `PortGoneError`."""
    match order:
        case StartScan():
            await _scan(bench, order, progress)
        case StartAddressing():
            await _address(bench, order, progress)
        case ReaddressModule():
            await _readdress(bench, order, progress)


async def _scan(bench: Bench, order: StartScan, progress: Progress) -> None:
    if order.last_unit < order.first_unit:
        raise RefusedError(say("units_reversed"), code="bad_unit")
    units = range(order.first_unit, order.last_unit + 1)
    plan = scan.plan(bench.line, units, order.bauds, order.parities)
    progress.scan, progress.total = plan, plan.total
    for number, speed in enumerate(plan.speeds):
        await _talk_at(bench, speed, progress)
        if number == 0:
            await _wake(bench, progress)
        await _look(bench, speed, units, progress)
        if plan.stops and progress.found:
            progress.total = progress.done
            break
    count = len(progress.found)
    progress.message = say("one_answers") if count == 1 else say("units_answer", count=count)


async def _look(bench: Bench, speed: Speed, units: Sequence[int], progress: Progress) -> None:
    ear = bench.ear()
    for unit in units:
        if (found := await ear.look(unit, speed)) is not None:
            progress.found.append(found)
        progress.done += 1


async def _present(bench: Bench, speed: Speed, progress: Progress) -> list[Found]:
    """Find who has an address already; nobody of them was given one by this job."""
    ear, present = bench.ear(), []
    for unit in range(1, MAX_MODULE_UNIT + 1):
        if (found := await ear.look(unit, speed)) is not None:
            present.append(found)
        progress.done += 1
    return present


async def _address(bench: Bench, order: StartAddressing, progress: Progress) -> None:
    speed = _named_speed(bench.line, order.baud, order.parity)
    await _talk_at(bench, speed, progress)
    await _wake(bench, progress)
    # That may take minutes: what is counted meanwhile are addresses that were asked.
    progress.message, progress.total = say("looking"), MAX_MODULE_UNIT
    present = await _present(bench, speed, progress)
    progress.done = 0
    is_manual = order.mode is AddressingMode.MANUAL
    progress.total = order.count
    progress.message = say("press_button" if is_manual else "addressing")

    def report(module: Found) -> None:
        progress.found.append(module)
        progress.done += 1

    progress.message = await addressing.address(
        bench.ear(),
        speed,
        addressing.Order(
            _MODES[order.mode],
            order.first_unit,
            order.count,
            patience_s=bench.loan_s if is_manual else addressing.CHAIN_PATIENCE_S,
            duration_s=min(bench.loan_s, MAX_ADDRESSING_S),
        ),
        present,
        report,
    )


async def _readdress(bench: Bench, order: ReaddressModule, progress: Progress) -> None:
    speed = _named_speed(bench.line, order.baud, order.parity)
    progress.total = 1
    await _talk_at(bench, speed, progress)
    await _wake(bench, progress)
    moved = await addressing.readdress(
        bench.ear(), speed, order.unit, order.serial_number, order.new_unit
    )
    progress.found.append(moved)
    progress.done = 1
    progress.message = say("moved", unit=order.new_unit)


def _named_speed(line: Line, baud: int | None, parity: Parity | None) -> Speed:
    return Speed(baud or line.baud, parity or line.parity, line.stop_bits)


async def _talk_at(bench: Bench, speed: Speed, progress: Progress) -> None:
    line = bench.line
    if line.link is Link.SERIAL:
        await bench.borrower.set_speed(speed.baud, speed.parity, speed.stop_bits)
    elif (speed.baud, speed.parity) != (line.baud, line.parity):
        raise RefusedError(say("fixed_speed"), code="fixed_speed")
    progress.speed = speed


async def _wake(bench: Bench, progress: Progress) -> None:
    """Keep the wire of an RS485 pair busy until the last sleeper listens."""
    loop = asyncio.get_running_loop()
    if bench.line.link is not Link.MODBUS_TCP:
        progress.message = say("waking")
        ear = bench.ear(CALL_TURNAROUND_S)
        until = loop.time() + bench.wake_s
        while loop.time() < until:
            await ear.ask(own_map.read(IDENTITY, ADDRESSING_UNIT))
    progress.message = ""
    progress.began_at = loop.time()
