"""Finds discharges in samples that nobody watched as they were measured.

The rules are those of the engine: the charge phase is worked out anew from the samples, and what is
a discharge is told from the phases as in `following`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from bacs_core.api.discharge_messages import Battery
from bacs_core.estimation import DEFAULT, phase
from bacs_core.estimation.tuning import Plant, plant_of
from bacs_core.frame import Frame, frame_of
from bacs_core.history.discharges.capacities import string_of
from bacs_core.history.discharges.following import Following, Turn, follow
from bacs_core.history.discharges.ledger import MS_PER_S
from bacs_core.history.discharges.samples import Samples, samples_of
from bacs_core.history.measured import Block
from bacs_core.model import ChargePhase, Quantity
from bacs_core.rows import Rows, rows_of
from bacs_core.snapshot import Column, Floats

#: Between samples further apart nobody knows what the voltage did.
_LONGEST_STEP_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Found:
    """A discharge from `began` to `last`, unix milliseconds; one that `runs` has no end yet."""

    began: int
    last: int
    runs: bool


def discharges_in(blocks: Iterable[Block], battery: Battery) -> list[Found]:
    """Return the discharges in samples of a string, oldest first."""
    found: list[Found] = []
    state = Following()
    for now, seen in _phases(blocks, battery):
        state, turn = follow(state, seen, now, recharge_over=True)
        if turn is Turn.ENDED:
            found.append(_found(state, runs=False))
    if state.runs:
        found.append(_found(state, runs=True))
    return found


def _found(state: Following, *, runs: bool) -> Found:
    return Found(round(state.began_at * MS_PER_S), round(state.last_at * MS_PER_S), runs)


def _phases(blocks: Iterable[Block], battery: Battery) -> Iterator[tuple[float, ChargePhase]]:
    rows = rows_of((string_of(battery),))
    plant: Plant = plant_of(rows, DEFAULT)
    # How far the sensor errs is not kept with the samples: what can tell rest from discharge.
    error_a = DEFAULT.telling_a_per_ah * plant.capacity_ah
    memory = phase.initial(rows)
    before: float | None = None
    for block in blocks:
        samples = samples_of(block, battery)
        for place, at in enumerate(samples.at.tolist()):
            now = at / MS_PER_S
            step_s = 0.0 if before is None else now - before
            frame = _frame(rows, samples, place, error_a)
            current = phase.Current(frame.current_a, error_a, np.abs(frame.current_a) > error_a)
            dt_s = step_s if 0 <= step_s <= _LONGEST_STEP_S else 0.0
            memory = phase.follow(frame, plant, memory, current, dt_s, plant.float_v, DEFAULT)
            before = now
            yield now, ChargePhase(int(memory.phase[0]))


def _frame(rows: Rows, samples: Samples, place: int, error_a: Floats) -> Frame:
    now, voltage_v = float(samples.at[place]) / MS_PER_S, samples.voltage_v[place]
    read_at = np.where(np.isnan(voltage_v), np.nan, now)
    columns = dict.fromkeys(Quantity, Column.absent(rows.cell_count))
    unknown = np.full(1, np.nan)
    return frame_of(
        rows,
        now,
        {**columns, Quantity.VOLTAGE: Column(voltage_v, read_at)},
        module_status=np.zeros(rows.cell_count, np.uint16),
        current_a=samples.current_a[[place]],
        current_error_a=error_a,
        ac_current_a=unknown,
        room_c=unknown,
    )
