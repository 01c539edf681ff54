"""The named reasons for which equalization sends duty 0: to whole strings, or to single cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np

from bacs_core.devices.panel_module import STATUS_HOT, STATUS_MEASURING_RESISTANCE
from bacs_core.equalization.orders import OFF, PARTIAL, Orders
from bacs_core.equalization.tuning import Loops, Tuning
from bacs_core.estimation import Estimates
from bacs_core.frame import Frame
from bacs_core.model import ChargePhase, Inhibit, Quantity
from bacs_core.snapshot import Flags, Floats


@dataclass(frozen=True, slots=True)
class Inhibits:
    """Of each reason the strings it stops, and the cells it stops where it is about cells."""

    strings: Mapping[Inhibit, Flags]
    cells: Mapping[Inhibit, Flags]

    def any_string(self) -> Flags:
        """Tell per string whether it is stopped as a whole."""
        return reduce(np.logical_or, self.strings.values())

    def any_cell(self) -> Flags:
        """Tell per cell whether the cell itself is stopped."""
        return reduce(np.logical_or, self.cells.values())


def hot(frame: Frame, loops: Loops) -> Flags:
    """Tell which modules or cells are hot now."""
    temperature_c = frame.columns[Quantity.TEMPERATURE].values
    hot_now: Flags = frame.fresh[Quantity.TEMPERATURE] & (temperature_c >= loops.cell_critical_c)
    if np.count_nonzero(frame.module_status):
        hot_now |= frame.module_status & STATUS_HOT != 0
    return hot_now


def inhibits_of(
    frame: Frame,
    estimates: Estimates,
    orders: Orders,
    phase_limit_percent: Floats,
    uncounted: Flags,
    hot_at: Floats,
    loops: Loops,
    tuning: Tuning,
) -> Inhibits:
    """Find all that speaks against bypass.

    `phase_limit_percent` and `uncounted` are per string: what mode and phase allow, and whether too
    few cells have a counted charge. `hot_at` is per cell.
    """
    off = orders.mode == OFF
    discharge = estimates.phase == ChargePhase.DISCHARGE
    flat = (orders.mode != PARTIAL) & (frame.target_v < loops.least_final_v)
    waits = ~off & ~discharge & ((phase_limit_percent == 0) | flat | uncounted)
    strings = {
        Inhibit.DISCHARGE: discharge,
        Inhibit.STALE_READING: np.isnan(frame.target_v),
        Inhibit.MANUAL_STOP: orders.paused,
        Inhibit.MODE_OFF: off,
        Inhibit.CHARGE_PHASE: waits,
        **orders.inhibits,
    }
    return Inhibits(
        strings={reason: flags & loops.engine for reason, flags in strings.items()},
        cells={
            Inhibit.STALE_READING: ~frame.trusted,
            Inhibit.RESISTANCE_MEASUREMENT: frame.module_status & STATUS_MEASURING_RESISTANCE != 0,
            Inhibit.HOT_MODULE: hot_at > frame.now - tuning.hot_hold_s,
            Inhibit.FORMING_PERIOD: orders.paused_cells,
        },
    )


def named(inhibits: Inhibits, frame: Frame, loops: Loops) -> dict[Inhibit, Flags]:
    """Return of each reason the strings in which it stops a cell or all of them."""
    told = dict(inhibits.strings)
    for reason, cells in inhibits.cells.items():
        if np.count_nonzero(cells):
            strings = frame.rows.any(cells) & loops.engine
            told[reason] = told[reason] | strings if reason in told else strings
    return {reason: told[reason] for reason in Inhibit if reason in told}
