from __future__ import annotations

import numpy as np
import pytest

from bacs_core.model import (
    ChargePhase,
    Chemistry,
    EqualizationMode,
    EqualizationState,
    Inhibit,
)
from bacs_core.snapshot import Floats, StringReadings
from tests.core.equalization.build import NAN, a_string, readings
from tests.core.equalization.ticking import Ticking, ticking

CAPACITY_AH = 100.0
BYPASS_A = 0.85
LITHIUM = a_string(
    4,
    cell_voltage_v=3.2,
    capacity_ah=CAPACITY_AH,
    chemistry=Chemistry.LFP,
    equalization=EqualizationMode.PARTIAL,
)
#: On the flat curve 2 % of charge are 2 mV: here they even stand the wrong way round.
FLAT_V = [3.305, 3.304, 3.303, 3.302]


def flat(read_at: float) -> StringReadings:
    return readings(FLAT_V, read_at)


def counted(charge_percent: list[float], phase: ChargePhase = ChargePhase.REST) -> Ticking:
    return ticking(LITHIUM, phase=phase, charge_percent=np.array(charge_percent), step_s=10.0)


def test_what_a_cell_has_more_than_the_lowest_is_bled_whatever_the_voltages_are() -> None:
    string = counted([60.0, 60.2, 61.0, 62.0])
    latest = string.run(flat, 60)
    assert (latest.duty_percent > 0).tolist() == [False, False, True, True]
    assert latest.duty_percent[2] <= latest.duty_percent[3]
    assert string.summary().state is EqualizationState.ACTIVE


def test_bleeding_ends_when_the_surplus_is_gone_and_takes_no_more_than_it() -> None:
    string = counted([60.0, 60.0, 60.0, 61.5])
    charge_percent: Floats = np.array([60.0, 60.0, 60.0, 61.5])
    string.step_s = 60.0
    for _ in range(10 * 60):
        duty = string.run(flat, 60).duty_percent
        charge_percent = charge_percent - duty * BYPASS_A * 60 / 3600 / CAPACITY_AH
        string.charge_percent = charge_percent
    assert not duty.any()
    assert charge_percent[3] == pytest.approx(60.1, abs=0.02)
    assert charge_percent[:3] == pytest.approx([60.0] * 3)


def test_without_a_usable_current_half_the_duty_is_the_limit() -> None:
    string = counted([50.0, 50.0, 50.0, 55.0])
    assert string.run(flat, 60).duty_percent[3] == 50
    string.usable = True

    def measured(at: float) -> StringReadings:
        return readings(FLAT_V, at, current_a=10.0, current_error_a=0.5)

    assert string.run(measured, 60).duty_percent[3] == 100


@pytest.mark.parametrize(
    ("phase", "bleeds"),
    [
        (ChargePhase.UNKNOWN, False),
        (ChargePhase.DISCHARGE, False),
        (ChargePhase.REST, True),
        (ChargePhase.BULK, True),
        (ChargePhase.ABSORPTION, True),
        (ChargePhase.FLOAT, True),
    ],
)
def test_a_surplus_is_bled_in_every_known_phase_but_a_discharge(
    phase: ChargePhase, *, bleeds: bool
) -> None:
    string = counted([50.0, 50.0, 50.0, 52.0], phase)
    assert string.run(flat, 60).duty_percent.any() == bleeds


def test_without_a_counted_charge_a_string_waits() -> None:
    string = counted([NAN, NAN, NAN, 80.0])
    assert not string.run(flat, 60).duty_percent.any()
    assert string.summary().inhibited_by == (Inhibit.CHARGE_PHASE,)


def test_a_cell_whose_charge_is_not_known_is_left_alone() -> None:
    latest = counted([NAN, 60.0, 60.0, 62.0]).run(flat, 60)
    assert (latest.duty_percent > 0).tolist() == [False, False, False, True]


def test_one_wrong_count_bleeds_nobody() -> None:
    latest = counted([5.0, 60.0, 60.2, 60.3]).run(flat, 60)
    assert not latest.duty_percent.any()
    latest = counted([60.0, 60.0, 60.2, 99.0]).run(flat, 60)
    assert not latest.duty_percent.any()


def test_a_silent_cell_is_not_bled() -> None:
    string = counted([60.0, 60.0, 60.0, 62.0])
    latest = string.run(lambda at: readings([*FLAT_V[:3], NAN], at), 60)
    assert not latest.duty_percent.any()
