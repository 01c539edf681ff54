"""What becomes of a breaker: timelines of seconds, what comes in, and what is expected."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from bacs_core.errors import RefusedError
from bacs_core.model import TripCause, TripState
from bacs_core.protection import keep_trips, restore_trips
from bacs_core.protection.table import MOVES, TABLE, Act, Event
from bacs_core.protection.trips import (
    Demand,
    Trip,
    armed,
    defer,
    follow,
    reclose,
    shifted_trip,
    switch_off,
    switch_on,
)

T0 = 1_800_000_000.0
QUIET = Demand(hottest_c=25.0)
THREAT = Demand(hottest_c=52.0, threatened=True)
RUNAWAY = Demand(
    causes=(TripCause.THERMAL_RUNAWAY,),
    standing=(TripCause.THERMAL_RUNAWAY,),
    cell=3,
    hottest_c=52.0,
    threatened=True,
)
HOT = replace(RUNAWAY, hottest_c=56.0)
HELD = replace(THREAT, standing=(TripCause.THERMAL_RUNAWAY,))
CLOSED, OPEN, UNKNOWN = False, True, None
Timeline = list[tuple[float, Any, bool | None, TripState]]


def run(timeline: Timeline, trip: Trip | None = None) -> Trip:
    """Follow what comes in; a callable is what a person does just before."""
    trip = trip or armed(T0)
    demand = QUIET
    for seconds, given_in, contact, expected in timeline:
        if callable(given_in):
            trip = given_in(trip, T0 + seconds)
        else:
            demand = given_in
        trip = follow(trip, demand, contact, T0 + seconds)
        assert trip.state is expected, f"at {seconds} s"
    return trip


def put_off(trip: Trip, now: float) -> Trip:
    return defer(trip, "Kim", now, 52.0)


def off_for_an_hour(trip: Trip, now: float) -> Trip:
    return switch_off(trip, "Kim", "cabinet is moved", 1.0, now)


def test_a_cause_opens_the_breaker_and_the_contact_confirms_it() -> None:
    trip = run(
        [
            (0, QUIET, CLOSED, TripState.ARMED),
            (1, RUNAWAY, CLOSED, TripState.TRIPPING),
            (2, RUNAWAY, CLOSED, TripState.TRIPPING),
            (3, RUNAWAY, OPEN, TripState.TRIPPED),
            (9000, QUIET, OPEN, TripState.TRIPPED),
        ]
    )
    assert trip.ordered
    assert (trip.causes, trip.cell) == ((TripCause.THERMAL_RUNAWAY,), 3)


def test_a_breaker_that_does_not_open_has_failed_and_is_ordered_for_ever() -> None:
    trip = run(
        [
            (0, RUNAWAY, CLOSED, TripState.TRIPPING),
            (4.9, RUNAWAY, CLOSED, TripState.TRIPPING),
            (5, RUNAWAY, CLOSED, TripState.FAILED),
            (86400, QUIET, CLOSED, TripState.FAILED),
        ]
    )
    assert trip.ordered
    assert follow(trip, QUIET, OPEN, T0 + 86401).state is TripState.TRIPPED


def test_a_contact_that_tells_nothing_confirms_nothing() -> None:
    trip = run(
        [
            (0, RUNAWAY, UNKNOWN, TripState.TRIPPING),
            (5, RUNAWAY, UNKNOWN, TripState.FAILED),
            (6, RUNAWAY, OPEN, TripState.TRIPPED),
            (7, RUNAWAY, UNKNOWN, TripState.TRIPPED),
        ]
    )
    assert trip.contact_open is None


def test_a_breaker_closed_by_hand_against_the_order_is_opened_again() -> None:
    run(
        [
            (0, RUNAWAY, OPEN, TripState.TRIPPED),
            (100, QUIET, CLOSED, TripState.TRIPPING),
            (101, QUIET, OPEN, TripState.TRIPPED),
        ]
    )


def test_a_breaker_opened_by_somebody_is_told_as_such_and_can_still_trip() -> None:
    trip = run([(0, QUIET, OPEN, TripState.ARMED)])
    assert trip.opened_by_somebody
    trip = run([(1, RUNAWAY, OPEN, TripState.TRIPPED)], trip)
    assert not trip.opened_by_somebody


def test_a_string_without_a_breaker_can_only_tell() -> None:
    trip = run([(0, RUNAWAY, UNKNOWN, TripState.NO_BREAKER)], armed(T0, breaker=False))
    assert not trip.ordered
    for act in (put_off, off_for_an_hour, lambda one, now: switch_on(one, "Kim", now)):
        with pytest.raises(RefusedError) as refused:
            act(trip, T0)
        assert refused.value.code == "no_breaker"


def test_a_deferral_lasts_half_an_hour_and_comes_once() -> None:
    trip = run(
        [
            (0, THREAT, CLOSED, TripState.ARMED),
            (1, put_off, CLOSED, TripState.DEFERRED),
            (600, RUNAWAY, CLOSED, TripState.DEFERRED),
            (1800, RUNAWAY, CLOSED, TripState.DEFERRED),
            (1801, RUNAWAY, CLOSED, TripState.TRIPPING),
        ]
    )
    assert trip.deferred_once
    again = run(
        [
            (0, THREAT, CLOSED, TripState.ARMED),
            (1, put_off, CLOSED, TripState.DEFERRED),
            (1801, THREAT, CLOSED, TripState.ARMED),
        ]
    )
    with pytest.raises(RefusedError) as refused:
        put_off(again, T0 + 1802)
    assert refused.value.code == "deferred_before"
    over = run(
        [(2000, QUIET, CLOSED, TripState.ARMED), (2001, THREAT, CLOSED, TripState.ARMED)], again
    )
    assert put_off(over, T0 + 2002).state is TripState.DEFERRED


@pytest.mark.parametrize("demand", [HOT, replace(RUNAWAY, hottest_c=None)])
def test_a_deferral_ends_at_once_above_55_degrees_or_when_nobody_knows(demand: Demand) -> None:
    run(
        [
            (0, THREAT, CLOSED, TripState.ARMED),
            (1, put_off, CLOSED, TripState.DEFERRED),
            (2, demand, CLOSED, TripState.TRIPPING),
        ]
    )


@pytest.mark.parametrize(
    ("demand", "hottest_c", "code"),
    [
        (QUIET, 25.0, "nothing_to_defer"),
        (THREAT, 55.1, "too_hot"),
        (THREAT, None, "temperature_unknown"),
        (THREAT, float("nan"), "temperature_unknown"),
    ],
)
def test_a_deferral_is_refused_with_a_reason(
    demand: Demand, hottest_c: float | None, code: str
) -> None:
    trip = follow(armed(T0), demand, CLOSED, T0)
    with pytest.raises(RefusedError) as refused:
        defer(trip, "Kim", T0 + 1, hottest_c)
    assert refused.value.code == code


def test_an_order_that_was_given_cannot_be_deferred_or_switched_off() -> None:
    trip = run([(0, RUNAWAY, CLOSED, TripState.TRIPPING)])
    for act in (put_off, off_for_an_hour):
        with pytest.raises(RefusedError) as refused:
            act(trip, T0 + 1)
        assert refused.value.code == "tripped"


@pytest.mark.parametrize("demand", [RUNAWAY, HELD])
def test_nobody_closes_a_breaker_while_a_cause_stands(demand: Demand) -> None:
    trip = run([(0, RUNAWAY, OPEN, TripState.TRIPPED)])
    with pytest.raises(RefusedError) as refused:
        reclose(trip, "Kim", T0 + 60, demand)
    assert refused.value.code == "cause_stands"


def test_a_person_closes_a_breaker_whose_cause_is_gone_and_it_is_armed_again() -> None:
    trip = run([(0, RUNAWAY, OPEN, TripState.TRIPPED), (9000, QUIET, OPEN, TripState.TRIPPED)])
    trip = reclose(trip, "Kim", T0 + 9001, QUIET)
    assert (trip.state, trip.by, trip.causes) == (TripState.ARMED, "Kim", ())
    assert not trip.ordered
    with pytest.raises(RefusedError) as refused:
        reclose(trip, "Kim", T0 + 9002, QUIET)
    assert refused.value.code == "not_tripped"
    run([(9003, RUNAWAY, CLOSED, TripState.TRIPPING)], trip)


def test_protection_switched_off_comes_back_by_itself() -> None:
    trip = run(
        [
            (0, QUIET, CLOSED, TripState.ARMED),
            (1, off_for_an_hour, CLOSED, TripState.OFF),
            (2, RUNAWAY, CLOSED, TripState.OFF),
            (3600, RUNAWAY, CLOSED, TripState.OFF),
            (3601, RUNAWAY, CLOSED, TripState.TRIPPING),
        ]
    )
    assert trip.ordered


def test_protection_switched_off_can_be_switched_on_before() -> None:
    trip = run([(1, off_for_an_hour, CLOSED, TripState.OFF)])
    assert (trip.by, trip.reason) == ("Kim", "cabinet is moved")
    assert switch_on(trip, "Lee", T0 + 2).state is TripState.ARMED
    with pytest.raises(RefusedError) as refused:
        switch_on(armed(T0), "Lee", T0)
    assert refused.value.code == "not_off"


@pytest.mark.parametrize(
    ("reason", "hours", "code"),
    [
        ("  ", 1.0, "reason_missing"),
        ("why not", 24.1, "hours_out_of_range"),
        ("why not", 0.0, "hours_out_of_range"),
        ("why not", float("nan"), "hours_out_of_range"),
    ],
)
def test_switching_off_needs_a_reason_and_ends_within_a_day(
    reason: str, hours: float, code: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        switch_off(armed(T0), "Kim", reason, hours, T0)
    assert refused.value.code == code
    trip = off_for_an_hour(armed(T0), T0)
    with pytest.raises(RefusedError) as refused:
        off_for_an_hour(trip, T0)
    assert refused.value.code == "already_off"


def restarted(trip: Trip, now: float) -> Trip:
    kept = json.loads(json.dumps(keep_trips({"ups/1": trip})))
    return restore_trips(kept, {"ups/1": True}, now)["ups/1"]


def test_a_trip_latches_over_a_restart() -> None:
    tripped = run([(0, RUNAWAY, OPEN, TripState.TRIPPED)])
    trip = restarted(tripped, T0 + 60)
    assert (trip.state, trip.causes, trip.cell) == (tripped.state, tripped.causes, tripped.cell)
    run([(61, QUIET, OPEN, TripState.TRIPPED)], trip)


@pytest.mark.parametrize("seconds", [1, 10])
def test_a_restart_goes_on_with_an_order_that_was_not_confirmed(seconds: float) -> None:
    trip = run([(0, RUNAWAY, CLOSED, TripState.TRIPPING)])
    trip = restarted(follow(trip, RUNAWAY, CLOSED, T0 + seconds), T0 + 60)
    run(
        [
            (61, QUIET, CLOSED, TripState.TRIPPING),
            (65, QUIET, CLOSED, TripState.FAILED),
            (66, QUIET, OPEN, TripState.TRIPPED),
        ],
        trip,
    )


def test_a_restart_prolongs_neither_a_deferral_nor_switching_off() -> None:
    deferred = put_off(follow(armed(T0), THREAT, CLOSED, T0), T0)
    assert restarted(deferred, T0 + 60).until == T0 + 1800
    assert restarted(deferred, T0 + 86400).state is TripState.ARMED
    off = off_for_an_hour(armed(T0), T0)
    assert restarted(off, T0 + 60) == off
    kept = keep_trips({"ups/1": replace(off, until=T0 + 90 * 86400)})
    assert restore_trips(kept, {"ups/1": True}, T0)["ups/1"].state is TripState.ARMED


@pytest.mark.parametrize("name", ["causes", "cell", "since", "by", "reason", "contact_open"])
def test_a_trip_of_which_a_part_cannot_be_read_is_still_a_trip(name: str) -> None:
    trip = run([(0, RUNAWAY, OPEN, TripState.TRIPPED)])
    kept = keep_trips({"ups/1": trip})
    for nonsense in (None, "x", -1, 10**400, [3], {"a": 1}, True):
        kept["ups/1"][name] = nonsense
        assert restore_trips(kept, {"ups/1": True}, T0)["ups/1"].state is TripState.TRIPPED


@pytest.mark.parametrize("kept", [None, [], "x", {"ups/1": 7}, {"ups/1": {"state": "melted"}}])
def test_what_cannot_be_read_at_all_begins_armed(kept: object) -> None:
    assert restore_trips(kept, {"ups/1": True}, T0)["ups/1"] == armed(T0)


@pytest.mark.parametrize("state", [None, "melted", 7, [], {}, ["tripped"]])
def test_a_trip_whose_state_cannot_be_read_is_ordered_again_for_its_causes(state: object) -> None:
    kept = {"ups/1": {"state": state, "causes": ["thermal_runaway"], "cell": 3}}
    trip = restore_trips(kept, {"ups/1": True}, T0)["ups/1"]
    assert (trip.state, trip.causes) == (TripState.TRIPPING, RUNAWAY.causes)
    assert restore_trips({"ups/1": {"state": state}}, {"ups/1": True}, T0)["ups/1"] == armed(T0)


def test_a_late_clock_at_a_restart_and_its_correction_leave_no_more_time_than_there_was() -> None:
    hour_s = 3600.0
    off = switch_off(armed(T0), "Kim", "cabinet is moved", 24.0, T0)
    off = follow(off, QUIET, CLOSED, T0 + 20 * hour_s)
    late = restarted(off, T0 + 2 * hour_s)
    assert shifted_trip(late, 18 * hour_s).until == T0 + 24 * hour_s


def test_a_step_of_the_clock_moves_what_is_running() -> None:
    trip = shifted_trip(off_for_an_hour(armed(T0), T0), 7200.0)
    assert trip.until == T0 + 7200.0 + 3600.0
    assert follow(trip, QUIET, CLOSED, T0 + 7200.0).state is TripState.OFF


def test_the_table_says_of_every_state_what_each_cause_does() -> None:
    for state, causes in TABLE.items():
        assert set(causes) == set(TripCause)
        trip = Trip(state, since=T0, until=T0 + 60 if state is TripState.DEFERRED else None)
        after = follow(trip, RUNAWAY, trip.state is TripState.TRIPPED or None, T0 + 1)
        act = causes[TripCause.THERMAL_RUNAWAY]
        assert after.ordered is (act in {Act.OPEN, Act.REPEAT, Act.HOLD})


def test_only_a_person_leads_out_of_a_trip() -> None:
    latched = {TripState.TRIPPING, TripState.TRIPPED, TripState.FAILED}
    ways_out = {
        event for state in latched for event, to in MOVES[state].items() if to not in latched
    }
    assert ways_out == {Event.RECLOSED}


DEMANDS = st.sampled_from([QUIET, THREAT, RUNAWAY, HOT, HELD, Demand()])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(DEMANDS, st.sampled_from([True, False, None]), st.floats(0, 4000))))
def test_nothing_that_is_read_ever_ends_a_trip(
    seen: list[tuple[Demand, bool | None, float]],
) -> None:
    trip, now = run([(0, RUNAWAY, CLOSED, TripState.TRIPPING)]), T0
    for demand, contact, step_s in seen:
        now += step_s
        trip = follow(trip, demand, contact, now)
        assert trip.ordered
        if trip.state is TripState.TRIPPED and contact is not None:
            assert contact
