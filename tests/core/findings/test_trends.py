"""Slow averages of what sets cells apart: they tell a change from a difference."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bacs_core.findings import Trends, follow, initial, keep, replaced, restore, shifted
from bacs_core.findings.trends import MONTH_S
from bacs_core.rows import rows_of
from tests.core.equalization.build import NAN, START, a_string

ROWS = rows_of([a_string(2, number=1), a_string(1, number=2)])
DAY_S = 86_400.0


def after_days(days: int, value: float, begun: Trends | None = None) -> Trends:
    trends = begun or initial(ROWS)
    at = trends.at or START
    for day in range(days):
        values = np.full(ROWS.cell_count, value)
        trends = follow(trends, {"resistance": values}, at + (day + 1) * DAY_S)
    return trends


def test_the_average_begins_at_the_first_value_and_follows_within_months() -> None:
    steady = after_days(10, 0.05)
    assert steady.slow["resistance"] == pytest.approx(0.05)
    risen = after_days(30, 0.25, steady)
    assert risen.slow["resistance"][0] == pytest.approx(0.25 - 0.20 * np.exp(-1), rel=1e-6)


def test_an_absent_value_leaves_its_average_alone() -> None:
    trends = after_days(3, 0.1)
    gap = follow(trends, {"resistance": np.array([NAN, 0.1, 0.1])}, START + 9 * DAY_S)
    assert gap.slow["resistance"][0] == pytest.approx(0.1)


def test_a_new_cell_begins_anew() -> None:
    trends = replaced(after_days(3, 0.1), 1)
    assert np.isnan(trends.slow["resistance"]).tolist() == [False, True, False]
    later = follow(trends, {"resistance": np.full(3, 0.4)}, START + 4 * DAY_S)
    assert later.slow["resistance"][1] == pytest.approx(0.4)
    assert later.slow["resistance"][0] < 0.2


def test_a_step_of_the_clock_hastens_nothing() -> None:
    trends = after_days(3, 0.1)
    assert trends.at is not None
    stepped = shifted(trends, 10 * MONTH_S)
    later = follow(stepped, {"resistance": np.full(3, 1.0)}, trends.at + 10 * MONTH_S + 10.0)
    assert later.slow["resistance"][0] == pytest.approx(0.1, abs=1e-4)


def test_a_restart_forgets_nothing_and_drops_what_no_longer_fits() -> None:
    trends = after_days(3, 0.1)
    kept = json.loads(json.dumps(keep(trends, ROWS)))
    assert restore(kept, ROWS).slow["resistance"] == pytest.approx(0.1)
    assert restore(kept, ROWS).at == trends.at
    longer = rows_of([a_string(3, number=1), a_string(1, number=2)])
    again = restore(kept, longer)
    assert np.isnan(again.slow["resistance"]).tolist() == [True, True, True, False]
    for damaged in (None, "x", {"strings": 3}, {"strings": {"room/1": {"resistance": ["a", 1]}}}):
        assert restore(damaged, ROWS) == initial(ROWS)
