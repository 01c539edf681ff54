"""Runs equalization of one string, or of several, over some time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from bacs_core.equalization import Memory, Orders, Plan, Tuning, initial, orders_of, plan
from bacs_core.frame import gather
from bacs_core.model import ChargePhase, EqualizationMode, Inhibit, String
from bacs_core.rows import rows_of
from bacs_core.snapshot import EqualizationSummary, Flags, Floats, StringReadings
from tests.core.equalization.build import START, estimates

Read = Callable[[float], StringReadings]
LONG_S = 300.0


@dataclass(kw_only=True)
class Ticking:
    """Strings that all read the same, tick by tick; times are unix seconds."""

    strings: tuple[String, ...]
    now: float = START
    step_s: float = 1.0
    paused: bool = False
    paused_cells: tuple[int, ...] = ()
    mode: EqualizationMode | None = None
    phase: ChargePhase = ChargePhase.FLOAT
    usable: bool = False
    charge_percent: Floats | None = None
    inhibits: Mapping[Inhibit, Flags] = field(default_factory=dict)
    tuning: Tuning = field(default_factory=Tuning)
    memory: Memory | None = None
    latest: Plan | None = None
    begun: bool = False

    def __post_init__(self) -> None:
        self.rows = rows_of(self.strings)

    def run(self, read: Read, seconds: float) -> Plan:
        """Tick for some seconds; the very first tick is at once."""
        ticks = round(seconds / self.step_s) + (0 if self.begun else 1)
        for _ in range(ticks):
            self.now += self.step_s if self.begun else 0.0
            self.begun = True
            latest = self.tick(read(self.now))
        return latest

    def tick(self, told: StringReadings) -> Plan:
        """Plan once, now."""
        frame = gather(self.rows, {string.key: told for string in self.strings}, self.now)
        known = estimates(
            self.rows, self.phase, usable=self.usable, charge_percent=self.charge_percent
        )
        memory = initial(self.rows) if self.memory is None else self.memory
        latest = plan(frame, known, memory, self.orders(), self.tuning)
        self.memory, self.latest = latest.memory, latest
        return latest

    def orders(self) -> Orders:
        """What is wanted now."""
        orders = orders_of(self.rows)
        cells = np.zeros(self.rows.cell_count, np.bool_)
        cells[list(self.paused_cells)] = True
        mode = orders.mode
        if self.mode is not None:
            mode = np.full_like(mode, tuple(EqualizationMode).index(self.mode))
        paused = np.full(self.rows.string_count, self.paused)
        return replace(orders, paused=paused, paused_cells=cells, mode=mode, inhibits=self.inhibits)

    def summary(self, string: int = 0) -> EqualizationSummary:
        """What is shown of a string after the last tick."""
        assert self.latest is not None
        return self.latest.summary(self.rows, string)


def ticking(*strings: String, **how: object) -> Ticking:
    """Begin with some strings."""
    return Ticking(strings=strings, **how)  # type: ignore[arg-type]


def slowly(*strings: String, **how: object) -> Ticking:
    """Begin with ticks that are minutes long, for what takes hours and days."""
    return ticking(*strings, step_s=LONG_S, tuning=Tuning(longest_step_s=LONG_S), **how)
