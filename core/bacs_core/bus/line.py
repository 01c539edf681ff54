"""The one task that owns a line: it alone opens the port, sends and listens.

Commands wait in named slots, so that only the newest bypass or hold is ever sent; they go before
polls. This is one of the two places that catch errors: they are counted, told, and followed by
silence until nothing late can come.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from bacs_core.bus.frames import Request
from bacs_core.bus.port import SerialPort
from bacs_core.bus.schedule import Job, Schedule
from bacs_core.bus.transaction import PAUSE_INSIDE_ANSWER_S, Transaction, Window
from bacs_core.errors import BusError, DeviceError, PortGoneError
from bacs_core.settings import Line

_log = logging.getLogger(__name__)

ROUND_S: Final = 1.0
REOPEN_AFTER_S: Final = 1.0
#: Time a device may need to carry out a broadcast before it can hear the next frame.
BROADCAST_PAUSE_S: Final = 0.005


class Priority(IntEnum):
    """Order in which waiting commands are sent; polls come after all of them."""

    TRIP = 0
    BYPASS = 1


@dataclass(frozen=True, slots=True)
class Command:
    """A request that waits to be sent once."""

    priority: Priority
    make: Callable[[], Request]
    sent: asyncio.Future[bytes]


@dataclass(slots=True)
class Statistics:
    """What a line has done since the engine started."""

    requests: int = 0
    timeouts: int = 0
    frame_errors: int = 0
    refusals: int = 0
    lost_bytes: int = 0


class LineOwner:
    """Owns one line. `wall_clock` gives the unix time that readings are stamped with.

    `jobs` may still grow until the line runs.
    """

    def __init__(self, line: Line, jobs: Sequence[Job], wall_clock: Callable[[], float]) -> None:
        """Prepare the schedule; nothing is opened yet."""
        self.line = line
        self.statistics = Statistics()
        self.port_open = False
        self.message = "not opened yet"
        self.schedule = Schedule(jobs, ROUND_S)
        self._wall_clock = wall_clock
        self._commands: dict[str, Command] = {}
        self._woken = asyncio.Event()
        self._may_send_at = 0.0

    def command(
        self, name: str, priority: Priority, make: Callable[[], Request]
    ) -> asyncio.Future[bytes]:
        """Put a request into the slot `name`, in place of one that still waits there.

        The future ends when it was sent (broadcast) or answered, or with the error.
        """
        sent: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        replaced = self._commands.get(name)
        if replaced is not None:
            replaced.sent.cancel()
        self._commands[name] = Command(priority, make, sent)
        self._woken.set()
        return sent

    async def run(self) -> None:
        """Own the line for ever: open the port, work, and open it again when it was lost."""
        while True:
            try:
                port = SerialPort(self.line)
            except PortGoneError as error:
                self._tell(str(error))
                self._fail_commands(error)
                await asyncio.sleep(REOPEN_AFTER_S)
                continue
            self._tell("")
            self.port_open = True
            self.schedule.forget()
            try:
                await self._work(port)
            except PortGoneError as error:
                self._tell(str(error))
                self._fail_commands(error)
            finally:
                self.port_open = False
                port.close()
            await asyncio.sleep(REOPEN_AFTER_S)

    async def _work(self, port: SerialPort) -> None:
        while True:
            if (command := self._take_command()) is not None:
                await self._send_command(port, command)
                continue
            job = self.schedule.next(time.monotonic())
            if job is not None:
                await self._poll(port, job)
                continue
            await self._idle(port)

    async def _idle(self, port: SerialPort) -> None:
        """Sleep until something is due, and notice meanwhile if the port vanishes."""
        self._woken.clear()
        if self._commands:
            return
        now = time.monotonic()
        pause_s = min(max(self.schedule.next_due_at(now) - now, 0.001), 0.05)
        if await port.read(pause_s):
            self.statistics.lost_bytes += 1

    def _take_command(self) -> Command | None:
        if not self._commands:
            return None
        name = min(self._commands, key=lambda slot: self._commands[slot].priority)
        return self._commands.pop(name)

    async def _send_command(self, port: SerialPort, command: Command) -> None:
        if command.sent.done():
            return
        try:
            payload = await self._transact(port, command.make(), 0.0)
        except PortGoneError as error:
            _end(command.sent, error)
            raise
        except (BusError, DeviceError) as error:
            self._count(error)
            _end(command.sent, error)
        else:
            if not command.sent.done():
                command.sent.set_result(payload)

    async def _poll(self, port: SerialPort, job: Job) -> None:
        started = time.monotonic()
        try:
            payload = await self._transact(port, job.make(), job.pause_s)
            job.deliver(payload, self._wall_clock())
        except PortGoneError:
            raise
        except DeviceError as error:
            self._count(error)
            self.schedule.succeeded(job, time.monotonic())
        except BusError as error:
            self._count(error)
            now = time.monotonic()
            self.schedule.failed(job, now, now - started)
        else:
            self.schedule.succeeded(job, time.monotonic())

    async def _transact(self, port: SerialPort, request: Request, pause_s: float) -> bytes:
        """Send one request and return the register bytes of its answer."""
        await self._wait_until(self._may_send_at)
        # What arrived since the last answer belongs to no request.
        self.statistics.lost_bytes += port.discard()
        line = self.line
        request_s = len(request.frame) * line.character_s
        started = time.monotonic()
        port.write(request.frame)
        self.statistics.requests += 1
        if request.is_broadcast:
            self._may_send_at = started + request_s + line.gap_s + max(pause_s, BROADCAST_PAUSE_S)
            return b""
        answer_s = request.answer_length * line.character_s
        window = Window(request_s + line.gap_s, line.max_turnaround_s, answer_s)
        transaction = Transaction(request, window, started)
        try:
            payload = await self._collect(port, transaction)
        except BusError as error:
            if not isinstance(error, PortGoneError):
                await self._fall_silent(port, transaction.quiet_until)
            raise
        finally:
            self._may_send_at = time.monotonic() + line.gap_s
        return payload

    async def _collect(self, port: SerialPort, transaction: Transaction) -> bytes:
        while True:
            now = time.monotonic()
            data = await port.read(max(transaction.next_poll_at(now) - now, 0.0))
            now = time.monotonic()
            if not data:
                transaction.poll(now)
            elif (payload := transaction.receive(data, now)) is not None:
                return payload

    async def _fall_silent(self, port: SerialPort, until: float) -> None:
        """Swallow what still comes, at least until `until`, but not for ever."""
        give_up_at = time.monotonic() + self.line.max_turnaround_s + 1.0
        while time.monotonic() < give_up_at:
            data = await port.read(PAUSE_INSIDE_ANSWER_S)
            self.statistics.lost_bytes += len(data)
            if not data and time.monotonic() >= until:
                return

    async def _wait_until(self, moment: float) -> None:
        remaining_s = moment - time.monotonic()
        if remaining_s > 0:
            await asyncio.sleep(remaining_s)

    def _count(self, error: BusError | DeviceError) -> None:
        if isinstance(error, TimeoutError):
            self.statistics.timeouts += 1
        elif isinstance(error, BusError):
            self.statistics.frame_errors += 1
        else:
            self.statistics.refusals += 1
        _log.debug("line %s: %s", self.line.id, error)

    def _tell(self, message: str) -> None:
        if message and message != self.message:
            _log.warning("line %s: %s", self.line.id, message)
        elif not message and self.message:
            _log.info("line %s: port %s is open", self.line.id, self.line.port)
        self.message = message

    def _fail_commands(self, error: PortGoneError) -> None:
        for command in self._commands.values():
            _end(command.sent, error)
        self._commands.clear()


def _end(sent: asyncio.Future[bytes], error: Exception) -> None:
    if not sent.done():
        sent.set_exception(error)
        # Nobody has to look at a command's end: a lease renews itself.
        sent.exception()
