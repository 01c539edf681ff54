"""What equalization remembers from tick to tick."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bacs_core.equalization.columns import begun_anew
from bacs_core.equalization.findings import FindingsMemory, Found
from bacs_core.equalization.law import LawMemory
from bacs_core.equalization.stops import Stops
from bacs_core.model import EqualizationState
from bacs_core.rows import Rows
from bacs_core.snapshot import Flags, Floats


@dataclass(frozen=True, slots=True)
class CellMemory:
    """Per cell: is a surplus being bled, what was sent last, when was it hot, and what was bled.

    `bled_ah` is the charge that the bypass has taken since the unix time `bled_since`: since the
    cell was put in, or since counting began. Before the first tick that time is NaN.
    """

    bleeding: Flags
    sent_percent: Floats
    hot_at: Floats
    bled_ah: Floats
    bled_since: Floats

    @classmethod
    def initial(cls, cell_count: int) -> CellMemory:
        """Begin with no bypass anywhere."""
        nothing, never = np.zeros(cell_count), np.full(cell_count, np.nan)
        return cls(np.zeros(cell_count, np.bool_), nothing, never, nothing, never)


@dataclass(frozen=True, slots=True)
class States:
    """The state of every string, and what it was worked out of: `bypasses` marks cells."""

    stops: Stops
    bypasses: bytes
    told: tuple[EqualizationState, ...]


@dataclass(frozen=True, slots=True)
class Memory:
    """All that is remembered; `at` is the unix time of the last tick.

    `unjudged_s` is the time since findings were last looked at, `unworked_s` since the law was
    worked; the errors of the `readings` since then add up to `gathered_v`. `blind_percent` is the
    limit per string that was worked out then (`None`: not yet), `found` what the findings were when
    they were last looked at. No cell was hot after `last_hot_at` (`None`: not known). `stops` and
    `states` are those of the last tick.
    """

    law: LawMemory
    findings: FindingsMemory
    cells: CellMemory
    gathered_v: Floats
    unworked_s: float = 0.0
    readings: int = 0
    blind_percent: Floats | None = None
    unjudged_s: float = 0.0
    at: float | None = None
    found: Found | None = None
    last_hot_at: float | None = None
    stops: Stops | None = None
    states: States | None = None


def initial(rows: Rows) -> Memory:
    """Begin with no bypass anywhere."""
    count = rows.cell_count
    return Memory(
        LawMemory.initial(count),
        FindingsMemory.initial(count),
        CellMemory.initial(count),
        np.zeros(count),
    )


def shifted(memory: Memory, step_s: float) -> Memory:
    """Return the memory with its times moved by a step of the clock."""
    cells = replace(
        memory.cells,
        hot_at=memory.cells.hot_at + step_s,
        bled_since=memory.cells.bled_since + step_s,
    )
    at = None if memory.at is None else memory.at + step_s
    return replace(memory, cells=cells, at=at, last_hot_at=None)


def replaced(memory: Memory, row: int, now: float) -> Memory:
    """Forget what was learned of the cell in `row`: another one stands there since `now`."""
    beginning = replace(CellMemory.initial(1), bled_since=np.array([now]))
    return replace(
        memory,
        law=begun_anew(memory.law, LawMemory.initial(1), row),
        findings=begun_anew(memory.findings, FindingsMemory.initial(1), row),
        cells=begun_anew(memory.cells, beginning, row),
        gathered_v=np.where(np.arange(len(memory.gathered_v)) == row, np.nan, memory.gathered_v),
    )
