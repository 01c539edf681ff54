"""What the cells of a string say together: which of them can be trusted, their sum and their mean.

Times are unix seconds.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from bacs_core.model import MODULE_TYPES, EqualizedBy, Quantity, String
from bacs_core.snapshot import Column, Flags, Floats, Reading, StringReadings, StringSummary

#: A reading further than this from the median of its string is no honest float voltage: the makers'
#: normal spread is 2 % (Peakpower CL), the alarm limit 4 %.
GROSS_DEVIATION: Final = 0.05
#: In a deep discharge the cells of a healthy string drift apart by more; a multiple of the median
#: deviation (5 standard deviations of a normal spread) follows them.
GROSS_SPREADS: Final = 7.5
#: A mean of fewer than this share of the cells says nothing about the string.
LEAST_TRUSTED_SHARE: Final = 0.5


def trusted(string: String, readings: StringReadings, now: float) -> Flags:
    """Tell which cells have a voltage that may count.

    It must be fresh, physically possible for the module type and not grossly off the median of the
    string, so that a dead or lying cell never drags the target.
    """
    column = readings.columns[Quantity.VOLTAGE]
    flags = column.fresh(now, string.stale_after_s[Quantity.VOLTAGE])
    module_type = MODULE_TYPES.get(string.module_type)
    if module_type is not None:
        low_v, high_v = module_type.voltage_range_v
        flags &= (column.values >= low_v) & (column.values <= high_v)
    if not flags.any():
        return flags
    median_v = _median(column.values[flags])
    deviation_v = np.abs(column.values - median_v)
    spread_v = _median(deviation_v[flags])
    return flags & (deviation_v <= max(GROSS_DEVIATION * median_v, GROSS_SPREADS * spread_v))


def mean(values: Floats) -> float:
    """Return the mean; the method of an array takes ten times as long for one string."""
    return float(np.add.reduce(values)) / len(values)


def _median(values: Floats) -> float:
    """Return the median; `numpy.median` takes ten times as long for one string."""
    ordered = np.sort(values)
    middle = len(ordered) // 2
    upper = float(ordered[middle])
    return upper if len(ordered) % 2 else (upper + float(ordered[middle - 1])) / 2


def target_voltage_v(column: Column, trusted_cells: Flags) -> float | None:
    """Return the mean of the trusted cells, `None` where they are fewer than half."""
    count = int(np.count_nonzero(trusted_cells))
    if count == 0 or count < LEAST_TRUSTED_SHARE * len(trusted_cells):
        return None
    return mean(column.values[trusted_cells])


def fresh_value(reading: Reading | None, now: float, stale_after_s: float) -> float | None:
    """Return the value of a reading that is not older than `stale_after_s`."""
    if reading is None or not np.isfinite(reading.value):
        return None
    return reading.value if abs(now - reading.read_at) <= stale_after_s else None


def fresh_current_a(string: String, readings: StringReadings, now: float) -> float | None:
    """Return the string current; it grows stale like the voltages, as it is read beside them."""
    return fresh_value(readings.current_a, now, string.stale_after_s[Quantity.VOLTAGE])


def summarize(string: String, readings: StringReadings, now: float) -> StringSummary:
    """Return what is shown below the table of a string; `None` where too little is known.

    What the cells say counts; where they say nothing, what the device reports of the string.
    """
    stale_after_s = string.stale_after_s[Quantity.VOLTAGE]
    voltage = readings.columns[Quantity.VOLTAGE]
    fresh = voltage.fresh(now, stale_after_s)
    sum_v = float(voltage.values.sum()) if fresh.all() else None
    target_v = readings.reported_target_voltage_v
    if string.equalized_by is not EqualizedBy.MANAGER or target_v is None:
        target_v = target_voltage_v(voltage, trusted(string, readings, now))
    if not fresh.any():
        sum_v = fresh_value(readings.reported_sum_voltage_v, now, stale_after_s)
        if target_v is None:
            target_v = fresh_value(readings.reported_mean_voltage_v, now, stale_after_s)
    charge = readings.columns[Quantity.CHARGE]
    charged = charge.fresh(now, string.stale_after_s[Quantity.CHARGE])
    mean_charge_percent = target_voltage_v(charge, charged)
    if mean_charge_percent is None:
        mean_charge_percent = fresh_value(readings.reported_charge_percent, now, stale_after_s)
    current_a = fresh_current_a(string, readings, now)
    return StringSummary(
        sum_voltage_v=sum_v,
        target_voltage_v=target_v,
        mean_charge_percent=mean_charge_percent,
        current_a=current_a,
        ac_current_a=fresh_value(readings.ac_current_a, now, stale_after_s),
        power_w=None if sum_v is None or current_a is None else sum_v * current_a,
    )
