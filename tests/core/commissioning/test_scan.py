"""What a scan tries and how long it takes, without a line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bacs_core.commissioning import scan
from bacs_core.commissioning.lending import LONGEST_LOAN_S
from bacs_core.commissioning.scan import Speed
from bacs_core.settings import Line, Link, Parity

LINE = Line("rack", "/dev/ttyUSB0", 57600, Parity.ODD, 2, gap_s=0.00175, max_turnaround_s=0.1)
UNITS = range(1, 248)


def test_the_own_speed_comes_first_and_the_usual_ones_after_it() -> None:
    plan = scan.plan(LINE, UNITS, [], [])
    assert plan.speeds[0] == Speed(57600, Parity.ODD, 2)
    assert plan.speeds[1] == Speed(9600, Parity.NONE)
    assert len(plan.speeds) == len(set(plan.speeds)) == 9
    assert plan.stops
    assert plan.total == 9 * 247


def test_an_own_speed_that_is_a_usual_one_is_tried_once() -> None:
    plan = scan.plan(replace(LINE, baud=19200, parity=Parity.EVEN, stop_bits=1), UNITS, [], [])
    assert [speed.baud for speed in plan.speeds if speed.parity is Parity.EVEN] == [
        19200,
        9600,
        38400,
        115200,
    ]


def test_named_speeds_are_all_tried_and_no_others() -> None:
    plan = scan.plan(LINE, UNITS, [9600, 57600], [Parity.NONE, Parity.ODD])
    assert plan.speeds == (
        Speed(9600, Parity.NONE),
        Speed(9600, Parity.ODD),
        Speed(57600, Parity.NONE),
        Speed(57600, Parity.ODD, 2),
    )
    assert not plan.stops


def test_a_named_speed_keeps_the_parity_of_the_line() -> None:
    assert scan.plan(LINE, UNITS, [9600], []).speeds == (Speed(9600, Parity.ODD),)


@pytest.mark.parametrize("link", [Link.MODBUS_TCP, Link.RTU_OVER_TCP])
def test_over_a_network_there_is_no_other_speed_to_try(link: Link) -> None:
    assert len(scan.plan(replace(LINE, link=link), UNITS, [], []).speeds) == 1


def test_a_whole_scan_with_usual_time_outs_fits_into_the_longest_loan() -> None:
    plan = scan.plan(LINE, UNITS, [], [])
    assert scan.remaining_s(plan, 0, 0.0) < LONGEST_LOAN_S


def test_the_estimate_follows_baud_and_turnaround_then_the_pace() -> None:
    plan = scan.plan(LINE, range(1, 101), [9600], [Parity.NONE])
    silent_s = scan.unit_s(plan.speeds[0], 0.1)
    # 8 + 5 bytes and two silences of 3.5 characters of 10 bits.
    assert silent_s == pytest.approx(20 * 10 / 9600 + 0.1)
    assert scan.remaining_s(plan, 0, 0.0) == pytest.approx(100 * silent_s)
    assert scan.remaining_s(plan, 4, 1.0) == pytest.approx(96 * silent_s)
    assert scan.remaining_s(plan, 25, 5.0) == pytest.approx(15.0)
    assert scan.remaining_s(plan, 100, 20.0) == 0


def test_the_estimate_counts_what_is_left_of_each_speed() -> None:
    plan = scan.plan(LINE, range(1, 6), [9600, 115200], [Parity.NONE])
    slow_s, fast_s = (scan.unit_s(speed, 0.1) for speed in plan.speeds)
    assert scan.remaining_s(plan, 3, 0.0) == pytest.approx(2 * slow_s + 5 * fast_s)
    assert scan.remaining_s(plan, 7, 0.0) == pytest.approx(3 * fast_s)
