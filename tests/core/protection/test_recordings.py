"""Measured recharges of a 12 V block: healthy ones raise nothing, the same with a runaway do.

The heat of a runaway is added to the measured temperature: `C dT/dt = V I(T) - G T_added`, with a
float current that doubles every 8 K and is so many times the critical one, `G 8 K / (e ln 2) / V`.
The current of the runaway is added to the measured one, or not: a sensor may be too coarse for it.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace

import numpy as np
import pytest

from bacs_core import estimation, protection
from bacs_core.model import Quantity, RunawayStage
from bacs_core.rows import rows_of
from bacs_core.simulator.thermal import (
    HEAT_TRANSFER_W_PER_M2_K,
    REFERENCE_AREA_M2,
    REFERENCE_ENERGY_WH,
    REFERENCE_MASS_KG,
    SPECIFIC_HEAT_J_PER_KG_K,
)
from bacs_core.snapshot import Column
from tests.core.estimation.recordings import (
    STEP_S as SAMPLE_S,
    Recording,
    folder,
    frame_at,
    recordings,
)
from tests.core.protection import build

DISCHARGE_A = -0.3
#: Every second sample is enough to see heat.
EVERY = 2
STEP_S = EVERY * SAMPLE_S
#: Others show a discharge only.
RECORDINGS = [
    recording
    for recording in (recordings() if folder().is_dir() else [])
    if (recording.current_a > -DISCHARGE_A).any()
]
CAPACITY_AH = 17.0
FLOAT_V = 13.62
SHARE = 12.0 * CAPACITY_AH / REFERENCE_ENERGY_WH
HEAT_J_PER_K = SHARE * REFERENCE_MASS_KG * SPECIFIC_HEAT_J_PER_KG_K
FREE_W_PER_K = SHARE ** (2 / 3) * REFERENCE_AREA_M2 * HEAT_TRANSFER_W_PER_M2_K
BOILING_C = 110.0


@dataclass(frozen=True)
class Case:
    """One string: how critical (0: healthy), how boxed in, and does the sensor see the current."""

    times_critical: float = 0.0
    loss_w_per_k: float = FREE_W_PER_K
    seen: bool = False
    module_error_k: float = 0.0


HEALTHY = tuple(Case(module_error_k=error_k) for error_k in (-4.0, 0.0, 4.0))
RUNAWAYS = tuple(
    Case(times, loss, seen)
    for times in (1.2, 2.0, 3.0)
    for loss in (FREE_W_PER_K, FREE_W_PER_K / 3)
    for seen in (False, True)
)
CASES = HEALTHY + RUNAWAYS


@dataclass
class Recharge:
    """What became of one recharge, one place per case."""

    worst: np.ndarray
    hottest_c: np.ndarray
    alarm_c: np.ndarray


def run(recording: Recording) -> list[Recharge]:
    """Follow a recording for all cases at once; a runaway begins anew with every recharge."""
    rows = rows_of(
        [
            build.string(number + 1, 1, capacity_ah=CAPACITY_AH, stale_s=900.0)
            for number in range(len(CASES))
        ]
    )
    loss = np.array([case.loss_w_per_k for case in CASES])
    times = np.array([case.times_critical for case in CASES])
    critical_a = loss * 8.0 / (math.e * math.log(2)) / FLOAT_V
    seen = np.array([case.seen for case in CASES])
    error_k = np.array([case.module_error_k for case in CASES])
    known = estimation.initial(rows)
    watched = protection.initial(rows)
    of_estimation = estimation.Tuning(longest_step_s=2 * STEP_S)
    tuning = protection.Tuning(longest_step_s=2 * STEP_S)
    added_k, recharges, discharged = np.zeros(len(CASES)), [], True
    for place in range(0, len(recording.at), EVERY):
        current_a = float(recording.current_a[place])
        warm_c = float(recording.temperature_c[place])
        if math.isnan(current_a) or math.isnan(warm_c):
            continue
        if current_a < DISCHARGE_A:
            discharged, added_k = True, np.zeros(len(CASES))
        elif current_a > -DISCHARGE_A and discharged:
            discharged = False
            nothing = np.zeros(len(CASES))
            recharges.append(Recharge(nothing.copy(), nothing - np.inf, nothing + np.nan))
        running_a = times * critical_a * np.exp2((warm_c + added_k - 25.0) / 8.0)
        if current_a < 0.05:
            running_a = np.zeros(len(CASES))
        added_k = added_k + STEP_S / HEAT_J_PER_K * (FLOAT_V * running_a - loss * added_k)
        added_k = np.where(times > 0, np.minimum(added_k, BOILING_C - warm_c), 0.0)
        true_c = warm_c + added_k
        frame = frame_at(rows, recording, place, current_a, 0.05)
        column = Column(true_c + error_k, np.full(len(CASES), frame.now))
        frame = replace(
            frame,
            columns={**frame.columns, Quantity.TEMPERATURE: column},
            current_a=current_a + np.where(seen, running_a, 0.0),
        )
        estimates, known = estimation.estimate(frame, known, of_estimation)
        verdict = protection.judge(frame, estimates, watched, tuning)
        watched = verdict.memory
        if recharges and not discharged:
            last = recharges[-1]
            last.worst = np.maximum(last.worst, verdict.string_stage)
            last.hottest_c = np.maximum(last.hottest_c, true_c)
            begins = np.isnan(last.alarm_c) & (verdict.string_stage >= RunawayStage.ALARM)
            last.alarm_c = np.where(begins, true_c, last.alarm_c)
        elif not times[0] and verdict.string_stage[: len(HEALTHY)].any():
            pytest.fail(f"a healthy string was suspected at {frame.now}")
    return recharges


@pytest.mark.timeout(600)
@pytest.mark.skipif(not RECORDINGS, reason="no measured recordings are here")
@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.name)
def test_healthy_recharges_raise_nothing_and_the_same_with_a_runaway_an_alarm(
    recording: Recording,
) -> None:
    recharges = run(recording)
    assert recharges
    healthy = len(HEALTHY)
    for recharge in recharges:
        assert (recharge.worst[:healthy] == RunawayStage.NONE).all()
        # A recording may end before a slow runaway has come to anything.
        ran_away = recharge.hottest_c >= 60.0
        assert (recharge.worst[ran_away] >= RunawayStage.ALARM).all()
        assert (recharge.alarm_c[ran_away] < 60.0).all()
    print(
        json.dumps(
            {
                recording.name: [
                    {
                        "reached 60 °C": int((one.hottest_c >= 60).sum()),
                        "alarms": int((one.worst >= RunawayStage.ALARM).sum()),
                        "latest alarm at °C": float(np.nanmax(one.alarm_c, initial=-np.inf)),
                    }
                    for one in recharges
                ]
            },
            indent=2,
        )
    )
