"""Counts what goes into and out of each string, tick by tick, ten seconds at once.

    out    = -I dt                                   for I < 0
    stored = acceptance (I - I_gas) dt               for I > I_gas
    I_gas  = i C 2^((T-25)/Td) 10^((V-V_float)/b)    what a full cell takes and does not keep

A current within what the zero of the sensor may be off counts as none. How far a count may be wrong
is counted with it: by the gain of the sensor, by what a cell keeps, and by the zero for as long as
no charger holds the string in float. No Peukert law is in it: a charge is what can be taken out in
the rated time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

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


class Passed(NamedTuple):
    """A tick that is still to be counted: per string what was seen, and the time since the last."""

    phase: NDArray[np.uint8]
    smooth_a: Floats
    current_a: Floats
    zero_error_a: Floats
    gap_s: float


def initial(rows: Rows) -> Throughput:
    """Begin with nothing counted."""
    none = np.zeros(rows.string_count)
    unknown = np.full(rows.string_count, np.nan)
    no = np.zeros(rows.string_count, np.bool_)
    return Throughput(none, none, none, none, none, 0.0, unknown, none, no, none)


def count(memory: Throughput, passed: Sequence[Passed], tuning: Tuning) -> Throughput:
    """Count some ticks: all at once where every current is known, which gives the very same."""
    current_a = np.array([one.current_a for one in passed])
    zero_error_a = np.array([one.zero_error_a for one in passed])
    known = np.isfinite(current_a) & np.isfinite(zero_error_a)
    follow = max(one.gap_s for one in passed) <= tuning.longest_step_s
    if not follow or np.count_nonzero(memory.lost) or np.count_nonzero(known) < known.size:
        for one in passed:
            memory = _counted(memory, one, tuning)
        return memory
    span_s = memory.span_s
    for one in passed:
        span_s += one.gap_s
    gap_s = np.array([[one.gap_s] for one in passed])
    hours = gap_s / SECONDS_PER_HOUR
    floats = np.array([one.phase for one in passed]) == phase.FLOAT
    counted = np.abs(current_a) > zero_error_a
    flows_a = np.where(counted, current_a, 0.0)
    kept_a, doubt_a = _kept_a(flows_a, memory.gas_a, tuning)
    return Throughput(
        given_ah=_summed(memory.given_ah, -(hours * np.minimum(flows_a, 0.0))),
        stored_ah=_summed(memory.stored_ah, hours * kept_a),
        doubt_ah=_summed(memory.doubt_ah, hours * doubt_a),
        blind_ah=_summed(memory.blind_ah, hours * np.where(floats, 0.0, zero_error_a)),
        counted_s=_summed(memory.counted_s, np.where(counted, gap_s, 0.0)),
        span_s=span_s,
        zero_error_a=passed[-1].zero_error_a,
        unknown_s=np.zeros(known.shape[1]),
        lost=memory.lost,
        gas_a=memory.gas_a,
    )


def _summed(before: Floats, more: Floats) -> Floats:
    """Add the rows of `more` one after the other, as tick by tick."""
    sums: Floats = np.add.accumulate(np.concatenate([before[np.newaxis], more]))[-1]
    return sums


def _kept_a(flows_a: Floats, gas_a: Floats, tuning: Tuning) -> tuple[Floats, Floats]:
    """Return what of a current is kept, and how far all of that may be wrong."""
    taken_a = np.maximum(flows_a, 0.0)
    kept_a = tuning.acceptance * np.maximum(taken_a - gas_a, 0.0)
    doubt_a = (
        tuning.gain_error * np.abs(flows_a)
        + tuning.acceptance_error * kept_a
        + tuning.gas_error * np.minimum(taken_a, gas_a)
    )
    return kept_a, doubt_a


def _counted(memory: Throughput, one: Passed, tuning: Tuning) -> Throughput:
    """Count one tick; after a long gap nothing but doubt is added."""
    gap_s, current_a, zero_error_a = one.gap_s, one.current_a, one.zero_error_a
    hours = gap_s / SECONDS_PER_HOUR
    floats = one.phase == phase.FLOAT
    follows = gap_s <= tuning.longest_step_s
    known = np.isfinite(current_a) & np.isfinite(zero_error_a) & follows
    blind_a = np.where(floats, 0.0, zero_error_a)
    unknown_s, lost = np.zeros(len(known)), memory.lost
    if np.count_nonzero(known) < len(known):
        # Charge that is not seen is bounded by the current that was seen last.
        guessed_a = np.where(floats, 0.0, np.abs(one.smooth_a))
        unknown_s = np.where(known | (floats & follows), 0.0, memory.unknown_s + gap_s)
        lost = lost | (~known & np.isnan(guessed_a)) | (unknown_s > tuning.longest_gap_s)
        blind_a = np.where(known, blind_a, guessed_a)
    if np.count_nonzero(lost):
        blind_a = np.where(lost, 0.0, blind_a)
    counted = known & (np.abs(current_a) > zero_error_a)
    flows_a = np.where(counted, current_a, 0.0)
    kept_a, doubt_a = _kept_a(flows_a, memory.gas_a, tuning)
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
