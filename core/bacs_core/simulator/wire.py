"""The pair of wires of one line: who sends when, and what of it arrives.

Free of I/O and of the clock. What one device sends alone arrives as it was sent. Where two send at
once, the levels of the pair decide bit by bit, and the receiver sees whatever its UART makes of
them: start bits in the wrong place, bytes that nobody sent.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from bacs_core.settings import Line, Parity

#: A UART hands over what it received in portions of its FIFO.
CHUNK_BYTES: Final = 16
_DATA_BITS: Final = 8
_MARK: Final = 1
_SPACE: Final = 0


@dataclass(slots=True)
class Sending:
    """Bytes that one device puts on the wire from `start_s` on.

    `tag` is for whoever wants to know when it was received whole and alone.
    """

    start_s: float
    data: bytes
    tag: object = None


@dataclass(slots=True)
class _Run:
    """Sendings without a pause between them that overlap, and what arrives of them."""

    sendings: list[Sending]
    start_s: float
    end_s: float
    data: bytes
    ends_s: list[float] = field(default_factory=list)
    """When each byte is complete; empty where they follow each other from `start_s` on."""
    handed_over: int = 0


@dataclass(slots=True)
class Received:
    """What became due: the bytes, and what ended with them.

    `whole` are the sendings that were alone on the wire; `collided` is what became of others.
    """

    data: bytes = b""
    whole: list[Sending] = field(default_factory=list)
    collided: list[bytes] = field(default_factory=list)


class Wire:
    """Carries what devices send to the master."""

    def __init__(self, line: Line) -> None:
        """Set up an idle pair."""
        self._character_s = line.character_s
        self._bits = line.bits_per_character
        self._parity = line.parity
        self._runs: list[_Run] = []
        self._past: deque[tuple[float, float]] = deque(maxlen=16)

    @property
    def next_due_s(self) -> float:
        """When the next bytes are complete."""
        return min((self._chunk_end_s(run) for run in self._runs), default=math.inf)

    def send(self, sending: Sending) -> None:
        """Put a sending on the wire; it must not start before anything handed over has ended."""
        end_s = sending.start_s + len(sending.data) * self._character_s
        run = _Run([sending], sending.start_s, end_s, sending.data)
        others = [
            other for other in self._runs if other.start_s < end_s and other.end_s > run.start_s
        ]
        if others:
            self._runs = [other for other in self._runs if other not in others]
            run = self._mixed([*others, run])
        self._runs.append(run)

    def receive(self, now: float) -> Received:
        """Return what is complete by `now`."""
        received = Received()
        while (due_s := self.next_due_s) <= now:
            run = min(self._runs, key=self._chunk_end_s)
            last = self._last_of_chunk(run)
            received.data += run.data[run.handed_over : last]
            run.handed_over = last
            if last == len(run.data):
                self._runs.remove(run)
                self._past.append((run.start_s, max(run.end_s, due_s)))
                if len(run.sendings) == 1:
                    received.whole += run.sendings
                else:
                    received.collided.append(run.data)
        return received

    def is_busy(self, start_s: float, end_s: float) -> bool:
        """Tell whether any device sent between two moments."""
        return any(start < end_s and end > start_s for start, end in self._past) or any(
            run.start_s < end_s and run.end_s > start_s for run in self._runs
        )

    def last_end_s(self, now: float) -> float:
        """Tell when what began before `now` ended, or will end."""
        ends_s = [end for _, end in self._past]
        ends_s += [run.end_s for run in self._runs if run.start_s < now]
        return max(ends_s, default=-math.inf)

    def fall_silent(self) -> None:
        """Forget all that is still to come."""
        self._runs.clear()

    def _last_of_chunk(self, run: _Run) -> int:
        return min(run.handed_over + CHUNK_BYTES, len(run.data))

    def _chunk_end_s(self, run: _Run) -> float:
        last = self._last_of_chunk(run)
        if not last:
            return run.end_s
        return run.ends_s[last - 1] if run.ends_s else run.start_s + last * self._character_s

    def _mixed(self, runs: list[_Run]) -> _Run:
        sendings = [sending for run in runs for sending in run.sendings]
        start_s = min(run.start_s for run in runs)
        end_s = max(run.end_s for run in runs)
        bit_s = self._character_s / self._bits
        levels = [_MARK] * (math.ceil((end_s - start_s) / bit_s) + self._bits)
        for sending in sendings:
            place = round((sending.start_s - start_s) / bit_s)
            for level in self._levels(sending.data):
                levels[place] &= level
                place += 1
        places, data = self._heard(levels)
        return _Run(
            sendings,
            start_s,
            end_s,
            data,
            [start_s + place * bit_s for place in places],
            sum(run.handed_over for run in runs),
        )

    def _levels(self, data: bytes) -> list[int]:
        """Return the levels that a sender gives: a start bit, data, parity, stop bits."""
        levels: list[int] = []
        for byte in data:
            bits = [byte >> place & 1 for place in range(_DATA_BITS)]
            levels += [_SPACE, *bits]
            if self._parity is not Parity.NONE:
                levels.append((sum(bits) + (self._parity is Parity.ODD)) % 2)
            levels += [_MARK] * (self._bits - (len(levels) % self._bits or self._bits))
        return levels

    def _heard(self, levels: list[int]) -> tuple[list[int], bytes]:
        """Return what a UART takes for bytes, and at which bit each was complete."""
        places, data, place = [], bytearray(), 0
        last = len(levels) - self._bits
        while place <= last:
            if levels[place] == _MARK:
                place += 1
                continue
            bits = levels[place + 1 : place + 1 + _DATA_BITS]
            data.append(sum(bit << weight for weight, bit in enumerate(bits)))
            place += self._bits
            places.append(place)
        return places, bytes(data)
