from __future__ import annotations

import json
from functools import partial
from typing import Any

import numpy as np
import pytest

from bacs_core.estimation import Estimate, keep, restore
from bacs_core.model import Basis
from bacs_core.rows import rows_of
from bacs_core.snapshot import StringReadings
from tests.core.equalization.build import a_string, readings
from tests.core.estimation.driving import HOUR, Driver

STRINGS = [a_string(3, capacity_ah=100.0, number=number) for number in (1, 2)]


def told(mean_v: float, current_a: float, at: float) -> StringReadings:
    return readings([mean_v] * 3, at, current_a=current_a, current_error_a=0.05)


def half_discharged() -> Driver:
    driver = Driver(STRINGS)
    driver.run(partial(told, 2.27, 0.05), 5 * HOUR, 110)
    driver.run(partial(told, 2.10, -10.0), HOUR)
    return driver


def restarted(driver: Driver, kept: Any = None) -> Driver:
    again = Driver(driver.strings, driver.tuning, driver.now)
    plain = keep(driver.memory, driver.rows) if kept is None else kept
    again.memory = restore(json.loads(json.dumps(plain)), driver.rows)
    return again


def test_a_restart_in_the_middle_changes_nothing_but_a_little_certainty() -> None:
    straight = half_discharged()
    stopped = restarted(straight)
    for driver in (straight, stopped):
        driver.run(partial(told, 2.08, -10.0), HOUR)
        driver.run(partial(told, 2.20, 20.0), HOUR)
        driver.run(partial(told, 2.27, 10.0), 2 * HOUR)
    for name in ("phase", "phase_since", "absorption_since", "recharging_since"):
        assert getattr(stopped.latest, name) == pytest.approx(getattr(straight.latest, name))
    before, after = straight.latest.charge, stopped.latest.charge
    assert after.value == pytest.approx(before.value, abs=0.2)
    assert after.uncertainty == pytest.approx(before.uncertainty, abs=0.3)
    assert after.at == pytest.approx(before.at)


def test_a_stop_of_ten_minutes_in_a_discharge_is_doubted_and_one_of_hours_forgets() -> None:
    driver = half_discharged()
    short, long = restarted(driver), restarted(driver)
    short.now += 600
    long.now += 3 * HOUR
    for again in (short, long):
        again.tick(partial(told, 2.18, 0.0))
    assert short.latest.charge.value == pytest.approx(driver.latest.charge.value, abs=0.1)
    assert short.latest.charge.uncertainty[0] > driver.latest.charge.uncertainty[0] + 0.3
    assert np.isnan(long.latest.charge.value).all()


def test_everything_that_is_kept_comes_back() -> None:
    driver = half_discharged()
    kept = keep(driver.memory, driver.rows)
    again = keep(restore(kept, driver.rows), driver.rows)
    assert json.dumps(again) == json.dumps(kept)
    assert json.dumps(kept, allow_nan=False)


def test_nothing_is_kept_before_the_first_tick() -> None:
    rows = rows_of(STRINGS)
    assert keep(Driver(STRINGS).memory, rows) == {}


@pytest.mark.parametrize("kept", [None, 3, [], "x", {"room/1": 5}, {"room/9": {}}])
def test_what_is_no_memory_at_all_begins_anew(kept: object) -> None:
    memory = restore(kept, rows_of(STRINGS))
    assert memory.at is None
    assert np.isnan(memory.charge.proven).all()


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("charge", "taken_ah", [1.0, 2.0]),
        ("charge", "taken_ah", ["a", 1.0, 2.0]),
        ("charge", "basis", [1, 2, 77]),
        ("charge", "basis", [1, 2, -1]),
        ("charge", "at", None),
        ("charge", "at", [True, 1.0, 2.0]),
    ],
)
def test_a_malformed_part_is_dropped_alone(part: str, name: str, value: object) -> None:
    driver = half_discharged()
    kept = json.loads(json.dumps(keep(driver.memory, driver.rows)))
    kept["room/1"][part][name] = value
    again = restarted(driver, kept)
    again.tick(partial(told, 2.20, 20.0))
    assert np.isnan(again.latest.charge.value).tolist() == [True] * 3 + [False] * 3
    assert np.isfinite(again.latest.recharging_since).all()


def test_a_string_with_another_number_of_cells_starts_anew() -> None:
    driver = half_discharged()
    kept = keep(driver.memory, driver.rows)
    grown = rows_of([a_string(4, capacity_ah=100.0, number=1), STRINGS[1]])
    memory = restore(kept, grown)
    assert np.isnan(memory.charge.proven).tolist() == [True] * 4 + [False] * 3


def test_nan_never_becomes_a_number() -> None:
    driver = Driver(STRINGS)
    nothing = partial(readings, [float("nan")] * 3)
    driver.run(nothing, HOUR)
    latest = driver.latest
    for estimate in (latest.charge, latest.string_charge, latest.health):
        assert isinstance(estimate, Estimate)
        assert np.isnan(estimate.value).all()
        assert np.isnan(estimate.uncertainty).all()
        assert set(estimate.basis.tolist()) == {Basis.NONE}
    for values in (
        latest.cell_current_a,
        latest.resistance_rise,
        latest.absorption_since,
        latest.recharging_since,
        latest.charger.ripple_rise,
        latest.charger.setting_drift_v,
    ):
        assert np.isnan(values).all()


def test_the_order_of_cells_does_not_matter() -> None:
    order = [2, 0, 1]
    spread = np.array([0.0, -0.012, 0.009])

    def told_in(cells: list[int], mean_v: float, current_a: float, at: float) -> StringReadings:
        duty = np.array([0.0, 0.0, 40.0])
        return readings(
            mean_v + spread[cells],
            at,
            current_a=current_a,
            current_error_a=0.05,
            duty_percent=duty[cells],
        )

    found = []
    for cells in ([0, 1, 2], order):
        driver = Driver(STRINGS[:1])
        driver.run(partial(told_in, cells, 2.27, 0.05), 5 * HOUR, 110)
        driver.run(partial(told_in, cells, 2.05, -10.0), 3 * HOUR)
        driver.run(partial(told_in, cells, 2.20, 10.0), HOUR)
        found.append(driver.latest)
    straight, shuffled = found
    for name in ("charge", "capacity", "health"):
        for column in ("value", "uncertainty", "at"):
            before = getattr(getattr(straight, name), column)[order]
            after = getattr(getattr(shuffled, name), column)
            assert after == pytest.approx(before, nan_ok=True)
    assert shuffled.phase.tolist() == straight.phase.tolist()
    assert shuffled.string_charge.value == pytest.approx(straight.string_charge.value)
