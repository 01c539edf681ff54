"""A Modbus TCP gateway with units behind it.

Free of I/O and of the clock. Every request is worked on at once, so that answers of different units
overtake each other; those of one unit keep their order. A unit that is not there is told by
exception 11, as are two at one address, which no gateway understands.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from functools import partial
from itertools import count
from typing import Final

import numpy as np

from bacs_core.settings import Line
from bacs_core.simulator import modbus
from bacs_core.simulator.answering import Roster, answer_of, hear_all
from bacs_core.simulator.counters import LineCounters
from bacs_core.simulator.faults import Exchange, FaultBook, FaultKind, Hit, Part, spoil
from bacs_core.simulator.served import NEVER, Unit

MAX_CLIENTS: Final = 8
#: How many times the usual turnaround the slowest answer takes.
SLOWEST: Final = 4.0


class Gateway:
    """One gateway with its units and clients."""

    max_clients = MAX_CLIENTS

    def __init__(
        self,
        line: Line,
        units: Sequence[Unit],
        *,
        turnaround_s: float,
        random: np.random.Generator,
    ) -> None:
        """Set the gateway up; all later times must come from one monotonic clock."""
        self.line = line
        self.roster = Roster(units)
        self.faults = FaultBook()
        self.counters = LineCounters()
        self.absent_until_s = -NEVER
        self._turnaround_s = turnaround_s
        self._random = random
        self._received: dict[int, bytearray] = {}
        self._busy_until_s: dict[int, float] = {}
        self._order = count()
        self._outgoing: list[tuple[float, int, int, bytes]] = []

    @property
    def virtual(self) -> Gateway:
        """Itself: there is no line that could be looked at alone."""
        return self

    @property
    def next_due_s(self) -> float:
        """When `transmit` has something to do next."""
        return min(self._outgoing[0][0] if self._outgoing else NEVER, self.faults.next_s)

    def vanish(self, until_s: float) -> None:
        """Take the gateway away; what is on its way is lost."""
        self.absent_until_s = until_s
        self._outgoing.clear()

    def join(self, client: int) -> None:
        """Take one more client."""
        self._received[client] = bytearray()

    def leave(self, client: int) -> None:
        """Forget a client."""
        del self._received[client]

    def receive(self, client: int, data: bytes, now: float) -> None:
        """Take what a client wrote; raises `ValueError` where that is no Modbus TCP."""
        received = self._received[client]
        received += data
        while (size := modbus.mbap_size(bytes(received))) is not None and len(received) >= size:
            frame = bytes(received[:size])
            del received[:size]
            self._handle(client, frame, now)

    def transmit(self, now: float) -> list[tuple[int, bytes]]:
        """Return what is due, and to whom."""
        for hit in self.faults.take_own(now, self._random):
            self._happen(hit, now)
        due = []
        while self._outgoing and self._outgoing[0][0] <= now:
            _, _, client, data = heapq.heappop(self._outgoing)
            if client in self._received:
                due.append((client, data))
        return due

    def _handle(self, client: int, frame: bytes, now: float) -> None:
        request = modbus.parse_body(frame[modbus.MBAP_BYTES :])
        self.roster.sense(now)
        if request is None:
            self.counters.bad_frames += 1
        elif request.unit == modbus.BROADCAST_UNIT:
            self.counters.broadcasts += 1
            hits = hear_all(self.roster.units, request, self.faults, now, self._random)
            self.roster.look_again()
            self.counters.faults.update(hit.kind for hit in hits)
        else:
            self._answer(client, request, frame, now)

    def _answer(self, client: int, request: modbus.Request, frame: bytes, now: float) -> None:
        asked = self.roster.at(request.unit)
        hits = []
        if len(asked) == 1:
            self.counters.requests[request.unit] += 1
            hits = self.faults.take((request.unit,), now, self._random, broadcast=False)
            self.counters.faults.update(hit.kind for hit in hits)
            body = answer_of(asked[0], request, hits, now)
        else:
            body = modbus.exception_answer(
                request.unit, request.function, modbus.GATEWAY_TARGET_FAILED
            )
        if request.is_write:
            self.roster.look_again()
        framing = partial(modbus.with_header, transaction=modbus.mbap_transaction(frame))
        exchange = Exchange(frame, framing, 0.0, self._random)
        thinking_s = self._turnaround_s * float(self._random.uniform(1, SLOWEST))
        starts_s = max(now + thinking_s, self._busy_until_s.get(request.unit, now))
        for part in spoil(hits, body, exchange).parts:
            self._send(client, request.unit, part, starts_s)

    def _send(self, client: int, unit: int, part: Part, starts_s: float) -> None:
        due_s = starts_s + part.after_s
        self._busy_until_s[unit] = due_s
        self.counters.answers[unit] += 1
        self.counters.last_answer[unit] = part.data
        heapq.heappush(self._outgoing, (due_s, next(self._order), client, part.data))

    def _happen(self, hit: Hit, now: float) -> None:
        self.counters.faults[hit.kind] += 1
        if hit.kind is FaultKind.PORT_LOSS:
            self.vanish(now + hit.delay_s)
            return
        for client in self._received:
            stray = self._random.bytes(hit.size)
            heapq.heappush(self._outgoing, (now, next(self._order), client, stray))
