"""Which currents may lift the duty limit."""

from __future__ import annotations

import pytest

from bacs_core.equalization import initial, orders_of, plan
from bacs_core.model import ChargePhase
from tests.core.equalization.build import START, a_string, estimates, readings, rows_and_frame

FLOAT_V = [2.27] * 4


def limit_percent(current_a: float, phase: ChargePhase, *, usable: bool = True) -> float:
    """Return the limit of a string of 500 Ah."""
    told = readings(FLOAT_V, current_a=current_a, current_error_a=0.01)
    rows, frame = rows_and_frame(a_string(4, capacity_ah=500.0), told, START)
    known = estimates(rows, phase, usable=usable)
    return float(plan(frame, known, initial(rows), orders_of(rows)).limit_percent[0])


@pytest.mark.parametrize("phase", [ChargePhase.ABSORPTION, ChargePhase.FLOAT])
def test_only_a_current_that_can_be_a_float_current_lifts_the_blind_limit(
    phase: ChargePhase,
) -> None:
    blind_percent = limit_percent(24.0, phase, usable=False)
    assert limit_percent(24.0, phase) == 100 > blind_percent
    for current_a in (26.0, 9_000.0, 1e7):
        assert limit_percent(current_a, phase) == blind_percent
