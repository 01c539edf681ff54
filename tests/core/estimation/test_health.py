from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from bacs_core.estimation import Tuning, replaced
from bacs_core.model import Basis
from bacs_core.snapshot import Reading, StringReadings
from tests.core.equalization.build import a_string, readings
from tests.core.estimation.driving import HOUR, Driver

STRING = a_string(3, capacity_ah=100.0)
DAY = 24 * HOUR
#: One look at everything in an hour is enough for weeks of float.
WEEKS = Tuning(longest_step_s=4000.0)
NEW_OHM = (1.0e-3, 1.2e-3, 0.9e-3)


def floating(
    at: float,
    resistance_ohm: Sequence[float] = NEW_OHM,
    temperature_c: float = 25.0,
    ripple_a: float | None = None,
    mean_v: float = 2.27,
) -> StringReadings:
    told = readings(
        [mean_v] * 3,
        at,
        current_a=0.05,
        current_error_a=0.05,
        resistance_ohm=resistance_ohm,
        temperature_c=[temperature_c] * 3,
    )
    return replace(told, ac_current_a=None if ripple_a is None else Reading(ripple_a, at))


def settled() -> Driver:
    driver = Driver([STRING], WEEKS)
    driver.run(floating, 3.2 * DAY, 3600)
    return driver


def test_without_a_settled_period_there_is_no_baseline() -> None:
    driver = Driver([STRING], WEEKS)
    driver.run(floating, 1.5 * DAY, 3600)
    assert np.isnan(driver.latest.resistance_rise).all()
    assert np.isnan(driver.latest.resistance_baseline_ohm).all()
    assert driver.latest.health.basis.tolist() == [Basis.NONE] * 3


def test_a_risen_resistance_is_told_against_the_cells_own_baseline() -> None:
    driver = settled()
    assert driver.latest.resistance_rise == pytest.approx([0, 0, 0], abs=1e-6)
    driver.run(lambda at: floating(at, (1.0e-3, 1.68e-3, 0.9e-3)), 2 * DAY, 3600)
    assert driver.latest.resistance_rise == pytest.approx([0, 0.4, 0], abs=0.02)
    health = driver.latest.health
    assert health.basis.tolist() == [Basis.RESISTANCE] * 3
    assert health.value == pytest.approx([100, 80, 100], abs=1)
    assert health.uncertainty.tolist() == [15, 15, 15]


def test_the_baseline_is_told_at_25_degrees_and_stays_when_the_cell_ages() -> None:
    driver = Driver([STRING], WEEKS)
    warm = tuple(ohm / (1 + 0.007 * 10) for ohm in NEW_OHM)
    driver.run(lambda at: floating(at, warm, 35.0), 3.2 * DAY, 3600)
    assert driver.latest.resistance_baseline_ohm == pytest.approx(NEW_OHM, rel=0.01)
    before = driver.latest.resistance_baseline_ohm.tolist()
    driver.run(lambda at: floating(at, (1.0e-3, 1.68e-3, 0.9e-3)), 2 * DAY, 3600)
    assert driver.latest.resistance_baseline_ohm.tolist() == before


def test_one_wild_reading_is_no_rise() -> None:
    driver = settled()
    driver.run(lambda at: floating(at, (1.0e-3, 9e-3, 0.9e-3)), HOUR, 3600)
    assert driver.latest.resistance_rise[1] < 0.12


def test_warmth_is_no_change_of_resistance() -> None:
    driver = settled()
    warm = tuple(ohm / (1 + 0.007 * 15) for ohm in NEW_OHM)
    driver.run(lambda at: floating(at, warm, 40.0), DAY, 3600)
    assert driver.latest.resistance_rise == pytest.approx([0, 0, 0], abs=0.01)


def test_the_baseline_of_an_exchanged_cell_is_learnt_anew() -> None:
    driver = settled()
    driver.memory = replaced(driver.memory, 1, driver.now)
    other = (1.0e-3, 0.7e-3, 0.9e-3)
    driver.run(lambda at: floating(at, other), HOUR, 3600)
    assert np.isnan(driver.latest.resistance_rise).tolist() == [False, True, False]
    driver.run(lambda at: floating(at, other), 2 * DAY, 3600)
    assert driver.latest.resistance_rise == pytest.approx([0, 0, 0], abs=1e-6)


def test_a_reading_that_stays_the_same_old_one_counts_once() -> None:
    driver = Driver([a_string(3, capacity_ah=100.0)], WEEKS)
    start = driver.now
    patient = replace(STRING, stale_after_s=dict.fromkeys(STRING.stale_after_s, 10 * DAY))
    driver = Driver([patient], WEEKS)

    def measured_once(at: float) -> StringReadings:
        old, new = floating(start), floating(at)
        key = next(key for key in old.columns if key.name == "RESISTANCE")
        return replace(new, columns={**new.columns, key: old.columns[key]})

    driver.run(measured_once, 4 * DAY, 3600)
    assert np.isnan(driver.latest.resistance_rise).all()


def test_ripple_and_float_setting_are_compared_with_the_first_settled_week() -> None:
    driver = Driver([STRING], WEEKS)
    driver.run(lambda at: floating(at, ripple_a=2.0), 7 * DAY, 3600)
    assert np.isnan(driver.latest.charger.ripple_rise).all()
    driver.run(lambda at: floating(at, ripple_a=2.0), 2 * DAY, 3600)
    assert driver.latest.charger.ripple_rise.tolist() == [0]
    driver.run(lambda at: floating(at, ripple_a=3.0, mean_v=2.285), 2 * DAY, 3600)
    assert driver.latest.charger.ripple_rise == pytest.approx([0.5], abs=0.01)
    assert driver.latest.charger.setting_drift_v == pytest.approx([0.015], abs=0.001)


def test_a_charger_that_lowers_its_voltage_in_the_heat_does_not_drift() -> None:
    driver = Driver([STRING], WEEKS)
    driver.run(floating, 9 * DAY, 3600)
    driver.run(lambda at: floating(at, temperature_c=30.0, mean_v=2.255), 2 * DAY, 3600)
    assert driver.latest.charger.setting_drift_v == pytest.approx([0.0], abs=0.001)
    driver.run(lambda at: floating(at, temperature_c=20.0, mean_v=2.255), 2 * DAY, 3600)
    assert driver.latest.charger.setting_drift_v == pytest.approx([-0.015], abs=0.001)
