"""Owns a device or gateway that speaks Modbus TCP: several requests may be open at once.

Transaction numbers tell answers apart, so nothing has to fall silent after a time-out. The
connection is made anew when nothing on it can be understood, or nobody answers any more. Errors of
the bus end here, as they do in `line`: they are counted and told.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bacs_core.bus.commands import Command, Commands, refusal
from bacs_core.bus.delivery import Delivery
from bacs_core.bus.frames import Request
from bacs_core.bus.line import ROUND_S
from bacs_core.bus.mbap import OpenRequests
from bacs_core.bus.mbap_connection import Connection
from bacs_core.bus.network import NETWORK_ALLOWANCE_S
from bacs_core.bus.owner import Borrower, Priority, Statistics
from bacs_core.bus.rtu import BROADCAST_PAUSE_S
from bacs_core.bus.schedule import Job, Schedule
from bacs_core.errors import (
    BusError,
    BusTimeoutError,
    DeviceError,
    FrameError,
    PortGoneError,
    RefusedError,
)
from bacs_core.settings import Line, Parity

_log = logging.getLogger(__name__)

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 5.0
#: Exceptions by which a gateway says that the unit behind it did not answer.
_GATEWAY_WAITED_IN_VAIN: Final = (10, 11)
_SHORTEST_REST_S: Final = 0.02

Outcome = bytes | BusError | DeviceError


@dataclass(frozen=True, slots=True)
class _Errand:
    """A request on its way, and who is told how it ended and how long that took."""

    request: Request
    max_turnaround_s: float
    pause_s: float
    conclude: Callable[[Outcome, float], None]


class ModbusTcpOwner:
    """Owns one Modbus TCP line. `wall_clock` gives the unix time that readings are stamped with.

    `max_turnaround_s` of the line covers whatever lies behind a gateway, its wire included; the
    network comes on top (`NETWORK_ALLOWANCE_S`). A gateway asks its units one after the other, so
    each open request adds its turnaround to the time-out of those sent behind it. `jobs` may still
    grow until the line runs.
    """

    wire_round_s: float | None = None

    def __init__(self, line: Line, jobs: Sequence[Job], wall_clock: Callable[[], float]) -> None:
        self.line = line
        self.statistics = Statistics()
        self.port_open = False
        self.message = "not opened yet"
        self.lent = False
        self.schedule = Schedule(jobs, ROUND_S)
        self._delivery = Delivery(line.id, wall_clock)
        self._requests = OpenRequests()
        self._commands = Commands()
        self._woken = asyncio.Event()
        self._may_send_at = 0.0
        self._connection: Connection | None = None
        self._handed_over = asyncio.Event()

    @property
    def last_round_s(self) -> float | None:
        """How long the last round took."""
        return self.schedule.last_round_s

    def has_answered(self, unit: int) -> bool | None:
        """Tell whether a unit answers; `None` before the first answer or failure."""
        return self.schedule.has_answered(unit)

    def silent_units(self) -> tuple[int, ...]:
        """Return the units that do not answer, in order."""
        return self.schedule.silent_units()

    def command(
        self, name: str, priority: Priority, make: Callable[[], Request]
    ) -> asyncio.Future[bytes]:
        """Put a request into the slot `name`, in place of one that still waits there.

        The future ends when it was sent (broadcast) or answered, or with the error.
        """
        refused = refusal(self.line, priority, is_lent=self.lent)
        sent = self._commands.put(name, priority, make, refused)
        self._woken.set()
        return sent

    @contextlib.asynccontextmanager
    async def borrow(self) -> AsyncIterator[Borrower]:
        """Stop polling once what is open has ended, and lend the line; polling begins anew after.

        Raises `PortGoneError` where there is no connection, `RefusedError` where it is lent.
        """
        if self.lent:
            raise RefusedError(f"line {self.line.id} is lent already", code="line_lent")
        if not self.port_open:
            raise PortGoneError(f"line {self.line.id} is not open: {self.message}")
        self.lent = True
        self._handed_over.clear()
        self._commands.fail(RefusedError(f"line {self.line.id} is lent", code="line_lent"))
        self._woken.set()
        try:
            await self._handed_over.wait()
            if self._connection is None:
                raise PortGoneError(f"line {self.line.id} is not open: {self.message}")
            yield _Loan(self)
        finally:
            self.lent = False
            self.schedule.forget()
            self._woken.set()

    async def run(self) -> None:
        """Own the line for ever: connect, work, and connect again when that ended."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                connection = await Connection.open(self.line.port, self._requests, self._woken.set)
            except PortGoneError as error:
                self._lose(error)
            else:
                await self._own(connection)
                if connection.has_answered:
                    pause_s = FIRST_PAUSE_S
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def ask_alone(self, request: Request, max_turnaround_s: float) -> bytes:
        """Ask for whoever borrowed the line."""
        if self._connection is None:
            raise PortGoneError(f"line {self.line.id} is not open: {self.message}")
        outcome = await self._exchange(self._connection, request, max_turnaround_s)
        if isinstance(outcome, bytes):
            return outcome
        raise outcome

    async def _own(self, connection: Connection) -> None:
        self._tell("")
        self.port_open = True
        self._connection = connection
        try:
            await self._work(connection)
        except PortGoneError as error:
            self._lose(error)
        except BusError as error:
            # This side ended it: what is known of the units holds on.
            self._count(error)
            self._tell(str(error))
            self._commands.fail(error)
        finally:
            self.port_open = False
            self._connection = None
            # Whoever waits to borrow the line learns that it is gone.
            self._handed_over.set()
            connection.close()

    async def _work(self, connection: Connection) -> None:
        running: set[asyncio.Task[None]] = set()
        errand: _Errand | None = None
        try:
            while connection.ended is None:
                self._woken.clear()
                running = {task for task in running if not _is_over(task)}
                self.statistics.lost_bytes = self._requests.dropped_bytes
                has_room = len(running) < self.line.in_flight
                if errand is None and has_room and not self.lent:
                    errand = self._next_errand()
                if errand is not None and self._may_start(errand, running):
                    running.add(self._start(connection, errand, len(running) + 1))
                    errand = None
                    continue
                if self.lent and errand is None and not running:
                    self._handed_over.set()
                await self._rest(len(running))
            raise connection.ended
        finally:
            # With the connection ended every request has, too: each is still told how.
            if connection.ended is None:
                for task in running:
                    task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            if errand is not None and connection.ended is not None:
                errand.conclude(connection.ended, 0.0)

    def _may_start(self, errand: _Errand, running: set[asyncio.Task[None]]) -> bool:
        """Keep a broadcast apart from everything else: those after it count on it."""
        alone = not running or not errand.request.is_broadcast
        return alone and time.monotonic() >= self._may_send_at

    def _start(
        self, connection: Connection, errand: _Errand, open_count: int
    ) -> asyncio.Task[None]:
        task = asyncio.create_task(self._run_errand(connection, errand, open_count))
        if errand.request.is_broadcast:
            # Its pause begins when it was sent, however late that is.
            self._may_send_at = math.inf
            pause_s = max(errand.pause_s, BROADCAST_PAUSE_S)
            task.add_done_callback(lambda _task: self._keep_quiet(pause_s))
        task.add_done_callback(lambda _task: self._woken.set())
        return task

    def _keep_quiet(self, pause_s: float) -> None:
        self._may_send_at = time.monotonic() + pause_s

    async def _run_errand(self, connection: Connection, errand: _Errand, open_count: int) -> None:
        started = time.monotonic()
        patience_s = errand.max_turnaround_s * open_count
        outcome = await self._exchange(connection, errand.request, patience_s)
        errand.conclude(outcome, time.monotonic() - started)

    async def _exchange(
        self, connection: Connection, request: Request, max_turnaround_s: float
    ) -> Outcome:
        self.statistics.requests += 1
        try:
            return await connection.ask(request, max_turnaround_s + NETWORK_ALLOWANCE_S)
        except (BusError, DeviceError) as error:
            if connection.ended is None:
                self._count(error)
            return error

    def _next_errand(self) -> _Errand | None:
        if (command := self._commands.take()) is not None:
            return self._command_errand(command)
        job = self.schedule.next(time.monotonic())
        has_commands = self._commands.let_order_go()
        if job is not None:
            return self._job_errand(job)
        return self._next_errand() if has_commands else None

    def _command_errand(self, command: Command) -> _Errand:
        def conclude(outcome: Outcome, _cost_s: float) -> None:
            if isinstance(outcome, bytes):
                command.succeed(outcome)
            else:
                command.fail(outcome)

        request = command.make()
        turnarounds_s = [
            self._max_turnaround_s(job) for job in self.schedule.jobs if job.unit == request.unit
        ]
        longest_s = max(turnarounds_s, default=self.line.max_turnaround_s)
        return _Errand(request, longest_s, 0.0, conclude)

    def _job_errand(self, job: Job) -> _Errand:
        def conclude(outcome: Outcome, cost_s: float) -> None:
            if isinstance(outcome, bytes):
                outcome = self._delivered(job, outcome)
            now = time.monotonic()
            if isinstance(outcome, BusError) or _is_silence(outcome):
                silent = not isinstance(outcome, FrameError)
                self.schedule.failed(job, now, cost_s, silent=silent)
            else:
                self.schedule.succeeded(job, now)

        return _Errand(job.make(), self._max_turnaround_s(job), job.pause_s, conclude)

    def _max_turnaround_s(self, job: Job) -> float:
        own_s = job.max_turnaround_s
        return self.line.max_turnaround_s if own_s is None else own_s

    def _delivered(self, job: Job, payload: bytes) -> Outcome:
        """Hand the bytes over; an echo in them may show that they belong to another request."""
        try:
            self._delivery.deliver(job, payload)
        except BusError as error:
            self._count(error)
            return error
        return payload

    async def _rest(self, open_count: int) -> None:
        """Sleep until something happens, or may be due while there is room for it."""
        now = time.monotonic()
        due_s = self.schedule.next_due_at(now) - now
        if self._may_send_at > now:
            due_s = min(due_s, self._may_send_at - now)
        has_room = open_count < self.line.in_flight and not self.lent
        pause_s = max(due_s, _SHORTEST_REST_S if open_count else 0.001) if has_room else None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._woken.wait()

    def _count(self, error: BusError | DeviceError) -> None:
        if isinstance(error, BusTimeoutError) or _is_silence(error):
            self.statistics.timeouts += 1
        elif isinstance(error, BusError):
            self.statistics.frame_errors += 1
        else:
            self.statistics.refusals += 1
        _log.debug("line %s: %s", self.line.id, error)

    def _lose(self, error: PortGoneError) -> None:
        self._tell(str(error))
        self._commands.fail(error)
        self.schedule.forget()

    def _tell(self, message: str) -> None:
        if message and message != self.message:
            _log.warning("line %s: %s", self.line.id, message)
        elif not message and self.message:
            _log.info("line %s: connected to %s", self.line.id, self.line.port)
        self.message = message


class _Loan:
    """The line in the hands of somebody who commissions it."""

    def __init__(self, owner: ModbusTcpOwner) -> None:
        self._owner = owner
        self._turn = asyncio.Lock()

    async def ask(self, request: Request, max_turnaround_s: float | None = None) -> bytes:
        """Send a request, one at a time, and return the register bytes of its answer."""
        if max_turnaround_s is None:
            max_turnaround_s = self._owner.line.max_turnaround_s
        async with self._turn:
            return await self._owner.ask_alone(request, max_turnaround_s)

    async def set_speed(self, baud: int, parity: Parity, stop_bits: int) -> None:
        """Do nothing: a gateway keeps the speed of its own wire."""


def _is_over(task: asyncio.Task[None]) -> bool:
    """Tell whether a task ended, and raise what was no error of the bus."""
    if not task.done():
        return False
    task.result()
    return True


def _is_silence(outcome: Outcome) -> bool:
    return isinstance(outcome, DeviceError) and outcome.code in _GATEWAY_WAITED_IN_VAIN
