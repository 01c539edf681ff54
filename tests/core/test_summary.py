from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bacs_core.model import EqualizedBy
from bacs_core.snapshot import Reading
from bacs_core.summary import summarize, trusted
from tests.core.equalization.build import NAN, STALE_S, START, a_string, readings


def test_sum_mean_and_power_of_a_string_that_is_read_completely() -> None:
    string = a_string(4)
    read = readings([2.25, 2.27, 2.29, 2.27], current_a=10.0, charge_percent=[90, 92, 94, 96])
    summary = summarize(string, read, START)
    assert summary.sum_voltage_v == pytest.approx(9.08)
    assert summary.target_voltage_v == pytest.approx(2.27)
    assert summary.mean_charge_percent == pytest.approx(93)
    assert summary.power_w == pytest.approx(90.8)


def test_without_one_cell_there_is_a_target_but_no_sum_and_no_power() -> None:
    summary = summarize(a_string(4), readings([2.25, NAN, 2.29, 2.27], current_a=10.0), START)
    assert summary.sum_voltage_v is None
    assert summary.power_w is None
    assert summary.current_a == 10.0
    assert summary.target_voltage_v == pytest.approx(2.27)


def test_nothing_is_shown_of_old_readings() -> None:
    summary = summarize(a_string(2), readings([2.25, 2.27], current_a=1.0), START + STALE_S + 1)
    assert summary.sum_voltage_v is None
    assert summary.target_voltage_v is None
    assert summary.current_a is None


def test_fewer_than_half_the_cells_make_no_target() -> None:
    summary = summarize(a_string(4), readings([2.25, NAN, NAN, NAN]), START)
    assert summary.target_voltage_v is None


@pytest.mark.parametrize(
    "lie_v", [0.0, 0.5, 2.05, 2.60, 5.9, 6.5, 65.535], ids=lambda lie_v: f"{lie_v} V"
)
def test_a_dead_or_lying_cell_does_not_move_the_target(lie_v: float) -> None:
    string = a_string(8)
    read = readings([2.26, 2.28, 2.27, lie_v, 2.26, 2.28, 2.27, 2.27])
    assert trusted(string, read, START).tolist() == [True] * 3 + [False] + [True] * 4
    assert summarize(string, read, START).target_voltage_v == pytest.approx(2.27)


def test_a_wide_but_honest_spread_is_trusted() -> None:
    read = readings(np.linspace(2.12, 2.42, 24))
    assert trusted(a_string(24), read, START).all()


def test_a_reading_from_the_future_proves_nothing() -> None:
    read = readings([2.27, 2.27, 2.27], START + 3600)
    assert not trusted(a_string(3), read, START).any()


def test_the_target_of_a_manager_that_equalizes_is_its_own() -> None:
    read = replace(readings([2.25, 2.27]), reported_target_voltage_v=2.262)
    string = a_string(2, equalized_by=EqualizedBy.MANAGER)
    assert summarize(string, read, START).target_voltage_v == 2.262
    engine_string = a_string(2)
    assert summarize(engine_string, read, START).target_voltage_v == pytest.approx(2.26)


def test_a_string_whose_cells_nobody_shows_still_has_what_its_manager_reports() -> None:
    read = replace(
        readings([NAN, NAN], current_a=10.0),
        reported_sum_voltage_v=Reading(4.54, START),
        reported_mean_voltage_v=Reading(2.27, START),
        reported_charge_percent=Reading(97.0, START),
    )
    summary = summarize(a_string(2), read, START)
    assert summary.sum_voltage_v == 4.54
    assert summary.target_voltage_v == 2.27
    assert summary.mean_charge_percent == 97.0
    assert summary.power_w == pytest.approx(45.4)
    old = summarize(a_string(2), read, START + STALE_S + 1)
    assert old.sum_voltage_v is None
    assert old.target_voltage_v is None


def test_what_the_cells_say_goes_before_what_is_reported_of_their_string() -> None:
    reported = Reading(9.9, START)
    partly = replace(readings([2.25, NAN]), reported_sum_voltage_v=reported)
    assert summarize(a_string(2), partly, START).sum_voltage_v is None
    whole = replace(readings([2.25, 2.27]), reported_sum_voltage_v=reported)
    assert summarize(a_string(2), whole, START).sum_voltage_v == pytest.approx(4.52)
