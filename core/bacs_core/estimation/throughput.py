"""Counts what goes into and out of each string, tick by tick.

    out    = -I dt                                   for I < 0
    stored = acceptance (I - I_gas) dt               for I > I_gas
    I_gas  = i C 2^((T-25)/Td) 10^((V-V_float)/b)    what a full cell takes and does not keep

A current within what the zero of the sensor may be off counts as none. How far a count may be wrong
is counted with it: by the gain of the sensor, by what a cell keeps, and by the zero for as long as
no charger holds the string in float. No Peukert law is in it: a charge is what can be taken out in
the rated time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bacs_core.estimation import phase
from bacs_core.estimation.tuning import REFERENCE_C, SECONDS_PER_HOUR, Plant, Tuning
from bacs_core.frame import Frame
from bacs_core.model import Quantity
from bacs_core.rows import Rows
from bacs_core.snapshot import Flags, Floats

#: So far the law of the gassing current is used.
_DECADES: Final = (-3.0, 1.5)


@dataclass(frozen=True, slots=True)
class Throughput:
    """What went through each string since the cells were last worked on, in ampere-hours.

    `given_ah` went out, `stored_ah` in and stays. `doubt_ah` is how far that may be wrong by the
    gain of the sensor and by what a cell keeps, `blind_ah` by the zero of the sensor, which may be
    off by `zero_error_a`. The current was counted for `counted_s`. `unknown_s` is for how long it
    has been unknown, `lost` where that is too long; `gas_a` is the current that is not kept.
    """

    given_ah: Floats
    stored_ah: Floats
    doubt_ah: Floats
    blind_ah: Floats
    counted_s: Floats
    span_s: float
    zero_error_a: Floats
    unknown_s: Floats
    lost: Flags
    gas_a: Floats


def initial(rows: Rows) -> Throughput:
    """Begin with nothing counted."""
    none = np.zeros(rows.string_count)
    unknown = np.full(rows.string_count, np.nan)
    no = np.zeros(rows.string_count, np.bool_)
    return Throughput(none, none, none, none, none, 0.0, unknown, none, no, none)


def count(
    memory: Throughput,
    seen: phase.Memory,
    current: phase.Current,
    zero_error_a: Floats,
    gap_s: float,
    tuning: Tuning,
) -> Throughput:
    """Count the `gap_s` since the last tick; after a long one nothing but doubt is added."""
    hours = gap_s / SECONDS_PER_HOUR
    floats = seen.phase == phase.FLOAT
    follows = gap_s <= tuning.longest_step_s
    known = np.isfinite(current.a) & np.isfinite(zero_error_a) & follows
    blind_a = np.where(floats, 0.0, zero_error_a)
    unknown_s, lost = np.zeros(len(known)), memory.lost
    if np.count_nonzero(known) < len(known):
        # Charge that is not seen is bounded by the current that was seen last.
        guessed_a = np.where(floats, 0.0, np.abs(seen.smooth_a))
        unknown_s = np.where(known | (floats & follows), 0.0, memory.unknown_s + gap_s)
        lost = lost | (~known & np.isnan(guessed_a)) | (unknown_s > tuning.longest_gap_s)
        blind_a = np.where(known, blind_a, guessed_a)
    if np.count_nonzero(lost):
        blind_a = np.where(lost, 0.0, blind_a)
    counted = known & (np.abs(current.a) > zero_error_a)
    flows_a = np.where(counted, current.a, 0.0)
    taken_a = np.maximum(flows_a, 0.0)
    kept_a = tuning.acceptance * np.maximum(taken_a - memory.gas_a, 0.0)
    doubt_a = (
        tuning.gain_error * np.abs(flows_a)
        + tuning.acceptance_error * kept_a
        + tuning.gas_error * np.minimum(taken_a, memory.gas_a)
    )
    return Throughput(
        given_ah=memory.given_ah - hours * np.minimum(flows_a, 0.0),
        stored_ah=memory.stored_ah + hours * kept_a,
        doubt_ah=memory.doubt_ah + hours * doubt_a,
        blind_ah=memory.blind_ah + hours * blind_a,
        counted_s=memory.counted_s + np.where(counted, gap_s, 0.0),
        span_s=memory.span_s + gap_s,
        zero_error_a=zero_error_a,
        unknown_s=unknown_s,
        lost=lost,
        gas_a=memory.gas_a,
    )


def begun(frame: Frame, plant: Plant, memory: Throughput) -> Throughput:
    """Begin a new count; what a full cell would not keep is brought up to now."""
    rows = frame.rows
    none = np.zeros(rows.string_count)
    temperature_c = rows.mean(
        frame.columns[Quantity.TEMPERATURE].values, frame.fresh[Quantity.TEMPERATURE]
    )
    temperature_c = np.where(np.isfinite(temperature_c), temperature_c, frame.room_c)
    warmer_k = np.where(np.isfinite(temperature_c), temperature_c - REFERENCE_C, 0.0)
    decades = np.clip((frame.target_v - plant.float_v) / plant.gas_slope_v, *_DECADES)
    gas_a = plant.gas_a * 2 ** (warmer_k / plant.gas_doubling_k) * 10**decades
    gas_a = np.where(np.isfinite(gas_a), gas_a, memory.gas_a)
    return replace(
        memory,
        given_ah=none,
        stored_ah=none,
        doubt_ah=none,
        blind_ah=none,
        counted_s=none,
        span_s=0.0,
        lost=np.zeros(rows.string_count, np.bool_),
        gas_a=gas_a,
    )
