"""What estimation concludes about cells, strings and their charger.

Every value stands beside its uncertainty, what it rests on and when that was proven. Arrays are in
rows (one place per cell) or have one place per string; times are unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bacs_core.model import Basis
from bacs_core.snapshot import Flags, Floats


@dataclass(frozen=True, slots=True)
class Estimate:
    """One estimated quantity, of all cells or of all strings.

    `uncertainty` is plus or minus in the unit of `value` and holds in about 95 % of cases; `basis`
    has `model.Basis`; `at` is the unix time of the proof that the value rests on. Unknown is NaN.
    A lower bound has no uncertainty: it is at least the value.
    """

    value: Floats
    uncertainty: Floats
    basis: NDArray[np.uint8]
    at: Floats

    @classmethod
    def unknown(cls, count: int) -> Estimate:
        """Make an estimate that knows nothing."""
        nothing = np.full(count, np.nan)
        return cls(nothing, nothing, np.full(count, Basis.NONE, np.uint8), nothing)


@dataclass(frozen=True, slots=True)
class ChargerFindings:
    """Signs of an ageing or misadjusted charger, per string; NaN where unknown.

    `ripple_rise` is the ripple current above its own baseline, as a fraction of it.
    `setting_drift_v` is how far a cell floats from where this charger has held it, positive for
    higher, in volt per cell (per module).
    """

    ripple_rise: Floats
    setting_drift_v: Floats


@dataclass(frozen=True, slots=True)
class Estimates:
    """Everything estimation concludes at one tick.

    Per string: `phase` (`model.ChargePhase`) and since when; when the charger reached constant
    voltage in this recharge (NaN outside one); the end of the last discharge while the recharge
    after it is not over (NaN: not recharging); whether the current is beyond its stated error;
    whether that error is below a third of the current, so that it counts as float current;
    `string_charge` in percent, which the weakest cell decides.

    Per cell: `cell_current_a`, the string current less its bypass (NaN unknown); `charge` in
    percent of the capacity; `capacity` in percent of the rated one, at 25 °C and the rated time;
    `health` in percent of a new cell; `resistance_baseline_ohm`, the cell's own resistance at 25 °C
    as it was learnt here; `resistance_rise`, the resistance at that temperature over the baseline,
    less one (both NaN without a baseline).
    """

    phase: NDArray[np.uint8]
    phase_since: Floats
    absorption_since: Floats
    recharging_since: Floats
    current_clear: Flags
    float_current_usable: Flags
    cell_current_a: Floats
    charge: Estimate
    string_charge: Estimate
    capacity: Estimate
    health: Estimate
    resistance_baseline_ohm: Floats
    resistance_rise: Floats
    charger: ChargerFindings
