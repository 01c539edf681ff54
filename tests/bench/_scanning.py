"""Two masters that scan the same lines: the engine's own line owner, and pymodbus's client."""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymodbus import FramerType
from pymodbus.client import AsyncModbusSerialClient
from pymodbus.exceptions import ModbusIOException

from bacs_core.bus.frames import read_registers
from bacs_core.bus.line import LineOwner
from bacs_core.bus.schedule import Job
from bacs_core.settings import Line, Parity
from tests.bench._responder import BAUD, CHARACTER_S, Bus, Counts

#: A read request, and the answer around its registers.
REQUEST_CHARACTERS = 8
ANSWER_CHARACTERS = 5
MAX_TURNAROUND_S = 0.1
LOOK_EVERY_S = 0.05
#: A guard only: nothing here takes so long.
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Read:
    """Some registers of one unit."""

    unit: int
    address: int
    count: int

    def wire_s(self, silence_s: float) -> float:
        """Return the time on the wire, with the silence before the answer and the one after it."""
        characters = REQUEST_CHARACTERS + ANSWER_CHARACTERS + 2 * self.count
        return characters * CHARACTER_S + 2 * silence_s

    @property
    def values(self) -> NDArray[np.uint16]:
        """What the responder's registers hold."""
        return (np.arange(self.count) + self.address + 256 * self.unit).astype(np.uint16)


@dataclass(slots=True)
class LineImage:
    """What one line delivered: the values, when each scan began, and how many answers came."""

    reads: Sequence[Read]
    values: list[NDArray[np.uint16]] = field(default_factory=list)
    begun_at: list[float] = field(default_factory=list)
    answers: int = 0

    def __post_init__(self) -> None:
        """Make room for the values."""
        self.values = [np.zeros(read.count, np.uint16) for read in self.reads]

    def is_right(self) -> bool:
        """Tell whether every answered value is the one that the device holds."""
        return all(
            bool((value == read.values).all())
            for value, read in zip(self.values, self.reads, strict=True)
            if value.any()
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """What a master did. `cpu_s` is the processor time of its process for a scan of all lines."""

    scan_s: float
    cpu_s: float
    counts: Counts


#: Owns one line for ever, and fills its image.
Master = Callable[[str, LineImage, float], Coroutine[Any, Any, None]]


async def engine(path: str, image: LineImage, silence_s: float) -> None:
    """Scan as `bacs run` does, but begin each round when the last one ended."""
    line = Line(
        id=path,
        port=path,
        baud=BAUD,
        parity=Parity.NONE,
        stop_bits=1,
        gap_s=silence_s,
        max_turnaround_s=MAX_TURNAROUND_S,
    )
    owner = LineOwner(line, [_job(image, place) for place in range(len(image.reads))], time.time)
    owner.schedule.round_s = 0.0
    await owner.run()


def _job(image: LineImage, place: int) -> Job:
    read = image.reads[place]
    make = partial(read_registers, read.unit, read.address, read.count)

    def begin() -> Any:
        image.begun_at.append(time.perf_counter())
        return make()

    def deliver(payload: bytes, _read_at: float) -> None:
        image.values[place][:] = np.frombuffer(payload, ">u2")
        image.answers += 1

    return Job(f"{read.unit} {read.address}", read.unit, make if place else begin, deliver)


async def pymodbus_client(path: str, image: LineImage, _silence_s: float) -> None:
    """Scan with pymodbus's asyncio client as its documentation shows it, with its defaults."""
    client = AsyncModbusSerialClient(path, framer=FramerType.RTU, baudrate=BAUD)
    if not await client.connect():
        raise SystemExit(f"pymodbus cannot open {path}")
    me = asyncio.current_task()
    try:
        # It swallows a cancellation, or tells it as an answer that is missing.
        while me is not None and not me.cancelling():
            image.begun_at.append(time.perf_counter())
            for place, read in enumerate(image.reads):
                try:
                    answer = await client.read_holding_registers(
                        read.address, count=read.count, device_id=read.unit
                    )
                except ModbusIOException:
                    continue
                image.values[place][:] = answer.registers
                image.answers += 1
    finally:
        client.close()


async def scan(
    master: Master, there: Bus, reads: Sequence[Read], silence_s: float, scans: int
) -> Measured:
    """Let a master scan every line; measure `scans` of them after a first one that warms it up."""
    images = [LineImage(reads) for _ in there.paths]
    async with _working(master, there, images, silence_s) as tasks:
        await _until(tasks, lambda: all(len(image.begun_at) > 1 for image in images))
        gc.collect()
        there.counts()
        first = [len(image.begun_at) - 1 for image in images]
        answers, cpu_s = _answers(images), time.process_time()
        await _until(
            tasks,
            lambda: all(
                len(image.begun_at) > start + scans
                for image, start in zip(images, first, strict=True)
            ),
        )
        cpu_s = time.process_time() - cpu_s
        answers = _answers(images) - answers
        counts = there.counts()
    took_s = [
        float(scan_s)
        for image, start in zip(images, first, strict=True)
        for scan_s in np.diff(image.begun_at[start:])
    ]
    return Measured(
        scan_s=statistics.fmean(took_s),
        cpu_s=cpu_s / answers * len(reads) * len(there.paths),
        counts=counts,
    )


async def longest_round(
    master: Master, there: Bus, reads: Sequence[Read], silence_s: float, lasting_s: float
) -> float:
    """Let a master work one line for `lasting_s` and at least a round; return its longest one."""
    image = LineImage(reads)
    async with _working(master, there, [image], silence_s) as tasks:
        end_at = time.monotonic() + lasting_s
        await _until(tasks, lambda: len(image.begun_at) > 1 and time.monotonic() >= end_at)
    return float(np.diff(image.begun_at).max())


@asynccontextmanager
async def _working(
    master: Master, there: Bus, images: Sequence[LineImage], silence_s: float
) -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks = [
        asyncio.create_task(master(path, image, silence_s))
        for path, image in zip(there.paths, images, strict=True)
    ]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if not all(image.is_right() for image in images):
        raise SystemExit("a wrong value was accepted")


def _answers(images: Sequence[LineImage]) -> int:
    return sum(image.answers for image in images)


async def _until(tasks: Sequence[asyncio.Task[None]], reached: Callable[[], bool]) -> None:
    """Wait for `reached`, and fail where a master ended."""
    async with asyncio.timeout(PATIENCE_S):
        while not reached():
            for task in tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(LOOK_EVERY_S)
