"""From what the brain concludes to alarms: one case per rule, and one alarm per cause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bacs_core.alarms.machine import AlarmBook, evaluate
from bacs_core.alarms.rules import RULES
from bacs_core.alarms.view import to_message
from bacs_core.model import (
    Basis,
    ChargePhase,
    Chemistry,
    Manager,
    RunawayStage,
    Site,
    TripCause,
    TripState,
)
from bacs_core.protection import Trip
from bacs_core.snapshot import Reading, StringReadings
from tests.core.alarms.build import FLOAT_V, ROOM, SITE, Moment, Room, inputs
from tests.core.equalization.build import NAN, START, a_string, readings

KEY = ROOM.key
STAGES = (RunawayStage.PRE_ALERT, RunawayStage.ALARM, RunawayStage.TRIP)


def of_all(rule: str) -> list[str]:
    return [f"{rule} room/1:{cell:02d}" for cell in (1, 2, 3, 4)]


def told(name: str, value: float, basis: Basis = Basis.DISCHARGE) -> Moment:
    return Moment(figures={name: {KEY: value}}, basis=basis)


def hot(temperature_c: tuple[float, ...]) -> Moment:
    return Moment({KEY: readings(FLOAT_V, temperature_c=temperature_c)})


#: Longer than the delays of what must not be raised.
LONG_S = 99
TRIPPED = Trip(TripState.TRIPPED, contact_open=True)
CASES: list[tuple[Moment, int, list[str]]] = [
    (Moment(stage={KEY: {1: RunawayStage.PRE_ALERT}}), 1, ["runaway_pre_alert room/1:02"]),
    (Moment(stage={KEY: {1: RunawayStage.ALARM}}), 1, ["runaway_alarm room/1:02"]),
    (Moment(stage={KEY: {1: RunawayStage.TRIP}}), 1, ["runaway_trip room/1:02"]),
    (Moment(causes={TripCause.THERMAL_RUNAWAY: {KEY: [1]}}), 1, ["runaway_trip room/1:02"]),
    (Moment(causes={TripCause.OVER_TEMPERATURE: {KEY: [1]}}), 1, ["trip_temperature room/1:02"]),
    (Moment(causes={TripCause.OVER_VOLTAGE: {KEY: [1]}}), 1, ["trip_voltage_high room/1:02"]),
    (Moment(causes={TripCause.UNDER_VOLTAGE: {KEY: [1]}}), 1, ["trip_voltage_low room/1:02"]),
    (Moment(overdue=[KEY]), 1, ["recharge_overdue room/1"]),
    (Moment(trips={KEY: Trip(TripState.TRIPPING)}), 40, ["breaker_tripping", "breaker_unknown"]),
    (Moment(trips={KEY: TRIPPED}), 1, ["breaker_tripped room/1"]),
    (Moment(trips={KEY: Trip(TripState.FAILED, contact_open=False)}), 1, ["breaker_failed"]),
    (Moment(trips={KEY: Trip(TripState.DEFERRED, contact_open=False)}), 1, ["trip_deferred"]),
    (Moment(trips={KEY: Trip(TripState.OFF, contact_open=False)}), 1, ["protection_off"]),
    (Moment(trips={KEY: Trip(TripState.ARMED, contact_open=True)}), 3, ["breaker_found_open"]),
    (Moment(trips={KEY: Trip(TripState.ARMED)}), 31, ["breaker_unknown room/1"]),
    (Moment(trips={KEY: TRIPPED}, flows=True), 11, ["breaker_tripped", "breaker_contradicted"]),
    (Moment(trips={KEY: Trip(TripState.ARMED, contact_open=False)}), LONG_S, []),
    (Moment(trips={KEY: Trip(TripState.NO_BREAKER)}), LONG_S, []),
    (Moment(temperature_missing={KEY: [2]}), 6, ["temperature_missing room/1:03"]),
    (Moment(temperature_missing={KEY: range(4)}), LONG_S, ["temperatures_missing room/1"]),
    (Moment(temperature_suspect={KEY: [2]}), 1, ["temperature_suspect room/1:03"]),
    (Moment(room_missing=[KEY]), 16, ["room_missing room/1"]),
    (Moment(room_missing=[KEY], room_ever_known=False), LONG_S, []),
    (Moment(stuck_on={KEY: [0]}), 6, ["bypass_stuck_on room/1:01"]),
    (Moment(stuck_off={KEY: [0]}), 6, ["bypass_stuck_off room/1:01"]),
    (Moment(stuck_off={KEY: [0]}, exhausted={KEY: [0]}), LONG_S, ["bypass_stuck_off room/1:01"]),
    (Moment(phase={KEY: ChargePhase.DISCHARGE}), 3, ["on_battery room/1"]),
    (told("string_charge", 29.0, Basis.COUNTED), 11, ["charge_low room/1"]),
    (told("string_charge", 29.0, Basis.RATED), LONG_S, []),
    (told("capacity", 79.0), 61, of_all("cell_capacity_low")),
    (told("capacity", 79.0, Basis.RATED), LONG_S, []),
    (told("capacity", 79.0, Basis.LOWER_BOUND), LONG_S, []),
    (told("health", 75.0, Basis.RESISTANCE), 61, of_all("cell_health_low")),
    (told("resistance_rise", 0.2), 700, []),
    (told("resistance_rise", 0.21), 601, of_all("cell_resistance_rise")),
    (told("resistance_rise", 0.45), 121, of_all("cell_resistance_rise")),
    (told("resistance_rise", 0.51), 121, of_all("cell_resistance_rise_large")),
    (told("ripple_rise", 0.52), 3601, ["charger_ripple room/1"]),
    (told("setting_drift_v", -0.03), 3601, ["charger_drift room/1"]),
    (hot((36, 36, 36, 36)), LONG_S, ["string_warm room/1"]),
    (hot((36, 36, 36, 51)), LONG_S, ["string_warm room/1", "cell_temperature_critical room/1:04"]),
    (Moment(hydrogen_percent=0.6), 61, ["hydrogen_raised box"]),
    (Moment(hydrogen_percent=1.1), 31, ["hydrogen_high box"]),
    (Moment(hydrogen_percent=2.1), 6, ["hydrogen_high box"]),
    (Moment(room_c=36.0), 301, ["room_temperature_high box"]),
    (Moment(room_c=4.0), 301, ["room_temperature_low box"]),
    (Moment(recording_problem="disk full"), 11, ["recording_failed site"]),
]


@pytest.mark.parametrize(("moment", "within_s", "alarms"), CASES)
def test_a_conclusion_gives_its_alarm_after_its_delay_and_no_other(
    moment: Moment, within_s: int, alarms: list[str]
) -> None:
    plant = Room().run(within_s, moment)
    found = [f"{alarm.rule.name} {alarm.place.label}" for alarm in plant.book.raised]
    assert len(found) == len(alarms)
    assert all(any(name.startswith(wanted) for name in found) for wanted in alarms)
    if 1 < within_s < LONG_S and len(alarms) == 1:
        assert Room().run(within_s - 1, moment).names() == []


@pytest.mark.parametrize(("moment", "within_s", "alarms"), CASES)
def test_every_alarm_of_a_conclusion_goes_when_its_cause_does(
    moment: Moment, within_s: int, alarms: list[str]
) -> None:
    well = replace(
        Moment(figures={name: {KEY: 100.0} for name in ("string_charge", "capacity", "health")}),
        hydrogen_percent=0.0,
        room_c=25.0,
    )
    well = replace(
        well,
        figures={
            **well.figures,
            **{name: {KEY: 0.0} for name in ("resistance_rise", "ripple_rise", "setting_drift_v")},
        },
        trips={KEY: Trip(TripState.ARMED, contact_open=False)},
    )
    plant = Room().run(within_s, moment).run(7200, well)
    assert {alarm.state.value for alarm in plant.book.raised} <= {"returned_unacknowledged"}


def test_every_stage_of_a_runaway_is_one_alarm_more_and_none_goes_before_the_cause() -> None:
    plant = Room()
    for stage in STAGES:
        plant.run(60, Moment(stage={KEY: {1: stage}}))
    assert plant.story() == [
        "raised runaway_pre_alert room/1:02",
        "raised runaway_alarm room/1:02",
        "raised runaway_trip room/1:02",
    ]
    assert all(alarm.state.value == "unacknowledged" for alarm in plant.book.raised)


def test_a_runaway_alarm_is_not_cleared_by_a_temperature_that_falls_silent() -> None:
    plant = Room().run(5, Moment(stage={KEY: {1: RunawayStage.ALARM}}))
    silent: StringReadings = readings(FLOAT_V, temperature_c=(25, NAN, 25, 25))
    plant.run(3600, Moment({KEY: silent}))
    assert "runaway_alarm room/1:02 unacknowledged" in plant.names()


def test_a_runaway_alarm_tells_what_was_judged() -> None:
    moment = replace(
        Moment(stage={KEY: {1: RunawayStage.ALARM}}),
        figures={"rise_k": {KEY: 10.24}, "current_ratio": {KEY: 3.2}},
    )
    (alarm,) = Room().run(1, moment).book.raised
    assert to_message(alarm, SITE).text == (
        "ROOM string 1, cell 02: signs of thermal runaway: 10.2 K over its surroundings, "
        "3.2 times its usual current"
    )


def test_a_trip_tells_its_cause_and_a_deferral_who_and_why() -> None:
    causes = (TripCause.THERMAL_RUNAWAY,)
    trip = Trip(TripState.TRIPPED, causes, cell=7, by="anna", reason="old", contact_open=True)
    (alarm,) = Room().run(1, Moment(trips={KEY: trip})).book.raised
    assert alarm.note == "thermal runaway, cell 7"
    off = Trip(TripState.OFF, by="anna", reason="maintenance", until=START, contact_open=False)
    (alarm,) = Room().run(1, Moment(trips={KEY: off})).book.raised
    assert alarm.note.startswith("anna until ")
    assert alarm.note.endswith(": maintenance")


def test_a_trip_is_two_alarms_of_which_the_order_ends_and_the_trip_stands() -> None:
    """(seconds, contact): ordered, open, open for an hour, closed again by a person."""
    plant = Room().run(3, Moment(trips={KEY: Trip(TripState.TRIPPING, contact_open=False)}))
    plant.run(3600, Moment(trips={KEY: TRIPPED}))
    plant.run(5, Moment(trips={KEY: Trip(TripState.ARMED, contact_open=False)}))
    assert plant.story() == [
        "raised breaker_tripping room/1",
        "raised breaker_tripped room/1",
        "returned breaker_tripping room/1",
        "returned breaker_tripped room/1",
    ]


def test_a_string_behind_an_open_breaker_has_no_voltage_alarms_of_its_own() -> None:
    low = readings((2.0, 2.1, 2.1, 2.1))
    plant = Room().run(3600, Moment({KEY: low}, trips={KEY: TRIPPED}))
    assert plant.names() == ["breaker_tripped room/1 unacknowledged"]


@pytest.mark.parametrize("online", [True, None])
def test_a_missing_current_is_told_only_where_the_string_has_a_sensor(online: bool | None) -> None:
    missing = Moment(current_missing=[KEY, "ups-a/1"], sensor_online=online)
    assert Room().run(60, missing).names() == []
    has_one = {KEY: readings(FLOAT_V, temperature_c=[25] * 4, current_error_a=0.5)}
    plant = Room().run(60, replace(missing, readings=has_one))
    assert plant.names() == ["current_missing room/1 unacknowledged"]
    lost = replace(missing, readings=has_one, sensor_online=False)
    assert Room().run(60, lost).names()[0].startswith("current_sensor_silent")


def test_a_measured_capacity_is_low_until_a_discharge_shows_that_it_is_not() -> None:
    plant = Room().run(120, told("capacity", 70.0))
    plant.run(600, told("capacity", 81.0, Basis.LOWER_BOUND))
    assert {alarm.state.value for alarm in plant.book.raised} == {"unacknowledged"}
    plant.run(600, told("capacity", 85.0, Basis.LOWER_BOUND))
    assert {alarm.state.value for alarm in plant.book.raised} == {"returned_unacknowledged"}


LITHIUM = a_string(
    4, cell_voltage_v=3.2, chemistry=Chemistry.LFP, capacity_ah=100.0, manager_id="room"
)
LITHIUM_SITE = Site("Lithium", (Manager("room", "Room", "engine", (LITHIUM,)),))


@pytest.mark.parametrize(
    ("temperature_c", "phase", "alarms"),
    [
        (-1, ChargePhase.BULK, of_all("charged_too_cold")),
        (-1, ChargePhase.DISCHARGE, ["on_battery room/1"]),
        (1, ChargePhase.BULK, []),
        (46, ChargePhase.ABSORPTION, [*of_all("charged_too_warm"), "string_warm room/1"]),
        (44, ChargePhase.ABSORPTION, []),
    ],
)
def test_lithium_is_charged_neither_cold_nor_hot(
    temperature_c: float, phase: ChargePhase, alarms: list[str]
) -> None:
    seen = readings([3.3] * 4, temperature_c=[temperature_c] * 4)
    plant = Room(LITHIUM_SITE).run(300, Moment({KEY: seen}, phase={KEY: phase}))
    found = [f"{alarm.rule.name} {alarm.place.label}" for alarm in plant.book.raised]
    assert sorted(found) == sorted(alarms)
    plant.run(600, Moment({KEY: seen}, phase={KEY: ChargePhase.REST}))
    assert all(
        alarm.state.value == "returned_unacknowledged"
        for alarm in plant.book.raised
        if alarm.rule.name.startswith("charged")
    )


def test_a_lithium_cell_that_is_empty_is_told_in_a_discharge_too() -> None:
    seen = readings([2.7, 3.1, 3.1, 3.1], temperature_c=[25] * 4)
    moment = Moment({KEY: seen}, phase={KEY: ChargePhase.DISCHARGE})
    assert Room(LITHIUM_SITE).run(90, moment).names() == [
        "on_battery room/1 unacknowledged",
        "cell_voltage_low room/1:01 unacknowledged",
    ]


@pytest.mark.parametrize("chemistry", Chemistry)
def test_a_healthy_string_of_every_chemistry_raises_nothing(chemistry: Chemistry) -> None:
    nominal_v = {Chemistry.NICD: 1.2, Chemistry.LFP: 3.2, Chemistry.LTO: 2.3}.get(chemistry, 2.0)
    string = a_string(4, cell_voltage_v=nominal_v, chemistry=chemistry)
    site = Site("One", (Manager("room", "Room", "engine", (string,)),))
    seen = readings([string.float_voltage_v] * 4, temperature_c=[25] * 4)
    for phase in (ChargePhase.FLOAT, ChargePhase.ABSORPTION, ChargePhase.UNKNOWN):
        moment = Moment({string.key: seen}, phase={string.key: phase})
        assert Room(site).run(3600, moment).story() == []


WARM_ROOM = Moment(
    {
        "ups-a/1": replace(
            readings(FLOAT_V, temperature_c=[36] * 4), room_temperature_c=Reading(36.0, START)
        )
    }
)


def test_a_warm_room_that_a_manager_tells_of_is_one_alarm_for_all_its_cells() -> None:
    plant = Room().run(900, WARM_ROOM)
    assert plant.names() == ["manager_room_temperature_high ups-a unacknowledged"]


def test_where_a_sensor_measures_the_room_no_manager_tells_of_it() -> None:
    plant = Room().run(900, replace(WARM_ROOM, room_c=36.0))
    assert {alarm.rule.name for alarm in plant.book.raised} == {
        "room_temperature_high",
        "string_warm",
    }


def test_every_rule_tells_its_note_value_and_limit_in_a_sentence() -> None:
    notes = {rule.name for rule in RULES if "{note}" in rule.text}
    assert notes == {
        "recording_failed",
        "line_lent",
        "accessories_exchanged",
        "accessory_silent",
        "hydrogen_high",
        "hydrogen_raised",
        "room_temperature_high",
        "room_temperature_low",
        "devices_exchanged",
        "protection_off",
        "breaker_failed",
        "breaker_tripped",
        "breaker_tripping",
        "trip_deferred",
        "runaway_trip",
        "runaway_alarm",
        "runaway_pre_alert",
    }
    for rule in RULES:
        assert rule.counts or {"{value}", "{limit}"} <= set(rule.text.replace(",", " ").split())


def test_a_site_without_strings_can_be_judged() -> None:
    site = Site("Empty", ())
    book = evaluate(
        site, inputs(Moment(recording_problem="disk full"), START, site), AlarmBook(), 1
    )
    assert book.raised == ()


@pytest.mark.parametrize(
    ("cause", "rule", "value", "limit"),
    [
        (TripCause.OVER_TEMPERATURE, "trip_temperature", 66.0, 65.0),
        (TripCause.OVER_VOLTAGE, "trip_voltage_high", 3.7, 3.65),
        (TripCause.UNDER_VOLTAGE, "trip_voltage_low", 3.7, None),
    ],
)
def test_an_alarm_of_a_limit_that_trips_carries_what_was_read_and_the_limit_where_there_is_one(
    cause: TripCause, rule: str, value: float, limit: float | None
) -> None:
    limits = replace(ROOM.limits, temperature_trip_c=65.0, voltage_trip_high_v=3.65)
    string = replace(ROOM, limits=limits)
    site = replace(SITE, managers=(replace(SITE.managers[0], strings=(string,)),))
    read = readings((3.4, 3.7, 3.4, 3.4), temperature_c=(25, 66, 25, 25))
    moment = Moment({KEY: read}, causes={cause: {KEY: [1]}})
    book = evaluate(site, inputs(moment, START, site), AlarmBook(), START)
    alarm = next(to_message(one, site) for one in book.raised if one.rule.name == rule)
    assert (alarm.value, alarm.limit) == (value, limit)
