"""`./dev bench bus`: what the wire allows, what the engine makes of it, and what pymodbus does.

Every line is a pseudo-terminal with the timing of 115200 baud, 8N1. A scan is held against the time
of its characters and of the configured silence before each answer and before each request.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench._figures import Result, progress, show
from tests.bench._responder import CHARACTER_S, bus, compile_responder
from tests.bench._scanning import (
    MAX_TURNAROUND_S,
    Master,
    Measured,
    Read,
    engine,
    longest_round,
    pymodbus_client,
    scan,
)

LINES = 8
REPEATS = 5
#: The peer keeps no silence, whatever is configured: seen twice is enough.
PEER_KEEPS_NONE = 2
SILENCE_CHARACTERS_S = 3.5 * CHARACTER_S
FIXED_SILENCE_S = 0.00175
CELLS, REGISTERS_PER_CELL, BLOCK = 512, 5, 125
MODULES = 240
DEAD_UNIT = 4
LIMIT = "limit of the wire"
PEER = "pymodbus's own client"

BLOCKS = [
    Read(1, address, min(BLOCK, CELLS * REGISTERS_PER_CELL - address))
    for address in range(0, CELLS * REGISTERS_PER_CELL, BLOCK)
]
SINGLE_MODULES = [Read(unit, 0, REGISTERS_PER_CELL) for unit in range(1, MODULES + 1)]
EIGHT_UNITS = SINGLE_MODULES[:8]


@dataclass(frozen=True, slots=True)
class Load:
    """What is scanned over every line, with which silence, and how often in a row."""

    name: str
    reads: Sequence[Read]
    silence_s: float
    scans: int
    goal: float
    peer_repeats: int = REPEATS

    @property
    def limit_s(self) -> float:
        """The shortest time in which the wire can carry one scan."""
        return sum(read.wire_s(self.silence_s) for read in self.reads)


IN_BLOCKS = f"{LINES} lines x {CELLS} cells x {REGISTERS_PER_CELL} registers in blocks"
SINGLE = f"{LINES} lines x {MODULES} single modules x {REGISTERS_PER_CELL} registers"
SHORT, FIXED = "3.5 characters of silence", "1.75 ms of silence"
LOADS = [
    Load(f"{IN_BLOCKS}, {SHORT}", BLOCKS, SILENCE_CHARACTERS_S, 6, 1.03),
    Load(f"{IN_BLOCKS}, {FIXED}", BLOCKS, FIXED_SILENCE_S, 6, 1.03, PEER_KEEPS_NONE),
    Load(f"{SINGLE}, {SHORT}", SINGLE_MODULES, SILENCE_CHARACTERS_S, 4, 1.20),
    Load(f"{SINGLE}, {FIXED}", SINGLE_MODULES, FIXED_SILENCE_S, 2, 1.20, PEER_KEEPS_NONE),
]
CPU_GOAL = 0.8
DELAY_GOAL_S = 0.2


def main() -> None:
    """Measure everything and print it."""
    # A peer is measured with the logging of a program that runs, not of one that is debugged.
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        program = compile_responder(Path(folder))
        results: list[Result] = []
        for load in LOADS:
            ours, peer = asyncio.run(_measure(program, load))
            results += _wire_results(load, ours, peer)
            if load is LOADS[0]:
                results.append(_cpu_result(ours, peer))
        results.append(asyncio.run(_measure_dead_unit(program)))
    show("bus", results)


async def _measure(program: Path, load: Load) -> tuple[list[Measured], list[Measured]]:
    """Measure the two masters in turn, so that what else the machine does meets both."""
    ours, peer = [], []
    for repeat in range(REPEATS):
        ours.append(await _one(program, load, engine))
        if repeat < load.peer_repeats:
            peer.append(await _one(program, load, pymodbus_client))
    return ours, peer


async def _one(program: Path, load: Load, master: Master) -> Measured:
    with bus(program, LINES, load.silence_s) as there:
        measured = await scan(master, there, load.reads, load.silence_s, load.scans)
    counts = measured.counts
    progress(
        f"{load.name}: {master.__name__} {measured.scan_s / load.limit_s:.4f} x the limit,"
        f" {1e3 * measured.cpu_s:.1f} ms CPU, {counts.violations} of {counts.requests} requests"
        f" too early, shortest silence {1e6 * counts.shortest_silence_s:.0f} µs;"
        f" the responder itself was late by {1e6 * counts.late_s:.0f} µs at most"
    )
    return measured


def _wire_results(load: Load, ours: Sequence[Measured], peer: Sequence[Measured]) -> list[Result]:
    scan_s = _median_scan_s(ours)
    early = sum(measured.counts.violations for measured in ours)
    return [
        Result(
            what=f"{load.name}: one scan (goal: in parts of the limit)",
            value=scan_s,
            unit="s",
            against=LIMIT,
            against_value=load.limit_s,
            goal=load.goal,
            met=scan_s <= load.goal * load.limit_s,
        ),
        Result(
            what=f"{load.name}: one scan of {PEER}",
            value=_median_scan_s(peer),
            unit="s",
            against=LIMIT,
            against_value=load.limit_s,
            goal=None,
            met=True,
        ),
        Result(
            what=f"{load.name}: requests that break the silence",
            value=100.0 * _early_share(ours),
            unit="%",
            against=PEER,
            against_value=100.0 * _early_share(peer),
            goal=0.0,
            met=early == 0,
        ),
    ]


def _cpu_result(ours: Sequence[Measured], peer: Sequence[Measured]) -> Result:
    cpu_s, peer_cpu_s = (
        statistics.median(measured.cpu_s for measured in side) for side in (ours, peer)
    )
    return Result(
        what="processor time of one scan of 4096 cells (goal: in parts of the peer's)",
        value=1e3 * cpu_s,
        unit="ms",
        against=PEER,
        against_value=1e3 * peer_cpu_s,
        goal=CPU_GOAL,
        met=cpu_s <= CPU_GOAL * peer_cpu_s,
    )


async def _measure_dead_unit(program: Path) -> Result:
    """Compare the longest round of eight units, one of them dead, with one of eight that answer.

    The peer keeps its defaults: three seconds, three repetitions.
    """
    delay_s = {}
    for master, lasting_s in ((engine, 6.0), (pymodbus_client, 0.0)):
        longest_s = {}
        for dead_unit in (0, DEAD_UNIT):
            with bus(program, 1, FIXED_SILENCE_S, dead_unit) as there:
                longest_s[dead_unit] = await longest_round(
                    master, there, EIGHT_UNITS, FIXED_SILENCE_S, lasting_s
                )
        delay_s[master] = longest_s[DEAD_UNIT] - longest_s[0]
        progress(f"one dead unit among eight: {master.__name__} is {delay_s[master]:.3f} s later")
    ours_s = delay_s[engine]
    return Result(
        what=f"delay of the round by one dead unit of eight ({MAX_TURNAROUND_S} s turnaround)",
        value=ours_s,
        unit="s",
        against=PEER,
        against_value=delay_s[pymodbus_client],
        goal=DELAY_GOAL_S,
        met=ours_s <= DELAY_GOAL_S,
    )


def _median_scan_s(side: Sequence[Measured]) -> float:
    return statistics.median(measured.scan_s for measured in side)


def _early_share(side: Sequence[Measured]) -> float:
    requests = sum(measured.counts.requests for measured in side)
    return sum(measured.counts.violations for measured in side) / requests


if __name__ == "__main__":
    main()
