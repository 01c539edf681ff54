"""What a stand-in engine concludes of a string: all of it known, nothing of it wrong."""

from __future__ import annotations

import numpy as np

from bacs_core.model import Basis, ChargePhase, EqualizationMode, String
from bacs_core.snapshot import BrainSummary, CellEstimates


def estimates(cells: int, value: float, uncertainty: float, basis: Basis) -> CellEstimates:
    """Make the same estimate for all cells."""
    return CellEstimates(
        np.full(cells, value), np.full(cells, uncertainty), np.full(cells, basis, np.uint8)
    )


def brain_of(string: String) -> BrainSummary:
    """Conclude that a string floats and is full."""
    cells = string.cell_count
    nobody = np.zeros(cells, np.bool_)
    return BrainSummary(
        phase=ChargePhase.FLOAT,
        phase_since=None,
        mode=EqualizationMode.CONTINUOUS,
        limit_percent=50.0,
        charge_percent=97.0,
        charge_uncertainty_percent=3.0,
        charge_basis=Basis.COUNTED,
        charge=estimates(cells, 98.0, 3.0, Basis.PROVEN_FULL),
        capacity=estimates(cells, 92.4, 4.0, Basis.DISCHARGE),
        health=estimates(cells, 88.0, 8.0, Basis.RESISTANCE),
        bled_ah=np.full(cells, 1.7),
        resistance_baseline_ohm=np.full(cells, np.nan),
        resistance_rise=np.full(cells, np.nan),
        stage=np.zeros(cells, np.uint8),
        equalizes=nobody,
        paused=nobody,
        exhausted=nobody,
        stuck_on=nobody,
        stuck_off=nobody,
    )
