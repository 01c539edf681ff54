"""The zero of each string's current sensor, learnt where the true current is known to be small.

An offset is most of what is wrong with a current that is counted over days. It shows in a settled
float, where only the float current flows, and in a rest whose voltage does not fall. What is learnt
stays within the stated error and is never trusted further than to a third of it; it is used to
count and to tell phases, not for the current that is shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bacs_core.estimation import phase
from bacs_core.estimation.tuning import Plant, Tuning
from bacs_core.frame import Frame
from bacs_core.rows import Rows
from bacs_core.snapshot import Floats


@dataclass(frozen=True, slots=True)
class Memory:
    """Per string: what the sensor shows at zero, how far that may be off, and since when.

    `quiet_a` is the average of the reading since `quiet_since`, while it could be a zero.
    """

    zero_a: Floats
    error_a: Floats
    learnt_at: Floats
    quiet_a: Floats
    quiet_since: Floats


def initial(rows: Rows) -> Memory:
    """Begin with the sensor as it is sold."""
    unknown = np.full(rows.string_count, np.nan)
    return Memory(np.zeros(rows.string_count), unknown, unknown, unknown, unknown)


def shifted(memory: Memory, step_s: float) -> Memory:
    """Return the memory with its times moved by a step of the clock."""
    return replace(
        memory,
        learnt_at=memory.learnt_at + step_s,
        quiet_since=memory.quiet_since + step_s,
    )


def judge(frame: Frame, memory: Memory) -> phase.Current:
    """Return the string currents with the zero taken off."""
    current_a = frame.current_a - memory.zero_a
    clear = np.abs(current_a) > frame.current_error_a
    return phase.Current(current_a, frame.current_error_a, clear)


def doubt_a(frame: Frame, memory: Memory, tuning: Tuning) -> Floats:
    """Return how far the zero may still be off: the stated error where none was learnt lately."""
    aged = (frame.now - memory.learnt_at) / tuning.forget_zero_s
    return np.fmin(frame.current_error_a, memory.error_a + aged * frame.current_error_a)


def learn(
    frame: Frame, plant: Plant, memory: Memory, seen: phase.Memory, span_s: float, tuning: Tuning
) -> Memory:
    """Take the reading of this moment as a zero where it can be one; `span_s` since the last."""
    now, error_a = frame.now, frame.current_error_a
    fallen_v = seen.held_v - seen.level_v
    calm = np.abs(fallen_v) <= tuning.steady_share * plant.float_v
    floats = (seen.phase == phase.FLOAT) & (now - seen.since >= tuning.settled_float_s) & calm
    rests = (
        seen.away
        & (frame.target_v < plant.below_v)
        & (fallen_v <= tuning.steady_share * plant.float_v)
        # A charger would soon lift the voltage; what recovers by itself does so slowly.
        & (fallen_v >= -tuning.recovers_share * plant.float_v)
    )
    small = np.abs(frame.current_a) <= tuning.quiet_excess * error_a
    level_a = np.where(np.isfinite(memory.quiet_a), memory.quiet_a, frame.current_a)
    even = np.abs(frame.current_a - level_a) <= error_a
    quiet = (floats | rests) & small & even
    share = min(span_s / tuning.smooth_s, 1.0)
    quiet_a = np.where(quiet, level_a + share * (frame.current_a - level_a), np.nan)
    quiet_since = np.where(quiet, np.fmin(memory.quiet_since, now), np.nan)
    learns = quiet & (now - quiet_since >= tuning.quiet_s)
    flows_a = np.where(floats, plant.gas_a, 0.0)
    zero_a = np.clip(quiet_a - flows_a, -error_a, error_a)
    unseen_a = tuning.rest_a_per_ah * plant.capacity_ah
    left_a = np.minimum(np.maximum(unseen_a, tuning.least_error * error_a), error_a)
    return Memory(
        zero_a=np.where(learns, zero_a, memory.zero_a),
        error_a=np.where(learns, left_a, memory.error_a),
        learnt_at=np.where(learns, now, memory.learnt_at),
        quiet_a=quiet_a,
        quiet_since=quiet_since,
    )
