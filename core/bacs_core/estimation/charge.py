"""Charge per cell and string: what a device says, else counted from the last proof.

    charge = that of the proof - 100 (out - stored + bled) / C

A proof is a stable float or the end of a constant voltage (`recharge`), a rest voltage, or the
voltage in a discharge (`voltage`). A proof replaces the count where it is more certain; a full
charge, and a cell at its end voltage, also where the count says otherwise. The uncertainty of a
count is the square sum of that of its proof, of what the sensor and the acceptance may have made of
what has moved, and of the capacity for what has moved since. Before the first proof, and when a
count has become too uncertain, the charge is NaN: never an unmeasured 100 %. Only while full is
proven is anything above 99 % said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.estimation import phase
from bacs_core.estimation.estimates import Estimate
from bacs_core.estimation.recharge import Memory as Recharge
from bacs_core.estimation.throughput import Throughput
from bacs_core.estimation.tuning import SECONDS_PER_HOUR, Plant, Tuning
from bacs_core.estimation.voltage import Told
from bacs_core.frame import Frame
from bacs_core.model import Basis, Quantity
from bacs_core.rows import Rows
from bacs_core.snapshot import Flags, Floats

_ALL: Final = 100.0
_DEVICE: Final = np.uint8(Basis.DEVICE)
#: Until more than this has moved a value is that of its proof; then it is counted from it.
_MOVED_PERCENT: Final = 0.5
#: Full is proven anew at every look; one that is older is none.
_FULL_HOLDS_S: Final = 60.0
#: A proof by voltage has to be better by so much, or noise would move the value.
_BETTER_PERCENT: Final = 0.5


@dataclass(frozen=True, slots=True)
class Memory:
    """The count, per cell.

    `proven` is the charge in percent at the proof of time `at`, uncertain by `proof_error`; NaN
    where there is none. `taken_ah` is what went out since then, less what went in; `doubt_ah` and
    `blind_ah` gather beside it.
    """

    proven: Floats
    taken_ah: Floats
    proof_error: Floats
    doubt_ah: Floats
    blind_ah: Floats
    basis: NDArray[np.uint8]
    at: Floats


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the count divides by, per cell: ampere-hours, and how far they may be off as a share."""

    ah: Floats
    error: Floats


@dataclass(frozen=True, slots=True)
class WithDevices:
    """The charge with what devices say in its place, and what it was made of."""

    counted: Estimate
    says: Flags
    told: Estimate


def initial(rows: Rows) -> Memory:
    """Begin without a proof."""
    unknown = np.full(rows.cell_count, np.nan)
    none = np.zeros(rows.cell_count)
    basis = np.full(rows.cell_count, Basis.NONE, np.uint8)
    return Memory(unknown, none, unknown, none, none, basis, unknown)


def shifted(memory: Memory, step_s: float) -> Memory:
    """Return the memory with its times moved by a step of the clock."""
    return replace(memory, at=memory.at + step_s)


def replaced(memory: Memory, row: int) -> Memory:
    """Return the memory with one cell of which nothing is known."""
    here = np.arange(len(memory.at)) == row
    return _forgotten(memory, here)


def count(
    frame: Frame, plant: Plant, memory: Memory, moved: Throughput, capacity: Capacity
) -> Memory:
    """Return the memory with what moved since the last time counted in."""
    rows = frame.rows
    taken_ah = memory.taken_ah + rows.spread(moved.given_ah - moved.stored_ah)
    if plant.any_bypass and moved.counted_s.any():
        duty = frame.known(Quantity.DUTY)
        bled_ah = duty * plant.cell_bypass_a * rows.spread(moved.counted_s) / SECONDS_PER_HOUR
        taken_ah += np.where(np.isfinite(bled_ah), bled_ah, 0.0)
    memory = replace(
        memory,
        taken_ah=_within(taken_ah, memory.proven, capacity),
        doubt_ah=memory.doubt_ah + rows.spread(moved.doubt_ah),
        blind_ah=memory.blind_ah + rows.spread(moved.blind_ah),
    )
    if moved.lost.any():
        memory = _forgotten(memory, rows.spread(moved.lost))
    return memory


def _within(taken_ah: Floats, proven: Floats, capacity: Capacity) -> Floats:
    """Keep a count between empty and full."""
    share_ah = capacity.ah / _ALL
    return np.clip(taken_ah, (proven - _ALL) * share_ah, proven * share_ah)


def percent_of(memory: Memory, capacity: Capacity) -> Floats:
    """Return the charge of the cells, NaN where unknown."""
    return memory.proven - _ALL * memory.taken_ah / capacity.ah


def error_of(memory: Memory, capacity: Capacity) -> Floats:
    """Return how far the charge may be off, in percent."""
    squares = (memory.taken_ah * capacity.error) ** 2 + (memory.doubt_ah + memory.blind_ah) ** 2
    return np.sqrt(memory.proof_error**2 + squares * (_ALL / capacity.ah) ** 2)


def prove_full(
    frame: Frame,
    memory: Memory,
    recharge: Recharge,
    full: Flags,
    capacity: Capacity,
    tuning: Tuning,
) -> Memory:
    """Take what a constant voltage proves; `full` marks strings with a float that proves all."""
    held = np.isfinite(recharge.held_since)
    held &= frame.now - recharge.held_since >= tuning.proof_s
    if not held.any():
        return memory
    missing = recharge.missing_percent
    shown = np.where(missing <= tuning.shown_full_percent, 0.0, missing / 2)
    floor = np.where(full, tuning.full_error_percent, tuning.near_full_error_percent)
    error = shown + np.where(
        missing <= tuning.shown_full_percent, np.maximum(floor, missing), floor
    )
    held &= error <= tuning.proof_error_percent
    rows = frame.rows
    told = Told(rows.spread(_ALL - shown), rows.spread(np.where(held, error, np.nan)))
    held_cells = rows.spread(held)
    return take(
        frame, memory, told, Basis.PROVEN_FULL, capacity, better_by=0.0, overrules=held_cells
    )


def take(
    frame: Frame,
    memory: Memory,
    told: Told | None,
    basis: Basis,
    capacity: Capacity,
    *,
    better_by: float = _BETTER_PERCENT,
    overrules: Flags | None = None,
) -> Memory:
    """Let a proof replace the count where it is better by some percent.

    Where it `overrules` it does so too if the count cannot be right beside it: a curve of voltages
    may not fit the battery, but at its end voltage a cell is empty.
    """
    if told is None:
        return memory
    error = error_of(memory, capacity)
    takes = np.isfinite(told.error) & (np.isnan(error) | (told.error <= error - better_by))
    if overrules is not None:
        apart = np.abs(told.percent - percent_of(memory, capacity)) > told.error + error
        takes |= overrules & apart
    if not takes.any():
        return memory
    return Memory(
        proven=np.where(takes, told.percent, memory.proven),
        taken_ah=np.where(takes, 0.0, memory.taken_ah),
        proof_error=np.where(takes, told.error, memory.proof_error),
        doubt_ah=np.where(takes, 0.0, memory.doubt_ah),
        blind_ah=np.where(takes, 0.0, memory.blind_ah),
        basis=np.where(takes, basis, memory.basis).astype(np.uint8),
        at=np.where(takes, frame.now, memory.at),
    )


def forget_uncertain(memory: Memory, capacity: Capacity, tuning: Tuning) -> Memory:
    """Forget the counts that have become worth too little."""
    worthless = error_of(memory, capacity) > tuning.most_error_percent
    return _forgotten(memory, worthless) if worthless.any() else memory


def _forgotten(memory: Memory, cells: Flags) -> Memory:
    def unknown(values: Floats) -> Floats:
        return np.where(cells, np.nan, values)

    return Memory(
        proven=unknown(memory.proven),
        taken_ah=np.where(cells, 0.0, memory.taken_ah),
        proof_error=unknown(memory.proof_error),
        doubt_ah=np.where(cells, 0.0, memory.doubt_ah),
        blind_ah=np.where(cells, 0.0, memory.blind_ah),
        basis=np.where(cells, Basis.NONE, memory.basis).astype(np.uint8),
        at=unknown(memory.at),
    )


def published(
    frame: Frame, memory: Memory, recharge: Recharge, capacity: Capacity, tuning: Tuning
) -> Estimate:
    """Return what is said of the cells; only a held voltage with nothing missing may say 100 %."""
    full = np.isfinite(recharge.held_since)
    full &= recharge.missing_percent <= tuning.shown_full_percent
    now_full = frame.rows.spread(full) & (frame.now - memory.at <= _FULL_HOLDS_S)
    most = np.where(now_full, _ALL, tuning.unproven_percent)
    percent = np.clip(percent_of(memory, capacity), 0.0, most)
    counted = np.abs(memory.taken_ah) > _MOVED_PERCENT / _ALL * capacity.ah
    basis = np.where(counted, Basis.COUNTED, memory.basis)
    return Estimate(percent, error_of(memory, capacity), basis.astype(np.uint8), memory.at)


def of_strings(frame: Frame, charge: Estimate, capacity: Capacity) -> Estimate:
    """Return what can be taken out of each string, in percent of what it can give when full.

    The cell with the least left decides, and the cell with the least capacity what is full. Unknown
    where fewer than half the cells are known.
    """
    rows = frame.rows
    known = np.isfinite(charge.value)
    left_ah = charge.value * capacity.ah
    least_ah = rows.least(left_ah, known)
    weakest_ah = rows.least(capacity.ah, known)
    decides = known & (left_ah <= rows.spread(least_ah))
    enough = 2 * rows.total(known) >= rows.counts

    def of_deciding(values: Floats) -> Floats:
        return np.where(enough, rows.most(values, decides), np.nan)

    basis = rows.most(charge.basis.astype(np.float64), decides)
    return Estimate(
        value=np.where(enough, np.minimum(least_ah / weakest_ah, _ALL), np.nan),
        uncertainty=of_deciding(charge.uncertainty),
        basis=np.where(enough & np.isfinite(basis), basis, Basis.NONE).astype(np.uint8),
        at=of_deciding(charge.at),
    )


def with_devices(frame: Frame, charge: Estimate, before: WithDevices | None) -> WithDevices:
    """Return the charge with what devices say of it in its place; `before` is what was last said.

    Where the same cells say it, only their values and times are put in anew.
    """
    says = frame.fresh[Quantity.CHARGE]
    column = frame.columns[Quantity.CHARGE]
    counted = None if before is None else before.counted
    if before is not None and counted is charge and says is before.says:
        uncertainty, basis = before.told.uncertainty, before.told.basis
    else:
        uncertainty = np.where(says, np.nan, charge.uncertainty)
        basis = np.where(says, _DEVICE, charge.basis)
    told = Estimate(
        value=np.where(says, column.values, charge.value),
        uncertainty=uncertainty,
        basis=basis,
        at=np.where(says, column.read_at, charge.at),
    )
    return WithDevices(charge, says, told)


def full_strings(plant: Plant, seen: phase.Memory, moved: Throughput, tuning: Tuning) -> Flags:
    """Tell which strings take next to nothing, the sensor's error included."""
    flows_a = np.abs(seen.smooth_a) + moved.zero_error_a
    return flows_a <= tuning.full_a_per_ah * plant.capacity_ah
