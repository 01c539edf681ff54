"""One request over a serial line and its answer, free of I/O and of the clock.

The owner of a line feeds bytes and times; the transaction says when it is over. An answer is only
accepted when it is exactly as long as the request calls for, fits it in every field, has a good CRC
and comes inside the window, which closes only after the device's longest turnaround: nothing of an
earlier request can come any more when the next one opens.

What comes beside the answer is told apart like this:

* The own request, complete: an adapter that hears itself. It is cut off.
* Up to two bytes before or after the answer: what a driver gives when it switches direction. No
  frame is so short, so nothing can hide in them.
* Anything else before the answer, such as the late answer of another unit: waited out, since the
  true answer may follow; it counts where it is the only fitting frame and nothing comes after it.
* The own answer, but short or corrupt: an error as soon as the line is silent again.
* A fitting frame that is complete sooner than the wire can carry request and answer: one that was
  held back somewhere. Nothing is believed then, and the window is waited out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bacs_core.bus import frames
from bacs_core.bus.frames import EXCEPTION_BIT, EXCEPTION_LENGTH, RTU_OVERHEAD, Request
from bacs_core.errors import BusTimeoutError, DeviceError, FrameError

#: A serial driver may hand over a frame in pieces: FTDI chips collect for up to 16 ms, and a busy
#: system adds to it. Shorter pauses inside an answer are no end of it.
PAUSE_INSIDE_ANSWER_S: Final = 0.05
#: The shortest frame has four bytes; what is shorter by so much can be no part of one that counts.
GLITCH_BYTES: Final = 2
#: Bytes that a UART may hold back until its FIFO is full.
FIFO_BYTES: Final = 16
#: Four frames of full length. More is chatter, and need not be kept.
MOST_BYTES: Final = 1024
#: A device may leave out a stop bit (1 of 11) and be some percent fast: no answer is faster.
FASTEST_PACE: Final = 0.85


@dataclass(frozen=True, slots=True)
class Window:
    """The time a request may take, counted from its first byte on the wire.

    `pause_s` is how long whatever lies between the wire and us may hold bytes back.
    """

    request_s: float
    max_turnaround_s: float
    answer_s: float
    pause_s: float = PAUSE_INSIDE_ANSWER_S

    @property
    def total_s(self) -> float:
        """When a device that obeys its turnaround must have answered completely."""
        return self.request_s + self.max_turnaround_s + self.answer_s + self.pause_s


class Transaction:
    """Collects the answer to one request.

    `receive` and `poll` return `None` while open, the register bytes when the answer is complete,
    and raise `BusError` or `DeviceError` when it can no longer come. Before `quiet_until` the true
    answer may still be on its way: until then the same unit must not be asked.
    """

    def __init__(
        self,
        request: Request,
        window: Window,
        started_at: float,
        paced_since: float | None = None,
    ) -> None:
        """Open the window at `started_at` (seconds, any monotonic clock).

        Where the wire is known to keep its speed, `paced_since` is a time before the first byte.
        """
        self.request = request
        self.deadline = started_at + window.total_s
        self.quiet_until = self.deadline
        self._frame = frames.rtu_frame(request)
        self._length = request.answer_length + RTU_OVERHEAD
        self._pause_s = window.pause_s
        self._character_s = window.answer_s / self._length
        # A UART hands over its first bytes when its FIFO is full, or the answer over.
        first_s = min(window.answer_s, FIFO_BYTES * self._character_s)
        self._begin_by = self.deadline - window.answer_s + first_s
        self._look_at = started_at
        if self._length > FIFO_BYTES:
            complete_at = started_at + window.request_s + window.answer_s
            self._look_at = min(complete_at, self._begin_by)
        self._request_s = window.request_s
        self._paced_since = paced_since
        self._came_early = False
        self._received = b""
        self._last_byte_at: float | None = None

    def receive(self, data: bytes, now: float) -> bytes | None:
        """Take bytes from the line."""
        is_late = self._last_byte_at is None and now >= self.deadline
        self._received += data
        self._last_byte_at = now
        missing = self._length - len(self._received)
        self._look_at = now + (missing - FIFO_BYTES) * self._character_s
        if is_late:
            raise FrameError(self._describe("answer too late"), self._received)
        if self._frame.startswith(self._received):
            self._check_end(now)
            return None
        received = self._without_echo()
        self._note_early(received, now)
        for skipped in range(0 if self._came_early else GLITCH_BYTES + 1):
            pdu = _fitting(self.request, received, skipped)
            if pdu is not None and skipped + len(pdu) + RTU_OVERHEAD == len(received):
                return self._end_with(pdu)
            if self._is_own(received):
                break
        self._check_end(now)
        return None

    def poll(self, now: float) -> bytes | None:
        """Judge what came once the line is silent; fail where nothing more can come."""
        last = self._last_byte_at
        if last is None:
            if now < self._begin_by:
                return None
            raise BusTimeoutError(self._describe("no answer"))
        if now >= last + self._pause_s:
            return self._judge(is_over=now >= self.deadline)
        self._check_end(now)
        return None

    def next_poll_at(self, now: float) -> float:
        """Tell when `poll` has to be asked again if nothing arrives."""
        last = self._last_byte_at
        if last is None:
            return max(self._begin_by, now)
        silent_at = last + self._pause_s
        return silent_at if now < silent_at else max(self.deadline, now)

    def next_look_at(self) -> float:
        """Tell until when whatever comes may lie and wait, since more of the answer follows."""
        return self._look_at

    @property
    def received(self) -> bytes:
        """All bytes so far."""
        return self._received

    def _check_end(self, now: float) -> None:
        """End what would stay open although the line chatters on and on."""
        if now >= self.deadline + self._pause_s or len(self._received) > MOST_BYTES:
            raise FrameError(self._describe("the line never falls silent"), self._received)

    def _note_early(self, received: bytes, now: float) -> None:
        """Look for a fitting frame that no device can have sent since the request."""
        if self._paced_since is None:
            return
        passed_s = (now - self._paced_since) / FASTEST_PACE
        if passed_s >= self._request_s + self._length * self._character_s:
            return
        for place in range(len(received)):
            pdu = _fitting(self.request, received, place)
            if pdu is not None:
                needed_s = self._request_s + (len(pdu) + RTU_OVERHEAD) * self._character_s
                self._came_early |= passed_s < needed_s

    def _judge(self, *, is_over: bool) -> bytes | None:
        """Say what the bytes were, now that the line is silent."""
        if self._came_early:
            if is_over:
                raise FrameError(self._describe("answer before it can be"), self._received)
            return None
        received = self._without_echo()
        fitting = [
            (place, pdu)
            for place in range(len(received))
            if (pdu := _fitting(self.request, received, place)) is not None
        ]
        if len(fitting) == 1:
            ((before, pdu),) = fitting
            after = len(received) - before - len(pdu) - RTU_OVERHEAD
            if not after or max(before, after) <= GLITCH_BYTES:
                return self._end_with(pdu)
        if fitting:
            raise FrameError(self._describe("more than the answer"), self._received)
        if not received and is_over:
            raise BusTimeoutError(self._describe("no answer but the own echo"), self._received)
        reason, is_whole = self._flaw(received)
        if self._is_own(received):
            if not is_whole and self._shows_the_answer(received):
                # No other one follows.
                self.quiet_until = self._last_byte_at or 0.0
            raise FrameError(self._describe(reason), self._received)
        if is_over or (len(received) == self._length and not is_whole):
            raise FrameError(self._describe(reason), self._received)
        return None

    def _end_with(self, pdu: bytes) -> bytes:
        if frames.is_exception(self.request, pdu):
            raise DeviceError(self.request.unit, self.request.function, pdu[1])
        return frames.payload(self.request, pdu)

    def _without_echo(self) -> bytes:
        """Cut off the own request, unless a longer answer happens to begin like it."""
        received = self._received
        if not received.startswith(self._frame):
            return received
        is_answer = len(received) == self._length > len(self._frame)
        if is_answer and _fitting(self.request, received, 0) is not None:
            return received
        return received[len(self._frame) :]

    def _is_own(self, data: bytes) -> bool:
        """Tell whether it begins as the answer would."""
        return data[:1] == self._frame[:1] and (
            len(data) == 1 or data[1] & ~EXCEPTION_BIT == self.request.function
        )

    def _shows_the_answer(self, data: bytes) -> bool:
        """Tell whether its own beginning is no glitch, no echo and no answer of another length."""
        if len(data) <= GLITCH_BYTES or data[2] == self._frame[2]:
            return False
        is_exception = data[1] != self.request.function
        return is_exception or data[2] == self.request.answer_length - 2

    def _flaw(self, data: bytes) -> tuple[str, bool]:
        """Say what is wrong with bytes that hold no fitting frame, and whether they are one."""
        if frames.crc_fits(data):
            if data[0] != self.request.unit:
                return f"answer of unit {data[0]}", True
            return frames.misfit(self.request, data[1:-2]) or "another answer", True
        if len(data) < self._length:
            return "short answer", False
        return ("wrong CRC" if len(data) == self._length else "answer too long"), False

    def _describe(self, reason: str) -> str:
        return f"unit {self.request.unit}, function {self.request.function}: {reason}"


def is_answered_in(request: Request, data: bytes) -> bool:
    """Tell whether an answer to `request` is somewhere among the bytes."""
    return any(_fitting(request, data, place) is not None for place in range(len(data)))


def _fitting(request: Request, data: bytes, place: int) -> bytes | None:
    """Return the PDU of the fitting frame that begins at `place`, an exception too."""
    if place + 1 >= len(data) or data[place] != request.unit:
        return None
    is_exception = data[place + 1] == request.function | EXCEPTION_BIT
    end = place + (EXCEPTION_LENGTH if is_exception else request.answer_length) + RTU_OVERHEAD
    frame = data[place:end]
    if place + len(frame) != end or not frames.crc_fits(frame):
        return None
    pdu = frame[1:-2]
    return pdu if is_exception or frames.misfit(request, pdu) is None else None
