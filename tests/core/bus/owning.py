"""What tests of line owners share: a job that remembers, a line, and an owner that runs.

Who waits for an answer here waits long: a machine that is busy with something else must not turn it
into a time-out. A test that is about one says how short its time is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bacs_core.bus.frames import Request, read_registers
from bacs_core.bus.line import LineOwner
from bacs_core.bus.owner import Owner
from bacs_core.bus.port import SerialPort
from bacs_core.bus.schedule import Job
from bacs_core.settings import Line, Link, Parity

#: A guard only: nothing here takes so long.
PATIENCE_S = 20.0
#: A time-out of this length would end the test instead.
FOREVER_S = 60.0


@dataclass(slots=True)
class Heard:
    """The payloads that a job delivered."""

    payloads: list[bytes] = field(default_factory=list)

    @property
    def words(self) -> list[int]:
        """The registers of the last payload."""
        last = self.payloads[-1]
        return [int.from_bytes(last[place : place + 2], "big") for place in range(0, len(last), 2)]


def read_job(
    unit: int, address: int, count: int, heard: Heard, *, make: Callable[[], Request] | None = None
) -> Job:
    """Build a job of every round that reads holding registers."""
    return Job(
        name=f"unit {unit} at {address}",
        unit=unit,
        make=make or (lambda: read_registers(unit, address, count)),
        deliver=lambda payload, _at: heard.payloads.append(payload),
    )


def line(port: str, link: Link = Link.SERIAL, **changes: object) -> Line:
    """Build a fast line."""
    values: dict[str, object] = {
        "id": "line",
        "port": port,
        "baud": 115200,
        "parity": Parity.NONE,
        "stop_bits": 1,
        "gap_s": 0.00175,
        "max_turnaround_s": FOREVER_S,
        "link": link,
    }
    return Line(**(values | changes))  # type: ignore[arg-type]


def serial_owner(path: Path, *jobs: Job, **changes: object) -> LineOwner:
    """Build an owner of the port at `path`."""
    given = line(str(path), Link.SERIAL, **({"gap_s": 0.002} | changes))
    return LineOwner(given, jobs, lambda: 1.0)


@dataclass(slots=True)
class Writes:
    """When an owner sent, by its own clock: before and after it handed each frame to the port.

    Whoever is at the far end may hear of it at any time later.
    """

    began_at: list[float] = field(default_factory=list)
    ended_at: list[float] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)

    async def open_port(self, given: Line) -> SerialPort:
        """Open a port whose every frame is noted; `open_port` of an owner."""
        noted = self

        class NotedPort(SerialPort):
            def write(self, data: bytes) -> None:
                noted.began_at.append(time.monotonic())
                super().write(data)
                noted.ended_at.append(time.monotonic())
                noted.frames.append(data)

        return await NotedPort.open(given)

    @property
    def pauses_s(self) -> list[float]:
        """From the end of each frame's hand-over to the next frame, at least."""
        return [
            after - before for before, after in zip(self.ended_at, self.began_at[1:], strict=False)
        ]


@asynccontextmanager
async def running(owner: Owner) -> AsyncIterator[None]:
    """Let an owner work, and stop it again."""
    task = asyncio.create_task(owner.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(reached: Callable[[], object]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not reached():
            await asyncio.sleep(0.005)
