"""The time that is left is an estimate with its error, or there is none, and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bacs_core.api.brain_messages import BrainScalars
from bacs_core.api.discharge_messages import Battery
from bacs_core.estimation.corrections import rate_factor
from bacs_core.estimation.tuning import FIGURES
from bacs_core.model import Basis, ChargePhase, Chemistry, EqualizationMode
from bacs_hmi.pages.discharges.time_left import (
    RATE_H,
    Capacity,
    TimeLeft,
    Unknown,
    time_left,
)

BATTERY = Battery(
    string_key="a/1",
    manager_id="a",
    number=1,
    name="A",
    chemistry=Chemistry.VRLA,
    cell_count=24,
    cell_voltage_v=2.0,
    float_voltage_v=2.27,
    end_voltage_v=1.8,
    capacity_ah=500.0,
    rated_hours=10.0,
    module_type="C44",
)


def brain(**changes: Any) -> BrainScalars:
    told: dict[str, Any] = {
        "phase": ChargePhase.DISCHARGE,
        "mode": EqualizationMode.CONTINUOUS,
        "charge_percent": 100.0,
        "charge_uncertainty_percent": 2.0,
        "charge_basis": Basis.COUNTED,
    }
    return BrainScalars(**(told | changes))


def known(told: TimeLeft | Unknown) -> TimeLeft:
    assert isinstance(told, TimeLeft)
    return told


def test_a_full_battery_at_its_rated_current_lasts_its_rated_time() -> None:
    left = known(time_left(brain(), BATTERY, -50.0, Capacity()))
    assert left.hours == pytest.approx(10.0)


@pytest.mark.parametrize("current_a", [50.0, 120.0, 300.0, 450.0])
def test_it_gives_less_the_faster_it_is_emptied_as_the_engine_reckons(current_a: float) -> None:
    left = known(time_left(brain(), BATTERY, -current_a, Capacity()))
    given_ah = left.hours * current_a
    share = rate_factor(np.array(left.hours), np.array(10.0), np.array(0.32))
    assert given_ah == pytest.approx(500.0 * float(share))


def test_the_rates_are_those_of_the_engine() -> None:
    assert {kind: figures.rate_h for kind, figures in FIGURES.items()} == RATE_H


def test_a_half_empty_cell_lasts_less_than_half_as_long_at_a_high_current() -> None:
    full = known(time_left(brain(), BATTERY, -300.0, Capacity()))
    half = known(time_left(brain(charge_percent=50.0), BATTERY, -300.0, Capacity()))
    assert half.hours < full.hours / 2


def test_a_measured_capacity_counts_and_makes_it_more_certain() -> None:
    rated = known(time_left(brain(), BATTERY, -50.0, Capacity()))
    weak = known(time_left(brain(), BATTERY, -50.0, Capacity(60.0, 3.0, measured=True)))
    assert weak.hours < 0.65 * rated.hours
    assert weak.uncertainty_h < rated.uncertainty_h
    assert (weak.capacity_measured, rated.capacity_measured) == (True, False)


def test_an_empty_cell_has_no_time_left() -> None:
    left = known(time_left(brain(charge_percent=0.0), BATTERY, -200.0, Capacity()))
    assert (left.hours, left.uncertainty_h) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("told", "current_a", "why"),
    [
        (brain(), None, Unknown.NO_CURRENT),
        (brain(), 12.0, Unknown.RECHARGED),
        (brain(phase=ChargePhase.FLOAT), -50.0, Unknown.RECHARGED),
        (brain(), -0.3, Unknown.TOO_SMALL),
        (brain(charge_percent=None), -50.0, Unknown.NO_CHARGE),
        (brain(charge_basis=Basis.RATED), -50.0, Unknown.NO_CHARGE),
        (None, -50.0, Unknown.NO_CHARGE),
        (brain(charge_uncertainty_percent=150.0), -50.0, Unknown.UNCERTAIN),
    ],
)
def test_where_nothing_can_be_said_the_reason_is(
    told: BrainScalars | None, current_a: float | None, why: Unknown
) -> None:
    assert time_left(told, BATTERY, current_a, Capacity()) is why
