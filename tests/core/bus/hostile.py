"""A hostile line in virtual time: what is asked, what comes, and what was wrongly believed.

Every answer of a unit is unlike every other one: it holds the number of the read that called for
it. So an accepted answer that is not the one to the request that was open is found exactly, be it
an older one or one with changed bits. `Master` does what the owner of a line does, without waiting:
the schedule says what to ask, the transaction what to accept, and the clock jumps from one event of
the virtual line to the next.
"""

from __future__ import annotations

import struct
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import numpy as np

from bacs_core.bus import frames
from bacs_core.bus.frames import Request, read_registers
from bacs_core.bus.schedule import Job, Schedule
from bacs_core.bus.transaction import FIFO_BYTES, Transaction, Window
from bacs_core.devices.panel_map import KIND_MODULE
from bacs_core.devices.panel_module import HOLD, MEASUREMENT, SLOW
from bacs_core.errors import BusError, BusTimeoutError, DeviceError, FrameError
from bacs_core.model import MODULE_TYPES, String
from bacs_core.polling import modules as module_polling
from bacs_core.polling.image import StringImage
from bacs_core.polling.modules import LineModules
from bacs_core.settings import Address
from bacs_core.simulator.faults import Fault
from bacs_core.simulator.identity import Nameplate, identity_row
from bacs_core.simulator.line import VirtualLine
from bacs_core.simulator.served import NEVER, RegisterTable, Unit, block_row
from tests.core.simulator.plants import make_line, make_string

#: Shorter than any round takes, so that the line never rests.
ROUND_S: Final = 0.05
MAX_TURNAROUND_S: Final = 0.05
BROADCAST_PAUSE_S: Final = 0.005
TURNAROUND_S: Final = 0.002
REMEMBERED_ANSWERS: Final = 64
OWN_UNITS: Final = range(1, 5)
PLAIN_UNITS: Final = range(5, 9)
#: Blocks of an unguarded device: two of the same length, one alone.
PLAIN_BLOCKS: Final = ((0, 6), (0x40, 6), (0x100, 20))


@dataclass(slots=True)
class Reads:
    """Every read of every unit has a number; `open` is what the open request was given."""

    number: int = 0
    open: tuple[int, bytes] | None = None
    older: dict[int, deque[bytes]] = field(default_factory=dict)

    def next(self) -> int:
        """Number one more read."""
        self.number += 1
        return self.number

    def note(self, unit: int, payload: bytes) -> bytes:
        """Keep what a unit answers to the request that is open."""
        self.open = (unit, payload)
        self.older.setdefault(unit, deque(maxlen=REMEMBERED_ANSWERS)).append(payload)
        return payload


@dataclass(frozen=True, slots=True)
class Wrong:
    """An answer that was believed although it was not the one to the open request."""

    unit: int
    older: bool
    """Whether it is, byte for byte, an older answer of the same unit."""
    payload: bytes

    @property
    def guarded(self) -> bool:
        """Whether the unit is one of our own map."""
        return self.unit in OWN_UNITS


@dataclass(slots=True)
class Judge:
    """Looks at every answer that was believed, once its job has taken it without complaint."""

    reads: Reads = field(default_factory=Reads)
    accepted: int = 0
    given_away: int = 0
    """Frames without a flaw in RTU that the echo or the check of our own map gave away."""
    wrong: list[Wrong] = field(default_factory=list)

    def watch(self, job: Job) -> Job:
        """Return the job with a judge at both its ends."""
        return replace(job, make=partial(self._make, job), deliver=partial(self._deliver, job))

    def wrong_of(self, *, guarded: bool, older: bool | None = None) -> int:
        """Count what was wrongly believed."""
        return sum(
            one.guarded == guarded and (older is None or one.older == older) for one in self.wrong
        )

    def _make(self, job: Job) -> Request:
        self.reads.open = None
        return job.make()

    def _deliver(self, job: Job, payload: bytes, read_at: float) -> None:
        try:
            job.deliver(payload, read_at)
        except FrameError:
            self.given_away += 1
            raise
        if job.unit == frames.BROADCAST_UNIT:
            return
        self.accepted += 1
        if self.reads.open != (job.unit, payload):
            older = payload in self.reads.older.get(job.unit, ())
            self.wrong.append(Wrong(job.unit, older, payload))


class PlainUnit:
    """A device without any guard: registers that hold unit, address and number of the read."""

    next_event_s = NEVER

    def __init__(self, unit: int, reads: Reads) -> None:
        self.addresses = frozenset({unit})
        self._unit = unit
        self._reads = reads

    def act(self, now: float) -> None:
        raise NotImplementedError

    def sense(self, now: float) -> None:
        pass

    def read(self, function: int, address: int, count: int, now: float) -> bytes:
        number = self._reads.next()
        values = struct.pack(">BHI", self._unit, address, number)
        payload = (values * count)[: 2 * count]
        return self._reads.note(self._unit, payload)

    def write(self, address: int, payload: bytes, now: float) -> None:
        raise NotImplementedError

    def hear(self, address: int, payload: bytes, now: float) -> None:
        pass


class OwnUnit:
    """A module of our own map, whose values hold the number of the read."""

    next_event_s = NEVER

    def __init__(self, unit: int, string: String, reads: Reads) -> None:
        self.addresses = frozenset({unit})
        self._unit = unit
        self._reads = reads
        self._hold_sequence = 0
        module_type = MODULE_TYPES[string.module_type]
        plate = Nameplate(
            KIND_MODULE, 1000 + unit, 0x0200, module_type.generation, module_type.name, cell_count=1
        )
        self._table = RegisterTable(
            (
                identity_row(plate, lambda: unit),
                block_row(MEASUREMENT, self._measurement),
                block_row(SLOW, self._slow),
            )
        )

    def act(self, now: float) -> None:
        raise NotImplementedError

    def sense(self, now: float) -> None:
        pass

    def read(self, function: int, address: int, count: int, now: float) -> bytes:
        self._reads.next()
        payload = self._table.read(self._unit, function, address, count, now)
        return self._reads.note(self._unit, payload)

    def write(self, address: int, payload: bytes, now: float) -> None:
        raise NotImplementedError

    def hear(self, address: int, payload: bytes, now: float) -> None:
        if address == HOLD.address:
            self._hold_sequence = int(HOLD.decode(payload, unit=0)["sequence"] or 0)

    def _measurement(self, _now: float) -> dict[str, float | None]:
        number = self._reads.number
        return {
            "unit_address": self._unit,
            "bypass_sequence": 0,
            "voltage_v": (number & 0x7FFF) * 0.001,
            "temperature_c": (number >> 15 & 0x3FF) * 0.1,
            "duty_percent": 0.0,
            "hold_sequence": self._hold_sequence,
            "status": 0,
        }

    def _slow(self, _now: float) -> dict[str, float | None]:
        number = self._reads.number
        return {
            "resistance_ohm": (number & 0x7FFF) * 1e-6,
            "charge_percent": (number >> 15 & 0x3FF) * 0.1,
            "module_temperature_c": 20.0,
        }


class Master:
    """Asks what the schedule says, in virtual time."""

    def __init__(self, line: VirtualLine, jobs: Sequence[Job]) -> None:
        self.line = line
        self.now = 1000.0
        self.transactions = 0
        self.errors: Counter[str] = Counter()
        self.schedule = Schedule(jobs, ROUND_S)
        self._may_send_at = 0.0
        self._ask_again_at = 0.0

    def run(self, transactions: int) -> None:
        """Go on until so many requests were sent."""
        target = self.transactions + transactions
        while self.transactions < target:
            job = self.schedule.next(self.now)
            if job is None:
                self._pass_time_to(max(self.schedule.next_due_at(self.now), self.now + 0.001))
            else:
                self._poll(job)

    def _poll(self, job: Job) -> None:
        started = self.now
        self._ask_again_at = 0.0
        self.transactions += 1
        try:
            self._deliver(job, self._transact(job))
        except DeviceError:
            self.errors["exception"] += 1
            self.schedule.succeeded(job, self.now)
        except BusError as error:
            silent = isinstance(error, BusTimeoutError)
            self.errors["timeout" if silent else "frame"] += 1
            self.schedule.failed(
                job,
                self.now,
                self.now - started,
                silent=silent,
                ask_again_at=self._ask_again_at,
            )
        else:
            self.schedule.succeeded(job, self.now)

    def _deliver(self, job: Job, payload: bytes) -> None:
        try:
            job.deliver(payload, self.now)
        except FrameError:
            # What came is not the true answer, which may still follow.
            self._pass_time_to(self._ask_again_at)
            raise

    def _transact(self, job: Job) -> bytes:
        self._pass_time_to(self._may_send_at)
        line = self.line.line
        request = job.make()
        frame = frames.rtu_frame(request)
        request_s = len(frame) * line.character_s
        started = self.now
        self.line.receive(frame, started)
        if request.is_broadcast:
            pause_s = max(job.pause_s, BROADCAST_PAUSE_S)
            self._may_send_at = started + request_s + line.gap_s + pause_s
            return b""
        transaction = Transaction(request, self._window(request, job), started)
        try:
            return self._collect(transaction)
        finally:
            self._ask_again_at = transaction.quiet_until
            self._may_send_at = self.now + line.gap_s

    def _window(self, request: Request, job: Job) -> Window:
        line = self.line.line
        return Window(
            request_s=len(frames.rtu_frame(request)) * line.character_s,
            max_turnaround_s=line.gap_s + (job.max_turnaround_s or line.max_turnaround_s),
            answer_s=(request.answer_length + frames.RTU_OVERHEAD) * line.character_s,
        )

    def _collect(self, transaction: Transaction) -> bytes:
        while True:
            self.now = max(self.now, min(self.line.next_due_s, transaction.next_poll_at(self.now)))
            data = self.line.transmit(self.now)
            payload = transaction.receive(data, self.now) if data else transaction.poll(self.now)
            if payload is not None:
                return payload

    def _pass_time_to(self, moment_s: float) -> None:
        """Let time pass; what comes meanwhile belongs to no request and is thrown away.

        Where somebody talks, a UART may hold back more of it until its FIFO is full.
        """
        line = self.line.line
        silence_s = line.gap_s + FIFO_BYTES * line.character_s
        while (due_s := self.line.next_due_s) <= moment_s:
            self.now = max(self.now, due_s)
            if self.line.transmit(self.now):
                moment_s = max(moment_s, self.now + silence_s)
        self.now = max(self.now, moment_s)


@dataclass(slots=True)
class HostileLine:
    """Modules of our own map and unguarded devices on one line, with a judge over all jobs."""

    virtual: VirtualLine
    jobs: list[Job]
    judge: Judge
    schedule: Schedule | None = None
    """Set by whoever asks: it knows which units answer."""

    def answers(self, unit: int) -> bool | None:
        """Tell whether a unit answers."""
        return None if self.schedule is None else self.schedule.has_answered(unit)


def make_line_with(
    faults: Sequence[Fault], *, seed: int, max_turnaround_s: float = MAX_TURNAROUND_S
) -> HostileLine:
    """Build the line with its faults."""
    judge = Judge()
    string = make_string(len(OWN_UNITS))
    units: list[Unit] = [
        *(OwnUnit(unit, string, judge.reads) for unit in OWN_UNITS),
        *(PlainUnit(unit, judge.reads) for unit in PLAIN_UNITS),
    ]
    virtual = VirtualLine(
        replace(make_line("hostile"), max_turnaround_s=max_turnaround_s),
        units,
        turnaround_s=TURNAROUND_S,
        random=np.random.default_rng(seed),
    )
    for fault in faults:
        virtual.faults.add(replace(fault))
    hostile = HostileLine(virtual, [], judge)
    own = _own_jobs(string, hostile.answers)
    hostile.jobs = [judge.watch(job) for job in (*_plain_jobs(), *own)]
    return hostile


def make_master(hostile: HostileLine) -> Master:
    """Let the line be asked in virtual time."""
    master = Master(hostile.virtual, hostile.jobs)
    hostile.schedule = master.schedule
    return master


def _plain_jobs() -> list[Job]:
    return [
        Job(
            name=f"unit {unit} from {address}",
            unit=unit,
            make=partial(read_registers, unit, address, count),
            deliver=_ignore,
        )
        for unit in PLAIN_UNITS
        for address, count in PLAIN_BLOCKS
    ]


def _own_jobs(string: String, answers: Callable[[int], bool | None]) -> list[Job]:
    image = StringImage(string)
    polled = LineModules()
    for cell, unit in enumerate(OWN_UNITS):
        address = Address("hostile", unit)
        polled.modules.append(module_polling.module_poll(string, cell, address, image, polled.hold))
    return module_polling.jobs(polled, answers)


def _ignore(_payload: bytes, _read_at: float) -> None:
    """Keep nothing: what is accepted is judged by the master."""
