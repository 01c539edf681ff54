"""Tells what the charger does with each string: discharge, rest, bulk, absorption or float.

A current sensor answers where the current is beyond its stated error; a float current mostly is
not. Then the mean cell voltage answers: it is far below float, or falls although a charger would
hold it, or stands where a charger holds it. A charger holds a voltage once its mean over ten
minutes has risen by less than one percent within thirty while the current fell, or within ninety;
the moment it got there is then known. A string that floats keeps floating until the voltage leaves
the float: a current that rises at a constant voltage is no recharge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bacs_core.estimation.tuning import Plant, Tuning
from bacs_core.frame import Frame
from bacs_core.model import ChargePhase, Quantity
from bacs_core.rows import Rows
from bacs_core.snapshot import Flags, Floats

# Numbers, for a member of an enumeration is slow to look up and to compare with an array.
UNKNOWN: Final = np.uint8(ChargePhase.UNKNOWN)
DISCHARGE: Final = np.uint8(ChargePhase.DISCHARGE)
REST: Final = np.uint8(ChargePhase.REST)
BULK: Final = np.uint8(ChargePhase.BULK)
ABSORPTION: Final = np.uint8(ChargePhase.ABSORPTION)
FLOAT: Final = np.uint8(ChargePhase.FLOAT)

#: A boost charge is over when the voltage has sunk to less than this share of where it stood.
_SUNK_TO: Final = 0.97
#: After one the current is still this many times that of the tail.
_AFTER_BOOST: Final = 4.0
#: A charger floats within this share of its setting.
_FLOATS_WITHIN: Final = 0.015
#: An average this share above the float setting is that of a boost charge.
_BOOSTED: Final = 1.01


@dataclass(frozen=True, slots=True)
class Current:
    """The string currents as they are judged: `a` has the learnt zero of the sensor taken off."""

    a: Floats
    error_a: Floats
    clear: Flags


@dataclass(frozen=True, slots=True)
class Memory:
    """What was seen of the mean voltage of each string.

    Per cell: `seen_v` was read last, of which the `counted` were trusted; `mean_v` was their mean.

    `level_v` follows the mean by its changes alone, so that a cell that is lost or found moves
    nothing; `held_v` is its average over the last hour, `smooth_v` over ten minutes. `peak_v` is
    where it stood when it last rose, at `peak_at`, and `peak_a` the current then. `away`: no
    charger holds the string; `steady`: it stands where its charger floats, and does not fall.
    """

    seen_v: Floats
    counted: Flags
    mean_v: Floats
    level_v: Floats
    held_v: Floats
    smooth_v: Floats
    smooth_a: Floats
    peak_v: Floats
    peak_a: Floats
    peak_at: Floats
    well_since: Floats
    seen_at: Floats
    away: Flags
    boosted: Flags
    steady: Flags
    phase: NDArray[np.uint8]
    since: Floats


def initial(rows: Rows) -> Memory:
    """Begin without knowing anything."""
    unknown = np.full(rows.string_count, np.nan)
    no = np.zeros(rows.string_count, np.bool_)
    return Memory(
        seen_v=np.full(rows.cell_count, np.nan),
        counted=np.zeros(rows.cell_count, np.bool_),
        mean_v=unknown,
        level_v=unknown,
        held_v=unknown,
        smooth_v=unknown,
        smooth_a=unknown,
        peak_v=unknown,
        peak_a=unknown,
        peak_at=unknown,
        well_since=unknown,
        seen_at=unknown,
        away=no,
        boosted=no,
        steady=no,
        phase=np.full(rows.string_count, UNKNOWN),
        since=unknown,
    )


def shifted(memory: Memory, step_s: float) -> Memory:
    """Return the memory with its times moved by a step of the clock."""
    return replace(
        memory,
        peak_at=memory.peak_at + step_s,
        well_since=memory.well_since + step_s,
        seen_at=memory.seen_at + step_s,
        since=memory.since + step_s,
    )


def follow(
    frame: Frame,
    plant: Plant,
    memory: Memory,
    current: Current,
    dt_s: float,
    setting_v: Floats,
    tuning: Tuning,
) -> Memory:
    """Return the memory after this tick.

    `setting_v` is the voltage per cell at which the charger of each string floats; `dt_s` is 0
    after a gap.
    """
    level = _level(frame, memory, current, dt_s, tuning)
    now, mean_v = frame.now, frame.target_v
    gives = current.clear & (current.a < 0)
    takes = current.clear ^ gives
    reference_v = np.where(level.held_v > _BOOSTED * setting_v, setting_v, level.held_v)
    fallen = (reference_v - level.level_v) / plant.float_v
    steady = fallen <= tuning.steady_share
    fell = (fallen > tuning.fall_share) & ~current.clear
    leaves = gives | fell | (~takes & (mean_v < plant.below_v))
    well = (current.clear | steady) & (mean_v >= plant.recovered_v) & ~leaves
    well_since = np.where(well, np.fmin(memory.well_since, now), np.nan)
    away = leaves
    if np.count_nonzero(memory.away):
        away = leaves | (memory.away & ~(well & (now - well_since >= tuning.recovery_s)))
    boosted = memory.boosted | (level.smooth_v > plant.boost_v)
    moved = _moved(level.smooth_v, memory.peak_v, tuning)
    peak_v, peak_a, peak_at = memory.peak_v, memory.peak_a, memory.peak_at
    if np.count_nonzero(moved):
        # An average over that time lags behind by as much.
        peak_at = np.where(moved, now - tuning.smooth_s, peak_at)
        peak_a = np.where(moved, level.smooth_a, peak_a)
    in_band = (mean_v >= plant.float_from_v) & ~(mean_v > plant.boost_v) & ~away
    still_floats = ~takes | (memory.phase == FLOAT) | (level.smooth_a <= plant.tail_a)
    if np.count_nonzero(boosted):
        still_floats |= boosted & (current.a <= _AFTER_BOOST * plant.tail_a)
    floats = in_band & still_floats
    phase = np.where(floats, FLOAT, UNKNOWN)
    if np.count_nonzero(floats | gives) < len(floats):
        off = _without_charger(memory, current, level, away, steady, now, plant, tuning)
        falls = ~takes | (level.smooth_a <= tuning.falls_to * peak_a)
        holds = _holds(now - peak_at, falls, tuning) & (mean_v >= plant.held_from * setting_v)
        charges = takes | (mean_v > plant.boost_v) | in_band
        others = np.where(charges, np.where(holds, ABSORPTION, BULK), off)
        phase = np.where(floats, FLOAT, others)
    known = np.isfinite(mean_v)
    seen_at = np.where(known, now, memory.seen_at)
    if np.count_nonzero(known) < len(known):
        unseen = now - np.fmax(memory.seen_at, memory.since) > tuning.unseen_s
        phase = np.where(known, phase, np.where(unseen, UNKNOWN, memory.phase))
        well_since = np.where(known, well_since, memory.well_since)
        away = np.where(known, away, memory.away | gives)
    phase = np.where(gives, DISCHARGE, phase)
    discharges = phase == DISCHARGE
    if np.count_nonzero(moved | discharges):
        peak_v = np.where(moved | discharges, level.smooth_v, peak_v)
        peak_at = np.where(discharges, now, peak_at)
        boosted &= ~discharges
    phase = _as_before(phase, memory.phase)
    begins = (phase != memory.phase) | np.isnan(memory.since)
    return Memory(
        *level,
        peak_v=peak_v,
        peak_a=peak_a,
        peak_at=peak_at,
        well_since=well_since,
        seen_at=seen_at,
        away=away,
        boosted=boosted,
        steady=(fallen <= tuning.calm_share)
        & (np.abs(mean_v - setting_v) <= _FLOATS_WITHIN * setting_v),
        phase=phase,
        since=np.where(begins, now, memory.since) if np.count_nonzero(begins) else memory.since,
    )


def _as_before(phase: NDArray[np.uint8], before: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the very object from before where it is equal: so all see that nothing has changed."""
    return phase if np.count_nonzero(phase != before) else before


def _without_charger(
    memory: Memory,
    current: Current,
    level: _Level,
    away: Flags,
    steady: Flags,
    now: float,
    plant: Plant,
    tuning: Tuning,
) -> NDArray[np.uint8]:
    """Return the phase that each string has if no charger charges it."""
    tells = (current.error_a <= plant.telling_a) & np.isfinite(current.a)
    was_off = (memory.phase == DISCHARGE) | (memory.phase == REST)
    risen = (level.level_v - level.smooth_v) / plant.float_v
    still = steady & (np.abs(risen) <= tuning.steady_share)
    long = (memory.phase == REST) | (now - memory.since >= tuning.rest_after_s)
    rests = tells | (was_off & still & long)
    return np.where(rests, REST, np.where(away, DISCHARGE, UNKNOWN))


def _moved(smooth_v: Floats, peak_v: Floats, tuning: Tuning) -> Flags:
    """Tell which voltages have risen above where they stood, or have sunk far below."""
    stands = smooth_v <= (1 + tuning.held_share) * peak_v
    return ~stands | (smooth_v < _SUNK_TO * peak_v)


def _holds(stood_s: Floats, falls: Flags, tuning: Tuning) -> Flags:
    """Tell which voltages a charger holds, by how long they stood and what the current did."""
    held: Flags = (stood_s >= tuning.held_s) & (falls | (stood_s >= tuning.held_long_s))
    return held


class _Level(NamedTuple):
    """The first fields of the memory."""

    seen_v: Floats
    counted: Flags
    mean_v: Floats
    level_v: Floats
    held_v: Floats
    smooth_v: Floats
    smooth_a: Floats


def _level(frame: Frame, memory: Memory, current: Current, dt_s: float, tuning: Tuning) -> _Level:
    """Follow the mean voltage by the changes of the cells that were seen both times."""
    seen = (frame.columns[Quantity.VOLTAGE].values, frame.trusted, frame.target_v)
    smooth_a = _averaged(memory.smooth_a, current.a, dt_s, tuning.smooth_s)
    if dt_s == 0:
        mean_v = np.where(np.isfinite(frame.target_v), frame.target_v, memory.level_v)
        return _Level(*seen, mean_v, mean_v, mean_v, smooth_a)
    level_v = memory.level_v + _change_v(frame, memory)
    held_v, smooth_v = memory.held_v, memory.smooth_v
    follows = np.isfinite(level_v)
    if np.count_nonzero(follows) < len(follows):
        mean_v = np.where(np.isfinite(frame.target_v), frame.target_v, memory.level_v)
        level_v = np.where(follows, level_v, mean_v)
        held_v = np.where(follows, held_v, mean_v)
        smooth_v = np.where(follows, smooth_v, mean_v)
    return _Level(
        *seen,
        level_v,
        held_v + _share(dt_s, tuning.fall_s) * (level_v - held_v),
        smooth_v + _share(dt_s, tuning.smooth_s) * (level_v - smooth_v),
        smooth_a,
    )


def _change_v(frame: Frame, memory: Memory) -> Floats:
    """Return by how much the cells that were seen both times have changed, per string."""
    if frame.trusted is memory.counted or not np.count_nonzero(frame.trusted != memory.counted):
        change_v = frame.target_v - memory.mean_v
        if not np.count_nonzero(np.isnan(change_v)):
            return change_v
    # Another cell was lost or found somewhere, or too few are there to make a mean.
    cell_change_v = frame.columns[Quantity.VOLTAGE].values - memory.seen_v
    return frame.rows.mean(cell_change_v, frame.trusted & memory.counted)


def _share(dt_s: float, time_s: float) -> float:
    """Return how far an average over `time_s` moves towards a value in `dt_s`."""
    return -math.expm1(-dt_s / time_s)


def _averaged(average: Floats, value: Floats, dt_s: float, time_s: float) -> Floats:
    """Return the average with `value` in it; an unknown one of them leaves the other."""
    moved = average + _share(dt_s, time_s) * (value - average)
    known = np.isfinite(moved)
    if np.count_nonzero(known) == len(known):
        return moved
    return np.where(known, moved, np.where(np.isfinite(average), average, value))
