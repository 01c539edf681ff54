from __future__ import annotations

from copy import copy
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from bacs_core.estimation import estimate
from bacs_core.frame import gather
from bacs_core.model import Basis, ChargePhase, Chemistry
from bacs_core.snapshot import StringReadings
from tests.core.equalization.build import NAN, a_string, readings
from tests.core.estimation.driving import HOUR, Driver, Read

STRING = a_string(2, capacity_ah=500.0)
FLOAT_V = [2.27, 2.27]


def at_float(at: float) -> StringReadings:
    return readings(FLOAT_V, at, current_a=0.2, current_error_a=0.05)


def discharging(at: float) -> StringReadings:
    return readings([2.1, 2.1], at, current_a=-50.0, current_error_a=0.5)


def recharging(at: float) -> StringReadings:
    return readings([2.2, 2.2], at, current_a=50.0, current_error_a=0.5)


def charge_of(driver: Driver) -> list[float]:
    return [float(value) for value in driver.latest.charge.value]


def full() -> Driver:
    """A string that is proven full; each test has its own."""
    return copy(full_once())


@cache
def full_once() -> Driver:
    driver = Driver([STRING])
    driver.run(at_float, 1.1 * HOUR)
    return driver


def test_before_full_was_proven_nothing_is_claimed() -> None:
    driver = Driver([STRING])
    driver.run(at_float, 0.9 * HOUR)
    assert np.isnan(driver.latest.charge.value).all()
    assert driver.latest.charge.basis.tolist() == [Basis.NONE] * 2


def test_a_stable_float_for_an_hour_proves_full() -> None:
    driver = full()
    assert charge_of(driver) == [100, 100]
    assert driver.latest.charge.basis.tolist() == [Basis.PROVEN_FULL] * 2
    assert driver.latest.charge.uncertainty.tolist() == [1, 1]
    assert driver.latest.string_charge.value.tolist() == [100]


@pytest.mark.parametrize(
    "read",
    [
        lambda at: readings(FLOAT_V, at),
        lambda at: readings(FLOAT_V, at, current_a=0.2),
        lambda at: readings(FLOAT_V, at, current_a=0.2, current_error_a=20.0),
        lambda at: readings(FLOAT_V, at, current_a=50.0, current_error_a=0.05),
        lambda at: readings([2.20, 2.20], at, current_a=0.2, current_error_a=0.05),
        lambda at: readings([2.27, NAN], at - 60, current_a=0.2, current_error_a=0.05),
    ],
    ids=["no sensor", "error unknown", "coarse sensor", "charging", "not at float", "old"],
)
def test_what_does_not_prove_full_never_shows_100_percent(read: Read) -> None:
    driver = Driver([STRING])
    driver.run(read, 2 * HOUR)
    assert np.isnan(driver.latest.charge.value).all()


def test_an_interrupted_float_has_to_last_an_hour_anew() -> None:
    driver = Driver([STRING])
    driver.run(at_float, 3000)
    driver.run(lambda at: readings([2.05, 2.05], at, current_a=-5.0, current_error_a=0.05), 30)
    driver.run(at_float, 3000)
    assert np.isnan(driver.latest.charge.value).all()


def test_without_any_current_a_voltage_held_for_a_day_proves_full_less_certainly() -> None:
    driver = Driver([STRING])
    driver.run(lambda at: readings(FLOAT_V, at), 10 * HOUR, 115)
    assert np.isnan(driver.latest.charge.value).all()
    driver.run(lambda at: readings(FLOAT_V, at), 14 * HOUR, 115)
    charge = driver.latest.charge
    assert charge.value[0] < 100 <= charge.value[0] + charge.uncertainty[0]
    assert 2 < charge.uncertainty[0] < 6


def test_the_tail_of_a_boost_charge_bounds_what_is_missing() -> None:
    driver = Driver([STRING])
    driver.run(recharging, HOUR)
    driver.run(lambda at: readings([2.40, 2.40], at, current_a=20.0, current_error_a=0.5), 2 * HOUR)
    charge = driver.latest.charge
    assert driver.phase is ChargePhase.ABSORPTION
    assert 90 < charge.value[0] < 98
    assert 4 < charge.uncertainty[0] < 10


def test_a_discharge_is_counted_from_the_proof_on() -> None:
    driver = full()
    driver.run(discharging, HOUR)
    assert charge_of(driver) == pytest.approx([90, 90], abs=0.2)
    charge = driver.latest.charge
    assert charge.basis.tolist() == [Basis.COUNTED] * 2
    # The name plate is the most uncertain part of it, for a tenth of the capacity.
    assert 1.5 < charge.uncertainty[0] < 3
    assert charge.at[0] == pytest.approx(driver.now - HOUR, abs=120)


def test_a_count_gets_less_certain_with_what_moves_and_with_the_time() -> None:
    driver = full()
    driver.run(discharging, HOUR)
    before = driver.latest.charge.uncertainty[0]
    driver.run(discharging, HOUR)
    moved = driver.latest.charge.uncertainty[0]
    rests = Driver([STRING])
    rests.memory, rests.now = driver.memory, driver.now
    rests.run(lambda at: readings([2.1, 2.1], at, current_a=0.0, current_error_a=5.0), 3 * HOUR)
    assert before < moved < rests.latest.charge.uncertainty[0]


def test_bled_charge_is_missing_in_the_cell_that_was_bypassed() -> None:
    driver = full()
    driver.run(discharging, HOUR)
    driver.run(
        lambda at: readings(
            [2.2, 2.2], at, current_a=20.0, current_error_a=0.5, duty_percent=[0, 100]
        ),
        HOUR,
    )
    values = charge_of(driver)
    assert values[0] - values[1] == pytest.approx(0.85 / 500 * 100, rel=0.02)


def test_a_recharge_counts_up_to_99_percent_until_full_is_proven_again() -> None:
    driver = full()
    driver.run(discharging, 600)
    driver.run(lambda at: readings([2.24, 2.24], at, current_a=50.0, current_error_a=0.5), 1800)
    assert charge_of(driver) == [99, 99]
    driver.run(at_float, 2.5 * HOUR)
    assert charge_of(driver) == [100, 100]


def test_a_current_inside_the_stated_error_is_not_counted_and_is_no_100_percent_off_float() -> None:
    driver = full()
    driver.run(
        lambda at: readings([2.15, 2.15], at, current_a=-0.4, current_error_a=0.5),
        2 * HOUR,
        60,
    )
    assert charge_of(driver) == [99, 99]


def test_a_short_silence_of_the_sensor_is_bridged_and_a_long_one_forgets_the_proof() -> None:
    driver = full()
    driver.run(discharging, 1800)
    driver.run(lambda at: readings([2.05, 2.05], at), 120)
    bridged = driver.latest.charge
    assert charge_of(driver) == pytest.approx([95, 95], abs=1)
    driver.run(lambda at: readings([2.05, 2.05], at), 600)
    assert driver.latest.charge.uncertainty[0] > bridged.uncertainty[0] + 1
    driver.run(lambda at: readings([2.05, 2.05], at), HOUR)
    assert np.isnan(driver.latest.charge.value).all()


def test_a_gap_between_ticks_counts_nothing_and_is_doubted() -> None:
    driver = full()
    driver.run(discharging, 1800)
    before = driver.latest.charge
    driver.now += 600
    driver.tick(discharging)
    after = driver.latest.charge
    assert after.value == pytest.approx(before.value, abs=0.1)
    assert after.uncertainty[0] > before.uncertainty[0] + 0.7
    driver.now += 2 * HOUR
    driver.tick(discharging)
    # The count is forgotten; the voltage under load tells anew.
    assert driver.latest.charge.basis.tolist() == [Basis.DISCHARGE] * 2
    assert driver.latest.charge.at.tolist() == [driver.now] * 2


def test_started_in_a_discharge_the_voltage_under_load_tells_after_a_while() -> None:
    driver = Driver([STRING])

    def deep(at: float) -> StringReadings:
        return readings([2.00, 1.98], at, current_a=-50.0, current_error_a=0.5)

    driver.run(deep, 1500)
    assert np.isnan(driver.latest.charge.value).all()
    driver.run(deep, 300)
    charge = driver.latest.charge
    assert charge.basis.tolist() == [Basis.DISCHARGE] * 2
    assert charge.value[0] > charge.value[1]
    assert 40 < charge.value[1] < 60
    assert (charge.uncertainty <= 10).all()


def test_a_cell_that_is_at_its_end_before_its_time_is_found_empty_whatever_was_counted() -> None:
    driver = full()
    driver.run(discharging, 2 * HOUR)
    driver.run(lambda at: readings([2.0, 1.79], at, current_a=-50.0, current_error_a=0.5), 600)
    charge = driver.latest.charge
    assert charge.value[0] == pytest.approx(78, abs=1)
    assert charge.value[1] < 2
    assert driver.latest.string_charge.value[0] < 2


REST_V = {Chemistry.VRLA: 2.084, Chemistry.VENTED_LEAD: 2.014, Chemistry.LTO: 2.309}


@pytest.mark.parametrize("chemistry", REST_V)
def test_a_rest_of_hours_tells_the_charge_by_voltage(chemistry: Chemistry) -> None:
    string = a_string(
        2,
        cell_voltage_v=2.3 if chemistry is Chemistry.LTO else 2.0,
        chemistry=chemistry,
        capacity_ah=500.0,
    )
    driver = Driver([string])
    rest = REST_V[chemistry]
    driver.run(lambda at: readings([rest, rest], at, current_a=0.0, current_error_a=0.5), HOUR)
    assert np.isnan(driver.latest.charge.value).all()
    driver.run(lambda at: readings([rest, rest], at, current_a=0.0, current_error_a=0.5), 5 * HOUR)
    charge = driver.latest.charge
    assert charge.value == pytest.approx([70, 70], abs=0.1)
    assert charge.basis.tolist() == [Basis.REST_VOLTAGE] * 2
    assert (charge.uncertainty <= 10).all()


@pytest.mark.parametrize(
    ("chemistry", "cell_voltage_v", "rest_v"),
    [(Chemistry.NICD, 1.2, 1.28), (Chemistry.LFP, 3.2, 3.305)],
)
def test_a_flat_curve_tells_nothing_however_long_the_rest(
    chemistry: Chemistry, cell_voltage_v: float, rest_v: float
) -> None:
    string = a_string(2, cell_voltage_v=cell_voltage_v, chemistry=chemistry, capacity_ah=100.0)
    driver = Driver([string])
    driver.run(lambda at: readings([rest_v] * 2, at, current_a=0.0, current_error_a=0.1), 26 * HOUR)
    assert driver.phase is ChargePhase.REST
    assert np.isnan(driver.latest.charge.value).all()


def test_what_a_device_says_wins_and_carries_its_own_time() -> None:
    driver = full()
    now = driver.now
    read = readings(
        FLOAT_V, now - 3, charge_percent=[87.5, NAN], current_a=0.2, current_error_a=0.05
    )
    told = gather(driver.rows, {STRING.key: read}, now)
    estimates, _ = estimate(told, driver.memory, driver.tuning)
    assert estimates.charge.value.tolist() == [87.5, 100]
    assert estimates.charge.basis.tolist() == [Basis.DEVICE, Basis.PROVEN_FULL]
    assert estimates.charge.at[0] == now - 3
    assert estimates.string_charge.value[0] == pytest.approx(87.5)


def test_the_weakest_cell_decides_what_a_string_can_give() -> None:
    driver = full()
    learnt = driver.memory.capacity
    driver.memory = replace(
        driver.memory,
        capacity=replace(
            learnt,
            percent=np.array([100.0, 60.0]),
            error=np.array([5.0, 5.0]),
            basis=np.full(2, Basis.DISCHARGE, np.uint8),
            at=np.full(2, driver.now),
        ),
    )
    driver.run(at_float, 60)
    assert driver.latest.string_charge.value.tolist() == [100]
    driver.run(discharging, HOUR)
    values = charge_of(driver)
    assert values == pytest.approx([90, 100 - 10 / 0.6], abs=0.3)
    assert driver.latest.string_charge.value[0] == pytest.approx(values[1], abs=0.1)


def test_a_count_that_is_worth_too_little_is_forgotten() -> None:
    driver = full()
    driver.run(discharging, 600)
    seen = []
    for _ in range(30):
        driver.run(
            lambda at: readings([2.10, 2.10], at, current_a=0.0, current_error_a=60.0), 1800, 60
        )
        seen.append(float(driver.latest.charge.uncertainty[0]))
    known = [error for error in seen if not np.isnan(error)]
    assert max(known) <= 25
    assert known
    assert np.isnan(seen).any()


def test_an_offset_of_the_sensor_is_learnt_in_a_settled_float_and_taken_off_the_count() -> None:
    driver = Driver([STRING])
    offset_a = 1.5

    def floats(at: float) -> StringReadings:
        return readings(FLOAT_V, at, current_a=0.2 + offset_a, current_error_a=2.0)

    driver.run(floats, 12 * HOUR, 115)
    assert driver.phase is ChargePhase.FLOAT
    assert not driver.latest.current_clear[0]
    driver.run(
        lambda at: readings([2.12] * 2, at, current_a=-20.0 + offset_a, current_error_a=2.0),
        5 * HOUR,
        60,
    )
    unlearnt = 100 - 5 * (20 - offset_a) / 5
    assert charge_of(driver) == pytest.approx([80, 80], abs=0.5)
    assert unlearnt > 81
