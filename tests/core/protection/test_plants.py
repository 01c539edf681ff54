"""Protection of seeded plants in plant time: what runs away is stopped, what is healthy is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.core.protection.plants import Batch, Outcome, draw, lead_h, leave, told

#: Plants run away on the first day, or after a fifth, two fifths and three fifths of the time.
STEP_S = 60.0
CALM_STEP_S = 600.0


def summed_up(outcomes: list[Outcome], days: float) -> dict[str, Any]:
    """Count the outcomes; plants that never reach 60 °C had nothing to be stopped before."""
    read = [out for out in outcomes if out.case.read]
    hot = [out for out in read if np.isfinite(out.sixty_s)]
    others = [out for out in outcomes if not out.case.read]
    years = len(outcomes) * days / 365
    leads = [lead_h(out) for out in hot]
    return {
        "plants": len(outcomes),
        "days": days,
        "truly read": len(read),
        "truly read and 60 °C reached without a trip": len(hot),
        "of them pre-alert 1 h before and tripped before": sum(bool(stopped(out)) for out in hot),
        "shortest pre-alert, hours before 60 °C": round(min(leads, default=np.nan), 2),
        "hottest trip of them, °C": round(max((out.tripped_c for out in hot), default=np.nan), 1),
        "not read": len(others),
        "of them 60 °C reached": sum(bool(np.isfinite(out.sixty_s)) for out in others),
        "of them tripped before 60 °C": sum(
            bool(np.isfinite(out.sixty_s) and out.tripped_s < out.sixty_s) for out in others
        ),
        "before they ran away: pre-alerts per plant-year": round(
            sum(int(out.false_pre) for out in outcomes) / years, 2
        ),
        "alarms per plant-year": round(sum(int(out.false_alarms) for out in outcomes) / years, 2),
        "false trips": sum(out.false_trips for out in outcomes),
    }


def stopped(out: Outcome) -> bool:
    """Was there an hour's warning, and did the contact tell of an open breaker before 60 °C?"""
    return lead_h(out) >= 1.0 and out.tripped_s < out.sixty_s


def check_flags(outcomes: list[Outcome], days: float) -> None:
    """Each sensor that is missing has its standing flag."""
    for out in outcomes:
        assert ("room" in out.flags) is (not out.case.room_sensor)
        assert ("current" in out.flags) is (out.case.current.value == "absent")
        lost = out.case.fault.value == "missing" and out.case.onset_day < days
        assert ("temperature" in out.flags) is lost


def run_away(seeds: range, days: float, name: str) -> None:
    """Let plants run away and check what must hold for each of them."""
    cases = [draw(seed, days) for seed in seeds]
    outcomes = Batch(cases, STEP_S, CALM_STEP_S, seed=seeds.start).run(days)
    leave(name, {**summed_up(outcomes, days), "each": told(outcomes)})
    for out in outcomes:
        assert out.false_trips == 0
        if out.case.read and np.isfinite(out.sixty_s):
            assert stopped(out), told([out])
    check_flags(outcomes, days)
    assert sum(out.case.read and np.isfinite(out.sixty_s) for out in outcomes) >= len(cases) / 4


def stay_healthy(seeds: range, days: float, name: str) -> None:
    """Let plants be healthy, with a power failure now and then; nobody trips them."""
    cases = [draw(seed, days, healthy=True) for seed in seeds]
    outcomes = Batch(cases, STEP_S, CALM_STEP_S, seed=seeds.start).run(days)
    figures = summed_up(outcomes, days)
    leave(name, {**figures, "each": told(outcomes)})
    assert figures["false trips"] == 0
    check_flags(outcomes, days)


@pytest.mark.timeout(600)
def test_twenty_plants_that_run_away_within_a_month_are_warned_of_and_stopped() -> None:
    run_away(range(20), 30.0, "protection_plants_20")


@pytest.mark.soak
@pytest.mark.timeout(8 * 3600)
def test_two_hundred_plants_that_run_away_within_a_year_are_warned_of_and_stopped() -> None:
    run_away(range(1000, 1200), 365.0, "protection_plants_200")


@pytest.mark.soak
@pytest.mark.timeout(8 * 3600)
def test_two_hundred_healthy_plants_are_not_tripped_in_a_year() -> None:
    stay_healthy(range(2000, 2200), 365.0, "protection_healthy_200")
