"""Limits that open the breaker of a string by themselves, where the site file sets them.

They act in every phase of charging, in a discharge too: who sets one, wants it so. A voltage counts
where its module can have measured it at all, however far it is from the other cells of the string.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bacs_core.frame import Frame
from bacs_core.model import Quantity
from bacs_core.protection.arithmetic import counted
from bacs_core.protection.layout import Layout
from bacs_core.protection.memory import CellMemory
from bacs_core.protection.tuning import Tuning
from bacs_core.snapshot import Flags, Floats


@dataclass(frozen=True, slots=True)
class LimitsPassed:
    """Per cell: how long each limit has been passed, and which of them opens the breaker now."""

    over_temperature_s: Floats
    over_voltage_s: Floats
    under_voltage_s: Floats
    over_temperature: Flags
    over_voltage: Flags
    under_voltage: Flags


def hold_against_limits(
    frame: Frame, read_c: Floats, cells: CellMemory, layout: Layout, dt_s: float, tuning: Tuning
) -> LimitsPassed:
    """Count how long limits are passed; what is not read leaves a count where it is."""
    if not layout.has_limits:
        none = layout.nobody
        return LimitsPassed(
            cells.over_temperature_s, cells.over_voltage_s, cells.under_voltage_s, none, none, none
        )
    voltage_v = frame.known(Quantity.VOLTAGE)
    measured = (voltage_v >= layout.lowest_v) & (voltage_v <= layout.highest_v)
    voltage_dt_s = np.where(measured, dt_s, 0.0)
    temperature_dt_s = np.where(np.isfinite(read_c), dt_s, 0.0)
    over_temperature_s = counted(
        cells.over_temperature_s,
        read_c >= layout.trip_c,
        temperature_dt_s,
        tuning.over_temperature_delay_s,
    )
    over_voltage_s = counted(
        cells.over_voltage_s,
        voltage_v >= layout.trip_high_v,
        voltage_dt_s,
        tuning.over_voltage_delay_s,
    )
    under_voltage_s = counted(
        cells.under_voltage_s,
        voltage_v <= layout.trip_low_v,
        voltage_dt_s,
        tuning.under_voltage_delay_s,
    )
    return LimitsPassed(
        over_temperature_s=over_temperature_s,
        over_voltage_s=over_voltage_s,
        under_voltage_s=under_voltage_s,
        over_temperature=over_temperature_s >= tuning.over_temperature_delay_s,
        over_voltage=over_voltage_s >= tuning.over_voltage_delay_s,
        under_voltage=under_voltage_s >= tuning.under_voltage_delay_s,
    )
