"""Jobs and simulated units joined without a line and without a clock."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from bacs_core.bus.frames import Request
from bacs_core.bus.schedule import Job
from bacs_core.errors import FrameError
from bacs_core.simulator.served import RequestRefusedError, Unit

START = 1_800_000_000.0


@dataclass
class HandLine:
    """Asks every wanted job once per round, slow ones too. A unit that is `away` is silent."""

    units: Sequence[Unit]
    jobs: Sequence[Job] = ()
    now: float = START
    away: bool = False
    refused: list[str] = field(default_factory=list)
    asked: list[tuple[int, int, int, int]] = field(default_factory=list)
    _alive: dict[int, bool] = field(default_factory=dict)

    def answers(self, unit: int) -> bool | None:
        return self._alive.get(unit)

    def round(self, times: int = 1) -> None:
        for _ in range(times):
            self.now += 1.0
            for job in self.jobs:
                if job.wanted():
                    self._ask(job)

    def _ask(self, job: Job) -> None:
        request = job.make()
        if self.away:
            self._alive[request.unit] = False
            return
        try:
            payload = self._answer(request)
        except RequestRefusedError:
            self.refused.append(job.name)
            self._alive[request.unit] = True
            return
        try:
            job.deliver(payload, self.now)
        except FrameError:
            return
        self._alive[request.unit] = True

    def _answer(self, request: Request) -> bytes:
        function, address, count = struct.unpack(">BHH", request.pdu)
        self.asked.append((request.unit, function, address, count))
        for unit in self.units:
            if request.unit in unit.addresses:
                return unit.read(function, address, count, self.now)
        raise AssertionError(request.unit)
