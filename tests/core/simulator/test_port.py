"""The pseudo-terminal of a virtual line understands only the speed of the line."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
import serial

from bacs_core.bus.frames import read_registers, rtu_frame
from bacs_core.settings import Line, Parity
from bacs_core.simulator.line import VirtualLine
from bacs_core.simulator.port import VirtualPort
from bacs_core.simulator.served import NEVER

LINE = Line("rack", "", 19200, Parity.NONE, 1, gap_s=0.002, max_turnaround_s=0.2)


class Parrot:
    """Answers every read with zeros."""

    addresses = frozenset({1})
    next_event_s = NEVER

    def act(self, now: float) -> None: ...

    def sense(self, now: float) -> None: ...

    def read(self, function: int, address: int, count: int, now: float) -> bytes:
        return bytes(2 * count)

    def write(self, address: int, payload: bytes, now: float) -> None: ...

    def hear(self, address: int, payload: bytes, now: float) -> None: ...


@pytest.mark.parametrize(("baud", "answer_bytes"), [(19200, 7), (9600, 0), (115200, 0)])
def test_a_client_at_another_speed_gets_no_answer(
    tmp_path: Path, baud: int, answer_bytes: int
) -> None:
    line = VirtualLine(LINE, [Parrot()], turnaround_s=0.0, random=np.random.default_rng(1))
    port = VirtualPort(line, tmp_path / "rack", threading.RLock())
    port.start()
    try:
        with serial.Serial(str(tmp_path / "rack"), baud, timeout=0.3) as client:
            # The simulator forgets the client's settings on an idle line; this one keeps its speed,
            # before its first word too.
            time.sleep(0.4)
            client.write(rtu_frame(read_registers(1, 0, 1)))
            first = client.read(7)
            time.sleep(0.4)
            client.write(rtu_frame(read_registers(1, 0, 1)))
            assert [len(first), len(client.read(7))] == [answer_bytes, answer_bytes]
    finally:
        port.stop()
