"""The named reasons for which equalization sends duty 0: to whole strings, or to single cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Final

import numpy as np

from bacs_core.devices.panel_module import STATUS_HOT, STATUS_MEASURING_RESISTANCE
from bacs_core.equalization.orders import OFF, PARTIAL, Orders
from bacs_core.equalization.tuning import Loops
from bacs_core.estimation import Estimates
from bacs_core.frame import Frame
from bacs_core.model import ChargePhase, Inhibit, Quantity
from bacs_core.snapshot import Flags, Floats

_REASONS: Final = tuple(Inhibit)
_DISCHARGE: Final = int(ChargePhase.DISCHARGE)


@dataclass(frozen=True, slots=True)
class Inhibits:
    """Of each reason the strings it stops, and the cells where it stops single ones."""

    strings: Mapping[Inhibit, Flags]
    cells: Mapping[Inhibit, Flags]

    def any_string(self) -> Flags:
        """Tell per string whether it is stopped as a whole."""
        return reduce(np.logical_or, self.strings.values())

    def any_cell(self, cell_count: int) -> Flags:
        """Tell per cell whether the cell itself is stopped."""
        stopped = np.zeros(cell_count, np.bool_)
        for cells in self.cells.values():
            stopped |= cells
        return stopped


def told_status(frame: Frame) -> int:
    """Return the bits that the status of any module has."""
    return int(np.bitwise_or.reduce(frame.module_status, initial=0))


def hot(frame: Frame, status: int, loops: Loops) -> Flags:
    """Tell which modules or cells are hot now; `status` has the bits of all modules."""
    temperature_c = frame.columns[Quantity.TEMPERATURE].values
    hot_now: Flags = frame.fresh[Quantity.TEMPERATURE] & (temperature_c >= loops.cell_critical_c)
    if status & STATUS_HOT:
        hot_now |= frame.module_status & STATUS_HOT != 0
    return hot_now


def inhibits_of(
    frame: Frame,
    estimates: Estimates,
    orders: Orders,
    phase_limit_percent: Floats,
    uncounted: Flags,
    hot_lately: Flags | None,
    status: int,
    loops: Loops,
) -> Inhibits:
    """Find all that speaks against bypass.

    `phase_limit_percent` and `uncounted` are per string: what mode and phase allow, and whether too
    few cells have a counted charge. `hot_lately` is per cell (`None`: nobody), `status` has the
    bits of all modules.
    """
    off = orders.mode == OFF
    discharge = estimates.phase == _DISCHARGE
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
    cells = {
        Inhibit.STALE_READING: ~frame.trusted,
        Inhibit.FORMING_PERIOD: orders.paused_cells,
    }
    if hot_lately is not None:
        cells[Inhibit.HOT_MODULE] = hot_lately
    if status & STATUS_MEASURING_RESISTANCE:
        measuring = frame.module_status & STATUS_MEASURING_RESISTANCE != 0
        cells[Inhibit.RESISTANCE_MEASUREMENT] = measuring
    return Inhibits(
        strings={reason: flags & loops.engine for reason, flags in strings.items()},
        cells={reason: flags for reason, flags in cells.items() if np.count_nonzero(flags)},
    )


def named(inhibits: Inhibits, frame: Frame, loops: Loops) -> dict[Inhibit, Flags]:
    """Return of each reason the strings in which it stops a cell or all of them."""
    told = dict(inhibits.strings)
    for reason, cells in inhibits.cells.items():
        strings = frame.rows.any(cells) & loops.engine
        told[reason] = told[reason] | strings if reason in told else strings
    return {reason: told[reason] for reason in _REASONS if reason in told}
