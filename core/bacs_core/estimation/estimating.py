"""One tick of estimation: a frame and the memory in, estimates and the new memory out.

Phases are followed at every tick, for a discharge has to be known at once. What is counted per cell
and what is proven is worked every ten seconds, baselines are sampled every hour.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bacs_core.estimation import (
    capacity,
    charge as counting,
    charger,
    discharge,
    health,
    phase,
    recharge,
    sensor,
    throughput,
    voltage,
)
from bacs_core.estimation.baseline import Baseline
from bacs_core.estimation.estimates import ChargerFindings, Estimate, Estimates
from bacs_core.estimation.tuning import DEFAULT, Plant, Tuning, plant_of
from bacs_core.frame import Frame
from bacs_core.model import Basis, Quantity
from bacs_core.rows import Rows
from bacs_core.snapshot import Flags, Floats

#: Clocks tick a little early now and then.
_EARLY_S: Final = 0.5
_USABLE_SHARE: Final = 1 / 3


@dataclass(frozen=True, slots=True)
class Slow:
    """What is concluded every ten seconds only, as it was last."""

    charge: Estimate
    string_charge: Estimate
    capacity: Estimate
    health: Estimate
    baseline_ohm: Floats
    rise: Floats
    charger: ChargerFindings
    setting_v: Floats


@dataclass(frozen=True, slots=True)
class Memory:
    """What estimation remembers from tick to tick. Times are unix seconds.

    The `passed` ticks are not yet counted in what has `moved`. `latest` are the estimates of the
    last tick; a tick that comes at the same time, or before it, gets them again.
    """

    phase: phase.Memory
    sensor: sensor.Memory
    recharge: recharge.Memory
    moved: throughput.Throughput
    charge: counting.Memory
    discharge: discharge.Memory
    capacity: capacity.Memory
    resistance: Baseline
    charger: charger.Memory
    at: float | None = None
    worked_at: float = -np.inf
    sampled_at: float = -np.inf
    passed: tuple[throughput.Passed, ...] = ()
    slow: Slow | None = None
    devices: counting.WithDevices | None = None
    latest: Estimates | None = None


def initial(rows: Rows) -> Memory:
    """Begin without knowing anything."""
    return Memory(
        phase=phase.initial(rows),
        sensor=sensor.initial(rows),
        recharge=recharge.initial(rows),
        moved=throughput.initial(rows),
        charge=counting.initial(rows),
        discharge=discharge.initial(rows),
        capacity=capacity.initial(rows),
        resistance=Baseline.empty(rows.cell_count),
        charger=charger.initial(rows),
    )


def shifted(memory: Memory, step_s: float) -> Memory:
    """Return the memory with its times moved by a step of the clock."""
    return replace(
        memory,
        phase=phase.shifted(memory.phase, step_s),
        sensor=sensor.shifted(memory.sensor, step_s),
        recharge=recharge.shifted(memory.recharge, step_s),
        charge=counting.shifted(memory.charge, step_s),
        discharge=discharge.shifted(memory.discharge, step_s),
        capacity=capacity.shifted(memory.capacity, step_s),
        at=None if memory.at is None else memory.at + step_s,
        worked_at=memory.worked_at + step_s,
        sampled_at=memory.sampled_at + step_s,
        slow=None,
        latest=None,
    )


def replaced(memory: Memory, row: int, now: float) -> Memory:
    """Return the memory after the cell in a row was exchanged: nothing is known of the new one.

    Its estimates are unknown from the next tick on; `now` is when it was exchanged.
    """
    del now  # What is learnt of the new cell carries its own times.
    return replace(
        memory,
        charge=counting.replaced(memory.charge, row),
        discharge=discharge.replaced(memory.discharge, row),
        capacity=capacity.replaced(memory.capacity, row),
        resistance=memory.resistance.without(row),
        slow=None,
        latest=None,
    )


def estimate(frame: Frame, memory: Memory, tuning: Tuning = DEFAULT) -> tuple[Estimates, Memory]:
    """Return the estimates at the time of the frame, and the new memory.

    Ticks may come irregularly. Over a gap longer than `tuning.longest_step_s` nothing is counted,
    but what may have happened is doubted. A tick that is not later than the last changes nothing.
    """
    plant = plant_of(frame.rows, tuning)
    gap_s = 0.0 if memory.at is None else frame.now - memory.at
    if memory.at is not None and gap_s <= 0:
        if memory.latest is not None:
            return memory.latest, memory
        gap_s = 0.0
    dt_s = gap_s if gap_s <= tuning.longest_step_s else 0.0
    current = sensor.judge(frame, memory.sensor)
    zero_error_a = sensor.doubt_a(frame, memory.sensor, tuning)
    setting_v = plant.float_v if memory.slow is None else memory.slow.setting_v
    seen = phase.follow(frame, plant, memory.phase, current, dt_s, setting_v, tuning)
    due = memory.slow is None or frame.now - memory.worked_at >= tuning.slow_s - _EARLY_S
    followed = memory.recharge
    if due or seen.phase is not memory.phase.phase:
        followed = recharge.follow(followed, memory.phase, seen, frame.now, tuning)
    passed = (
        *memory.passed,
        throughput.Passed(seen.phase, seen.smooth_a, current.a, zero_error_a, gap_s),
    )
    slow, moved = memory.slow, memory.moved
    if due or slow is None:
        moved, passed = throughput.count(moved, passed, tuning), ()
        memory = replace(memory, phase=seen, recharge=followed, moved=moved)
        memory = _work(frame, plant, memory, current, tuning)
        slow = _concluded(frame, plant, memory, tuning)
        seen, followed, moved = memory.phase, memory.recharge, memory.moved
    charge, devices = slow.charge, None
    if np.count_nonzero(frame.fresh[Quantity.CHARGE]):
        devices = counting.with_devices(frame, charge, memory.devices)
        charge = devices.told
    estimates = Estimates(
        phase=seen.phase,
        phase_since=seen.since,
        absorption_since=followed.absorption_since,
        recharging_since=followed.since,
        current_clear=current.clear,
        float_current_usable=frame.current_error_a < _USABLE_SHARE * frame.current_a,
        cell_current_a=_cell_current_a(frame, plant),
        charge=charge,
        string_charge=slow.string_charge,
        capacity=slow.capacity,
        health=slow.health,
        resistance_baseline_ohm=slow.baseline_ohm,
        resistance_rise=slow.rise,
        charger=slow.charger,
    )
    return estimates, Memory(
        phase=seen,
        sensor=memory.sensor,
        recharge=followed,
        moved=moved,
        passed=passed,
        charge=memory.charge,
        discharge=memory.discharge,
        capacity=memory.capacity,
        resistance=memory.resistance,
        charger=memory.charger,
        at=frame.now,
        worked_at=memory.worked_at,
        sampled_at=memory.sampled_at,
        slow=slow,
        devices=devices,
        latest=estimates,
    )


def _cell_current_a(frame: Frame, plant: Plant) -> Floats:
    """Return the string current less what each bypass takes; a silent module takes nothing."""
    current_a = frame.rows.spread(frame.current_a)
    if not plant.any_bypass:
        return current_a
    duty, fresh = frame.columns[Quantity.DUTY].values, frame.fresh[Quantity.DUTY]
    if np.count_nonzero(fresh) < len(fresh):
        duty = np.where(fresh, duty, 0.0)
    current_a -= duty * plant.cell_bypass_a
    return current_a


def _work(
    frame: Frame, plant: Plant, memory: Memory, current: phase.Current, tuning: Tuning
) -> Memory:
    """Work on all cells with what has moved since the last time."""
    moved, seen = memory.moved, memory.phase
    known = capacity.counted_by(plant, memory.capacity, frame.now, tuning)
    before = counting.published(frame, memory.charge, memory.recharge, known, tuning)
    loaded = voltage.under_load(frame, plant, seen, current, moved.zero_error_a, tuning)
    discharged, ended = discharge.follow(
        frame, plant, memory.discharge, seen, moved, before, loaded
    )
    followed = recharge.bound(frame, plant, memory.recharge, seen, moved, tuning)
    counted = counting.count(frame, plant, memory.charge, moved, known)
    full = counting.full_strings(plant, seen, moved, tuning)
    counted = counting.prove_full(frame, counted, followed, full, known, tuning)
    rested = voltage.at_rest(frame, plant, seen, tuning)
    counted = counting.take(frame, counted, rested, Basis.REST_VOLTAGE, known)
    if loaded is not None:
        ends = loaded.error <= voltage.NEAR_END_ERROR_PERCENT
        counted = counting.take(frame, counted, loaded, Basis.DISCHARGE, known, overrules=ends)
    counted = counting.forget_uncertain(counted, known, tuning)
    memory = replace(
        memory,
        sensor=sensor.learn(frame, plant, memory.sensor, seen, moved.span_s, tuning),
        recharge=followed,
        moved=throughput.begun(frame, plant, moved),
        charge=counted,
        discharge=discharged,
        capacity=_learnt(frame, plant, memory.capacity, discharged, ended, rested, tuning),
        worked_at=frame.now,
    )
    if rested is not None:
        done = frame.rows.any(np.isfinite(rested.error))
        ended_at = np.where(done, np.nan, discharged.ended_at)
        memory = replace(memory, discharge=replace(discharged, ended_at=ended_at))
    if frame.now - memory.sampled_at >= tuning.sample_s:
        memory = _sample(frame, plant, memory, tuning)
    return memory


def _learnt(
    frame: Frame,
    plant: Plant,
    learnt: capacity.Memory,
    discharged: discharge.Memory,
    ended: Flags,
    rested: voltage.Told | None,
    tuning: Tuning,
) -> capacity.Memory:
    rows = frame.rows
    if ended.any():
        last = voltage.Told(discharged.last_percent, discharged.last_error)
        learnt = capacity.learn(
            rows, plant, learnt, discharged, rows.spread(ended), last, frame.now, tuning
        )
    waits = np.isfinite(discharged.ended_at)
    if rested is not None and waits.any():
        ended_at = rows.spread(discharged.ended_at)
        measured = (learnt.basis == Basis.DISCHARGE) & (learnt.at >= ended_at)
        untold = rows.spread(waits) & ~measured & np.isfinite(rested.error)
        learnt = capacity.learn(rows, plant, learnt, discharged, untold, rested, frame.now, tuning)
    return learnt


def _sample(frame: Frame, plant: Plant, memory: Memory, tuning: Tuning) -> Memory:
    seen = memory.phase
    floats = seen.phase == phase.FLOAT
    settled = floats & (frame.now - seen.since >= tuning.settled_s)
    settled &= np.isnan(memory.recharge.since)
    return replace(
        memory,
        resistance=health.sample(
            frame, plant, memory.resistance, seen, settled, memory.sampled_at, tuning
        ),
        charger=charger.sample(frame, plant, memory.charger, seen, settled, tuning),
        sampled_at=frame.now,
    )


def _concluded(frame: Frame, plant: Plant, memory: Memory, tuning: Tuning) -> Slow:
    known = capacity.counted_by(plant, memory.capacity, frame.now, tuning)
    charge = counting.published(frame, memory.charge, memory.recharge, known, tuning)
    shown = capacity.published(memory.capacity, frame.now, tuning)
    rise = health.rise_of(memory.resistance, tuning)
    with_devices = counting.with_devices(frame, charge, None).told
    return Slow(
        charge=charge,
        string_charge=counting.of_strings(frame, with_devices, known),
        capacity=shown,
        health=health.published(shown, rise, frame.now, tuning),
        baseline_ohm=health.learnt_of(memory.resistance, tuning),
        rise=rise,
        charger=charger.findings(plant, memory.charger, tuning),
        setting_v=charger.setting_of(plant, memory.charger),
    )
