"""Which alarm came first, which come sooner because they are urgent, and which wait."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from bacs_core.alarms.machine import AlarmBook, evaluate, shifted
from bacs_core.model import ChargePhase, Manager, RunawayStage, Site
from tests.core.alarms.build import FLOAT_V, LIMITS, ROOM, UPS, Moment, Room, inputs
from tests.core.equalization.build import START, a_string, readings

KEY = ROOM.key


def temperatures(*temperature_c: float) -> Moment:
    return Moment({KEY: readings(FLOAT_V, temperature_c=temperature_c)})


def voltages(*voltage_v: float) -> Moment:
    return Moment({KEY: readings(voltage_v, temperature_c=[25] * 4)})


def first_out(plant: Room) -> list[str]:
    return [
        f"{alarm.rule.name} {alarm.place.label}" for alarm in plant.book.raised if alarm.first_out
    ]


def test_the_alarm_that_came_first_in_a_burst_is_marked_and_no_other_of_its_string() -> None:
    plant = Room().run(20, temperatures(51, 25, 25, 25)).run(100, temperatures(51, 36, 36, 25))
    plant.run(20, replace(temperatures(51, 36, 36, 25), sensor_online=False))
    assert len(plant.book.raised) == 4
    assert first_out(plant) == ["cell_temperature_critical room/1:01"]


def test_each_string_has_its_own_first_alarm() -> None:
    plant = Room().run(20, temperatures(51, 25, 25, 25))
    both = replace(temperatures(51, 25, 25, 25), stuck_on={UPS.key: [2]})
    plant.run(30, both)
    assert first_out(plant) == [
        "cell_temperature_critical room/1:01",
        "bypass_stuck_on ups-a/1:03",
    ]


def test_a_new_burst_after_ten_quiet_minutes_has_a_first_alarm_of_its_own() -> None:
    plant = Room().run(20, temperatures(51, 25, 25, 25)).run(700, temperatures(51, 25, 25, 25))
    plant.run(100, temperatures(51, 36, 25, 25))
    assert first_out(plant) == [
        "cell_temperature_critical room/1:01",
        "cell_temperature_high room/1:02",
    ]


def test_of_alarms_raised_in_one_tick_the_one_that_began_first_is_first() -> None:
    """The warm cell began 50 s before the hot one; both are due in the same tick."""
    plant = Room().run(50, temperatures(36, 25, 25, 25)).run(11, temperatures(36, 51, 25, 25))
    assert len(plant.book.raised) == 2
    assert first_out(plant) == ["cell_temperature_high room/1:01"]


def test_a_burst_goes_on_over_a_step_of_the_clock() -> None:
    plant = Room().run(20, temperatures(51, 25, 25, 25))
    plant.book, plant.now = shifted(plant.book, 86400), plant.now + 86400
    plant.run(100, temperatures(51, 36, 25, 25))
    assert first_out(plant) == ["cell_temperature_critical room/1:01"]


@pytest.mark.parametrize(
    ("moment", "rule", "delay_s"),
    [
        (voltages(2.335, 2.25, 2.25, 2.25), "cell_voltage_high", 60),
        (voltages(2.395, 2.24, 2.24, 2.24), "cell_voltage_high", 10),
        (voltages(2.19, 2.28, 2.28, 2.28), "cell_voltage_low", 60),
        (voltages(2.12, 2.30, 2.30, 2.30), "cell_voltage_low", 10),
        (temperatures(44, 25, 25, 25), "cell_temperature_high", 60),
        (temperatures(46, 25, 25, 25), "cell_temperature_high", 10),
        (Moment(figures={"resistance_rise": {KEY: 0.3}}), "cell_resistance_rise", 600),
        (Moment(figures={"resistance_rise": {KEY: 0.45}}), "cell_resistance_rise", 120),
    ],
)
def test_twice_the_excess_is_told_sooner(moment: Moment, rule: str, delay_s: int) -> None:
    plant = Room().run(delay_s, moment)
    assert plant.names() == []
    assert {alarm.rule.name for alarm in plant.run(1, moment).book.raised} == {rule}


def test_the_shorter_delay_begins_when_the_value_is_far_out_and_not_before() -> None:
    plant = Room().run(40, temperatures(36, 25, 25, 25)).run(10, temperatures(46, 25, 25, 25))
    assert plant.names() == []
    assert len(plant.run(1, temperatures(46, 25, 25, 25)).names()) == 1


def test_a_value_that_is_far_out_for_moments_only_waits_its_whole_delay() -> None:
    plant = Room()
    for _ in range(3):
        plant.run(9, temperatures(46, 25, 25, 25)).run(9, temperatures(36, 25, 25, 25))
    assert plant.names() == []
    assert len(plant.run(7, temperatures(36, 25, 25, 25)).names()) == 1


def test_what_was_not_watched_does_not_count_for_a_delay() -> None:
    plant = Room().run(50, temperatures(36, 25, 25, 25))
    plant.now += 3600
    assert plant.run(10, temperatures(36, 25, 25, 25)).names() == []
    assert len(plant.run(2, temperatures(36, 25, 25, 25)).names()) == 1


def test_a_tick_that_is_not_later_changes_nothing() -> None:
    plant = Room().run(120, temperatures(36, 25, 25, 25))
    again = evaluate(plant.site, inputs(Moment(), plant.now), plant.book, plant.now)
    assert again.raised == plant.book.raised
    assert again.told == ()


def test_a_dead_band_keeps_noise_at_the_limit_from_raising() -> None:
    assert Room().run(900, Moment(figures={"resistance_rise": {KEY: 0.204}})).names() == []


def test_a_power_failure_of_many_strings_is_one_alarm_per_string() -> None:
    strings = tuple(a_string(4, number=number, limits=LIMITS) for number in range(1, 9))
    site = Site("Eight", (Manager("room", "Room", "engine", strings),))
    moment = Moment(
        {string.key: readings((1.8, 2.0, 2.0, 1.7)) for string in strings},
        phase={string.key: ChargePhase.DISCHARGE for string in strings},
        recovering=[string.key for string in strings],
    )
    plant = Room(site).run(3600, moment)
    assert plant.story() == [f"raised on_battery room/{number}" for number in range(1, 9)]
    assert all(alarm.first_out for alarm in plant.book.raised)


stages = st.sampled_from([RunawayStage.NONE, *RunawayStage])
moments = st.lists(
    st.tuples(
        st.lists(st.floats(20, 60), min_size=4, max_size=4),
        st.lists(stages, min_size=4, max_size=4),
        st.integers(1, 80),
    ),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, max_examples=25)
@given(seen=moments, order=st.permutations(range(4)))
def test_the_order_of_cells_matters_neither_for_alarms_nor_for_which_came_first(
    seen: list[tuple[list[float], list[RunawayStage], int]], order: list[int]
) -> None:
    books, now = [AlarmBook(), AlarmBook()], START
    for temperature_c, stage, step_s in seen:
        now += step_s
        for index, cells in enumerate((range(4), order)):
            moment = Moment(
                {KEY: readings(FLOAT_V, now, temperature_c=[temperature_c[c] for c in cells])},
                stage={KEY: {place: stage[cell] for place, cell in enumerate(cells)}},
            )
            tick = inputs(moment, now)
            books[index] = evaluate(Room().site, tick, books[index], now)
    cell_of = {0: list(range(1, 5)), 1: [cell + 1 for cell in order]}
    found = [
        {
            (
                alarm.rule.name,
                alarm.place.cell and cell_of[index][alarm.place.cell - 1],
                alarm.state,
                alarm.first_out,
            )
            for alarm in book.raised
        }
        for index, book in enumerate(books)
    ]
    assert found[0] == found[1]
