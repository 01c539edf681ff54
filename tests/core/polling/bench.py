"""Jobs put to simulated devices by hand, without a line, so that answers can be exchanged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bacs_core.bus.frames import BROADCAST_UNIT, Request
from bacs_core.bus.schedule import Job
from bacs_core.errors import FrameError
from bacs_core.simulator.served import RequestRefusedError, Unit

READ = 3
WRITE_HEADER_BYTES = 6


def alive() -> bool | None:
    return True


@dataclass
class Bench:
    """Units on a bench, and what a master asks them at unix time `now`."""

    units: Sequence[Unit]
    now: float = 100.0
    refused: list[int] = field(default_factory=list)

    def ask(self, request: Request) -> bytes:
        """Put a request to whom it concerns; return the register bytes of the answer."""
        function, address = request.pdu[0], int.from_bytes(request.pdu[1:3], "big")
        if request.unit == BROADCAST_UNIT:
            for unit in self.units:
                unit.hear(address, request.pdu[WRITE_HEADER_BYTES:], self.now)
            return b""
        unit = next(unit for unit in self.units if request.unit in unit.addresses)
        if function == READ:
            count = int.from_bytes(request.pdu[3:5], "big")
            return unit.read(function, address, count, self.now)
        unit.write(address, request.pdu[WRITE_HEADER_BYTES:], self.now)
        return b""

    def poll(self, jobs: Sequence[Job]) -> None:
        """Do all jobs that are wanted, in order, as a round of a line does."""
        for job in jobs:
            if job.wanted():
                try:
                    job.deliver(self.ask(job.make()), self.now)
                except RequestRefusedError as refused:
                    self.refused.append(refused.code)


def refuses(deliver: Callable[[bytes, float], None], payload: bytes, now: float) -> bool:
    """Whether an answer is refused as one that does not fit."""
    try:
        deliver(payload, now)
    except FrameError:
        return True
    return False
