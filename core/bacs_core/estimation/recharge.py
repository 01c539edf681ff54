"""Follows each recharge: since when, when the voltage became constant, what may still be missing.

`missing_percent` is the most that a string can lack to full, in percent of its capacity. What is
taken out adds to it. While a charger holds the voltage it falls with the time constant of charging;
and a current `I` that is known to be small then bounds it by `I tau / C`, for it falls no slower. A
recharge is over when the string floats and little can be missing: nothing goes by the time since
the discharge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bacs_core.estimation import phase
from bacs_core.estimation.throughput import Throughput
from bacs_core.estimation.tuning import SECONDS_PER_HOUR, Plant, Tuning
from bacs_core.frame import Frame
from bacs_core.rows import Rows
from bacs_core.snapshot import Floats

_ALL: Final = 100.0


@dataclass(frozen=True, slots=True)
class Memory:
    """Per string. `held_since`: when a constant voltage began that still lasts."""

    missing_percent: Floats
    since: Floats
    absorption_since: Floats
    held_since: Floats


def initial(rows: Rows) -> Memory:
    """Begin with strings that may be empty."""
    unknown = np.full(rows.string_count, np.nan)
    return Memory(np.full(rows.string_count, _ALL), unknown, unknown, unknown)


def shifted(memory: Memory, step_s: float) -> Memory:
    """Return the memory with its times moved by a step of the clock."""
    return replace(
        memory,
        since=memory.since + step_s,
        absorption_since=memory.absorption_since + step_s,
        held_since=memory.held_since + step_s,
    )


def follow(
    memory: Memory, before: phase.Memory, seen: phase.Memory, now: float, tuning: Tuning
) -> Memory:
    """Return the memory after phases went from `before` to `seen`."""
    discharges = seen.phase == phase.DISCHARGE
    ended = (before.phase == phase.DISCHARGE) & ~discharges
    absorbs = seen.phase == phase.ABSORPTION
    charges = absorbs | (seen.phase == phase.BULK)
    since = np.where(ended | (charges & np.isnan(memory.since)), now, memory.since)
    floats = seen.phase == phase.FLOAT
    # A float that follows the boost charge keeps the moment that one began.
    begins = np.isnan(memory.absorption_since) & np.isfinite(since)
    reached_at = np.where(absorbs, seen.peak_at, now)
    absorption_since = np.where(
        absorbs | floats, np.where(begins, reached_at, memory.absorption_since), np.nan
    )
    over = (
        floats
        & (now - seen.since >= tuning.recovery_s)
        & (memory.missing_percent <= tuning.over_percent)
    )
    held = absorbs | (floats & seen.steady)
    held_at = np.where(absorbs, seen.peak_at, now)
    return Memory(
        missing_percent=memory.missing_percent,
        since=np.where(over | discharges, np.nan, since),
        absorption_since=np.where(over | discharges, np.nan, absorption_since),
        held_since=np.where(held, np.fmin(memory.held_since, held_at), np.nan),
    )


def bound(
    frame: Frame,
    plant: Plant,
    memory: Memory,
    seen: phase.Memory,
    moved: Throughput,
    tuning: Tuning,
) -> Memory:
    """Return the memory with the bound of what is missing brought up to now."""
    per_ah = _ALL / plant.capacity_ah
    off = (seen.phase == phase.DISCHARGE) | (seen.phase == phase.REST)
    most_out_ah = moved.given_ah + np.where(off, moved.doubt_ah + moved.blind_ah, 0.0)
    missing = memory.missing_percent + per_ah * most_out_ah
    held = np.isfinite(memory.held_since)
    boosted = frame.target_v > plant.boost_v
    tau_h = np.where(boosted, plant.boost_tau_h, plant.float_tau_h)
    hours = moved.span_s / SECONDS_PER_HOUR
    missing = np.where(held, missing * np.exp(-hours / tau_h), missing)
    flows_a = np.maximum(seen.smooth_a, 0.0) + moved.zero_error_a
    tail = per_ah * flows_a * tau_h
    proves = held & (frame.now - memory.held_since >= tuning.proof_s) & np.isfinite(tail)
    missing = np.where(proves, np.minimum(missing, tail), missing)
    known = np.isfinite(missing) & ~moved.lost
    return replace(memory, missing_percent=np.where(known, np.clip(missing, 0.0, _ALL), _ALL))
