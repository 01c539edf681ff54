"""How a simulated manager equalizes its own strings: simply, towards the string mean.

A proportional-integral law in steps. Its gain follows from the float model: at the float current
I0, one percent of bypass moves the cell by s / ln10 * (I_bypass / 100) / I0 with the time constant
C_p s / (ln10 I0). The law cancels that time constant and makes the loop `SPEED_UP` times faster.

The law asks for less than no bypass where a cell is low. Nobody can give that, but more bypass for
all the others is the same: the charger holds the sum. So the lowest demand is taken as zero. A law
that only looks at cells above the mean would raise one low cell of N cells N times more slowly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bacs_core.model import MODULE_TYPES, EqualizationState, String
from bacs_core.simulator.chemistry import CHEMISTRY_TABLES, elements_per_cell
from bacs_core.snapshot import Floats

#: Without a float-current probe a manager may not know how much bypass a cell can bear.
MAX_DUTY_PERCENT: Final = 50.0
DISCHARGE_A_PER_AH: Final = 0.01
SPEED_UP: Final = 3.0


@dataclass(frozen=True, slots=True)
class Gains:
    """The law of one string: percent per volt, and the integral time in seconds."""

    percent_per_v: float
    integral_s: float


def gains_for(string: String) -> Gains:
    """Derive the gains from what the cells are."""
    table = CHEMISTRY_TABLES[string.chemistry]
    elements = elements_per_cell(string.chemistry, string.cell_voltage_v)
    slope_v = elements * table.slope_v_per_decade / math.log(10)
    float_a = table.float_a_per_ah * string.capacity_ah
    bypass_a = MODULE_TYPES[string.module_type].bypass_current_a
    volt_per_percent = slope_v * bypass_a / 100 / float_a
    capacitance_f = table.polarisation_f_per_ah * string.capacity_ah / elements
    time_constant_s = capacitance_f * slope_v / float_a
    return Gains(SPEED_UP / volt_per_percent, time_constant_s)


@dataclass(frozen=True, slots=True)
class ManagerPlan:
    """What the manager does to one string, and from which demands and errors it came there."""

    state: EqualizationState
    target_v: float
    duty_percent: Floats
    demand_percent: Floats
    error_v: Floats


def first_plan(cell_count: int) -> ManagerPlan:
    """Return the plan before the first scan."""
    zero = np.zeros(cell_count)
    return ManagerPlan(EqualizationState.IDLE, math.nan, zero, zero, zero)


def next_plan(
    previous: ManagerPlan,
    gains: Gains,
    voltage_v: Floats,
    current_a: float,
    capacity_ah: float,
    dt_s: float,
) -> ManagerPlan:
    """Return the plan after a scan, `dt_s` of plant time after the last one."""
    known = np.isfinite(voltage_v)
    if current_a < -DISCHARGE_A_PER_AH * capacity_ah or not known.any():
        return replace(
            previous,
            state=EqualizationState.INHIBITED,
            target_v=math.nan,
            duty_percent=np.zeros_like(voltage_v),
        )
    target_v = float(np.nanmean(voltage_v))
    error_v = np.where(known, voltage_v - target_v, 0.0)
    change_v = error_v - previous.error_v + error_v * dt_s / gains.integral_s
    demand = previous.demand_percent + gains.percent_per_v * change_v
    demand = np.clip(demand, -MAX_DUTY_PERCENT, MAX_DUTY_PERCENT)
    duty = np.minimum(demand - demand[known].min(), MAX_DUTY_PERCENT)
    duty = np.where(known, duty, 0.0)
    state = EqualizationState.ACTIVE if duty.any() else EqualizationState.IDLE
    return ManagerPlan(state, target_v, duty, demand, error_v)
