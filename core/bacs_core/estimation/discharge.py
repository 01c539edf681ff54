"""Follows each discharge until it can be told what it says about capacity.

A discharge is one run of the phase of that name with a clear current. What the cells held when it
began is kept, what was taken out is counted, and for each cell the moment is kept at which its
voltage came to the end voltage.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bacs_core.estimation import phase
from bacs_core.estimation.estimates import Estimate
from bacs_core.estimation.throughput import Throughput
from bacs_core.estimation.tuning import SECONDS_PER_HOUR, Plant
from bacs_core.estimation.voltage import NEAR_END_ERROR_PERCENT, Told
from bacs_core.frame import Frame
from bacs_core.model import Quantity
from bacs_core.rows import Rows
from bacs_core.snapshot import Flags, Floats

#: A cell that reads less than this share of its end voltage is no cell at the end of a discharge.
_LEAST_OF_END: Final = 0.8


@dataclass(frozen=True, slots=True)
class Memory:
    """The discharges that run or have just ended.

    Per string: `active`; `given_ah` so far in `hours`; `doubt_ah` by the sensor. Per cell: charge
    and its uncertainty in percent when it began, sum of temperature over time and that time;
    ampere-hours and hours at which the cell came to its end voltage, NaN before; what its voltage
    told last of its charge, in percent. `ended_at` is when the last discharge of a string ended,
    NaN once it is recharged or its rest voltage was taken.
    """

    active: Flags
    given_ah: Floats
    doubt_ah: Floats
    hours: Floats
    start_percent: Floats
    start_error: Floats
    warmth_ch: Floats
    warmth_h: Floats
    ended_ah: Floats
    ended_h: Floats
    last_percent: Floats
    last_error: Floats
    ended_at: Floats


def initial(rows: Rows) -> Memory:
    """Begin without a discharge."""
    none = np.zeros(rows.string_count)
    unknown = np.full(rows.cell_count, np.nan)
    no_warmth = np.zeros(rows.cell_count)
    return Memory(
        active=np.zeros(rows.string_count, np.bool_),
        given_ah=none,
        doubt_ah=none,
        hours=none,
        start_percent=unknown,
        start_error=unknown,
        warmth_ch=no_warmth,
        warmth_h=no_warmth,
        ended_ah=unknown,
        ended_h=unknown,
        last_percent=unknown,
        last_error=unknown,
        ended_at=np.full(rows.string_count, np.nan),
    )


def shifted(memory: Memory, step_s: float) -> Memory:
    """Return the memory with its times moved by a step of the clock."""
    return replace(memory, ended_at=memory.ended_at + step_s)


def follow(
    frame: Frame,
    plant: Plant,
    memory: Memory,
    seen: phase.Memory,
    moved: Throughput,
    charge: Estimate,
    told: Told | None,
) -> tuple[Memory, Flags]:
    """Return the memory, and the strings whose discharge has just ended.

    `charge` is that before this moment's count, `told` what voltages under load tell now.
    """
    goes_on = seen.phase == phase.DISCHARGE
    ended = memory.active & ~goes_on
    begins = goes_on & (moved.given_ah > 0) & ~memory.active
    rests = seen.phase == phase.REST
    ended_at = np.where(ended, frame.now, np.where(rests, memory.ended_at, np.nan))
    if not (goes_on.any() or memory.active.any()):
        return replace(memory, ended_at=ended_at), ended
    rows = frame.rows
    if begins.any():
        memory = _begun(rows, memory, begins, charge)
    runs = memory.active & goes_on
    if told is not None:
        # Far from the end a voltage under load says too little for a capacity.
        tells = told.error <= NEAR_END_ERROR_PERCENT
        memory = replace(
            memory,
            last_percent=np.where(tells, told.percent, memory.last_percent),
            last_error=np.where(tells, told.error, memory.last_error),
        )
    hours = moved.span_s / SECONDS_PER_HOUR
    given_ah = memory.given_ah + np.where(runs, moved.given_ah, 0.0)
    lasted_h = memory.hours + np.where(runs, hours, 0.0)
    temperature_c = frame.known(Quantity.TEMPERATURE)
    room_c = rows.spread(frame.room_c)
    temperature_c = np.where(np.isfinite(temperature_c), temperature_c, room_c)
    warm = rows.spread(runs) & np.isfinite(temperature_c)
    voltage_v = frame.columns[Quantity.VOLTAGE].values
    at_end = (
        rows.spread(runs)
        & frame.fresh[Quantity.VOLTAGE]
        & (voltage_v <= plant.cell_end_v)
        & (voltage_v >= _LEAST_OF_END * plant.cell_end_v)
        & np.isnan(memory.ended_ah)
    )
    memory = replace(
        memory,
        active=runs,
        given_ah=given_ah,
        doubt_ah=memory.doubt_ah + np.where(runs, moved.doubt_ah + moved.blind_ah, 0.0),
        hours=lasted_h,
        warmth_ch=memory.warmth_ch + np.where(warm, hours * temperature_c, 0.0),
        warmth_h=memory.warmth_h + np.where(warm, hours, 0.0),
        ended_ah=np.where(at_end, rows.spread(given_ah), memory.ended_ah),
        ended_h=np.where(at_end, rows.spread(lasted_h), memory.ended_h),
        ended_at=ended_at,
    )
    return memory, ended


def _begun(rows: Rows, memory: Memory, begins: Flags, charge: Estimate) -> Memory:
    cells = rows.spread(begins)
    return Memory(
        active=memory.active | begins,
        given_ah=np.where(begins, 0.0, memory.given_ah),
        doubt_ah=np.where(begins, 0.0, memory.doubt_ah),
        hours=np.where(begins, 0.0, memory.hours),
        start_percent=np.where(cells, charge.value, memory.start_percent),
        start_error=np.where(cells, charge.uncertainty, memory.start_error),
        warmth_ch=np.where(cells, 0.0, memory.warmth_ch),
        warmth_h=np.where(cells, 0.0, memory.warmth_h),
        ended_ah=np.where(cells, np.nan, memory.ended_ah),
        ended_h=np.where(cells, np.nan, memory.ended_h),
        last_percent=np.where(cells, np.nan, memory.last_percent),
        last_error=np.where(cells, np.nan, memory.last_error),
        ended_at=memory.ended_at,
    )


def replaced(memory: Memory, row: int) -> Memory:
    """Return the memory without what the old cell in a row has shown."""
    here = np.arange(len(memory.ended_ah)) == row
    return replace(
        memory,
        start_percent=np.where(here, np.nan, memory.start_percent),
        start_error=np.where(here, np.nan, memory.start_error),
        ended_ah=np.where(here, np.nan, memory.ended_ah),
        ended_h=np.where(here, np.nan, memory.ended_h),
        last_percent=np.where(here, np.nan, memory.last_percent),
        last_error=np.where(here, np.nan, memory.last_error),
    )
