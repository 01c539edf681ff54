"""What tests of line owners share: a job that remembers, a line, and an owner that runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bacs_core.bus.frames import Request, read_registers
from bacs_core.bus.owner import Owner
from bacs_core.bus.schedule import Job
from bacs_core.settings import Line, Link, Parity

#: A guard only: nothing here takes so long.
PATIENCE_S = 20.0


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
        "max_turnaround_s": 0.1,
        "link": link,
    }
    return Line(**(values | changes))  # type: ignore[arg-type]


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
