"""What temperature and rate do to the capacity found in a discharge.

The factors of temperature are those of IEEE 450 and IEEE 1188 tests of lead-acid batteries, as
published with the package `dc-battery-testing`; other chemistries are corrected with them too. A
test at the published load of its time gives, for an hour and longer and for less,

    C% = 100 t / (t_rated K_T)              time-adjusted
    C% = 100 I K_C / I_t                    rate-adjusted, I_t the published load for its time

A real discharge has any load: `rate_factor` tells what is published for its time.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from bacs_core.snapshot import Floats

_RATE_ADJUSTED_BELOW_H: Final = 1.0
_FREEZING_F: Final = 32.0
_F_PER_K: Final = 1.8

#: Time-adjusted method, base 77 °F (25 °C).
_KT_F: Final = (
    40, 45, 50, 55, 60, 65, 68, 70, 72, 75, 77, 80, 83, 85, 90, 95, 100, 105, 110, 115, 120,
)  # fmt: skip
_KT: Final = (
    0.670, 0.735, 0.790, 0.840, 0.882, 0.920, 0.942, 0.955, 0.970, 0.985, 1.000,
    1.011, 1.030, 1.040, 1.065, 1.090, 1.112, 1.140, 1.162, 1.187, 1.210,
)  # fmt: skip
#: Rate-adjusted method, base 77 °F (25 °C).
_KC_F: Final = (
    40, 45, 50, 55, 60, 65, 68, 70, 72, 75, 77, 80, 85, 90, 95, 100, 105, 110, 115, 120,
)  # fmt: skip
_KC: Final = (
    1.300, 1.250, 1.190, 1.150, 1.110, 1.080, 1.056, 1.040, 1.029, 1.011,
    1.000, 0.980, 0.960, 0.940, 0.930, 0.910, 0.890, 0.880, 0.870, 0.860,
)  # fmt: skip


def time_factor(temperature_c: Floats) -> Floats:
    """Return K_T: what a battery gives at a temperature, as a share of that at 25 °C."""
    return np.interp(_fahrenheit(temperature_c), _KT_F, _KT)


def load_factor(temperature_c: Floats) -> Floats:
    """Return K_C: the published load over the load for a test at a temperature."""
    return np.interp(_fahrenheit(temperature_c), _KC_F, _KC)


def temperature_factor(lasts_h: Floats, temperature_c: Floats) -> Floats:
    """Return what a battery gives at a temperature, as a share of that at 25 °C.

    Below an hour the rate-adjusted method holds, its inverse is the share; else the time-adjusted.
    """
    short = lasts_h < _RATE_ADJUSTED_BELOW_H
    return np.where(short, 1 / load_factor(temperature_c), time_factor(temperature_c))


def rate_factor(lasts_h: Floats, rated_h: Floats, rate_h: Floats) -> Floats:
    """Return what a discharge of `lasts_h` gives, as a share of one of `rated_h`.

    `rate_h` is the time of the law `t / (t + rate_h)`, which follows the kinetic battery model.
    """
    return lasts_h / (lasts_h + rate_h) * (rated_h + rate_h) / rated_h


def _fahrenheit(temperature_c: Floats) -> Floats:
    return _FREEZING_F + _F_PER_K * temperature_c
