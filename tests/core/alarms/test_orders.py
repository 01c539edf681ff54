"""What people do with alarms: timelines of shelving, muting, taking out of service, replacing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bacs_core.alarms import orders
from bacs_core.alarms.annunciation import sounding
from bacs_core.alarms.book import AlarmBook, OutOfService
from bacs_core.alarms.machine import shifted
from bacs_core.alarms.place import Place
from bacs_core.alarms.rules import RULES
from bacs_core.alarms.view import to_message
from bacs_core.commissioning.lending import RUNAWAY_RULES
from bacs_core.errors import RefusedError
from bacs_core.model import RunawayStage, TripState
from bacs_core.protection import Trip
from tests.core.alarms.build import FLOAT_V, ROOM, SITE, Moment, Room
from tests.core.equalization.build import START, readings

WARM = Moment({ROOM.key: readings(FLOAT_V, temperature_c=(36, 25, 25, 25))})
NAME = "cell_temperature_high room/1:01"


def shelved(plant: Room, seconds: float, by: str = "anna") -> Room:
    (alarm,) = plant.book.raised
    return plant.took(orders.shelve(plant.book, alarm.id, by, plant.now, plant.now + seconds))


def stopped(place: Place, rule: str | None = None) -> OutOfService:
    return OutOfService(rule, place, "anna", START, "sensor is on order")


def test_timeline_of_an_alarm_on_the_shelf_whose_condition_lasts() -> None:
    """(seconds, state after): it comes back by itself, new to everybody, when its time is over."""
    plant = shelved(Room().run(120, WARM), 3600)
    assert plant.names() == [f"{NAME} shelved"]
    assert not sounding(plant.book)
    plant.run(3599, WARM)
    assert plant.names() == [f"{NAME} shelved"]
    plant.run(1, WARM)
    assert plant.names() == [f"{NAME} unacknowledged"]
    assert sounding(plant.book)
    assert plant.story() == [f"{kind} {NAME}" for kind in ("raised", "shelved", "unshelved")]
    assert [change.by for change in plant.changes] == [None, "anna", None]
    assert [change.at - START for change in plant.changes] == [61, 120, 3720]
    assert plant.book.raised[0].shelved_until is None


def test_timeline_of_an_alarm_on_the_shelf_whose_condition_comes_and_goes() -> None:
    plant = shelved(Room().run(120, WARM), 3600)
    plant.run(900).run(900, WARM).run(900)
    assert plant.names() == [f"{NAME} shelved"]
    plant.run(900)
    assert plant.names() == []
    assert plant.story()[1:] == [f"{kind} {NAME}" for kind in ("shelved", "unshelved", "cleared")]


def test_an_alarm_can_be_taken_off_the_shelf_before_its_time() -> None:
    plant = shelved(Room().run(120, WARM), 3600)
    (alarm,) = plant.book.raised
    plant.took(orders.unshelve(plant.book, alarm.id, "ben", plant.now))
    assert plant.names() == [f"{NAME} unacknowledged"]
    assert plant.changes[-1].by == "ben"
    with pytest.raises(RefusedError) as refused:
        orders.unshelve(plant.book, alarm.id, "ben", plant.now)
    assert refused.value.code == "not_shelved"


def test_an_alarm_put_on_the_shelf_again_stays_until_the_new_time() -> None:
    plant = shelved(shelved(Room().run(120, WARM), 3600), 7200, by="ben")
    (alarm,) = plant.book.raised
    assert (alarm.shelved_by, alarm.shelved_until) == ("ben", plant.now + 7200)
    message = to_message(alarm, SITE)
    assert message.shelved_until is not None
    assert message.shelved_until.timestamp() == plant.now + 7200
    assert not message.active


def test_no_shelf_lasts_longer_than_a_day_whatever_the_clock_does() -> None:
    plant = shelved(Room().run(120, WARM), 10 * 86400)
    assert plant.book.raised[0].shelved_until == plant.now + 86400
    plant.now -= 40 * 86400
    assert plant.run(1, WARM).names() == [f"{NAME} unacknowledged"]


def test_a_step_of_the_clock_neither_lengthens_nor_ends_a_shelf() -> None:
    plant = shelved(Room().run(120, WARM), 600)
    plant.now += 5000
    plant.book = shifted(plant.book, 5000)
    plant.run(599, WARM)
    assert plant.names() == [f"{NAME} shelved"]
    assert plant.run(1, WARM).names() == [f"{NAME} unacknowledged"]


def test_an_alarm_that_is_not_there_cannot_be_shelved() -> None:
    with pytest.raises(RefusedError) as refused:
        orders.shelve(AlarmBook(), "no such alarm", "anna", START, START + 60)
    assert refused.value.code == "unknown_alarm"


ALARMED = Moment(
    stage={ROOM.key: {2: RunawayStage.ALARM}},
    trips={ROOM.key: Trip(TripState.TRIPPED, contact_open=True)},
)


@pytest.mark.parametrize("place", [Place(), Place(string_key=ROOM.key)])
def test_what_tells_of_protection_can_be_neither_shelved_nor_suppressed_nor_taken_out_of_service(
    place: Place,
) -> None:
    plant = Room().run(10)
    plant.book = orders.take_out_of_service(plant.book, stopped(place))
    plant.run(10, replace(ALARMED, testing=(ROOM.key,)))
    assert plant.names() == [
        "breaker_tripped room/1 unacknowledged",
        "runaway_alarm room/1:03 unacknowledged",
    ]
    for alarm in plant.book.raised:
        with pytest.raises(RefusedError) as refused:
            orders.shelve(plant.book, alarm.id, "anna", plant.now, plant.now + 60)
        assert refused.value.code == "stands"
        order = stopped(place, alarm.rule.name)
        with pytest.raises(RefusedError) as refused:
            orders.take_out_of_service(plant.book, order)
        assert refused.value.code == "stands"


def test_every_rule_that_forbids_lending_a_line_stands() -> None:
    assert {rule.name for rule in RULES if rule.stands} >= RUNAWAY_RULES


def test_mute_silences_until_the_next_new_alarm_and_acknowledges_nothing() -> None:
    """(input, sounds): a new alarm, muted, still there, one more, acknowledged."""
    plant = Room()
    assert not sounding(plant.run(60, WARM).book)
    assert sounding(plant.run(1, WARM).book)
    plant.book = orders.mute(plant.book, "anna", plant.now)
    assert not sounding(plant.run(600, WARM).book)
    assert plant.names() == [f"{NAME} unacknowledged"]
    more = replace(WARM, sensor_online=False)
    assert sounding(plant.run(20, more).book)
    plant.book = orders.acknowledge(plant.book, None, "anna", plant.now)
    assert not sounding(plant.run(60, more).book)


def test_a_muted_alarm_that_comes_back_sounds_again() -> None:
    plant = Room().run(120, WARM)
    plant.book = orders.mute(plant.book, "anna", plant.now)
    assert not sounding(plant.run(600).book)
    assert sounding(plant.run(120, WARM).book)
    assert len(plant.book.raised) == 1


def test_the_buzzer_sounds_for_a_new_alarm_also_after_the_clock_was_set_back() -> None:
    plant = Room().run(120, WARM)
    plant.book = shifted(orders.mute(plant.book, "anna", plant.now), -86400)
    plant.now -= 86400
    assert sounding(plant.run(20, replace(WARM, sensor_online=False)).book)


def test_timeline_of_a_place_that_is_taken_out_of_service_and_put_back() -> None:
    plant = Room().run(120, WARM)
    place = Place(string_key=ROOM.key)
    plant.took(orders.take_out_of_service(plant.book, stopped(place)))
    assert plant.names() == [f"{NAME} out_of_service"]
    silent = replace(WARM, sensor_online=False)
    plant.run(3600, silent)
    assert plant.names() == [
        f"{NAME} out_of_service",
        "current_sensor_silent room/1 out_of_service",
    ]
    assert not sounding(plant.book)
    assert {alarm.suppressed_by for alarm in plant.book.raised} == {"anna"}
    plant.run(600, replace(silent, readings={}))
    assert plant.names() == ["current_sensor_silent room/1 out_of_service"]
    plant.took(orders.put_back(plant.book, place, None, "ben", plant.now))
    assert plant.names() == ["current_sensor_silent room/1 unacknowledged"]
    assert sounding(plant.book)
    assert [(change.kind.value, change.by) for change in plant.changes] == [
        ("raised", None),
        ("taken_out_of_service", "anna"),
        ("taken_out_of_service", None),
        ("cleared", None),
        ("put_back", "ben"),
    ]


def test_one_rule_of_one_cell_can_be_out_of_service_while_its_neighbours_are_not() -> None:
    plant = Room().run(1)
    cell = Place(string_key=ROOM.key, cell=1)
    plant.took(orders.take_out_of_service(plant.book, stopped(cell, "cell_temperature_high")))
    both = Moment({ROOM.key: readings(FLOAT_V, temperature_c=(36, 36, 25, 25))})
    assert plant.run(120, both).names() == [
        f"{NAME} out_of_service",
        "cell_temperature_high room/1:02 unacknowledged",
    ]
    assert plant.book.marks[:2].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("place", "rule", "code"),
    [
        (Place(string_key="room/9"), None, "unknown_place"),
        (Place(string_key=ROOM.key, cell=5), None, "unknown_place"),
        (Place(), "no_such_rule", "unknown_rule"),
        (Place(line_id="modules"), "manager_silent", "unknown_place"),
    ],
)
def test_what_is_not_there_cannot_be_taken_out_of_service(
    place: Place, rule: str | None, code: str
) -> None:
    plant = Room().run(1)
    with pytest.raises(RefusedError) as refused:
        orders.take_out_of_service(plant.book, stopped(place, rule))
    assert refused.value.code == code
    with pytest.raises(RefusedError) as refused:
        orders.put_back(plant.book, Place(), None, "anna", plant.now)
    assert refused.value.code == "not_out_of_service"


def test_a_battery_test_suppresses_what_a_discharge_raises_and_releases_what_is_left() -> None:
    """(seconds, test runs): before, during and after, with the string low all the time."""
    low = Moment({ROOM.key: readings((2.0, 2.0, 2.0, 2.0), temperature_c=(51, 25, 25, 25))})
    testing = replace(low, testing=(ROOM.key,))
    plant = Room().run(60, testing)
    assert plant.names() == [
        "string_voltage_low room/1 suppressed",
        "cell_temperature_critical room/1:01 unacknowledged",
    ]
    suppressed = to_message(plant.book.raised[0], SITE)
    assert (suppressed.suppressed_by, suppressed.active) == ("battery_test", False)
    plant.run(60, low)
    assert plant.names()[0] == "string_voltage_low room/1 unacknowledged"
    plant.run(60, testing)
    assert plant.names()[0] == "string_voltage_low room/1 suppressed"
    plant.run(600, Moment(testing=(ROOM.key,)))
    assert [change.kind.value for change in plant.changes if change.alarm.rule.suppressed_by] == [
        "suppressed",
        "released",
        "suppressed",
        "cleared",
    ]


def test_an_alarm_on_the_shelf_is_suppressed_when_it_comes_back_during_a_test() -> None:
    low = Moment({ROOM.key: readings((2.0, 2.0, 2.0, 2.0))})
    plant = shelved(Room().run(60, low), 600).run(601, replace(low, testing=(ROOM.key,)))
    assert plant.names() == ["string_voltage_low room/1 suppressed"]


def test_a_replaced_cell_has_no_alarms_until_the_new_one_raises_its_own() -> None:
    weak = Moment(figures={"capacity": {ROOM.key: 70.0}})
    plant = Room().run(120, weak)
    assert len(plant.book.raised) == 4
    plant.took(orders.replaced(plant.book, ROOM.key, 2, "anna", plant.now))
    assert [alarm.place.cell for alarm in plant.book.raised] == [1, 3, 4]
    assert (plant.changes[-1].kind.value, plant.changes[-1].by) == ("cleared", "anna")
    assert plant.book.marks[:4].tolist() == [1, 0, 1, 1]
    assert len(plant.run(120, weak).book.raised) == 4
