"""What happened on a virtual line, for tests and for whoever watches the control socket."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bacs_core.simulator.faults import FaultKind


@dataclass(slots=True)
class LineCounters:
    """What happened on a line since the start.

    `crc_passed` counts frames that arrive otherwise than any device sent them (bits changed, cut,
    noise around them, collided) and whose CRC-16 fits nevertheless. `mistakable` counts whole
    frames, alone on the wire, of the very unit, function and length that were asked for last, which
    are not the answer: older ones, overtaken by the newest request, and those of a second device at
    the same address. Nothing in an RTU frame tells them from the one that is waited for; `held_up`
    of them may be there only because a busy machine kept the simulator from the pace of the wire.

    `silence_violations` counts frames of the master that surely began too early, however late the
    simulator noticed what.
    """

    requests: Counter[int] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    broadcasts: int = 0
    bad_frames: int = 0
    silence_violations: int = 0
    faults: Counter[FaultKind] = field(default_factory=Counter)
    crc_passed: int = 0
    mistakable: int = 0
    held_up: int = 0
    collisions: int = 0
    last_answer: dict[int, bytes] = field(default_factory=dict)
