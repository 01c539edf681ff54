"""Buzzer, alarm relay and LED after the alarm book, as a timeline."""

from __future__ import annotations

from bacs_core.alarms import orders
from bacs_core.alarms.annunciation import Colour, Led, led, relay_closed, sounding
from bacs_core.alarms.book import AlarmBook
from tests.core.alarms.build import FLOAT_V, ROOM, Moment, Room
from tests.core.equalization.build import readings


def temperatures(*temperature_c: float) -> Moment:
    return Moment({ROOM.key: readings(FLOAT_V, temperature_c=temperature_c)})


WARM = temperatures(36, 25, 25, 25)
HOT = temperatures(25, 25, 25, 51)
GREEN = Led(Colour.GREEN, blinking=False)


def shown(book: AlarmBook) -> tuple[bool, bool, str, bool]:
    return sounding(book), relay_closed(book), led(book).colour.value, led(book).blinking


def test_all_is_well_in_an_empty_book() -> None:
    assert shown(AlarmBook()) == (False, True, "green", False)


def test_timeline_of_a_warning_and_an_alarm() -> None:
    """(what happens, buzzer, relay closed, LED, blinking)"""
    plant = Room().run(120, WARM)
    assert shown(plant.book) == (True, True, "orange", True)
    plant.book = orders.acknowledge(plant.book, None, "anna", plant.now)
    assert shown(plant.book) == (False, True, "orange", False)
    plant.run(20, HOT)
    assert shown(plant.book) == (True, False, "red", True)
    plant.book = orders.mute(plant.book, "anna", plant.now)
    assert shown(plant.book) == (False, False, "red", True)
    plant.book = orders.acknowledge(plant.book, None, "anna", plant.now)
    assert shown(plant.book) == (False, False, "red", False)
    plant.run(900)
    assert shown(plant.book) == (False, True, "green", False)


def test_an_alarm_that_is_over_closes_the_relay_and_blinks_until_somebody_saw_it() -> None:
    plant = Room().run(20, HOT).run(120)
    assert shown(plant.book) == (False, True, "red", True)
    plant.book = orders.acknowledge(plant.book, None, "anna", plant.now)
    assert led(plant.book) == GREEN


def test_what_is_put_aside_neither_sounds_nor_opens_the_relay_nor_lights_the_led() -> None:
    plant = Room().run(10, Moment(stuck_on={ROOM.key: [1]}))
    (alarm,) = plant.book.raised
    assert shown(plant.book) == (True, False, "red", True)
    plant.book = orders.shelve(plant.book, alarm.id, "anna", plant.now, plant.now + 600)
    assert shown(plant.book) == (False, True, "green", False)
    plant.run(601, Moment(stuck_on={ROOM.key: [1]}))
    assert shown(plant.book) == (True, False, "red", True)
