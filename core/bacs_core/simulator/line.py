"""The timing of a virtual RS485 line: when a request was complete, when its answer goes out.

Free of I/O and of the clock: bytes and times are passed in, `transmit` hands out the bytes that are
due. A pseudo-terminal delivers at once what a real line would carry for milliseconds, so that the
wire time of each request is waited for here, as is the pace of the answer.

Whoever serves the line may be held up by a busy machine, as no wire ever is. A master is therefore
blamed for a short silence only where it surely was one: what was noticed late counts as begun when
it can have begun at the earliest, and what was handed over late counts only against who has surely
written after it.

Requests are cut by their expected length. What has no known length ends with silence; a frame with
a bad CRC is dropped without a word, as a slave does it. A request during which a device was sending
reaches nobody.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bacs_core.settings import Line
from bacs_core.simulator import modbus
from bacs_core.simulator.answering import Roster, answer_of, hear_all
from bacs_core.simulator.counters import LineCounters
from bacs_core.simulator.faults import Exchange, FaultBook, FaultKind, Hit, spoil
from bacs_core.simulator.served import NEVER, Unit
from bacs_core.simulator.wire import Received, Sending, Wire

SILENCE_CHARACTERS: Final = 3.5
#: A master that is interrupted while writing is given this long to go on.
GARBAGE_SILENCE_S: Final = 0.02
#: Two devices at one address are never equally fast; they start at most this far apart.
SHIFT_CHARACTERS: Final = 3.0
#: Clocks are read more finely than they count.
ROUNDING_S: Final = 1e-9
CRC_BYTES: Final = 2
#: What a twin sends answers no request of the master's.
NO_REQUEST: Final = 0


@dataclass(frozen=True, slots=True)
class _Shape:
    """All that an RTU answer repeats of its request."""

    unit: int
    function: int
    size: int


@dataclass(frozen=True, slots=True)
class _Answer:
    """An unspoilt frame on the wire, and the number of the request that called for it.

    `doubt_s` is how late that request may have been noticed.
    """

    request: int
    shape: _Shape
    doubt_s: float


@dataclass(frozen=True, slots=True, order=True)
class _Arrival:
    """A frame of the master, from its first to its last bit on the wire.

    It may have begun earlier by up to `doubt_s`.
    """

    ended_s: float
    number: int
    started_s: float = field(compare=False)
    doubt_s: float = field(compare=False)
    frame: bytes = field(compare=False)
    request: modbus.Request | None = field(compare=False)


class VirtualLine:
    """One line with its units."""

    def __init__(
        self,
        line: Line,
        units: Sequence[Unit],
        *,
        turnaround_s: float,
        random: np.random.Generator,
    ) -> None:
        """Set the line up; all later times must come from one monotonic clock."""
        self.line = line
        self.roster = Roster(units)
        self.faults = FaultBook()
        self.counters = LineCounters()
        self.absent_until_s = -NEVER
        """Until when the port is gone."""
        self._turnaround_s = turnaround_s
        self._random = random
        self._wire = Wire(line)
        self._received = bytearray()
        self._first_byte_s = 0.0
        self._doubt_s = 0.0
        self._quiet_since_s = -NEVER
        self._surely_quiet_since_s = -NEVER
        self._held_up_s = -NEVER
        self._arrivals: list[_Arrival] = []
        self._newest_request = 0
        self._asked: _Shape | None = None

    @property
    def next_due_s(self) -> float:
        """When `transmit` has something to do next."""
        return min(
            self._wire.next_due_s,
            self._arrivals[0].ended_s if self._arrivals else NEVER,
            self._silence_ends_s if self._received else NEVER,
            self.faults.next_s,
        )

    def vanish(self, until_s: float) -> None:
        """Take the port away; what is on its way is lost."""
        self.absent_until_s = until_s
        self._received.clear()
        self._arrivals.clear()
        self._wire.fall_silent()

    def receive(self, data: bytes, now: float, nothing_at_s: float | None = None) -> None:
        """Take what a master wrote, which was noticed at `now`.

        `nothing_at_s` is a moment at which it surely had not begun to arrive; without it, it began
        at `now`.
        """
        if now < self.absent_until_s:
            return
        not_before_s = now if nothing_at_s is None else nothing_at_s
        if not self._received:
            self._begin(not_before_s, now)
        self._received += data
        while (size := modbus.expected_size(bytes(self._received))) is not None:
            if len(self._received) < size:
                break
            self._complete(size)
            if self._received:
                self._begin(not_before_s, now)

    def transmit(self, now: float) -> bytes:
        """Answer all requests that are complete by `now`; return the bytes that are due."""
        if self._received and now >= self._silence_ends_s:
            self._complete(len(self._received))
        while self._arrivals and self._arrivals[0].ended_s <= now:
            self._handle(heapq.heappop(self._arrivals))
        if self.faults.faults:
            for hit in self.faults.take_own(now, self._random):
                self._happen(hit, now)
        overdue_s = now - self._wire.next_due_s
        is_held_up = self._is_held_up(now)
        received = self._wire.receive(now)
        if received.data:
            # Whoever reads late hears the end of the last byte later than the wire had it.
            self._quiet_since_s = max(self._quiet_since_s, now)
            self._surely_quiet_since_s = max(self._surely_quiet_since_s, now)
            if is_held_up:
                self._held_up_s = now
        self._account(received, overdue_s)
        return received.data

    @property
    def _silence_ends_s(self) -> float:
        on_wire_s = len(self._received) * self.line.character_s
        return self._first_byte_s + on_wire_s + GARBAGE_SILENCE_S

    def _begin(self, not_before_s: float, now: float) -> None:
        """Take the first byte of a frame, which came between two moments."""
        quiet_since_s = self._surely_quiet_since_s
        if not self._is_held_up(now):
            quiet_since_s = max(quiet_since_s, self._wire.last_end_s(now))
        surely_quiet_s = now - quiet_since_s
        if surely_quiet_s < self.line.gap_s - ROUNDING_S and not_before_s >= self._held_up_s:
            self.counters.silence_violations += 1
        # It is counted where its silence surely was too short. Elsewhere it may have been kept.
        not_before_s = max(not_before_s, self._surely_quiet_since_s + self.line.gap_s)
        self._doubt_s = max(now - not_before_s, 0.0)
        self._first_byte_s = max(now, self._quiet_since_s)

    def _is_held_up(self, now: float) -> bool:
        """Tell whether what is due may be late by more than a silence: whoever waits may go on."""
        return now - self._wire.next_due_s + self._doubt_s > self.line.gap_s

    def _complete(self, size: int) -> None:
        frame = bytes(self._received[:size])
        del self._received[:size]
        started_s = self._first_byte_s
        ended_s = started_s + size * self.line.character_s
        self._first_byte_s = ended_s
        self._quiet_since_s = max(self._quiet_since_s, ended_s)
        self._surely_quiet_since_s = max(self._surely_quiet_since_s, ended_s - self._doubt_s)
        self._newest_request += 1
        request = modbus.parse(frame)
        if request is not None:
            size = modbus.answer_size(request)
            self._asked = _Shape(request.unit, request.function, size)
        arrival = _Arrival(ended_s, self._newest_request, started_s, self._doubt_s, frame, request)
        heapq.heappush(self._arrivals, arrival)

    def _handle(self, arrival: _Arrival) -> None:
        request = arrival.request
        self.roster.sense(arrival.ended_s)
        if request is None or self._wire.is_busy(arrival.started_s, arrival.ended_s):
            self.counters.bad_frames += 1
            self._received.clear()
        elif request.unit == modbus.BROADCAST_UNIT:
            self.counters.broadcasts += 1
            hits = hear_all(self.roster.units, request, self.faults, arrival.ended_s, self._random)
            self.roster.look_again()
            self.counters.faults.update(hit.kind for hit in hits)
        else:
            self._ask(arrival, request)

    def _ask(self, arrival: _Arrival, request: modbus.Request) -> None:
        now = arrival.ended_s
        asked = self.roster.at(request.unit)
        if asked:
            self.counters.requests[request.unit] += 1
        starts_s = now + SILENCE_CHARACTERS * self.line.character_s + self._turnaround_s
        for unit in asked:
            shift_s = 0.0
            if len(asked) > 1:
                shift = float(self._random.uniform(0, SHIFT_CHARACTERS))
                shift_s = shift * self.line.character_s
            hits = self.faults.take((request.unit,), now, self._random, broadcast=False)
            self.counters.faults.update(hit.kind for hit in hits)
            body = answer_of(unit, request, hits, now)
            self._answer(arrival, body, hits, starts_s + shift_s)
        if request.is_write:
            self.roster.look_again()

    def _answer(self, arrival: _Arrival, body: bytes, hits: list[Hit], starts_s: float) -> None:
        exchange = Exchange(arrival.frame, modbus.with_crc, self.line.character_s, self._random)
        spoilt = spoil(hits, body, exchange)
        shape = _Shape(spoilt.whole[0], spoilt.whole[1], len(spoilt.whole) - CRC_BYTES)
        for part in spoilt.parts:
            whole = part.data == spoilt.whole
            if part.spoilt and not whole and modbus.crc_fits(part.data):
                self.counters.crc_passed += 1
            tag = None
            if whole or not part.spoilt:
                number = arrival.number if whole else NO_REQUEST
                tag = _Answer(number, shape, arrival.doubt_s)
            self._wire.send(Sending(starts_s + part.after_s, part.data, tag))
            self.counters.last_answer[body[0]] = part.data
            self.counters.answers[body[0]] += 1

    def _happen(self, hit: Hit, now: float) -> None:
        """Let the line do something by itself."""
        self.counters.faults[hit.kind] += 1
        if hit.kind is FaultKind.PORT_LOSS:
            self.vanish(now + hit.delay_s)
        else:
            self._wire.send(Sending(now, self._random.bytes(hit.size)))

    def _account(self, received: Received, overdue_s: float) -> None:
        for sending in received.whole:
            answer = sending.tag
            if (
                isinstance(answer, _Answer)
                and answer.request != self._newest_request
                and answer.shape == self._asked
            ):
                self.counters.mistakable += 1
                self.counters.held_up += overdue_s + answer.doubt_s > self.line.gap_s
        self.counters.collisions += len(received.collided)
        self.counters.crc_passed += sum(modbus.crc_fits(data) for data in received.collided)
