"""The hostile line over a real pseudo-terminal, asked by the engine's own owner of a line.

What may get through, and how it is counted, stands in `tests/core/bus/test_hostile_line.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from bacs_core.bus.line import LineOwner
from bacs_core.simulator.faults import Fault
from bacs_core.simulator.port import VirtualPort
from tests.core.bus.hostile import ROUND_S, HostileLine, make_line_with
from tests.core.bus.hostile_faults import (
    BEYOND_LIMITS,
    WITHIN_LIMITS,
    check_beyond_limits,
    check_within_limits,
    tell,
)

PATIENCE_S: Final = 60.0
#: More than an answer within the limits needs: threads of a busy machine are late by themselves.
MAX_TURNAROUND_S: Final = 0.25
#: So much of what is asked has to be answered; broadcasts and refusals are among the rest.
MOSTLY: Final = 0.8
#: A master that keeps no silence is seen so often, however busy the machine.
SEEN: Final = 10


@contextlib.asynccontextmanager
async def polled(hostile: HostileLine, path: Path, **changes: object) -> AsyncIterator[LineOwner]:
    """Let an owner poll the line over a terminal; `changes` are what it is told of the line."""
    given = replace(hostile.virtual.line, port=str(path), **changes)  # type: ignore[arg-type]
    port = VirtualPort(hostile.virtual, path, threading.RLock())
    port.start()
    owner = LineOwner(given, hostile.jobs, time.time)
    owner.schedule.round_s = ROUND_S
    hostile.schedule = owner.schedule
    running = asyncio.create_task(owner.run())
    try:
        yield owner
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        port.stop()


async def until(reached: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    async with asyncio.timeout(patience_s):
        while not reached():
            await asyncio.sleep(0.05)


async def run(
    name: str, faults: Sequence[Fault], transactions: int, patience_s: float, tmp_path: Path
) -> HostileLine:
    """Go through so many transactions on a terminal, most of which have to succeed."""
    hostile = make_line_with(faults, seed=1, max_turnaround_s=MAX_TURNAROUND_S)
    async with polled(hostile, tmp_path / "hostile") as owner:
        statistics = owner.statistics
        await until(
            lambda: (
                statistics.requests >= transactions
                and hostile.judge.accepted > MOSTLY * transactions
            ),
            patience_s,
        )
    refused = {
        "timeout": statistics.timeouts,
        "frame": statistics.frame_errors,
        "exception": statistics.refusals,
    }
    tell(f"{name}_over_lines", hostile, statistics.requests, refused)
    return hostile


async def test_within_its_limits_no_device_is_ever_misread(tmp_path: Path) -> None:
    check_within_limits(await run("within", WITHIN_LIMITS, 250, PATIENCE_S, tmp_path))


async def test_beyond_all_limits_our_map_is_never_misread(tmp_path: Path) -> None:
    check_beyond_limits(await run("beyond", BEYOND_LIMITS, 250, PATIENCE_S, tmp_path))


async def test_a_master_that_keeps_no_silence_is_counted(tmp_path: Path) -> None:
    hostile = make_line_with((), seed=1, max_turnaround_s=MAX_TURNAROUND_S)
    async with polled(hostile, tmp_path / "hostile", gap_s=0.0):
        await until(lambda: hostile.virtual.counters.silence_violations >= SEEN)


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_ten_thousand_transactions_within_the_limits(tmp_path: Path) -> None:
    check_within_limits(await run("within", WITHIN_LIMITS, 10_000, 3000.0, tmp_path))


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_ten_thousand_transactions_beyond_all_limits(tmp_path: Path) -> None:
    check_beyond_limits(await run("beyond", BEYOND_LIMITS, 10_000, 3000.0, tmp_path))
