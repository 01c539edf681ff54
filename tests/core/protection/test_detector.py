"""Stages of thermal runaway: timelines of readings, and what is concluded."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from bacs_core import chemistries, protection
from bacs_core.devices import guard, panel_manager
from bacs_core.devices.registers import READ_HOLDING_REGISTERS
from bacs_core.model import ChargePhase, Chemistry, Quantity, RunawayStage, TripCause
from bacs_core.protection import Tuning, Verdict
from bacs_core.protection.trips import demands_of
from bacs_core.rows import rows_of
from tests.core.protection import build
from tests.core.protection.build import START, Watch

NONE, PRE, ALARM, TRIP = (int(stage) for stage in RunawayStage)
CALM_C = 26.0


def warm(cell_c: float, others_c: float = CALM_C) -> list[float]:
    return [cell_c, others_c, others_c, others_c]


def settled(**told: Any) -> Watch:
    """A string of four that has been watched for a calm day and a half; each test has its own."""
    return copy(settled_once(tuple(told.items())))


@cache
def settled_once(told: tuple[tuple[str, Any], ...]) -> Watch:
    watch = Watch(tuning=Tuning(longest_step_s=600.0))
    for _ in range(220):
        watch.tick(CALM_C, step_s=600.0, **dict(told))
    watch.tuning = Tuning(longest_step_s=60.0)
    return watch


def stage(verdict: Verdict, cell: int = 1) -> int:
    return int(verdict.stage[cell - 1])


def runs_away(verdict: Verdict) -> bool:
    return bool(verdict.cause[TripCause.THERMAL_RUNAWAY].any())


@pytest.mark.parametrize(
    ("temperature_c", "minutes", "expected"),
    [
        (CALM_C + 3, 60, NONE),
        (CALM_C + 5.5, 5, NONE),
        (CALM_C + 5.5, 12, PRE),
        (CALM_C + 9, 12, ALARM),
        (49.0, 3, ALARM),
    ],
)
def test_a_cell_that_is_warmer_than_its_string_rises_through_the_stages(
    temperature_c: float, minutes: float, expected: int
) -> None:
    verdict = settled().run(minutes, warm(temperature_c))
    assert stage(verdict) == expected
    assert verdict.string_stage[0] == expected
    assert not verdict.stage[1:].any()


def test_a_sign_that_goes_away_lowers_its_stage_after_its_delay() -> None:
    watch = settled()
    assert stage(watch.run(12, warm(CALM_C + 6))) == PRE
    assert stage(watch.run(5, warm(CALM_C))) == PRE
    assert stage(watch.run(30, warm(CALM_C))) == NONE


def test_an_alarm_that_does_not_get_worse_does_not_trip() -> None:
    verdict = settled().run(300, warm(CALM_C + 10))
    assert stage(verdict) == ALARM
    assert not runs_away(verdict)


def test_an_alarm_that_gets_worse_for_half_an_hour_trips_and_holds_until_the_alarm_is_over() -> (
    None
):
    watch = settled()
    for minute in range(240):
        verdict = watch.tick(warm(CALM_C + 9 + minute / 60))
    assert stage(verdict) == TRIP
    assert runs_away(verdict)
    verdict = watch.run(60, warm(CALM_C + 9))
    assert runs_away(verdict)
    verdict = watch.run(60, warm(CALM_C))
    assert stage(verdict) == NONE
    assert not runs_away(verdict)


def test_a_cell_that_is_about_to_have_60_degrees_trips_before_the_half_hour() -> None:
    watch = settled()
    for minute in range(90):
        verdict = watch.tick(warm(CALM_C + 0.4 * minute))
        if runs_away(verdict):
            break
    assert runs_away(verdict)
    assert CALM_C + 0.4 * minute < 56.0


def test_60_degrees_trip_at_once_whatever_the_neighbours_read() -> None:
    watch = Watch(tuning=Tuning())
    watch.tick(58.0, step_s=1)
    for second in range(12):
        verdict = watch.tick(warm(60.5, 58.0), step_s=1)
        assert runs_away(verdict) is (second >= 9)
    assert stage(verdict) == TRIP
    assert verdict.hottest_c[0] == 60.5


@pytest.mark.parametrize(("hot_c", "trips"), [(57.0, False), (60.5, True)])
def test_in_a_discharge_only_60_degrees_trip(hot_c: float, trips: bool) -> None:
    watch = settled()
    for minute in range(120):
        part = min(minute / 60, 1.0)
        verdict = watch.tick(
            warm(CALM_C + part * (hot_c - CALM_C)),
            phase=ChargePhase.DISCHARGE,
            current_a=-50.0,
            voltage_v=np.full(4, 12.0),
        )
    assert stage(verdict) == (TRIP if trips else ALARM)
    assert runs_away(verdict) is trips


def test_a_trip_that_was_due_before_a_discharge_waits_until_it_is_over() -> None:
    watch = settled()
    for minute in range(240):
        verdict = watch.tick(warm(CALM_C + 9 + minute / 60))
    assert runs_away(verdict)
    low_v = np.full(4, 12.0)
    verdict = watch.run(2, warm(CALM_C + 13), phase=ChargePhase.DISCHARGE, voltage_v=low_v)
    assert not runs_away(verdict)
    assert stage(verdict) == TRIP
    assert runs_away(watch.run(2, warm(CALM_C + 13)))


def test_a_recharge_that_heats_by_eight_kelvin_raises_nothing() -> None:
    watch = settled()
    reached = watch.now + 6 * 3600
    for minute in range(60 * 14):
        hours = minute / 60
        heat_k = 8 * min(hours / 6, 1.0) * np.exp(-max(hours - 7, 0.0) / 4)
        bulk = watch.now < reached
        verdict = watch.tick(
            CALM_C + heat_k,
            phase=ChargePhase.BULK if bulk else ChargePhase.ABSORPTION,
            absorption_since=np.nan if bulk else reached,
            recharging_since=START,
            current_a=10.0 if bulk else 1.0,
        )
        assert not verdict.stage.any()
    assert not verdict.overdue.any()


def absorbing(watch: Watch, hours: float, temperature_c: Any, **told: Any) -> Verdict:
    reached = watch.now - 1.0
    for minute in range(round(hours * 60)):
        value = temperature_c(minute / 60) if callable(temperature_c) else temperature_c
        seen = {name: one(minute / 60) if callable(one) else one for name, one in told.items()}
        verdict = watch.tick(
            value,
            phase=ChargePhase.ABSORPTION,
            absorption_since=reached,
            recharging_since=START,
            **seen,
        )
    return verdict


def test_the_watch_after_a_discharge_begins_an_hour_and_a_half_after_constant_voltage() -> None:
    verdict = absorbing(settled(), 1.4, lambda hours: CALM_C + 2 * hours)
    assert not verdict.overdue.any()
    verdict = absorbing(settled(), 3.0, lambda hours: CALM_C + 2 * hours)
    assert verdict.overdue.all()
    assert (verdict.stage == ALARM).all()


def test_one_cell_that_still_heats_in_its_recharge_ends_in_a_trip() -> None:
    verdict = absorbing(settled(), 5, lambda hours: warm(CALM_C + 2 * hours, CALM_C + 1))
    assert verdict.overdue.all()
    assert runs_away(verdict)


def test_a_current_that_rises_at_constant_voltage_is_an_alarm_of_its_own() -> None:
    verdict = absorbing(
        settled(), 5, CALM_C, current_a=lambda hours: 2.0 if hours < 2 else 0.3 * hours + 1.4
    )
    assert not verdict.overdue.any()
    verdict = absorbing(
        settled(), 5, CALM_C, current_a=lambda hours: 2.0 if hours < 2 else 2.0 * hours - 2.0
    )
    assert verdict.overdue.all()
    assert verdict.string_stage[0] == ALARM


def test_twice_the_float_current_is_a_pre_alert_and_three_times_an_alarm() -> None:
    told = {"usable": True, "cell_current_a": 0.04}
    watch = settled(**told)
    assert stage(watch.run(12, CALM_C, **{**told, "cell_current_a": 0.09})) == PRE
    verdict = watch.run(12, CALM_C, **{**told, "cell_current_a": 0.13})
    assert stage(verdict) == ALARM
    assert verdict.current_ratio[0] == pytest.approx(3.25, rel=0.05)
    assert not runs_away(watch.run(300, CALM_C, **{**told, "cell_current_a": 0.13}))


def test_a_current_alone_trips_where_it_keeps_growing() -> None:
    told = {"usable": True}
    watch = settled(**told, cell_current_a=0.04)
    for minute in range(240):
        verdict = watch.tick(CALM_C, **told, cell_current_a=0.13 * 2 ** (minute / 120))
    assert runs_away(verdict)


def test_equalization_moves_currents_between_cells_and_raises_nothing() -> None:
    watch = settled(usable=True, cell_current_a=0.04)
    moved = np.array([0.04 * 3.8, 0.04 * 1.2, 0.04 / 1.2, 0.04 / 3.8])
    verdict = watch.run(120, CALM_C, usable=True, cell_current_a=moved, current_a=0.15)
    assert not verdict.stage.any()
    assert (verdict.current_ratio < 1.1).all()


def test_a_warmer_room_explains_more_current() -> None:
    watch = settled(usable=True, cell_current_a=0.04)
    for _ in range(60 * 12):
        verdict = watch.tick(CALM_C + 9, room_c=34.0, usable=True, cell_current_a=0.04 * 2.1)
    assert not verdict.stage.any()


def test_what_a_module_reads_too_much_is_learned_and_a_runaway_is_not() -> None:
    errors = np.array([4.0, -4.0, 1.0, -1.0])
    watch = Watch(tuning=Tuning(longest_step_s=600.0))
    for _ in range(6 * 48):
        verdict = watch.tick(CALM_C + errors, step_s=600.0)
        assert not verdict.stage.any()
    assert verdict.spread_k == pytest.approx(np.zeros(4), abs=0.6)
    before = verdict.memory.cells.offset_k
    for tick in range(6 * 100):
        verdict = watch.tick(CALM_C + errors + [0.08 * tick / 6, 0, 0, 0], step_s=600.0)
    assert verdict.memory.cells.offset_k[0] - before[0] < 1.0
    assert stage(verdict) >= PRE


def test_a_string_that_reads_colder_than_its_room_reads_too_little() -> None:
    rows = rows_of([build.string(cell_count=1)])
    watch = Watch(rows, Tuning(longest_step_s=600.0))
    for _ in range(6 * 48):
        verdict = watch.tick(21.5, step_s=600.0, room_c=25.0)
    assert verdict.rise_k[0] == pytest.approx(0.0, abs=0.5)


def test_without_a_room_sensor_a_string_is_held_against_its_own_past() -> None:
    watch = settled(room_c=np.nan)
    verdict = watch.run(1, CALM_C, room_c=np.nan)
    assert verdict.room_missing.all()
    for minute in range(60 * 8):
        verdict = watch.tick(CALM_C + 2.5 * minute / 60, room_c=np.nan)
    assert (verdict.stage >= ALARM).all()


def test_a_room_sensor_that_is_lost_in_the_middle_of_a_recharge_makes_nothing_worse() -> None:
    watch = settled()
    reached = watch.now
    for second in range(4 * 3600):
        if second % 60 and not 7500 <= second <= 8400:
            continue
        verdict = watch.tick(
            CALM_C + 2,
            step_s=60.0 if not 7500 <= second <= 8400 else 1.0,
            phase=ChargePhase.ABSORPTION,
            absorption_since=reached,
            recharging_since=START,
            room_c=25.0 if second < 7800 else np.nan,
        )
        assert not verdict.stage.any()
    assert verdict.room_missing.all()


@pytest.mark.parametrize(
    ("told", "flag"),
    [
        ({"room_c": np.nan}, "room_missing"),
        ({"current_a": np.nan}, "current_missing"),
    ],
)
def test_a_sensor_that_is_lost_has_its_standing_flag(told: dict[str, float], flag: str) -> None:
    watch = settled()
    assert not getattr(watch.run(4, CALM_C, **told), flag).any()
    assert getattr(watch.run(600, CALM_C, **told), flag).all()
    assert not getattr(watch.run(1, CALM_C), flag).any()


def test_a_temperature_that_is_lost_is_told_and_leaves_a_stage_as_it_is() -> None:
    watch = settled()
    assert stage(watch.run(15, warm(CALM_C + 9))) == ALARM
    verdict = watch.run(600, [np.nan, CALM_C, CALM_C, CALM_C])
    assert verdict.temperature_missing.tolist() == [True, False, False, False]
    assert stage(verdict) == ALARM


def test_nobody_misses_what_a_device_never_gives() -> None:
    rows = rows_of([build.string(absent=(Quantity.TEMPERATURE,))])
    assert not Watch(rows).run(60, np.nan).temperature_missing.any()


@pytest.mark.parametrize("value_c", [-60.0, 130.0, 90.0])
def test_an_impossible_reading_is_a_sensor_fault_and_no_runaway(value_c: float) -> None:
    watch = Watch(tuning=Tuning())
    for _ in range(30):
        watch.tick(CALM_C, step_s=1)
    for _ in range(50):
        verdict = watch.tick(warm(value_c), step_s=1)
    assert verdict.temperature_suspect.tolist() == [True, False, False, False]
    assert not verdict.stage.any()
    verdict = watch.tick(warm(CALM_C + 2), step_s=1)
    assert not verdict.temperature_suspect.any()


@pytest.mark.parametrize(
    ("readings_c", "true_c"),
    [([85.0], 22.0), ([22.0, 22.0, -39.0, -39.0], 34.0), ([22.0, 22.0], 48.0)],
)
def test_one_sensor_fault_hides_a_cell_for_a_minute_and_no_longer(
    readings_c: list[float], true_c: float
) -> None:
    watch = Watch(tuning=Tuning())
    for value_c in readings_c:
        verdict = watch.tick(warm(value_c, 22.0), step_s=15)
        assert not verdict.cause[TripCause.THERMAL_RUNAWAY].any()
    for _ in range(6):
        verdict = watch.tick(warm(true_c, 22.0), step_s=15)
    assert not verdict.temperature_suspect.any()
    assert verdict.hottest_c[0] == max(true_c, 22.0)


def test_readings_that_never_agree_are_never_believed() -> None:
    watch = Watch(tuning=Tuning())
    watch.tick(22.0, step_s=15)
    watch.tick(22.0, step_s=15)
    for tick in range(40):
        verdict = watch.tick(warm(85.0 if tick % 2 else 60.0, 22.0), step_s=1)
        assert verdict.temperature_suspect[0]


def test_the_first_reading_of_all_counts_once_another_one_agrees() -> None:
    watch = Watch(tuning=Tuning())
    for read_at in (START, START, START + 2):
        verdict = watch.tick(61.0, step_s=1, read_at=read_at)
        assert not verdict.temperature_suspect.any()
        assert np.isnan(verdict.hottest_c[0]) == (read_at == START)


@pytest.mark.parametrize("earlier_s", [0.01, 0.3, 20.0])
def test_a_second_reading_that_is_no_later_than_the_first_is_no_fault_and_no_proof(
    earlier_s: float,
) -> None:
    watch = Watch(tuning=Tuning())
    for read_at in (START, START - earlier_s, START - earlier_s):
        verdict = watch.tick(61.0, step_s=1, read_at=read_at)
        assert not verdict.temperature_suspect.any()
        assert np.isnan(verdict.hottest_c[0])
    verdict = watch.tick(61.0, step_s=1, read_at=START + 1)
    assert not verdict.temperature_suspect.any()
    assert verdict.hottest_c[0] == 61.0


def test_one_measurement_that_a_manager_tells_twice_makes_no_healthy_cell_suspect() -> None:
    column = next(one for one in panel_manager.COLUMNS if one.name == Quantity.TEMPERATURE)

    def told_at(answered_at: float) -> float:
        """When the values were measured, as far as the age in the answer tells."""
        page = column.encode([CALM_C] * 4, answered_at - START)
        answer = guard.sealed_answer(1, READ_HOLDING_REGISTERS, column.address, page)
        age_s, _ = column.decode(answer, unit=1, asked=column.address)
        return answered_at - age_s

    first, second = told_at(START + 0.24), told_at(START + 0.36)
    assert second < first
    watch = Watch(tuning=Tuning())
    for read_at in (first, second):
        verdict = watch.tick(CALM_C, step_s=1, read_at=read_at)
        assert not verdict.temperature_suspect.any()
    verdict = watch.tick(CALM_C, step_s=1, read_at=START + 1)
    assert not verdict.temperature_suspect.any()
    assert verdict.hottest_c[0] == CALM_C


def test_a_second_reading_that_contradicts_the_first_is_a_fault_however_old_it_is() -> None:
    watch = Watch(tuning=Tuning())
    watch.tick(warm(85.0), step_s=1, read_at=START)
    verdict = watch.tick(warm(22.0), step_s=1, read_at=START - 0.01)
    assert verdict.temperature_suspect.tolist() == [True, False, False, False]
    # The next measurement of a healthy cell ends it.
    verdict = watch.tick(warm(22.0), step_s=1, read_at=START + 1)
    assert not verdict.temperature_suspect.any()


def test_nobody_knows_how_hot_a_string_is_whose_cell_in_alarm_is_not_read() -> None:
    watch = settled()
    assert watch.run(12, warm(CALM_C + 9)).hottest_c[0] == CALM_C + 9
    verdict = watch.tick(warm(np.nan))
    assert stage(verdict) == ALARM
    assert np.isnan(verdict.hottest_c[0])
    assert demands_of(watch.rows, verdict, ["ups/1"])["ups/1"].hottest_c is None


def test_a_memory_kept_by_a_clock_that_was_ahead_stops_nothing() -> None:
    watch = settled()
    watch.memory = protection.shifted(watch.memory, 365 * 86400.0)
    assert stage(watch.run(14, warm(CALM_C + 9))) == ALARM


def test_a_second_sensor_of_the_same_cell_can_contradict() -> None:
    rows = rows_of([build.string()])
    hot = build.frame(rows, START, np.array(warm(70.0)))
    second_c = np.array([CALM_C, np.nan, np.nan, np.nan])
    memory = protection.initial(rows)
    assert runs_away(protection.judge(hot, build.estimates(rows), memory)) is False
    verdict = protection.judge(hot, build.estimates(rows), memory, second_c=second_c)
    assert verdict.temperature_suspect[0]
    agreed = protection.judge(hot, build.estimates(rows), memory, second_c=second_c + 43)
    assert not agreed.temperature_suspect.any()


LIMITS = replace(
    chemistries.limits(Chemistry.LFP, 3.2),
    voltage_trip_high_v=3.8,
    voltage_trip_low_v=2.5,
    temperature_trip_c=55.0,
)


@pytest.mark.parametrize(
    ("told", "temperature_c", "cause", "after_s"),
    [
        ({"voltage_v": 3.9}, 25.0, TripCause.OVER_VOLTAGE, 5),
        ({"voltage_v": 2.4}, 25.0, TripCause.UNDER_VOLTAGE, 10),
        ({}, 56.0, TripCause.OVER_TEMPERATURE, 10),
    ],
)
@pytest.mark.parametrize("phase", [ChargePhase.FLOAT, ChargePhase.DISCHARGE])
def test_a_limit_that_is_set_trips_after_its_delay_and_one_that_is_not_never(
    told: dict[str, float],
    temperature_c: float,
    cause: TripCause,
    after_s: int,
    phase: ChargePhase,
) -> None:
    kind: Any = {"cell_voltage_v": 3.2, "chemistry": Chemistry.LFP, "module_type": "C44"}
    rows = rows_of([build.string(1, limits=LIMITS, **kind), build.string(2, **kind)])
    watch = Watch(rows, Tuning())
    seen = {name: np.full(8, value) for name, value in told.items()}
    watch.tick(temperature_c, step_s=1, phase=phase)
    for second in range(1, 15):
        verdict = watch.tick(temperature_c, step_s=1, phase=phase, **seen)
        assert verdict.cause[cause][:4].all() == (second >= after_s)
    for others in verdict.cause.values():
        assert not others[4:].any()


def test_a_limit_that_was_passed_stays_so_while_nothing_is_read() -> None:
    kind: Any = {"cell_voltage_v": 3.2, "chemistry": Chemistry.LFP, "module_type": "C44"}
    watch = Watch(rows_of([build.string(1, limits=LIMITS, **kind)]), Tuning())
    for _ in range(20):
        watch.tick(25.0, step_s=1, voltage_v=np.full(4, 3.9))
    for _ in range(100):
        verdict = watch.tick(25.0, step_s=1, voltage_v=np.full(4, np.nan))
    assert verdict.cause[TripCause.OVER_VOLTAGE].all()


def test_a_tick_that_is_not_later_changes_nothing() -> None:
    watch = settled()
    watch.run(5, warm(CALM_C + 12))
    before = watch.memory
    assert watch.tick(warm(CALM_C + 30), step_s=0.0).memory is before
    assert watch.tick(warm(CALM_C + 30), step_s=-60.0).memory is before


def test_a_gap_between_ticks_counts_for_no_delay() -> None:
    watch = settled()
    verdict = watch.tick(warm(CALM_C + 9), step_s=7200.0)
    assert not verdict.stage.any()
    assert stage(watch.run(12, warm(CALM_C + 9))) == ALARM


def test_a_step_of_the_clock_delays_nothing() -> None:
    watch, moved = settled(), settled()
    for one in (watch, moved):
        one.run(6, warm(CALM_C + 9))
    moved.memory = protection.shifted(moved.memory, 86400.0)
    moved.seconds += 86400.0
    assert stage(watch.run(6, warm(CALM_C + 9))) == stage(moved.run(6, warm(CALM_C + 9))) == ALARM


def test_a_cell_that_was_exchanged_begins_anew() -> None:
    watch = settled()
    watch.run(15, warm(CALM_C + 9))
    watch.memory = protection.replaced(watch.memory, 0, watch.now)
    assert stage(watch.tick(CALM_C)) == NONE


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(6)), st.integers(0, 2**16))
def test_the_order_of_the_cells_does_not_matter(order: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = rows_of([build.string(cell_count=6)])
    straight, mixed = Watch(rows), Watch(rows)
    values_c = CALM_C + random.normal(0, 1, 6)
    speed = random.choice([0.0, 0.0, 0.2], 6)
    for _ in range(60):
        values_c = values_c + speed
        told = straight.tick(values_c)
        other = mixed.tick(values_c[order])
    assert (told.stage[order] == other.stage).all()
    assert told.rise_k[order] == pytest.approx(other.rise_k)


def test_a_jump_into_the_heat_is_believed_after_ten_minutes_and_trips() -> None:
    watch = Watch(tuning=Tuning())
    watch.run(2, CALM_C)
    suspected = 0
    for _ in range(60):
        verdict = watch.tick(warm(70.0), step_s=15)
        suspected += bool(verdict.temperature_suspect[0])
        assert verdict.temperature_suspect[0] or suspected >= 39
    assert runs_away(verdict)
