"""The hostile line over a real pseudo-terminal, asked by the engine's own owner of a line.

What may get through, and how it is counted, stands in `tests/core/bus/test_hostile_line.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Sequence
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


async def run(
    name: str, faults: Sequence[Fault], transactions: int, patience_s: float, tmp_path: Path
) -> HostileLine:
    """Go through so many transactions on a terminal."""
    hostile = make_line_with(faults, seed=1, max_turnaround_s=MAX_TURNAROUND_S)
    path = tmp_path / "hostile"
    port = VirtualPort(hostile.virtual, path, threading.RLock())
    port.start()
    owner = LineOwner(replace(hostile.virtual.line, port=str(path)), hostile.jobs, time.time)
    owner.schedule.round_s = ROUND_S
    hostile.schedule = owner.schedule
    running = asyncio.create_task(owner.run())
    give_up_at = time.monotonic() + patience_s
    while owner.statistics.requests < transactions:
        assert time.monotonic() < give_up_at, owner.message
        await asyncio.sleep(0.05)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    port.stop()
    statistics = owner.statistics
    refused = {
        "timeout": statistics.timeouts,
        "frame": statistics.frame_errors,
        "exception": statistics.refusals,
    }
    tell(f"{name}_over_lines", hostile, transactions, refused)
    assert hostile.judge.accepted > 0.8 * statistics.requests, "the line still works"
    return hostile


async def test_within_its_limits_no_device_is_ever_misread(tmp_path: Path) -> None:
    check_within_limits(await run("within", WITHIN_LIMITS, 250, PATIENCE_S, tmp_path))


async def test_beyond_all_limits_our_map_is_never_misread(tmp_path: Path) -> None:
    check_beyond_limits(await run("beyond", BEYOND_LIMITS, 250, PATIENCE_S, tmp_path))


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_ten_thousand_transactions_within_the_limits(tmp_path: Path) -> None:
    check_within_limits(await run("within", WITHIN_LIMITS, 10_000, 3000.0, tmp_path))


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_ten_thousand_transactions_beyond_all_limits(tmp_path: Path) -> None:
    check_beyond_limits(await run("beyond", BEYOND_LIMITS, 10_000, 3000.0, tmp_path))
