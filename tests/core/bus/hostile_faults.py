"""What goes wrong on a hostile line, and how it is summed up."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bacs_core.simulator.faults import Fault, FaultKind
from tests.core.bus.hostile import MAX_TURNAROUND_S, TURNAROUND_S, HostileLine

#: 5 % of the answers late, cut, garbled or foreign, as far as any device can be protected.
WITHIN_LIMITS: Final = (
    Fault(
        FaultKind.LATE,
        probability=0.0125,
        delay_s=0.0,
        delay_to_s=MAX_TURNAROUND_S - TURNAROUND_S,
    ),
    Fault(FaultKind.TRUNCATED, probability=0.0125, size=1, size_to=20),
    Fault(FaultKind.BURST, probability=0.0125, size=1, size_to=16),
    Fault(FaultKind.FOREIGN_UNIT, probability=0.0125, value=1, value_to=8),
)

#: The same far beyond the limits: late by up to ten turnarounds, bursts of any length.
BEYOND_LIMITS: Final = (
    Fault(FaultKind.LATE, probability=0.0125, delay_s=0.0, delay_to_s=10 * MAX_TURNAROUND_S),
    Fault(FaultKind.TRUNCATED, probability=0.0125, size=1, size_to=20),
    Fault(FaultKind.BURST, probability=0.00625, size=17, size_to=100),
    Fault(FaultKind.GARBLED, probability=0.00625, size=1, size_to=30),
    Fault(FaultKind.FOREIGN_UNIT, probability=0.0125, value=1, value_to=8),
)

#: So many answers so late that many meet a later request of the same kind.
VERY_LATE: Final = (
    Fault(
        FaultKind.LATE,
        probability=0.3,
        delay_s=2 * MAX_TURNAROUND_S,
        delay_to_s=10 * MAX_TURNAROUND_S,
    ),
)

#: Everything that a line can do, at once.
EVERYTHING: Final = (
    *BEYOND_LIMITS,
    Fault(FaultKind.DUPLICATED, probability=0.005, delay_s=0.0, delay_to_s=1.0),
    Fault(FaultKind.NOISE_BEFORE, probability=0.003, size=1, size_to=8),
    Fault(FaultKind.NOISE_AFTER, probability=0.003, size=1, size_to=8),
    Fault(FaultKind.TWIN, probability=0.003),
    Fault(FaultKind.ECHO, probability=0.003),
    Fault(FaultKind.EXCEPTION, probability=0.003, value=1, value_to=11),
    Fault(FaultKind.WRONG_BYTE_COUNT, probability=0.003, value=1, value_to=255),
    Fault(FaultKind.FEWER_REGISTERS, probability=0.003, size=1, size_to=6),
    Fault(FaultKind.DEAF, probability=0.01),
    Fault(FaultKind.SILENT, probability=0.003),
    Fault(FaultKind.CHATTER, size=1, size_to=12, every_s=0.5),
)


def tell(name: str, hostile: HostileLine, transactions: int, refused: Mapping[str, int]) -> None:
    """Print what happened, and leave it as JSON where figures are collected."""
    judge, counters = hostile.judge, hostile.virtual.counters
    figures: dict[str, Any] = {
        "transactions": transactions,
        "spoilt answers": dict(counters.faults),
        "accepted": judge.accepted,
        "refused": dict(refused),
        "given away by echo or check": judge.given_away,
        "passed by CRC-16": counters.crc_passed,
        "mistakable": counters.mistakable,
        "of these held up by the machine": counters.held_up,
        "wrong, our own map": judge.wrong_of(guarded=True),
        "wrong, no guard, older answer": judge.wrong_of(guarded=False, older=True),
        "wrong, no guard, other": judge.wrong_of(guarded=False, older=False),
        "silence violations": counters.silence_violations,
    }
    print(json.dumps({name: figures}, indent=2))
    if folder := os.environ.get("BACS_FIGURES"):
        path = Path(folder) / f"hostile_line_{name}_{transactions}.json"
        path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def check_within_limits(hostile: HostileLine) -> None:
    """Nothing wrong at all, and no answer that was mistakable.

    Over a real port a busy machine may hold up the simulator itself, which is then beyond the
    limits; what follows from that, and from nothing else, is left out.
    """
    judge, counters = hostile.judge, hostile.virtual.counters
    assert judge.wrong_of(guarded=True) == 0
    assert judge.wrong_of(guarded=False) <= counters.held_up
    assert counters.mistakable == counters.held_up
    assert counters.silence_violations == 0


def check_beyond_limits(hostile: HostileLine) -> None:
    """Nothing wrong on our own map; elsewhere no more than RTU has no means to tell."""
    judge, counters = hostile.judge, hostile.virtual.counters
    assert judge.wrong_of(guarded=True) == 0
    assert judge.wrong_of(guarded=False, older=True) <= counters.mistakable
    assert judge.wrong_of(guarded=False) <= counters.mistakable + counters.crc_passed
