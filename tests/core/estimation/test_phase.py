from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from bacs_core.model import ChargePhase, Chemistry
from bacs_core.snapshot import StringReadings
from tests.core.equalization.build import NAN, a_string, readings
from tests.core.estimation.driving import HOUR, Driver, Read

DISCHARGE, REST, BULK, ABSORPTION, FLOAT, UNKNOWN = (
    ChargePhase.DISCHARGE,
    ChargePhase.REST,
    ChargePhase.BULK,
    ChargePhase.ABSORPTION,
    ChargePhase.FLOAT,
    ChargePhase.UNKNOWN,
)
STRING = a_string(4, capacity_ah=500.0)


def uniform(
    mean_v: float, at: float, current_a: float | None = None, error_a: float | None = 2.0
) -> StringReadings:
    return readings([mean_v] * 4, at, current_a=current_a, current_error_a=error_a)


def mean_of(mean_v: float, current_a: float | None = None, error_a: float | None = 2.0) -> Read:
    return partial(uniform, mean_v, current_a=current_a, error_a=error_a)


def test_a_clear_discharge_current_is_a_discharge_in_the_same_tick() -> None:
    driver = Driver([STRING])
    driver.run(mean_of(2.27, 0.3), HOUR)
    driver.tick(mean_of(2.27, -80.0))
    assert driver.phase is DISCHARGE
    assert driver.latest.current_clear.tolist() == [True]


def test_timeline_of_a_power_failure_and_a_float_only_charger() -> None:
    """(seconds for, mean voltage, current) -> phase at the end; the sensor errs by 2 A."""
    timeline = [
        (7200, 2.27, 0.3, FLOAT),
        (10, 2.10, -80.0, DISCHARGE),
        (3600, 1.95, -80.0, DISCHARGE),
        (10, 2.05, 50.0, BULK),
        (3600, 2.15, 50.0, BULK),
        (600, 2.265, 45.0, BULK),
        (3600, 2.27, 20.0, ABSORPTION),
        (3600, 2.27, 8.0, ABSORPTION),
        (7200, 2.27, 2.2, FLOAT),
        (7200, 2.27, 0.4, FLOAT),
    ]
    driver = Driver([STRING])
    seen = []
    for seconds, mean_v, current_a, _ in timeline:
        driver.run(mean_of(mean_v, current_a), seconds)
        seen.append(driver.phase)
    assert seen == [phase for *_, phase in timeline]


def test_a_charger_that_boosts_and_then_floats_reaches_constant_voltage_once() -> None:
    driver = Driver([STRING])
    driver.run(mean_of(2.00, -50.0), HOUR)
    ended_at = driver.now
    driver.run(lambda at: uniform(2.10 + 0.1 * (at - ended_at) / HOUR, at, 50.0), 3 * HOUR, 30)
    held_at = driver.now
    assert driver.phase is BULK
    driver.run(mean_of(2.40, 30.0), HOUR)
    assert driver.phase is ABSORPTION
    assert driver.latest.absorption_since[0] == pytest.approx(held_at, abs=1200)
    assert driver.latest.recharging_since[0] == pytest.approx(ended_at, abs=10)
    driver.run(mean_of(2.40, 6.0), 4 * HOUR, 30)
    driver.run(mean_of(2.27, 3.0), 300)
    assert driver.phase is FLOAT
    assert driver.latest.absorption_since[0] == pytest.approx(held_at, abs=1200)


def test_a_charger_that_gives_all_it_can_at_a_slowly_rising_voltage_holds_none() -> None:
    driver = Driver([STRING])
    driver.run(mean_of(2.00, -50.0), 600)
    start = driver.now

    def bulk(at: float) -> StringReadings:
        hours = (at - start) / HOUR
        return uniform(2.24 + 0.036 * hours, at, 50.0 - 1.0 * hours)

    driver.run(bulk, 2 * HOUR)
    assert driver.phase is BULK
    assert np.isnan(driver.latest.absorption_since[0])


def test_a_boost_charge_that_falls_back_to_float_without_a_clear_current_is_no_discharge() -> None:
    driver = Driver([STRING])
    driver.run(mean_of(2.40, 1.0), HOUR)
    assert driver.phase is ABSORPTION
    start = driver.now
    for minute in range(60):
        mean_v = max(2.27, 2.40 - 0.005 * minute)
        driver.tick(mean_of(mean_v, 0.5))
        driver.now = start + 60 * (minute + 1)
        assert driver.phase in {ABSORPTION, BULK, FLOAT}
    assert driver.phase is FLOAT


def test_a_recharge_is_over_when_the_float_current_is_back_near_its_tail_and_not_by_the_clock() -> (
    None
):
    driver = Driver([STRING])
    driver.run(mean_of(2.00, -50.0, 0.1), HOUR)
    driver.run(mean_of(2.20, 50.0, 0.1), HOUR)
    driver.run(mean_of(2.27, 20.0, 0.1), 12 * HOUR, 110)
    assert np.isfinite(driver.latest.recharging_since[0])
    driver.run(mean_of(2.27, 1.0, 0.1), 2 * HOUR)
    assert np.isnan(driver.latest.recharging_since[0])
    assert np.isnan(driver.latest.absorption_since[0])


def test_without_a_current_a_recharge_is_over_when_the_voltage_was_held_for_long() -> None:
    driver = Driver([STRING])
    driver.run(mean_of(2.27), HOUR)
    driver.run(mean_of(2.00), HOUR)
    assert driver.phase is DISCHARGE
    driver.run(mean_of(2.27), 12 * HOUR, 110)
    assert driver.phase is FLOAT
    assert np.isfinite(driver.latest.recharging_since[0])
    driver.run(mean_of(2.27), 16 * HOUR, 110)
    assert np.isnan(driver.latest.recharging_since[0])


def test_a_current_that_rises_in_float_is_no_recharge() -> None:
    driver = Driver([STRING])
    driver.run(mean_of(2.27, 0.3, 0.05), 2 * HOUR)
    start = driver.now
    driver.run(lambda at: uniform(2.27, at, 0.3 + (at - start) / HOUR, 0.05), 10 * HOUR)
    assert driver.phase is FLOAT
    assert np.isnan(driver.latest.recharging_since[0])


def test_a_charger_that_stops_without_a_load_is_noticed_by_the_falling_mean() -> None:
    driver = Driver([a_string(24)])

    def falling(at: float) -> StringReadings:
        return readings(np.linspace(2.24, 2.30, 24) - 0.014 * (at - start) / HOUR, at)

    driver.run(lambda at: readings(np.linspace(2.24, 2.30, 24), at), HOUR)
    assert driver.phase is FLOAT
    start = driver.now
    driver.run(falling, 3000)
    assert driver.phase is DISCHARGE


def test_a_fine_sensor_without_a_clear_current_makes_that_a_rest() -> None:
    driver = Driver([STRING])
    driver.run(mean_of(2.27, 0.3, 0.5), HOUR)
    start = driver.now
    driver.run(lambda at: uniform(2.27 - 0.02 * (at - start) / 600, at, -0.1, 0.5), 1200)
    assert driver.phase is REST


def test_far_below_float_a_coarse_sensor_tells_no_rest_until_the_voltage_has_settled() -> None:
    driver = Driver([STRING])
    driver.run(mean_of(2.27, 0.0, 50.0), HOUR)
    driver.run(mean_of(2.06, 0.0, 50.0), 1200)
    assert driver.phase is DISCHARGE
    driver.run(mean_of(2.06, 0.0, 50.0), 8 * HOUR, 110)
    assert driver.phase is REST


def test_after_a_discharge_a_string_must_look_well_for_ten_minutes() -> None:
    driver = Driver([STRING])
    driver.run(mean_of(2.27), HOUR)
    driver.run(mean_of(2.05), 600)
    driver.run(mean_of(2.27), 590)
    assert driver.phase is not FLOAT
    driver.run(mean_of(2.27), 60)
    assert driver.phase is FLOAT


def test_losing_a_cell_is_no_fall_of_the_mean() -> None:
    driver = Driver([STRING])
    driver.run(lambda at: readings([2.24, 2.26, 2.28, 2.30], at), 600)
    driver.run(lambda at: readings([2.24, 2.26, 2.28, NAN], at), 600)
    assert driver.phase is FLOAT


def test_without_any_voltage_the_phase_becomes_unknown_but_a_clear_discharge_stays_one() -> None:
    driver = Driver([STRING])
    driver.run(mean_of(2.27), 600)
    driver.run(lambda at: uniform(2.27, at - 100), 50)
    assert driver.phase is FLOAT
    driver.run(lambda at: uniform(2.27, at - 100), 60)
    assert driver.phase is UNKNOWN
    driver.tick(lambda at: readings([NAN] * 4, at, current_a=-20.0, current_error_a=2.0))
    assert driver.phase is DISCHARGE


def test_lithium_at_rest_close_below_its_charger_does_not_float() -> None:
    string = a_string(4, cell_voltage_v=3.2, capacity_ah=100.0, chemistry=Chemistry.LFP)
    driver = Driver([string])
    driver.run(mean_of(3.40, 0.1, 0.5), HOUR)
    assert driver.phase is FLOAT
    start = driver.now
    driver.run(lambda at: uniform(max(3.33, 3.40 - 0.001 * (at - start)), at, 0.0, 0.5), HOUR)
    assert driver.phase is REST


def test_a_tick_that_is_not_later_changes_nothing() -> None:
    driver = Driver([STRING])
    driver.run(mean_of(2.27, 0.3), 60)
    driver.now -= 120
    before, latest = driver.memory, driver.latest
    driver.tick(mean_of(1.90, -80.0))
    assert driver.memory is before
    assert driver.latest is latest


def test_a_step_of_the_clock_moves_everything_that_is_kept() -> None:
    straight, stepped = Driver([STRING]), Driver([STRING])
    for driver in (straight, stepped):
        driver.run(mean_of(2.00, -50.0), HOUR)
        driver.run(mean_of(2.20, 50.0), 600)
    from bacs_core.estimation import shifted

    stepped.memory = shifted(stepped.memory, 7200.0)
    stepped.now += 7200.0
    for driver in (straight, stepped):
        driver.run(mean_of(2.27, 20.0), 2 * HOUR)
    assert stepped.phase is straight.phase
    for one in ("phase_since", "absorption_since", "recharging_since"):
        assert getattr(stepped.latest, one) == pytest.approx(getattr(straight.latest, one) + 7200)


def test_the_length_of_ticks_does_not_matter() -> None:
    found = []
    for step_s in (15.0, 60.0):
        driver = Driver([STRING])
        driver.run(mean_of(2.00, -50.0), 600, step_s)
        driver.run(mean_of(2.20, 50.0), 1800, step_s)
        start = driver.now
        driver.run(lambda at: uniform(2.27, at, 45 - 20 * (at - start) / HOUR), HOUR, step_s)  # noqa: B023
        found.append((driver.phase, driver.latest.absorption_since[0] - driver.now))
    (fine, fine_s), (coarse, coarse_s) = found
    assert fine is coarse is ABSORPTION
    assert fine_s == pytest.approx(coarse_s, abs=900)
