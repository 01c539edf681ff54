"""One virtual line with two units, and a clock that jumps from one due time to the next."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bacs_core.settings import Parity
from bacs_core.simulator.line import VirtualLine
from bacs_core.simulator.modbus import with_crc
from bacs_core.simulator.served import ILLEGAL_ADDRESS, NEVER, RequestRefusedError
from tests.core.simulator.plants import make_line

READ_TEN = with_crc(bytes.fromhex("07 03 00 00 00 0a"))
WRITE_ALL = with_crc(bytes.fromhex("00 10 01 80 00 02 04 00 01 00 64"))
TURNAROUND_S = 0.005


class TenRegisters:
    """A unit with registers 0 to 9, each with its own address as value; bits are 1, 0, 1, 0 …"""

    next_event_s = NEVER

    def __init__(self, address: int = 7) -> None:
        self.addresses = frozenset({address})
        self.written: list[tuple[int, bytes]] = []
        self.heard: list[tuple[int, bytes, float]] = []
        self.read_at: list[float] = []
        self.sensed_at: list[float] = []

    def act(self, now: float) -> None:
        raise NotImplementedError

    def sense(self, now: float) -> None:
        self.sensed_at.append(now)

    def read(self, function: int, address: int, count: int, now: float) -> bytes:
        self.read_at.append(now)
        if function in {1, 2}:
            return sum(1 << bit for bit in range(0, count, 2)).to_bytes((count + 7) // 8, "little")
        if address + count > 10:
            raise RequestRefusedError(ILLEGAL_ADDRESS)
        return b"".join(value.to_bytes(2, "big") for value in range(address, address + count))

    def write(self, address: int, payload: bytes, now: float) -> None:
        if address > 9:
            raise RequestRefusedError(ILLEGAL_ADDRESS)
        self.written.append((address, payload))

    def hear(self, address: int, payload: bytes, now: float) -> None:
        self.heard.append((address, payload, now))


ANSWER = with_crc(bytes.fromhex("07 03 14") + TenRegisters().read(3, 0, 10, 0.0))


class OneLine:
    """A line with units 7 and 8, and a clock that jumps from one due time to the next."""

    def __init__(self, baud: int = 9600, parity: Parity = Parity.NONE) -> None:
        self.units = {7: TenRegisters(7), 8: TenRegisters(8)}
        line = make_line("wire", baud, parity)
        self.line = VirtualLine(
            replace(line, gap_s=3.5 * line.character_s),
            list(self.units.values()),
            turnaround_s=TURNAROUND_S,
            random=np.random.default_rng(1),
        )
        self.character_s = self.line.line.character_s
        self.now = 10.0

    def send(self, frame: bytes) -> list[tuple[float, bytes]]:
        """Send a frame and return what comes until the line is quiet, with the times."""
        self.line.receive(frame, self.now)
        return self.listen()

    def listen(self) -> list[tuple[float, bytes]]:
        heard = []
        while (due_s := self.line.next_due_s) < NEVER:
            self.now = max(self.now, due_s)
            if data := self.line.transmit(self.now):
                heard.append((self.now, data))
        return heard

    def answer(self, frame: bytes) -> bytes:
        """Send after a silence and return the bytes of the answer."""
        self.now += 1.0
        return b"".join(data for _, data in self.send(frame))
