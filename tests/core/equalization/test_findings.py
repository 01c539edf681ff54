from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from bacs_core.devices.panel_module import STATUS_BYPASS_ON
from bacs_core.equalization import Plan
from bacs_core.model import ChargePhase, EqualizationMode, EqualizedBy
from bacs_core.snapshot import Floats, StringReadings
from tests.core.equalization.build import NAN, START, a_string, readings
from tests.core.equalization.ticking import LONG_S, Ticking, slowly, ticking

HOUR_S = 3600.0
CELLS = a_string(24)


def one_high(by_v: float) -> list[float]:
    return [2.27] * 23 + [2.27 + by_v]


# --- exhausted authority ---


def test_a_cell_that_its_limit_does_not_bring_down_for_eight_hours_is_reported() -> None:
    string = slowly(CELLS)
    high = one_high(0.096)
    assert not string.run(lambda at: readings(high, at), 7 * HOUR_S).exhausted.any()
    reported = string.run(lambda at: readings(high, at), 3 * HOUR_S)
    assert reported.exhausted.tolist() == [False] * 23 + [True]
    silent = string.run(lambda at: readings([*high[:23], NAN], at), 600)
    assert silent.exhausted[23]
    string.phase = ChargePhase.DISCHARGE
    assert string.run(lambda at: readings(high, at), 600).exhausted[23]
    string.phase = ChargePhase.FLOAT
    assert not string.run(lambda at: readings([2.27] * 24, at), 600).exhausted.any()


def test_in_a_string_that_is_switched_off_nothing_is_exhausted() -> None:
    string = slowly(CELLS)
    assert held_up(string, 0.096, 20).exhausted.any()
    string.mode = EqualizationMode.OFF
    assert not held_up(string, 0.096, 1).exhausted.any()


def test_a_cell_that_its_string_does_not_lift_is_reported() -> None:
    string = slowly(CELLS)
    low = [2.27 - 0.06, *[2.27] * 23]
    latest = string.run(lambda at: readings(low, at, duty_percent=[0] * 24), 20 * HOUR_S)
    assert latest.exhausted.tolist() == [True] + [False] * 23


def test_a_cell_that_still_falls_is_not_exhausted() -> None:
    string = slowly(CELLS)
    start = string.now

    def falling(at: float) -> StringReadings:
        hours = (at - start) / HOUR_S
        return readings(one_high(0.1 * 0.97**hours), at)

    assert not string.run(falling, 48 * HOUR_S).exhausted.any()


def held_up(string: Ticking, by_v: float, hours: float) -> Plan:
    """Let the highest cell come down somewhat in the first hours, and then no further."""

    def read(at: float) -> StringReadings:
        left_v = 0.03 * np.exp((START - at) / (2 * HOUR_S))
        return readings(one_high(by_v + left_v), at, duty_percent=[0] * 24)

    return string.run(read, hours * HOUR_S)


def test_exhausted_bypass_is_eased_after_a_day_and_tried_again_later() -> None:
    string = slowly(CELLS)
    string.tuning = replace(string.tuning, retry_after_s=48 * HOUR_S)
    full = 100 * 0.2 / 0.85
    for hours, most_percent in [(25, full), (10, 20), (12, 20), (10, full), (25, 20)]:
        latest = held_up(string, 0.096, hours)
        assert latest.duty_percent.max() == pytest.approx(most_percent, abs=0.1)
        assert latest.exhausted[23]


def test_what_is_almost_at_the_goal_is_held_there() -> None:
    latest = held_up(slowly(CELLS), 0.015, 48)
    assert latest.exhausted[23]
    assert latest.duty_percent[23] > 20


# --- a bypass that does not do what is ordered ---


def reporting(
    told: Callable[[Floats], Floats], status: int = 0
) -> tuple[Ticking, Callable[[float], Plan]]:
    """Return a string whose modules report what `told` makes of their orders."""
    string = ticking(a_string(4), step_s=20.0)
    sent = [np.zeros(4)]

    def run(seconds: float) -> Plan:
        for _ in range(round(seconds / string.step_s)):
            duty = told(sent[0])
            latest = string.run(
                lambda at, duty=duty: readings(  # type: ignore[misc]
                    [2.21, 2.26, 2.29, 2.32], at, duty_percent=duty, status=[status, 0, 0, 0]
                ),
                string.step_s,
            )
            sent[0] = latest.duty_percent
        return latest

    return string, run


def test_modules_that_report_their_orders_are_not_doubted() -> None:
    string, run = reporting(lambda sent: sent)
    assert not run(1800).stuck_on.any()
    string.paused = True
    assert not run(600).stuck_on.any()
    string.paused = False
    latest = run(600)
    assert not latest.stuck_on.any()
    assert not latest.stuck_off.any()
    assert latest.duty_percent.max() > 15


def test_a_module_that_reports_bypass_without_an_order_is_stuck_on() -> None:
    _, run = reporting(lambda sent: sent + np.array([40.0, 0, 0, 0]))
    assert not run(120).stuck_on.any()
    assert run(180).stuck_on.tolist() == [True, False, False, False]


def test_a_module_whose_status_tells_of_bypass_without_an_order_is_stuck_on() -> None:
    _, run = reporting(lambda sent: sent, STATUS_BYPASS_ON)
    assert run(300).stuck_on.tolist() == [True, False, False, False]


def test_a_module_that_reports_no_bypass_in_spite_of_an_order_is_stuck_off() -> None:
    _, run = reporting(lambda sent: np.where(np.arange(4) == 3, 0.0, sent))
    latest = run(3600)
    assert latest.duty_percent[3] > 20
    assert latest.stuck_off.tolist() == [False, False, False, True]


@pytest.mark.parametrize("status", [0, STATUS_BYPASS_ON])
def test_a_string_that_its_manager_equalizes_is_not_held_against_orders_of_ours(
    status: int,
) -> None:
    theirs = ticking(a_string(4, equalized_by=EqualizedBy.MANAGER), step_s=10.0)

    def read(at: float) -> StringReadings:
        return readings(
            [2.21, 2.26, 2.29, 2.32], at, duty_percent=[0, 0, 40, 100], status=[0, 0, 0, status]
        )

    latest = theirs.run(read, 3600)
    assert not latest.stuck_on.any()
    assert not latest.stuck_off.any()


def test_what_was_found_in_a_report_ends_with_it() -> None:
    broken = [True]
    _, run = reporting(lambda sent: sent + (40.0 if broken[0] else 0.0))
    assert run(300).stuck_on.all()
    broken[0] = False
    assert not run(120).stuck_on.any()


def test_a_voltage_that_does_not_follow_a_raised_duty_is_a_bypass_stuck_off() -> None:
    string = slowly(CELLS)
    high = one_high(0.05)
    assert not string.run(lambda at: readings(high, at), 12 * HOUR_S).stuck_off.any()
    found = string.run(lambda at: readings(high, at), 2 * HOUR_S)
    assert found.stuck_off.tolist() == [False] * 23 + [True]
    assert not found.exhausted.any()
    assert not found.stuck_on.any()
    moved = string.run(lambda at: readings(one_high(0.005), at), HOUR_S)
    assert not moved.stuck_off.any()


@pytest.mark.parametrize("disturbed_by", ["discharge", "pause"])
def test_a_voltage_is_judged_only_while_its_string_floats_undisturbed(disturbed_by: str) -> None:
    string = slowly(CELLS)
    for _ in range(4):
        assert not string.run(lambda at: readings(one_high(0.05), at), 8 * HOUR_S).stuck_off.any()
        string.phase = ChargePhase.DISCHARGE if disturbed_by == "discharge" else string.phase
        string.paused = disturbed_by == "pause"
        string.run(lambda at: readings(one_high(0.05), at), LONG_S)
        string.phase, string.paused = ChargePhase.FLOAT, False


def test_a_bypass_that_is_too_small_to_be_seen_is_not_judged() -> None:
    large = a_string(24, capacity_ah=10_000.0)
    string = slowly(large)
    assert not string.run(lambda at: readings(one_high(0.05), at), 30 * HOUR_S).stuck_off.any()


def sunk(string: Ticking, low_v: float) -> Plan:
    """Let the highest cell come to the target with some duty, and then sink below it."""
    string.run(lambda at: readings(one_high(0.05), at), 3 * HOUR_S)
    begun = string.now

    def comes_down(at: float) -> StringReadings:
        return readings(one_high(0.05 * np.exp((begun - at) / HOUR_S)), at)

    settled = string.run(comes_down, 30 * HOUR_S)
    assert settled.duty_percent[23] > 15
    return string.run(lambda at: readings(one_high(low_v), at), 15 * HOUR_S)


def test_a_cell_that_sinks_although_its_duty_fell_to_zero_is_a_bypass_stuck_on() -> None:
    string = slowly(CELLS)
    found = sunk(string, -0.04)
    assert found.duty_percent[23] == 0
    assert found.stuck_on.tolist() == [False] * 23 + [True]
    repaired = string.run(lambda at: readings(one_high(0.0), at), HOUR_S)
    assert not repaired.stuck_on.any()


def test_a_cell_that_is_a_little_low_is_no_bypass_stuck_on() -> None:
    assert not sunk(slowly(CELLS), -0.008).stuck_on.any()


def test_a_cell_that_was_always_low_is_no_bypass_stuck_on() -> None:
    latest = slowly(CELLS).run(lambda at: readings(one_high(-0.05), at), 30 * HOUR_S)
    assert not latest.stuck_on.any()
