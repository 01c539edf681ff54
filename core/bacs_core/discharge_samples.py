"""What a tick tells of strings, as far as discharges need it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bacs_core.api.discharge_messages import Battery
from bacs_core.control import Conclusions
from bacs_core.history.discharges.ledger import MS_PER_S
from bacs_core.history.discharges.samples import Samples, none
from bacs_core.model import Quantity
from bacs_core.snapshot import Floats, Snapshot


@dataclass(slots=True)
class Sample:
    """One tick of one string; `at` is in unix milliseconds, NaN stands for unknown."""

    at: int
    voltage_v: Floats
    temperature_c: Floats
    sum_v: float
    current_a: float


@dataclass(slots=True)
class TickFrame:
    """What a tick told of all strings, in rows, as far as discharges need it."""

    now: float
    voltage_v: Floats
    temperature_c: Floats
    current_a: Floats
    slices: dict[str, slice]
    sum_v: dict[str, float]

    @classmethod
    def of(cls, told: Conclusions, snapshot: Snapshot) -> TickFrame:
        """Take it out of a tick."""
        frame = told.frame
        return cls(
            now=frame.now,
            voltage_v=frame.known(Quantity.VOLTAGE),
            temperature_c=frame.known(Quantity.TEMPERATURE),
            current_a=frame.current_a,
            slices=frame.rows.slices,
            sum_v={key: _sum_v(snapshot, key) for key in frame.rows.slices},
        )

    def sample(self, key: str, place: int) -> Sample:
        """Return what it told of the string at `place`."""
        cells = self.slices[key]
        return Sample(
            at=round(self.now * MS_PER_S),
            voltage_v=self.voltage_v[cells],
            temperature_c=self.temperature_c[cells],
            sum_v=self.sum_v[key],
            current_a=float(self.current_a[place]),
        )


def joined(samples: Sequence[Sample], battery: Battery) -> Samples:
    """Put ticks, oldest first, into columns."""
    if not samples:
        return none(battery)
    return Samples(
        np.array([sample.at for sample in samples]),
        np.array([sample.voltage_v for sample in samples]),
        np.array([sample.temperature_c for sample in samples]),
        np.array([sample.sum_v for sample in samples]),
        np.array([sample.current_a for sample in samples]),
    )


def _sum_v(snapshot: Snapshot, key: str) -> float:
    string = snapshot.strings[key]
    if string.summary.sum_voltage_v is not None:
        return string.summary.sum_voltage_v
    mean_v = string.summary.target_voltage_v
    return float("nan") if mean_v is None else mean_v * string.string.cell_count
