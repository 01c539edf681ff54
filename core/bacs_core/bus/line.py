"""The one task that owns a line: it alone opens the port, sends and listens.

Commands wait in named slots, so that only the newest bypass or hold is ever sent; they go before
polls. This is one of the two places that catch errors: they are counted, told, and followed by
silence until nothing late can come.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final

from bacs_core.bus.commands import Command, Commands, refusal
from bacs_core.bus.delivery import Delivery
from bacs_core.bus.frames import Request
from bacs_core.bus.network import NETWORK_ALLOWANCE_S
from bacs_core.bus.owner import Borrower, Priority, Statistics
from bacs_core.bus.port import Port, SerialPort
from bacs_core.bus.rtu import RtuLink
from bacs_core.bus.schedule import Job, Schedule
from bacs_core.bus.timing import silence_s
from bacs_core.bus.transaction import PAUSE_INSIDE_ANSWER_S
from bacs_core.errors import BusError, BusTimeoutError, DeviceError, PortGoneError, RefusedError
from bacs_core.settings import Line, Link, Parity

_log = logging.getLogger(__name__)

ROUND_S: Final = 1.0
REOPEN_AFTER_S: Final = 1.0
#: How soon is noticed that a port vanished on which nothing is due.
LONGEST_IDLE_S: Final = 0.25

OpenPort = Callable[[Line], Awaitable[Port]]


class LineOwner:
    """Owns one line. `wall_clock` gives the unix time that readings are stamped with.

    `jobs` may still grow until the line runs.
    """

    def __init__(
        self,
        line: Line,
        jobs: Sequence[Job],
        wall_clock: Callable[[], float],
        open_port: OpenPort = SerialPort.open,
    ) -> None:
        """Prepare the schedule; nothing is opened yet."""
        self.line = line
        self.statistics = Statistics()
        self.port_open = False
        self.message = "not opened yet"
        self.lent = False
        self.schedule = Schedule(jobs, ROUND_S)
        self._delivery = Delivery(line.id, wall_clock)
        self._open_port = open_port
        self._commands = Commands()
        self._woken = asyncio.Event()
        self._link: RtuLink | None = None
        self._loan: _Loan | None = None

    @property
    def last_round_s(self) -> float | None:
        """How long the last round took."""
        return self.schedule.last_round_s

    @property
    def wire_round_s(self) -> float | None:
        """What the wire itself needed for the last round."""
        return self.schedule.last_wire_s

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
        """Stop polling after the present request and lend the line; polling begins anew after.

        Raises `PortGoneError` where the line is not open, `RefusedError` where it is lent already.
        """
        if self.lent:
            raise RefusedError(f"line {self.line.id} is lent already", code="line_lent")
        if not self.port_open:
            raise self._not_open()
        loan = _Loan(self)
        self.lent, self._loan = True, loan
        self._commands.fail(RefusedError(f"line {self.line.id} is lent", code="line_lent"))
        self._woken.set()
        try:
            await loan.begun.wait()
            if self._link is None:
                raise self._not_open()
            yield loan
        finally:
            self.lent, self._loan = False, None
            loan.over.set()

    async def run(self) -> None:
        """Own the line for ever: open the port, work, and open it again when it was lost."""
        while True:
            try:
                await self._own(await self._open_port(self.line))
            except PortGoneError as error:
                self._tell(str(error))
                self._commands.fail(error)
            await asyncio.sleep(REOPEN_AFTER_S)

    async def ask_alone(self, request: Request, max_turnaround_s: float | None) -> bytes:
        """Ask for whoever borrowed the line."""
        if self._link is None:
            raise self._not_open()
        link = self._link
        try:
            return await self._ask(link, request, max_turnaround_s)
        except PortGoneError:
            raise
        except (BusError, DeviceError) as error:
            self._count(error)
            await self._renew_after(link, error)
            raise

    async def set_speed(self, baud: int, parity: Parity, stop_bits: int) -> None:
        """Open the port anew with another speed; the one of a serial server is its own."""
        if self._link is None:
            raise self._not_open()
        present = self._link.line
        if self.line.link is not Link.SERIAL or (baud, parity, stop_bits) == (
            present.baud,
            present.parity,
            present.stop_bits,
        ):
            return
        line = replace(self.line, baud=baud, parity=parity, stop_bits=stop_bits)
        if (baud, parity, stop_bits) != (self.line.baud, self.line.parity, self.line.stop_bits):
            line = replace(line, gap_s=silence_s(line.character_s, baud))
        await self._reopen(self._link, line)

    async def _own(self, port: Port) -> None:
        self._link = self._new_link(self.line, port)
        self._tell("")
        self.port_open = True
        self.schedule.forget()
        try:
            await self._work(self._link)
        finally:
            self.port_open = False
            self._link.close()
            self._link = None
            if self._loan is not None:
                # Whoever waits to borrow the line learns that it is gone.
                self._loan.begun.set()

    async def _work(self, link: RtuLink) -> None:
        while True:
            if self._loan is not None:
                await self._lend(link, self._loan)
            elif (command := self._commands.take()) is not None:
                await self._send_command(link, command)
            elif (job := self.schedule.next(time.monotonic())) is not None:
                self._commands.let_order_go()
                await self._poll(link, job)
            elif not self._commands.let_order_go():
                await self._idle(link)

    async def _lend(self, link: RtuLink, loan: _Loan) -> None:
        loan.begun.set()
        await loan.over.wait()
        if link.line != self.line or link.may_keep_answers:
            # Whoever borrowed it may have left while an answer was on its way.
            await self._reopen(link, self.line)
        self.schedule.forget()

    async def _idle(self, link: RtuLink) -> None:
        """Sleep until something is due, and notice meanwhile if the port vanishes."""
        self._woken.clear()
        now = time.monotonic()
        pause_s = min(max(self.schedule.next_due_at(now) - now, 0.001), LONGEST_IDLE_S)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._woken.wait()
        await link.listen()
        self._tell_late(link)

    async def _send_command(self, link: RtuLink, command: Command) -> None:
        request = command.make()
        try:
            payload = await self._ask(link, request, self._longest_turnaround_s(request.unit))
        except PortGoneError as error:
            command.fail(error)
            raise
        except (BusError, DeviceError) as error:
            self._count(error)
            command.fail(error)
            await self._renew_after(link, error)
        else:
            command.succeed(payload)

    async def _poll(self, link: RtuLink, job: Job) -> None:
        started = time.monotonic()
        try:
            payload = await self._ask(link, job.make(), job.max_turnaround_s, job.pause_s)
            await self._deliver(link, job, payload)
        except PortGoneError:
            raise
        except DeviceError as error:
            self._count(error)
            self.schedule.succeeded(job, time.monotonic())
        except BusError as error:
            self._count(error)
            now = time.monotonic()
            self.schedule.failed(
                job,
                now,
                now - started,
                silent=isinstance(error, BusTimeoutError),
                ask_again_at=link.quiet_until,
            )
            self._tell_late(link)
            await self._renew_after(link, error)
        else:
            self.schedule.succeeded(job, time.monotonic())
            if self.message:
                self._tell_late(link)

    async def _deliver(self, link: RtuLink, job: Job, payload: bytes) -> None:
        """Hand the bytes over; an echo in them may show that they belong to another request."""
        try:
            self._delivery.deliver(job, payload)
        except BusError:
            # Then the true answer may still come.
            await link.fall_silent(link.quiet_until)
            raise

    async def _ask(
        self,
        link: RtuLink,
        request: Request,
        max_turnaround_s: float | None,
        pause_s: float = 0.0,
    ) -> bytes:
        if max_turnaround_s is None:
            max_turnaround_s = self.line.max_turnaround_s
        try:
            return await link.ask(request, max_turnaround_s, pause_s)
        finally:
            self.schedule.spent(link.wire_s)

    async def _renew_after(self, link: RtuLink, error: BusError | DeviceError) -> None:
        """Open a port anew in which the answer that did not come may still wait."""
        is_overdue = isinstance(error, BusTimeoutError) or link.quiet_until > time.monotonic()
        if isinstance(error, BusError) and is_overdue and link.may_keep_answers:
            await self._reopen(link, link.line)

    async def _reopen(self, link: RtuLink, line: Line) -> None:
        link.release()
        link.take(line, await self._open_port(line))

    def _new_link(self, line: Line, port: Port) -> RtuLink:
        network_s = NETWORK_ALLOWANCE_S if line.link is Link.RTU_OVER_TCP else 0.0
        return RtuLink(line, port, self.statistics, PAUSE_INSIDE_ANSWER_S + network_s)

    def _longest_turnaround_s(self, unit: int) -> float:
        own_s = [
            job.max_turnaround_s
            for job in self.schedule.jobs
            if job.unit == unit and job.max_turnaround_s is not None
        ]
        return max(own_s, default=self.line.max_turnaround_s)

    def _count(self, error: BusError | DeviceError) -> None:
        if isinstance(error, TimeoutError):
            self.statistics.timeouts += 1
        elif isinstance(error, BusError):
            self.statistics.frame_errors += 1
        else:
            self.statistics.refusals += 1
        _log.debug("line %s: %s", self.line.id, error)

    def _not_open(self) -> PortGoneError:
        return PortGoneError(f"line {self.line.id} is not open: {self.message}")

    def _tell_late(self, link: RtuLink) -> None:
        units = ", ".join(str(unit) for unit in sorted(link.late_units))
        self._tell(f"answers later than its max_turnaround: unit {units}" if units else "")

    def _tell(self, message: str) -> None:
        if message and message != self.message:
            _log.warning("line %s: %s", self.line.id, message)
        elif not message and self.message:
            _log.info("line %s: in order, on port %s", self.line.id, self.line.port)
        self.message = message


class _Loan:
    """The line in the hands of somebody who commissions it."""

    def __init__(self, owner: LineOwner) -> None:
        self.begun = asyncio.Event()
        self.over = asyncio.Event()
        self._owner = owner
        self._turn = asyncio.Lock()

    async def ask(self, request: Request, max_turnaround_s: float | None = None) -> bytes:
        """Send a request, one at a time, and return the data of its answer."""
        async with self._turn:
            return await self._owner.ask_alone(request, max_turnaround_s)

    async def set_speed(self, baud: int, parity: Parity, stop_bits: int) -> None:
        """Talk at another speed until the line is given back; raises `PortGoneError`."""
        async with self._turn:
            await self._owner.set_speed(baud, parity, stop_bits)
