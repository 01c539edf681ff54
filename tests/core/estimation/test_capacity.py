from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest

from bacs_core.estimation import replaced
from bacs_core.estimation.corrections import (
    load_factor,
    rate_factor,
    temperature_factor,
    time_factor,
)
from bacs_core.model import Basis
from bacs_core.snapshot import StringReadings
from tests.core.equalization.build import NAN, a_string, readings
from tests.core.estimation.driving import HOUR, Driver

STRING = a_string(3, capacity_ah=100.0)
LOAD_A = 10.0

#: Temperature in °F; results of version 1.1.1 of the package dc-battery-testing for a test that
#: lasted 7 h 42.5 min of 8 h, and for a published load of 10 000 A.
ORACLE = [
    (40, 153.0, 7692), (45, 139.5, 8000), (50, 129.7, 8403), (57, 119.6, 8818),
    (60, 116.2, 9009), (65, 111.4, 9259), (67, 109.6, 9398), (68, 108.8, 9470),
    (70, 107.3, 9615), (71, 106.8, 9671), (73, 105.1, 9775), (75, 104.1, 9891),
    (77, 102.5, 10000), (80, 101.4, 10204), (83, 99.5, 10331), (85, 98.6, 10417),
    (90, 96.2, 10638), (95, 94.0, 10753), (98, 92.9, 10893), (100, 92.2, 10989),
    (105, 89.9, 11236), (110, 88.2, 11364), (113, 87.1, 11442), (120, 84.7, 11628),
]  # fmt: skip


@pytest.mark.parametrize(("fahrenheit", "percent", "load_a"), ORACLE)
def test_temperature_is_corrected_as_in_the_published_tables(
    fahrenheit: float, percent: float, load_a: float
) -> None:
    celsius = np.array([(fahrenheit - 32) / 1.8])
    # The package adds 42 and a half minutes as 42/60 + 30/60.
    lasted_h = 7 + 42 / 60 + 30 / 60
    assert 100 * lasted_h / (8 * time_factor(celsius)[0]) == pytest.approx(percent, rel=4e-3)
    assert 10000 / load_factor(celsius)[0] == pytest.approx(load_a, rel=4e-3)


def test_a_short_discharge_is_corrected_by_its_load_and_a_long_one_by_its_time() -> None:
    cold = np.array([10.0, 10.0])
    short, long = temperature_factor(np.array([0.5, 5.0]), cold)
    assert short == pytest.approx(1 / load_factor(cold)[0])
    assert long == pytest.approx(time_factor(cold)[0])


@pytest.mark.parametrize(("hours", "given_ah"), [(20, 93.0), (10, 92.0), (1, 71.8)])
def test_the_rate_follows_the_kinetic_battery_model(hours: float, given_ah: float) -> None:
    """NREL SAM's lead-acid battery, given by its own model."""
    rate = rate_factor(np.array([hours]), np.array([10.0]), np.array([0.32]))[0]
    assert 92.0 * rate == pytest.approx(given_ah, rel=0.01)


def cells(
    voltage_v: Sequence[float], at: float, current_a: float, temperature_c: float = 25.0
) -> StringReadings:
    return readings(
        voltage_v,
        at,
        current_a=current_a,
        current_error_a=0.05,
        temperature_c=[temperature_c] * len(voltage_v),
    )


def full(driver: Driver) -> None:
    driver.run(partial(told, (2.27, 2.27, 2.27), 0.05), 10 * HOUR, 115)
    driver.run(partial(told, (2.27, 2.27, 2.27), 0.05), 1.2 * HOUR)


def told(
    voltage_v: Sequence[float], current_a: float, at: float, temperature_c: float = 25.0
) -> StringReadings:
    return cells(voltage_v, at, current_a, temperature_c)


def discharge(
    driver: Driver, ends_h: Sequence[float], hours: float, temperature_c: float = 25.0
) -> None:
    """Discharge until `hours`; each cell comes to its end voltage after its own time."""
    start = driver.now

    def falling(at: float) -> StringReadings:
        done_h = (at - start) / HOUR
        return cells(
            [2.06 - 0.26 * (done_h / end_h) ** 2 for end_h in ends_h],
            at,
            -LOAD_A,
            temperature_c,
        )

    driver.run(falling, hours * HOUR, 100)
    driver.run(partial(told, (2.0, 2.0, 2.0), 0.0), 120)


def test_each_cell_gets_the_capacity_of_the_time_at_which_it_came_to_its_end() -> None:
    driver = Driver([STRING])
    full(driver)
    assert driver.latest.capacity.basis.tolist() == [Basis.RATED] * 3
    discharge(driver, [10.0, 9.0, 8.0], 10.1)
    capacity = driver.latest.capacity
    assert capacity.basis.tolist() == [Basis.DISCHARGE] * 3
    assert capacity.value == pytest.approx([100, 90, 80], abs=2)
    assert (capacity.uncertainty < 8).all()
    assert driver.latest.health.value == pytest.approx(np.minimum(capacity.value, 100))
    assert driver.latest.health.basis.tolist() == [Basis.DISCHARGE] * 3


def test_a_cold_discharge_is_told_at_25_degrees() -> None:
    driver = Driver([STRING])
    full(driver)
    discharge(driver, [8.0, 8.0, 8.0], 8.1, temperature_c=10.0)
    assert driver.latest.capacity.value == pytest.approx([101.3] * 3, abs=2.5)


def test_a_cell_that_did_not_come_to_its_end_is_known_to_hold_at_least_so_much() -> None:
    driver = Driver([STRING])
    full(driver)
    discharge(driver, [5.0, 20.0, 20.0], 5.1)
    capacity = driver.latest.capacity
    assert capacity.basis.tolist() == [Basis.DISCHARGE, Basis.LOWER_BOUND, Basis.LOWER_BOUND]
    assert capacity.value == pytest.approx([51, 51, 51], abs=2)
    assert np.isnan(capacity.uncertainty[1:]).all()


def test_a_lower_bound_only_ever_rises_and_never_lowers_what_was_measured() -> None:
    driver = Driver([STRING])
    full(driver)
    discharge(driver, [9.0, 20.0, 20.0], 9.1)
    before = driver.latest.capacity.value
    full(driver)
    discharge(driver, [20.0, 20.0, 20.0], 4.0)
    assert driver.latest.capacity.value == pytest.approx(before, abs=0.2)
    assert driver.latest.capacity.basis.tolist() == [Basis.DISCHARGE, *[Basis.LOWER_BOUND] * 2]


def test_a_cell_that_came_close_to_its_end_is_told_by_its_last_voltage() -> None:
    driver = Driver([STRING])
    full(driver)
    discharge(driver, [10.0, 10.4, 20.0], 10.1)
    capacity = driver.latest.capacity
    assert capacity.basis[1] == Basis.DISCHARGE
    assert capacity.value[1] == pytest.approx(104, abs=4)


def test_a_shallow_discharge_and_one_from_an_unknown_charge_teach_nothing() -> None:
    shallow = Driver([STRING])
    full(shallow)
    discharge(shallow, [20.0] * 3, 2.0)
    assert shallow.latest.capacity.basis.tolist() == [Basis.RATED] * 3
    unknown = Driver([STRING])
    discharge(unknown, [10.0] * 3, 10.1)
    assert unknown.latest.capacity.basis.tolist() == [Basis.RATED] * 3


def test_a_rest_for_hours_afterwards_tells_what_the_discharge_did_not() -> None:
    driver = Driver([STRING])
    full(driver)
    discharge(driver, [20.0] * 3, 6.0)
    assert driver.latest.capacity.basis.tolist() == [Basis.LOWER_BOUND] * 3
    # 2.000 V is a charge of 40 %: 60 Ah were 60 %.
    driver.run(partial(told, (2.0, 2.0, 2.0), 0.0), 8 * HOUR, 120)
    capacity = driver.latest.capacity
    assert capacity.basis.tolist() == [Basis.DISCHARGE] * 3
    assert capacity.value == pytest.approx([100] * 3, abs=3)
    assert (capacity.uncertainty > 8).all()


def test_several_discharges_are_weighed_and_the_newest_moves_the_value() -> None:
    driver = Driver([STRING])
    full(driver)
    discharge(driver, [10.0] * 3, 10.1)
    first = driver.latest.capacity.value[0]
    full(driver)
    discharge(driver, [8.0] * 3, 8.1)
    second = driver.latest.capacity.value[0]
    assert 82 < second < first - 5


def test_of_an_exchanged_cell_only_the_name_plate_is_known() -> None:
    driver = Driver([STRING])
    full(driver)
    discharge(driver, [10.0, 9.0, 8.0], 10.1)
    driver.memory = replaced(driver.memory, 1, driver.now)
    driver.run(partial(told, (2.1, 2.1, 2.1), 0.0), 60)
    capacity, charge = driver.latest.capacity, driver.latest.charge
    assert capacity.basis.tolist() == [Basis.DISCHARGE, Basis.RATED, Basis.DISCHARGE]
    assert np.isnan(charge.value).tolist() == [False, True, False]


def test_a_silent_cell_learns_nothing() -> None:
    driver = Driver([STRING])
    full(driver)
    start = driver.now

    def falling(at: float) -> StringReadings:
        low_v = 2.06 - 0.26 * ((at - start) / HOUR / 9.0) ** 2
        return cells([low_v, low_v, NAN], at, -LOAD_A)

    driver.run(falling, 9.1 * HOUR)
    driver.run(partial(told, (2.0, 2.0, NAN), 0.0), 120)
    assert driver.latest.capacity.basis.tolist()[:2] == [Basis.DISCHARGE] * 2
    assert driver.latest.capacity.basis[2] == Basis.LOWER_BOUND
