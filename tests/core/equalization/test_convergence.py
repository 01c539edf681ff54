"""Equalization against the simulated plant, in process: hours of plant time, the true currents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bacs_core.simulator.building import SpreadShape
from bacs_core.simulator.plant import Plant
from tests.core.equalization.build import a_string
from tests.core.equalization.floating import (
    BLOCKS,
    CELLS,
    HOUR_S,
    PROBE_A,
    TICK_S,
    Case,
    Course,
    Disturb,
    run,
)

LARGE = a_string(24, capacity_ah=1000.0)
DRAWN_SHARE = 0.001
BATCH_H = 39.0


def probed(case: Case) -> Case:
    return replace(case, name=f"{case.name}, probe", current_error_a=PROBE_A)


REQUIRED = {
    24: (
        Case(name="2 V 500 Ah"),
        Case(name="2 V 500 Ah, 300 F per Ah", capacitance_f_per_ah=300.0),
        Case(name="2 V 500 Ah, random", shape=SpreadShape.RANDOM, capacitance_f_per_ah=200.0),
        Case(name="one of 24 too low", one_low_v=0.05),
        Case(name="one of 120 too low", string=a_string(120), one_low_v=0.05),
    ),
    36: (
        Case(name="12 V 100 Ah", string=BLOCKS, spread_v=0.2),
        Case(
            name="12 V 100 Ah, 300 F per Ah",
            string=BLOCKS,
            spread_v=0.2,
            capacitance_f_per_ah=300.0,
        ),
        Case(
            name="12 V 100 Ah, 500 F per Ah",
            string=BLOCKS,
            spread_v=0.2,
            capacitance_f_per_ah=500.0,
        ),
    ),
}
PROBED = {hours: tuple(map(probed, cases)) for hours, cases in REQUIRED.items()}
HOT = probed(Case(name="12 V 100 Ah at 35 °C", string=BLOCKS, spread_v=0.2, room_c=35.0))
TOO_MUCH = Case(name="2 V 1000 Ah, 1 mA/Ah", string=LARGE, float_ma_per_ah=1.0)


def stick_voltage(voltage_v: float) -> Disturb:
    def disturb(plant: Plant, key: str, hours: float) -> bool:
        if hours == 0:
            plant.sensors.voltage.stick(plant.row(key, 20), voltage_v)
        return False

    return disturb


def lose_voltage(plant: Plant, key: str, hours: float) -> bool:
    if hours == 0:
        plant.sensors.voltage.lose(plant.row(key, 20))
    return False


LYING = (
    Case(name="dead module", disturb=lose_voltage),
    Case(name="gross lie", disturb=stick_voltage(2.60)),
    Case(name="small lie", disturb=stick_voltage(2.35)),
    Case(name="small lie below", disturb=stick_voltage(2.235)),
)


def stick_bypass(cell: int, percent: float, from_h: float) -> Disturb:
    def disturb(plant: Plant, key: str, hours: float) -> bool:
        if hours >= from_h:
            plant.stuck_percent[plant.row(key, cell)] = percent
        return hours >= from_h

    return disturb


STUCK_OFF = Case(name="stuck off", disturb=stick_bypass(23, 0.0, 0.0))
STUCK_ON = Case(name="stuck on", disturb=stick_bypass(12, 60.0, 16.0))


def charger_off(plant: Plant, key: str, hours: float) -> bool:
    """Stop the charger from hour 4 to 7, without any load."""
    plant.set_charger(key, on=not 4 <= hours < 7)
    return False


def power_failure(plant: Plant, key: str, hours: float) -> bool:
    """Draw 100 A from hour 2 to 3, without a charger."""
    fails = 2 <= hours < 3
    plant.set_charger(key, on=not fails)
    plant.set_load_current(key, 100.0 if fails else 0.0)
    return fails


OFF = Case(name="charger off", disturb=charger_off)
FAILURE = Case(name="power failure", disturb=power_failure)

BATCH = (
    *REQUIRED[24],
    *REQUIRED[36],
    *PROBED[24],
    *PROBED[36],
    HOT,
    TOO_MUCH,
    probed(TOO_MUCH),
    *LYING,
    STUCK_OFF,
    STUCK_ON,
    OFF,
    FAILURE,
)
#: Strings in which every bypass does what is ordered and every voltage is what it is.
SOUND = tuple(case for case in BATCH if case not in (*LYING, STUCK_OFF, STUCK_ON))


@pytest.fixture(scope="module")
def courses() -> dict[str, Course]:
    told = run(BATCH, BATCH_H)
    for course in told.values():
        print(course.line())
    return told


def at_h(hours: float) -> int:
    return int(hours * HOUR_S / TICK_S)


def test_every_required_spread_is_within_10_mv_in_time(courses: dict[str, Course]) -> None:
    for within in (REQUIRED, PROBED):
        for hours, cases in within.items():
            for case in cases:
                assert courses[case.name].settled_after_h < hours, case.name
                assert not any(courses[case.name].exhausted), case.name


def test_no_cell_loses_more_than_a_thousandth_of_its_capacity(courses: dict[str, Course]) -> None:
    for course in courses.values():
        if course.case not in (STUCK_OFF, STUCK_ON):
            assert course.drawn_share <= DRAWN_SHARE, course.line()


def test_with_a_float_probe_no_cell_is_ever_discharged(courses: dict[str, Course]) -> None:
    for course in courses.values():
        if course.case.current_error_a == PROBE_A:
            assert course.least_current_a > 0, course.line()


def test_without_one_no_duty_exceeds_half(courses: dict[str, Course]) -> None:
    # In the recharge after a trouble even a clamp sees the current.
    for course in courses.values():
        if course.case.current_error_a != PROBE_A and course.case not in (OFF, FAILURE):
            assert max(course.sent_percent) <= 50, course.line()


def test_with_a_probe_a_hot_room_is_no_obstacle(courses: dict[str, Course]) -> None:
    assert courses[HOT.name].settled_after_h < BATCH_H


@pytest.mark.parametrize("case", [TOO_MUCH, probed(TOO_MUCH)], ids=lambda case: case.name)
def test_a_spread_beyond_the_authority_ends_in_a_finding_and_not_in_endless_heating(
    courses: dict[str, Course], case: Case
) -> None:
    course = courses[case.name]
    assert not any(course.exhausted[: at_h(8)])
    assert course.first_h(course.exhausted) < 16
    assert course.exhausted[-1]
    assert course.sent_percent[at_h(20)] > 45
    assert course.sent_percent[-1] <= 20


def test_no_bypass_of_a_sound_string_is_ever_called_stuck(courses: dict[str, Course]) -> None:
    for case in SOUND:
        course = courses[case.name]
        assert not np.any(course.stuck_on), case.name
        assert not np.any(course.stuck_off), case.name


def test_a_bypass_that_does_not_conduct_is_found_and_no_other_is_accused(
    courses: dict[str, Course],
) -> None:
    course = courses[STUCK_OFF.name]
    assert np.flatnonzero(course.stuck_off[-1]).tolist() == [23]
    assert not np.any(course.stuck_on)


def test_a_bypass_that_does_not_end_is_found_and_no_other_is_accused(
    courses: dict[str, Course],
) -> None:
    course = courses[STUCK_ON.name]
    assert not np.any(course.stuck_on[: at_h(16)])
    assert np.flatnonzero(course.stuck_on[-1]).tolist() == [12]
    assert not np.any(course.stuck_off)


def test_a_charger_that_stops_unseen_ends_all_bypass(courses: dict[str, Course]) -> None:
    course = courses[OFF.name]
    assert course.sent_percent[at_h(4) - 1] > 0
    assert max(course.sent_percent[at_h(5) : at_h(7)]) == 0
    assert course.sent_percent[at_h(9)] > 0
    assert course.settled


def test_equalization_goes_on_after_a_power_failure(courses: dict[str, Course]) -> None:
    course = courses[FAILURE.name]
    assert max(course.sent_percent[at_h(2.1) : at_h(3)]) == 0
    assert course.settled_after_h < 36


# --- wider ---


def _grid() -> tuple[Case, ...]:
    cases = []
    for string, spread_v, size in ((CELLS, 0.05, "2 V 500 Ah"), (BLOCKS, 0.2, "12 V 100 Ah")):
        for current in (0.2, 0.4, 1.0):
            for capacitance in (100.0, 300.0, 500.0):
                for room_c in (20.0, 25.0, 30.0, 35.0):
                    if room_c != 25.0 and current != 0.4:
                        continue
                    case = Case(
                        name=f"{size}, {current} mA/Ah, {capacitance:.0f} F/Ah, {room_c:.0f} °C",
                        string=string,
                        spread_v=spread_v,
                        float_ma_per_ah=current,
                        capacitance_f_per_ah=capacitance,
                        room_c=room_c,
                    )
                    cases += [case, probed(case)]
    return tuple(cases)


@pytest.mark.soak
def test_the_wider_grid_converges_as_far_as_physics_allows() -> None:
    """Without a sensor half the bypass does not reach at 1 mA/Ah and at 35 °C, nor quite at 30 °C.

    There the error is reported. With half the float current that is assumed, what is taken beyond
    it flows as long as the voltages need to settle: up to 0.4 % at 500 F per Ah.
    """
    told = run(_grid(), 72.0)
    for course in told.values():
        print(course.line())
    for course in told.values():
        case = course.case
        assert not np.any(course.stuck_on), course.line()
        assert not np.any(course.stuck_off), course.line()
        assert course.settled or course.exhausted[-1], course.line()
        if case.current_error_a == PROBE_A:
            assert course.least_current_a > 0, course.line()
            assert course.settled, course.line()
        assert course.drawn_share <= (DRAWN_SHARE if case.float_ma_per_ah >= 0.4 else 0.004)
        if case.float_ma_per_ah == 0.4 and case.room_c <= 25:
            assert course.settled, course.line()
