"""`./dev bench snmp`: what one poll of 512 modules in 16 strings costs this computer.

A real agent (net-snmp) serves the tables of a web manager on this machine. Every reader asks for
the same columns and settings; ours, the owner of an SNMP line with the library `snmp`, also places
each value in the process image. The median of their CPU times counts. The peers take more values in
one answer than ours does, which is to their advantage.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import tempfile
import time
from collections.abc import Awaitable, Mapping
from pathlib import Path

from bacs_core.devices import bacs_manager_snmp as device
from tests.bench._figures import Result, progress, show
from tests.bench._snmp_libraries import Read, gufo_reader, pysnmp_reader
from tests.core.snmp.agent import Agent, Tables
from tests.core.snmp.polled import OPEN, SECRET, prepared

MODULES, STRINGS = 512, 16
REPEATS = 9
GOAL_MS = 20.0
VERSIONS = {"v2c": OPEN, "v3 (SHA-1, AES)": SECRET}
PYSNMP = "pysnmp"
#: It alone would reach the goal, and is no choice: see the decision on SNMP (docs/adr/0012).
GUFO = "gufo-snmp, which takes forged answers"

SCALARS = [row.oid for row in device.SCALARS]
TABLES = [
    [row.oid for row in (device.MODULE_INDEX, *device.MODULE_COLUMNS)],
    [row.oid for row in (device.STRING_INDEX, *device.STRING_COLUMNS)],
]
COUNT = len(SCALARS) + MODULES * len(TABLES[0]) + STRINGS * len(TABLES[1])


def main() -> None:
    """Measure and print."""
    logging.disable(logging.CRITICAL)
    tables = Tables(
        [1200 + module % 100 for module in range(MODULES)],
        [(-150, 40_000 + string, 1250) for string in range(STRINGS)],
    )
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder, Agent(Path(folder), tables.objects()) as agent:
        for version, secrets in VERSIONS.items():
            progress(f"{REPEATS} polls of {MODULES} modules through {version}, by each reader")
            cpu_ms = _measure(agent.port, Path(folder), secrets)
            results += _results(version, cpu_ms)
    show("snmp", results)


def _measure(port: int, folder: Path, secrets: str) -> Mapping[str, float]:
    user = secrets is SECRET
    readers: dict[str, Awaitable[Read]] = {
        "ours": _our_reader(port, folder, secrets),
        PYSNMP: pysnmp_reader(port, SCALARS, TABLES, user=user),
        GUFO: gufo_reader(port, SCALARS, TABLES, user=user),
    }
    # Each in a loop of its own: what a library leaves running there must not burden the next.
    return {name: asyncio.run(_cpu_ms(name, reader)) for name, reader in readers.items()}


async def _cpu_ms(name: str, reader: Awaitable[Read]) -> float:
    read = await reader
    taken_ms = []
    for _ in range(REPEATS):
        started = time.process_time()
        count = await read()
        taken_ms.append(1e3 * (time.process_time() - started))
        if count != COUNT:
            message = f"{name} read {count} values instead of {COUNT}"
            raise RuntimeError(message)
    return statistics.median(taken_ms)


async def _our_reader(port: int, folder: Path, secrets: str) -> Read:
    owner = prepared(port, folder, secrets, [MODULES // STRINGS] * STRINGS).owner

    async def read() -> int:
        await owner.poll()
        if owner.message:
            raise RuntimeError(owner.message)
        return COUNT

    return read


def _results(version: str, cpu_ms: Mapping[str, float]) -> list[Result]:
    ours, poll = cpu_ms["ours"], f"poll of {MODULES} modules in {STRINGS} strings, {version}"
    goals = {PYSNMP: GOAL_MS, GUFO: None}
    return [
        *(
            Result(
                what=f"CPU of one {poll}",
                value=ours,
                unit="ms",
                against=peer,
                against_value=cpu_ms[peer],
                goal=goal,
                met=goal is None or ours <= goal,
            )
            for peer, goal in goals.items()
        ),
        Result(
            what=f"share of a core for one {poll}, every {device.POLL_EVERY_S:g} s",
            value=_share_percent(ours),
            unit="%",
            against=PYSNMP,
            against_value=_share_percent(cpu_ms[PYSNMP]),
            goal=None,
            met=True,
        ),
    ]


def _share_percent(cpu_ms: float) -> float:
    return cpu_ms / (1e3 * device.POLL_EVERY_S) * 100


if __name__ == "__main__":
    main()
