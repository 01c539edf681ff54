"""A recorded time with a discharge, known to the last step: what an export has to give back.

Float charge with the noise of real sensors; on one day a discharge and its recharge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from bacs_core.history.layout import COLUMNS, EQUALIZATION, INHIBITED_BY, SCALARS, StringLayout
from bacs_core.history.measurements.taken import Taken
from bacs_core.history.store import History
from bacs_core.model import EqualizationState, Inhibit, Quantity

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
KEY = "ups-a/1"
DISCHARGE_AFTER = timedelta(hours=9)

Steps = NDArray[np.int32]


@dataclass(frozen=True)
class Day:
    """All samples of a day: unix milliseconds, (samples, columns, cells), (samples, scalars)."""

    start: datetime
    at: NDArray[np.int64]
    columns: Steps
    scalars: Steps

    def column(self, name: str) -> Steps:
        place = next(n for n, track in enumerate(COLUMNS) if track.name == name)
        return self.columns[:, place]

    def scalar(self, name: str) -> Steps:
        place = next(n for n, track in enumerate(SCALARS) if track.name == name)
        return self.scalars[:, place]


@dataclass(frozen=True)
class Recording:
    cells: int
    days: int
    discharge_day: int
    discharge_s: int
    """Half of it discharge, half recharge, all of it recorded every second."""
    every_s: int = 10

    @property
    def layout(self) -> StringLayout:
        return StringLayout(KEY, "ups-a", "String 1", self.cells)

    def write(self, history: History) -> int:
        """Record everything; return the number of samples."""
        count = 0
        kept = np.ones(1, dtype=np.bool_)
        for day in self:
            for at, columns, scalars in zip(
                day.at.tolist(), day.columns, day.scalars[:, np.newaxis], strict=True
            ):
                history.record_taken(Taken(at, (self.layout,), columns, scalars, kept))
            count += len(day.at)
        return count

    def __iter__(self) -> Iterator[Day]:
        """Make the days anew, the same each time."""
        return map(self.day, range(self.days))

    def day(self, number: int) -> Day:
        random = np.random.default_rng(number)
        start = BEGIN + timedelta(days=number)
        second = np.arange(0, 86_400, self.every_s)
        drawn_s = np.zeros(0)
        if number == self.discharge_day:
            begin = int(DISCHARGE_AFTER.total_seconds())
            ticks = np.arange(begin, begin + self.discharge_s)
            second = np.union1d(second, ticks)
        drawn_s = np.clip(second - DISCHARGE_AFTER.total_seconds(), 0, None)
        drawn_s *= (number == self.discharge_day) & (drawn_s < self.discharge_s)
        half = self.discharge_s / 2
        depth = np.clip(np.minimum(drawn_s, self.discharge_s - drawn_s) / half, 0, 1)
        depth *= drawn_s > 0
        current_a = np.where((drawn_s > 0) & (drawn_s < half), -50.0, 0.25)
        current_a = np.where(drawn_s >= half, 20.0, current_a)
        shape = (len(second), self.cells)
        of_cell = np.random.default_rng(1000).normal(0, 0.006, self.cells)
        wave = 0.003 * np.sin(2 * np.pi * second / 86_400)
        voltage_v = 2.25 + of_cell + (wave - 0.35 * depth)[:, np.newaxis]
        voltage_v = voltage_v + random.normal(0, 0.0015, shape)
        # One cell is weak: it collapses before the others.
        voltage_v[:, self.cells // 2] -= 0.4 * depth**4
        values = {
            Quantity.VOLTAGE: voltage_v * 1000,
            Quantity.TEMPERATURE: 250 + 10 * (depth + wave)[:, np.newaxis] + of_cell * 300
            + random.normal(0, 0.3, shape),
            Quantity.RESISTANCE: np.broadcast_to(500 + 3000 * of_cell, shape),
            Quantity.CHARGE: np.broadcast_to((1000 - 400 * depth)[:, np.newaxis], shape),
            Quantity.DUTY: np.clip(of_cell * 4000 + random.normal(0, 1, shape), 0, 200),
        }  # fmt: skip
        columns = np.stack(
            [np.rint(values.get(Quantity(t.name), 0.0)) if t.name != "status" else np.zeros(shape)
             for t in COLUMNS],
            axis=1,
        ).astype(np.int32)  # fmt: skip
        sum_mv = columns[:, 0].sum(axis=1)
        scalars_of = {
            "sum_voltage_v": sum_mv,
            "target_voltage_v": sum_mv // self.cells,
            "mean_charge_percent": 1000 - 400 * depth,
            "current_a": current_a * 1000 + random.normal(0, 50, len(second)),
            "ac_current_a": random.normal(300, 10, len(second)),
            "power_w": sum_mv * current_a / 100,
            "room_temperature_c": np.full(len(second), 215),
            EQUALIZATION: np.where(
                depth > 0,
                tuple(EqualizationState).index(EqualizationState.INHIBITED),
                tuple(EqualizationState).index(EqualizationState.ACTIVE),
            ),
            INHIBITED_BY: np.where(depth > 0, 1 << tuple(Inhibit).index(Inhibit.DISCHARGE), 0),
        }
        scalars = np.stack([np.rint(scalars_of[track.name]) for track in SCALARS], axis=1)
        at = round(start.timestamp() * 1000) + second * 1000
        return Day(start, at, columns, scalars.astype(np.int32))
