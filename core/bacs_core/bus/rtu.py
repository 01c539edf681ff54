"""Asks over an open port, frame by frame: keeps the silences, sends, and collects the answer."""

from __future__ import annotations

import time
from typing import Final

from bacs_core.bus.frames import RTU_OVERHEAD, Request, rtu_frame
from bacs_core.bus.owner import Statistics
from bacs_core.bus.port import Port
from bacs_core.bus.timing import MARGIN_S
from bacs_core.bus.transaction import (
    FIFO_BYTES,
    PAUSE_INSIDE_ANSWER_S,
    Transaction,
    Window,
    is_answered_in,
)
from bacs_core.bus.waiting import Waiter
from bacs_core.errors import BusError, BusTimeoutError, DeviceError, PortGoneError
from bacs_core.settings import Line

#: Time a device may need to carry out a broadcast before it can hear the next frame.
BROADCAST_PAUSE_S: Final = 0.005
#: On a line that is never silent something has to be tried in the end.
LONGEST_WAIT_FOR_SILENCE_S: Final = 1.0


class RtuLink:
    """One port, and when the next frame may go out over it.

    Of the last transaction, `wire_s` is what the wire itself needed (request, answer, silences) and
    `quiet_until` the moment until which its answer may still come. `late_units` are those whose
    answers came after their time.
    """

    def __init__(
        self, line: Line, port: Port, statistics: Statistics, pause_s: float = PAUSE_INSIDE_ANSWER_S
    ) -> None:
        """Take over an open port; `pause_s` is how long it may hold bytes back."""
        self.wire_s = 0.0
        self.quiet_until = 0.0
        self.late_units: set[int] = set()
        self._statistics = statistics
        self._pause_s = pause_s
        self._waiter = Waiter()
        self._unanswered: dict[int, Request] = {}
        self._quiet_until: dict[int, float] = {}
        self._port: Port | None = None
        self.take(line, port)

    @property
    def may_keep_answers(self) -> bool:
        """Whether an answer that came too late may wait in the port."""
        return self._port is not None and self._port.reopens_after_timeout

    def take(self, line: Line, port: Port) -> None:
        """Go on over another port, or at another speed."""
        self.line = line
        self._port = port
        self._gap_s = line.gap_s + MARGIN_S
        self._may_send_at = time.monotonic() + self._gap_s

    def release(self) -> None:
        """Give the port back; until `take` there is none."""
        if self._port is not None:
            self._port.close()
        self._port = None

    async def ask(self, request: Request, max_turnaround_s: float, pause_s: float = 0.0) -> bytes:
        """Send one request and return the data of its answer (none for a broadcast).

        Raises `BusError` or `DeviceError`. `pause_s` is kept free after a broadcast. A unit whose
        answer may still come is asked only once it cannot any more.
        """
        line = self.line
        frame = rtu_frame(request)
        request_s = len(frame) * line.character_s
        await self._wait_for_silence(self._quiet_until.get(request.unit, 0.0))
        port = self._present_port()
        handed_over_at = time.monotonic()
        port.write(frame)
        sent_at = time.monotonic()
        self._statistics.requests += 1
        self.wire_s = request_s + line.gap_s
        if request.is_broadcast:
            pause_s = max(pause_s, BROADCAST_PAUSE_S)
            self.wire_s += pause_s
            self._may_send_at = sent_at + request_s + self._gap_s + pause_s
            return b""
        answer_s = (request.answer_length + RTU_OVERHEAD) * line.character_s
        window = Window(request_s, line.gap_s + max_turnaround_s, answer_s, self._pause_s)
        paced_since = handed_over_at if port.keeps_pace else None
        transaction = Transaction(request, window, sent_at, paced_since)
        # Also holds where whoever asked is cancelled half-way.
        self._may_send_at = self.quiet_until = transaction.deadline
        try:
            payload = await self._collect(transaction)
        except PortGoneError:
            raise
        except (BusError, DeviceError) as error:
            self._may_send_at = time.monotonic() + self._gap_s
            self.quiet_until = transaction.quiet_until
            if isinstance(error, BusError):
                self._quiet_until[request.unit] = self.quiet_until
            self._note_late(transaction.received)
            if isinstance(error, BusTimeoutError):
                self._unanswered[request.unit] = request
            raise
        self.wire_s += answer_s + line.gap_s
        if self._unanswered or self.late_units:
            self._unanswered.pop(request.unit, None)
            self.late_units.discard(request.unit)
        return payload

    async def listen(self) -> None:
        """Swallow what came although nothing was asked; raises `PortGoneError`."""
        await self._swallow()

    async def fall_silent(self, until: float) -> None:
        """Swallow what still comes, at least until `until` and until the line is silent."""
        give_up_at = until + LONGEST_WAIT_FOR_SILENCE_S
        while (now := time.monotonic()) < give_up_at:
            data = await self._present_port().read(max(until - now, self._pause_s))
            self._statistics.lost_bytes += len(data)
            if not data and time.monotonic() >= until:
                break
        self._may_send_at = time.monotonic() + self._gap_s

    def close(self) -> None:
        """Give the port and the timer back."""
        self._waiter.close()
        self.release()

    async def _wait_for_silence(self, quiet_until: float) -> None:
        may_send_at = max(self._may_send_at, quiet_until)
        await self._waiter.until(may_send_at)
        give_up_at = may_send_at + LONGEST_WAIT_FOR_SILENCE_S
        while await self._swallow() and time.monotonic() < give_up_at:
            # Somebody talks. A UART may hold back what it has until its FIFO is full.
            silent_s = self._gap_s + FIFO_BYTES * self.line.character_s
            await self._waiter.until(time.monotonic() + silent_s)

    async def _swallow(self) -> int:
        """Throw away what belongs to no request, and say how many bytes that were."""
        port = self._present_port()
        count = 0
        if self._unanswered:
            data = await port.read(0.0)
            count = len(data)
            self._note_late(data)
        count += port.discard()
        self._statistics.lost_bytes += count
        return count

    async def _collect(self, transaction: Transaction) -> bytes:
        port = self._present_port()
        while True:
            data = b""
            if (look_at := transaction.next_look_at()) > time.monotonic():
                await self._waiter.until(look_at)
                data = await port.read(0.0)
            if not data:
                now = time.monotonic()
                data = await port.read(max(transaction.next_poll_at(now) - now, 0.0))
            now = port.heard_at if data else time.monotonic()
            payload = transaction.receive(data, now) if data else transaction.poll(now)
            if payload is not None:
                self._may_send_at = now + self._gap_s
                return payload

    def _present_port(self) -> Port:
        if self._port is None:
            raise PortGoneError(f"port {self.line.port} could not be opened again")
        return self._port

    def _note_late(self, data: bytes) -> None:
        for unit, request in list(self._unanswered.items()):
            if is_answered_in(request, data):
                self.late_units.add(unit)
                del self._unanswered[unit]
