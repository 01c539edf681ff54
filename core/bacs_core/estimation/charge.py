"""State of charge per cell: what a device says, else counted from the last proven full charge.

    charge = 100 + 100 / C * integral of (I_string - duty * I_bypass)        never above the proof

Full is proven by a stable float: mean voltage near the float setting and a current that is not
above the tail of charging, its error included, for an hour (the float reset of the open battery
monitors). Before that proof, and after current was not measured for a while, the charge is unknown:
NaN, never an unmeasured 100 %. A current inside the sensor's stated error counts as none, and the
bypass then takes what the charger gives.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bacs_core.model import MODULE_TYPES, Quantity, String
from bacs_core.snapshot import Column, Floats, StringReadings, frozen
from bacs_core.summary import fresh_current_a, target_voltage_v, trusted

FLOAT_TOLERANCE: Final = 0.01
TAIL_A_PER_AH: Final = 0.002
PROOF_S: Final = 3600.0
#: Ticks further apart do not count as one observation.
LONGEST_STEP_S: Final = 20.0
#: So long may the current be unknown before the count is worth nothing.
LONGEST_UNKNOWN_S: Final = 60.0
#: What a recharge can count up to before full is proven again.
UNPROVEN_PERCENT: Final = 99.0
SECONDS_PER_HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Memory:
    """The count. `missing_ah` is what each cell lacks to full, NaN before full was ever proven.

    Times are unix seconds: `at` of the last tick, `floating_since` of a float that is not broken.
    """

    missing_ah: Floats
    at: float | None = None
    floating_since: float | None = None
    unknown_s: float = 0.0
    full: bool = False


def initial(string: String) -> Memory:
    """Begin without a proof of full."""
    return Memory(np.full(string.cell_count, np.nan))


def shifted(memory: Memory, step_s: float) -> Memory:
    """Return the memory with its times moved by a step of the clock."""
    since = memory.floating_since
    return replace(
        memory,
        at=None if memory.at is None else memory.at + step_s,
        floating_since=None if since is None else since + step_s,
    )


def estimate(
    string: String, readings: StringReadings, memory: Memory, now: float
) -> tuple[StringReadings, Memory]:
    """Return the readings with the charge column filled, and the new memory.

    A fresh value of the device itself always wins.
    """
    memory = _count(string, readings, memory, now)
    column = readings.columns[Quantity.CHARGE]
    given = column.fresh(now, string.stale_after_s[Quantity.CHARGE])
    counted = _percent(string, memory)
    filled = ~given & np.isfinite(counted)
    if not filled.any():
        return readings, memory
    merged = Column(np.where(filled, counted, column.values), np.where(filled, now, column.read_at))
    frozen(merged.values)
    frozen(merged.read_at)
    return replace(readings, columns={**readings.columns, Quantity.CHARGE: merged}), memory


def _percent(string: String, memory: Memory) -> Floats:
    percent = 100 - 100 * memory.missing_ah / string.capacity_ah
    return np.clip(percent, 0.0, 100.0 if memory.full else UNPROVEN_PERCENT)


def _count(string: String, readings: StringReadings, memory: Memory, now: float) -> Memory:
    gap_s = 0.0 if memory.at is None else max(now - memory.at, 0.0)
    current_a = fresh_current_a(string, readings, now)
    error_a = readings.current_error_a
    if current_a is None or error_a is None or gap_s > LONGEST_STEP_S:
        unknown_s = memory.unknown_s + gap_s
        lost = unknown_s > LONGEST_UNKNOWN_S
        missing_ah = np.full(string.cell_count, np.nan) if lost else memory.missing_ah
        return Memory(missing_ah, at=now, unknown_s=unknown_s)
    missing_ah, full = memory.missing_ah, memory.full
    if abs(current_a) > error_a:
        through_a = current_a - _bypass_a(string, readings, now)
        missing_ah = np.maximum(missing_ah - through_a * gap_s / SECONDS_PER_HOUR, 0.0)
        full = full and current_a > 0
    held = _held_at_float(string, readings, now)
    # Off the charger a current that is too small to be seen empties the cells all the same.
    full = full and held
    floats = held and abs(current_a) + error_a <= TAIL_A_PER_AH * string.capacity_ah
    since = memory.floating_since if floats and memory.floating_since is not None else now
    if floats and now - since >= PROOF_S:
        missing_ah, full = np.zeros(string.cell_count), True
    return Memory(missing_ah, now, since if floats else None, 0.0, full)


def _held_at_float(string: String, readings: StringReadings, now: float) -> bool:
    mean_v = target_voltage_v(readings.columns[Quantity.VOLTAGE], trusted(string, readings, now))
    if mean_v is None:
        return False
    return abs(mean_v - string.float_voltage_v) <= FLOAT_TOLERANCE * string.float_voltage_v


def _bypass_a(string: String, readings: StringReadings, now: float) -> Floats:
    column = readings.columns[Quantity.DUTY]
    fresh = column.fresh(now, string.stale_after_s[Quantity.DUTY])
    module_type = MODULE_TYPES.get(string.module_type)
    full_a = 0.0 if module_type is None else module_type.bypass_current_a
    return np.where(fresh, column.values, 0.0) / 100 * full_a
