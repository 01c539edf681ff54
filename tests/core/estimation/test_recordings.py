"""The charge of a measured 12 V 17 Ah block, estimated by somebody who comes in late.

The truth is a count over the clean recording. A battery is full at the end of each float phase, and
where a recording begins at rest above the rest voltage of a full one. What it can give is what the
discharge that follows took out, if it was deep, else the median of the deep ones. A recharge can be
counted in two ways, and the estimate has to hold for both: every ampere-hour is stored until it is
full, or the same share of each is, so that it is full just at the end of its float.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pytest

from bacs_core.estimation import Tuning, estimate, initial
from bacs_core.estimation.capacity import Memory as Learnt
from bacs_core.frame import Frame
from bacs_core.model import Basis, Quantity
from bacs_core.rows import Rows, rows_of
from bacs_core.snapshot import Column, Floats
from tests.core.equalization.build import a_string
from tests.core.estimation.recordings import STEP_S, Recording, folder, frame_at, recordings

RATED_AH = 17.0
FULL_V, FLOAT_V, DEEP_V = 12.99, 13.6, 10.8
#: Every second moment of a recording; the sensor has a stated error of 0.3 % of the rated current.
EVERY = 2
TUNING = Tuning(longest_step_s=3 * EVERY * STEP_S)
ERROR_A = 0.05
STARTS_EACH = 12
SENSORS = tuple(product((-0.01, 0.01), (-1.0, 0.0, 1.0)))

ALL = recordings() if folder().is_dir() else []
pytestmark = pytest.mark.skipif(not ALL, reason=f"no measured recordings in {folder()}")


@dataclass(frozen=True)
class Truth:
    """The charge of a recording in percent, counted in both ways; NaN where it is not known."""

    stored: Floats
    shared: Floats


def float_ends(recording: Recording) -> list[int]:
    """Return the last moment of each float phase, and the first one if it is full."""
    charges = recording.current_a > 0.05
    floats = charges & (np.abs(recording.voltage_v - FLOAT_V) < 0.1)
    ends = [
        place
        for place in np.flatnonzero(floats)
        if not charges[place + 1 : place + 30].any()
        and place + 30 < len(floats)
        and floats[max(place - 9, 0) : place + 1].sum() >= 5
    ]
    known = np.isfinite(recording.voltage_v) & np.isfinite(recording.current_a)
    first = int(np.flatnonzero(known)[0])
    rests_full = recording.voltage_v[first] > FULL_V and abs(recording.current_a[first]) < 0.05
    return [*([first] if rests_full else []), *(int(end) for end in ends)]


def cycles_of(recording: Recording) -> list[tuple[int, int]]:
    """Return from where to where each discharge with its recharge goes."""
    fulls = float_ends(recording)
    return list(zip(fulls, [*fulls[1:], len(recording.at) - 1], strict=False))


def truth_of(recording: Recording) -> Truth:
    stored = np.full(len(recording.at), np.nan)
    shared = stored.copy()
    moved_ah = np.nan_to_num(recording.current_a) * STEP_S / 3600
    fulls = float_ends(recording)
    cycles = cycles_of(recording)
    taken_ah = [-np.cumsum(moved_ah[begin : end + 1]).min() for begin, end in cycles]
    deep = [
        taken
        for taken, (begin, end) in zip(taken_ah, cycles, strict=True)
        if np.nanmin(recording.voltage_v[begin : end + 1]) < DEEP_V
    ]
    for (begin, end), taken in zip(cycles, taken_ah, strict=True):
        if not deep:
            continue
        full_ah = taken if taken in deep else float(np.median(deep))
        count_ah = np.cumsum(moved_ah[begin : end + 1])
        kept_ah, left_ah = [], 0.0
        for moved in moved_ah[begin : end + 1]:
            left_ah = min(left_ah + moved, 0.0)
            kept_ah.append(left_ah)
        stored[begin : end + 1] = 100 * (1 + np.array(kept_ah) / full_ah)
        low = int(np.argmin(count_ah))
        charge = 100 * (1 + count_ah / full_ah)
        back_ah = count_ah[-1] - count_ah[low]
        known = end in fulls and back_ah > 0
        share = (count_ah[low:] - count_ah[low]) / back_ah if known else np.nan
        charge[low:] = charge[low] + (100 - charge[low]) * share
        shared[begin : end + 1] = charge
    return Truth(stored, shared)


def strings(count: int) -> Rows:
    return rows_of(
        [
            a_string(
                1,
                cell_voltage_v=12.0,
                capacity_ah=RATED_AH,
                module_type="C24",
                number=number + 1,
            )
            for number in range(count)
        ]
    )


def learnt_over_time() -> list[tuple[float, Learnt]]:
    """Return what a clean sensor teaches of capacity, discharge by discharge."""
    rows = strings(1)
    memory, lessons, until = initial(rows), [], -np.inf
    for recording in sorted(ALL, key=lambda one: (one.at[0], -one.at[-1])):
        if recording.at[-1] <= until:
            continue
        until = recording.at[-1]
        for place in range(0, len(recording.at), EVERY):
            current_a = float(recording.current_a[place])
            before = memory.capacity.at[0]
            frame = frame_at(rows, recording, place, current_a, ERROR_A)
            _, memory = estimate(frame, memory, TUNING)
            if memory.capacity.basis[0] == Basis.DISCHARGE and memory.capacity.at[0] != before:
                lessons.append((frame.now, memory.capacity))
    return lessons


@pytest.fixture(scope="module")
def lessons() -> list[tuple[float, Learnt]]:
    return learnt_over_time()


@dataclass
class Run:
    """The charge that was estimated, one row per moment and one column per case."""

    value: Floats
    error: Floats
    running: np.ndarray


def followed(recording: Recording, starts: list[int], lessons: list[tuple[float, Learnt]]) -> Run:
    """Follow a recording with every sensor from every start."""
    cases = list(product(starts, SENSORS))
    rows = strings(len(cases))
    begin = np.array([start for start, _ in cases])
    gain = np.array([gain for _, (gain, _) in cases])
    offset_a = ERROR_A * np.array([offset for _, (_, offset) in cases])
    known = [
        [lesson for at, lesson in lessons if at <= recording.at[start]][-1] for start, _ in cases
    ]
    memory = replace(
        initial(rows),
        capacity=Learnt(
            percent=np.array([one.percent[0] for one in known]),
            error=np.array([one.error[0] for one in known]),
            basis=np.full(len(cases), Basis.DISCHARGE, np.uint8),
            at=np.array([one.at[0] for one in known]),
        ),
    )
    places = range(min(starts), len(recording.at), EVERY)
    run = Run(*(np.full((len(recording.at), len(cases)), np.nan) for _ in range(3)))
    for place in places:
        on = begin <= place
        current_a = float(recording.current_a[place]) * (1 + gain) + offset_a
        frame = seen_by(frame_at(rows, recording, place, 0.0, ERROR_A), on, current_a)
        estimates, memory = estimate(frame, memory, TUNING)
        run.value[place] = np.where(on, estimates.charge.value, np.nan)
        run.error[place] = np.where(on, estimates.charge.uncertainty, np.nan)
        run.running[place] = on
    return run


def seen_by(frame: Frame, on: np.ndarray, current_a: Floats) -> Frame:
    """Return what those see who are there already."""
    voltage = frame.columns[Quantity.VOLTAGE]
    read_at = np.where(on, voltage.read_at, np.nan)
    return replace(
        frame,
        columns={**frame.columns, Quantity.VOLTAGE: Column(voltage.values, read_at)},
        fresh={**frame.fresh, Quantity.VOLTAGE: frame.fresh[Quantity.VOLTAGE] & on},
        trusted=frame.trusted & on,
        target_v=np.where(on, frame.target_v, np.nan),
        current_a=np.where(on, current_a, np.nan),
    )


@pytest.mark.parametrize("recording", ALL, ids=lambda recording: recording.name)
def test_the_charge_stays_within_its_uncertainty_of_ten_percent(
    recording: Recording, lessons: list[tuple[float, Learnt]]
) -> None:
    truth = truth_of(recording)
    first = min((at for at, _ in lessons), default=np.inf)
    usable = np.flatnonzero((recording.at >= first) & np.isfinite(truth.stored))
    if len(usable) < 4 * STARTS_EACH:
        pytest.skip("nothing was learnt of this battery before, or its charge is not known")
    apart = max(len(usable) // STARTS_EACH, 1)
    run = followed(recording, [int(start) for start in usable[:: apart + apart % 2]], lessons)
    told = np.isfinite(run.value)
    if not told.any():
        pytest.skip("nothing in what is left of it proves a charge")
    for name, counted in (("stored", truth.stored), ("shared", truth.shared)):
        error = np.abs(run.value - counted[:, np.newaxis])
        outside = told & (error > run.error)
        assert not outside.any(), (
            f"{name}: off by {error[outside].max():.1f} %, {outside.sum()} of {told.sum()} times"
        )
    assert np.nanmax(run.error) <= 10
    # It is no art to be right by saying nothing. Who comes in after the discharge of a recording
    # that ends before its recharge can only wait.
    if len(float_ends(recording)) > 1:
        assert told.sum() >= 0.75 * np.nansum(run.running)
    print(
        f"{recording.name}: {told.sum()} values, uncertainty {np.nanmedian(run.error):.1f} % "
        f"(most {np.nanmax(run.error):.1f} %), off by "
        f"{np.nanmedian(np.abs(run.value - truth.stored[:, np.newaxis])):.1f} %"
    )


def test_what_was_learnt_of_capacity_is_what_the_discharges_took_out(
    lessons: list[tuple[float, Learnt]],
) -> None:
    taken = [taken for recording in ALL for taken in deep_discharges_ah(recording)]
    if not lessons or not taken:
        pytest.skip("no deep discharge from a known full charge")
    expected = 100 * float(np.median(taken)) / RATED_AH
    learnt = lessons[-1][1]
    assert abs(learnt.percent[0] - expected) <= learnt.error[0]


def deep_discharges_ah(recording: Recording) -> list[float]:
    moved_ah = np.nan_to_num(recording.current_a) * STEP_S / 3600
    found = []
    for begin, end in cycles_of(recording):
        if np.nanmin(recording.voltage_v[begin : end + 1]) < DEEP_V:
            found.append(-float(np.cumsum(moved_ah[begin : end + 1]).min()))
    return found
