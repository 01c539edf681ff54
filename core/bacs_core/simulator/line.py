"""The timing of a virtual RS485 line: when a request was complete, when its answer goes out.

Free of I/O and of the clock: bytes and times are passed in, `transmit` hands out the bytes that are
due. A pseudo-terminal delivers at once what a real line would carry for milliseconds, so that the
wire time of each request is waited for here, as is the pace of the answer.

Requests are cut by their expected length. What has no known length ends with silence; a frame with
a bad CRC is dropped without a word, as a slave does it.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Final

import numpy as np

from bacs_core.settings import Line
from bacs_core.simulator import modbus
from bacs_core.simulator.faults import FaultBook, FaultKind, spoil
from bacs_core.simulator.served import (
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    NEVER,
    RequestRefusedError,
    Unit,
)

SILENCE_CHARACTERS: Final = 3.5
#: A UART hands over what it received in portions of its FIFO.
CHUNK_BYTES: Final = 16
#: A master that is interrupted while writing is given this long to go on.
GARBAGE_SILENCE_S: Final = 0.02


@dataclass(slots=True)
class LineCounters:
    """What happened on a line since the start."""

    requests: Counter[int] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    broadcasts: int = 0
    bad_frames: int = 0
    silence_violations: int = 0
    last_answer: dict[int, bytes] = field(default_factory=dict)


class VirtualLine:
    """One line with its units."""

    def __init__(
        self,
        line: Line,
        units: Mapping[int, Unit],
        *,
        turnaround_s: float,
        random: np.random.Generator,
    ) -> None:
        """Set the line up; all later times must come from one monotonic clock."""
        self.line = line
        self.units = units
        self.faults = FaultBook()
        self.counters = LineCounters()
        self._turnaround_s = turnaround_s
        self._random = random
        self._received = bytearray()
        self._first_byte_s = 0.0
        self._busy_until_s = -NEVER
        self._order = count()
        self._arrivals: list[tuple[float, int, bytes]] = []
        self._outgoing: list[tuple[float, int, bytes]] = []

    @property
    def next_due_s(self) -> float:
        """When `transmit` has something to do next."""
        queues = [queue[0][0] for queue in (self._arrivals, self._outgoing) if queue]
        if self._received:
            queues.append(self._silence_ends_s)
        return min(queues, default=NEVER)

    def receive(self, data: bytes, now: float) -> None:
        """Take what a master wrote, which began to arrive at `now`."""
        if not self._received:
            self._first_byte_s = max(now, self._busy_until_s)
            silence_s = now - self._busy_until_s
            if silence_s < SILENCE_CHARACTERS * self.line.character_s:
                self.counters.silence_violations += 1
        self._received += data
        while (size := modbus.expected_size(bytes(self._received))) is not None:
            if len(self._received) < size:
                break
            self._complete(size)

    def transmit(self, now: float) -> bytes:
        """Answer all requests that are complete by `now`; return the bytes that are due."""
        if self._received and now >= self._silence_ends_s:
            self._complete(len(self._received))
        while self._arrivals and self._arrivals[0][0] <= now:
            ended_s, _, frame = heapq.heappop(self._arrivals)
            self._handle(frame, ended_s)
        due = b""
        while self._outgoing and self._outgoing[0][0] <= now:
            due += heapq.heappop(self._outgoing)[2]
            self._busy_until_s = max(self._busy_until_s, now)
        return due

    @property
    def _silence_ends_s(self) -> float:
        on_wire_s = len(self._received) * self.line.character_s
        return self._first_byte_s + on_wire_s + GARBAGE_SILENCE_S

    def _complete(self, size: int) -> None:
        frame = bytes(self._received[:size])
        del self._received[:size]
        ended_s = self._first_byte_s + size * self.line.character_s
        self._first_byte_s = ended_s
        self._busy_until_s = max(self._busy_until_s, ended_s)
        heapq.heappush(self._arrivals, (ended_s, next(self._order), frame))

    def _handle(self, frame: bytes, now: float) -> None:
        request = modbus.parse(frame)
        if request is None:
            self.counters.bad_frames += 1
            self._received.clear()
        elif request.unit == modbus.BROADCAST_UNIT:
            self._broadcast(request, now)
        elif request.unit in self.units:
            self._answer(request, frame, now)

    def _broadcast(self, request: modbus.Request, now: float) -> None:
        self.counters.broadcasts += 1
        if request.function != modbus.WRITE or request.registers is None:
            return
        for number, unit in self.units.items():
            hit = self.faults.take(number, now, broadcast=True)
            if not any(fault.kind is FaultKind.DEAF for fault in hit):
                unit.hear(request.address, request.registers, now)

    def _answer(self, request: modbus.Request, frame: bytes, now: float) -> None:
        self.counters.requests[request.unit] += 1
        answer = self._sound_answer(request, now)
        hit = self.faults.take(request.unit, now, broadcast=False)
        starts_s = now + SILENCE_CHARACTERS * self.line.character_s + self._turnaround_s
        for delay_s, part in spoil(hit, frame, answer, self._random):
            starts_s = self._send(part, starts_s + delay_s)
            self.counters.last_answer[request.unit] = part
            self.counters.answers[request.unit] += 1

    def _sound_answer(self, request: modbus.Request, now: float) -> bytes:
        try:
            return modbus.read_answer(request.unit, self._read(request, now))
        except RequestRefusedError as refused:
            return modbus.exception_answer(request.unit, request.function, refused.code)

    def _read(self, request: modbus.Request, now: float) -> bytes:
        if not request.served:
            raise RequestRefusedError(ILLEGAL_FUNCTION)
        if request.registers is None:
            raise RequestRefusedError(ILLEGAL_VALUE)
        if request.function != modbus.READ:
            # No device of our map has a register that is written to a single unit.
            raise RequestRefusedError(ILLEGAL_ADDRESS)
        return self.units[request.unit].read(request.address, request.count, now)

    def _send(self, part: bytes, starts_s: float) -> float:
        """Queue bytes in chunks at absolute times and return when the last one is out."""
        ends_s = starts_s
        for first in range(0, len(part), CHUNK_BYTES):
            chunk = part[first : first + CHUNK_BYTES]
            ends_s = starts_s + (first + len(chunk)) * self.line.character_s
            heapq.heappush(self._outgoing, (ends_s, next(self._order), chunk))
        return ends_s
