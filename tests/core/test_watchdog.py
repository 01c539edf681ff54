from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bacs_core.watchdog import UNWATCHED_S, ServiceManager, report


@pytest.fixture
def manager_socket(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(10)
        yield listening


def _environment(listening: socket.socket, **others: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": str(listening.getsockname()), **others}


def test_the_service_manager_is_told_each_state(manager_socket: socket.socket) -> None:
    manager = ServiceManager(_environment(manager_socket))
    manager.ready()
    manager.alive()
    manager.stopping()
    told = [manager_socket.recv(100) for _ in range(3)]
    assert told == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_without_a_service_manager_nothing_happens() -> None:
    manager = ServiceManager({})
    manager.ready()
    manager.alive()
    assert manager.period_s == UNWATCHED_S


def test_a_service_manager_that_is_gone_does_not_end_the_work(tmp_path: Path) -> None:
    ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "gone")}).alive()


@pytest.mark.parametrize(
    ("told", "period_s"),
    [
        ({"WATCHDOG_USEC": "15000000"}, 5.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 10.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, UNWATCHED_S),
        ({"WATCHDOG_USEC": "often"}, UNWATCHED_S),
        ({"WATCHDOG_USEC": "0"}, UNWATCHED_S),
    ],
)
def test_one_report_may_be_lost_before_patience_ends(told: dict[str, str], period_s: float) -> None:
    assert ServiceManager(told).period_s == period_s


async def test_only_work_that_goes_on_is_reported(manager_socket: socket.socket) -> None:
    manager_socket.setblocking(False)
    loop = asyncio.get_running_loop()
    ticks = [None, 1, 1, 1, 2]
    looked = iter(ticks)
    seen_all = asyncio.Event()

    def progress() -> object:
        tick = next(looked, 2)
        if tick == 2:
            seen_all.set()
        return tick

    reporting = asyncio.create_task(
        report(ServiceManager(_environment(manager_socket)), progress, 0.001)
    )
    async with asyncio.timeout(10):
        await seen_all.wait()
        told = [await loop.sock_recv(manager_socket, 100) for _ in range(2)]
    reporting.cancel()
    assert told == [b"WATCHDOG=1", b"WATCHDOG=1"]
    with pytest.raises(BlockingIOError):
        manager_socket.recv(100)
