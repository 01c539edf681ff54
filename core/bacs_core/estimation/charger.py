"""Signs of an ageing charger: more ripple current than it had, or another float setting.

Both are compared with what was learnt of this charger in its first settled week. A charger that
lowers its voltage with temperature drifts by intention: what up to 5 mV per kelvin and cell
explains is no drift.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from bacs_core.estimation import phase
from bacs_core.estimation.baseline import Baseline, sampled
from bacs_core.estimation.estimates import ChargerFindings
from bacs_core.estimation.tuning import Plant, Tuning
from bacs_core.frame import Frame
from bacs_core.model import Quantity
from bacs_core.rows import Rows
from bacs_core.snapshot import Flags, Floats

#: One sample moves a ripple current by no more than this share, a voltage by no more than that.
_RIPPLE_STEP: Final = 0.5
_SETTING_STEP: Final = 0.01
#: So many samples give a float setting to judge discharges by; drift wants all of them.
_USABLE_SAMPLES: Final = 6


@dataclass(frozen=True, slots=True)
class Memory:
    """Per string: ripple current in ampere, float voltage per cell, mean temperature."""

    ripple: Baseline
    setting: Baseline
    present_c: Floats


def initial(rows: Rows) -> Memory:
    """Begin without a sample."""
    count = rows.string_count
    return Memory(Baseline.empty(count), Baseline.empty(count), np.full(count, np.nan))


def sample(
    frame: Frame,
    plant: Plant,
    memory: Memory,
    seen: phase.Memory,
    settled: Flags,
    tuning: Tuning,
) -> Memory:
    """Take a sample of the strings that are settled in float."""
    rows = frame.rows
    temperature_c = rows.mean(
        frame.columns[Quantity.TEMPERATURE].values, frame.fresh[Quantity.TEMPERATURE]
    )
    temperature_c = np.where(np.isfinite(temperature_c), temperature_c, frame.room_c)
    ripple_a = np.where(settled & (frame.ac_current_a > 0), frame.ac_current_a, np.nan)
    before = memory.ripple.present
    ripple_step = _RIPPLE_STEP * np.where(np.isfinite(before), before, ripple_a)
    setting_v = np.where(settled, seen.smooth_v, np.nan)
    wanted = tuning.baseline_samples
    return Memory(
        ripple=sampled(memory.ripple, ripple_a, temperature_c, settled, wanted, ripple_step),
        setting=sampled(
            memory.setting,
            setting_v,
            temperature_c,
            settled,
            wanted,
            _SETTING_STEP * plant.float_v,
        ),
        present_c=np.where(settled, temperature_c, memory.present_c),
    )


def setting_of(plant: Plant, memory: Memory) -> Floats:
    """Return the voltage per cell at which each charger floats: the learnt one, else the site's."""
    learnt = memory.setting.samples >= _USABLE_SAMPLES
    return np.where(learnt, memory.setting.present, plant.float_v)


def findings(plant: Plant, memory: Memory, tuning: Tuning) -> ChargerFindings:
    """Return what has changed since the first settled week, NaN before that is over."""
    ripple, setting = memory.ripple, memory.setting
    rippled = ripple.samples >= tuning.baseline_samples
    warmer_k = memory.present_c - setting.learnt_c
    explained_v = -tuning.compensation_v_per_k * plant.inner * warmer_k
    explained_v = np.where(np.isfinite(explained_v), explained_v, 0.0)
    drift_v = setting.present - setting.learnt
    drift_v -= np.clip(drift_v, np.minimum(explained_v, 0.0), np.maximum(explained_v, 0.0))
    set_known = setting.samples >= tuning.baseline_samples
    return ChargerFindings(
        ripple_rise=np.where(rippled, ripple.present / ripple.learnt - 1, np.nan),
        setting_drift_v=np.where(set_known, drift_v, np.nan),
    )
