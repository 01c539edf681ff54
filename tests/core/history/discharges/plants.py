"""Discharges of the simulator's plant, in process, as blocks of measurements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np

from bacs_core.api.discharge_messages import Battery, Discharge, DischargeAnalysis, DischargeKind
from bacs_core.frame import Frame
from bacs_core.history.discharges import analysing, folding
from bacs_core.history.discharges.analysing import Seen
from bacs_core.history.discharges.capacities import Start
from bacs_core.history.discharges.describing import battery_of
from bacs_core.history.discharges.folding import Fold
from bacs_core.history.discharges.samples import Samples, samples_of
from bacs_core.history.measured import Block
from bacs_core.model import Quantity, String
from bacs_core.simulator.building import PlantOptions
from bacs_core.simulator.plant import Plant
from bacs_core.snapshot import Floats
from tests.core.equalization.build import START, a_string

STEP_S = 10.0
STRING = a_string(12, capacity_ah=100.0)
BLOCKS = a_string(8, cell_voltage_v=12.0, capacity_ah=100.0, module_type="C24")
Act = Callable[[Plant, float], None]


def block_of(frame: Frame, string: String) -> Block:
    """One sample as the history would give it."""
    cells = frame.rows.slices[string.key]
    place = frame.rows.strings.index(string)
    columns: dict[str, Floats] = {
        quantity: frame.known(quantity)[cells][np.newaxis] for quantity in Quantity
    }
    sum_v = columns[Quantity.VOLTAGE].sum()
    return Block(
        string.key,
        np.array([round(frame.now * 1000)]),
        columns,
        {
            "sum_voltage_v": np.array([sum_v]),
            "target_voltage_v": frame.target_v[[place]],
            "current_a": frame.current_a[[place]],
            "room_temperature_c": frame.room_c[[place]],
        },
    )


def joined_blocks(blocks: list[Block]) -> Block:
    return Block(
        blocks[0].string_key,
        np.concatenate([block.at for block in blocks]),
        {
            name: np.concatenate([block.columns[name] for block in blocks])
            for name in blocks[0].columns
        },
        {
            name: np.concatenate([block.scalars[name] for block in blocks])
            for name in blocks[0].scalars
        },
    )


@dataclass
class Run:
    """A plant of one string that was discharged once."""

    string: String = STRING
    plant: Plant = field(init=False)
    blocks: list[Block] = field(default_factory=list)
    options: PlantOptions = field(default_factory=lambda: PlantOptions(seed=3, spread_v=0.01))
    started: float = 0.0
    ended: float = 0.0
    true_ah: float = 0.0
    true_wh: float = 0.0

    def __post_init__(self) -> None:
        self.plant = Plant([self.string], self.options)

    @property
    def battery(self) -> Battery:
        return battery_of(self.string)

    def live(self, seconds: float, step_s: float = STEP_S, act: Act | None = None) -> None:
        """Let time pass and measure at the end of each step."""
        for _ in range(round(seconds / step_s)):
            if act is not None:
                act(self.plant, self.plant.time_s)
            before = self.plant.truth_rows()
            self.plant.advance(step_s)
            after = self.plant.truth_rows()
            if self.started and not self.ended:
                flows_a = -(before.string_current_a[0] + after.string_current_a[0]) / 2
                stands_v = (before.string_voltage_v[0] + after.string_voltage_v[0]) / 2
                self.true_ah += flows_a * step_s / 3600
                self.true_wh += flows_a * stands_v * step_s / 3600
            self.blocks.append(block_of(self.plant.frame(START), self.string))

    def discharge(
        self,
        load_a: float,
        seconds: float,
        step_s: float = STEP_S,
        act: Act | None = None,
        until: Callable[[Plant], bool] | None = None,
    ) -> None:
        """Take the charger away and draw a current."""
        self.plant.set_charger(None, on=False)
        self.plant.set_load_current(None, load_a)
        self.plant.advance(0.1)
        self.started = START + self.plant.time_s
        self.blocks.append(block_of(self.plant.frame(START), self.string))
        for _ in range(round(seconds / step_s)):
            self.live(step_s, step_s, act)
            if until is not None and until(self.plant):
                break
        self.ended = START + self.plant.time_s

    def recharge(self, seconds: float = 60.0) -> None:
        self.plant.set_load_current(None, 0.0)
        self.plant.set_charger(None, on=True)
        self.live(seconds)

    def rest(self, seconds: float = 60.0) -> None:
        self.plant.set_load_current(None, 0.0)
        self.live(seconds)

    @property
    def start(self) -> Start:
        """A string that floated for long is full."""
        count = self.string.cell_count
        return Start(np.full(count, 100.0), np.full(count, 1.0), np.full(count, np.nan), 0.1)

    def samples(self) -> Samples:
        return samples_of(joined_blocks(self.blocks), self.battery)

    def fold(self, per_block: int | None = None) -> Fold:
        """Fold what belongs to the discharge; in blocks of so many samples, else in one."""
        fold = folding.begun(self.battery, round(self.started * 1000))
        every = self.samples()
        every = every.where(every.at <= self.ended * 1000)
        width = per_block or len(every.at)
        for first in range(0, len(every.at), width):
            part = np.zeros(len(every.at), np.bool_)
            part[first : first + width] = True
            fold = folding.added(fold, every.where(part))
        return fold

    def after(self) -> Samples:
        every = self.samples()
        return every.where(every.at > self.ended * 1000)

    def analysis(
        self, start: Start | None = None, seen: Seen | None = None, fold: Fold | None = None
    ) -> DischargeAnalysis:
        fold = self.fold() if fold is None else fold
        start = self.start if start is None else start
        return analysing.analysed(
            discharge_of(fold, start, seen), fold, start, after=self.after(), final=True
        )


def discharge_of(fold: Fold, start: Start, seen: Seen | None = None) -> Discharge:
    return Discharge(
        id=1,
        battery=fold.battery,
        kind=DischargeKind.DISCHARGE,
        started_at=moment(fold.started),
        ended_at=moment(fold.ledger.last_at),
        figures=analysing.figures(fold, start, fold.ledger.last_at, seen or Seen()),
    )


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def without_current(run: Run) -> Run:
    """The same run on a string without a current sensor."""
    unknown = [
        replace(block, scalars={**block.scalars, "current_a": np.array([np.nan])})
        for block in run.blocks
    ]
    other = Run(run.string)
    other.blocks, other.started, other.ended = unknown, run.started, run.ended
    return other
