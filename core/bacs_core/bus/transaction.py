"""One request and its answer, free of I/O and of the clock.

The owner of a line feeds bytes and times; the transaction says when it is over. An answer is only
accepted when it is exactly as long as the request calls for and fits it in every field. A late
answer of an earlier request is kept out twice: the window of a request closes only after the
device's longest turnaround, and a line that failed stays silent until it is quiet again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bacs_core.bus import frames
from bacs_core.bus.frames import Request
from bacs_core.errors import BusTimeoutError, DeviceError, FrameError

#: A serial driver may hand over a frame in pieces: FTDI chips collect for up to 16 ms, and a busy
#: system adds to it. Shorter pauses inside an answer are no end of it.
PAUSE_INSIDE_ANSWER_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Window:
    """The time a request may take, counted from its first byte on the wire."""

    request_s: float
    max_turnaround_s: float
    answer_s: float

    @property
    def total_s(self) -> float:
        """When a device that obeys its turnaround must have answered completely."""
        return self.request_s + self.max_turnaround_s + self.answer_s + PAUSE_INSIDE_ANSWER_S


class Transaction:
    """Collects the answer to one request.

    `receive` and `poll` return `None` while open, the register bytes when the answer is complete,
    and raise `BusError` or `DeviceError` when it can no longer come. After an error the line has to
    stay silent until `quiet_until`: the true answer may still be on its way behind a foreign one.
    """

    def __init__(self, request: Request, window: Window, started_at: float) -> None:
        """Open the window at `started_at` (seconds, any monotonic clock)."""
        self.request = request
        self.deadline = started_at + window.total_s
        self.quiet_until = started_at
        self._buffer = bytearray()
        self._last_byte_at: float | None = None

    def receive(self, data: bytes, now: float) -> bytes | None:
        """Take bytes from the line."""
        self._buffer += data
        if self._last_byte_at is None and now >= self.deadline:
            raise FrameError(self._describe("answer too late"), bytes(self._buffer))
        self._last_byte_at = now
        return self._answer()

    def poll(self, now: float) -> None:
        """Fail where the answer is overdue or stopped half-way."""
        last = self._last_byte_at
        if last is not None and now >= last + PAUSE_INSIDE_ANSWER_S:
            raise FrameError(self._describe("short answer"), bytes(self._buffer))
        if now >= self.deadline and last is None:
            raise BusTimeoutError(self._describe("no answer"))
        if now >= self.deadline + PAUSE_INSIDE_ANSWER_S:
            raise FrameError(self._describe("the line never falls silent"), bytes(self._buffer))

    def next_poll_at(self, now: float) -> float:
        """Tell when `poll` has to be asked again if nothing arrives."""
        if self._last_byte_at is None:
            return max(self.deadline, now)
        return self._last_byte_at + PAUSE_INSIDE_ANSWER_S

    def _answer(self) -> bytes | None:
        frame = bytes(self._buffer)
        if self.request.frame.startswith(frame):
            return None
        if frame[: len(self.request.frame)] == self.request.frame:
            # Some adapters hear themselves; a write's answer is shorter than its request.
            frame = frame[len(self.request.frame) :]
        if frames.is_exception(self.request, frame):
            raise DeviceError(self.request.unit, self.request.function, frame[2])
        if len(frame) < self.request.answer_length:
            return None
        reason = (
            "answer too long"
            if len(frame) > self.request.answer_length
            else frames.misfit(self.request, frame)
        )
        if reason is not None:
            if frame[:2] != self.request.frame[:2]:
                self.quiet_until = self.deadline
            raise FrameError(self._describe(reason), bytes(self._buffer))
        return frames.payload(self.request, frame)

    def _describe(self, reason: str) -> str:
        return f"unit {self.request.unit}, function {self.request.function}: {reason}"
